import type { ChangeStream, Document } from 'mongodb';
import type { Hand, Row } from './hand.ts';
import { digestOf, digestOfFields, idOf } from './observe.ts';
import type { Change } from './journal.ts';
import { random } from './random.ts';
import { operationTime, toStamp } from './stamp.ts';
import type { Actor } from './writer.ts';

/** Measurements, in a time series that is dropped and made anew now and then. */
export const series: Actor = async (hand, { disturb }) => {
  const namespace = 'ts.readings';
  const db = hand.client.db('ts');
  const create = (): Promise<unknown> => db.createCollection('readings', { timeseries: { timeField: 'at', metaField: 'sensor', granularity: 'seconds' }, session: hand.session });
  await hand.prepare('ts', create);
  let id = 0;
  return async () => {
    id += 1;
    if (id % 60 === 0) {
      await disturb(async () => {
        await hand.reshape('drop the series', [db], false, () => db.command({ drop: 'readings' }, { session: hand.session }));
        await hand.reshape('create the series', [db], false, create);
      });
    }
    const reading: Row = { at: new Date(), sensor: { name: `s${random(3)}` }, _id: id, value: random(1000) / 8 + 0.0625 };
    const change = { kind: 'put' as const, namespace, id: idOf(id), digest: digestOfFields(reading) };
    await hand.write(`measure ${id}`, [change], (session) => hand.rows(namespace).insertOne(reading, { session }));
  };
};

/** Accounts and roles that are made, changed and removed; two of them stay. */
export const accounts: Actor = async (hand) => {
  await command(hand, 'keeper', 'system.roles', { createRole: 'keeper', roles: [], privileges: [] });
  await command(hand, 'keeper', 'system.users', { createUser: 'keeper', pwd: 'secret', roles: [] });
  let number = 0;
  let present = false;
  return async () => {
    number += 1;
    if (number % 5 === 0) {
      const privileges = [{ resource: { db: 'shop', collection: `c${number}` }, actions: ['find'] }];
      await command(hand, 'keeper', 'system.roles', { updateRole: 'keeper', privileges });
    } else if (!present) {
      await command(hand, 'guest', 'system.users', { createUser: 'guest', pwd: `p${number}`, roles: [{ role: 'read', db: 'shop' }] });
      present = true;
    } else if (random(2) === 0) {
      await command(hand, 'guest', 'system.users', { updateUser: 'guest', pwd: `p${number}`, roles: [{ role: 'readWrite', db: 'shop' }, 'keeper'] });
    } else {
      await command(hand, 'guest', 'system.users', { dropUser: 'guest' });
      present = false;
    }
  };
};

/** What the server made of an account or a role is looked up afterwards. */
async function command({ client, session, journal }: Hand, name: string, collection: string, words: Document): Promise<void> {
  const namespace = `admin.${collection}`;
  const admin = client.db('admin');
  await admin.command(words, { session });
  const at = operationTime(session);
  const id = `admin.${name}`;
  const raw = await admin.collection<{ _id: string }>(collection).findOne({ _id: id }, { promoteValues: false });
  const digest = raw === null ? '' : digestOf(raw);
  const first = name === 'keeper' && Object.keys(words).some((word) => word.startsWith('create'));
  const whole: Change = { kind: 'become', namespace, space: { shape: '', documents: new Map([[idOf(id), digest]]) } };
  const one: Change = raw === null ? { kind: 'remove', namespace, id: idOf(id) } : { kind: 'put', namespace, id: idOf(id), digest };
  journal.record(`${Object.keys(words).join()} ${name}`, at, [first ? whole : one]);
}

/** Documents that the server itself removes when their time is over: it tells of that in a change stream. */
export const expiring: Actor = async (hand) => {
  const namespace = 'ttl.sessions';
  await hand.client.db('admin').command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
  await hand.prepare('ttl', (db) => db.collection('sessions').createIndex({ until: 1 }, { expireAfterSeconds: 0 }, {}));
  follow(hand, namespace, hand.rows(namespace).watch([{ $match: { operationType: 'delete' } }]));
  let id = 0;
  return async () => {
    id += 1;
    await hand.put(namespace, { _id: id, until: new Date(Date.now() + 1000 + random(6000)) });
  };
};

function follow(hand: Hand, namespace: string, stream: ChangeStream<Row>): void {
  hand.streams.push(stream);
  stream.on('change', (event) => {
    if (event.operationType !== 'delete' || event.clusterTime === undefined) return;
    hand.journal.record(`expiry of ${event.documentKey._id}`, toStamp(event.clusterTime), [{ kind: 'remove', namespace, id: idOf(event.documentKey._id) }]);
  });
}
