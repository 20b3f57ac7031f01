// How long sets are really kept. A set that a kept set needs stays, so most live longer than their type's retention says; the figures are the
// longest, when every run succeeds. They follow from the rules of templates/infrastructure/backup/sets/retention.sh.
import { longestGap } from '../profile/cron-gaps.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords, toSeconds } from '../profile/units.ts';
import { spreadBetween } from './cron-spread.ts';
import { databaseJobs, fileJobs, type ChainType } from './jobs.ts';

export type Lifetime = {
  readonly type: ChainType | 'config';
  /** In seconds. */
  readonly asked: number;
  readonly kept: number;
  /** Why `kept` is more than `asked`; empty where it is not. */
  readonly reason: string;
};

const MINUTE = 60;

type Candidate = readonly [kept: number, reason: string];

/** Of each type that the profile takes, in the order of the guide. */
export function lifetimes(profile: Profile): Lifetime[] {
  const { incremental, database, config } = profile.backup.types;
  return [
    fullLifetime(profile),
    ...(incremental.enabled ? [incrementalLifetime(profile)] : []),
    ...(database.enabled && profile.mongodb.enabled ? [databaseLifetime(profile)] : []),
    { type: 'config', asked: toSeconds(config.retention), kept: toSeconds(config.retention), reason: '' },
  ];
}

/**
 * How far back every moment of the database can be restored, at the least: as long as the sets that hold the moments are kept. Where those
 * are full sets alone, a moment takes the full set before it and the one after it.
 */
export function promisedWindow({ mongodb, backup: { types } }: Pick<Profile, 'mongodb' | 'backup'>): number {
  const { full, incremental, database } = types;
  if (incremental.enabled) return toSeconds(incremental.retention);
  if (database.enabled && mongodb.enabled) return toSeconds(database.retention);
  return Math.max(0, toSeconds(full.retention) - longestGap([full.schedule]));
}

export function fullLifetime(profile: Profile): Lifetime {
  const { full, incremental } = profile.backup.types;
  const gap = longestGap([full.schedule]);
  const { reach } = incremental.enabled ? spreadBetween([full.schedule], incremental.schedule) : { reach: 0 };
  const children = toSeconds(incremental.retention);
  return longest('full', toSeconds(full.retention), [
    [gap, `the newest chain is kept whole, and the next full set may come ${inWords(gap)} after it`],
    ...(incremental.enabled ? [needed(reach + children, 'the last incremental set that builds on it', reach, children)] : []),
    ...(profile.mongodb.enabled ? [continued(gap, promisedWindow(profile))] : []),
  ]);
}

function incrementalLifetime(profile: Profile): Lifetime {
  const { full, incremental } = profile.backup.types;
  const asked = toSeconds(incremental.retention);
  const { span, wait } = spreadBetween([full.schedule], incremental.schedule);
  return longest('incremental', asked, [
    needed(span + asked, 'the last incremental set that builds on it', span, asked),
    ...(profile.mongodb.enabled ? [continued(wait, promisedWindow(profile))] : []),
  ]);
}

function databaseLifetime(profile: Profile): Lifetime {
  const { database } = profile.backup.types;
  const asked = toSeconds(database.retention);
  const starts = fileJobs(profile).map(({ schedule }) => schedule);
  const schedules = databaseJobs(profile).flatMap(({ type, schedule, every }) => (type === 'database' ? [{ schedule, slack: every === undefined ? 0 : MINUTE }] : []));
  const [{ schedule, slack } = { schedule: database.schedule, slack: 0 }] = schedules;
  const spread = spreadBetween(starts, schedule);
  // Where several runs share a minute, the last one is later than the minute says.
  const [span, wait] = [spread.span + slack, spread.wait + slack];
  return longest('database', asked, [
    needed(span + asked, 'the last database set that builds on it', span, asked),
    [wait, `the set that holds its changes as well may come ${inWords(wait)} after it`],
  ]);
}

function needed(kept: number, by: string, after: number, keptItself: number): Candidate {
  return [kept, `${by} is taken up to ${inWords(after)} after it and kept ${inWords(keptItself)}`];
}

/** The next full set holds the changes up to itself for this chain, and they count for as long as moments are promised. */
function continued(until: number, promised: number): Candidate {
  return [until + promised, `its chain goes on until the next full set, up to ${inWords(until)} after it, and each moment of it can be restored for ${inWords(promised)}`];
}

function longest(type: Lifetime['type'], asked: number, candidates: readonly Candidate[]): Lifetime {
  const [kept, reason] = candidates.reduce<Candidate>((best, candidate) => (candidate[0] > best[0] ? candidate : best), [asked, '']);
  return { type, asked, kept, reason };
}
