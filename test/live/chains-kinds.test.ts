import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Binary, BSON, type Document, type MongoClient, Timestamp } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { lookInto } from './oracle/examine.ts';
import { type Link, restoreInto, take } from './support/chains.ts';
import { exactly, type Exactly } from './support/exactly.ts';
import { createWorld, type World } from './support/world.ts';


type Numbered = Document & { _id: number };
type Work = (client: MongoClient) => Promise<unknown>;
type Moment = { what: string; set: Link; state: Exactly };

/** What a replay that is not the server's own gets wrong, refuses, or fails at. */
const kinds: readonly (readonly [string, Work])[] = [
  ['an index made unique by collMod', async (client) => {
    const db = client.db('shop');
    await db.command({ collMod: 'orders', index: { keyPattern: { number: 1 }, prepareUnique: true } });
    await db.command({ collMod: 'orders', index: { keyPattern: { number: 1 }, unique: true } });
  }],
  ['options of collections and indexes changed by collMod', async (client) => {
    const db = client.db('shop');
    await db.createCollection('changed', { expireAfterSeconds: 315_360_000, clusteredIndex: { key: { _id: 1 }, unique: true } });
    await db.command({ collMod: 'changed', expireAfterSeconds: 'off' });
    await db.command({ collMod: 'checked', validationLevel: 'moderate', changeStreamPreAndPostImages: { enabled: true } });
    await db.command({ collMod: 'checked', validator: {} });
    await db.collection('changed').createIndex({ at: 1 }, { expireAfterSeconds: 1_000_000, hidden: true }, {});
    await db.command({ collMod: 'changed', index: { keyPattern: { at: 1 }, expireAfterSeconds: 2_000_000, hidden: false } });
    await db.command({ collMod: 'checked', validator: { email: { $type: 'string' } } });
  }],
  ['a write that bypassed a validator', async (client) => {
    await client.db('shop').collection<Row>('checked').insertOne({ _id: 2, broken: true }, { bypassDocumentValidation: true });
    await client.db('shop').collection<Numbered>('checked').updateOne({ _id: 1 }, { $set: { email: 7 } }, { bypassDocumentValidation: true });
  }],
  ['a simple-collation unique index on a collection with a collation, $out and renames', async (client) => {
    const db = client.db('shop');
    await db.collection('german').createIndex({ word: 1 }, { unique: true, collation: { locale: 'simple' } }, {});
    await db.collection('german').insertMany([{ word: 'a' }, { word: 'A' }]);
    await db.collection('german').aggregate([{ $out: 'copied' }]).toArray();
    await db.renameCollection('german', 'deutsch');
    await db.renameCollection('copied', 'target', { dropTarget: true });
  }],
  ['a collection replaced by a view of its name', async (client) => {
    const db = client.db('shop');
    await db.dropCollection('replaced');
    await db.createCollection('replaced', { viewOn: 'orders', pipeline: [{ $match: { number: 1 } }] });
  }],
  ['a view replaced by a collection, and a view changed', async (client) => {
    const db = client.db('shop');
    await db.dropCollection('seen');
    await db.collection<Row>('seen').insertOne({ _id: 1 });
    await db.command({ collMod: 'replaced', viewOn: 'orders', pipeline: [] });
  }],
  ['time series: changed, dropped, made again, and new', async (client) => {
    const db = client.db('series');
    await db.command({ collMod: 'first', timeseries: { granularity: 'minutes' } });
    await db.collection('first').insertMany(readings(60));
    await db.dropCollection('second');
    await db.dropCollection('third');
    await db.createCollection('third', { timeseries: { timeField: 'at', metaField: 'place' } });
    await db.collection('third').insertMany(readings(10));
    await db.createCollection('fourth', { timeseries: { timeField: 'at' }, expireAfterSeconds: 315_360_000 });
    await db.collection('fourth').createIndex({ at: -1, value: 1 });
    await db.collection('fourth').insertMany(readings(5));
  }],
  ['collections of an application in admin, beside a rename', async (client) => {
    const db = client.db('admin');
    await db.collection('audit').insertMany([{ who: 'a', at: 1 }, { who: 'b', at: 2 }]);
    await db.collection('audit').createIndex({ who: 1, at: -1 });
    await client.db('shop').renameCollection('deutsch', 'german');
  }],
  ['accounts and roles on a server that had none', async (client) => {
    await client.db('shop').command({ createRole: 'reader', privileges: [{ resource: { db: 'shop', collection: '' }, actions: ['find'] }], roles: [] });
    await client.db('shop').command({ createUser: 'someone', pwd: 'secret', roles: ['reader'] });
  }],
  ['kinds of collections and indexes, with names of any kind', async (client) => {
    const db = client.db('kinds');
    await db.createCollection('capped', { capped: true, size: 8192, max: 5 });
    await db.collection<Row>('capped').insertMany(Array.from({ length: 12 }, (_, index) => ({ _id: 100 - index })));
    await db.createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true } });
    await db.collection<Row>('clustered').insertMany([{ _id: 3 }, { _id: 1 }]);
    await db.createCollection('images', { changeStreamPreAndPostImages: { enabled: true } });
    await db.collection<Row>('images').insertOne({ _id: 1, a: 1 });
    await db.collection<Numbered>('images').updateOne({ _id: 1 }, { $set: { a: 2 } });
    for (const name of ['new\nline', `quotes'"$`, 'systemjs', 'ünïcödé✓', '10', 'per%cent']) await db.collection<Row>(name.replace('$', '')).insertOne({ _id: name });
    const many = db.collection('many');
    await many.insertMany([{ place: { type: 'Point', coordinates: [1, 2] }, text: 'a word', 10: 1, 1: 2, b: 3 }]);
    await many.createIndexes([{ key: { place: '2dsphere' } }, { key: { text: 'text' } }, { key: { '$**': 1 }, name: 'wild' }, { key: { b: 'hashed' } }, { key: { b: 1 }, partialFilterExpression: { b: { $gt: 1 } }, hidden: true }]);
    await db.collection('system.js').insertOne({ _id: 'f', value: 1 } as never);
  }],
  ['an index whose fields look like numbers', (client) => client.db('kinds').command({ createIndexes: 'many', indexes: [{ key: new Map([['b', 1], ['10', 1], ['1', -1]]), name: 'numbers' }] })],
  ['a transaction of 20 MB with a collection and an index made in it', async (client) => {
    await client.withSession((session) => session.withTransaction(async () => {
      await client.db('kinds').createCollection('within', { session });
      await client.db('kinds').collection('within').createIndex({ a: 1 }, {}, { session });
      for (let index = 0; index < 40; index += 1) await client.db('kinds').collection('within').insertOne({ a: index, text: 'x'.repeat(500_000) }, { session });
    }));
  }],
  ['a transaction of many small writes', (client) => client.withSession((session) => session.withTransaction(() =>
    client.db('kinds').collection('small').insertMany(Array.from({ length: 25_000 }, (_, index) => ({ _id: index as never, text: 'y'.repeat(700) })), { session })))],
  ['a document as large as can be, empty timestamps, and bytes that look like them', async (client) => {
    const rows = client.db('kinds').collection<Numbered>('large');
    // A few bytes less than the largest, for its entry in the oplog is one of these too.
    const overhead = BSON.calculateObjectSize({ _id: 1, text: '' }) + 150;
    await rows.insertOne({ _id: 1, text: 'x'.repeat(16 * 1024 * 1024 - overhead) });
    await rows.insertOne({ _id: 2, run: new Binary(Buffer.alloc(4_000_000, 0x11)) });
    await rows.insertOne({ _id: 3, random: new Binary(randomBytes(8_000_000)) });
    await rows.insertOne({ _id: 4, inner: { ts: new Timestamp(0n) } });
    await rows.updateOne({ _id: 4 }, [{ $set: { ts: new Timestamp(0n) } }]);
  }],
  ['a database that is dropped, and one of that name again', async (client) => {
    await client.db('series').dropDatabase();
    await client.db('series').collection<Row>('first').insertOne({ _id: 'now a plain one' });
  }],
];

const readings = (count: number): Document[] => Array.from({ length: count }, (_, index) => ({ at: new Date(1.7e12 + index * 60_000), place: { id: index % 3 }, value: index / 3 }));

let world: World;
const moments: Moment[] = [];

async function prepare(client: MongoClient): Promise<void> {
  const shop = client.db('shop');
  // What a server keeps of accounts and views that are gone: collections that no dump brings.
  await shop.command({ createUser: 'gone', pwd: 'x', roles: [] });
  await shop.command({ dropUser: 'gone' });
  await shop.command({ createRole: 'gone', privileges: [], roles: [] });
  await shop.command({ dropRole: 'gone' });
  await client.db('other').createCollection('view', { viewOn: 'x', pipeline: [] });
  await client.db('other').dropCollection('view');
  await shop.collection('orders').insertMany([{ number: 1 }, { number: 2 }]);
  await shop.collection('orders').createIndex({ number: 1 });
  await shop.createCollection('checked', { validator: { email: { $type: 'string' } } });
  await shop.collection<Row>('checked').insertOne({ _id: 1, email: 'a@b' });
  await shop.createCollection('german', { collation: { locale: 'de', strength: 1 } });
  await shop.collection('target').insertOne({ old: true });
  await shop.collection('replaced').insertOne({ old: true });
  await shop.createCollection('seen', { viewOn: 'orders', pipeline: [] });
  for (const name of ['first', 'second', 'third']) {
    await client.db('series').createCollection(name, { timeseries: { timeField: 'at', metaField: 'place', granularity: 'seconds' } });
    await client.db('series').collection(name).insertMany(readings(40));
    await client.db('series').collection(name).createIndex({ 'place.id': 1, at: 1 });
  }
}

async function moment(what: string, type: 'full' | 'database'): Promise<void> {
  const state = await world.withMongo(async (client) => {
    await client.db('shop').collection<Row>('ticks').insertOne({ _id: what }, { writeConcern: { w: 'majority' } });
    return exactly(client);
  });
  const set = await take(world, type);
  expect([what, set.type, set.warnings]).toEqual([what, type, []]);
  moments.push({ what, set, state });
}

/** Rotations of the keys that sign cluster times come every few seconds on this server, by themselves. */
const rotations = (): Promise<number> => world.withMongo((client) => client.db('admin').collection('system.keys').countDocuments());

beforeAll(async () => {
  world = await createWorld({ name: 'kinds', mongodb: { parameters: { KeysRotationIntervalSec: 6 } } });
  await world.withMongo(prepare);
  await moment('the dump', 'full');
  for (const [what, work] of kinds) {
    await world.withMongo(work);
    await moment(what, 'database');
  }
  const before = await rotations();
  // Every few seconds, on a busy machine later.
  const end = Date.now() + 120_000;
  while ((await rotations()) < before + 2 && Date.now() < end) await sleep(500);
  expect(await rotations()).toBeGreaterThan(before + 1);
  await moment('rotated keys', 'database');
  await moment('a dump of all this', 'full');
  await world.withMongo((client) => client.db('shop').collection('ticks').insertOne({ after: true }));
  await moment('after it', 'database');
});
afterAll(() => world.close());

let number = 0;
async function restored(...args: readonly string[]): Promise<Exactly> {
  const directory = join(world.root, `restored-${number += 1}`);
  const { code, stderr } = await restoreInto(world, directory, ...args, '--mongodb');
  expect(code, stderr).toBe(0);
  return lookInto(directory, exactly).finally(() => rm(directory, { recursive: true }));
}

describe('a restore is exactly what the server was: documents, options, indexes and UUIDs', () => {
  it.each(['the dump', ...kinds.map(([what]) => what), 'rotated keys', 'a dump of all this', 'after it'])('%s', async (what) => {
    const wanted = moments.find((one) => one.what === what);
    if (wanted === undefined) throw new Error(`there is no moment ${what}`);
    expect(await restored(wanted.set.id)).toEqual(wanted.state);
  });
});

describe('a moment in the middle of something', () => {
  it('of a build of indexes gives none of them, and a server that starts', async () => {
    const at = await world.withMongo(async (client) => {
      const oplog = client.db('local').collection<{ ts: Timestamp; o: Document }>('oplog.rs');
      const start = await oplog.findOne({ 'o.startIndexBuild': 'audit' });
      const commit = await oplog.findOne({ 'o.commitIndexBuild': 'audit' });
      if (start === null || commit === null) throw new Error('no index was built');
      expect(start.ts.lessThan(commit.ts)).toBe(true);
      return commit.ts;
    });
    const found = await restored('latest', '--oplog-limit', `${at.t}:${at.i}`);
    expect(found['admin.audit']?.['indexes']).not.toContain('who_1_at_-1');
    expect(found['admin.audit']?.['documents']).not.toBe('');
  });
});
