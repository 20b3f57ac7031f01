import { fullLifetime } from '../facts/lifetimes.ts';
import { inWords, toDuration } from '../profile/units.ts';
import type { Rule } from './rule.ts';

const DAY = 86_400;

export const chainRetention: Rule = {
  code: 'RET-001',
  severity: 'warning',
  title: 'A full set is kept as long as the sets that build on it',
  check: (profile) => {
    const { asked, kept, reason } = fullLifetime(profile);
    // A little longer is what explain tells; this is about a disk that was planned for much less.
    return kept < 2 * asked
      ? []
      : [
          {
            path: ['backup', 'types', 'full', 'retention'],
            message: `a full set will be kept up to ${inWords(kept)} and not ${inWords(asked)}: ${reason}`,
            fix: `Plan the space for it; to say so, write "${toDuration(Math.ceil(kept / DAY) * DAY)}".`,
          },
        ];
  },
};
