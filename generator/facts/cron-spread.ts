// Where the runs of one schedule lie between the runs of others, such as the incremental sets between two full ones. What is kept as long as
// something else needs it follows from these figures.
import { DAYS, dateOf } from '../profile/cron-gaps.ts';
import { parseCron, type Schedule } from '../profile/cron.ts';

const DAY = 1440;

/** In seconds, the longest there are; 0 where nothing runs in between. */
type Spread = {
  /** From a start to the last run before the next start. */
  readonly reach: number;
  /** From the first run after a start to the last one before the next. */
  readonly span: number;
  /** From the first run after a start to the next start. */
  readonly wait: number;
};

/** A start and the runs after it, in minutes. */
type Stretch = { readonly start: number; readonly first?: number; readonly last?: number };

/** How the runs of `schedule` lie between two runs of any of `starts`. A run in the minute of a start counts as one before it. */
export function spreadBetween(starts: readonly string[], schedule: string): Spread {
  const bounds = starts.map(parseCron);
  const inner = parseCron(schedule);
  const known = new Map<string, readonly number[]>();
  let spread: Spread = { reach: 0, span: 0, wait: 0 };
  let open: Stretch | undefined;
  for (let day = 0; day < DAYS; day++) {
    const date = dateOf(day);
    const times = inner.runsOn(date) ? inner.times : [];
    let from = 0;
    for (const bound of startsOn(bounds, date, known)) {
      const to = firstAfter(times, bound);
      const end = day * DAY + bound;
      if (open) spread = widened(spread, extended(open, day, times.slice(from, to)), end);
      open = { start: end };
      from = to;
    }
    if (open) open = extended(open, day, times.slice(from));
  }
  return { reach: 60 * spread.reach, span: 60 * spread.span, wait: 60 * spread.wait };
}

function extended(open: Stretch, day: number, times: readonly number[]): Stretch {
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined ? open : { start: open.start, first: open.first ?? day * DAY + first, last: day * DAY + last };
}

function widened({ reach, span, wait }: Spread, { start, first, last }: Stretch, end: number): Spread {
  if (first === undefined || last === undefined) return { reach, span, wait };
  return { reach: Math.max(reach, last - start), span: Math.max(span, last - first), wait: Math.max(wait, end - first) };
}

function startsOn(bounds: readonly Schedule[], date: Date, known: Map<string, readonly number[]>): readonly number[] {
  const active = bounds.filter(({ runsOn }) => runsOn(date));
  const key = active.map((bound) => bounds.indexOf(bound)).join();
  const times = known.get(key) ?? [...new Set(active.flatMap((bound) => bound.times))].sort((a, b) => a - b);
  known.set(key, times);
  return times;
}

/** The index of the first time that is after a minute. */
function firstAfter(times: readonly number[], minute: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) > minute) high = middle;
    else low = middle + 1;
  }
  return low;
}
