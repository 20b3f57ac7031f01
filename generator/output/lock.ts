import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** One writer per output directory. A lock whose process is gone was left by a crash and is taken over. */
export function withLock<T>(file: string, work: () => T): T {
  acquire(file);
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

function acquire(file: string): void {
  if (take(file)) return;
  const holder = holderOf(file);
  const isFree = holder === undefined || (!isAlive(holder) && evict(file, holder));
  if (!isFree || !take(file)) throw refused(file, holder);
}

function take(file: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o644);
    writeSync(handle, `${process.pid}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead lock aside before it is removed: of two that try, the second finds in its hands what the first made, and puts it back. */
function evict(file: string, holder: string): boolean {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
  const evicted = holderOf(aside) === holder;
  if (evicted) rmSync(aside);
  else renameSync(aside, file);
  return evicted;
}

/** The process in a lock file; nothing where it was released meanwhile. */
function holderOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function isAlive(holder: string): boolean {
  const pid = Number(holder);
  if (!Number.isSafeInteger(pid) || pid <= 0) return true; // still being written, or not ours to judge
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function refused(file: string, holder = ''): UserError {
  const fix = `Wait until it has ended and try again. If no lifeboat is running, remove ${file}`;
  return new UserError(`another lifeboat${holder === '' ? '' : ` (process ${holder})`} is writing to the same directory; nothing was written`, fix);
}
