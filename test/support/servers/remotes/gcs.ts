import { join } from 'node:path';
import { ensureTools } from '../../tools/ensure.ts';
import { freePort } from '../ports.ts';
import { answersOn, installService, programPath } from '../service.ts';
import { onSmallDisk } from './disk.ts';
import { Relay } from './relay.ts';
import { placeFor, type RemoteOptions, type RemoteServer, type Section } from './remote.ts';

/** fake-gcs-server: knows no logins, and makes a bucket that is not there. */
export async function startGcs(options: RemoteOptions): Promise<RemoteServer & { dataDirectory: string }> {
  await ensureTools(['fake-gcs-server', 'rclone']);
  const dir = await placeFor(options.dir, 'gcs');
  const dataDirectory = join(dir, 'data');
  const port = await freePort();
  const relay = await Relay.open(port);
  const address = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${relay.port}`, '-external-url', `http://127.0.0.1:${relay.port}`];
  const store = ['-backend', 'filesystem', '-filesystem-root', dataDirectory];
  const command = await onSmallDisk(options.megabytes, dataDirectory, [await programPath('fake-gcs-server'), ...address, ...store]);
  const service = await installService(dir, { name: 'gcs', command, directory: 'run', ready: answersOn(port) });
  await service.start();
  const made = await fetch(`http://127.0.0.1:${port}/storage/v1/b?project=1`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"backups"}', signal: AbortSignal.timeout(20_000) });
  if (!made.ok) throw new Error(`fake-gcs-server makes no bucket: ${made.status} ${await made.text()}`);
  return {
    kind: 'gcs',
    service,
    relay,
    bucket: 'backups',
    section: section(relay.port),
    refused: undefined,
    appendOnly: undefined,
    direct: section(port),
    dataDirectory,
    crash: () => service.kill(),
    close: () => relay.close().then(() => service.stop()),
  };
}

const section = (port: number): Section =>
  ({ type: 'google cloud storage', anonymous: 'true', project_number: '1', bucket_policy_only: 'true', endpoint: `http://127.0.0.1:${port}/storage/v1/` });
