import { remoteDirectory, remoteRetention, variablePrefix, type Remote } from '../facts/remotes.ts';
import type { Profile } from '../profile/schema.ts';
import { toBytes, toSeconds } from '../profile/units.ts';
import type { View } from './view.ts';

/** What the scripts and rclone have to know about each remote. Only what is no secret: that stands in the environment file. */
export function remotesView(profile: Profile): View['remotes'] {
  const { remotes, transfer } = profile.backup;
  return {
    names: remotes.map(({ name }) => name),
    fields: remotes.flatMap((remote) => fieldsOf(profile, remote).map(([field, value]) => `${remote.name}.${field}=${value}`)),
    rclone: remotes.flatMap((remote) => rcloneOptions(remote).map(([option, value]) => `${variablePrefix(remote)}${option}=${value}`)),
    prefixes: remotes.map(variablePrefix),
    secrets: remotes.flatMap((remote) => (remote.configFile === undefined ? secrets[remote.kind].map((option) => `${variablePrefix(remote)}${option}`) : [])),
    bandwidthLimit: transfer.bandwidthLimit === undefined ? 'off' : `${toBytes(transfer.bandwidthLimit)}B`,
    retries: transfer.retries,
    stallSeconds: toSeconds(transfer.stallTimeout),
    timeoutSeconds: toSeconds(transfer.timeout),
  };
}

/** Files on the server that rclone reads. */
export function filesOfRemotes({ backup: { remotes } }: Profile): string[] {
  return remotes.flatMap((remote) => [
    remote.configFile ?? '',
    ...(remote.kind === 'directory' ? [remote.bucket] : []),
    ...(remote.kind === 'sftp' ? [remote.keyFile ?? '', remote.knownHostsFile ?? ''] : []),
    ...(remote.kind === 'gcs' ? [remote.serviceAccountFile ?? ''] : []),
  ]);
}

type Pairs = readonly (readonly [string, string])[];

function fieldsOf(profile: Profile, remote: Remote): Pairs {
  const { full, incremental, database, config } = remoteRetention(profile, remote);
  return [
    ['kind', remote.kind],
    ['enabled', String(remote.enabled)],
    ['bucket', remote.bucket],
    ['path', remoteDirectory(profile, remote)],
    ['latest', remote.latest ?? ''],
    ['configFile', remote.configFile ?? ''],
    ['plaintext', String(remote.plaintext)],
    ['prune', String(remote.prune)],
    ['retention', `{"full":${toSeconds(full)},"incremental":${toSeconds(incremental)},"database":${toSeconds(database)},"config":${toSeconds(config)}}`],
  ];
}

/** Names of options as rclone documents them, in upper case; the values that the profile gives. */
function rcloneOptions(remote: Remote): Pairs {
  if (remote.configFile !== undefined) return [];
  const given = (option: string, value: string | number | undefined): Pairs => (value === undefined ? [] : [[option, String(value)]]);
  switch (remote.kind) {
    case 's3':
      return [
        ['TYPE', 's3'],
        ['PROVIDER', remote.provider ?? (remote.endpoint === undefined ? 'AWS' : 'Other')],
        ...given('REGION', remote.region),
        ...given('ENDPOINT', remote.endpoint),
      ];
    case 'gcs':
      // Access by the policy of the bucket, not by lists of each object.
      return [['TYPE', 'google cloud storage'], ['BUCKET_POLICY_ONLY', 'true'], ...given('SERVICE_ACCOUNT_FILE', remote.serviceAccountFile), ...given('ENDPOINT', remote.endpoint)];
    case 'b2':
      return [['TYPE', 'b2'], ...given('ENDPOINT', remote.endpoint)];
    case 'azure':
      return [['TYPE', 'azureblob'], ...given('ACCOUNT', remote.account), ...given('ENDPOINT', remote.endpoint)];
    case 'sftp':
      return [
        ['TYPE', 'sftp'],
        ...given('HOST', remote.host),
        ...given('PORT', remote.port),
        ...given('USER', remote.user),
        ...given('KEY_FILE', remote.keyFile),
        ...given('KNOWN_HOSTS_FILE', remote.knownHostsFile),
      ];
    case 'directory':
      return [['TYPE', 'local']];
  }
}

const secrets: Readonly<Record<Remote['kind'], readonly string[]>> = {
  s3: ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'],
  gcs: ['SERVICE_ACCOUNT_CREDENTIALS'],
  b2: ['ACCOUNT', 'KEY'],
  azure: ['KEY', 'SAS_URL'],
  sftp: ['PASS', 'KEY_FILE_PASS'],
  directory: [],
};
