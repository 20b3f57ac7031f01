import { describe, expect, test } from 'vitest';
import { duration, size } from '../../../generator/profile/primitives.ts';
import { inWords, toBytes, toDuration, toSeconds } from '../../../generator/profile/units.ts';

describe('durations', () => {
  test.each([
    ['90s', 90],
    ['15m', 900],
    ['6h', 21_600],
    ['30d', 2_592_000],
    ['4w', 2_419_200],
  ] as const)('%s is %d seconds', (text, seconds) => {
    expect(toSeconds(text)).toBe(seconds);
  });

  test.each(['', '6', 'h', '0h', '-1h', '06h', '1.5h', '6 h', '1h30m', '6H', '6h\n', '9999999h'])('%j is refused', (text) => {
    expect(duration.safeParse(text).success).toBe(false);
  });

  test.each([
    [0, '0 seconds'],
    [60, '1 minute'],
    [93_600, '1 day 2 hours'],
    [86_400 * 37, '37 days'],
    [90_061, '1 day 1 hour'],
  ])('%d seconds are "%s"', (seconds, words) => {
    expect(inWords(seconds)).toBe(words);
  });

  test.each([
    [604_800, '7d'],
    [43_200, '12h'],
    [1800, '30m'],
    [90, '90s'],
  ])('%d seconds are written %s', (seconds, text) => {
    expect(toDuration(seconds)).toBe(text);
  });
});

describe('sizes', () => {
  test.each([
    ['1B', 1],
    ['500MB', 500_000_000],
    ['500MiB', 524_288_000],
    ['10GB', 10_000_000_000],
    ['1TiB', 1_099_511_627_776],
  ] as const)('%s is %d bytes', (text, amount) => {
    expect(toBytes(text)).toBe(amount);
  });

  test.each(['10', '10 GB', '10gb', '10G', '0GB', '1.5GB', '-1GB', '10BB', '10iB', '1000TB', '900000TiB'])('%j is refused', (text) => {
    expect(size.safeParse(text).success).toBe(false);
  });

  test('a text that is no quantity cannot be converted', () => {
    expect(() => toBytes('10PB' as '10TB')).toThrow('not a quantity: 10PB');
  });
});
