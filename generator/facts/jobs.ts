// Which jobs run when: rules, plan and scripts must all mean the same ones.
import { longestGap } from '../profile/cron-gaps.ts';
import { parseCron } from '../profile/cron.ts';
import type { Profile } from '../profile/schema.ts';
import { toSeconds, type Duration } from '../profile/units.ts';

export type ChainType = 'full' | 'incremental' | 'database';
/** `every` is the seconds between two runs of a job that runs several times a minute; its schedule is then each minute. */
export type Job = { readonly type: ChainType; readonly schedule: string; readonly every?: number; readonly retention: Duration };

const EACH_MINUTE = '* * * * *';

type Types = { readonly backup: Pick<Profile['backup'], 'types'> };

/** The jobs that capture files: each begins a slice that covers everything since the one before. */
export function fileJobs({ backup: { types } }: Types): Job[] {
  const { full, incremental } = types;
  return [{ type: 'full', ...pick(full) }, ...(incremental.enabled ? [{ type: 'incremental' as const, ...pick(incremental) }] : [])];
}

/** The jobs that move the recovery point of the database. */
export function databaseJobs(profile: Types): Job[] {
  const { database } = profile.backup.types;
  return [...fileJobs(profile), ...(database.enabled ? [databaseJob(database)] : [])];
}

function databaseJob(database: Profile['backup']['types']['database']): Job {
  const often = database.every === undefined ? {} : { schedule: EACH_MINUTE, every: toSeconds(database.every) };
  return { type: 'database', ...pick(database), ...often };
}

/** Longest time in seconds between two runs of any of the jobs. */
export function longestPause(jobs: readonly Job[]): number {
  const often = jobs.flatMap(({ every }) => every ?? []);
  return often.length > 0 ? Math.min(...often) : longestGap(jobs.map(({ schedule }) => schedule));
}

/** The jobs that the server runs: without MongoDB there is no oplog to take a slice of. */
export function scheduledJobs(profile: Types & Pick<Profile, 'mongodb'>): Job[] {
  return profile.mongodb.enabled ? databaseJobs(profile) : fileJobs(profile);
}

function pick({ schedule, retention }: Pick<Job, 'schedule' | 'retention'>): Pick<Job, 'schedule' | 'retention'> {
  return { schedule, retention };
}

const POLL = 10;

/** Every ten minutes, as far from the start of the other jobs as ten minutes allow; nothing where configuration is not captured on change. */
export function configPolling(profile: Types & Pick<Profile, 'mongodb'>): string | undefined {
  if (!profile.backup.types.config.onChange) return undefined;
  const taken = scheduledJobs(profile).flatMap(({ schedule }) => [...parseCron(schedule).fields.minutes]);
  const distance = (minute: number): number => Math.min(...taken.map((other) => apart(minute, other)));
  const minutes = Array.from({ length: POLL }, (_, minute) => minute);
  const minute = minutes.reduce((best, candidate) => (distance(candidate) > distance(best) ? candidate : best));
  return minute === 0 ? `*/${POLL} * * * *` : `${minute}-59/${POLL} * * * *`;
}

function apart(minute: number, other: number): number {
  const ahead = (((minute - other) % POLL) + POLL) % POLL;
  return Math.min(ahead, POLL - ahead);
}
