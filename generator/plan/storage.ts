import { scheduledJobs } from '../facts/jobs.ts';
import { lifetimes } from '../facts/lifetimes.ts';
import type { Profile } from '../profile/schema.ts';
import { toBytes, type Size } from '../profile/units.ts';
import { runsWithin } from './timeline.ts';

const DAY = 86_400;

/** What sets take on disk; only the operator knows. */
export type Sizes = {
  readonly set: Size;
  /** The slices of the oplog of one day, as stored. */
  readonly slicesPerDay?: Size | undefined;
  /** Redis and the changed files of one incremental set, as stored. */
  readonly changes?: Size | undefined;
};

export type Storage = {
  readonly setBytes: number;
  readonly sliceBytesPerDay: number;
  readonly changeBytes: number;
  /** The size of the slices was not given: a busy hour of the oplog all day long, uncompressed. */
  readonly slicesAssumed: boolean;
  /** At the most, once the oldest sets begin to go. */
  readonly types: readonly { readonly type: string; readonly sets: number; readonly bytes: number }[];
  readonly bytes: number;
};

/** Sets of configuration are left out: they are small, and nobody knows how often it changes. */
export function expectedStorage(profile: Profile, sizes: Sizes): Storage {
  const setBytes = toBytes(sizes.set);
  const sliceBytesPerDay = sliceBytes(profile, sizes);
  const changeBytes = sizes.changes === undefined ? 0 : toBytes(sizes.changes);
  const kept = new Map(lifetimes(profile).map((lifetime) => [lifetime.type, lifetime.kept]));
  const types = scheduledJobs(profile).map(({ type, schedule, every = 60 }) => {
    const seconds = kept.get(type) ?? 0;
    const sets = Math.max(1, runsWithin(schedule, seconds) * Math.round(60 / every));
    const each = type === 'full' ? setBytes : type === 'incremental' ? changeBytes : 0;
    const slices = type === 'full' ? 0 : Math.round((seconds / DAY) * sliceBytesPerDay);
    return { type, sets, bytes: sets * each + slices };
  });
  const bytes = types.reduce((sum, type) => sum + type.bytes, 0);
  return { setBytes, sliceBytesPerDay, changeBytes, slicesAssumed: profile.mongodb.enabled && sizes.slicesPerDay === undefined, types, bytes };
}

function sliceBytes({ mongodb }: Profile, { slicesPerDay }: Sizes): number {
  if (!mongodb.enabled) return 0;
  return slicesPerDay === undefined ? 24 * toBytes(mongodb.oplogGrowthPerHour) : toBytes(slicesPerDay);
}
