import { parseCron, type CronFields } from '../profile/cron.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * A cron schedule as systemd's OnCalendar: one expression, or two where cron would run on the day of the month or the day of the week,
 * since a calendar expression that names both means both.
 */
export function calendarOf(schedule: string, timeZone: string): string[] {
  const { fields, eitherDay } = parseCron(schedule);
  const alternatives = eitherDay ? [{ ...fields, weekdays: upTo(0, 6) }, { ...fields, days: upTo(1, 31) }] : [fields];
  return alternatives.map((alternative) => expression(alternative, timeZone));
}

function expression({ minutes, hours, days, months, weekdays }: CronFields, timeZone: string): string {
  const week = weekdays.size === 7 ? [] : [weekdayList(weekdays)];
  const date = `*-${numbers(months, 1, 12)}-${numbers(days, 1, 31)}`;
  const time = `${numbers(hours, 0, 23)}:${numbers(minutes, 0, 59)}:00`;
  return [...week, date, time, timeZone].join(' ');
}

/** Monday first, as systemd counts: a range must not run over the end of the week. */
function weekdayList(weekdays: ReadonlySet<number>): string {
  const positions = [...weekdays].map((day) => (day + 6) % 7).sort((a, b) => a - b);
  return runs(positions)
    .map(([first, last]) => (first === last ? weekday(first) : `${weekday(first)}${last === first + 1 ? ',' : '..'}${weekday(last)}`))
    .join(',');
}

function weekday(position: number): string {
  return WEEKDAYS[(position + 1) % 7] ?? '';
}

/** `*`, `00/6` for a step that reaches the end of the field, or a list of values and ranges. */
function numbers(values: ReadonlySet<number>, low: number, high: number): string {
  if (values.size === high - low + 1) return '*';
  const sorted = [...values].sort((a, b) => a - b);
  const [first = low, second = first] = sorted;
  const step = second - first;
  const steady = sorted.every((value, index) => value === first + index * step);
  if (sorted.length > 2 && steady && step > 1 && (sorted.at(-1) ?? high) + step > high) return `${digits(first)}/${step}`;
  return runs(sorted)
    .map(([from, to]) => (from === to ? digits(from) : `${digits(from)}${to === from + 1 ? ',' : '..'}${digits(to)}`))
    .join(',');
}

function runs(sorted: readonly number[]): (readonly [number, number])[] {
  const starts = sorted.filter((value, index) => index === 0 || sorted[index - 1] !== value - 1);
  const ends = sorted.filter((value, index) => sorted[index + 1] !== value + 1);
  return starts.map((start, index) => [start, ends[index] ?? start]);
}

function digits(value: number): string {
  return String(value).padStart(2, '0');
}

function upTo(low: number, high: number): ReadonlySet<number> {
  return new Set(Array.from({ length: high - low + 1 }, (_, index) => low + index));
}
