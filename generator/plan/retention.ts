import { longestGap } from '../profile/cron-gaps.ts';
import type { Profile } from '../profile/schema.ts';
import { toSeconds } from '../profile/units.ts';
import type { View } from './view.ts';

/** How long sets are kept, and the longest time that the schedule leaves between two sets: a longer one makes a clock doubtful. */
export function retentionView({ backup: { types } }: Profile): View['retention'] {
  const { full, incremental, database, config } = types;
  const scheduled = [full, ...[incremental, database].filter(({ enabled }) => enabled)];
  return {
    full: toSeconds(full.retention),
    incremental: toSeconds(incremental.retention),
    database: toSeconds(database.retention),
    config: toSeconds(config.retention),
    longestPause: longestGap(scheduled.map(({ schedule }) => schedule)),
  };
}
