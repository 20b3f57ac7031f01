import { longestPause, scheduledJobs } from '../facts/jobs.ts';
import { promisedWindow } from '../facts/lifetimes.ts';
import type { Profile } from '../profile/schema.ts';
import { toSeconds } from '../profile/units.ts';
import type { View } from './view.ts';

/** How long sets are kept, and the longest time that the schedule leaves between two sets: a longer one makes a clock doubtful. */
export function retentionView(profile: Profile): View['retention'] {
  const { full, incremental, database, config } = profile.backup.types;
  return {
    full: toSeconds(full.retention),
    incremental: incremental.enabled ? toSeconds(incremental.retention) : promisedWindow(profile),
    database: toSeconds(database.retention),
    config: toSeconds(config.retention),
    longestPause: longestPause(scheduledJobs(profile)),
  };
}
