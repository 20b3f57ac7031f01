import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { stringify } from 'yaml';
import { ensureTools } from '../tools/ensure.ts';
import { freePort } from './ports.ts';
import { answersOn, installService, programPath, type Service } from './service.ts';

export type MongoOptions = {
  /** The root under which the server lives: etc/mongod.conf, var/lib/mongodb, var/log/mongodb. */
  dir: string;
  port?: number;
  auth?: { user: string; password: string };
  oplogSizeMB?: number;
  /** Only what a checkpoint holds is let go of a full oplog; they come every minute, if nothing else is said. */
  secondsBetweenCheckpoints?: number;
  /** How its files are laid out, as its configuration names it. */
  layout?: { directoryPerDB?: boolean; directoryForIndexes?: boolean };
  /** More parameters of the server, as in its configuration. */
  parameters?: Readonly<Record<string, unknown>>;
};

export type MongoServer = Service & {
  port: number;
  /** With the login, where there is one. */
  uri: string;
  /** Without it, as a profile wants it. */
  plainUri: string;
  configFile: string;
  dataDirectory: string;
  logFile: string;
};

const replicaSet = 'rs0';

/** A replica set of one node, elected and ready for writes. */
export async function startReplicaSet(options: MongoOptions): Promise<MongoServer> {
  const server = await prepareMongod(options, true);
  await server.start();
  await initiate(server.port);
  if (options.auth) await createAdministrator(server.port, options.auth);
  return server;
}

/** One more member of a replica set, with data and a vote; it has copied everything when this ends. */
export async function addMember(options: MongoOptions, first: MongoServer): Promise<MongoServer> {
  const server = await prepareMongod(options, true);
  await server.start();
  const client = direct(first.port);
  try {
    const admin = client.db('admin');
    const { config } = (await admin.command({ replSetGetConfig: 1 })) as { config: { version: number; members: { _id: number; host: string }[] } };
    config.version += 1;
    config.members.push({ _id: config.members.length, host: `127.0.0.1:${server.port}` });
    await admin.command({ replSetReconfig: config });
  } finally {
    await client.close();
  }
  await untilSecondary(server);
  return server;
}

/** Waits until a member follows its primary. */
export async function untilSecondary({ port }: MongoServer): Promise<void> {
  const client = direct(port);
  try {
    while ((await client.db('admin').command({ hello: 1 }))['secondary'] !== true) await sleep(50);
  } finally {
    await client.close();
  }
}

export async function startStandalone(options: MongoOptions): Promise<MongoServer> {
  const server = await prepareMongod(options, false);
  await server.start();
  if (options.auth) await createAdministrator(server.port, options.auth);
  return server;
}

async function prepareMongod(options: MongoOptions, replicated: boolean): Promise<MongoServer> {
  await ensureTools(['mongod']);
  const { dir } = options;
  const port = options.port ?? (await freePort());
  const paths = {
    configFile: join(dir, 'etc/mongod.conf'),
    dataDirectory: join(dir, 'var/lib/mongodb'),
    logFile: join(dir, 'var/log/mongodb/mongod.log'),
  };
  for (const directory of ['etc', 'var/lib/mongodb', 'var/log/mongodb']) await mkdir(join(dir, directory), { recursive: true });
  const keyFile = options.auth && replicated ? await writeKeyFile(dir) : undefined;
  await writeFile(paths.configFile, mongodConfig({ ...paths, port, keyFile, options, replicated }));
  const service = await installService(dir, {
    name: 'mongodb',
    command: [await programPath('mongod'), '--config', paths.configFile],
    directory: 'run',
    ready: answersOn(port),
  });
  const query = replicated ? `?replicaSet=${replicaSet}` : '';
  const login = options.auth ? `${encodeURIComponent(options.auth.user)}:${encodeURIComponent(options.auth.password)}@` : '';
  const authSource = options.auth ? `${query === '' ? '?' : '&'}authSource=admin` : '';
  return { ...service, ...paths, port, plainUri: `mongodb://127.0.0.1:${port}/${query}`, uri: `mongodb://${login}127.0.0.1:${port}/${query}${authSource}` };
}

async function writeKeyFile(dir: string): Promise<string> {
  const path = join(dir, 'etc/mongod.key');
  await writeFile(path, randomBytes(96).toString('base64'));
  await chmod(path, 0o400);
  return path;
}

type ConfigInput = { dataDirectory: string; logFile: string; port: number; keyFile: string | undefined; options: MongoOptions; replicated: boolean };

function mongodConfig({ dataDirectory, logFile, port, keyFile, options, replicated }: ConfigInput): string {
  return stringify({
    storage: {
      dbPath: dataDirectory,
      wiredTiger: { engineConfig: { cacheSizeGB: 0.25, directoryForIndexes: options.layout?.directoryForIndexes === true } },
      directoryPerDB: options.layout?.directoryPerDB === true,
      ...(options.secondsBetweenCheckpoints === undefined ? {} : { syncPeriodSecs: options.secondsBetweenCheckpoints }),
    },
    systemLog: { destination: 'file', path: logFile, logAppend: true },
    net: { bindIp: '127.0.0.1', port, unixDomainSocket: { enabled: false } },
    // The diagnostic files would only slow the tests down and grow; a member that is stopped waits 15 seconds for its clients.
    setParameter: { diagnosticDataCollectionEnabled: false, shutdownTimeoutMillisForSignaledShutdown: 100, ...options.parameters },
    ...(replicated ? { replication: { replSetName: replicaSet, oplogSizeMB: options.oplogSizeMB ?? 200 } } : {}),
    ...(options.auth ? { security: { authorization: 'enabled', ...(keyFile === undefined ? {} : { keyFile }) } } : {}),
  });
}

/** A connection to this one server, whatever its state; without a login it works from the same machine until the first user exists. */
const direct = (port: number): MongoClient => new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, { serverSelectionTimeoutMS: 20_000 });

async function initiate(port: number): Promise<void> {
  const client = direct(port);
  try {
    const admin = client.db('admin');
    await admin.command({ replSetInitiate: { _id: replicaSet, members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
    while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) await sleep(20);
  } finally {
    await client.close();
  }
}

async function createAdministrator(port: number, auth: { user: string; password: string }): Promise<void> {
  const client = direct(port);
  try {
    await client.db('admin').command({ createUser: auth.user, pwd: auth.password, roles: ['root'] });
  } finally {
    await client.close();
  }
}
