import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../../bench/options.ts';

describe('the options of the benchmark', () => {
  it('have the usual sizes, small ones with --quick, and what is given wins', () => {
    expect(parseOptions([], 'docs/bench')).toEqual({
      quick: false, files: 1e9, documents: 200_000, memorySizes: [1e9, 4e9], memoryFiles: [100_000, 1_000_000], rounds: 3, out: 'docs/bench', directory: undefined,
    });
    expect(parseOptions(['--quick', '--files', '10MB', '--memory-sizes', '5MB,20MB', '--out', 'elsewhere'], 'docs/bench')).toMatchObject({
      quick: true, files: 10e6, documents: 10_000, memorySizes: [5e6, 20e6], out: 'elsewhere',
    });
  });

  it.each([
    [['--files', '1 GB'], '"1 GB" is no size'],
    [['--memory-sizes', '1GB,'], '"" is no size'],
    [['--memory-files', '1000,x'], '--memory-files must be a whole number above 0'],
    [['--documents', '0'], '--documents must be a whole number above 0'],
    [['--rounds', '2.5'], '--rounds must be a whole number above 0'],
    [['--fast'], '--fast'],
  ])('%j is refused', (args, reason) => {
    const parse = (): unknown => parseOptions(args, 'docs/bench');
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(reason);
  });
});
