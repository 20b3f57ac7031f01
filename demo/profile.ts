// A whole small server below one directory, for "npm run demo": the demo program makes a sandbox and asks for the profile of that place.
import { defineProfile, type ProfileInput } from 'lifeboat';

export type DemoPorts = { readonly mongodb: number; readonly redis: number };

// What the profile at the end encrypts to; the demo program makes a key of its own.
const NOBODY = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

/** The demo environment in a sandbox, encrypted to a public key of age; `bin/<service>-service start|stop|reload` are the demo's own service commands. */
export function demoProfile(root: string, ports: DemoPorts, recipient = NOBODY): ProfileInput {
  const service = (name: string): { start: [string, string]; stop: [string, string]; reload: [string, string] } => {
    const program = `${root}/bin/${name}-service`;
    return { start: [program, 'start'], stop: [program, 'stop'], reload: [program, 'reload'] };
  };
  return defineProfile({
    name: 'demo',
    app: { name: 'demo', domain: 'demo.example.com', root: `${root}/app`, healthUrl: null, include: ['.'] },
    mongodb: {
      uri: `mongodb://127.0.0.1:${ports.mongodb}/?replicaSet=rs0`,
      member: `127.0.0.1:${ports.mongodb}`,
      dataDirectory: `${root}/mongodb/data`,
      configFile: `${root}/mongodb/mongod.conf`,
      logFile: `${root}/mongodb/mongod.log`,
      oplogSize: '1GB',
      oplogGrowthPerHour: '1MB',
      service: service('mongodb'),
    },
    redis: {
      port: ports.redis,
      dataDirectory: `${root}/redis/data`,
      configFile: `${root}/redis/redis.conf`,
      service: service('redis'),
    },
    nginx: {
      configDirectory: `${root}/nginx`,
      testCommand: [`${root}/bin/nginx-service`, 'test'],
      service: service('nginx'),
    },
    ssl: { directory: `${root}/letsencrypt` },
    pm2: { service: service('app') },
    backup: {
      directory: `${root}/backups`,
      logFile: `${root}/log/backup.log`,
      envFile: `${root}/etc/backup.env`,
      // The demo takes its sets by hand; this schedule keeps the objectives true.
      types: {
        full: { schedule: '0 */6 * * *', retention: '7d' },
        incremental: { enabled: false },
        database: { schedule: '7-59/15 * * * *', retention: '2d' },
      },
      // The crontabs of the host are none of the demo's business.
      config: { crontabs: [] },
      encryption: { method: 'age', recipients: [recipient] },
      // Another directory stands for another machine; its rclone.conf says so.
      remotes: [{ kind: 'sftp', name: 'elsewhere', enabled: true, configFile: `${root}/etc/rclone.conf`, bucket: `${root}/elsewhere`, path: 'demo' }],
      minimumFree: '100MB',
      timeout: '10m',
    },
  });
}

/** What "npx lifeboat explain demo/profile.ts" shows: the same environment at a fixed place. */
export const profile = demoProfile('/srv/lifeboat-demo', { mongodb: 27_117, redis: 26_379 });
