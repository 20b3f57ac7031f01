import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { Bank, type Books, branches, openingBalance } from './support/bank.ts';
import { loseDatabases } from './support/disaster.ts';
import { manifestOf } from './support/manifest.ts';
import { backUp, restore } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let bank: Bank;
let before: Record<string, number>;
let after: Record<string, number>;
let books: Books;

beforeAll(async () => {
  world = await createWorld({ name: 'in-use', mongodb: { oplogSizeMB: 990 } });
  bank = await Bank.open(world.mongodb.uri);
  // Enough to read that accounts, counters, journals and notes are dumped at different moments.
  await world.withMongo(async (client) => {
    const text = 'x'.repeat(500);
    for (const database of ['bank_between', 'zzz']) {
      for (let part = 0; part < 6; part += 1) {
        await client.db(database).collection<Row>('bulk').insertMany(Array.from({ length: 10_000 }, (_, index) => ({ _id: 10_000 * part + index, text })));
      }
    }
  });
  await bank.work(async () => {
    before = { ...bank.committed };
    await backUp(world);
    after = { ...bank.committed };
    await bank.untilCommitted((after['fast'] ?? 0) + 50);
  });
  await loseDatabases(world);
  await restore(world, '--mongodb');
  books = await bank.books();
});
afterAll(async () => { await bank.close(); await world.close(); });

describe('a restore of what was backed up while transactions went on', () => {
  it('was made during a backup in which many were committed, some of them while the dump ran', async () => {
    const { oplog } = ((await manifestOf(world)).components['mongodb']?.details ?? {}) as { oplog: { entries: number } };
    // How many depends on the machine; without any, the rest would prove nothing.
    expect((after['fast'] ?? 0) - (before['fast'] ?? 0)).toBeGreaterThan(20);
    expect((after['slow'] ?? 0) - (before['slow'] ?? 0)).toBeGreaterThan(2);
    expect(oplog.entries).toBeGreaterThan(4);
  });

  it('has not gained or lost money', () => {
    const accounts = branches.reduce((sum, branch) => sum + branch.accounts, 0);
    expect(books.balances.size).toBe(accounts);
    expect([...books.balances.values()].reduce((sum, balance) => sum + balance, 0)).toBe(accounts * openingBalance);
  });

  it.each(branches)('has a journal of the $name branch without a gap, which ends within the time of the backup', ({ name, clerks }) => {
    const numbers = books.journals[name]?.map((entry) => entry._id) ?? [];
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(before[name] ?? NaN);
    // A clerk notes what was committed a moment later than the server does.
    expect(numbers.length).toBeLessThanOrEqual((after[name] ?? NaN) + clerks);
  });

  it('is one moment of the history: replaying the journals gives exactly the balances', () => {
    const replayed = new Map<number, number>(branches.flatMap(({ first, accounts }) => Array.from({ length: accounts }, (_, index) => [first + index, openingBalance] as const)));
    for (const { from, to, amount } of Object.values(books.journals).flat()) {
      replayed.set(from, (replayed.get(from) ?? NaN) - amount);
      replayed.set(to, (replayed.get(to) ?? NaN) + amount);
    }
    expect(inOrder(books.balances)).toEqual(inOrder(replayed));
  });

  it('holds what each transaction wrote elsewhere, and nothing of a later one', () => {
    for (const { name } of branches) expect(books.notes[name]).toEqual(books.journals[name]?.map(({ _id }) => _id));
  });
});

const inOrder = (balances: Map<number, number>): [number, number][] => [...balances].sort(([a], [b]) => a - b);
