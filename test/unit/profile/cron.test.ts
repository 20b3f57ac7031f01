import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../generator/profile/cron.ts';
import { longestGap, sharedMinute } from '../../../generator/profile/cron-gaps.ts';
import { cronExpression } from '../../../generator/profile/primitives.ts';

const HOUR = 3600;

describe('what a schedule may be', () => {
  test.each(['0 3 * * 0', '*/5 * * * *', '0 0 1,15 * *', '10-40/5 1-5 * jan-MAR mon-fri', '0 2 * * 7', '0 0 29 2 *'])('%j is accepted', (text) => {
    expect(cronExpression.safeParse(text).success).toBe(true);
  });

  test.each([
    ['* * * *', 'needs five fields separated by single spaces: minute, hour, day of month, month, day of week'],
    ['0 0 3 * * 0', 'needs five fields separated by single spaces: minute, hour, day of month, month, day of week'],
    ['0  3 * * 0', 'needs five fields separated by single spaces: minute, hour, day of month, month, day of week'],
    ['@daily', 'needs five fields separated by single spaces: minute, hour, day of month, month, day of week'],
    ['60 * * * *', 'minute field "60": use *, 0-59, or a list of them'],
    ['0 24 * * *', 'hour field "24": use *, 0-23, or a list of them'],
    ['0 0 0 * *', 'day of month field "0": use *, 1-31, or a list of them'],
    ['0 0 L * *', 'day of month field "L": use *, 1-31, or a list of them'],
    ['0 0 * 13 *', 'month field "13": use *, 1-12, or a list of them'],
    ['0 0 * * 8', 'day of week field "8": use *, 0-7, or a list of them'],
    ['0 0 * * mon#2', 'day of week field "mon#2": use *, 0-7, or a list of them'],
    ['H 3 * * *', 'minute field "H": use *, 0-59, or a list of them'],
    ['30-10 * * * *', 'minute field "30-10": the range runs backwards'],
    ['5/15 * * * *', 'minute field "5/15": a step is written */5 or 10-40/5'],
    ['*/0 * * * *', 'minute field "*/0": a step is written */5 or 10-40/5'],
    ['*/5/5 * * * *', 'minute field "*/5/5": a step is written */5 or 10-40/5'],
    ['1,,2 * * * *', 'minute field "": use *, 0-59, or a list of them'],
    ['0 0 31 2 *', 'names a day that no month has, so it never runs'],
  ])('%j is refused: %s', (text, message) => {
    expect(cronExpression.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});

describe('the longest gap', () => {
  test.each([
    [['0 3 * * 0'], 168 * HOUR],
    [['0 */6 * * *'], 6 * HOUR],
    [['0 */7 * * *'], 7 * HOUR],
    [['0 2 * * *', '0 */6 * * *', '0 3 * * 0'], 6 * HOUR],
    [['* * * * *'], 60],
    [['0 9-17 * * *'], 16 * HOUR],
    [['0 0 31 * *'], 61 * 24 * HOUR],
    [['0 0 29 2 *'], 1461 * 24 * HOUR],
    [['0 12 13 * 5'], 7 * 24 * HOUR],
    [['0 0 31 2 *'], Infinity],
  ])('of %j is %d seconds', (schedules, seconds) => {
    expect(longestGap(schedules)).toBe(seconds);
  });
});

describe('a shared minute', () => {
  test.each([
    ['0 2 * * *', '0 */6 * * *', undefined],
    ['0 6 * * *', '0 */6 * * *', '06:00'],
    ['30 23 * * 1', '30 23 * * 2', undefined],
    ['30 23 * * 1', '*/15 23 1 * *', '23:30'],
  ])('of %j and %j is %s', (left, right, minute) => {
    expect(sharedMinute(left, right)).toBe(minute);
  });
});

test('runs are those that an independent cron library computes', () => {
  const field = (low: number, high: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: low, max: high }).map(String),
      fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
      fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  // With a star and a step in a day field libraries differ from cron, so those are left to the examples above.
  const day = (low: number, high: number): fc.Arbitrary<string> => field(low, high).filter((text) => !text.startsWith('*/'));
  const expression = fc.tuple(field(0, 59), field(0, 23), day(1, 28), field(1, 12), day(0, 6)).map((fields) => fields.join(' '));
  fc.assert(
    fc.property(expression, (text) => {
      const schedule = parseCron(text);
      const start = new Date('2024-02-10T00:00:00Z');
      const days = Array.from({ length: 800 }, (_, index) => new Date(start.getTime() + index * 86_400_000));
      const end = start.getTime() + days.length * 86_400_000;
      const theirs = new Cron(text, { mode: '5-part', timezone: 'UTC' })
        .nextRuns(20, new Date(start.getTime() - 1000))
        .filter((date) => date.getTime() < end);
      const ours = days
        .filter((date) => schedule.runsOn(date))
        .slice(0, 20)
        .flatMap((date) => schedule.times.map((minute) => new Date(date.getTime() + minute * 60_000)));
      expect(ours.slice(0, 20)).toEqual(theirs);
    }),
    { numRuns: 200 },
  );
});
