// Which schedules capture what: the base of every rule about time.
import type { Profile } from '../profile/schema.ts';

type Capture = { readonly type: 'full' | 'incremental' | 'database'; readonly schedule: string };

/** The jobs that move the recovery point of the database. */
export function databaseCaptures({ backup: { types } }: Profile): Capture[] {
  return [...fileCaptures({ backup: { types } }), ...(types.database.enabled ? [{ type: 'database' as const, schedule: types.database.schedule }] : [])];
}

/** The jobs that capture files. */
export function fileCaptures({ backup: { types } }: { backup: Pick<Profile['backup'], 'types'> }): Capture[] {
  return [
    { type: 'full', schedule: types.full.schedule },
    ...(types.incremental.enabled ? [{ type: 'incremental' as const, schedule: types.incremental.schedule }] : []),
  ];
}

export function schedulesOf(captures: readonly Capture[]): string[] {
  return captures.map(({ schedule }) => schedule);
}

/** `full 0 3 * * 0, incremental 0 2 * * *` */
export function describeCaptures(captures: readonly Capture[]): string {
  return captures.map(({ type, schedule }) => `${type} ${schedule}`).join(', ');
}

/** The sparsest schedule that runs at least as often as asked. */
export function scheduleFor(seconds: number): string {
  const hours = [24, 12, 8, 6, 4, 3, 2, 1].find((value) => value * 3600 <= seconds);
  const minutes = [30, 20, 15, 10, 5, 1].find((value) => value * 60 <= seconds) ?? 1;
  if (hours === undefined) {
    return `*/${minutes} * * * *`;
  }
  return hours === 24 ? '0 2 * * *' : `0 */${hours} * * *`;
}
