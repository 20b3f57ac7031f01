import type { Document } from 'mongodb';
import { Binary } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { bytes, crafted, entry, hex, moduleOf, type Stamp, uuid } from './modules.ts';

type Proof = { take: (entry: Buffer) => string; left: () => string; created: Set<string>; kinds: Record<string, number> };
type What = { known: Iterable<string>; base?: Stamp | null; adopted?: Map<string, Buffer>; used?: Set<string>; visit?: (parts: { op: string }) => void };
const { startCover, partsOf, largest } = moduleOf('cover') as {
  startCover: (what: What) => Proof;
  partsOf: (entry: Buffer) => { ui: number; op: string; ts: Stamp | null; transaction: string };
  largest: number;
};

const known = hex('a1');
const insert = (at: number | readonly [number, number], ui = uuid('a1'), ns = 'shop.orders'): Buffer => entry(at, { op: 'i', ns, ui, o: { _id: 1 }, o2: { _id: 1 } });
const command = (at: number | readonly [number, number], o: Document, fields: Document = {}): Buffer => entry(at, { op: 'c', ns: 'shop.$cmd', o, ...fields });
const operation = (fields: Document): Document => ({ op: 'i', ns: 'shop.orders', ui: uuid('a1'), o: { _id: 1 }, ...fields });

/** What is wrong with the last of some entries, where nothing is with those before it. */
function lastOf(proof: Proof, ...entries: readonly Buffer[]): string {
  const problems = entries.map((one) => proof.take(one));
  expect(problems.slice(0, -1)).toEqual(problems.slice(0, -1).map(() => ''));
  return problems.at(-1) ?? 'no entry';
}

describe('an entry', () => {
  const proof = (): Proof => startCover({ known: [known] });

  it('of a collection that the base holds is covered', () => {
    expect(lastOf(proof(), insert(1), insert(2))).toBe('');
  });

  it('of a collection that nothing has made is not', () => {
    expect(lastOf(proof(), insert(1), insert(2, uuid('b2'), 'shop.lost'))).toBe('the entry 2:1 (i on shop.lost) is of a collection that neither the dump nor the oplog before it holds');
  });

  it('of a collection that was created before it is covered, and one after its creation only', () => {
    const create = command(2, { create: 'new' }, { ui: uuid('b2') });
    expect(lastOf(proof(), insert(1), create, insert(3, uuid('b2'), 'shop.new'))).toBe('');
    expect(proof().take(insert(1, uuid('b2'), 'shop.new'))).toContain('neither the dump nor the oplog before it holds');
  });

  it.each([
    ['the same', [2, 5]], ['an earlier number', [2, 4]], ['an earlier second', [1, 9]],
  ] as const)('with %s stamp as the one before it is refused', (_, stamp) => {
    expect(lastOf(proof(), insert([2, 5]), insert(stamp))).toBe(`the entry ${stamp.join(':')} comes after 2:5, which is not earlier`);
  });

  it('is looked at as before after one that was refused', () => {
    const one = proof();
    expect(one.take(insert(1, uuid('b2')))).not.toBe('');
    expect(one.take(insert(2))).toBe('');
  });

  it('of an earlier term is of another history', () => {
    expect(lastOf(proof(), entry(1, { op: 'n', ns: '', o: {}, t: 5n }), entry(2, { op: 'n', ns: '', o: {}, t: 4n }))).toBe('the entry 2:1 is of an earlier term than the one before it: another history begins there');
  });

  it('that begins another replica set is refused', () => {
    expect(proof().take(entry(1, { op: 'n', ns: '', o: { msg: 'initiating set' } }))).toContain('begins the history of another replica set');
  });

  it.each(['x', 'xi', '', 'ii', '__proto__'])('of the unknown kind "%s" is refused', (op) => {
    expect(proof().take(entry(1, { op, ns: 'shop.orders', ui: uuid('a1'), o: { _id: 1 } }))).toBe(`the entry 1:1 is of a kind that no recovery here is known to apply: ${op}`);
  });

  it.each(['futureCommand', 'toString', '__proto__', ''])('of the unknown command "%s" is refused', (name) => {
    expect(proof().take(command(1, Object.fromEntries([[name, 1]])))).toBe(`the entry 1:1 is a command that no recovery here is known to apply: ${name}`);
  });

  it('that changes the feature compatibility version is refused', () => {
    const change = entry(1, { op: 'u', ns: 'admin.system.version', ui: uuid('a1'), o: { $v: 2 }, o2: { _id: 'featureCompatibilityVersion' } });
    expect(proof().take(change)).toBe('the entry 1:1 changes the feature compatibility version of MongoDB');
  });

  it.each([
    ['without a stamp', bytes({ op: 'i', ns: 'shop.orders', o: {} }), 'an entry has no stamp'],
    ['with a stamp of another type', bytes({ ts: 1, op: 'i', ns: 'shop.orders', o: {} }), 'an entry has no stamp'],
    ['that is empty', crafted(), 'an entry has no stamp'],
    ['without a UUID', entry(1, { op: 'd', ns: 'shop.orders', o: {} }), 'the entry 1:1 (d on shop.orders) names no collection by its UUID'],
    ['with a UUID that is too short', entry(1, { op: 'd', ns: 'shop.orders', ui: new Binary(Buffer.alloc(4), 4), o: {} }), 'the entry 1:1 (d on shop.orders) names no collection by its UUID'],
    ['without what was done', entry(1, { op: 'i', ns: 'shop.orders', ui: uuid('a1') }), 'the entry 1:1 (i on shop.orders) does not say what was done'],
    ['that is a command without one', entry(1, { op: 'c', ns: 'shop.$cmd' }), 'the entry 1:1 (c on shop.$cmd) does not say what was done'],
    ['whose kind is no text', entry(1, { op: 7, ns: 'shop.orders', o: {} }), 'the entry 1:1 is of a kind that no recovery here is known to apply: '],
  ])('%s is refused in words', (_, one, words) => {
    expect(proof().take(one)).toBe(words);
  });

  it('of the server about its own sessions needs no collection', () => {
    expect(proof().take(entry(1, { op: 'u', ns: 'config.transactions', o: {}, o2: {} }))).toBe('');
  });

  it('that is larger than a document may be is refused, but a single write only if what a recovery needs of it is', () => {
    const [half, most] = ['x'.repeat(largest / 2), 'x'.repeat(largest)];
    expect(proof().take(entry(1, { op: 'i', ns: 'shop.orders', ui: uuid('a1'), o: { half }, o2: { half } }))).toBe('');
    expect(proof().take(entry(1, { op: 'i', ns: 'shop.orders', ui: uuid('a1'), o: { most } }))).toContain('is larger than a document of MongoDB may be');
    expect(proof().take(entry(1, { op: 'n', ns: '', o: {}, most }))).toContain('is larger than a document of MongoDB may be');
  });
});

describe('a transaction', () => {
  const proof = (): Proof => startCover({ known: [known] });
  const session = { lsid: { id: uuid('c3') }, txnNumber: 4n };

  it('is proven operation by operation', () => {
    expect(proof().take(command(1, { applyOps: [operation({}), operation({ op: 'd' })] }))).toBe('');
    expect(proof().take(command(1, { applyOps: [operation({}), operation({ ui: uuid('b2'), ns: 'shop.lost' })] }))).toContain('(i on shop.lost) is of a collection that neither');
  });

  it('that several entries make is proven at each of them', () => {
    const one = proof();
    expect(one.take(command(1, { applyOps: [operation({})], partialTxn: true }, session))).toBe('');
    expect(one.take(command(2, { applyOps: [operation({ ui: uuid('b2') })], count: 2 }, session))).toContain('the entry 2:1 (i on shop.orders)');
  });

  it('that is prepared and committed in two entries is of known commands', () => {
    expect(lastOf(proof(), command(1, { applyOps: [operation({})], prepare: true }, session), command(2, { commitTransaction: 1 }, session), command(3, { abortTransaction: 1 }, session))).toBe('');
  });

  it('is told apart by its session and number, in whichever order they stand', () => {
    const [one, other] = [command(1, { applyOps: [] }, session), command(2, { applyOps: [] }, { txnNumber: 4n, lsid: session.lsid })];
    expect(partsOf(one).transaction).toMatch(/^[0-9a-f]+:4$/);
    expect(partsOf(other).transaction).toBe(partsOf(one).transaction);
  });

  it('may create what it then writes to', () => {
    const one = proof();
    expect(one.take(command(1, { applyOps: [{ op: 'c', ns: 'shop.$cmd', ui: uuid('b2'), o: { create: 'new' } }, operation({ ui: uuid('b2'), ns: 'shop.new' })] }))).toBe('');
    expect([...one.created]).toEqual([hex('b2')]);
  });

  it.each([
    ['without operations', { applyOps: 1 }, 'is a transaction without operations'],
    ['with an operation that is no document', { applyOps: [1] }, 'holds an operation that is no document'],
    ['with an operation that does nothing', { applyOps: [{ op: 'i', ns: 'shop.orders', ui: uuid('a1') }] }, 'does not say what was done'],
    ['with an unknown command', { applyOps: [{ op: 'c', ns: 'shop.$cmd', o: { futureCommand: 1 } }] }, 'is a command that no recovery here is known to apply: futureCommand'],
    ['with an operation that names no collection', { applyOps: [{ op: 'i', ns: 'shop.orders', o: {} }] }, 'names no collection by its UUID'],
  ])('%s is refused in words', (_, o, words) => {
    expect(proof().take(command(1, o))).toContain(words);
  });

  it('within transactions without an end is refused, and does not end mongosh', () => {
    let o: Document = { applyOps: [] };
    for (let depth = 0; depth < 40; depth += 1) o = { applyOps: [{ op: 'c', ns: 'shop.$cmd', o }] };
    expect(proof().take(command(1, o))).toBe('');
  });
});

describe('while the dump was made', () => {
  const base = { t: 10, i: 1 };
  const lost = uuid('b2');

  it('a collection may be written to that is dropped by its end', () => {
    const proof = startCover({ known: [known], base });
    expect(lastOf(proof, insert(1, lost), command(9, { drop: 'gone' }, { ui: lost }), insert(11))).toBe('');
    expect(proof.left()).toBe('');
  });

  it('a collection may not be missing that is not', () => {
    const proof = startCover({ known: [known], base });
    expect(proof.take(insert(1, lost))).toBe('');
    expect(proof.left()).toContain('the entry 1:1 (i on shop.orders) is of a collection that neither');
    expect(proof.take(insert(11))).toContain('the entry 1:1');
  });

  it('a collection may go by a rename over it', () => {
    const proof = startCover({ known: [known], base });
    const rename = command(9, { renameCollection: 'shop.orders', to: 'shop.gone', dropTarget: lost }, { ui: uuid('a1') });
    expect(lastOf(proof, insert(1, lost), rename, insert(11))).toBe('');
  });

  it('what is missing later is refused at once', () => {
    const proof = startCover({ known: [known], base });
    expect(proof.take(insert(11, lost))).toContain('the entry 11:1');
  });
});

describe('a collection that has another UUID here', () => {
  it('gets the one of here, in each entry, and keeps it', () => {
    const own = Buffer.from(hex('d4'), 'hex');
    const used = new Set<string>();
    const proof = startCover({ known: [], adopted: new Map([['admin.system.keys', own]]), used });
    const [first, second] = [insert(1, uuid('b2'), 'admin.system.keys'), insert(2, uuid('b2'), 'admin.system.keys')];
    expect(lastOf(proof, first, second)).toBe('');
    for (const one of [first, second]) expect(one.subarray(partsOf(one).ui, partsOf(one).ui + 16)).toEqual(own);
    expect([...used]).toEqual([hex('d4')]);
    expect(proof.take(insert(3, uuid('c3'), 'admin.system.keys'))).toContain('neither the dump');
  });
});

it('what was seen is counted by its kind', () => {
  const proof = startCover({ known: [known] });
  lastOf(proof, insert(1), insert(2), entry(3, { op: 'n', ns: '', o: {} }), command(4, { create: 'a' }, { ui: uuid('e5') }), command(5, { create: 'b', validator: {} }, { ui: uuid('e6') }), entry(6, { op: 'i', ns: 'config.x', o: {} }));
  expect(proof.kinds).toEqual({ i: 2, n: 1, create: 1, createWithOptions: 1, internal: 1 });
});
