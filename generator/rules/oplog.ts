import { longestGap } from '../profile/cron-gaps.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords, toBytes } from '../profile/units.ts';
import { databaseCaptures, fileCaptures, schedulesOf } from './captures.ts';
import type { Finding, Rule } from './rule.ts';

// Twice the gap: one capture may fail without breaking the chain.
const RESERVE = 2;

function window({ mongodb }: Profile): number {
  return (toBytes(mongodb.oplogSize) / toBytes(mongodb.oplogGrowthPerHour)) * 3600;
}

function finding(profile: Profile, needed: number, message: string): Finding {
  const { mongodb } = profile;
  const gigabytes = Math.ceil(((needed / 3600) * toBytes(mongodb.oplogGrowthPerHour)) / 1e9);
  const reach = `an oplog of ${mongodb.oplogSize} at ${mongodb.oplogGrowthPerHour} an hour reaches back ${inWords(window(profile))}`;
  return { path: ['mongodb', 'oplogSize'], message: `${reach}, ${message}`, fix: `Write at least "${gigabytes}GB".` };
}

export const oplogTooSmall: Rule = {
  code: 'OPLOG-001',
  severity: 'error',
  title: 'The oplog reaches back to the capture before',
  check: (profile) => {
    const gap = longestGap(schedulesOf(databaseCaptures(profile)));
    return profile.mongodb.enabled && window(profile) < gap
      ? [finding(profile, RESERVE * gap, `but up to ${inWords(gap)} pass between captures: changes would be lost`)]
      : [];
  },
};

export const oplogWithoutReserve: Rule = {
  code: 'OPLOG-002',
  severity: 'warning',
  title: 'The oplog survives a failed capture and reaches back to the incremental set before',
  check: (profile) => {
    const reach = window(profile);
    const gap = longestGap(schedulesOf(databaseCaptures(profile)));
    const wanted = Math.max(RESERVE * gap, longestGap(schedulesOf(fileCaptures(profile))));
    return profile.mongodb.enabled && reach >= gap && reach < wanted
      ? [finding(profile, wanted, `and ${inWords(wanted)} are needed to survive a failed capture and to join slices`)]
      : [];
  },
};
