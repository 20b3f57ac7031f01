import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extendProfile, type Overrides } from '../../../generator/profile/define.ts';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import { startApp } from '../servers/app.ts';
import { startReplicaSet } from '../servers/mongodb.ts';
import { startNginx } from '../servers/nginx.ts';
import { startRedis } from '../servers/redis.ts';
import { programsOfServers } from '../tools/catalogue.ts';
import { ensureTools } from '../tools/ensure.ts';
import { generate } from './generate.ts';
import { sandboxProfile, type Servers } from './profile.ts';
import { runScript, type ScriptOptions, type ScriptResult } from './script.ts';
import { type Places, places, writeAppTree, writeCertificates } from './tree.ts';

export type SandboxOptions = {
  name?: string;
  /** Where the root is made; a new temporary directory when not given. */
  root?: string;
  mongodb?: { auth?: { user: string; password: string }; oplogSizeMB?: number; secondsBetweenCheckpoints?: number; parameters?: Readonly<Record<string, unknown>>; layout?: { directoryPerDB?: boolean; directoryForIndexes?: boolean } };
  redis?: { aof?: boolean; password?: string; socket?: boolean };
  /** What differs from the sandbox's own profile, or another profile made from it. */
  profile?: Overrides<ProfileInput> | ((own: ProfileInput, servers: Servers, root: string) => ProfileInput);
};

export type Sandbox = Servers & {
  root: string;
  paths: Places;
  profile: ProfileInput;
  profileFile: string;
  /** Generates the scripts of the profile into `out` and answers the environment's directory in it. */
  generateInto: (out: string) => Promise<string>;
  /** Generates the scripts and copies them over the application root, as on a server. */
  install: () => Promise<void>;
  /** Runs an installed script: `runScript('backup.sh', ['--full'])`. */
  runScript: (name: string, args: readonly string[], options?: ScriptOptions) => Promise<ScriptResult>;
  /** Stops every server; what they left stays. */
  stop: () => Promise<void>;
  /** Stops every server and removes the root. */
  close: () => Promise<void>;
};

/** A server like the guide's in a directory of its own: application, MongoDB, Redis, nginx and certificates, all running. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  await ensureTools(programsOfServers);
  const root = await makeRoot(options);
  const paths = places(root);
  await Promise.all([writeAppTree(paths), writeCertificates(paths)]);
  const servers = await startServers(root, paths, options);
  await writeEnvFile(paths, options, servers);
  const own = sandboxProfile(paths, servers);
  const profile = typeof options.profile === 'function' ? options.profile(own, servers, root) : extendProfile(own, options.profile ?? {});
  const profileFile = join(root, 'profile.json');
  await writeFile(profileFile, `${JSON.stringify(profile, null, 2)}\n`);
  const generateInto = (out: string): Promise<string> => generate(profileFile, out);
  return {
    ...servers,
    root,
    paths,
    profile,
    profileFile,
    generateInto,
    install: async () => { await cp(await generateInto(join(root, 'generated')), paths.appRoot, { recursive: true }); },
    runScript: (name, args, scriptOptions = {}) => runScript(paths, name, args, scriptOptions),
    stop: () => stop(servers),
    close: () => stop(servers).then(() => rm(root, { recursive: true, force: true })),
  };
}

async function makeRoot(options: SandboxOptions): Promise<string> {
  // The real path: a symlinked temporary directory would give every path two names.
  const root = options.root ?? (await mkdtemp(join(tmpdir(), `lifeboat-${options.name ?? 'sandbox'}-`)));
  await mkdir(root, { recursive: true });
  return realpath(root);
}

async function startServers(root: string, paths: Places, options: SandboxOptions): Promise<Servers> {
  const [mongodb, redis] = await Promise.all([
    startReplicaSet({ dir: root, ...options.mongodb }),
    startRedis({ dir: root, ...options.redis }),
  ]);
  const app = await startApp({
    dir: root,
    directory: paths.appHome,
    mongodbAddress: String(mongodb.port),
    redisAddress: redis.socket ?? String(redis.port),
  });
  const nginx = await startNginx({ dir: root, name: 'plugspace', upstreamPort: app.port, certificates: paths.certificates });
  return { mongodb, redis, nginx, app };
}

/** The secrets that a profile only names. */
async function writeEnvFile(paths: Places, options: SandboxOptions, { mongodb }: Servers): Promise<void> {
  // The file is no shell script: what stands between the outer quotes is the value, whatever it holds.
  const quoted = (text: string): string => `'${text}'`;
  const lines = [
    ...(options.mongodb?.auth ? [`MONGODB_URI=${quoted(mongodb.uri)}`] : []),
    ...(options.redis?.password === undefined ? [] : [`REDIS_PASSWORD=${quoted(options.redis.password)}`]),
  ];
  await mkdir(dirname(paths.envFile), { recursive: true });
  await writeFile(paths.envFile, lines.map((line) => `${line}\n`).join(''));
  await chmod(paths.envFile, 0o600);
}

async function stop(servers: Servers): Promise<void> {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}
