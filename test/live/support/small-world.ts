import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { cp } from 'node:fs/promises';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import { fingerprintTree, type TreeFingerprint } from '../../support/fixtures/tree-fingerprint.ts';
import { generate } from '../../support/sandbox/generate.ts';
import { runScript, type ScriptOptions, type ScriptResult } from '../../support/sandbox/script.ts';
import { domain, type Places, places, writeAppTree, writeCertificates } from '../../support/sandbox/tree.ts';
import { guard } from '../../support/servers/guard.ts';
import { programsOfServers } from '../../support/tools/catalogue.ts';
import { ensureTools } from '../../support/tools/ensure.ts';

export type BackupInput = NonNullable<ProfileInput['backup']>;
export type SmallState = { app: TreeFingerprint; ssl: TreeFingerprint; settings: TreeFingerprint };

/** A server with files and without databases: an application, certificates and settings. A backup of it takes a second. */
export type SmallWorld = {
  root: string;
  paths: Places;
  temporary: string;
  /** The scripts lie beside the application, as in a clone on a new server, so that all can be lost but them. */
  scripts: string;
  runScript: (name: string, args: readonly string[], options?: ScriptOptions) => Promise<ScriptResult>;
  /** Generates the scripts anew, with other settings of backups. */
  install: (backup: BackupInput) => Promise<void>;
  /** What stands in the environment file from now on. */
  setSecrets: (secrets: Readonly<Record<string, string>>) => Promise<void>;
  state: () => Promise<SmallState>;
  /** Everything is gone but the scripts and the environment file: a new server. */
  loseEverything: () => Promise<void>;
  /** A file of random bytes in the application, which compresses to itself. */
  writeUpload: (name: string, bytes: number) => Promise<void>;
  close: () => Promise<void>;
};

/** Its root is a new temporary directory, or `place`, where one is given. */
export async function createSmallWorld(name: string, backup: BackupInput = {}, secrets: Readonly<Record<string, string>> = {}, place?: string): Promise<SmallWorld> {
  await ensureTools(programsOfServers);
  const root = place ?? (await realpath(await mkdtemp(join(tmpdir(), `lifeboat-${name}-`))));
  await mkdir(root, { recursive: true });
  await guard(root);
  const paths = places(root);
  const settings = join(root, 'etc/plugspace/settings.d');
  const temporary = join(root, 'tmp');
  const scripts = join(root, 'infrastructure/backup');
  await Promise.all([writeAppTree(paths), writeCertificates(paths)]);
  for (const directory of [settings, temporary]) await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(settings, 'one.conf'), 'one\n');
  const world: SmallWorld = {
    root,
    paths,
    temporary,
    scripts,
    runScript: (script, args, options = {}) => runScript(paths, script, args, { directory: scripts, ...options, env: { TMPDIR: temporary, ...options.env } }),
    install: (changed) => install(root, scripts, profileOf(paths, settings, changed)),
    setSecrets: (values) => writeSecrets(paths, values),
    state: async () => {
      const [app, ssl, rest] = await Promise.all([paths.appRoot, paths.letsencrypt, settings].map((path) => fingerprintTree(path)));
      return { app: own(app), ssl: own(ssl), settings: own(rest) };
    },
    loseEverything: async () => {
      for (const path of [paths.appRoot, paths.letsencrypt, settings, paths.backups]) await rm(path, { recursive: true, force: true });
    },
    writeUpload: (file, bytes) => mkdir(paths.uploads, { recursive: true }).then(() => writeFile(join(paths.uploads, file), randomBytes(bytes))),
    close: () => rm(root, { recursive: true, force: true }),
  };
  await world.setSecrets(secrets);
  await world.install(backup);
  return world;
}

const profileOf = (paths: Places, settings: string, backup: BackupInput): ProfileInput => ({
  name: 'sandbox',
  app: { name: 'plugspace', domain, user: userInfo().username, root: paths.appRoot, healthUrl: null },
  mongodb: { enabled: false },
  redis: { enabled: false },
  nginx: { enabled: false },
  pm2: { enabled: false },
  ssl: { directory: paths.letsencrypt },
  backup: { directory: paths.backups, logFile: paths.logFile, envFile: paths.envFile, minimumFree: '10MB', config: { crontabs: [], paths: [settings] }, ...backup },
});

async function install(root: string, scripts: string, profile: ProfileInput): Promise<void> {
  const file = join(root, 'profile.json');
  await writeFile(file, JSON.stringify(profile, null, 2));
  const generated = await generate(file, join(root, 'generated'));
  await cp(join(generated, 'infrastructure'), dirname(scripts), { recursive: true });
}

async function writeSecrets(paths: Places, secrets: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dirname(paths.envFile), { recursive: true });
  await writeFile(paths.envFile, Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`).join(''));
  await chmod(paths.envFile, 0o600);
}

/** What a restore keeps for --undo lies inside the trees; it is no part of what they are. */
const own = (tree: TreeFingerprint | undefined): TreeFingerprint => Object.fromEntries(Object.entries(tree ?? {}).filter(([name]) => !name.includes('.lifeboat-')));

/** Every file that belongs to sets in the backup directory, as set/name. */
export async function filesOfSets({ paths }: Pick<SmallWorld, 'paths'>): Promise<string[]> {
  const names = await readdir(paths.backups, { recursive: true });
  return names.filter((name) => /^\d{8}_\d{6}\/[^/]+$/.test(name)).sort();
}
