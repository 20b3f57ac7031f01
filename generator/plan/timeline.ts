import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { parseCron } from '../profile/cron.ts';
import { inWords as durationInWords } from '../profile/units.ts';

const DAY = 86_400;

/** `at 03:00, only on Sunday` */
export function scheduleInWords(schedule: string): string {
  const words = cronstrue.toString(schedule, { use24HourTimeFormat: true });
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** The next runs after a moment; none for a day that no calendar has. */
export function nextRuns(schedule: string, timeZone: string, now: Date, count: number): Date[] {
  return new Cron(schedule, { timezone: timeZone, mode: '5-part' }).nextRuns(count, now);
}

/** How many runs fall into a span of seconds: what one retention holds at the most. */
export function runsWithin(schedule: string, seconds: number): number {
  const { times, runsOn } = parseCron(schedule);
  const year = Array.from({ length: 365 }, (_, day) => new Date(Date.UTC(2001, 0, 1 + day)));
  const daysOn = year.filter(runsOn).length;
  return Math.ceil(((times.length * daysOn) / year.length) * (seconds / DAY));
}

/** A moment as the schedule's own clock shows it. */
export function timeInZone(date: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((item) => item.type === type)?.value ?? '';
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}

export function timeLeft(date: Date, now: Date): string {
  return `in ${durationInWords(Math.max(60, Math.floor((date.getTime() - now.getTime()) / 60_000) * 60))}`;
}
