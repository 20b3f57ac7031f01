import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? homedir(), '.cache');
  return join(base, 'lifeboat');
}

/** Progress goes to stderr: stdout carries the answer. */
export function progress(text: string): void {
  process.stderr.write(`tools: ${text}\n`);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

/**
 * A directory of the cache, filled once. It is built under a temporary name and renamed when complete, so a directory
 * with its final name is whole, whatever happened to the process that made it.
 */
export async function filled(name: string, what: string, fill: (staging: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory(), name);
  if (await exists(target)) return target;
  const started = Date.now();
  progress(`fetching ${what} …`);
  await mkdir(join(target, '..'), { recursive: true });
  const staging = await mkdtemp(`${target}.partial-`);
  try {
    await fill(staging);
    await rename(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  progress(`${what} ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return target;
}

/** One process at a time fills the cache; the others wait and find it full. A lock whose owner is gone is taken over. */
export async function withCacheLock<T>(work: () => Promise<T>): Promise<T> {
  const directory = cacheDirectory();
  await mkdir(directory, { recursive: true });
  const lock = join(directory, 'lock');
  await takeLock(lock);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<void> {
  let told = false;
  for (;;) {
    try {
      const handle = await open(lock, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await abandoned(lock)) {
      await rm(lock, { force: true });
      continue;
    }
    if (!told) progress(`waiting for another process that fills ${cacheDirectory()}`);
    told = true;
    await sleep(300);
  }
}

async function abandoned(lock: string): Promise<boolean> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  // An empty file is a lock whose owner is just about to write its number.
  if (!Number.isInteger(owner) || owner <= 0) return (await ageSeconds(lock)) > 10;
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function ageSeconds(path: string): Promise<number> {
  return stat(path).then((info) => (Date.now() - info.mtimeMs) / 1000, () => 0);
}

export async function scratch<T>(prefix: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
