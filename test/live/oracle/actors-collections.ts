import type { Db } from 'mongodb';
import type { Hand, Row } from './hand.ts';
import { nth } from './nth.ts';
import type { Actor } from './writer.ts';

type Step = {
  what: string;
  /** One entry of the oplog, or several. */
  single: boolean;
  /** A dump that runs meanwhile would give up. */
  disturbs: boolean;
  work: (dbs: { main: Db; other: Db }, hand: Hand) => Promise<unknown>;
};

const step = (what: string, single: boolean, disturbs: boolean, work: Step['work']): Step => ({ what, single, disturbs, work });

/** What happens to collections as a whole, in an order that meets names that are taken, gone and taken again. */
const steps: readonly Step[] = [
  step('create', true, false, ({ main }, { session }) => main.createCollection('books', { session })),
  step('insert', false, false, ({ main }, { session }) => main.collection<Row>('books').insertMany([1, 2, 3, 4, 5, 6].map((n) => ({ _id: n, shelf: n % 3, title: `t${n}` })), { session })),
  step('build an index', false, false, ({ main }, { session }) => main.collection('books').createIndex({ shelf: 1, title: -1 }, { name: 'by shelf' }, { session })),
  step('build a partial index', false, false, ({ main }, { session }) => main.collection('books').createIndex({ title: 1 }, { unique: true, partialFilterExpression: { shelf: 1 } }, { session })),
  step('fail to build an index', false, false, ({ main }, { session }) => main.collection('books').createIndex({ shelf: 1 }, { unique: true }, { session }).catch(() => undefined)),
  step('hide an index', true, false, ({ main }, { session }) => main.command({ collMod: 'books', index: { name: 'by shelf', hidden: true } }, { session })),
  step('set a validator', true, false, ({ main }, { session }) => main.command({ collMod: 'books', validator: { title: { $type: 'string' } }, validationLevel: 'moderate' }, { session })),
  step('drop an index', true, false, ({ main }, { session }) => main.collection('books').dropIndex('title_1', { session })),
  step('rename, onto an old one if there is one', true, true, ({ main, other }, { session }) => other.admin().command({ renameCollection: `${main.databaseName}.books`, to: `${main.databaseName}.library`, dropTarget: true }, { session })),
  step('$out', false, true, ({ main }, { session }) => main.collection('library').aggregate([{ $group: { _id: '$shelf', books: { $sum: 1 } } }, { $out: 'summary' }], { session }).toArray()),
  step('build an index on it', false, false, ({ main }, { session }) => main.collection('summary').createIndex({ books: -1 }, { sparse: true }, { session })),
  step('$out over what is there', false, true, ({ main }, { session }) => main.collection('library').aggregate([{ $group: { _id: '$title' } }, { $out: 'summary' }], { session }).toArray()),
  step('$merge', false, true, ({ main }, { session }) => main.collection('library').aggregate([{ $set: { seen: '$$NOW' } }, { $merge: { into: 'merged' } }], { session }).toArray()),
  step('create a view', false, true, ({ main }, { session }) => main.createCollection('first', { viewOn: 'library', pipeline: [{ $match: { shelf: 1 } }], session })),
  step('change the view', false, true, ({ main }, { session }) => main.command({ collMod: 'first', viewOn: 'library', pipeline: [{ $match: { shelf: 2 } }] }, { session })),
  step('make it capped', false, true, ({ main }, { session }) => main.command({ convertToCapped: 'summary', size: 8192 }, { session })),
  step('rename across databases', false, true, ({ main, other }, { session }) => other.admin().command({ renameCollection: `${main.databaseName}.merged`, to: `${other.databaseName}.merged`, dropTarget: true }, { session })),
  step('drop the view', true, true, ({ main }, { session }) => main.command({ drop: 'first' }, { session })),
  step('drop', true, true, ({ main }, { session }) => main.command({ drop: 'summary' }, { session })),
  step('write to the renamed one', true, false, ({ main }, { session }) => main.collection<Row>('library').updateOne({ _id: 3 }, { $set: { late: true } }, { session })),
  step('drop all indexes', false, true, ({ main }, { session }) => main.collection('library').dropIndexes({ session })),
];

export const collections: Actor = (hand, { disturb }) => {
  const dbs = { main: hand.client.db('ddl'), other: hand.client.db('ddl_other') };
  const both = [dbs.main, dbs.other];
  let number = 0;
  return Promise.resolve(async () => {
    const { what, single, disturbs, work } = nth(steps, number % steps.length);
    const now = (): Promise<void> => hand.reshape(`${what} (${number})`, both, single, () => work(dbs, hand));
    if (disturbs) {
      if (!(await disturb(now))) return;
    } else {
      await now();
    }
    number += 1;
    if (number % (3 * steps.length) === 0) await disturb(() => hand.reshape('drop the database', [dbs.other], false, () => dbs.other.dropDatabase({ session: hand.session })));
  });
};
