// The figures and paths of the operations guide. What is left out has the default that docs/profile.md gives.
import { defineProfile } from 'lifeboat';

export const profile = defineProfile({
  name: 'production',
  app: {
    name: 'plugspace',
    domain: 'plugspace.io',
    user: 'plugspace',
    root: '/home/plugspace/plugspace',
    healthUrl: 'https://plugspace.io/api/health',
    include: ['.'],
  },
  mongodb: {
    database: 'plugspace',
    dataDirectory: '/var/lib/mongodb',
    logFile: '/var/log/mongodb/mongod.log',
    service: { unit: 'mongod' },
  },
  ssl: { directory: '/etc/letsencrypt', email: 'admin@plugspace.io' },
  backup: {
    directory: '/home/plugspace/backups',
    logFile: '/var/log/plugspace/backup.log',
    envFile: '/etc/plugspace/backup.env',
    types: {
      full: { schedule: '0 3 * * 0', retention: '4w' },
      incremental: { schedule: '0 2 * * *', retention: '30d' },
      database: { schedule: '0 */6 * * *', retention: '7d' },
      config: { onChange: true, retention: '90d' },
    },
    // Switched on by REMOTE_ENABLED on the server, once "rclone config" has written its file there.
    remotes: [
      {
        kind: 's3',
        name: 'remote',
        enabled: false,
        configFile: '/root/.config/rclone/rclone.conf',
        bucket: 'plugspace-backups',
        path: 'production',
        latest: 'latest',
        prune: true,
      },
    ],
  },
  objectives: {
    rpo: { database: '6h', uploads: '24h' },
    rto: { serviceFailure: '5m', databaseFailure: '15m', serverFailure: '30m', fullDisaster: '2h' },
  },
  monitoring: { job: 'plugspace-backup' },
});
