import type { Document, UpdateFilter } from 'mongodb';
import { type Hand, putChange, removeChange, type Row } from './hand.ts';
import { random } from './random.ts';
import type { Actor } from './writer.ts';

/** Inserts, updates of every kind, replacements and deletes; what each makes of the document is worked out here. */
export const rows: Actor = async (hand) => {
  const namespace = 'shop.things';
  await hand.prepare('shop', (db) => db.createCollection('things'));
  const known = new Map<number, Row>();
  let next = 0;
  return async () => {
    const row = [...known.values()][random(known.size + 3)];
    if (row === undefined) {
      next += 1;
      const added: Row = { _id: next, value: 0, text: `thing ${next}`, list: [] };
      await hand.put(namespace, added);
      known.set(next, added);
    } else if (random(7) === 0) {
      await hand.remove(namespace, row._id);
      known.delete(row._id);
    } else {
      known.set(row._id, await alter(hand, namespace, row, next));
    }
  };
};

type Alteration = { update: UpdateFilter<Row> | Document[]; result: Row };

const alterations: readonly ((row: Row, value: number, salt: number) => Alteration)[] = [
  (row, value) => ({ update: { $inc: { value: 5 } }, result: { ...row, value: value + 5 } }),
  (row, _, salt) => {
    const list = [...((row['list'] ?? []) as number[]), salt].slice(-4);
    return { update: { $push: { list: { $each: [salt], $slice: -4 } } } as unknown as UpdateFilter<Row>, result: { ...row, list } };
  },
  (row, value, salt) => ({ update: { $set: { text: `at ${salt}`, value: value + 1 } }, result: { ...row, text: `at ${salt}`, value: value + 1 } }),
  (row, value) => ({ update: { $unset: { text: '' }, $set: { value: value + 1 } }, result: { ...without(row, 'text'), value: value + 1 } }),
  (row, value) => ({ update: [{ $set: { value: { $add: ['$value', 3] }, piped: true } }], result: { ...row, value: value + 3, piped: true } }),
];

async function alter(hand: Hand, namespace: string, row: Row, salt: number): Promise<Row> {
  const collection = hand.rows(namespace);
  const filter = { _id: row._id };
  const value = row['value'] as number;
  const alteration = alterations[random(alterations.length + 1)]?.(row, value, salt);
  const replacement = { value: value + 1, list: [], replaced: salt };
  const result = alteration?.result ?? { _id: row._id, ...replacement };
  await hand.write(`change ${row._id}`, [putChange(namespace, result)], (session) => {
    if (alteration === undefined) return collection.replaceOne(filter, replacement, { session });
    // The first is what drivers also keep a retry image of.
    if (random(3) === 0) return collection.findOneAndUpdate(filter, alteration.update, { session });
    return collection.updateOne(filter, alteration.update, { session });
  });
  return result;
}

const without = (row: Row, name: string): Row => ({ ...Object.fromEntries(Object.entries(row).filter(([key]) => key !== name)), _id: row._id });

/** The same key again and again under a unique index, each time in a new document. */
export const uniqueKeys: Actor = async (hand) => {
  const namespace = 'shop.keys';
  await hand.prepare('shop', (db) => db.collection('keys').createIndex({ key: 1 }, { unique: true }, {}));
  let id = 0;
  const holder = new Map<number, number>();
  return async () => {
    const key = random(6);
    const old = holder.get(key);
    id += 1;
    const row: Row = { _id: id, key, padding: 'p'.repeat(random(200)) };
    holder.set(key, id);
    if (old === undefined) {
      await hand.put(namespace, row);
    } else if (random(2) === 0) {
      await hand.remove(namespace, old);
      await hand.put(namespace, row);
    } else {
      await hand.transaction(`new holder of ${key}`, [removeChange(namespace, old), putChange(namespace, row)], async (session) => {
        await hand.rows(namespace).deleteOne({ _id: old }, { session });
        await hand.rows(namespace).insertOne(row, { session });
      });
    }
  };
};

/** A collection that keeps its last documents only. */
export const capped: Actor = async (hand) => {
  const namespace = 'ring.last';
  const keepLast = 30;
  await hand.prepare('ring', (db) => db.createCollection('last', { capped: true, size: 100_000, max: keepLast }));
  let id = 0;
  return async () => {
    id += 1;
    const row: Row = { _id: id, text: 'x'.repeat(random(50)) };
    // What falls out at the other end is an entry of its own.
    await hand.writeSpan(`insert ${id}`, [putChange(namespace, row, keepLast)], (session) => hand.rows(namespace).insertOne(row, { session }));
  };
};
