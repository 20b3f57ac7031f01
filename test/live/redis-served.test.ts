import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../support/servers/ports.ts';
import { startRedis } from '../support/servers/redis.ts';
import { forgetHeads, manifestOf, setDirectory } from './support/manifest.ts';
import { createRedisWorld, type RedisWorld } from './support/redis-world.ts';
import { leftRunning, privateDirectoriesOf, succeed } from './support/script.ts';

let world: RedisWorld;
afterEach(() => world.close());

const noConfig = 'rename-command CONFIG ""';
const backUp = () => succeed(world, 'backup.sh', ['--full']);
const restore = (...what: readonly string[]) => world.runScript('restore.sh', ['latest', '--redis', '--yes', ...what]);

/** Sessions and nothing else: no key that stays. */
async function seedSessions(count: number, database = 0): Promise<void> {
  for (let index = 0; index < count; index += 1) await world.redis.cli('-n', String(database), 'SET', `session:${index}`, 'x', 'EX', '86400');
}

const keys = async (database = 0): Promise<number> => Number(await world.redis.cli('-n', String(database), 'DBSIZE'));

/** What a restore says that does not serve what it restored: nothing is done, the old data is back. */
async function expectPutBack(text: RegExp): Promise<void> {
  const { code, stderr } = await restore();
  expect([code, stderr]).toEqual([1, expect.stringMatching(text)]);
  expect(stderr).not.toContain('DONE');
}

describe('a Redis of which every key expires', () => {
  it('is restored, and as many keys are served as the snapshot held', async () => {
    world = await createRedisWorld();
    await seedSessions(20);
    await seedSessions(3, 7);
    await backUp();
    expect((await manifestOf(world)).components['redis']?.details).toMatchObject({ server: { kind: 'redis', version: '7.0.15' }, snapshot: { magic: 'REDIS', version: 10 }, keys: 23, expires: 23, databases: [0, 7] });
    await world.redis.cli('FLUSHALL');
    expect((await restore()).code).toBe(0);
    expect([await keys(), await keys(7)]).toEqual([20, 3]);
  });

  it('is restored with an append-only file, and what expired meanwhile is not missed', async () => {
    world = await createRedisWorld({ aof: true });
    await seedSessions(5);
    await world.redis.cli('SET', 'soon', 'x', 'PX', '6000');
    await backUp();
    await world.redis.cli('FLUSHALL');
    await sleep(6000);
    expect((await restore()).code).toBe(0);
    expect(await keys()).toBe(5);
  });

  it.each([['a snapshot', false], ['an append-only file', true]])('is restored from %s while they expire, at each step some', async (_, aof) => {
    world = await createRedisWorld({ aof });
    for (let index = 0; index < 200; index += 1) await world.redis.cli('SET', `soon:${index}`, 'x', 'PX', String(1500 + 50 * index));
    await seedSessions(2);
    await backUp();
    const { code, stderr } = await restore();
    expect(code, stderr).toBe(0);
    expect(await keys()).toBeLessThan(202);
  });

  it('that looks for another file than the profile says is no success: its old data is put back', async () => {
    world = await createRedisWorld({ lines: ['dbfilename other.rdb', noConfig] }, { dbFilename: 'dump.rdb' });
    await seedSessions(20);
    await backUp();
    await world.redis.cli('DEL', 'session:1');
    await expectPutBack(/ERROR Redis does not serve what the set holds: 0 of 20 keys that expire.*dbfilename[^]*ERROR not everything is well: redis/);
    expect(await keys()).toBe(19);
  });

  it('that looks for another append-only file than the profile says is no success', async () => {
    world = await createRedisWorld({ aof: true, lines: ['appenddirname "elsewhere"', noConfig] }, { appendFilename: 'appendonly.aof', appendDirname: 'appendonlydir' });
    await seedSessions(20);
    await backUp();
    await expectPutBack(/0 of 20 keys that expire/);
    expect(await keys()).toBe(20);
  });
});

describe('a Redis that does not answer CONFIG GET', () => {
  it('is not backed up before the profile says the names of its files; with them it comes back', async () => {
    world = await createRedisWorld({ lines: ['dbfilename other.rdb', 'databases 64', noConfig] });
    await seedSessions(4, 40);
    const refused = await world.runScript('backup.sh', ['--full']);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringMatching(/ERROR the Redis at \S+ does not answer CONFIG GET.*write redis\.dbFilename into the profile/)]);
    await world.install({ dbFilename: 'other.rdb' });
    await backUp();
    await world.redis.cli('-n', '40', 'FLUSHALL');
    expect((await restore()).code).toBe(0);
    expect(await keys(40)).toBe(4);
  });

  it('names what it lacks of an append-only file', async () => {
    world = await createRedisWorld({ aof: true, lines: [noConfig] }, { appendFilename: 'appendonly.aof' });
    const { code, stderr } = await world.runScript('backup.sh', ['--full', '--dry-run']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('write redis.appendDirname into the profile')]);
  });
});

describe('what the profile says and the server contradicts', () => {
  it('is refused at the backup: a name, and the data directory', async () => {
    world = await createRedisWorld({}, { dbFilename: 'sessions.rdb' });
    const elsewhere = join(world.root, 'var/lib/other');
    await mkdir(elsewhere, { recursive: true });
    const named = await world.runScript('backup.sh', ['--full']);
    expect([named.code, named.stderr]).toEqual([3, expect.stringMatching(/redis\.dbFilename in the profile is sessions\.rdb, the Redis at \S+ says dump\.rdb/)]);
    await world.install({ dataDirectory: elsewhere });
    const { code, stderr } = await world.runScript('backup.sh', ['--full']);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`keeps its data in ${world.redis.dataDirectory}, the profile says ${elsewhere}`)]);
  });

  it('is refused at the restore before anything is touched: another data directory, with CONFIG renamed too', async () => {
    world = await createRedisWorld({ lines: [noConfig] }, { dbFilename: 'dump.rdb' });
    await seedSessions(3);
    await backUp();
    const elsewhere = join(world.root, 'var/lib/other');
    await world.redis.cli('SAVE');
    await cp(world.redis.dataDirectory, elsewhere, { recursive: true });
    await world.configure([`dir ${elsewhere}`]);
    const { code, stderr } = await restore();
    expect([code, stderr]).toEqual([3, expect.stringMatching(/keeps its data in .*\/other, the profile says/)]);
    expect(await keys()).toBe(3);
  });
});

describe('names that were changed since the backup', () => {
  it('are those of the server that is restored to', async () => {
    world = await createRedisWorld();
    await seedSessions(6);
    await backUp();
    await world.redis.stop();
    await world.configure(['dbfilename renamed.rdb']);
    await world.redis.cli('FLUSHALL');
    expect((await restore()).code).toBe(0);
    expect(await keys()).toBe(6);
  });
});

describe('a server whose data is not its own', () => {
  it('is named and refused: a replica, with its primary', async () => {
    world = await createRedisWorld();
    await seedSessions(1);
    await backUp();
    const port = await freePort();
    await world.redis.cli('REPLICAOF', '127.0.0.1', String(port));
    const problem = `is a replica of 127.0.0.1:${port}`;
    const backedUp = await world.runScript('backup.sh', ['--full']);
    expect([backedUp.code, backedUp.stderr]).toEqual([3, expect.stringContaining(problem)]);
    const restored = await restore();
    expect([restored.code, restored.stderr]).toEqual([3, expect.stringContaining(problem)]);
  });

  it('is named and refused: a node of a cluster, also one that became so since the backup', async () => {
    world = await createRedisWorld();
    await seedSessions(2);
    await backUp();
    await world.redis.stop();
    await appendFile(world.redis.configFile, 'cluster-enabled yes\n');
    // It does not run during the preflight, and is found out after its start.
    await expectPutBack(/ERROR the Redis at \S+ is a node of a cluster/);
    const { code, stderr } = await world.runScript('backup.sh', ['--full']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('is a node of a cluster (cluster-enabled yes)')]);
  });
});

describe('a Valkey', () => {
  it('is backed up and restored by its own programs, with a manifest that says so and is valid', async () => {
    world = await createRedisWorld({ kind: 'valkey', aof: true, password: 'p w' });
    await writeFile(world.paths.envFile, `REDIS_PASSWORD='p w'\n`, { mode: 0o600 });
    await seedSessions(9);
    await world.redis.cli('-n', '2', 'SET', 'stays', 'x');
    await backUp();
    const manifest = await manifestOf(world);
    expect(manifest.components['redis']?.details).toMatchObject({ server: { kind: 'valkey', version: '8.0.1' }, snapshot: { magic: 'REDIS', version: 11 } });
    const schema = JSON.parse(await readFile(new URL('../../schema/manifest.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    await world.redis.cli('FLUSHALL');
    expect((await restore()).code).toBe(0);
    expect([await keys(), await keys(2)]).toEqual([9, 1]);
  });

  it('is told from a Redis, in the profile of which it stands', async () => {
    world = await createRedisWorld({ kind: 'valkey' });
    await world.install({ server: 'redis' });
    const { code, stderr } = await world.runScript('backup.sh', ['--full']);
    expect([code, stderr]).toEqual([3, expect.stringContaining("is valkey 8.0.1: set redis.server in the profile to 'valkey'")]);
  });

  it('gives no snapshot to an older Redis: the format is compared before anything is touched', async () => {
    world = await createRedisWorld({ kind: 'valkey' });
    await seedSessions(2);
    await backUp();
    await world.redis.stop();
    await world.install({ server: 'redis' });
    const { code, stderr } = await restore();
    expect([code, stderr]).toEqual([3, expect.stringContaining('was made by valkey 8.0.1, in format REDIS 11, which redis-server here cannot read')]);
    await world.redis.start();
  });

  it('takes a snapshot of an older Redis, and says so', async () => {
    world = await createRedisWorld();
    await seedSessions(2);
    await backUp();
    await world.redis.stop();
    await world.install({ server: 'valkey' });
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--redis', '--into', join(world.root, 'into'), '--yes']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('was made by redis 7.0.15, the profile says valkey')]);
    const server = await startRedis({ dir: join(world.root, 'other'), kind: 'valkey', lines: [`dir ${join(world.root, 'into/redis')}`] });
    expect(await server.cli('DBSIZE')).toBe('2');
    await server.stop();
  });
});

describe('a manifest that was changed', () => {
  it.each([['keys', 7], ['expires', 1], ['snapshot', { magic: 'REDIS', version: 9 }]])('is found out by what the snapshot says: %s', async (field, value) => {
    world = await createRedisWorld();
    await seedSessions(5);
    await backUp();
    const file = join(await setDirectory(world), 'manifest.json');
    const manifest = await manifestOf(world);
    Object.assign(manifest.components['redis']?.details ?? {}, { [field]: value });
    await writeFile(file, JSON.stringify(manifest));
    await forgetHeads(world);
    const { code, stderr } = await restore();
    expect([code, stderr]).toEqual([6, expect.stringContaining('its manifest says')]);
    expect(await keys()).toBe(5);
  });
});

describe('a restore of Redis that is ended while it builds', () => {
  it('leaves neither a server nor the directory of its socket, whenever the signal comes', async () => {
    world = await createRedisWorld();
    await seedSessions(50);
    await backUp();
    let built = 0;
    for (const [index, signal] of Array.from({ length: 12 }, (_, number) => [number, (['SIGTERM', 'SIGINT', 'SIGHUP'] as const)[number % 3]] as const)) {
      const { pid, ended } = world.start('restore.sh', ['latest', '--redis', '--yes']);
      const before = Date.now();
      // From the moment at which the directory is there, a little later each time.
      while ((await privateDirectoriesOf(pid)).length === 0 && Date.now() - before < 30_000) await sleep(2);
      built += (await privateDirectoriesOf(pid)).length;
      await sleep(25 * index);
      process.kill(pid, signal);
      await ended;
      expect([signal, index, await privateDirectoriesOf(pid), await leftRunning(pid)]).toEqual([signal, index, [], []]);
    }
    expect(built).toBeGreaterThan(6);
  });

  it('is swept by the next run where it was killed', async () => {
    world = await createRedisWorld();
    await seedSessions(1);
    await backUp();
    const { pid, ended } = world.start('restore.sh', ['latest', '--redis', '--yes']);
    while ((await privateDirectoriesOf(pid)).length === 0) await sleep(2);
    process.kill(pid, 'SIGKILL');
    await ended;
    // What its step had started ends by itself, and the lock is free then.
    await vi.waitFor(async () => { expect((await restore()).code).toBe(0); }, { timeout: 60_000, interval: 500 });
    expect(await privateDirectoriesOf(pid)).toEqual([]);
  });
});
