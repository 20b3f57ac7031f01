import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MongoClient } from 'mongodb';
import { RedisConnection } from '../test/support/fixtures/resp.ts';
import type { Sandbox } from '../test/support/sandbox/sandbox.ts';

const count = (number: number): number[] => Array.from({ length: number }, (_, index) => index);
const day = 86_400_000;

/** What a small shop has after a while. */
export async function fillDatabase(client: MongoClient): Promise<void> {
  const db = client.db('plugspace');
  const users = count(8000).map((id) => ({ id, email: `user${id}@plugspace.test`, joined: new Date(1.6e12 + id * day), tags: [`t${id % 9}`] }));
  await db.collection('users').insertMany(users);
  const orders = count(24_000).map((id) => ({ id, user: id % 8000, total: id / 100, at: new Date(1.7e12 + id * 60_000), items: [{ sku: `s${id % 500}` }] }));
  await db.collection('orders').insertMany(orders);
  const listings = count(3000).map((id) => ({ id, title: `Space ${id}`, place: { type: 'Point', coordinates: [(id % 360) - 180, (id % 170) - 85] } }));
  await db.collection('listings').insertMany(listings);
  await db.createCollection('visits', { timeseries: { timeField: 'at', metaField: 'page' } });
  await db.collection('visits').insertMany(count(5000).map((id) => ({ at: new Date(1.7e12 + id * 1000), page: `/p${id % 20}` })));
  await db.createCollection('big_orders', { viewOn: 'orders', pipeline: [{ $match: { total: { $gt: 200 } } }] });
  await db.collection('users').createIndexes([{ key: { email: 1 }, name: 'email', unique: true }]);
  await db.collection('orders').createIndexes([{ key: { user: 1, at: -1 }, name: 'of a user' }]);
  await db.collection('listings').createIndexes([{ key: { place: '2dsphere' }, name: 'place' }, { key: { title: 'text' }, name: 'words' }]);
  await db.command({ createUser: 'plugspace', pwd: 'not a real secret', roles: ['readWrite'] });
}

/** What comes in after the backup: no set holds it, the oplog does. */
export async function sellMore(client: MongoClient): Promise<void> {
  const db = client.db('plugspace');
  await db.collection('orders').insertMany(count(1500).map((id) => ({ id: 24_000 + id, user: id, total: id / 10, at: new Date(), items: [{ sku: 'new' }] })));
  await db.collection('users').updateMany({ id: { $lt: 250 } }, { $set: { seen: new Date() } });
  await client.withSession((session) => session.withTransaction(async () => {
    await db.collection('listings').deleteOne({ id: 7 }, { session });
    await db.collection('orders').insertOne({ id: 25_500, user: 7, total: 9.5, at: new Date(), items: [{ sku: 'the last one' }] }, { session });
  }));
}

export async function fillRedis(sandbox: Sandbox): Promise<void> {
  const redis = await RedisConnection.open(sandbox.redis);
  const nextYear = Date.UTC(2100, 0, 1);
  await Promise.all(count(4000).map((id) => redis.call('SET', `session:${id}`, `{"user":${id}}`, 'PXAT', nextYear + id)));
  await Promise.all(count(500).map((id) => redis.call('ZADD', 'popular', id * 3, `listing:${id}`)));
  await Promise.all(count(300).map((id) => redis.call('XADD', 'mail', `${1_700_000_000_000 + id}-0`, 'to', `user${id}`)));
  redis.close();
}

export async function fillUploads(uploads: string): Promise<void> {
  for (const id of count(240)) {
    const directory = join(uploads, `user ${id % 12}`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `photo ${id} ü.jpg`), Buffer.alloc(40_000 + id * 97, `photo ${id} `));
  }
}
