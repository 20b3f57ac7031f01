import { spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const reaper = fileURLToPath(new URL('reaper.sh', import.meta.url));
let pipe: NodeJS.WritableStream | undefined;

/**
 * Whatever happens to this process, servers that run inside `root` end with it. A small watcher of its own session holds the other end
 * of a pipe; when the pipe closes, because we ended or were killed, it ends every process that works inside a root it was told of.
 */
export async function guard(root: string): Promise<void> {
  pipe ??= startReaper();
  const line = `${await realpath(root)}\n`;
  await new Promise<void>((resolve, reject) => pipe?.write(line, (error) => { if (error) reject(error); else resolve(); }));
}

function startReaper(): NodeJS.WritableStream {
  const child = spawn('bash', [reaper], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  const input = child.stdin as NodeJS.WritableStream & { unref?: () => void };
  input.unref?.();
  return input;
}
