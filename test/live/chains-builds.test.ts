import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookInto } from './oracle/examine.ts';
import { type Link, restoreInto, take, write } from './support/chains.ts';
import { exactly, type Exactly } from './support/exactly.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let during: Link;
let after: Link;
let state: Exactly;

const failPoint = (client: MongoClient, mode: 'alwaysOn' | 'off'): Promise<unknown> => client.db('admin').command({ configureFailPoint: 'hangAfterStartingIndexBuild', mode });

async function untilBuilding(client: MongoClient, count: number): Promise<void> {
  const oplog = client.db('local').collection('oplog.rs');
  while ((await oplog.countDocuments({ 'o.startIndexBuild': { $exists: true } })) < count) await sleep(20);
  await client.db('shop').collection('other').insertOne({}, { writeConcern: { w: 'majority' } });
}

async function restored(set: string): Promise<Exactly> {
  const directory = join(world.root, 'look');
  const { code, stderr } = await restoreInto(world, directory, set, '--mongodb');
  expect(code, stderr).toBe(0);
  return lookInto(directory, exactly).finally(() => rm(directory, { recursive: true }));
}

// A build that is under way while the dump is made: one that ends well, one that fails.
beforeAll(async () => {
  world = await createWorld({ name: 'builds', mongodb: { parameters: { enableTestCommands: true } } });
  await world.withMongo(async (client) => {
    const db = client.db('shop');
    for (const name of ['fine', 'twice', 'early']) await db.collection(name).insertMany([{ a: 1 }, { a: name === 'fine' ? 2 : 1 }]);
    await failPoint(client, 'alwaysOn');
    const builds = [db.collection('fine').createIndex({ a: 1 }, { unique: true }, {}), db.collection('twice').createIndex({ a: 1 }, { unique: true }, {})].map((one) => one.then(() => 'built', () => 'failed'));
    await untilBuilding(client, 2);
    during = await take(world, 'full');
    await failPoint(client, 'off');
    expect(await Promise.all(builds)).toEqual(['built', 'failed']);
    await expect(db.collection('early').createIndex({ a: 1 }, { unique: true }, {})).rejects.toThrow('E11000');
    state = await exactly(client);
  });
  await write(world, 'more');
  after = await take(world, 'database');
}, 120_000);
afterAll(() => world.close());

describe('builds of indexes that are under way while the dump is made', () => {
  it('are not there at its end', async () => {
    const found = await restored(during.id);
    expect([found['shop.fine']?.['indexes'], found['shop.twice']?.['indexes']].map((text) => text?.includes('a_1'))).toEqual([false, false]);
  });

  it('are there once they have ended, and not where they failed, nor where one failed in a slice', async () => {
    const found = await restored(after.id);
    for (const name of ['fine', 'twice', 'early']) expect([name, found[`shop.${name}`]]).toEqual([name, state[`shop.${name}`]]);
  });
});
