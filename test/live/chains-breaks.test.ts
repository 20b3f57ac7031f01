import { mkdir, readFile, rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolledOver, take, untilPrimary, windows, withStub, write } from './support/chains.ts';
import { setsOf } from './support/manifest.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let newest: string;

beforeAll(async () => {
  world = await createWorld({ name: 'breaks' });
  await write(world, 'first');
  newest = (await take(world, 'full')).id;
});
afterAll(() => world.close());

const goesOn = async (type: 'database' | 'incremental' = 'database'): Promise<void> => {
  await write(world, 'more');
  const set = await take(world, type);
  expect(set).toMatchObject({ type, parent: newest, warnings: [] });
  newest = set.id;
};

/** A full set instead of the one that was asked for, with the reason both told and written down. */
const isClosed = async (why: RegExp, env: Readonly<Record<string, string>> = {}): Promise<void> => {
  await write(world, 'more');
  const set = await take(world, 'database', env);
  expect(set).toMatchObject({ type: 'full', parent: null });
  expect(set.warnings[0]).toMatch(/^a full set is taken, and no database one: /);
  expect(set.warnings[0]).toMatch(why);
  expect(set.said).toMatch(why);
  newest = set.id;
};

// One story: each test goes on where the one before it ended.
describe('a chain goes on', () => {
  it('without any trouble', () => goesOn());

  // It writes the schema of accounts beside the feature version.
  it('after the first account was made, and that slice can be restored', async () => {
    await world.withMongo(async (client) => { await client.db('shop').command({ createUser: 'clerk', pwd: 'secret', roles: ['readWrite'] }); });
    await goesOn();
    await succeed(world, 'restore.sh', ['latest', '--mongodb', '--into', `${world.root}/look`]);
  });

  it('after mongod was killed', async () => {
    await write(world, 'just before the crash');
    await world.mongodb.kill();
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
    await goesOn();
  });

  it('after a restart and after a step-down', async () => {
    await world.mongodb.stop();
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
    await goesOn();
    await world.withMongo(async (client) => {
      await client.db('admin').command({ replSetStepDown: 1, force: true });
      await untilPrimary(client);
    });
    await goesOn();
  });

  it('in the middle of an election, for the end of which it waits', async () => {
    await write(world, 'more');
    await world.withMongo((client) => client.db('admin').command({ replSetStepDown: 10, force: true }));
    const set = await take(world, 'database');
    expect([set.type, await readFile(world.paths.logFile, 'utf8')]).toEqual(['database', expect.stringContaining('waiting for one, for up to a minute')]);
    newest = set.id;
    await world.withMongo(untilPrimary);
    await goesOn();
  });

  it('without a hole in what can be reached', async () => {
    expect((await windows(world)).map(({ reachable }) => reachable)).toEqual([true]);
  });
});

describe('a chain that cannot go on is closed, and a full set is taken in the same run', () => {
  it('after the feature version was changed', async () => {
    await world.withMongo(async (client) => {
      for (const version of ['5.0', '6.0']) await client.db('admin').command({ setFeatureCompatibilityVersion: version });
    });
    await isClosed(/feature compatibility version/);
    await goesOn();
  });

  it('when the oplog rolls over during the run; what cannot be reached then is told', async () => {
    await isClosed(/the oplog no longer reaches back to \d+:\d+/, await withStub(world, 'mongodump', rolledOver()));
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await goesOn();
    expect((await windows(world)).map(({ reachable }) => reachable)).toContain(false);
  });

  it('after an entry whose collection nobody created, which a recovery would pass over in silence', async () => {
    const uuid = await world.withMongo(async (client) => {
      await client.db('plugspace').collection('strange').insertMany([{ a: 1 }, { a: 2 }], { writeConcern: { w: 'majority' } });
      const [info] = await client.db('plugspace').listCollections({ name: 'strange' }).toArray();
      return (info as unknown as { info: { uuid: { toString: (form: string) => string } } }).info.uuid.toString('hex').replaceAll('-', '');
    });
    const alter = `perl -0777 -pe 'BEGIN { $u = pack("H*", "${uuid}") } s/(.*)\\Q$u\\E/$1 . scalar reverse $u/se'`;
    await isClosed(/could not be recovered, for the entry \d+:\d+ \(\S+ on plugspace\.strange\) is of a collection that neither the dump nor the oplog before it holds/, await withStub(world, 'mongodump', `if [[ "$*" == *--collection=oplog.rs* ]]; then "\${REAL}" "$@" | ${alter}; else exec "\${REAL}" "$@"; fi`));
    await goesOn();
  });

  it('after the server was restored', async () => {
    await succeed(world, 'restore.sh', ['latest', '--mongodb', '--yes']);
    await isClosed(/the server was restored since the last set/);
    await goesOn();
  });

  it('on another replica set of the same name', async () => {
    await world.mongodb.stop();
    await rm(world.mongodb.dataDirectory, { recursive: true });
    await mkdir(world.mongodb.dataDirectory);
    await world.mongodb.start();
    const client = await MongoClient.connect(`mongodb://127.0.0.1:${world.mongodb.port}/?directConnection=true`);
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${world.mongodb.port}` }] } });
    await untilPrimary(client).finally(() => client.close());
    await isClosed(/not the replica set that \S+ was taken from/);
    await goesOn();
  });
});

describe('a slice that is cut off', () => {
  it('ends the run with 1, and no set appears', async () => {
    await write(world, 'more');
    const before = await setsOf(world);
    const env = await withStub(world, 'mongodump', 'if [[ "$*" == *--collection=oplog.rs* ]]; then "${REAL}" "$@" | head --bytes=-9; else exec "${REAL}" "$@"; fi');
    const { code, stderr } = await world.runScript('backup.sh', ['--database'], { env: { ...env, TMPDIR: world.temporary } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ERROR the slice of the oplog is cut off or damaged: it should end with \d+:\d+/)]);
    expect(await setsOf(world)).toEqual(before);
    await goesOn();
  });
});
