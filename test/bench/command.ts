import { spawn } from 'node:child_process';
import { watchMemory } from './memory.ts';

export type Command = { argv: readonly [string, ...string[]]; env?: Readonly<Record<string, string>>; cwd?: string };
export type Measured = { seconds: number; peakBytes: number };

/** Runs a command in a session of its own and measures it; one that fails has no time, and ends the benchmark. */
export async function measure({ argv: [program, ...args], env, cwd }: Command, path: string, memory = false): Promise<Measured> {
  const started = performance.now();
  const child = spawn(program, args, { cwd: cwd ?? '/', env: { ...baseEnvironment(path), ...env }, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const watch = memory && child.pid !== undefined ? watchMemory(child.pid) : undefined;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4000); });
  const end = endWithUs(child.pid);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(end);
  const peakBytes = watch?.stop() ?? 0;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${said.trim()}`);
  return { seconds: (performance.now() - started) / 1000, peakBytes };
}

const baseEnvironment = (path: string): NodeJS.ProcessEnv => ({ PATH: path, HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8' });

/** A session of its own does not hear the terminal's Ctrl-C: it is passed on. */
function endWithUs(pid: number | undefined): () => void {
  const stop = (): void => {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGTERM');
    } catch {
      // It had ended already.
    }
  };
  process.once('exit', stop);
  return () => { process.off('exit', stop); };
}
