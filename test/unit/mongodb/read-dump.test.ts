import { execFileSync, spawn } from 'node:child_process';
import { BSON, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, crafted, entry, fileOf, int32, moduleOf, type Stamp } from './modules.ts';

type Oplog = { first: Stamp | null; last: Stamp | null; entries: number; writes: number; overlapBytes: number; whole: boolean; problem: string };
const { documentsOf, walk, fields, names, has, inner, stringOf, stampOf, oplog } = moduleOf('read-dump') as {
  documentsOf: (file: string, end: { whole?: boolean }) => Iterable<Buffer>;
  walk: (file: string, visit?: (document: Buffer) => void) => { documents: number; whole: boolean };
  fields: (document: Buffer, visit: (name: string, type: number, value: number) => boolean | undefined) => void;
  names: (document: Buffer) => string[];
  has: (document: Buffer, name: string) => boolean;
  inner: (document: Buffer, name: string) => Buffer | null;
  stringOf: (document: Buffer, name: string) => string;
  stampOf: (document: Buffer) => Stamp | null;
  oplog: (file: string, proof?: { take: (entry: Buffer) => string }) => Oplog;
};

const good = bytes({ _id: 1, name: 'a' });
const declaring = (length: number, document = good): Buffer => Buffer.concat([Buffer.from(int32(length)), document.subarray(4)]);

describe('a file of documents', () => {
  it('is whole when it is empty', () => {
    expect(walk(fileOf())).toEqual({ documents: 0, whole: true });
  });

  it('is whole when its documents end where it does', () => {
    expect(walk(fileOf(good, bytes({}), good))).toEqual({ documents: 3, whole: true });
  });

  it('shows each document as the bytes that it is', () => {
    const found: string[] = [];
    walk(fileOf(good, bytes({ b: 2 })), (document) => { found.push(document.toString('hex')); });
    expect(found).toEqual([good.toString('hex'), bytes({ b: 2 }).toString('hex')]);
  });

  it.each([1, 2, 3, 4, 5, good.length - 1])('that is cut off after %i bytes of a document is not whole', (length) => {
    expect(walk(fileOf(good, good.subarray(0, length)))).toEqual({ documents: 1, whole: false });
  });

  it.each([
    ['negative', -1], ['the least that there is', -2_147_483_648], ['zero', 0], ['shorter than itself', 4],
    ['one too short', good.length - 1], ['one too long', good.length + 1], ['huge', 2_147_483_647],
  ])('is not whole where a length is %s (%i)', (_, length) => {
    expect(walk(fileOf(good, declaring(length), good)).whole).toBe(false);
  });

  it('is not whole where a disk has lost pages: zeros are no documents', () => {
    expect(walk(fileOf(good, Buffer.alloc(20_480)))).toEqual({ documents: 1, whole: false });
  });

  it('that is a pipe is read to its end where it is damaged, so that who writes it does not die of that', () => {
    const pipe = `${fileOf()}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('dd', ['if=/dev/zero', `of=${pipe}`, 'bs=1M', 'count=4', 'status=none']);
    expect(walk(pipe)).toEqual({ documents: 0, whole: false });
    return new Promise<void>((resolve) => writer.on('exit', (code) => { expect(code).toBe(0); resolve(); }));
  });

  it('is closed when the reader has seen enough, or fails', () => {
    const file = fileOf(good, good);
    for (let times = 0; times < 2000; times += 1) for (const document of documentsOf(file, {})) if (document.length > 0) break;
    expect(() => walk(file, () => { throw new Error('enough'); })).toThrow('enough');
  });
});

describe('the fields of a document', () => {
  const everything = {
    double: 1.5, text: 'a\u0000b', document: { a: { b: {} } }, array: [1, [2]], binary: new UUID(), id: new ObjectId(), yes: true, date: new Date(0),
    nothing: null, expression: /a+/i, code: new BSON.Code('x'), scoped: new BSON.Code('x', { y: 1 }), symbol: new BSON.BSONSymbol('s'),
    number: 1, stamp: new Timestamp({ t: 1, i: 2 }), long: Long.fromNumber(5), decimal: BSON.Decimal128.fromString('1.5'), least: new MinKey(), most: new MaxKey(),
  };

  it('are found whatever types stand before them', () => {
    const document = bytes({ ...everything, last: 'found' });
    expect(names(document)).toEqual([...Object.keys(everything), 'last']);
    expect(stringOf(document, 'last')).toBe('found');
  });

  it('are found whatever types of old stand before them', () => {
    const pointer = [0x0c, ...Buffer.from('p\0'), ...int32(2), ...Buffer.from('n\0'), ...Buffer.alloc(12)];
    const document = crafted('\x06u\0', pointer, '\x02last\0', int32(6), 'found\0');
    expect(names(document)).toEqual(['u', 'p', 'last']);
    expect(stringOf(document, 'last')).toBe('found');
  });

  it('may have names of any bytes', () => {
    const document = crafted('\x0a\xff\xfe\0', '\x0a\0', '\x0a__proto__\0', '\x0aä$.\0');
    expect(names(document)).toHaveLength(4);
    expect(has(document, '__proto__')).toBe(true);
    expect(has(document, 'toString')).toBe(false);
    expect(has(document, '')).toBe(true);
  });

  it('count once for a question: the first of a name is told', () => {
    expect(stringOf(crafted('\x02a\0', int32(2), '1\0', '\x02a\0', int32(2), '2\0'), 'a')).toBe('1');
  });

  it('of other types than asked for are not there', () => {
    const document = bytes({ ts: 'no stamp', op: 1, o: 'no document' });
    expect([stampOf(document), stringOf(document, 'op'), inner(document, 'o')]).toEqual([null, '', null]);
  });

  it('are looked at in one layer only, however many there are', () => {
    let document = crafted();
    for (let depth = 0; depth < 5000; depth += 1) document = crafted('\x03a\0', document);
    expect(names(document)).toEqual(['a']);
  });
});

describe('a document that lies', () => {
  const damaged: readonly (readonly [string, Buffer])[] = [
    ['a text that ends behind it', crafted('\x02a\0', int32(100), 'x\0')],
    ['a text of a negative length, which would lead back', crafted('\x02a\0', int32(-7), 'x\0')],
    ['a text without room for its end', crafted('\x02a\0', int32(0), 'x\0')],
    ['a text of the largest length', crafted('\x02a\0', int32(2_147_483_647), 'x\0')],
    ['a document of a negative length', crafted('\x03a\0', int32(-9), 'x\0')],
    ['a document that is shorter than its length', crafted('\x03a\0', int32(4))],
    ['a document that ends behind it', crafted('\x03a\0', int32(50), 'x\0')],
    ['bytes of a negative length', crafted('\x05a\0', int32(-5), '\0', 'xxxx')],
    ['a number that is cut off', crafted('\x01a\0', 'xxx')],
    ['a length that is cut off', crafted('\x02a\0', 'xx')],
    ['a stamp that is cut off', crafted('\x11ts\0', int32(1))],
    ['a type that there is not', crafted('\x20a\0', 'xxxx', '\x02hidden\0', int32(2), 'x\0')],
    ['a type of zero', crafted('\0\0', '\x02hidden\0', int32(2), 'x\0')],
    ['a name without an end', Buffer.concat([Buffer.from(int32(8)), Buffer.from('\x0aabc')])],
    ['a name that ends with the document', crafted('\x0aabc')],
    ['an expression without an end', crafted('\x0ba\0', 'abc')],
    ['an expression without options', crafted('\x0ba\0', 'abc\0', 'i')],
    ['no end of its own', Buffer.from([...int32(8), 0x0a, 0x61, 0, 1])],
  ];

  it.each(damaged)('about %s is refused, and not passed over', (_, document) => {
    expect(() => names(document)).toThrow(/^a document is damaged: /);
    expect(() => inner(document, 'a') ?? stringOf(document, 'a')).toThrow(/^a document is damaged: /);
  });

  it('shows no value that lies outside of it, and comes to an end, whatever its bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 60 }), (random) => {
      const document = crafted([...random]);
      let shown = 0;
      try {
        fields(document, (_, __, value) => {
          shown += 1;
          if (value > document.length - 1) throw new RangeError('outside');
          return undefined;
        });
      } catch (error) {
        expect(String(error)).toMatch(/^Error: a document is damaged: /);
      }
      expect(shown).toBeLessThanOrEqual(random.length / 2);
    }), { numRuns: 3000 });
  });

  it('by one byte is read to its end, or refused', () => {
    const document = bytes({ ts: new Timestamp({ t: 5, i: 1 }), op: 'i', ns: 'a.b', ui: new UUID(), o: { _id: 1, text: 'x', list: [1, 2] }, at: /a/i });
    for (let at = 4; at < document.length; at += 1) {
      for (const value of [0, 1, 2, 127, 128, 255]) {
        const changed = Buffer.from(document);
        changed[at] = value;
        try {
          expect(names(changed).length).toBeLessThan(document.length);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: a document is damaged: /);
        }
      }
    }
  });
});

describe('an oplog file', () => {
  const write = (at: number, ns = 'shop.orders'): Buffer => entry(at, { op: 'i', ns, o: { _id: at } });

  it('tells its ends, its entries, and how many of them are writes of a backup', () => {
    const file = fileOf(write(1), write(2, 'config.transactions'), entry(3, { op: 'n', ns: '', o: {} }), write(4));
    expect(oplog(file)).toEqual({ first: { t: 1, i: 1 }, last: { t: 4, i: 1 }, entries: 4, writes: 2, overlapBytes: write(1).length, whole: true, problem: '' });
  });

  it('that is empty has no ends', () => {
    expect(oplog(fileOf())).toMatchObject({ first: null, last: null, entries: 0, overlapBytes: 0, whole: true });
  });

  it('that is cut off is not whole', () => {
    expect(oplog(fileOf(write(1), write(2).subarray(0, 9)))).toMatchObject({ entries: 1, whole: false, last: { t: 1, i: 1 } });
  });

  it('keeps the first that a proof has against it', () => {
    const proof = { take: (one: Buffer) => (stampOf(one)?.t === 1 ? '' : `not ${String(stampOf(one)?.t)}`) };
    expect(oplog(fileOf(write(1), write(2), write(3)), proof).problem).toBe('not 2');
  });
});
