import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from './oracle/examine.ts';
import { Hand, putChange, type Row } from './oracle/hand.ts';
import type { Stamp } from './oracle/stamp.ts';
import { type Actor, Writer } from './oracle/writer.ts';
import { take, untilPrimary } from './support/chains.ts';
import { setDirectory } from './support/manifest.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let writer: Writer;
let early: string;
let late: Suspect[];

const numbered = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ _id: index + 1, text: `number ${index + 1}` }));

/** Others go on writing, and destroy nothing. */
const sales: Actor = async (hand) => {
  await hand.prepare('shop', (db) => db.createCollection('sales'));
  let id = 0;
  return async () => {
    id += 1;
    await hand.put('shop.sales', { _id: id, at: new Date() });
  };
};

/** What an administrator would rather not have done. */
async function destroy(hand: Hand): Promise<void> {
  const vault = hand.client.db('vault');
  const { session } = hand;
  await hand.reshape('drop', [vault], true, () => vault.collection('precious').drop({ session }));
  for (const { _id } of numbered(25)) await hand.remove('vault.papers', _id);
  for (const { _id } of numbered(22)) await hand.write('empty', [putChange('vault.letters', { _id })], () => vault.collection<Row>('letters').replaceOne({ _id }, {}, { session }));
  await hand.reshape('rename over', [vault], true, () => vault.collection('new').rename('old', { dropTarget: true, session }));
  await hand.reshape('drop a series', [vault], false, () => vault.collection('series').drop({ session }));
}

beforeAll(async () => {
  world = await createWorld({ name: 'suspects' });
  writer = await Writer.start(world.mongodb.uri, [{ actor: sales, pause: 60 }]);
  const hand = new Hand(writer.client, writer.journal);
  await hand.prepare('vault', async (db) => {
    await db.collection<Row>('precious').insertMany(numbered(30));
    await db.collection('precious').createIndex({ text: 1 }, { unique: true }, {});
    for (const name of ['papers', 'letters', 'new', 'old']) await db.collection<Row>(name).insertMany(numbered(25));
    await db.createCollection('series', { timeseries: { timeField: 'at' } });
  });
  await take(world, 'full');
  await sleep(1000);
  await destroy(hand);
  // Too few to be suspected.
  for (const { _id } of numbered(5)) await hand.remove('vault.old', _id);
  early = await told();
  await sleep(1000);
  await take(world, 'database');
  late = suspectsIn(await told());
  await hand.end();
  await writer.end();
});
afterAll(() => world.close());

type Suspect = { what: string; limit: Stamp; command: string };

const told = async (...args: readonly string[]): Promise<string> => (await succeed(world, 'restore.sh', ['--suspects', ...args])).stdout;

function suspectsIn(text: string): Suspect[] {
  const found = [...text.matchAll(/^\S+Z {2}(.+)\n(?: {2}fetch .*\n)?(?: {2}to have it back beside what is there now: \S+restore\.sh latest --collection \S+ --oplog-limit \S+\n)? {2}to go back to before it: \S+restore\.sh (latest --mongodb --oplog-limit (\d+):(\d+))$/gm)];
  return found.map(([, what = '', command = '', t, i]) => ({ what, command, limit: { t: Number(t), i: Number(i) } }));
}

const wanted = ['dropped vault.precious', '25 documents deleted in vault.papers', '22 documents emptied in vault.letters', 'renamed vault.new over vault.old', 'dropped vault.series'];
const suspect = (what: string): Suspect => {
  const found = late.find((one) => one.what === what);
  if (found === undefined) throw new Error(`not suspected: ${what}`);
  return found;
};

describe('--suspects', () => {
  it('lists what was destroyed, and nothing else, in the order in which it happened', () => {
    expect(late.map(({ what }) => what)).toEqual(wanted);
  });

  it('says the same before a slice holds it, and that one has to be taken', () => {
    expect(suspectsIn(early)).toEqual(late);
    expect(early.match(/fetch the newest part of the oplog first: backup\.sh --database/g)).toHaveLength(wanted.length);
  });

  it('can be narrowed to a collection, a database and a time', async () => {
    const { limit } = suspect('dropped vault.series');
    expect(suspectsIn(await told('--ns', 'vault.papers')).map(({ what }) => what)).toEqual([wanted[1]]);
    expect(await told('--ns', 'shop', '--since', `@${limit.t - 5}`)).toBe('nothing was dropped, renamed over, or deleted or emptied in numbers\n');
    expect(suspectsIn(await told('--since', `@${limit.t + 1}`))).toEqual([]);
  });

  it('has a threshold that can be chosen', async () => {
    expect(suspectsIn(await told('--threshold', '26')).map(({ what }) => what)).toEqual([wanted[0], wanted[3], wanted[4]]);
    expect(suspectsIn(await told('--threshold', '5')).map(({ what }) => what)).toContain('5 documents deleted in vault.old');
  });

  it('offers the command that changes nothing before the one that takes everything back', async () => {
    const { limit } = suspect('dropped vault.precious');
    const text = await told('--ns', 'vault.precious');
    expect(text).toMatch(new RegExp(`restore\\.sh latest --collection vault\\.precious --oplog-limit ${limit.t}:${limit.i}\\n {2}to go back to before it: .*\\n {4}that takes all of MongoDB back`));
  });

  it('says what it has not read: a server that is down, and without sets nothing at all', async () => {
    await world.mongodb.stop();
    const { code, stdout, stderr } = await world.runScript('restore.sh', ['--suspects']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('the server cannot be read (unreachable')]);
    expect(stdout).toMatch(/^not known: what happened from \S+Z to \S+Z, which neither a set nor the server holds$/m);
    expect(await told('--ns', 'shop')).toMatch(/^in what could be read nothing was dropped/);
    const later = await world.runScript('restore.sh', ['--suspects', '--since', `@${Math.floor(Date.now() / 1000) - 1}`]);
    expect([later.code, later.stdout]).toEqual([1, '']);
    expect(later.stderr).toMatch(/^not known: what happened from \S+Z to \S+Z[^]*ERROR of the time that was asked for nothing could be read/m);
    const manifest = join(await setDirectory(world), 'manifest.json');
    await rename(manifest, `${manifest}.away`);
    const damaged = await world.runScript('restore.sh', ['--suspects']);
    await rename(`${manifest}.away`, manifest);
    expect([damaged.code, damaged.stderr]).toEqual([expect.any(Number), expect.stringContaining('has the name of a set and is none')]);
    expect(damaged.stdout).not.toContain('dropped vault.precious');
    await rename(world.paths.backups, `${world.paths.backups}.away`);
    const nothing = await world.runScript('restore.sh', ['--suspects']);
    await rm(world.paths.backups, { recursive: true, force: true });
    await rename(`${world.paths.backups}.away`, world.paths.backups);
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
    expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([1, '', expect.stringContaining('nothing could be read')]);
  });

  // The journal knows every write: none may be missing, none may be there that came later.
  it.each(wanted)('prints the command that undoes this, with no other write lost or gained: %s', async (what) => {
    const { command, limit } = suspect(what);
    expect(await examine(world, writer.journal, { why: what, args: command.replace(' --mongodb', '').split(' '), limit })).toEqual([]);
  });
});

describe('--collection', () => {
  const counts = (): Promise<Record<string, number>> =>
    world.withMongo(async (client) => {
      const names = (await client.db('vault').listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
      return Object.fromEntries(await Promise.all(names.sort().map(async (name) => [name.replace(/\d{8}_\d{6}/, 'TIME'), await client.db('vault').collection(name).countDocuments()] as const)));
    });
  const bring = async (...args: readonly string[]): Promise<void> => { await succeed(world, 'restore.sh', ['latest', ...args, '--yes']); };
  const moment = (what: string): string[] => [`--oplog-limit`, suspect(what).command.split(' ').at(-1) ?? ''];

  it('brings one collection back beside the original, with its indexes, and stops nothing', async () => {
    const [before, pid] = [await counts(), await world.mongodb.pid()];
    await bring('--collection', 'vault.precious', ...moment('dropped vault.precious'));
    expect(await counts()).toEqual({ ...before, precious_restored_TIME: 30 });
    expect(await world.mongodb.pid()).toBe(pid);
    await world.withMongo(async (client) => {
      const [{ name } = { name: '' }] = await client.db('vault').listCollections({ name: /^precious_restored_/ }).toArray();
      const collection = client.db('vault').collection<Row>(name);
      expect(await collection.find().sort({ _id: 1 }).toArray()).toEqual(numbered(30));
      expect((await collection.listIndexes().toArray() as Document[]).map((index) => [index['name'] as string, index['unique'] as unknown])).toEqual([['_id_', undefined], ['text_1', true]]);
      await collection.drop();
    });
  });

  it('--replace puts it in the place of the original, which is kept beside', async () => {
    const before = await counts();
    expect(before).toMatchObject({ old: 20 });
    await bring('--collection', 'vault.old', '--replace', ...moment('renamed vault.new over vault.old'));
    expect(await counts()).toEqual({ ...before, old: 25, old_before_TIME: 20 });
  });

  it('that did not exist then is an error, and nothing has changed', async () => {
    const before = await counts();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--collection', 'vault.nothing', '--yes']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('vault.nothing did not exist at')]);
    expect(await counts()).toEqual(before);
  });
});
