import { describe, expect, it } from 'vitest';
import { inBytes, inCount, inSeconds, inTimes } from '../../bench/figures.ts';
import { median, ratio, spread } from '../../bench/statistics.ts';

describe('the figures of the benchmark', () => {
  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('the median of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it('there is no median of nothing', () => {
    expect(() => median([])).toThrow('no values');
  });

  it('a ratio below 1 is faster, and nothing is compared with zero', () => {
    expect(ratio(1, 4)).toBe(0.25);
    expect(() => ratio(1, 0)).toThrow('cannot compare with 0');
  });

  it('the spread is a part of the median', () => {
    expect(spread([9, 10, 12])).toBeCloseTo(0.3);
  });

  it('are printed with as many digits as mean something', () => {
    expect([0.1234, 9.949, 9.96, 99.4, 123.4].map(inSeconds)).toEqual(['0.12', '9.95', '10.0', '99.4', '123']);
    expect([0, 999, 1e6, 1.55e9, 240e9].map(inBytes)).toEqual(['0 B', '999 B', '1.0 MB', '1.6 GB', '240 GB']);
    expect([0.034, 7.62, 28.4].map(inTimes)).toEqual(['0.03', '7.62', '28']);
    expect([12, 1234, 1_234_567].map(inCount)).toEqual(['12', '1 234', '1 234 567']);
  });
});
