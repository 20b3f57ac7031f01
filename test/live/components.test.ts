import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintMongo } from '../support/fixtures/mongo-fingerprint.ts';
import { fingerprintRedis } from '../support/fixtures/redis-fingerprint.ts';
import { RedisConnection } from '../support/fixtures/resp.ts';
import { fingerprintTree } from '../support/fixtures/tree-fingerprint.ts';
import { freePort } from '../support/servers/ports.ts';
import { answersOn, installService, programPath } from '../support/servers/service.ts';
import { backUp, leftHalfBuilt, restore, succeed } from './support/script.ts';
import { seedEverything, seedLittle } from './support/seed.ts';
import { type Component, createWorld, type State, type World, withoutOwnTime } from './support/world.ts';

let world: World;
let original: State;

beforeAll(async () => {
  world = await createWorld({ name: 'components' });
  await seedEverything(world);
  await seedLittle(world, 'original');
  original = await world.state();
  await backUp(world);
});
afterAll(() => world.close());

const serverPids = async (): Promise<(number | undefined)[]> => Promise.all([world.mongodb, world.redis, world.nginx].map((server) => server.pid()));

describe('a single component', () => {
  it.each<Component>(['config', 'ssl', 'app', 'redis', 'mongodb'])('--%s brings back that one and leaves the others as they are', async (component) => {
    await seedLittle(world, `damaged before ${component}`);
    const damaged = await world.state();
    const [mongodb, redis, nginx] = await serverPids();
    await restore(world, `--${component}`);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime({ ...damaged, [component]: original[component] }));
    const [mongodbNow, redisNow, nginxNow] = await serverPids();
    expect([mongodbNow === mongodb, redisNow === redis, nginxNow === nginx]).toEqual([component !== 'mongodb', component !== 'redis', true]);
  });
});

describe('a set of the type config', () => {
  it('holds configuration and certificates, and brings them back alone', async () => {
    await seedLittle(world, 'newer');
    const newer = await world.state();
    await backUp(world, '--config');
    const listed = await succeed(world, 'backup.sh', ['--list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ type: 'full' }, { type: 'config', components: ['config', 'ssl'] }]);
    await seedLittle(world, 'damaged');
    const damaged = await world.state();
    await restore(world, '--config', '--ssl');
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime({ ...damaged, config: newer.config, ssl: newer.ssl }));
  });

  it('does not count as the latest set of what it does not hold', async () => {
    await restore(world, '--app');
    expect((await world.state()).app).toEqual(original.app);
  });

  it('is refused, with nothing touched, for a component that it does not hold', async () => {
    const listed = await succeed(world, 'backup.sh', ['--list', '--json']);
    const id = (JSON.parse(listed.stdout) as { id: string }[]).at(-1)?.id ?? '';
    const before = await world.state();
    const { code, stderr } = await world.runScript('restore.sh', [id, '--mongodb', '--yes']);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${id} holds no mongodb, only config ssl`)]);
    expect(await world.state()).toEqual(before);
  });
});

describe('--into DIR', () => {
  const into = (): string => join(world.root, 'look');

  it('builds every component there and touches nothing that runs', async () => {
    const full = (await readdir(world.paths.backups)).filter((name) => /^\d/.test(name)).sort()[0] ?? '';
    const before = await world.state();
    const pids = [...(await serverPids()), await world.app.pid()];
    await succeed(world, 'restore.sh', [full, '--all', '--into', into()]);
    expect([...(await serverPids()), await world.app.pid()]).toEqual(pids);
    expect(await world.state()).toEqual(before);
    expect((await readdir(into())).sort()).toEqual(['app', 'config', 'mongodb', 'redis', 'ssl']);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('leaves a data directory that mongod opens, with everything in it', async () => {
    const port = await freePort();
    const data = ['--dbpath', join(into(), 'mongodb'), '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'];
    const server = await installService(join(into(), '..'), { name: 'look', command: [await programPath('mongod'), ...data], directory: 'run', ready: answersOn(port) });
    await server.start();
    const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    const found = await fingerprintMongo(client).finally(async () => { await client.close(); await server.stop(); });
    expect(found).toEqual(original.mongodb);
  });

  it('leaves a data directory that redis-server opens, with everything in it', async () => {
    const port = await freePort();
    const settings = ['--dir', join(into(), 'redis'), '--port', String(port), '--bind', '127.0.0.1', '--save', ''];
    const server = await installService(join(into(), '..'), { name: 'look-redis', command: [await programPath('redis-server'), ...settings], directory: 'run', ready: answersOn(port) });
    await server.start();
    const connection = await RedisConnection.open({ port });
    const found = await fingerprintRedis(connection).finally(async () => { connection.close(); await server.stop(); });
    expect(found).toEqual(original.redis);
  });

  it('leaves the trees as they were', async () => {
    expect(await fingerprintTree(join(into(), 'app', world.paths.appRoot))).toEqual(original.app);
    expect(await fingerprintTree(join(into(), 'ssl', world.paths.letsencrypt))).toEqual(original.ssl);
  });

  it('refuses a directory that is not empty', async () => {
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--app', '--into', into()]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('is not empty')]);
  });
});

describe('a server that keeps the features of an older version, so that it can go back', () => {
  const parameter = { getParameter: 1, featureCompatibilityVersion: 1 } as const;
  const features = (): Promise<string> =>
    world.withMongo(async (client) => ((await client.db('admin').command(parameter)) as { featureCompatibilityVersion: { version: string } }).featureCompatibilityVersion.version);
  const setFeatures = (version: string): Promise<unknown> =>
    world.withMongo((client) => client.db('admin').command({ setFeatureCompatibilityVersion: version, ...(Number.parseInt(current, 10) >= 7 ? { confirm: true } : {}) }));
  let current: string;

  it('comes back with them', async () => {
    current = await features();
    const older = `${Number.parseInt(current, 10) - 1}.0`;
    await world.withMongo((client) => client.db('plugspace').collection('with_images').drop()); // which the older version does not have
    await setFeatures(older);
    await seedLittle(world, 'older'); // a dump cannot begin with the entry that changes features
    await backUp(world);
    await setFeatures(current);
    await restore(world, '--mongodb');
    expect(await features()).toBe(older);
  });
});
