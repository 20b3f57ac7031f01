import { longestGap } from '../profile/cron-gaps.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords, toDuration, toSeconds } from '../profile/units.ts';
import { fileCaptures, schedulesOf } from './captures.ts';
import type { Finding, Rule } from './rule.ts';

export const chainRetention: Rule = {
  code: 'RET-001',
  severity: 'warning',
  title: 'A full set is kept as long as the sets that build on it',
  check: ({ backup: { types } }) => {
    const children = [types.incremental, types.database].filter(({ enabled }) => enabled).map(({ retention }) => toSeconds(retention));
    const longestChild = Math.max(0, ...children);
    const chain = longestGap([types.full.schedule]);
    const kept = chain + longestChild;
    const asked = toSeconds(types.full.retention);
    if (longestChild === 0 || kept <= asked) {
      return [];
    }
    return [
      {
        path: ['backup', 'types', 'full', 'retention'],
        message:
          `a full set will be kept up to ${inWords(kept)} and not ${inWords(asked)}: ` +
          `sets that need it are taken for ${inWords(chain)} after it and kept ${inWords(longestChild)}`,
        fix: `Plan the space for it; to say so, write "${toDuration(kept)}".`,
      },
    ];
  },
};

export const gapInRetention: Rule = {
  code: 'RET-002',
  severity: 'error',
  title: 'A set is kept until the one that follows it is there',
  check: (profile) => {
    const { full, incremental, database } = profile.backup.types;
    const next = longestGap(schedulesOf(fileCaptures(profile)));
    return [
      ...tooShort('full', full.retention, longestGap([full.schedule]), 'the next full set'),
      ...(incremental.enabled ? tooShort('incremental', incremental.retention, next, 'the next full or incremental set') : []),
      ...(database.enabled ? tooShort('database', database.retention, next, 'the full or incremental set that covers its time') : []),
    ];
  },
};

type Type = keyof Profile['backup']['types'];

function tooShort(type: Type, retention: Parameters<typeof toSeconds>[0], gap: number, follower: string): Finding[] {
  const kept = toSeconds(retention);
  if (kept >= gap) {
    return [];
  }
  return [
    {
      path: ['backup', 'types', type, 'retention'],
      message: `a set is kept ${inWords(kept)}, but ${follower} may come only ${inWords(gap)} after it`,
      fix: `Write at least "${toDuration(gap)}".`,
    },
  ];
}
