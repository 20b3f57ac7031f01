import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { bytes, entry, moduleOf, type Stamp, uuid } from './modules.ts';

type Suspect = { stamp: Stamp; what: string; collection: string };
type Question = { since?: number; wanted?: string; many?: number; windows?: readonly (readonly [Stamp, Stamp])[] };
const { startSuspicion } = moduleOf('suspects') as { startSuspicion: (question: Required<Question>) => { take: (entry: Buffer) => void; end: () => Suspect[] } };

function suspectsOf(entries: readonly Buffer[], question: Question = {}): Suspect[] {
  const suspicion = startSuspicion({ since: 0, wanted: '', many: 3, windows: [], ...question });
  for (const one of entries) suspicion.take(one);
  return suspicion.end();
}
const told = (entries: readonly Buffer[], question: Question = {}): string[] => suspectsOf(entries, question).map(({ stamp, what }) => `${String(stamp.t)}:${String(stamp.i)} ${what}`);

const remove = (t: number, i = 1, ns = 'shop.orders'): Buffer => entry([t, i], { op: 'd', ns, o: { _id: 1 } });
const change = (t: number, o: Document, i = 1): Buffer => entry([t, i], { op: 'u', ns: 'shop.orders', o, o2: { _id: 1 } });
const command = (t: number, o: Document, ns = 'shop.$cmd'): Buffer => entry(t, { op: 'c', ns, o });
const several = (count: number, one: (i: number) => Buffer): Buffer[] => Array.from({ length: count }, (_, index) => one(index + 1));

describe('deletes', () => {
  it('are told from the threshold on, by the first of them', () => {
    expect(told(several(2, (i) => remove(5, i)))).toEqual([]);
    expect(told(several(3, (i) => remove(5, i)))).toEqual(['5:1 3 documents deleted in shop.orders']);
    expect(told(several(2, (i) => remove(5, i)), { many: 2 })).toEqual(['5:1 2 documents deleted in shop.orders']);
  });

  it('belong together up to a minute after each other, however long that goes on', () => {
    expect(told([remove(0), remove(60), remove(120), remove(180)])).toEqual(['0:1 4 documents deleted in shop.orders']);
    expect(told([remove(0), remove(60), remove(121), remove(122)])).toEqual([]);
  });

  it('are told burst by burst, in the order of time', () => {
    expect(told([...several(3, (i) => remove(5, i)), ...several(4, (i) => remove(500, i))])).toEqual(['5:1 3 documents deleted in shop.orders', '500:1 4 documents deleted in shop.orders']);
  });

  it('of several collections are counted apart', () => {
    expect(told([remove(5, 1), remove(5, 2, 'shop.others'), remove(5, 3), remove(5, 4, 'shop.others')])).toEqual([]);
  });

  it('of the server itself are none', () => {
    expect(told(several(9, (i) => remove(5, i, 'config.transactions')))).toEqual([]);
  });

  it('within a transaction count one by one, all at its moment', () => {
    const operation = { op: 'd', ns: 'shop.orders', o: { _id: 1 } };
    expect(told([command(5, { applyOps: [operation, operation, operation] }, 'admin.$cmd')])).toEqual(['5:1 3 documents deleted in shop.orders']);
  });

  it('of a time series are told by the name that it goes by', () => {
    expect(suspectsOf(several(3, (i) => remove(5, i, 'shop.system.buckets.heat')))).toEqual([{ stamp: { t: 5, i: 1 }, what: '3 documents deleted in shop.heat', collection: 'shop.heat' }]);
  });
});

describe('updates', () => {
  it.each<readonly [string, Document]>([
    ['take fields away', { $v: 2, diff: { d: { name: false } } }],
    ['take fields away in the way of old', { $v: 1, $unset: { name: true } }],
    ['leave nothing but the key', { _id: 1 }],
  ])('are told where they %s', (_, o) => {
    expect(told(several(3, (i) => change(5, o, i)))).toEqual(['5:1 3 documents emptied in shop.orders']);
  });

  it.each<readonly [string, Document]>([
    ['set something', { $v: 2, diff: { u: { d: 1 } } }],
    ['replace a document', { _id: 1, name: 'a' }],
    ['say nothing', {}],
  ])('are not where they %s', (_, o) => {
    expect(told(several(9, (i) => change(5, o, i)))).toEqual([]);
  });
});

describe('commands', () => {
  it('that drop are told at once, whatever the threshold', () => {
    expect(suspectsOf([command(5, { drop: 'orders' }), command(6, { dropDatabase: 1 })], { many: 1000 })).toEqual([
      { stamp: { t: 5, i: 1 }, what: 'dropped shop.orders', collection: 'shop.orders' },
      { stamp: { t: 6, i: 1 }, what: 'dropped the database shop', collection: '' },
    ]);
  });

  it('that rename are told only where something stood in the place', () => {
    const rename = (fields: Document): Buffer => command(5, { renameCollection: 'shop.new', to: 'shop.orders', ...fields });
    expect(told([rename({})])).toEqual([]);
    expect(suspectsOf([rename({ dropTarget: uuid('a1') })])).toEqual([{ stamp: { t: 5, i: 1 }, what: 'renamed shop.new over shop.orders', collection: 'shop.orders' }]);
  });

  it('of other kinds are none', () => {
    expect(told([command(1, { create: 'orders' }), command(2, { dropIndexes: 'orders' }), command(3, { applyOps: [] })])).toEqual([]);
  });
});

describe('what is asked for', () => {
  const all = [command(1, { drop: 'orders' }), command(2, { drop: 'orders_old' }), command(3, { drop: 'a' }, 'shopping.$cmd'), command(4, { drop: 'a.b' })];

  it.each<readonly [string, readonly number[]]>([['', [1, 2, 3, 4]], ['shop', [1, 2, 4]], ['shop.orders', [1]], ['shop.a.b', [4]], ['shop.a', []], ['sho', []]])('as "%s" is exactly that', (wanted, seconds) => {
    expect(suspectsOf(all, { wanted }).map(({ stamp }) => stamp.t)).toEqual(seconds);
  });

  it('from a second on begins with it', () => {
    expect(suspectsOf(all, { since: 3 }).map(({ stamp }) => stamp.t)).toEqual([3, 4]);
  });
});

describe('the server after the sets', () => {
  const drop = (t: number): Buffer => command(t, { drop: `c${String(t)}` });
  const windows = [[{ t: 1, i: 1 }, { t: 10, i: 1 }], [{ t: 20, i: 1 }, { t: 30, i: 1 }]] as const;

  it('tells nothing twice, and what lies in a hole once', () => {
    const [sets, server] = [[drop(5), drop(25)], [drop(5), drop(15), drop(25), drop(35)]];
    expect(suspectsOf([...sets, ...server], { windows }).map(({ stamp }) => stamp.t)).toEqual([5, 15, 25, 35]);
  });

  it('goes back no further than once', () => {
    expect(suspectsOf([drop(25), drop(15), drop(15), drop(12)], { windows }).map(({ stamp }) => stamp.t)).toEqual([15, 25]);
  });

  it('is no burst with what was long after it', () => {
    expect(told([remove(25, 1), remove(25, 2), remove(15, 1)], { windows })).toEqual([]);
  });
});

describe('what cannot be read', () => {
  it('as an entry without a stamp is an error, and no good news', () => {
    expect(() => suspectsOf([bytes({ op: 'c', ns: 'shop.$cmd', o: { drop: 'orders' } })])).toThrow('an entry of the oplog has no stamp');
  });

  it.each<readonly [string, Document]>([
    ['a command that says nothing', { op: 'c', ns: 'shop.$cmd' }],
    ['a transaction of anything', { op: 'c', ns: 'admin.$cmd', o: { applyOps: [1, 'two', { op: 'd' }] } }],
    ['names that are no texts', { op: 'c', ns: 1, o: { drop: { a: 1 } } }],
  ])('as %s is passed over', (_, fields) => {
    expect(() => suspectsOf([entry(1, fields)])).not.toThrow();
  });
});
