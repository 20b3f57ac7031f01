// How rules about time name schedules.
import type { Job } from '../facts/jobs.ts';

/** `full 0 3 * * 0, incremental 0 2 * * *` */
export function describeCaptures(jobs: readonly Job[]): string {
  return jobs.map(({ type, schedule, every }) => `${type} ${every === undefined ? schedule : `every ${every}s`}`).join(', ');
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

/** The sparsest interval below a minute that is at least as often as asked; the shortest, where none is. */
export function every(seconds: number): string {
  return `${[30, 20, 15, 10].find((value) => value <= seconds) ?? 10}s`;
}
