import { spawn } from 'node:child_process';
import { watchMemory } from './memory.ts';

export type Command = { argv: readonly [string, ...string[]]; env?: Readonly<Record<string, string>>; cwd?: string };
export type Measured = { seconds: number; peakBytes: number };

const running = new Map<number, Promise<unknown>>();

/** Runs a command in a session of its own and measures it; one that fails has no time, and ends the benchmark. */
export async function measure({ argv: [program, ...args], env, cwd }: Command, path: string, memory = false): Promise<Measured> {
  const started = performance.now();
  const child = spawn(program, args, { cwd: cwd ?? '/', env: { ...baseEnvironment(path), ...env }, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const watch = memory && child.pid !== undefined ? watchMemory(child.pid) : undefined;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4000); });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => { resolve(error.message); });
    child.on('close', (code, signal) => { resolve(String(code ?? signal)); });
  });
  if (child.pid !== undefined) running.set(child.pid, ended);
  const outcome = await ended;
  const seconds = (performance.now() - started) / 1000;
  const peakBytes = watch?.stop() ?? 0;
  running.delete(child.pid ?? 0);
  if (outcome !== '0') throw new Error(`${program} ${args.join(' ')} ended with ${outcome}:\n${said.trim()}`);
  return { seconds, peakBytes };
}

const baseEnvironment = (path: string): NodeJS.ProcessEnv => ({ PATH: path, HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8' });

/** What has a session of its own does not hear the terminal's Ctrl-C: it is told, and waited for. */
export async function endMeasured(): Promise<void> {
  for (const [pid, ended] of running) {
    process.kill(-pid, 'SIGTERM');
    await ended;
  }
}
