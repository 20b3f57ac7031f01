import { type ChildProcess, spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

type Reaper = { child: ChildProcess; input: Writable & { unref?: () => void } };

const program = fileURLToPath(new URL('reaper.sh', import.meta.url));
let reaper: Reaper | undefined;

/**
 * Whatever happens to this process, servers and scripts that run inside `root` end with it. A small watcher in a session of its own
 * holds the other end of a pipe; when the pipe closes, because we ended or were killed, it ends what runs in the roots it was told of.
 */
export async function guard(root: string): Promise<void> {
  reaper ??= startReaper();
  const { input } = reaper;
  const line = `${await realpath(root)}\n`;
  await new Promise<void>((resolve, reject) => input.write(line, (error) => { if (error) reject(error); else resolve(); }));
}

/** Ends everything that runs in the guarded roots now, and waits until it is gone. */
export async function endGuarded(): Promise<void> {
  if (reaper === undefined) return;
  const { child, input } = reaper;
  reaper = undefined;
  await new Promise((resolve) => {
    child.ref();
    child.once('close', resolve);
    input.end();
  });
}

function startReaper(): Reaper {
  const child = spawn('bash', [program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  const input: Reaper['input'] = child.stdin;
  input.unref?.();
  return { child, input };
}
