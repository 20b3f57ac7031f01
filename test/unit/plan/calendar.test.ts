import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../../generator/plan/calendar.ts';

describe('calendarOf', () => {
  it.each([
    ['0 3 * * 0', ['Sun *-*-* 03:00:00 UTC']],
    ['0 3 * * 7', ['Sun *-*-* 03:00:00 UTC']],
    ['* * * * *', ['*-*-* *:*:00 UTC']],
    ['0 */6 * * *', ['*-*-* 00/6:00:00 UTC']],
    ['5-59/10 * * * *', ['*-*-* *:05/10:00 UTC']],
    ['0-29/10 * * * *', ['*-*-* *:00,10,20:00 UTC']],
    ['*/25 1,2 * * *', ['*-*-* 01,02:00/25:00 UTC']],
    ['30 4 1-7 */3 *', ['*-01/3-01..07 04:30:00 UTC']],
    ['0 0 * * sat,sun,mon', ['Mon,Sat,Sun *-*-* 00:00:00 UTC']],
    ['0 0 * * 1-5', ['Mon..Fri *-*-* 00:00:00 UTC']],
    ['0 0 */2 * 5', ['Fri *-*-01/2 00:00:00 UTC']],
    ['0 0 13 * 5', ['*-*-13 00:00:00 UTC', 'Fri *-*-* 00:00:00 UTC']],
  ])('%s', (schedule, calendar) => {
    expect(calendarOf(schedule, 'UTC')).toEqual(calendar);
  });

  it('names the zone', () => {
    expect(calendarOf('0 3 * * 0', 'Europe/Berlin')).toEqual(['Sun *-*-* 03:00:00 Europe/Berlin']);
  });
});
