// How far apart the runs of schedules are. The calendar repeats after 28 years, so walking that many days gives exact answers, without a
// clock and without a time zone: an hour more or less on the day the clocks change is left out on purpose.
import { parseCron, type Schedule } from './cron.ts';

const DAY = 1440;
const FIRST_DAY = Date.UTC(2000, 0, 1);
export const DAYS = 10_227;

type DaySpan = { readonly first: number; readonly last: number; readonly longest: number };

/** Longest time in seconds between two runs of any of the schedules; Infinity when none ever runs. */
export function longestGap(expressions: readonly string[]): number {
  const schedules = expressions.map(parseCron);
  const spans = new Map<string, DaySpan | undefined>();
  let earliest: number | undefined;
  let previous: number | undefined;
  let longest = 0;
  for (let day = 0; day < DAYS; day++) {
    const span = spanOf(schedules, day, spans);
    if (span !== undefined) {
      longest = Math.max(longest, span.longest, previous === undefined ? 0 : day * DAY + span.first - previous);
      earliest ??= day * DAY + span.first;
      previous = day * DAY + span.last;
    }
  }
  return earliest === undefined || previous === undefined ? Infinity : 60 * Math.max(longest, earliest + DAYS * DAY - previous);
}

/** The first minute of the day at which both schedules start on some day, as `HH:MM`. */
export function sharedMinute(left: string, right: string): string | undefined {
  const [a, b] = [parseCron(left), parseCron(right)];
  const minute = a.times.find((time) => b.times.includes(time));
  if (minute === undefined || !range(DAYS).some((day) => a.runsOn(dateOf(day)) && b.runsOn(dateOf(day)))) {
    return undefined;
  }
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function spanOf(schedules: readonly Schedule[], day: number, known: Map<string, DaySpan | undefined>): DaySpan | undefined {
  const date = dateOf(day);
  const active = schedules.map((schedule) => schedule.runsOn(date));
  const key = active.join();
  if (!known.has(key)) {
    const times = schedules.filter((_, index) => active[index]).flatMap((schedule) => schedule.times);
    known.set(key, spanWithin(times.sort((a, b) => a - b)));
  }
  return known.get(key);
}

function spanWithin(times: readonly number[]): DaySpan | undefined {
  const [first, last] = [times[0], times.at(-1)];
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return first === undefined || last === undefined ? undefined : { first, last, longest: gaps.reduce((a, b) => Math.max(a, b), 0) };
}

export function dateOf(day: number): Date {
  return new Date(FIRST_DAY + day * 86_400_000);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
