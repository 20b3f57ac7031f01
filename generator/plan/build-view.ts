import { derive, type Derived } from '../facts/derived.ts';
import { commandsOf, isLocalMongodb, isLocalRedis, nginxReload } from '../facts/services.ts';
import type { Profile } from '../profile/schema.ts';
import { toBytes, toSeconds } from '../profile/units.ts';
import { pageView } from './page.ts';
import { filesOfRemotes, remotesView } from './remotes.ts';
import { retentionView } from './retention.ts';
import { needsSharedTmp, schedulerFiles, scheduleView } from './schedule.ts';
import type { View } from './view.ts';

/** Where a view comes from: both stand in the header of every script, so neither may depend on the machine or the day. */
type Origin = { readonly profile: string; readonly version: string; /** The lines of the keys of GnuPG that the profile names. */ readonly gpgKeys?: readonly string[] };

/** Decides everything that templates print. A section that is switched off has empty values. */
export function buildView(profile: Profile, { profile: file, version, gpgKeys = [] }: Origin): View {
  const derived = derive(profile);
  const { backup } = profile;
  const config = configView(profile, derived);
  const ssl = { paths: profile.ssl.enabled ? [profile.ssl.directory] : [] };
  const schedule = scheduleView(profile, derived, { ...config, certificates: ssl.paths });
  const retention = retentionView(profile);
  return {
    profile: file,
    version,
    environment: profile.name,
    timeZone: backup.timeZone,
    app: appView(profile, derived),
    files: { backupDir: derived.backupDirectory, envFile: derived.envFile, logFile: derived.logFile },
    mongodb: mongodbView(profile),
    redis: redisView(profile),
    nginx: profile.nginx.enabled ? { test: profile.nginx.testCommand, reload: nginxReload(profile.nginx) } : { test: [], reload: [] },
    config,
    ssl,
    encryption: encryptionView(backup.encryption, gpgKeys),
    signing: { keyFile: derived.signingKeyFile, publicKeys: backup.signing?.publicKeys ?? [] },
    schedule,
    retention,
    page: pageView(profile, schedule, retention),
    remotes: remotesView(profile),
    limits: { zstdLevel: backup.compression.level, minimumFreeBytes: toBytes(backup.minimumFree), timeoutSeconds: toSeconds(backup.timeout) },
    features: features(profile, derived, schedule),
  };
}

function features(profile: Profile, derived: Derived, { incremental, database, config }: View['schedule']): View['features'] {
  const { mongodb, redis, ssl, nginx, pm2, backup } = profile;
  const reached = [derived.root, derived.backupDirectory, derived.logFile, derived.envFile, mongodb.uri, redis.socket ?? '', ...backup.config.paths, ...filesOfRemotes(profile)];
  return {
    mongodb: mongodb.enabled,
    redis: redis.enabled,
    databases: mongodb.enabled || redis.enabled,
    app: true,
    config: true,
    ssl: ssl.enabled,
    nginx: nginx.enabled,
    health: derived.healthUrl !== '',
    pm2: pm2.enabled,
    localMongodb: isLocalMongodb(profile),
    age: backup.encryption.method === 'age',
    gpg: backup.encryption.method === 'gpg',
    passphrase: backup.encryption.method === 'none' || backup.encryption.method === 'symmetric',
    signing: backup.signing !== undefined,
    cron: backup.scheduler === 'cron',
    systemd: backup.scheduler === 'systemd',
    incrementalJob: incremental.cron !== '',
    databaseJob: database.cron !== '',
    databaseSeldom: database.cron !== '' && backup.types.database.every === undefined,
    databaseOften: database.cron !== '' && backup.types.database.every !== undefined,
    configJob: config.cron !== '',
    privateTmp: !needsSharedTmp(reached),
    remotes: backup.remotes.length > 0,
  };
}

// A profile without encryption is encrypted all the same where the server has a passphrase.
function encryptionView(encryption: Profile['backup']['encryption'], gpgKeys: readonly string[]): View['encryption'] {
  return {
    ageRecipients: encryption.method === 'age' ? encryption.recipients : [],
    gpgKeys,
    passphraseVariable: encryption.method === 'symmetric' ? encryption.passphraseVariable : 'ENCRYPTION_KEY',
    passphraseNeeded: encryption.method === 'symmetric' ? 'true' : 'false',
  };
}

function appView({ app, pm2 }: Profile, { user, root, healthUrl }: Derived): View['app'] {
  const { start, stop } = pm2.enabled ? commandsOf(pm2.service) : { start: [], stop: [] };
  const paths = topmost(app.include.map((path) => (path === '.' ? root : `${root}/${path}`)));
  // The root stands in a pattern here, and is itself no pattern.
  const literalRoot = root.slice(1).replace(/[\\*?[\]]/g, String.raw`\$&`);
  const excludes = app.exclude.map((pattern) => `${literalRoot}/${pattern}`);
  return { name: app.name, domain: app.domain, user, root, paths, excludes, healthUrl, start, stop };
}

function mongodbView(profile: Profile): View['mongodb'] {
  const { mongodb } = profile;
  if (!mongodb.enabled) return { uri: '', replicaSet: '', member: '', dataDir: '', user: '', start: [], stop: [] };
  const { uri, replicaSet, member, dataDirectory, user } = mongodb;
  const { start, stop } = isLocalMongodb(profile) ? commandsOf(mongodb.service) : { start: [], stop: [] };
  return { uri, replicaSet, member, dataDir: dataDirectory ?? '', user, start, stop };
}

function redisView(profile: Profile): View['redis'] {
  const { redis } = profile;
  const names = { kind: '', dbFilename: '', appendFilename: '', appendDirname: '' };
  if (!redis.enabled) return { ...names, host: '', port: 0, socket: '', passwordVariable: '', dataDir: '', user: '', start: [], stop: [] };
  const { server: kind, dbFilename = '', appendFilename = '', appendDirname = '', host, port, socket = '', passwordVariable, dataDirectory, user } = redis;
  const { start, stop } = commandsOf(redis.service);
  return { kind, dbFilename, appendFilename, appendDirname, host, port, socket, passwordVariable, dataDir: dataDirectory, user, start, stop };
}

function configView(profile: Profile, { user, root, envFile, pm2Home, ecosystemFile }: Derived): View['config'] {
  const { nginx, mongodb, redis, pm2, backup } = profile;
  const paths = topmost([
    ...(nginx.enabled ? [nginx.configDirectory] : []),
    ...(isLocalMongodb(profile) ? [mongodb.configFile] : []),
    ...(isLocalRedis(profile) ? [redis.configFile] : []),
    ...backup.config.paths,
  ]);
  const optionalPaths = topmost([
    envFile,
    ...(pm2.enabled ? [`${pm2Home}/dump.pm2`, ecosystemFile] : []),
    ...(backup.config.crontabs ?? [`/var/spool/cron/crontabs/${user}`, ...(backup.scheduler === 'cron' ? schedulerFiles(profile) : [])]),
    ...(backup.scheduler === 'systemd' ? schedulerFiles(profile) : []),
    `${root}/.env`,
    ...backup.config.optional,
  ]).filter((path) => !paths.some((above) => isWithin(path, above)));
  return { paths, optionalPaths };
}

/** Each path once, and none that comes with another one. */
function topmost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path, _, all) => !all.some((above) => above !== path && isWithin(path, above)));
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
