import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../tools/command.ts';
import { ensureTools } from '../../tools/ensure.ts';
import { ownSecret } from '../own-secret.ts';
import { freePort } from '../ports.ts';
import { answersOn, installService, programPath } from '../service.ts';
import { onSmallDisk } from './disk.ts';
import { Relay } from './relay.ts';
import { placeFor, type RemoteOptions, type RemoteServer, type Section } from './remote.ts';
import { type S3Login, s3Must } from './s3-request.ts';

export type S3Server = RemoteServer & {
  /** The administrator's login, past the relay. */
  login: S3Login;
  dataDirectory: string;
};

export type S3Options = RemoteOptions & {
  /** Every object is kept for a day, as by a bucket with object lock. */
  lock?: boolean;
  /** What is overwritten or deleted stays as an older version. */
  versions?: boolean;
};

const appender = 'append';

/** versitygw: users, bucket policies, versions and object lock on a directory. */
export async function startS3(options: S3Options): Promise<S3Server> {
  await ensureTools(['versitygw', 'rclone']);
  const dir = await placeFor(options.dir, 's3');
  const dataDirectory = join(dir, 'data');
  const root = { key: 'root', secret: ownSecret('root-Secret/1+2=') };
  const append = { key: appender, secret: ownSecret('append-Secret/3+4=') };
  const port = await freePort();
  for (const name of ['iam', 'versions']) await mkdir(join(dir, name));
  const program = await programPath('versitygw');
  const gateway = [program, '--port', `127.0.0.1:${port}`, '--iam-dir', join(dir, 'iam'), '--iam-cache-disable', '--quiet', 'posix', '--versioning-dir', join(dir, 'versions'), dataDirectory];
  const command = await onSmallDisk(options.megabytes, dataDirectory, gateway);
  const environment = ['env', `ROOT_ACCESS_KEY=${root.key}`, `ROOT_SECRET_KEY=${root.secret}`];
  const service = await installService(dir, { name: 's3', command: [...environment, ...command], directory: 'run', ready: answersOn(port) });
  await service.start();
  const relay = await Relay.open(port);
  const login = { endpoint: `http://127.0.0.1:${port}`, ...root };
  await mustRun(program, ['admin', '--access', root.key, '--secret', root.secret, '--endpoint-url', login.endpoint, 'create-user', '--access', append.key, '--secret', append.secret, '--role', 'user']);
  await makeBucket(login, 'backups', options);
  const through = `http://127.0.0.1:${relay.port}`;
  return {
    kind: 's3',
    service,
    relay,
    bucket: 'backups',
    section: section(through, root),
    refused: section(through, { ...root, secret: ownSecret('not-the-Secret') }),
    appendOnly: section(through, append),
    direct: section(login.endpoint, root),
    login,
    dataDirectory,
    crash: () => service.kill(),
    close: () => relay.close().then(() => service.stop()),
  };
}

const section = (endpoint: string, { key, secret }: { key: string; secret: string }): Section =>
  ({ type: 's3', provider: 'Other', region: 'us-east-1', endpoint, access_key_id: key, secret_access_key: secret });

async function makeBucket(login: S3Login, bucket: string, { lock, versions }: S3Options): Promise<void> {
  await s3Must(login, { method: 'PUT', path: `/${bucket}`, ...(lock ? { headers: { 'x-amz-bucket-object-lock-enabled': 'true' } } : {}) });
  if (versions) await s3Must(login, { method: 'PUT', path: `/${bucket}`, query: { versioning: '' }, body: '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>' });
  if (lock) {
    const retention = '<DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention>';
    await s3Must(login, { method: 'PUT', path: `/${bucket}`, query: { 'object-lock': '' }, body: `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>${retention}</Rule></ObjectLockConfiguration>` });
  }
  await s3Must(login, { method: 'PUT', path: `/${bucket}`, query: { policy: '' }, body: JSON.stringify(appendPolicy(bucket)) });
}

/** Put, get and list; no delete. */
const appendPolicy = (bucket: string): object => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: [appender] }, Action: ['s3:PutObject', 's3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] },
    { Effect: 'Allow', Principal: { AWS: [appender] }, Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${bucket}`] },
  ],
});
