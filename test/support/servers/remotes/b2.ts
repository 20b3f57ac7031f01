import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTools } from '../../tools/ensure.ts';
import { ownSecret } from '../own-secret.ts';
import { freePort } from '../ports.ts';
import { answersOn, installService } from '../service.ts';
import { onSmallDisk } from './disk.ts';
import { Relay } from './relay.ts';
import { placeFor, rcloneEnvironment, type RemoteOptions, type RemoteServer, type Section } from './remote.ts';
import { mustRun } from '../../tools/command.ts';

export type B2Server = RemoteServer & {
  dataDirectory: string;
  /** The next requests of that operation fail: `upload`, `download`, or one of the protocol's. */
  fault: (operation: string, status: number, times: number) => Promise<void>;
};

const program = fileURLToPath(new URL('b2-server.mjs', import.meta.url));
const reading = ['listBuckets', 'listFiles', 'readFiles'];
const makeKeys = () => ({
  root: { secret: ownSecret('K001root+/'), capabilities: [...reading, 'writeBuckets', 'writeFiles', 'deleteFiles'] },
  // Belongs to one bucket, as such a key should: rclone would else try to make the bucket, and may not.
  append: { secret: ownSecret('K002append+/'), capabilities: [...reading, 'writeFiles'], bucket: 'backups' },
});

/** A server of ours that speaks B2's own protocol: a real one is only at Backblaze. */
export async function startB2(options: RemoteOptions): Promise<B2Server> {
  await ensureTools(['rclone']);
  const dir = await placeFor(options.dir, 'b2');
  const dataDirectory = join(dir, 'data');
  const port = await freePort();
  const keys = makeKeys();
  const relay = await Relay.open(port);
  const server = [process.execPath, program, String(port), String(relay.port), dataDirectory];
  const command = ['env', `B2_KEYS=${JSON.stringify(keys)}`, ...(await onSmallDisk(options.megabytes, dataDirectory, server))];
  const service = await installService(dir, { name: 'b2', command, directory: 'run', ready: answersOn(port) });
  await service.start();
  // It tells its clients to come through the relay, whoever they are.
  const direct = section(port, 'root', keys.root.secret);
  await mustRun('rclone', ['mkdir', 'direct:backups'], { env: rcloneEnvironment({ direct }), timeoutSeconds: 30 });
  return {
    kind: 'b2',
    service,
    relay,
    bucket: 'backups',
    section: section(relay.port, 'root', keys.root.secret),
    refused: section(relay.port, 'root', ownSecret('K001not-')),
    appendOnly: section(relay.port, 'append', keys.append.secret),
    direct,
    dataDirectory,
    fault: async (operation, status, times) => {
      const told = await fetch(`http://127.0.0.1:${port}/_fault/${operation}/${status}/${times}`, { signal: AbortSignal.timeout(10_000) });
      await told.text();
    },
    crash: () => service.kill(),
    close: () => relay.close().then(() => service.stop()),
  };
}

const section = (port: number, account: string, key: string): Section => ({ type: 'b2', endpoint: `http://127.0.0.1:${port}`, account, key });
