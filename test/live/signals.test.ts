import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { withStub } from './support/chains.ts';
import { interrupted, type Interruption } from './support/interruption.ts';
import { setsOf } from './support/manifest.ts';
import { backUp, type Ended, leftHalfBuilt, leftRunning, logSays, privateDirectoriesOf, start, succeed } from './support/script.ts';
import { seedLittle } from './support/seed.ts';
import { createWorld, type State, type World, withoutOwnTime } from './support/world.ts';

let world: World;
let damaged: State;

beforeAll(async () => {
  world = await createWorld({ name: 'signals' });
  await seedLittle(world, 'original');
  await backUp(world);
  await seedLittle(world, 'damaged');
  damaged = await world.state();
});
afterAll(() => world.close());

type Signal = Exclude<Interruption['signal'], 'KILL'>;
const status: Readonly<Record<Signal, number>> = { TERM: 143, INT: 130, HUP: 129 };

/** Runs the script, interrupts it at a command, and checks what must hold however it was interrupted. */
async function interruptAt(script: 'backup.sh' | 'restore.sh', args: readonly string[], signal: Signal, at: string, component?: string): Promise<Ended> {
  const { env, seen } = await interrupted(world, { script, signal, at, ...(component === undefined ? {} : { component }) });
  const ended = await start(world, script, args, env).ended;
  await access(seen);
  await nothingIsLeft(ended.pid);
  return ended;
}

async function nothingIsLeft(pid: number): Promise<void> {
  expect(await leftRunning(pid)).toEqual([]);
  expect(await leftHalfBuilt(world)).toEqual([]);
  // The lock is free: otherwise this would end with 4.
  await succeed(world, 'backup.sh', ['--config', '--dry-run']);
}

async function everythingRuns(): Promise<void> {
  expect((await fetch(`http://127.0.0.1:${world.nginx.port}/api/health`)).status).toBe(200);
}

describe('a signal ends backup.sh without a trace', () => {
  // The smallest set that comes to that command: what it has written until then is removed in the same way.
  it.each<[string, Signal, string, string]>([
    ['while it checks', 'TERM', '--full', 'preflight_redis'],
    ['while it dumps MongoDB', 'INT', '--full', '"${BOUNDED[@]}" mongodump'],
    ['while it fetches from Redis', 'HUP', '--incremental', 'check_rdb'],
    ['while it reads the application', 'TERM', '--incremental', 'judge_pipeline "reading'],
    ['while it waits for a step', 'INT', '--config', 'wait "${CHILD}"'],
    ['while it writes the manifest', 'HUP', '--config', 'write_manifest'],
    ['before it publishes', 'TERM', '--full', 'mv --no-target-directory -- "${PARTIAL}"'],
  ])('%s', async (_, signal, type, at) => {
    const before = await setsOf(world);
    const { code, output } = await interruptAt('backup.sh', [type], signal, at);
    expect([code, output]).toEqual([status[signal], expect.stringContaining(`ERROR ended by SIG${signal}`)]);
    expect(await setsOf(world)).toEqual(before);
  });
});

describe('a signal ends a mongodump that reads the oplog', () => {
  it.each([
    ['of backup.sh', 'backup.sh', ['--database']],
    ['of restore.sh', 'restore.sh', ['--suspects']],
  ])('%s', async (_, script, args) => {
    const reading = join(world.root, `reading for ${script}`);
    const env = await withStub(world, 'mongodump', `if [[ "$*" == *--collection=oplog.rs* ]]; then : >'${reading}'; exec sleep 600; fi; exec "\${REAL}" "$@"`);
    const { pid, ended } = start(world, script, args, env);
    await vi.waitFor(() => access(reading), { timeout: 300_000, interval: 20 });
    process.kill(pid, 'SIGTERM');
    expect((await ended).code).toBe(143);
    await nothingIsLeft(pid);
  });
});

describe('a signal while restore.sh builds changes nothing', () => {
  it.each<[string, Signal, string, string]>([
    ['the application', 'TERM', 'unpack_within "$1" "$2" "$3" tar', 'app'],
    ['Redis', 'INT', 'check_loaded_keys', 'redis'],
    ['MongoDB', 'HUP', 'check_recovery', 'mongodb'],
  ])('and stops what builds %s', async (_, signal, at, component) => {
    const { code, output, pid } = await interruptAt('restore.sh', ['latest', `--${component}`, '--yes'], signal, at);
    expect([code, output]).toEqual([status[signal], expect.stringContaining(`ERROR ended by SIG${signal}`)]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    expect(await privateDirectoriesOf(pid)).toEqual([]);
  });

  it('also when it comes from outside in the middle of a step', async () => {
    const before = await readFile(world.paths.logFile, 'utf8');
    const { pid, ended } = start(world, 'restore.sh', ['latest', '--mongodb', '--yes']);
    await logSays(world, 'mongodb: building', before);
    await expect.poll(() => privateDirectoriesOf(pid), { timeout: 300_000, interval: 20 }).not.toEqual([]);
    process.kill(pid, 'SIGTERM');
    expect((await ended).code).toBe(143);
    await nothingIsLeft(pid);
    expect(await privateDirectoriesOf(pid)).toEqual([]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
  });
});

describe('a signal while restore.sh swaps puts everything back', () => {
  it.each<[string, Signal, string, readonly string[], string?]>([
    ['before the first swap', 'TERM', 'swap_component', ['--config', '--ssl', '--app']],
    ['between two renames', 'INT', 'move_built "${new}" ', ['--config', '--app'], 'app'],
    ['while Redis is stopped', 'HUP', "control status 'starting Redis'", ['--ssl', '--redis'], 'redis'],
    ['while MongoDB is stopped', 'TERM', 'start_mongodb', ['--redis', '--mongodb'], 'mongodb'],
  ])('%s', async (_, signal, at, what, component) => {
    const { code, output } = await interruptAt('restore.sh', ['latest', ...what, '--yes'], signal, at, component);
    expect([code, output]).toEqual([1, expect.stringContaining(`ended by SIG${signal} while swapping`)]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    await everythingRuns();
  });
});
