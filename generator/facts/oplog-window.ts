// How far back the oplog has to reach, and does.
import type { Profile } from '../profile/schema.ts';
import { toBytes } from '../profile/units.ts';
import { databaseJobs, fileJobs, longestPause } from './jobs.ts';

// Twice the gap: one capture may fail without breaking the chain.
const RESERVE = 2;

/** In seconds. */
export type OplogWindow = {
  /** What the oplog holds at the stated growth. */
  readonly reach: number;
  /** Between two captures: without this much the chain breaks. */
  readonly gap: number;
  /** With a reserve for a failed capture, and for a slice from one incremental set to the next. */
  readonly wanted: number;
  /** The size of an oplog that has it. */
  readonly gigabytes: number;
};

export function oplogWindow(profile: Profile): OplogWindow {
  const growth = toBytes(profile.mongodb.oplogGrowthPerHour) / 3600;
  const gap = longestPause(databaseJobs(profile));
  const wanted = Math.max(RESERVE * gap, longestPause(fileJobs(profile)));
  return { reach: toBytes(profile.mongodb.oplogSize) / growth, gap, wanted, gigabytes: Math.ceil((wanted * growth) / 1e9) };
}
