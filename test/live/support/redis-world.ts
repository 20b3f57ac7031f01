import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import { generate } from '../../support/sandbox/generate.ts';
import { runScript, type ScriptOptions, type ScriptResult } from '../../support/sandbox/script.ts';
import { domain, type Places, places, writeAppTree } from '../../support/sandbox/tree.ts';
import { guard } from '../../support/servers/guard.ts';
import { type RedisOptions, type RedisServer, startRedis } from '../../support/servers/redis.ts';
import { programsOfServers } from '../../support/tools/catalogue.ts';
import { ensureTools } from '../../support/tools/ensure.ts';
import { type Running, startScript } from './script.ts';

type RedisProfile = NonNullable<ProfileInput['redis']>;

/** A host with a Redis or Valkey and nothing else that is restored; a backup of it takes two seconds. */
export type RedisWorld = {
  root: string;
  paths: Places;
  redis: RedisServer;
  runScript: (name: string, args: readonly string[], options?: ScriptOptions) => Promise<ScriptResult>;
  start: (name: string, args: readonly string[]) => Running;
  /** Generates the scripts anew, with these fields of the profile beside its own. */
  install: (redis: RedisProfile) => Promise<void>;
  /** Adds lines to the configuration of the server and starts it again; what it held, it loads. */
  configure: (lines: readonly string[]) => Promise<void>;
  close: () => Promise<void>;
};

export async function createRedisWorld(options: Omit<RedisOptions, 'dir'> = {}, profile: RedisProfile = {}): Promise<RedisWorld> {
  await ensureTools(programsOfServers);
  const root = await realpath(await mkdtemp(join(tmpdir(), 'lifeboat-redis-')));
  await guard(root);
  const paths = places(root);
  const temporary = join(root, 'tmp');
  const scripts = join(root, 'infrastructure/backup');
  await writeAppTree(paths);
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  await mkdir(dirname(paths.envFile), { recursive: true });
  await writeFile(paths.envFile, '', { mode: 0o600 });
  const redis = await startRedis({ dir: root, ...options });
  const install = async (fields: RedisProfile): Promise<void> => {
    const file = join(root, 'profile.json');
    await writeFile(file, JSON.stringify(profileOf(paths, redis, { ...(options.kind === undefined ? {} : { server: options.kind }), ...fields }), null, 2));
    await rm(dirname(scripts), { recursive: true, force: true });
    await cp(join(await generate(file, join(root, 'generated')), 'infrastructure'), dirname(scripts), { recursive: true });
  };
  await install(profile);
  return {
    root,
    paths,
    redis,
    install,
    runScript: (name, args, options = {}) => runScript(paths, name, args, { directory: scripts, ...options, env: { TMPDIR: temporary, ...options.env } }),
    start: (name, args) => startScript(join(scripts, name), args, { TMPDIR: temporary }),
    configure: async (lines) => {
      await redis.stop();
      await writeFile(redis.configFile, `${await readFile(redis.configFile, 'utf8')}${lines.map((line) => `${line}\n`).join('')}`);
      await redis.start();
    },
    close: () => redis.stop().then(() => rm(root, { recursive: true, force: true })),
  };
}

const profileOf = (paths: Places, redis: RedisServer, fields: RedisProfile): ProfileInput => ({
  name: 'sandbox',
  app: { name: 'plugspace', domain, user: userInfo().username, root: paths.appRoot, healthUrl: null },
  mongodb: { enabled: false },
  redis: {
    port: redis.port,
    dataDirectory: redis.dataDirectory,
    configFile: redis.configFile,
    user: userInfo().username,
    service: { start: [redis.command, 'start'], stop: [redis.command, 'stop'] },
    ...fields,
  },
  nginx: { enabled: false },
  pm2: { enabled: false },
  ssl: { enabled: false },
  backup: { directory: paths.backups, logFile: paths.logFile, envFile: paths.envFile, minimumFree: '10MB', config: { crontabs: [] } },
});
