import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { examine, type Moment, twoAtATime } from './oracle/examine.ts';
import { endOf, finish, keptSets, type Kept, nextOf, stampsOfOplog, startWriter } from './oracle/history.ts';
import { nth } from './oracle/nth.ts';
import { random } from './oracle/random.ts';
import { before, justAfter, type Stamp, textOf } from './oracle/stamp.ts';
import type { Writer } from './oracle/writer.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

// Some sixty restores: on a machine that does other things too they take their time.
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 1_200_000 });

let world: World;
let writer: Writer;
let sets: Kept[];
let stamps: Stamp[];
let partial: Stamp[];

beforeAll(async () => {
  world = await createWorld({ name: 'oracle' });
  writer = await startWriter(world);
  await sleep(1500);
  for (const [index, type] of ['full', 'database', 'database', 'incremental', 'database', 'full', 'database', 'incremental', 'database'].entries()) {
    // On a fast machine the last set waits for the second large transaction.
    while (index === 8 && writer.journal.transactions.filter(({ what }) => /^large \d+$/.test(what)).length < 2) await sleep(100);
    const take = (): Promise<unknown> => succeed(world, 'backup.sh', [`--${type}`]);
    await (type === 'full' ? writer.calm(take) : take());
    await sleep(1500);
  }
  await finish(world, writer);
  sets = await keptSets(world);
  await world.withMongo(async (client) => {
    stamps = await stampsOfOplog(client);
    partial = await stampsOfOplog(client, { 'o.partialTxn': true });
  });
});
afterAll(() => world.close());

const byLimit = (why: string, limit: Stamp): Moment => ({ why, args: ['latest', '--oplog-limit', textOf(limit)], limit });
const bySecond = (t: number): Moment => ({ why: 'second', args: ['latest', '--at', `@${t}`], limit: { t: t + 1, i: 0 } });

let examined = 0;
async function failures(moments: readonly Moment[]): Promise<string[]> {
  examined += moments.length;
  return (await twoAtATime(moments, (moment) => examine(world, writer.journal, moment))).flat();
}

const firstReachable = (): Stamp => sets[0]?.base?.last ?? { t: 0, i: 0 };
const reachable = (limit: Stamp): boolean => before(firstReachable(), limit) && !before(justAfter(endOf(nth(sets, -1))), limit);
const ends = (): Stamp[] => sets.map(endOf);

describe('a history of backups while everything that MongoDB can do is done', () => {
  it('is one chain, a bridge, and another chain', () => {
    expect(sets.map(({ type }) => type)).toEqual(['full', 'database', 'database', 'incremental', 'database', 'full', 'database', 'incremental', 'database']);
    const [a, b, c, d, e, f, g, h] = sets.map(({ id }) => id);
    expect(sets.map(({ parent }) => parent)).toEqual([null, a, b, a, d, null, f, f, h]);
    expect(sets[5]?.bridge).toMatchObject({ follows: d, last: sets[5]?.base?.last });
    expect([c, e, g].every((id) => id !== undefined)).toBe(true);
  });

  it('has slices that begin at the very entry that their parents end with', () => {
    for (const { slice, parent } of sets) if (slice) expect(slice.first).toEqual(endOf(nth(sets.filter(({ id }) => id === parent), 0)));
  });

  it('has transactions that were open when a slice ended, and when a dump began', () => {
    const open = (at: Stamp | undefined): number => writer.journal.transactions.filter((one) => at && before(one.opened, at) && before(at, one.at)).length;
    expect(sets.filter(({ slice }) => open(slice?.last) > 0).length).toBeGreaterThan(3);
    expect(sets.filter(({ base }) => open(base?.first) > 0)).toHaveLength(2);
    expect(partial.length).toBeGreaterThan(1);
  });
});

describe('a restore holds exactly what the journal says', () => {
  it('of each set, up to its end', async () => {
    expect(await failures(sets.map((set) => ({ why: `${set.type} set`, args: [set.id], limit: justAfter(endOf(set)) })))).toEqual([]);
  });

  it('of the last entry before the end of each slice and dump, and of the next one after it', async () => {
    const moments = ends().flatMap((end) => {
      const next = nextOf(stamps, end);
      return [byLimit('without the last entry of a set', end), ...(next ? [byLimit('one entry later', justAfter(next))] : [])];
    });
    expect(await failures(moments.filter(({ limit }) => reachable(limit)))).toEqual([]);
  });

  it('of the entry before the end of a transaction, of its end, and of its middle', async () => {
    const { transactions } = writer.journal;
    const large = transactions.filter(({ what, at }) => what.startsWith('large') && reachable(at));
    const middles = partial.filter((stamp) => reachable(justAfter(stamp)));
    const others = ['quick', 'many', 'patient', 'relay', 'steady'].flatMap((name) => {
      const own = transactions.filter(({ what, at }) => what.startsWith(name) && reachable(at));
      return own.slice(random(own.length), own.length).slice(0, 1);
    });
    const moments = [
      ...[...large.slice(0, 4), ...others].flatMap(({ what, at }) => [byLimit(`without ${what}`, at), byLimit(`with ${what}`, justAfter(at))]),
      ...middles.filter((_, index) => index % 3 === 0).slice(0, 3).map((stamp) => byLimit('in the middle of a large transaction', justAfter(stamp))),
    ].filter(({ limit }) => reachable(limit));
    expect(moments.length).toBeGreaterThan(12);
    expect(await failures(moments)).toEqual([]);
  });

  it('of any second and any entry', async () => {
    const within = stamps.filter((stamp) => reachable(justAfter(stamp)));
    const entries = Array.from({ length: 10 }, () => byLimit('an entry', justAfter(nth(within, random(within.length)))));
    const seconds = [...new Set(within.map(({ t }) => t))].filter((t) => reachable({ t: t + 1, i: 0 }));
    const times = Array.from({ length: Math.max(10, 62 - examined - entries.length) }, () => bySecond(nth(seconds, random(seconds.length))));
    expect(await failures([...entries, ...times])).toEqual([]);
    expect(examined).toBeGreaterThan(60);
  });
});
