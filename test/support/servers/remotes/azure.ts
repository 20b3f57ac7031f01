import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureTools } from '../../tools/ensure.ts';
import { freePort } from '../ports.ts';
import { answersOn, installService, programPath } from '../service.ts';
import { onSmallDisk } from './disk.ts';
import { Relay } from './relay.ts';
import { placeFor, type RemoteOptions, type RemoteServer, type Section } from './remote.ts';

const account = 'vault';

export type AzureServer = RemoteServer & { dataDirectory: string; /** A shared access signature with these rights, for so many minutes. */ withRights: (rights: string, minutes?: number) => Section };

/** Azurite: checks the signature, the rights and the end of a shared access signature. */
export async function startAzure(options: RemoteOptions): Promise<AzureServer> {
  await ensureTools(['azurite-blob', 'rclone']);
  const dir = await placeFor(options.dir, 'azure');
  const dataDirectory = join(dir, 'data');
  const port = await freePort();
  const key = randomBytes(64).toString('base64');
  const azurite = [await programPath('azurite-blob'), '--silent', '--skipApiVersionCheck', '--disableTelemetry', '--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', dataDirectory];
  const command = ['env', `AZURITE_ACCOUNTS=${account}:${key}`, ...(await onSmallDisk(options.megabytes, dataDirectory, azurite))];
  const service = await installService(dir, { name: 'azure', command, directory: 'run', ready: answersOn(port) });
  await service.start();
  const relay = await Relay.open(port);
  const url = (at: number, rights: string, minutes = 60, signer = key): string => `http://127.0.0.1:${at}/${account}?${signature(signer, rights, minutes)}`;
  const made = await fetch(url(port, 'rwdlac').replace('?', '/backups?restype=container&'), { method: 'PUT', signal: AbortSignal.timeout(20_000) });
  if (!made.ok) throw new Error(`Azurite makes no container: ${made.status} ${await made.text()}`);
  const section = (sas_url: string): Section => ({ type: 'azureblob', sas_url });
  return {
    kind: 'azure',
    service,
    relay,
    bucket: 'backups',
    section: section(url(relay.port, 'rwdlac')),
    refused: section(url(relay.port, 'rwdlac', 60, randomBytes(64).toString('base64'))),
    appendOnly: section(url(relay.port, 'rlcw')),
    direct: section(url(port, 'rwdlac')),
    dataDirectory,
    withRights: (rights, minutes) => section(url(relay.port, rights, minutes)),
    // It keeps the names of what it holds in memory and writes them every five seconds: killed, it would lose more than a store may.
    crash: () => service.stop(),
    close: () => relay.close().then(() => service.stop()),
  };
}

/** Of the whole account, for the blob service, over http too. */
function signature(key: string, rights: string, minutes: number): string {
  const end = new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+/, '');
  const version = '2019-12-12';
  const text = [account, rights, 'b', 'sco', '', end, '', 'https,http', version, ''].join('\n');
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  return new URLSearchParams({ sv: version, ss: 'b', srt: 'sco', sp: rights, se: end, spr: 'https,http', sig }).toString();
}
