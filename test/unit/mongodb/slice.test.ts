import { describe, expect, it } from 'vitest';
import { entry, fileOf, hex, moduleOf, type Stamp, uuid } from './modules.ts';

type Slice = { gap: string; broken: string; details: { entries: number; writes: number; created: string[] } };
const { sliceOf } = moduleOf('slice') as { sliceOf: (file: string, from: Stamp, end: Stamp, known: string[] | null) => Slice };

const at = (t: number): Stamp => ({ t, i: 1 });
const insert = (t: number, ui = uuid('a1')): Buffer => entry(t, { op: 'i', ns: 'shop.orders', ui, o: { _id: t } });
const create = (t: number): Buffer => entry(t, { op: 'c', ns: 'shop.$cmd', ui: uuid('b2'), o: { create: 'new' } });
const whole = [insert(1), create(2), insert(3, uuid('b2'))];
const known = [hex('a1')];

describe('a slice', () => {
  it('joins on where it begins with the end of the set before it', () => {
    expect(sliceOf(fileOf(...whole), at(1), at(3), known)).toMatchObject({ gap: '', broken: '', details: { entries: 3, writes: 2, created: [hex('b2')] } });
  });

  it.each([
    ['begins later', whole.slice(1)], ['is empty', []], ['begins earlier', [insert(0), ...whole]],
  ])('does not join on where it %s', (_, entries) => {
    expect(sliceOf(fileOf(...entries), at(1), at(3), known)).toMatchObject({ gap: 'the oplog no longer reaches back to 1:1', broken: '' });
  });

  it.each([
    ['ends earlier', whole.slice(0, 2)], ['ends later', [...whole, insert(4)]], ['is cut off', [...whole, insert(4).subarray(0, 20)]],
    ['is followed by zeros', [...whole, Buffer.alloc(4096)]],
  ])('is damaged where it %s', (_, entries) => {
    expect(sliceOf(fileOf(...entries), at(1), at(3), known)).toMatchObject({ gap: '', broken: 'it should end with 3:1' });
  });

  it('does not join on to sets that do not say which collections there are', () => {
    expect(sliceOf(fileOf(...whole), at(1), at(3), null).gap).toBe('the sets so far are of an older lifeboat and do not note the UUIDs of collections');
  });

  it('does not join on where it writes to what nothing has made', () => {
    expect(sliceOf(fileOf(insert(1), insert(3, uuid('c3'))), at(1), at(3), known).gap).toMatch(/^the slice could not be recovered, for the entry 3:1 .* is of a collection that neither/);
  });
});
