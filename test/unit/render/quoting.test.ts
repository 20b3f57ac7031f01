import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, comment, cron, cronTime, sh, unit, unitLine } from '../../../generator/render/quoting.ts';

describe('sh', () => {
  it.each([
    ['plain', `'plain'`],
    ['', `''`],
    ["o'brien", `'o'\\''brien'`],
    ['$(touch canary) `id` "x" \\', `'$(touch canary) \`id\` "x" \\'`],
    [3000, `'3000'`],
  ])('quotes %j', (value, word) => {
    expect(sh(value)).toBe(word);
  });

  it.each([[undefined], [null], [{}], [['a']], [true], [1.5], [Number.NaN], [2 ** 60], ['a\nb'], ['a\0b'], ['a\tb'], ['\u0085'], ['\ud800']])('refuses %j', (value) => {
    expect(() => sh(value)).toThrow(/template value must/);
  });

  it('gives bash exactly the bytes it was given', () => {
    const printable = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
    const nasty = fc.array(fc.constantFrom("'", '"', '`', '$(touch canary)', '\\', '\\n', ';', '|', '&', '>', '*', '~', '!', '#', '{{', '}}', '<<EOF', '-', ' ', 'ü', '漢', '🚢')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(fc.oneof(printable, nasty), { minLength: 1, maxLength: 60 }), (values) => {
        const script = `printf '%s\\0' ${values.map(sh).join(' ')}`;
        expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(values.map((value) => `${value}\0`).join(''));
      }),
      { numRuns: 40 },
    );
  });
});

describe('comment', () => {
  it('prints text as it is', () => {
    expect(comment('a $(b) #c')).toBe('a $(b) #c');
  });

  it('refuses what would end the line', () => {
    expect(() => comment('a\nrm -rf /')).toThrow(/control characters/);
  });
});

describe('cron', () => {
  it.each([
    ['/home/shop/backup.sh', '/home/shop/backup.sh'],
    ['100%', String.raw`'100\%'`],
    ["o'brien", String.raw`'o'\''brien'`],
    ['a\\%b\\', String.raw`'a\\\%b\\'`],
    ['-x', "'-x'"],
    ['', "''"],
  ])('quotes %j', (value, word) => {
    expect(cron(value)).toBe(word);
  });
});

describe('cronTime', () => {
  it('prints five fields, and nothing else', () => {
    expect(cronTime('5-59/10 * 1,15 jan sun')).toBe('5-59/10 * 1,15 jan sun');
    for (const value of ['', '* * * *', '* * * * * *', '* * * * * root', '@daily', '* * * * %', '*  * * * *']) expect(() => cronTime(value)).toThrow(/five fields/);
  });
});

describe('unit', () => {
  it.each([
    ['/home/shop/backup.sh', '/home/shop/backup.sh'],
    ['mongod@rs0.service', 'mongod@rs0.service'],
    ['100% of $HOME', '"100%% of $HOME"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ["it's; # x", `"it's; # x"`],
    ['', '""'],
  ])('quotes %j', (value, word) => {
    expect(unit(value)).toBe(word);
  });
});

describe('unitLine', () => {
  it('prints text as it stands, but for specifiers', () => {
    expect(unitLine('/srv/a b"c 100%h')).toBe('/srv/a b"c 100%%h');
  });

  it.each(['', ' a', 'a ', 'a\\', 'a\nb'])('refuses %j', (value) => {
    expect(() => unitLine(value)).toThrow(TypeError);
  });
});

describe('code', () => {
  it.each([
    ['plain', '`plain`'],
    ['a `b` c', '`` a `b` c ``'],
    ['``', '``` `` ```'],
  ])('prints %j between more backticks than it holds', (value, text) => {
    expect(code(value)).toBe(text);
  });

  it('refuses what would end the line', () => {
    expect(() => code('a\n# b')).toThrow(/control characters/);
  });
});
