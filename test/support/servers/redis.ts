import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, shellWord } from '../tools/command.ts';
import { ensureTools, toolPath } from '../tools/ensure.ts';
import { freePort } from './ports.ts';
import { installService, programPath, type Service } from './service.ts';

export type RedisOptions = {
  /** The root under which the server lives: etc/redis/redis.conf, var/lib/redis. */
  dir: string;
  port?: number;
  aof?: boolean;
  password?: string;
  /** Listen on a Unix socket below the root instead of on a port. */
  socket?: boolean;
  /** Which server, the programs of which begin with this. */
  kind?: 'redis' | 'valkey';
  /** More lines of its configuration, which win over those before. */
  lines?: readonly string[];
};

export type RedisServer = Service & {
  port: number;
  socket: string | undefined;
  configFile: string;
  dataDirectory: string;
  /** Runs redis-cli with these arguments and answers what it printed, raw. */
  cli: (...args: readonly string[]) => Promise<string>;
};

export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { dir, kind = 'redis' } = options;
  await ensureTools([`${kind}-server`, `${kind}-cli`]);
  const port = options.socket ? 0 : (options.port ?? (await freePort()));
  const socket = options.socket ? join(dir, 'run/redis.sock') : undefined;
  const configFile = join(dir, 'etc/redis/redis.conf');
  const dataDirectory = join(dir, 'var/lib/redis');
  for (const directory of ['etc/redis', 'var/lib/redis', 'var/log/redis', 'run']) await mkdir(join(dir, directory), { recursive: true });
  await writeFile(configFile, redisConfig(options, port, socket));
  const connection = socket === undefined ? ['-h', '127.0.0.1', '-p', String(port)] : ['-s', socket];
  const client = await programPath(`${kind}-cli`);
  const service = await installService(dir, {
    name: 'redis',
    command: [await programPath(`${kind}-server`), configFile],
    directory: 'var/lib/redis',
    // A server that still loads its data answers LOADING, one that wants a login NOAUTH.
    ready: `[[ "$(${[client, ...connection].map(shellWord).join(' ')} ping 2>/dev/null)" =~ PONG|NOAUTH ]]`,
  });
  await service.start();
  const env = { ...process.env, PATH: toolPath(), ...(options.password === undefined ? {} : { REDISCLI_AUTH: options.password }) };
  const cli = async (...args: readonly string[]): Promise<string> => {
    const answer = await mustRun(client, [...connection, ...args], { env });
    return answer.replace(/\n$/, '');
  };
  return { ...service, port, socket, configFile, dataDirectory, cli };
}

function redisConfig(options: RedisOptions, port: number, socket: string | undefined): string {
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    ...(socket === undefined ? [] : [`unixsocket ${quoted(socket)}`, 'unixsocketperm 700']),
    `dir ${quoted(join(options.dir, 'var/lib/redis'))}`,
    `logfile ${quoted(join(options.dir, 'var/log/redis/redis.log'))}`,
    'dbfilename dump.rdb',
    // Redis waits five seconds for more replicas before it sends a snapshot; here nobody else will ask.
    'repl-diskless-sync-delay 0',
    // As on most servers: it writes its memory to dump.rdb when it is stopped.
    'save 3600 1 300 100 60 10000',
    `appendonly ${options.aof ? 'yes' : 'no'}`,
    ...(options.password === undefined ? [] : [`requirepass ${quoted(options.password)}`]),
    ...(options.lines ?? []),
    '',
  ];
  return lines.join('\n');
}
