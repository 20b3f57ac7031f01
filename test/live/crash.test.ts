import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { capture } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { interrupted } from './support/interruption.ts';
import { backUp, leftHalfBuilt, leftRunning, privateDirectoriesOf, restore, start, succeed, systemPath } from './support/script.ts';
import { setsOf } from './support/manifest.ts';
import { seedLittle } from './support/seed.ts';
import { createWorld, type State, type World, withoutOwnTime } from './support/world.ts';

let world: World;
let original: State;
let damaged: State;

beforeAll(async () => {
  world = await createWorld({ name: 'crash' });
  await seedLittle(world, 'original');
  original = await world.state();
  await backUp(world);
});
beforeEach(async () => {
  await seedLittle(world, 'damaged');
  damaged = await world.state();
});
afterAll(() => world.close());

async function kill(what: readonly string[], at: string, component?: string): Promise<void> {
  const { env, seen } = await interrupted(world, { script: 'restore.sh', signal: 'KILL', at, ...(component === undefined ? {} : { component }) });
  const { ended } = start(world, 'restore.sh', [...what, '--yes'], env);
  expect((await ended).code).toBe(137);
  await access(seen);
}

async function everythingRuns(): Promise<void> {
  const pids = await Promise.all([world.mongodb, world.redis, world.app, world.nginx].map((server) => server.pid()));
  expect(pids.map((pid) => pid !== undefined)).toEqual([true, true, true, true]);
  expect((await fetch(`http://127.0.0.1:${world.nginx.port}/api/health`)).status).toBe(200);
}

describe('restore.sh, killed while it swaps', () => {
  it.each<[string, string[], string, string?]>([
    ['before the first rename', ['--config', '--app'], 'move "${opened}/', 'config'],
    ['with everything renamed and the application not yet started', ['--ssl', '--app'], 'start_app'],
    ['just before it is called finished', ['--config', '--ssl'], 'end_swapping finished'],
    ['when Redis is stopped and nothing of it renamed', ['--redis'], 'swap_in redis', 'redis'],
    ['between the two renames of Redis', ['--redis', '--ssl'], 'move_built "${new}" ', 'redis'],
    ['when MongoDB is stopped and nothing of it renamed', ['--all'], 'swap_in mongodb', 'mongodb'],
    ['between the two renames of MongoDB', ['--mongodb'], 'move_built "${new}" ', 'mongodb'],
  ])('%s, refuses to go on, and --undo makes all data old again', async (_, what, at, component) => {
    await kill(['latest', ...what], at, component);
    for (const [name, args] of [['backup.sh', ['--config']], ['restore.sh', ['latest', '--app', '--yes']]] as const) {
      const { code, stderr } = await world.runScript(name, args);
      expect([name, code, stderr]).toEqual([name, 3, expect.stringContaining("run 'restore.sh --undo' first")]);
    }
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    await everythingRuns();
    expect(await leftHalfBuilt(world)).toEqual([]);
  });
});

describe('restore.sh, killed when the application is renamed away, and the scripts with it', () => {
  it('is found beside the sets, refuses to go on, and --undo makes all data old again', async () => {
    await kill(['latest', '--config', '--app'], 'move_built "${new}" ', 'app');
    await expect(access(world.paths.appRoot)).rejects.toThrow('ENOENT');
    const [stamp = ''] = await readdir(join(world.paths.backups, '.state/restores'));
    const copy = join(world.paths.backups, '.state/restores', stamp, 'infrastructure/backup/restore.sh');
    const env = { PATH: toolPath(systemPath), TMPDIR: world.temporary };
    const refused = await capture(copy, ['latest', '--ssl', '--yes'], { env });
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('was interrupted while it swapped')]);
    const undone = await capture(copy, ['--undo', '--yes'], { env });
    expect([undone.code, undone.stderr]).toEqual([0, expect.stringContaining('is back')]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    await everythingRuns();
    expect(await leftHalfBuilt(world)).toEqual([]);
  });
});

describe('restore.sh, killed before it swaps', () => {
  it('has changed nothing, and the next one removes what it had built and succeeds', async () => {
    await kill(['latest', '--config', '--app', '--redis'], 'hold_signals');
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    await restore(world, '--redis');
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime({ ...damaged, redis: original.redis }));
    expect(await leftHalfBuilt(world)).toEqual([]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
  });

  it('leaves no private mongod behind once the next one has run', async () => {
    const { env } = await interrupted(world, { script: 'restore.sh', signal: 'KILL', at: 'load_private_mongod' });
    const { ended, pid } = start(world, 'restore.sh', ['latest', '--mongodb', '--yes'], env);
    expect((await ended).code).toBe(137);
    // What the killed script had started goes on for a moment and holds the lock as long.
    await expect.poll(async () => (await world.runScript('restore.sh', ['latest', '--ssl', '--yes'])).code, { timeout: 300_000, interval: 500 }).toBe(0);
    await expect.poll(() => leftRunning(pid), { timeout: 10_000 }).toEqual([]); // who watched over its steps ends soon after it
    expect(await privateDirectoriesOf(pid)).toEqual([]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
  });
});

describe('restore.sh --undo, killed half-way', () => {
  it('refuses everything else until it has been run again', async () => {
    await restore(world, '--config', '--ssl');
    const { env, seen } = await interrupted(world, { script: 'restore.sh', signal: 'KILL', at: 'move "${old}" "${live}"' });
    expect((await start(world, 'restore.sh', ['--undo', '--yes'], env).ended).code).toBe(137);
    await access(seen);
    // What the killed script had started puts back what it had begun to, and holds the lock as long.
    await expect.poll(async () => (await world.runScript('backup.sh', ['--config'])).code, { timeout: 300_000, interval: 300 }).not.toBe(4);
    const { code, stderr } = await world.runScript('backup.sh', ['--config']);
    expect([code, stderr]).toEqual([3, expect.stringContaining("run 'restore.sh --undo' first")]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    await everythingRuns();
  });
});

describe('backup.sh, killed', () => {
  it.each([
    ['while it checks', 'preflight_redis'],
    ['while it dumps', '"${BOUNDED[@]}" mongodump'],
    ['while it writes the application', 'judge_pipeline "reading'],
    ['before it publishes', 'mv --no-target-directory -- "${PARTIAL}"'],
  ])('%s, has made no set, and the next run sweeps and succeeds', async (_, at) => {
    const before = await setsOf(world);
    const { env, seen } = await interrupted(world, { script: 'backup.sh', signal: 'KILL', at });
    expect((await start(world, 'backup.sh', ['--full'], env).ended).code).toBe(137);
    await access(seen);
    expect(await setsOf(world)).toEqual(before);
    await expect.poll(async () => (await world.runScript('backup.sh', ['--config'])).code, { timeout: 300_000, interval: 300 }).toBe(0);
    expect(await setsOf(world)).toHaveLength(before.length + 1);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });
});
