// Two years in the life of a host, as data that fast-check can draw.
import fc from 'fast-check';
import { DAY, HOUR, type Host } from './host.ts';
import type { Settings } from './driver.ts';

const days = (least: number, most: number) => fc.integer({ min: least, max: most }).map((count) => count * DAY);

export const settings = fc.record<Settings>({
  full: days(1, 40),
  incremental: days(1, 40),
  database: days(1, 14),
  config: days(1, 90),
  longestPause: days(1, 8),
});

/** How often each type is taken, in hours; 0 is never. */
const plan = fc.record({ full: fc.constantFrom(100, 168, 168, 330), incremental: fc.constantFrom(0, 24, 24, 40), database: fc.constantFrom(0, 9, 14, 50), config: fc.constantFrom(0, 300) });
export type Plan = Readonly<Record<'full' | 'incremental' | 'database' | 'config', number>>;

/** What happens to a host in a week, beside its backups. `at` chooses a set, 0 being the oldest and 1 the newest. */
const event = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: 'nothing' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('off' as const), days: fc.integer({ min: 8, max: 80 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('short oplog' as const), hours: fc.integer({ min: 2, max: 60 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'server restored' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clock step' as const), hours: fc.integer({ min: -48, max: 48 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clock jump' as const), days: fc.integer({ min: 5, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clock right' as const), moveAway: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('new settings' as const), settings }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set lost' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('twin' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('in use' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'foreign' } as const) },
);
export type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const week = fc.record({ event, failing: fc.constantFrom(0, 0, 0.1, 0.5, 1), luck: fc.integer({ min: 1, max: 2 ** 31 - 1 }), pruneMidweek: fc.boolean() });
export type Week = typeof week extends fc.Arbitrary<infer T> ? T : never;

export const scenario = (weeks: number) => fc.record({ plan, settings, weeks: fc.array(week, { minLength: weeks, maxLength: weeks }) });

/** Lets the backups of some days run. */
export async function runDays(host: Host, plan: Plan, { failing, luck }: Pick<Week, 'failing' | 'luck'>, from: number, to: number, eachNoon: () => Promise<void>): Promise<void> {
  const random = generator(luck + from);
  const start = host.time;
  for (let hour = from * 24; hour < to * 24; hour++) {
    host.time = start + (hour - from * 24) * HOUR + Math.floor(random() * 600);
    const absolute = Math.floor(host.time / HOUR);
    for (const type of ['full', 'incremental', 'database', 'config'] as const) {
      if (plan[type] > 0 && absolute % plan[type] === 0 && random() >= failing) {
        host.backup(type);
        host.time += 5;
      }
    }
    if (hour % 24 === 12) await eachNoon();
  }
  host.time = start + (to - from) * DAY;
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 0x800000;
  };
}
