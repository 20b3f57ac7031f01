import { oplogWindow } from '../facts/oplog-window.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords } from '../profile/units.ts';
import type { Finding, Rule } from './rule.ts';

function finding({ mongodb }: Profile, gigabytes: number, reach: number, message: string): Finding {
  const reached = `an oplog of ${mongodb.oplogSize} at ${mongodb.oplogGrowthPerHour} an hour reaches back ${inWords(reach)}`;
  return { path: ['mongodb', 'oplogSize'], message: `${reached}, ${message}`, fix: `Write at least "${gigabytes}GB".` };
}

export const oplogTooSmall: Rule = {
  code: 'OPLOG-001',
  severity: 'error',
  title: 'The oplog reaches back to the capture before',
  check: (profile) => {
    const { reach, gap, gigabytes } = oplogWindow(profile);
    const lost = `but up to ${inWords(gap)} pass between captures: what it forgot in between could not be restored, and each capture would be a full set`;
    return profile.mongodb.enabled && reach < gap ? [finding(profile, gigabytes, reach, lost)] : [];
  },
};

export const oplogWithoutReserve: Rule = {
  code: 'OPLOG-002',
  severity: 'warning',
  title: 'The oplog survives a failed capture and reaches back to the incremental set before',
  check: (profile) => {
    const { reach, gap, wanted, gigabytes } = oplogWindow(profile);
    const short = `but it takes ${inWords(wanted)} to survive a failed capture, and to reach back from each incremental set to the one before it`;
    return profile.mongodb.enabled && reach >= gap && reach < wanted ? [finding(profile, gigabytes, reach, short)] : [];
  },
};
