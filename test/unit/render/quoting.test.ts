import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comment, sh } from '../../../generator/render/quoting.ts';

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
