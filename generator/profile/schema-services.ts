import { z } from 'zod';
import {
  absolutePath,
  command,
  databaseName,
  domainName,
  email,
  fileName,
  hostAndPort,
  hostName,
  port,
  relativePath,
  replicaSetName,
  size,
  slug,
  text,
  unitName,
  userName,
  variableName,
  version,
  webAddress,
} from './primitives.ts';

/** How a service is started and stopped: by systemd, or by commands on hosts without it. */
const serviceOf = (unit: string) =>
  z.union([
    z.strictObject({ unit: unitName.meta({ examples: [unit] }).describe('systemd unit') }),
    z.strictObject({
      start: command.meta({ examples: [['service', unit, 'start']] }).describe('Command that starts the service, as an argument array'),
      stop: command.meta({ examples: [['service', unit, 'stop']] }).describe('Command that stops the service, as an argument array'),
      reload: command.meta({ examples: [['service', unit, 'reload']] }).optional().describe('Command that makes the service read its configuration again; default: stop, then start'),
    }),
  ]).meta({ examples: [{ start: ['service', unit, 'start'], stop: ['service', unit, 'stop'] }] });

export type Service = z.output<ReturnType<typeof serviceOf>>;

const enabled = z.boolean().default(true);

function decodes(address: string): boolean {
  try {
    return decodeURIComponent(address) !== '';
  } catch {
    return false;
  }
}

export const app = z
  .strictObject({
    name: slug.describe('Short name of the application; names of directories, files and metrics derive from it'),
    domain: domainName.describe('Public domain of the application'),
    user: userName.optional().describe('Unix user that owns the application; default: app.name'),
    root: absolutePath.meta({ examples: ['/home/plugspace/plugspace'] }).optional().describe('Directory of the application; default: /home/<app.user>/<app.name>'),
    healthUrl: webAddress
      .meta({ examples: ['https://plugspace.io/api/health'] })
      .nullable()
      .optional()
      .describe('Address that answers 200 when the application works, null for none; default: https://<app.domain>/api/health'),
    include: z.array(relativePath).min(1, 'must name at least one path').default(['.']).describe('What is backed up, relative to app.root'),
    exclude: z.array(relativePath.meta({ examples: ['node_modules'] })).default([]).describe('What is left out: tar patterns relative to app.root, such as node_modules'),
  })
  .describe('The application');

export const mongodb = z
  .strictObject({
    enabled: enabled.describe('Back up MongoDB'),
    version: version.optional().describe('Version of the server, used to check that its needs agree with the rest of the host'),
    uri: text
      .regex(/^mongodb(?:\+srv)?:\/\/\S+$/, 'must be a mongodb:// or mongodb+srv:// connection string')
      .refine(decodes, 'holds a "%" that two hex digits must follow: write "%25" for the sign itself')
      .meta({ examples: ['mongodb://127.0.0.1:27017/?replicaSet=rs0'] })
      .default('mongodb://127.0.0.1:27017/?replicaSet=rs0')
      .describe('Connection string without a password; where a login is needed, MONGODB_URI in the environment file overrides it'),
    database: databaseName.optional().describe('Main database of the application; default: app.name'),
    replicaSet: replicaSetName.default('rs0').describe('Name of the replica set'),
    member: hostAndPort.default('127.0.0.1:27017').describe('This server as the replica set knows it'),
    dataDirectory: absolutePath
      .nullable()
      .default('/var/lib/mongodb')
      .describe('Data directory of the server; null when the server runs on another host'),
    configFile: absolutePath.default('/etc/mongod.conf').describe('Configuration file of the server'),
    logFile: absolutePath.default('/var/log/mongodb/mongod.log').describe('Log file of the server'),
    user: userName.default('mongodb').describe('Unix user that the server runs as'),
    oplogSize: size.default('10GB').describe('Maximum size of the oplog'),
    oplogGrowthPerHour: size.default('100MB').describe('Oplog written in a busy hour: oplogSize divided by it is the time the oplog reaches back'),
    service: serviceOf('mongod').default({ unit: 'mongod' }).describe('How the server is started and stopped'),
  })
  .prefault({})
  .describe('MongoDB, a replica set member');

export const redis = z
  .strictObject({
    enabled: enabled.describe('Back up Redis'),
    server: z.enum(['redis', 'valkey'], 'must be "redis" or "valkey"').default('redis').describe('Which server it is; Valkey has programs and usual places of its own name'),
    version: version.optional().describe('Version of the server, used to check that its needs agree with the rest of the host'),
    host: hostName.default('127.0.0.1').describe('Host of the server'),
    port: port.default(6379).describe('Port of the server'),
    socket: absolutePath.meta({ examples: ['/run/redis/redis-server.sock'] }).optional().describe('Unix socket of the server; used instead of host and port'),
    passwordVariable: variableName.default('REDIS_PASSWORD').describe('Variable in the environment file that holds the password, if there is one'),
    dataDirectory: absolutePath.meta({ examples: ['/var/lib/redis'] }).optional().describe('Directory of the RDB and AOF files; default: /var/lib/<redis.server>'),
    dbFilename: fileName.optional().describe('Its dbfilename, for a server that does not answer CONFIG GET'),
    appendFilename: fileName.meta({ examples: ['appendonly.aof'] }).optional().describe('Its appendfilename, for a server that does not answer CONFIG GET and keeps an append-only file'),
    appendDirname: fileName.meta({ examples: ['appendonlydir'] }).optional().describe('Its appenddirname, for such a server from version 7 on'),
    configFile: absolutePath.meta({ examples: ['/etc/redis/redis.conf'] }).optional().describe('Configuration file of the server; default: /etc/<redis.server>/<redis.server>.conf'),
    user: userName.optional().describe('Unix user that the server runs as; default: redis.server'),
    service: serviceOf('redis-server').optional().describe('How the server is started and stopped; default: the unit <redis.server>-server'),
  })
  .prefault({})
  .transform(({ server, dataDirectory = `/var/lib/${server}`, configFile = `/etc/${server}/${server}.conf`, user = server, service = { unit: `${server}-server` }, ...rest }) =>
    ({ server, dataDirectory, configFile, user, service, ...rest }))
  .describe('Redis');

export const nginx = z
  .strictObject({
    enabled: enabled.describe('Back up the nginx configuration, and reload nginx after a restore'),
    configDirectory: absolutePath.default('/etc/nginx').describe('Configuration directory'),
    testCommand: command.default(['nginx', '-t']).describe('Command that validates the configuration, as an argument array'),
    service: serviceOf('nginx').default({ unit: 'nginx' }).describe('How the server is reloaded'),
  })
  .prefault({})
  .describe('nginx');

export const ssl = z
  .strictObject({
    enabled: enabled.describe('Back up the certificates'),
    directory: absolutePath.default('/etc/letsencrypt').describe("Directory of the certificates, Let's Encrypt's by default"),
    email: email.optional().describe('Address that the certificate authority writes to'),
  })
  .prefault({})
  .describe('TLS certificates');

export const pm2 = z
  .strictObject({
    enabled: enabled.describe('Stop and start the application with PM2 around a restore'),
    ecosystemFile: absolutePath.meta({ examples: ['/home/plugspace/plugspace/ecosystem.config.js'] }).optional().describe('PM2 ecosystem file; default: ecosystem.config.js in app.root'),
    home: absolutePath.meta({ examples: ['/home/plugspace/.pm2'] }).optional().describe('PM2_HOME; default: .pm2 in the home directory of app.user'),
    service: serviceOf('pm2-plugspace')
      .meta({ examples: [{ start: ['pm2', 'start', 'ecosystem.config.js'], stop: ['pm2', 'stop', 'plugspace'] }] })
      .default({ start: ['pm2', 'start', 'all'], stop: ['pm2', 'stop', 'all'] })
      .describe('How the application is started and stopped; commands are run as app.user'),
  })
  .prefault({})
  .describe('PM2, which runs the application');
