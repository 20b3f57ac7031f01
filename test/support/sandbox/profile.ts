import { userInfo } from 'node:os';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import type { AppServer } from '../servers/app.ts';
import type { MongoServer } from '../servers/mongodb.ts';
import type { NginxServer } from '../servers/nginx.ts';
import type { RedisServer } from '../servers/redis.ts';
import type { Service } from '../servers/service.ts';
import { domain, type Places } from './tree.ts';

export type Servers = { mongodb: MongoServer; redis: RedisServer; nginx: NginxServer; app: AppServer };

const started = ({ command }: Service): { start: [string, string]; stop: [string, string] } => ({
  start: [command, 'start'],
  stop: [command, 'stop'],
});

/** The profile of a sandbox: the guide's environment, with this sandbox's paths and ports, run by its own services. */
export function sandboxProfile(paths: Places, { mongodb, redis, nginx, app }: Servers): ProfileInput {
  const user = userInfo().username;
  return {
    name: 'sandbox',
    app: { name: 'plugspace', domain, user, root: paths.appRoot, healthUrl: `http://127.0.0.1:${nginx.port}/api/health` },
    mongodb: {
      uri: mongodb.plainUri,
      database: 'plugspace',
      member: `127.0.0.1:${mongodb.port}`,
      dataDirectory: mongodb.dataDirectory,
      configFile: mongodb.configFile,
      logFile: mongodb.logFile,
      user,
      service: started(mongodb),
    },
    redis: {
      ...(redis.socket === undefined ? { port: redis.port } : { socket: redis.socket }),
      dataDirectory: redis.dataDirectory,
      configFile: redis.configFile,
      user,
      service: started(redis),
    },
    nginx: {
      configDirectory: nginx.configDirectory,
      testCommand: [...nginx.testCommand],
      service: { ...started(nginx), reload: [nginx.command, 'reload'] },
    },
    ssl: { directory: paths.letsencrypt },
    pm2: { ecosystemFile: `${paths.appRoot}/ecosystem.config.cjs`, home: paths.pm2Home, service: started(app) },
    backup: { directory: paths.backups, logFile: paths.logFile, envFile: paths.envFile, minimumFree: '100MB', config: { crontabs: [] } },
  };
}
