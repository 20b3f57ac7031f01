import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addMember, type MongoServer, untilSecondary } from '../support/servers/mongodb.ts';
import { take } from './support/chains.ts';
import { manifestOf } from './support/manifest.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let others: MongoServer[];

const addressOf = ({ port }: Pick<MongoServer, 'port'>): string => `127.0.0.1:${port}`;

/** On one member, whatever its state. */
async function on<T>({ port }: Pick<MongoServer, 'port'>, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true&readPreference=secondaryPreferred`, { serverSelectionTimeoutMS: 20_000 });
  return work(client).finally(() => client.close());
}
const values = (server: Pick<MongoServer, 'port'>): Promise<unknown[]> => on(server, async (client) => (await client.db('shop').collection('orders').find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id as unknown));
const isPrimary = (server: MongoServer): Promise<boolean> => on(server, async (client) => (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true);
const running = async (): Promise<boolean[]> => Promise.all(others.map(async (server) => (await server.pid()) !== undefined));
const pids = (): Promise<(number | undefined)[]> => Promise.all([world.mongodb, ...others].map((server) => server.pid()));

async function emptyAndStart(server: MongoServer): Promise<void> {
  await server.stop();
  for (const name of await readdir(server.dataDirectory)) await rm(join(server.dataDirectory, name), { recursive: true });
  await server.start();
}

beforeAll(async () => {
  world = await createWorld({ name: 'topology' });
  others = [];
  for (const name of ['second', 'third']) others.push(await addMember({ dir: join(world.root, name) }, world.mongodb));
  const orders = [1, 2, 3].map((id) => ({ _id: id as never }));
  await world.withMongo((client) => client.db('shop').collection('orders').insertMany(orders, { writeConcern: { w: 3 } }));
  await take(world, 'full');
  await world.withMongo((client) => client.db('shop').collection('orders').deleteMany({}, { writeConcern: { w: 3 } }));
}, 120_000);
afterAll(async () => {
  await Promise.all(others.map((server) => server.stop()));
  await world.close();
});

// One story: each test goes on where the one before it ended.
describe('a replica set of three members', () => {
  it('is known to the set', async () => {
    const { details } = (await manifestOf(world)).components['mongodb'] ?? {};
    const members = [world.mongodb, ...others].map((server) => ({ host: addressOf(server), hidden: false, arbiterOnly: false }));
    expect((details?.['server'] as { members: unknown }).members).toEqual(members);
  });

  it('is known to the next slice too', async () => {
    const { components } = await take(world, 'database');
    expect(components['oplog']?.details['members']).toHaveLength(3);
  });

  it('is not restored on one member while the others run: nothing is touched', async () => {
    const before = await pids();
    for (const args of [['--yes'], ['--dry-run']]) {
      const { code, stderr } = await world.runScript('restore.sh', ['latest', '--mongodb', ...args]);
      expect([code, stderr]).toEqual([3, expect.stringContaining('other members of the replica set are not known to be down')]);
      for (const server of others) expect(stderr).toContain(`${addressOf(server)} (it runs)`);
    }
    expect(await pids()).toEqual(before);
  });

  it('nor while one of them runs, and this one is down', async () => {
    await world.mongodb.stop();
    await others[0]?.stop();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--mongodb', '--yes']);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`not known to be down: 127.0.0.1:${others[1]?.port ?? ''} (it runs); they`)]);
    await world.mongodb.start();
    await others[0]?.start();
  });

  it('can be looked at, for that replaces nothing', async () => {
    await succeed(world, 'restore.sh', ['latest', '--mongodb', '--into', join(world.root, 'look')]);
    await rm(join(world.root, 'look'), { recursive: true });
  });

  it('is restored with --reseed: the others are stopped, and the steps to take are told', async () => {
    const [set = ''] = (await readdir(world.paths.backups)).filter((name) => /^\d{8}_\d{6}$/.test(name)).sort();
    const { stderr } = await succeed(world, 'restore.sh', [set, '--mongodb', '--reseed', '--yes']);
    expect(await running()).toEqual([false, false]);
    expect(await values(world.mongodb)).toEqual([1, 2, 3]);
    expect(await isPrimary(world.mongodb)).toBe(true);
    expect(stderr.match(/move all that is in its data directory away/g)).toHaveLength(2);
    expect(stderr).toContain('cfg.members[2].votes = 1; cfg.members[2].priority = 1; rs.reconfig(cfg)');
    expect(stderr).not.toContain('at once: stop mongod');
  });

  it('is whole again when the others have started empty, and the told commands have been given', async () => {
    for (const server of others) {
      await emptyAndStart(server);
      await untilSecondary(server);
      expect(await values(server)).toEqual([1, 2, 3]);
    }
    for (const number of [1, 2]) {
      await world.withMongo(async (client) => {
        const { config } = (await client.db('admin').command({ replSetGetConfig: 1 })) as { config: { version: number; members: { votes: number; priority: number }[] } };
        Object.assign(config.members[number] ?? {}, { votes: 1, priority: 1 });
        await client.db('admin').command({ replSetReconfig: { ...config, version: config.version + 1 } });
      });
    }
    await world.withMongo((client) => client.db('shop').collection('orders').insertOne({ _id: 4 as never }, { writeConcern: { w: 3 } }));
    expect(await Promise.all([world.mongodb, ...others].map(isPrimary))).toEqual([true, false, false]);
  });

  it('is restored without a word more when the others are down, and how they come back is told', async () => {
    await take(world, 'full');
    await Promise.all(others.map((server) => server.stop()));
    const { stderr } = await succeed(world, 'restore.sh', ['latest', '--mongodb', '--yes']);
    expect(stderr).toContain(`rs.add('127.0.0.1:${others[0]?.port ?? ''}')`);
    expect(await values(world.mongodb)).toEqual([1, 2, 3, 4]);
    expect(await isPrimary(world.mongodb)).toBe(true);
  });

  it('is one member of its old set again after --undo, at once, and the others on their old data make it whole', async () => {
    const before = Date.now();
    const { stderr } = await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(Date.now() - before).toBeLessThan(120_000);
    expect(stderr).toContain(`${addressOf(world.mongodb)} is one member of its old replica set again`);
    expect(stderr).toContain(`on ${others.map(addressOf).join(', ')}, stop mongod, put back what was moved out`);
    expect(await isPrimary(world.mongodb)).toBe(false);
    await Promise.all(others.map((server) => server.start()));
    const all = [world.mongodb, ...others];
    await vi.waitFor(async () => { expect(await Promise.all(all.map(isPrimary))).toContain(true); }, { timeout: 60_000, interval: 500 });
    expect(await Promise.all(all.map(values))).toEqual(all.map(() => [1, 2, 3, 4]));
  });
});

describe('a replica set that this server is no member of, by its profile', () => {
  it('is not restored, since the others cannot be told from this one', async () => {
    const script = join(world.paths.appRoot, 'infrastructure/settings.sh');
    const text = await readFile(script, 'utf8');
    await writeFile(script, text.replace(`MONGODB_MEMBER='${addressOf(world.mongodb)}'`, "MONGODB_MEMBER='127.0.0.1:1'"));
    await world.mongodb.stop();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--mongodb', '--yes']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('the replica set has several members, and 127.0.0.1:1 is none of them: write into mongodb.member')]);
  });
});
