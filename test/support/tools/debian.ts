import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, exists, filled, progress } from './cache.ts';
import { capture, mustRun } from './command.ts';

/**
 * Debian packages without touching the system: apt gets its own state and cache directories and only downloads,
 * `dpkg -x` unpacks the package and those of its dependencies that the system lacks. Needs no root.
 */
export async function fetchDebian(name: string): Promise<string> {
  const release = await codename();
  const place = join('debian', release, name);
  return filled(place, `the ${release} package ${name}`, async (staging) => {
    const apt = await privateApt();
    const archives = join(staging, '.archives');
    await mkdir(archives);
    for (const dependency of await missingPackages(name, apt)) {
      await mustRun('apt-get', ['download', dependency], { cwd: archives, env: apt });
    }
    for (const archive of await readdir(archives)) await mustRun('dpkg', ['-x', join(archives, archive), staging]);
    await tellGnupgItsPlace(staging, join(cacheDirectory(), place));
  });
}

/** The programs of GnuPG start each other by absolute paths, unless this file beside them says that they live elsewhere. */
async function tellGnupgItsPlace(staging: string, root: string): Promise<void> {
  const programs = join(staging, 'usr/bin');
  if (await exists(join(programs, 'gpgconf'))) await writeFile(join(programs, 'gpgconf.ctl'), `rootdir = ${join(root, 'usr')}\n`);
}

async function codename(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const found = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('this is no Debian or Ubuntu');
  return found;
}

/** What apt would install for this package: itself, and the dependencies that are not on the system. */
async function missingPackages(name: string, apt: NodeJS.ProcessEnv): Promise<string[]> {
  const plan = await mustRun('apt-get', ['install', '--simulate', '--reinstall', '--no-install-recommends', '-y', name], { env: apt });
  const lines = plan.split('\n').flatMap((line) => /^Inst (\S+) (?:\[\S+\] )?\((\S+)/.exec(line)?.slice(1, 3).join('=') ?? []);
  if (lines.length === 0) throw new Error(`apt knows no package ${name}`);
  return lines;
}

let prepared: Promise<NodeJS.ProcessEnv> | undefined;

/** The environment in which apt uses the system's sources and proxies, but directories of ours and none of the system's hooks. */
function privateApt(): Promise<NodeJS.ProcessEnv> {
  prepared ??= prepareApt();
  return prepared;
}

async function prepareApt(): Promise<NodeJS.ProcessEnv> {
  const root = join(cacheDirectory(), 'apt');
  await mkdir(join(root, 'state/lists/partial'), { recursive: true });
  await mkdir(join(root, 'cache/archives/partial'), { recursive: true });
  const system = (await mustRun('apt-config', ['dump'])).split('\n');
  const kept = system.filter((line) => !/^(APT::Update::Post-Invoke|DPkg::|Dir::Cache|Dir::State(?!::status)|Dir::Etc::(parts|main|sourceparts) )/i.test(line));
  const ours = [
    `Dir::State "${join(root, 'state')}";`,
    `Dir::Cache "${join(root, 'cache')}";`,
    `Dir::Etc::sourceparts "${await sources(root)}";`,
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::main "/dev/null";',
    'Dir::State::status "/var/lib/dpkg/status";',
    'Debug::NoLocking "true";',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
  ];
  const config = join(root, 'apt.conf');
  await writeFile(config, [...kept, ...ours, ''].join('\n'));
  const env = { ...process.env, APT_CONFIG: config, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  await refreshLists(root, env);
  return env;
}

/** The system's sources and, of its own mirror, what was made for its release later: there are servers that are newer than it. */
async function sources(root: string): Promise<string> {
  const ours = join(root, 'sources.list.d');
  const systems = '/etc/apt/sources.list.d';
  await rm(ours, { recursive: true, force: true });
  await mkdir(ours, { recursive: true });
  for (const name of await readdir(systems).catch(() => [])) await copyFile(join(systems, name), join(ours, name));
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const release = await codename();
  const targets = await mustRun('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE)', 'Created-By: Packages']);
  const mirror = targets.split('\n').find((line) => line.endsWith(` ${release}`))?.split(' ')[0];
  if (mirror === undefined || !(await exists(keys)) || targets.includes(` ${release}-backports\n`)) return ours;
  await writeFile(join(ours, 'backports.list'), `deb [signed-by=${keys}] ${mirror} ${release}-backports main\n`);
  return ours;
}

async function refreshLists(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const stamp = join(root, 'updated-with-backports');
  const age = await stat(stamp).then((info) => Date.now() - info.mtimeMs, () => Infinity);
  if (age < 6 * 3600_000) return;
  progress('reading the package lists …');
  // A source that does not answer is no reason to give up: the package may come from another.
  const update = await capture('apt-get', ['update', '-q'], { env });
  if (update.code !== 0 && !(await exists(stamp))) progress(`apt-get update: ${update.stderr.trim().split('\n').at(-1) ?? ''}`);
  if (update.code === 0) await writeFile(stamp, '');
}

/** Where programs of an unpacked package are looked for, and the library directories that they may need. */
export async function debianProgram(root: string, name: string): Promise<string | undefined> {
  for (const directory of ['usr/bin', 'usr/sbin', 'bin', 'sbin']) {
    const path = join(root, directory, name);
    if (await exists(path)) return path;
  }
  return undefined;
}

export async function libraryDirectories(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    for (const entry of await readdir(join(root, base)).catch(() => [])) {
      if (entry.endsWith('-linux-gnu') || entry.endsWith('-linux-gnueabihf')) found.push(join(root, base, entry));
    }
  }
  return found;
}
