import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ScriptOptions, ScriptResult } from '../../support/sandbox/script.ts';
import { capture } from '../../support/tools/command.ts';
import { toolPath } from '../../support/tools/ensure.ts';
import type { World } from './world.ts';

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs an installed script that has to end well; its own words stand in the failure when it does not. */
export async function succeed(world: Pick<World, 'runScript'>, name: string, args: readonly string[], options: ScriptOptions = {}): Promise<ScriptResult> {
  const result = await world.runScript(name, args, options);
  expect(result.code, `${name} ${args.join(' ')}\n${result.stderr}`).toBe(0);
  return result;
}

export const backUp = (world: World, type: '--full' | '--config' = '--full'): Promise<ScriptResult> => succeed(world, 'backup.sh', [type]);
export const restore = (world: World, ...what: readonly string[]): Promise<ScriptResult> => succeed(world, 'restore.sh', ['latest', ...what, '--yes']);

export type Ended = { code: number; output: string; pid: number };
export type Running = { pid: number; ended: Promise<Ended> };

/** Starts an installed script in a session of its own, so that a test can send it signals and see what it leaves running. */
export const start = (world: World, name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  startScript(join(world.paths.appRoot, 'infrastructure/backup', name), args, { TMPDIR: world.temporary, ...env });

export function startScript(path: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(path, args, {
    cwd: '/',
    env: { PATH: toolPath(systemPath), HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${path} did not start`);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  const numbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
  const ended = new Promise<Ended>((resolve) => {
    // Not 'close': what a killed script leaves running may hold its streams.
    child.on('exit', (code, signal) => { resolve({ code: code ?? 128 + (numbers[signal ?? 'SIGKILL'] ?? 0), output, pid }); });
  });
  return { pid, ended };
}

/** Waits until the log file holds the text once more than `before`. */
export async function logSays(world: World, text: string, before: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const log = await readFile(world.paths.logFile, 'utf8').catch(() => '');
    if (log.slice(before.length).includes(text)) return;
    await sleep(20);
  }
  throw new Error(`after ${seconds} s the log file does not say "${text}"`);
}

/** The processes that a script started and that are still there; a server belongs to a session of its own and does not count. */
export async function leftRunning(pid: number): Promise<string[]> {
  const listed = await capture('ps', ['-s', String(pid), '-o', 'pid=,stat=,args=']);
  return listed.stdout.split('\n').filter((line) => line.trim() !== '' && !/^\s*\d+ Z/.test(line));
}

/** What lifeboat left below the root while it built or wrote, which nothing may leave. */
export async function leftHalfBuilt(world: Pick<World, 'root' | 'temporary'>): Promise<string[]> {
  const names = await readdir(world.root, { recursive: true });
  const temporary = (await readdir(world.temporary)).map((name) => `tmp/${name}`);
  return [...names.filter((name) => /\.lifeboat-stage|\.partial$/.test(name)), ...temporary];
}

/** Private servers have their sockets in directories of /tmp that name the process of their restore: those that it has left. */
export const privateDirectoriesOf = async (pid: number): Promise<string[]> => (await readdir('/tmp')).filter((name) => new RegExp(`^lifeboat-(mongod|redis)\\.${pid}\\.`).test(name));
