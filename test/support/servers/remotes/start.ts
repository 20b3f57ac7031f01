import { startAzure } from './azure.ts';
import { startB2 } from './b2.ts';
import { startGcs } from './gcs.ts';
import type { RemoteKind, RemoteOptions, RemoteServer } from './remote.ts';
import { startS3 } from './s3.ts';
import { startSftp } from './sftp.ts';

const starters: Readonly<Record<RemoteKind, (options: RemoteOptions) => Promise<RemoteServer>>> = {
  s3: startS3,
  gcs: startGcs,
  azure: startAzure,
  b2: startB2,
  sftp: startSftp,
};

export const startRemote = (kind: RemoteKind, options: RemoteOptions): Promise<RemoteServer> => starters[kind](options);
