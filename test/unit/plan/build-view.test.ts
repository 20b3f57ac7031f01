import { describe, expect, it } from 'vitest';
import { buildView } from '../../../generator/plan/build-view.ts';
import { profileSchema, type ProfileInput } from '../../../generator/profile/schema.ts';

const viewOf = (rest: Omit<ProfileInput, 'name' | 'app'> & { app?: Partial<ProfileInput['app']> } = {}) => {
  const { app, ...sections } = rest;
  const profile = profileSchema.parse({ name: 'production', app: { name: 'shop', domain: 'shop.example', ...app }, ...sections });
  return buildView(profile, { profile: 'infrastructure/profiles/production.ts', version: '1.2.3' });
};

describe('buildView', () => {
  it('derives everything from a name and a domain', () => {
    expect(viewOf()).toEqual({
      profile: 'infrastructure/profiles/production.ts',
      version: '1.2.3',
      environment: 'production',
      timeZone: 'UTC',
      app: {
        name: 'shop',
        domain: 'shop.example',
        user: 'shop',
        root: '/home/shop/shop',
        paths: ['/home/shop/shop'],
        excludes: [],
        healthUrl: 'https://shop.example/api/health',
        start: ['pm2', 'start', 'all'],
        stop: ['pm2', 'stop', 'all'],
      },
      files: { backupDir: '/home/shop/backups', envFile: '/etc/shop/backup.env', logFile: '/var/log/shop/backup.log' },
      mongodb: {
        uri: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
        replicaSet: 'rs0',
        member: '127.0.0.1:27017',
        dataDir: '/var/lib/mongodb',
        user: 'mongodb',
        start: ['systemctl', 'start', 'mongod'],
        stop: ['systemctl', 'stop', 'mongod'],
      },
      redis: {
        kind: 'redis',
        dbFilename: '',
        appendFilename: '',
        appendDirname: '',
        host: '127.0.0.1',
        port: 6379,
        socket: '',
        passwordVariable: 'REDIS_PASSWORD',
        dataDir: '/var/lib/redis',
        user: 'redis',
        start: ['systemctl', 'start', 'redis-server'],
        stop: ['systemctl', 'stop', 'redis-server'],
      },
      nginx: { test: ['nginx', '-t'], reload: ['systemctl', 'reload', 'nginx'] },
      config: {
        paths: ['/etc/nginx', '/etc/mongod.conf', '/etc/redis/redis.conf'],
        optionalPaths: [
          '/etc/shop/backup.env',
          '/home/shop/.pm2/dump.pm2',
          '/home/shop/shop/ecosystem.config.js',
          '/var/spool/cron/crontabs/shop',
          '/etc/cron.d/shop-backup',
          '/home/shop/shop/.env',
        ],
      },
      ssl: { paths: ['/etc/letsencrypt'] },
      retention: { full: 2_419_200, incremental: 2_592_000, database: 604_800, config: 7_776_000, longestPause: 21_600 },
      page: {
        directory: '/usr/local/lib/shop/current/infrastructure/backup',
        stops: ['any part: pm2 stop all', '--mongodb: systemctl stop mongod', '--redis: systemctl stop redis-server'],
        kept: { full: '28 days', incremental: '30 days', database: '7 days', config: '90 days' },
      },
      remotes: {
        ...{ names: [], fields: [], rclone: [], prefixes: [], secrets: [] },
        ...{ bandwidthLimit: 'off', retries: 3, stallSeconds: 60, timeoutSeconds: 21_600 },
      },
      limits: { zstdLevel: 3, minimumFreeBytes: 1e9, timeoutSeconds: 21_600 },
      schedule: {
        script: '/usr/local/lib/shop/current/infrastructure/backup/backup.sh',
        full: { cron: '0 3 * * 0', calendar: ['Sun *-*-* 03:00:00 UTC'] },
        incremental: { cron: '0 2 * * *', calendar: ['*-*-* 02:00:00 UTC'] },
        database: { cron: '0 */6 * * *', calendar: ['*-*-* 00/6:00:00 UTC'] },
        config: { cron: '5-59/10 * * * *', calendar: ['*-*-* *:05/10:00 UTC'] },
        after: ['mongod.service', 'redis-server.service'],
        directories: ['/home/shop/backups', '/var/log/shop'],
        watched: [
          '/etc/nginx',
          '/etc/mongod.conf',
          '/etc/redis/redis.conf',
          '/etc/shop/backup.env',
          '/home/shop/.pm2/dump.pm2',
          '/home/shop/shop/ecosystem.config.js',
          '/var/spool/cron/crontabs/shop',
          '/etc/cron.d/shop-backup',
          '/home/shop/shop/.env',
          '/etc/letsencrypt',
        ],
      },
      encryption: { ageRecipients: [], gpgKeys: [], passphraseVariable: 'ENCRYPTION_KEY', passphraseNeeded: 'false' },
      signing: { keyFile: '/etc/shop/backup-signing.key', publicKeys: [] },
      features: {
        ...{ mongodb: true, redis: true, app: true, config: true, ssl: true, nginx: true, health: true, pm2: true, localMongodb: true },
        ...{ cron: true, systemd: false, incrementalJob: true, databases: true, databaseJob: true, databaseOften: false, databaseSeldom: true, configJob: true, privateTmp: true, remotes: false },
        ...{ age: false, gpg: false, passphrase: true, signing: false },
      },
    });
  });

  it('leaves empty values where a section is off', () => {
    const off = { enabled: false };
    const view = viewOf({ app: { healthUrl: null }, mongodb: off, redis: off, nginx: off, ssl: off, pm2: off });
    expect(view.features).toEqual({
      ...{ mongodb: false, redis: false, app: true, config: true, ssl: false, nginx: false, health: false, pm2: false, localMongodb: false },
      ...{ cron: true, systemd: false, incrementalJob: true, databases: false, databaseJob: false, databaseOften: false, databaseSeldom: false, configJob: true, privateTmp: true, remotes: false },
        ...{ age: false, gpg: false, passphrase: true, signing: false },
    });
    expect([view.schedule.database, view.schedule.after]).toEqual([{ cron: '', calendar: [] }, []]);
    expect(view.mongodb).toEqual({ uri: '', replicaSet: '', member: '', dataDir: '', user: '', start: [], stop: [] });
    expect(view.redis).toEqual({ kind: '', dbFilename: '', appendFilename: '', appendDirname: '', host: '', port: 0, socket: '', passwordVariable: '', dataDir: '', user: '', start: [], stop: [] });
    expect([view.nginx, view.ssl, view.app.start, view.app.stop, view.app.healthUrl]).toEqual([{ test: [], reload: [] }, { paths: [] }, [], [], '']);
    expect(view.config).toEqual({ paths: [], optionalPaths: ['/etc/shop/backup.env', '/var/spool/cron/crontabs/shop', '/etc/cron.d/shop-backup', '/home/shop/shop/.env'] });
  });

  it('says of a remote what the scripts and rclone must know, and nothing that is secret', () => {
    const { remotes, features } = viewOf({
      backup: {
        transfer: { bandwidthLimit: '10MB' },
        remotes: [
          { kind: 's3', name: 'main', enabled: true, bucket: 'shop-backups', region: 'eu', latest: 'latest', prune: true, retention: { full: '8w' } },
          { kind: 'sftp', name: 'off-site', bucket: '/srv/b', path: 'p', host: 'h', user: 'u', keyFile: '/etc/key', plaintext: true },
        ],
      },
    });
    expect(features.remotes).toBe(true);
    expect(remotes).toMatchObject({ names: ['main', 'off-site'], prefixes: ['RCLONE_CONFIG_MAIN_', 'RCLONE_CONFIG_OFF_SITE_'], bandwidthLimit: '10000000B' });
    expect(remotes.fields).toEqual([
      ...['kind=s3', 'enabled=true', 'bucket=shop-backups', 'path=production', 'latest=latest', 'configFile=', 'plaintext=false', 'prune=true'].map((field) => `main.${field}`),
      'main.retention={"full":4838400,"incremental":2592000,"database":604800,"config":7776000}',
      ...['kind=sftp', 'enabled=false', 'bucket=/srv/b', 'path=p', 'latest=', 'configFile=', 'plaintext=true', 'prune=false'].map((field) => `off-site.${field}`),
      'off-site.retention={"full":2419200,"incremental":2592000,"database":604800,"config":7776000}',
    ]);
    expect(remotes.rclone).toEqual([
      ...['TYPE=s3', 'PROVIDER=AWS', 'REGION=eu'].map((option) => `RCLONE_CONFIG_MAIN_${option}`),
      ...['TYPE=sftp', 'HOST=h', 'USER=u', 'KEY_FILE=/etc/key'].map((option) => `RCLONE_CONFIG_OFF_SITE_${option}`),
    ]);
    expect(remotes.secrets).toEqual(['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'].map((option) => `RCLONE_CONFIG_MAIN_${option}`).concat(['PASS', 'KEY_FILE_PASS'].map((option) => `RCLONE_CONFIG_OFF_SITE_${option}`)));
  });

  it.each([
    [{ kind: 's3', endpoint: 'https://s3.example' }, ['TYPE=s3', 'PROVIDER=Other', 'ENDPOINT=https://s3.example']],
    [{ kind: 'gcs', serviceAccountFile: '/etc/g.json' }, ['TYPE=google cloud storage', 'BUCKET_POLICY_ONLY=true', 'SERVICE_ACCOUNT_FILE=/etc/g.json']],
    [{ kind: 'b2' }, ['TYPE=b2']],
    [{ kind: 'azure', account: 'shop' }, ['TYPE=azureblob', 'ACCOUNT=shop']],
    [{ kind: 'b2', configFile: '/etc/rclone.conf' }, []],
  ] as const)('leads rclone to %j', (remote, options) => {
    const { remotes } = viewOf({ backup: { remotes: [{ name: 'r', bucket: 'shop-backups', ...remote }] } });
    expect(remotes.rclone).toEqual(options.map((option) => `RCLONE_CONFIG_R_${option}`));
    expect(remotes.secrets.length > 0).toBe(!('configFile' in remote));
  });

  it('leaves the files and the service of a server elsewhere alone', () => {
    const view = viewOf({ mongodb: { dataDirectory: null }, redis: { host: 'cache.example' } });
    expect(view.config.paths).toEqual(['/etc/nginx']);
    expect([view.features.mongodb, view.features.localMongodb, view.mongodb.stop, view.mongodb.dataDir]).toEqual([true, false, [], '']);
  });

  it.each([{ socket: '/run/redis.sock', host: 'cache.example' }, { host: 'localhost' }, { host: '127.0.1.1' }, { host: '::1' }])('takes a redis at %j for one of this host', (redis) => {
    expect(viewOf({ redis }).config.paths).toContain('/etc/redis/redis.conf');
  });

  it('takes each path once, and none below another', () => {
    const view = viewOf({ app: { root: '/srv/shop', include: ['uploads', '.', 'uploads/new'] }, backup: { config: { paths: ['/etc/nginx/conf.d', '/etc/nginx-extra'], optional: ['/etc/nginx/x', '/etc/motd', '/etc/motd'] } } });
    expect(view.app.paths).toEqual(['/srv/shop']);
    expect(view.config.paths).toEqual(['/etc/nginx', '/etc/mongod.conf', '/etc/redis/redis.conf', '/etc/nginx-extra']);
    expect(view.config.optionalPaths.slice(-2)).toEqual(['/srv/shop/.env', '/etc/motd']);
  });

  it('knows the longest pause of what is scheduled', () => {
    const off = { enabled: false };
    expect(viewOf({ backup: { types: { database: off } } }).retention.longestPause).toBe(86_400);
    expect(viewOf({ backup: { types: { incremental: off, database: off, full: { retention: '8w' } } } }).retention).toMatchObject({ full: 4_838_400, longestPause: 604_800 });
    expect(viewOf({ mongodb: { enabled: false } }).retention.longestPause).toBe(86_400);
  });

  it('keeps what incremental sets would, as long as moments are promised without them', () => {
    const off = { enabled: false };
    const day = 86_400;
    expect(viewOf({ backup: { types: { incremental: off } } }).retention.incremental).toBe(7 * day);
    expect(viewOf({ backup: { types: { incremental: off, database: off } } }).retention.incremental).toBe(21 * day);
  });

  it('keeps a pattern a pattern, and the root in front of it a path', () => {
    expect(viewOf({ app: { root: '/srv/a*[b]\\?', exclude: ['*.log'] } }).app.excludes).toEqual(['srv/a\\*\\[b\\]\\\\\\?/*.log']);
  });

  it.each([
    ['its own command', { service: { start: ['n', 'a'], stop: ['n', 'b'], reload: ['n', 'c'] } }, ['n', 'c']],
    ['the program that tests it', { testCommand: ['nginx', '-p', '/srv', '-t'], service: { start: ['n', 'a'], stop: ['n', 'b'] } }, ['nginx', '-p', '/srv', '-s', 'reload']],
    ['its start command, where nothing better is known', { testCommand: ['check'], service: { start: ['n', 'a'], stop: ['n', 'b'] } }, ['n', 'a']],
  ] as const)('reloads nginx by %s', (_, nginx, reload) => {
    expect(viewOf({ nginx: structuredClone(nginx) as unknown as ProfileInput['nginx'] }).nginx.reload).toEqual(reload);
  });
});
