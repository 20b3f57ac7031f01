import { setTimeout as sleep } from 'node:timers/promises';
import { type Hand, putChange, removeChange, type Row } from './hand.ts';
import { random } from './random.ts';
import type { Actor } from './writer.ts';

/** Transactions over two databases: of a few writes or of many, at once or long open, some of them aborted. */
export const transactions = (name: string, most: number, milliseconds: number): Actor => async (hand) => {
  for (const database of ['tx_one', 'tx_two']) await hand.prepare(database, (db) => db.createCollection(name));
  const [one, two] = [`tx_one.${name}`, `tx_two.${name}`];
  let id = 0;
  return async () => {
    const added = Array.from({ length: 1 + random(most) }, (_, index): Row => ({ _id: id + index + 1, of: name }));
    const sum: Row = { _id: id + 1, documents: added.length };
    if (random(6) === 0) { await abandon(hand, one, added); return; }
    const changes = [...added.map((row) => putChange(one, row)), putChange(two, sum), ...(id > 0 ? [removeChange(one, id)] : [])];
    await hand.transaction(`${name} from ${id + 1}`, changes, (session) => hand.rows(one).insertMany(added, { session }), async (session) => {
      await sleep(milliseconds + random(milliseconds));
      await hand.rows(two).insertOne(sum, { session });
      if (id > 0) await hand.rows(one).deleteOne({ _id: id }, { session });
    });
    id += added.length;
  };
};

async function abandon(hand: Hand, namespace: string, rows: readonly Row[]): Promise<void> {
  const { session } = hand;
  session.startTransaction();
  await hand.rows(namespace).insertMany([...rows], { session });
  await session.abortTransaction();
}

/** More than the 16 MB that one entry of the oplog can hold; removed again after a while. */
export const largeTransactions = (pauseSeconds: number): Actor => async (hand, { working }) => {
  const namespace = 'bulk.parts';
  await hand.prepare('bulk', (db) => db.createCollection('parts'));
  let round = 0;
  return async () => {
    // Each restore replays them all: on a busy machine there would be more and more of them.
    if (round === 3) return;
    round += 1;
    const rows = Array.from({ length: 18 }, (_, index): Row => ({ _id: round * 100 + index, part: String.fromCharCode(97 + index).repeat(1_000_000) }));
    await hand.transaction(`large ${round}`, rows.map((row) => putChange(namespace, row)), async (session) => {
      await hand.rows(namespace).insertMany(rows, { session });
    });
    for (let waited = 0; waited < pauseSeconds * 1000 && working(); waited += 100) await sleep(100);
    if (!working()) return;
    await hand.transaction(`large ${round} removed`, rows.map(({ _id }) => removeChange(namespace, _id)), async (session) => {
      await hand.rows(namespace).deleteMany({}, { session });
    });
  };
};
