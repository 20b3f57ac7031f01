import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toolPath } from '../tools/ensure.ts';
import type { Places } from './tree.ts';

export type ScriptOptions = {
  /** Added to a small environment: PATH with the tools, HOME, LANG. `undefined` takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
  /** What the script reads on stdin; nothing when not given. */
  input?: string;
  timeoutSeconds?: number;
  /** Where the scripts lie, when not below the application's root. */
  directory?: string;
  /** Called with each piece of output as it comes. */
  onOutput?: (text: string) => void;
};

/** `code` is what a shell would show: 128 and the signal's number when a signal ended it. `log` is the log file afterwards. */
export type ScriptResult = { code: number; stdout: string; stderr: string; log: string; seconds: number };

const signals: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };

export async function runScript(paths: Places, name: string, args: readonly string[], options: ScriptOptions): Promise<ScriptResult> {
  const started = performance.now();
  const child = spawn(join(options.directory ?? join(paths.appRoot, 'infrastructure/backup'), name), args, {
    cwd: paths.home,
    env: environment(paths, options),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that a script that hangs can be ended with its children.
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      options.onOutput?.(text);
    });
  }
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const timer = setTimeout(() => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); }, (options.timeoutSeconds ?? 500) * 1000);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => { resolve(status ?? 128 + (signals[signal ?? 'SIGKILL'] ?? 0)); });
  });
  clearTimeout(timer);
  const log = await readFile(paths.logFile, 'utf8').catch(() => '');
  return { code, ...output, log, seconds: (performance.now() - started) / 1000 };
}

/** LIFEBOAT_SANDBOX marks whatever the script starts as ours, to be ended with us. */
function environment(paths: Places, options: ScriptOptions): NodeJS.ProcessEnv {
  const base = { PATH: toolPath('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'), HOME: paths.home, LANG: 'C.UTF-8', LIFEBOAT_SANDBOX: paths.root };
  return { ...base, ...options.env };
}
