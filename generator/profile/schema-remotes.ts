import { z } from 'zod';
import { absolutePath, duration, hostName, port, size, slug, text, userName, webAddress } from './primitives.ts';

const bucketName = text
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, 'must be a bucket name')
  .meta({ examples: ['plugspace-backups'] });

const directory = (example: string) =>
  text
    .refine((value) => !/^[-/]|\/$|(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(value), 'must be a relative path without ".", ".." or "//"')
    .meta({ examples: [example] });

const kept = (what: string) => duration.meta({ examples: ['12w'] }).optional().describe(`How long ${what} sets are kept there; default: as long as here`);

const retention = z
  .strictObject({ full: kept('full'), incremental: kept('incremental'), database: kept('database'), config: kept('config') })
  .prefault({})
  .describe('How long sets are kept at the remote');

const location = {
  name: slug.meta({ examples: ['off-site'] }).describe('Name of the remote, and of the rclone remote'),
  enabled: z.boolean().default(false).describe('Upload each set'),
  path: directory('production').optional().describe('Directory within the bucket; default: the name of the environment'),
  latest: directory('latest').optional().describe('Directory within the bucket that holds a copy of the newest chain, for "rclone copy"; default: none'),
  configFile: absolutePath.meta({ examples: ['/etc/plugspace/rclone.conf'] }).optional().describe('rclone.conf on the server, mode 0600, with a section of this name, for what is no directory; default: settings and variables'),
  plaintext: z.boolean().default(false).describe('Sets go there in the clear, although they are not encrypted: the place itself is'),
  prune: z.boolean().default(false).describe('backup.sh removes old sets there; false where its key can write and not delete'),
  retention,
};

/** Places beside the backup directory. Secrets of rclone stand in the environment file, or in `configFile`. */
export const remote = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('s3'),
    ...location,
    bucket: bucketName.describe('Bucket'),
    provider: text.regex(/^[A-Za-z0-9]+$/, 'must be a name that rclone knows').meta({ examples: ['AWS'] }).optional().describe("rclone's name of the provider; default: AWS, or Other where there is an endpoint"),
    region: text.meta({ examples: ['eu-central-1'] }).optional().describe('Region'),
    endpoint: webAddress.meta({ examples: ['https://storage.example.com'] }).optional().describe('Address of an S3-compatible service; default: AWS'),
  }),
  z.strictObject({
    kind: z.literal('gcs'),
    ...location,
    bucket: bucketName.describe('Bucket'),
    serviceAccountFile: absolutePath.meta({ examples: ['/etc/plugspace/service-account.json'] }).optional().describe('Key file of a service account, on the server that is backed up'),
    endpoint: webAddress.meta({ examples: ['https://storage.example.com'] }).optional().describe('Address of another service with the same interface'),
  }),
  z.strictObject({ kind: z.literal('b2'), ...location, bucket: bucketName.describe('Bucket'), endpoint: webAddress.meta({ examples: ['https://storage.example.com'] }).optional().describe('Address of another service with the same interface') }),
  z.strictObject({
    kind: z.literal('azure'),
    ...location,
    account: text.meta({ examples: ['plugspacebackups'] }).optional().describe('Storage account; needed unless configFile or a SAS URL names it'),
    bucket: bucketName.describe('Container'),
    endpoint: webAddress.meta({ examples: ['https://storage.example.com'] }).optional().describe('Address of another service with the same interface'),
  }),
  z.strictObject({
    kind: z.literal('sftp'),
    ...location,
    host: hostName.meta({ examples: ['backup.example.com'] }).optional().describe('Host; needed unless configFile names it'),
    port: port.meta({ examples: [22] }).optional().describe('Port; default: 22'),
    user: userName.optional().describe('Login name; needed unless configFile names it'),
    keyFile: absolutePath.meta({ examples: ['/etc/plugspace/id_ed25519'] }).optional().describe('Private key on the server that is backed up'),
    knownHostsFile: absolutePath.meta({ examples: ['/etc/plugspace/known_hosts'] }).optional().describe("File with the host's public key; without it any host is believed"),
    bucket: absolutePath.meta({ examples: ['/srv/backups'] }).describe('Directory on the host'),
  }),
  z.strictObject({
    kind: z.literal('directory'),
    ...location,
    bucket: absolutePath.meta({ examples: ['/mnt/nas'] }).describe('Where the disk or the share is mounted; nothing is written while nothing is mounted there'),
  }),
]);

export const transfer = z
  .strictObject({
    bandwidthLimit: size.meta({ examples: ['10MB'] }).optional().describe('At most this much a second; default: no limit'),
    retries: z.int('must be a whole number').min(1, 'must be at least 1').max(20, 'must be at most 20').default(3).describe('How often a transfer is tried'),
    stallTimeout: duration.default('1m').describe('Time after which a connection on which nothing moves is given up'),
    timeout: duration.default('6h').describe('Time after which one transfer is stopped'),
  })
  .prefault({})
  .describe('Uploads and downloads');
