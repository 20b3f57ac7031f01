import { describe, expect, test } from 'vitest';
import { extendProfile, type Overrides, type ProfileInput } from '../../../generator/index.ts';
import { profileSchema } from '../../../generator/profile/schema.ts';
import { formatPath } from '../../../generator/profile/field-path.ts';
import { rules } from '../../../generator/rules/table.ts';

type Change = Overrides<ProfileInput>;
type Case = { readonly passes: readonly Change[]; readonly fails: readonly (readonly [Change, ...string[]])[] };

const base: ProfileInput = { name: 'test', app: { name: 'shop', domain: 'shop.example.com' } };
const remote = { kind: 's3', name: 'remote', enabled: true, bucket: 'shop-backups' } as const;
const sftp = { kind: 'sftp', name: 'place', enabled: true, bucket: '/srv/backups' } as const;
const disk = (bucket: string): Change => ({ backup: { remotes: [{ kind: 'directory', name: 'nas', enabled: true, bucket }] } });
const types = (change: NonNullable<Overrides<NonNullable<NonNullable<ProfileInput['backup']>['types']>>>): Change => ({ backup: { types: change } });

const often = (every: '15s' | '30s'): Change => ({ backup: { scheduler: 'systemd', types: { database: { every, retention: '1d' } } } });

const cases: Readonly<Record<string, Case>> = {
  'RPO-001': {
    passes: [{}, { mongodb: { enabled: false }, objectives: { rpo: { database: '1m' } } }, types({ database: { schedule: '*/5 * * * *' } }), { ...often('15s'), objectives: { rpo: { database: '15s' } } }],
    fails: [
      [
        types({ database: { schedule: '0 */12 * * *' } }),
        'backup.types.database.schedule: up to 12 hours pass between captures (full 0 3 * * 0, incremental 0 2 * * *, database 0 */12 * * *), but objectives.rpo.database is 6 hours | Write "0 */6 * * *", or set objectives.rpo.database to "12h".',
      ],
      [
        types({ database: { enabled: false } }),
        'backup.types.database.enabled: up to 1 day pass between captures (full 0 3 * * 0, incremental 0 2 * * *), but objectives.rpo.database is 6 hours | Set backup.types.database.enabled to true, or set objectives.rpo.database to "1d".',
      ],
      [
        { objectives: { rpo: { database: '7m' } } },
        'backup.types.database.schedule: up to 6 hours pass between captures (full 0 3 * * 0, incremental 0 2 * * *, database 0 */6 * * *), but objectives.rpo.database is 7 minutes | Write "*/5 * * * *", or set objectives.rpo.database to "6h".',
      ],
      [
        { ...often('30s'), objectives: { rpo: { database: '29s' } } },
        'backup.types.database.schedule: up to 30 seconds pass between captures (full 0 3 * * 0, incremental 0 2 * * *, database every 30s), but objectives.rpo.database is 29 seconds | Set backup.types.database.every to "20s", or set objectives.rpo.database to "30s".',
      ],
    ],
  },
  'RPO-002': {
    passes: [{}, { objectives: { rpo: { uploads: '1d' } } }],
    fails: [
      [
        { objectives: { rpo: { uploads: '12h' } } },
        'backup.types.incremental.schedule: up to 1 day pass between captures (full 0 3 * * 0, incremental 0 2 * * *), but objectives.rpo.uploads is 12 hours | Write "0 */12 * * *", or set objectives.rpo.uploads to "1d".',
      ],
      [
        types({ incremental: { enabled: false } }),
        'backup.types.incremental.enabled: up to 7 days pass between captures (full 0 3 * * 0), but objectives.rpo.uploads is 1 day | Set backup.types.incremental.enabled to true, or set objectives.rpo.uploads to "7d".',
      ],
    ],
  },
  'RPO-003': {
    passes: [{}, { backup: { types: { config: { onChange: false } } }, objectives: { rpo: { configuration: '1d' } } }],
    fails: [
      [
        types({ config: { onChange: false } }),
        'backup.types.config.onChange: up to 1 day pass between captures of the configuration, but objectives.rpo.configuration asks for that each change is captured | Set it to true, or set objectives.rpo.configuration to "1d".',
      ],
      [
        { backup: { types: { config: { onChange: false } } }, objectives: { rpo: { configuration: '1h' } } },
        'backup.types.config.onChange: up to 1 day pass between captures of the configuration, but objectives.rpo.configuration asks for 1 hour | Set it to true, or set objectives.rpo.configuration to "1d".',
      ],
    ],
  },
  'RET-001': {
    passes: [
      {},
      types({ full: { retention: '37d' } }),
      types({ full: { retention: '9d' }, incremental: { enabled: false }, database: { enabled: false } }),
      types({ full: { retention: '14d' }, incremental: { enabled: false } }),
      { mongodb: { enabled: false }, backup: { types: { full: { retention: '37d' } } } },
    ],
    fails: [
      [
        types({ full: { retention: '2w' } }),
        'backup.types.full.retention: a full set will be kept up to 37 days and not 14 days: its chain goes on until the next full set, up to 7 days after it, and each moment of it can be restored for 30 days | Plan the space for it; to say so, write "37d".',
      ],
      [
        { mongodb: { enabled: false }, backup: { types: { full: { retention: '2w' } } } },
        'backup.types.full.retention: a full set will be kept up to 36 days 23 hours and not 14 days: the last incremental set that builds on it is taken up to 6 days 23 hours after it and kept 30 days | Plan the space for it; to say so, write "37d".',
      ],
      [
        { mongodb: { enabled: false }, backup: { types: { full: { retention: '3d' }, incremental: { enabled: false } } } },
        'backup.types.full.retention: a full set will be kept up to 7 days and not 3 days: the newest chain is kept whole, and the next full set may come 7 days after it | Plan the space for it; to say so, write "7d".',
      ],
    ],
  },
  'OPLOG-001': {
    passes: [{}, { mongodb: { oplogSize: '600MB' } }, { mongodb: { enabled: false, oplogSize: '1MB' } }],
    fails: [
      [
        { mongodb: { oplogSize: '1GB', oplogGrowthPerHour: '500MB' } },
        'mongodb.oplogSize: an oplog of 1GB at 500MB an hour reaches back 2 hours, but up to 6 hours pass between captures: what it forgot in between could not be restored, and each capture would be a full set | Write at least "12GB".',
      ],
    ],
  },
  'OPLOG-002': {
    passes: [{}, { mongodb: { oplogSize: '2400MB' } }, { mongodb: { oplogSize: '100MB' } }],
    fails: [
      [
        { mongodb: { oplogSize: '1GB' } },
        'mongodb.oplogSize: an oplog of 1GB at 100MB an hour reaches back 10 hours, but it takes 1 day to survive a failed capture, and to reach back from each incremental set to the one before it | Write at least "3GB".',
      ],
    ],
  },
  'CRON-001': {
    passes: [{}, types({ database: { enabled: false, schedule: '0 2 * * *' } }), { backup: { scheduler: 'systemd', types: { database: { schedule: '0 */2 * * *' } } } }],
    fails: [
      [
        types({ database: { schedule: '0 */2 * * *' } }),
        'backup.types.database.schedule: database (0 */2 * * *) and incremental (0 2 * * *) both start at 02:00: one of them finds the lock taken and ends | Move one of them by some minutes, or set backup.scheduler to "systemd", whose units try again.',
      ],
    ],
  },
  'CRON-002': {
    passes: [{}, types({ full: { schedule: '0 3 1 * *' } })],
    fails: [
      [
        types({ full: { schedule: '0 3 1-7 * 0' } }),
        'backup.types.full.schedule: "0 3 1-7 * 0" names days of the month and days of the week: cron runs it on either, not on both | Write * in one of the two fields.',
      ],
    ],
  },
  'CRON-003': {
    passes: [{}, { backup: { scheduler: 'systemd', timeZone: 'Europe/Berlin' } }],
    fails: [
      [
        { backup: { timeZone: 'Europe/Berlin' } },
        'backup.timeZone: is "Europe/Berlin", but cron goes by the clock of the host, and Debian\'s cron cannot be told another zone | Set backup.scheduler to "systemd", or write "UTC" and the schedules in UTC.',
      ],
    ],
  },
  'CRON-005': {
    passes: [{}, { backup: { scheduler: 'systemd', types: { database: { every: '15s', retention: '1d' } } } }, types({ database: { enabled: false, every: '15s' }, incremental: { schedule: '0 */6 * * *' } })],
    fails: [
      [
        types({ database: { every: '15s', retention: '1d' } }),
        'backup.types.database.every: is "15s", but cron starts a job once a minute at most | Set backup.scheduler to "systemd", or leave it out and write a schedule.',
      ],
    ],
  },
  'CRON-006': {
    passes: [{}, { backup: { scheduler: 'systemd', types: { database: { schedule: '* * * * *' } } } }],
    fails: [
      [
        { backup: { scheduler: 'systemd', types: { database: { every: '15s' } } } },
        'backup.types.database.retention: keeps 46080 sets, one every 15 seconds for up to 8 days, and each run reads the manifests of all of them | Keep them for a shorter time, and take incremental sets more often, which hold the same changes.',
      ],
    ],
  },
  'DIR-001': {
    passes: [{}, { backup: { directory: '/home/shop/shop-backups' } }],
    fails: [
      [
        { app: { exclude: ['backups'] }, backup: { directory: '/home/shop/shop/backups' } },
        'backup.directory: /home/shop/shop/backups overlaps with /home/shop/shop (app.include): each set would hold the sets before it, or a restore would move them away | Choose a directory outside of /home/shop/shop.',
      ],
      [
        { backup: { directory: '/home/shop' } },
        'backup.directory: /home/shop overlaps with /home/shop/shop (app.include): each set would hold the sets before it, or a restore would move them away | Choose a directory outside of /home/shop/shop.',
      ],
      [
        { backup: { directory: '/etc/nginx/x' } },
        'backup.directory: /etc/nginx/x overlaps with /etc/nginx (nginx.configDirectory): each set would hold the sets before it, or a restore would move them away | Choose a directory outside of /etc/nginx.',
      ],
    ],
  },
  'DIR-002': {
    passes: [
      {},
      { mongodb: { dataDirectory: null } },
      { app: { include: ['uploads'] }, redis: { dataDirectory: '/home/shop/shop/data/redis' } },
    ],
    fails: [
      [
        { app: { exclude: ['db'] }, mongodb: { dataDirectory: '/home/shop/shop/db' } },
        'mongodb.dataDirectory: /home/shop/shop/db is inside /home/shop/shop (app.include): copies of files that a server is writing are not usable, and a restore would move them away | Choose a directory outside of /home/shop/shop for mongodb.dataDirectory, or name the folders of the application beside it in app.include.',
      ],
    ],
  },
  'DIR-003': {
    passes: [{}, { redis: { enabled: false, dataDirectory: '/var/lib/mongodb' } }],
    fails: [
      [
        { redis: { dataDirectory: '/var/lib/mongodb' } },
        'redis.dataDirectory: /var/lib/mongodb overlaps with /var/lib/mongodb (mongodb.dataDirectory): a restore replaces one of them as a whole | Give each its own directory, none inside another.',
      ],
      [
        { backup: { directory: '/var/lib/mongodb/backups' } },
        'backup.directory: /var/lib/mongodb/backups overlaps with /var/lib/mongodb (mongodb.dataDirectory): a restore replaces one of them as a whole | Give each its own directory, none inside another.',
      ],
    ],
  },
  'OWN-001': {
    passes: [
      {},
      { redis: { service: { start: ['/usr/local/sbin/cache', 'start'], stop: ['service', 'redis', 'stop'] } } },
      { pm2: { service: { start: ['/home/shop/bin/start'], stop: ['/home/shop/bin/stop'] } } }, // as that user
      { app: { user: 'root' }, redis: { service: { start: ['/root/cache'], stop: ['/root/shop/stop'] } } },
      { redis: { enabled: false, service: { start: ['/home/shop/cache'], stop: ['/home/shop/cache'] } } },
      { mongodb: { dataDirectory: null, service: { start: ['/home/shop/db'], stop: ['/home/shop/db'] } } },
      { nginx: { testCommand: ['/home/shopping/nginx', '-t'] } },
    ],
    fails: [
      [
        { app: { root: '/srv/shop' }, redis: { service: { start: ['/srv/shop/bin/cache', 'start'], stop: ['service', 'redis', 'stop'] } } },
        'redis.service.start: root runs /srv/shop/bin/cache, and shop may change it: whoever breaks into the application becomes root | Put it where only root may write, such as /usr/local/sbin, and name it there.',
      ],
      [
        { app: { user: 'node' }, nginx: { testCommand: ['/home/node/nginx', '-t'], service: { start: ['nginx'], stop: ['nginx', '-s', 'stop'], reload: ['/home/node/nginx', '-s', 'reload'] } } },
        'nginx.service.reload: root runs /home/node/nginx, and node may change it: whoever breaks into the application becomes root | Put it where only root may write, such as /usr/local/sbin, and name it there.',
        'nginx.testCommand: root runs /home/node/nginx, and node may change it: whoever breaks into the application becomes root | Put it where only root may write, such as /usr/local/sbin, and name it there.',
      ],
    ],
  },
  'OWN-002': {
    passes: [
      {},
      { nginx: { testCommand: ['nginx', '-t', '-c', '/etc/nginx/shop.conf'] }, backup: { envFile: '/etc/shop/env' } },
      { pm2: { service: { start: ['pm2', 'start', '/home/shop/shop/ecosystem.config.js'], stop: ['pm2', 'stop', 'all'] } } },
      { nginx: { enabled: false, configDirectory: '/home/shop/nginx' } },
    ],
    fails: [
      [
        { mongodb: { service: { start: ['bash', '/home/shop/db.sh'], stop: ['mongod', '--shutdown', '--config=/home/shop/mongod.conf'] } } },
        'mongodb.service.start: bash, run by root, reads /home/shop/db.sh, and shop may change that: what it says there could be run as root | Keep it where only root may write, such as /etc, and name it there.',
        'mongodb.service.stop: mongod, run by root, reads /home/shop/mongod.conf, and shop may change that: what it says there could be run as root | Keep it where only root may write, such as /etc, and name it there.',
      ],
      [
        { nginx: { configDirectory: '/home/shop/nginx' }, backup: { envFile: '/home/shop/backup.env', remotes: [{ ...remote, configFile: '/home/shop/rclone.conf' }] } },
        'nginx.configDirectory: nginx, run by root, reads /home/shop/nginx, and shop may change that: what it says there could be run as root | Keep it where only root may write, such as /etc, and name it there.',
        'backup.envFile: rclone, run by root, reads /home/shop/backup.env, and shop may change that: what it says there could be run as root | Keep it where only root may write, such as /etc, and name it there.',
        'backup.remotes[0].configFile: rclone, run by root, reads /home/shop/rclone.conf, and shop may change that: what it says there could be run as root | Keep it where only root may write, such as /etc, and name it there.',
      ],
    ],
  },
  'MONGO-001': {
    passes: [{}, { mongodb: { uri: 'mongodb://127.0.0.1/' } }, { mongodb: { uri: 'mongodb://127.0.0.1/?replicaSet=rs1', replicaSet: 'rs1' } }],
    fails: [
      [
        { mongodb: { uri: 'mongodb://127.0.0.1/?w=1&replicaSet=main' } },
        'mongodb.replicaSet: is "rs0", but mongodb.uri names the replica set "main" | Write "main", or change mongodb.uri.',
      ],
    ],
  },
  'MONGO-002': {
    passes: [
      {},
      { mongodb: { uri: 'mongodb://[::1]:27017/' } },
      { mongodb: { uri: 'mongodb+srv://cluster.example.com/' } },
      { mongodb: { uri: 'mongodb://%2Frun%2Fmongodb.sock/' } },
      { mongodb: { uri: 'mongodb://db.internal:27017,db2.internal/', dataDirectory: null } },
      { mongodb: { uri: 'mongodb://backup@db.internal:27017/', member: 'db.internal:27017' } },
    ],
    fails: [
      [
        { mongodb: { uri: 'mongodb://db1.internal:27017,db2.internal/x' } },
        'mongodb.dataDirectory: is /var/lib/mongodb on this host, but mongodb.uri names db1.internal, db2.internal | Write null if the server runs elsewhere; if it is this host, name it in mongodb.member.',
      ],
    ],
  },
  'MONGO-003': {
    passes: [{}, { mongodb: { dataDirectory: null, enabled: false } }],
    fails: [
      [
        { mongodb: { uri: 'mongodb://db.internal/', dataDirectory: null } },
        'mongodb.dataDirectory: is null, so MongoDB runs elsewhere; a restore recovers everything with a mongod of the same version on this host first | Install the package mongodb-org-server of that version here, and disable its service; backup.sh --dry-run tells whether it fits.',
      ],
    ],
  },
  'MONGO-004': {
    passes: [
      { mongodb: { uri: 'mongodb://127.0.0.1/?authMechanism=SCRAM-SHA-256' } },
      { mongodb: { uri: 'mongodb://127.0.0.1/?tls=true&authMechanism=MONGODB-X509' } },
      { mongodb: { uri: 'mongodb://127.0.0.1/?authMechanism=PLAIN', enabled: false } },
    ],
    fails: [
      [
        { mongodb: { uri: 'mongodb://127.0.0.1/?tls=true&AuthMechanism=PLAIN&authSource=$external' } },
        'mongodb.uri: logs in by PLAIN, as with LDAP or Kerberos; lifeboat was tested with passwords and certificates (MONGODB-X509) only | Use an account of one of these, or try a backup and a restore before you rely on them.',
      ],
    ],
  },
  'MONGO-005': {
    passes: [
      {},
      { mongodb: { uri: 'mongodb://127.0.0.1/' } },
      { mongodb: { uri: 'mongodb://127.0.0.1:27018/', member: '127.0.0.1:27018' } },
      { mongodb: { uri: 'mongodb://127.0.0.1:27017,127.0.0.1:27018/', member: '127.0.0.1:27018' } },
      { mongodb: { uri: 'mongodb+srv://cluster.example.com/', member: '127.0.0.1:27018' } },
      { mongodb: { uri: 'mongodb://%2Frun%2Fmongodb-27018.sock/' } },
    ],
    fails: [
      [
        { mongodb: { uri: 'mongodb://127.0.0.1:27018/' } },
        'mongodb.member: is "127.0.0.1:27017", but mongodb.uri names 127.0.0.1:27018: a restore writes member into the replica set, and a server that cannot be reached there does not become primary | Write what rs.conf().members[0].host says on this server into mongodb.member, and the same port into mongodb.uri.',
      ],
    ],
  },
  'REDIS-001': {
    passes: [{}, { redis: { host: 'cache.internal', socket: '/run/redis.sock' } }, { redis: { host: 'cache.internal', enabled: false } }],
    fails: [
      [
        { redis: { host: 'cache.internal' } },
        'redis.host: is cache.internal, but a restore puts files into /var/lib/redis on this host | Make sure that it is a name of this host, or disable redis.',
      ],
    ],
  },
  'KERNEL-001': {
    passes: [{}, { mongodb: { version: '8.0' } }, { mongodb: { version: '7.0' }, redis: { version: '6.0' } }, { mongodb: { version: '8.0' }, redis: { version: '6.2' } }],
    fails: [
      [
        { mongodb: { version: '8.0' }, redis: { version: '6.0' } },
        'redis.version: MongoDB 8.0 wants transparent huge pages on, Redis 6.0 wants them off, and cannot opt out as 6.2 does | Use Redis 6.2 or newer, or another host for one of them.',
      ],
    ],
  },
  'LOC-001': {
    passes: [{ backup: { remotes: [remote] } }],
    fails: [
      [
        {},
        'backup.remotes: sets are stored in 1 location (/home/shop/backups), and at least 2 are needed to survive the loss of this server | Add a remote to backup.remotes and enable it.',
      ],
    ],
  },
  'ENC-001': {
    passes: [
      {},
      { backup: { remotes: [{ ...remote, enabled: false }] } },
      { backup: { remotes: [{ ...remote, plaintext: true }] } },
      { backup: { remotes: [remote], encryption: { method: 'symmetric' } } },
    ],
    fails: [
      [
        { backup: { remotes: [remote] } },
        'backup.remotes[0].enabled: remote "remote" would receive sets that are not encrypted | Set backup.encryption.method to "age" and name its recipients; or write plaintext: true, if the place itself is encrypted.',
      ],
    ],
  },
  'ENC-002': {
    passes: [{}, { backup: { remotes: [remote] } }, { backup: { remotes: [{ ...remote, plaintext: true }], encryption: { method: 'symmetric' } } }],
    fails: [
      [
        { backup: { remotes: [{ ...remote, plaintext: true }] } },
        'backup.remotes[0].plaintext: is true: whoever can read remote "remote" can read every set, with the passwords and private keys in it | Set backup.encryption.method to "age", unless the place itself is encrypted.',
      ],
    ],
  },
  'REMOTE-001': {
    passes: [{}, { backup: { remotes: [remote, { ...remote, name: 'second' }] } }],
    fails: [
      [
        { backup: { remotes: [remote, { ...remote, bucket: 'other' }] } },
        'backup.remotes[1].name: "remote" is also the name of backup.remotes[0] | Give each remote its own name.',
      ],
    ],
  },
  'REMOTE-002': {
    passes: [{}, { backup: { remotes: [remote, { ...remote, name: 'remotes' }, { ...remote, name: 'a-b' }, { ...remote, name: 'b-a' }] } }],
    fails: [
      [
        { backup: { remotes: [remote, { ...remote, name: 'remote-key' }] } },
        'backup.remotes[1].name: is "remote-key", so its variables (RCLONE_CONFIG_REMOTE_KEY_*) would be read as options of "remote" (RCLONE_CONFIG_REMOTE_*) | Choose a name that does not start with "remote-".',
      ],
    ],
  },
  'REMOTE-003': {
    passes: [
      {},
      { backup: { remotes: [{ ...remote, latest: 'latest' }, { ...remote, name: 'second', path: 'other' }] } },
      { backup: { remotes: [{ ...remote, latest: 'testing' }] } },
      { backup: { remotes: [remote, { ...remote, name: 'second', region: 'elsewhere' }] } },
      { backup: { remotes: [{ ...remote, configFile: '/etc/rclone.conf' }, { ...remote, name: 'second', configFile: '/etc/rclone.conf' }] } },
    ],
    fails: [
      [
        { backup: { remotes: [remote, { ...remote, name: 'second', retention: { full: '1w' } }] } },
        'backup.remotes[1].path: overlaps with path of remote "remote": sets of one would be taken for sets of the other | Give each a directory of its own, none inside another.',
      ],
      [
        { backup: { remotes: [{ ...remote, latest: 'test' }] } },
        'backup.remotes[0].latest: overlaps with path of remote "remote": sets of one would be taken for sets of the other | Give each a directory of its own, none inside another.',
      ],
      [
        { backup: { remotes: [{ ...remote, path: 'a', latest: 'a/latest' }, { ...remote, name: 'second', path: 'a/latest/x' }] } },
        ...['[0].latest: overlaps with path of remote "remote"', '[1].path: overlaps with path of remote "remote"', '[1].path: overlaps with latest of remote "remote"'].map(
          (text) => `backup.remotes${text}: sets of one would be taken for sets of the other | Give each a directory of its own, none inside another.`,
        ),
      ],
    ],
  },
  'REMOTE-004': {
    passes: [{}, { backup: { remotes: [{ ...remote, configFile: '/etc/rclone.conf' }] } }, { backup: { remotes: [{ ...remote, region: 'x' }] } }],
    fails: [
      [
        { backup: { remotes: [{ ...remote, configFile: '/etc/rclone.conf', region: 'x', endpoint: 'https://s3.example' }] } },
        'backup.remotes[0].region: has no effect: the section [remote] of /etc/rclone.conf says how to reach the remote | Leave out region, or configFile.',
        'backup.remotes[0].endpoint: has no effect: the section [remote] of /etc/rclone.conf says how to reach the remote | Leave out endpoint, or configFile.',
      ],
      [
        { backup: { remotes: [{ kind: 'directory', name: 'nas', bucket: '/mnt/nas', configFile: '/etc/rclone.conf' }] } },
        'backup.remotes[0].configFile: has no effect: remote "nas" is a directory, which needs no settings of rclone | Leave it out.',
      ],
    ],
  },
  'REMOTE-005': {
    passes: [{}, { backup: { remotes: [{ ...sftp, host: 'h', user: 'u' }, { ...sftp, name: 'b', configFile: '/etc/rclone.conf' }] } }],
    fails: [
      [
        { backup: { remotes: [sftp] } },
        'backup.remotes[0].host: remote "place" has no host | Write host, or the configFile that says it.',
        'backup.remotes[0].user: remote "place" has no user | Write user, or the configFile that says it.',
      ],
    ],
  },
  'REMOTE-006': {
    passes: [
      {},
      { backup: { remotes: [{ ...sftp, enabled: false }] } },
      { backup: { remotes: [{ ...sftp, knownHostsFile: '/etc/known' }, { ...sftp, name: 'b', configFile: '/etc/rclone.conf' }] } },
    ],
    fails: [
      [
        { backup: { remotes: [{ ...sftp, host: 'backup.example' }] } },
        'backup.remotes[0].knownHostsFile: is missing: whoever answers for backup.example is believed to be it | Write its key into a file, with "ssh-keyscan backup.example", compare it, and name the file.',
      ],
    ],
  },
  'REMOTE-007': {
    passes: [{}, disk('/mnt/nas')],
    fails: [
      [disk('/home'), 'backup.remotes[0].bucket: /home overlaps with /home/shop/backups: what is lost there would be lost with its copy | Name the place where another disk or a share is mounted.', 'backup.remotes[0].bucket: /home overlaps with /home/shop/shop: what is lost there would be lost with its copy | Name the place where another disk or a share is mounted.'],
      [disk('/home/shop/backups/copy'), 'backup.remotes[0].bucket: /home/shop/backups/copy overlaps with /home/shop/backups: what is lost there would be lost with its copy | Name the place where another disk or a share is mounted.'],
    ],
  },
  'LATER-004': {
    passes: [{}],
    fails: [
      [
        { verification: { drill: { schedule: '0 5 1 * *' } } },
        'verification.drill.schedule: this version does not rehearse restores by itself (0 5 1 * * has no effect) | Rehearse with "restore.sh latest --all --into DIR".',
      ],
    ],
  },
  'LATER-005': {
    passes: [{}],
    fails: [
      [
        { monitoring: { alerts: { channels: [{ kind: 'ping', urlVariable: 'PING_URL' }] } } },
        'monitoring.alerts.channels[0]: this version does not send alerts yet (ping has no effect) | Watch the exit status of backup.sh until it does.',
      ],
    ],
  },
  'LATER-006': {
    passes: [{}],
    fails: [
      [
        { failover: { enabled: true, standbyHost: 'standby.example.com' } },
        'failover.enabled: is true, but this version writes no failover script yet | Move the DNS record by hand.',
      ],
    ],
  },
};

function findings(code: string, change: Change): string[] {
  const rule = rules.find((candidate) => candidate.code === code);
  const found = rule?.check(profileSchema.parse(extendProfile(base, change))) ?? [];
  return found.map(({ path, message, fix }) => `${formatPath(path)}: ${message} | ${fix}`);
}

test('every rule has a code of its own, and cases here', () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ code }) => code).sort());
});

describe.each(Object.entries(cases))('%s', (code, { passes, fails }) => {
  test.each(passes.map((change) => [change]))('is content with %j', (change) => {
    expect(findings(code, change)).toEqual([]);
  });

  test.each(fails.map(([change, ...expected]) => [change, expected] as const))('objects to %j', (change, expected) => {
    expect(findings(code, change)).toEqual(expected);
  });
});
