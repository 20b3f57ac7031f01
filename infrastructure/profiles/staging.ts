// Production on a smaller server, where restores are rehearsed: the same paths, shorter retention.
import { extendProfile } from 'lifeboat';
import { profile as production } from './production.ts';

export const profile = extendProfile(production, {
  name: 'staging',
  app: {
    domain: 'staging.plugspace.io',
    healthUrl: 'https://staging.plugspace.io/api/health',
  },
  mongodb: { oplogSize: '2GB', oplogGrowthPerHour: '20MB' },
  backup: {
    types: {
      full: { retention: '2w' },
      incremental: { retention: '7d' },
      database: { retention: '2d' },
      config: { retention: '30d' },
    },
    remotes: [{ kind: 's3', name: 'remote', enabled: false, configFile: '/root/.config/rclone/rclone.conf', bucket: 'plugspace-backups', path: 'staging' }],
  },
  objectives: { rto: { serverFailure: '2h', fullDisaster: '8h' } },
});
