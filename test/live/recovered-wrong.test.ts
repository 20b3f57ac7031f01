import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON, type Document, type MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { shellWord } from '../support/tools/command.ts';
import { take, withStub } from './support/chains.ts';
import { exactly } from './support/exactly.ts';
import { leftHalfBuilt, leftRunning, privateDirectoriesOf, start, succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;

async function seed(client: MongoClient): Promise<void> {
  const shop = client.db('shop');
  await shop.collection<Row>('orders').insertMany([{ _id: 1, number: 1 }, { _id: 2, number: 2 }]);
  await shop.collection('orders').createIndex({ number: 1 });
  await shop.collection('orders').createIndex({ place: 1 });
  await shop.createCollection('checked', { validator: { email: { $type: 'string' } } });
  await shop.collection('checked').createIndex({ email: 1 });
  await shop.createCollection('seen', { viewOn: 'orders', pipeline: [{ $match: { number: 1 } }] });
  await shop.createCollection('weather', { timeseries: { timeField: 'at' } });
  await shop.command({ createUser: 'of the dump', pwd: 'x', roles: [] });
}

/** What only the oplog tells. */
async function write(client: MongoClient): Promise<void> {
  const shop = client.db('shop');
  await shop.collection<Row>('later').insertOne({ _id: 1 });
  await shop.collection('later').createIndex({ at: 1 }, { expireAfterSeconds: 100_000 }, {});
  await shop.createCollection('viewed', { viewOn: 'later', pipeline: [], collation: { locale: 'de' } });
  await shop.command({ createUser: 'of the slice', pwd: 'x', roles: ['read'] });
  await shop.command({ createRole: 'reader', privileges: [], roles: [] });
  // What changes once more is known all the same, by its whole or by its name.
  await shop.command({ collMod: 'seen', viewOn: 'orders', pipeline: [{ $match: { number: 2 } }] });
  await shop.command({ createUser: 'changed', pwd: 'x', roles: [] });
  await shop.command({ updateUser: 'changed', pwd: 'y', roles: ['read', 'reader'] });
  await shop.command({ updateRole: 'reader', privileges: [{ resource: { db: 'shop', collection: '' }, actions: ['find'] }] });
  await shop.command({ createUser: 'gone', pwd: 'x', roles: [] });
  await shop.command({ dropUser: 'gone' });
}

beforeAll(async () => {
  world = await createWorld({ name: 'wrong' });
  await world.withMongo(seed);
  await take(world, 'full');
  await world.withMongo(write);
  await take(world, 'database');
  await world.withMongo((client) => client.db('shop').collection<Row>('orders').insertOne({ _id: 'of now' }));
});
afterAll(() => world.close());

type Commands = readonly (readonly [string, Document])[];

const deleteOne = (collection: string, q: Document): Document => ({ delete: collection, deletes: [{ q, limit: 1 }] });
const set = (collection: string, q: Document, fields: Document): Document => ({ update: collection, updates: [{ q, u: { $set: fields } }] });

type Case = { what: string; commands: Commands; told: readonly string[] };
/** Each restore meets with several differences of a kind, to save time: each one is told by itself. */
const cases: readonly Case[] = [
  {
    what: 'indexes: one is missing, one is on other fields, two have other options, one is too many',
    commands: [
      ['shop', { dropIndexes: 'orders', index: ['number_1', 'place_1'] }],
      ['shop', { createIndexes: 'orders', indexes: [{ key: { place: -1 }, name: 'place_1' }, { key: { a: 1 }, name: 'a_1' }] }],
      ['shop', { collMod: 'later', index: { name: 'at_1', expireAfterSeconds: 5 } }],
      ['shop', { collMod: 'checked', index: { name: 'email_1', hidden: true } }],
    ],
    told: [
      'shop.checked has the index email_1 with other options', 'shop.later has the index at_1 with other options', 'shop.orders has the index a_1, which it should not',
      'shop.orders has the index place_1 on other fields', 'shop.orders lacks the index number_1',
    ],
  },
  {
    what: 'options, views and documents',
    commands: [
      ['shop', { collMod: 'checked', validator: { email: 1 }, validationLevel: 'off' }],
      ['shop', { collMod: 'viewed', viewOn: 'orders', pipeline: [] }],
      ['shop', { collMod: 'seen', viewOn: 'orders', pipeline: [] }],
      ['shop', deleteOne('orders', { _id: 2 })],
    ],
    told: ['shop.checked has another option validationLevel', 'shop.checked has another option validator', 'shop.orders has 1 of 2 documents', 'shop.seen is not as it was', 'shop.viewed is not as it was'],
  },
  {
    what: 'collections: of the dump and of the oplog, one is another of that name, one is a view, one is too many, and a time series is missing',
    commands: [
      ['shop', { drop: 'orders' }], ['shop', { drop: 'later' }], ['shop', { create: 'later' }], ['shop', { drop: 'checked' }], ['shop', { create: 'checked', viewOn: 'orders', pipeline: [] }],
      ['shop', { drop: 'weather' }], ['other', { create: 'things' }],
    ],
    told: [
      'other.things should not be there', 'shop.checked is missing', 'shop.checked should not be there', 'shop.later is missing', 'shop.later should not be there',
      'shop.orders is missing', 'shop.system.buckets.weather is missing', 'shop.weather is missing',
    ],
  },
  {
    what: 'an account of the dump that is missing, and nothing else',
    commands: [['admin', deleteOne('system.users', { user: 'of the dump' })]],
    told: ['the account shop.of the dump is missing'],
  },
  {
    what: 'accounts and roles: one has other rights, one is too many, one is missing',
    commands: [
      ['admin', set('system.users', { user: 'of the slice' }, { roles: [{ role: 'root', db: 'admin' }] })],
      ['shop', { createUser: 'intruder', pwd: 'x', roles: [] }],
      ['admin', deleteOne('system.roles', { role: 'reader' })],
    ],
    told: ['the account shop.intruder should not be there', 'the account shop.of the slice is not as it was', 'the role shop.reader is missing'],
  },
];

/** Its log reaches the restore by way of somebody who changes what it recovered. */
const meddled = (commands: Commands): Promise<{ PATH: string }> => withStub(world, 'mongod', `
if [[ "$*" != *startupRecovery* || "$*" == *.probe* ]]; then exec "\${REAL}" "$@"; fi
while [[ $1 != --bind_ip ]]; do others+=("$1"); shift; done
exec "\${REAL}" "\${others[@]}" "$@" > >(exec ${shellWord(process.execPath)} ${shellWord(join(import.meta.dirname, 'support/meddle.mjs'))} "$2" ${shellWord(BSON.EJSON.stringify(commands))})`);

describe('a server that recovered something else than dump and oplog say is not swapped in', () => {
  it.each(cases)('$what', async ({ commands, told }) => {
    const [before, pid, log] = [await world.withMongo(exactly), await world.mongodb.pid(), await readFile(world.paths.logFile, 'utf8')];
    const run = start(world, 'restore.sh', ['latest', '--mongodb', '--yes'], await meddled(commands));
    const { code, output } = await run.ended;
    const [, differences = output] = /ERROR what was recovered is not what the dump and the oplog say: (.*); nothing that runs was touched\n/.exec(output) ?? [];
    expect([code, differences.split('; ').sort()]).toEqual([6, told]);
    expect((await readFile(world.paths.logFile, 'utf8')).slice(log.length)).not.toMatch(/ DONE |swapping in|stopping /);
    expect([await world.withMongo(exactly), await world.mongodb.pid()]).toEqual([before, pid]);
    expect([await leftHalfBuilt(world), await leftRunning(run.pid), await privateDirectoriesOf(run.pid)]).toEqual([[], [], []]);
  });

  it('but one that recovered everything is', async () => {
    await succeed(world, 'restore.sh', ['latest', '--mongodb', '--yes'], { env: await meddled([]) });
    expect(await readFile(world.paths.logFile, 'utf8')).toMatch(/ mongodb: swapping in\n[^]* stopping MongoDB/);
    expect(await world.withMongo((client) => client.db('shop').collection('orders').countDocuments())).toBe(2);
  });
});
