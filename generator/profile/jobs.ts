// Which jobs run when: rules, plan and scripts must all mean the same ones.
import { parseCron } from './cron.ts';
import type { Profile } from './schema.ts';
import type { Duration } from './units.ts';

export type ChainType = 'full' | 'incremental' | 'database';
export type Job = { readonly type: ChainType; readonly schedule: string; readonly retention: Duration };

type Types = { readonly backup: Pick<Profile['backup'], 'types'> };

/** The jobs that capture files: each begins a slice that covers everything since the one before. */
export function fileJobs({ backup: { types } }: Types): Job[] {
  const { full, incremental } = types;
  return [{ type: 'full', ...pick(full) }, ...(incremental.enabled ? [{ type: 'incremental' as const, ...pick(incremental) }] : [])];
}

/** The jobs that move the recovery point of the database. */
export function databaseJobs(profile: Types): Job[] {
  const { database } = profile.backup.types;
  return [...fileJobs(profile), ...(database.enabled ? [{ type: 'database' as const, ...pick(database) }] : [])];
}

/** The jobs that the server runs: without MongoDB there is no oplog to take a slice of. */
export function scheduledJobs(profile: Types & Pick<Profile, 'mongodb'>): Job[] {
  return profile.mongodb.enabled ? databaseJobs(profile) : fileJobs(profile);
}

function pick({ schedule, retention }: Omit<Job, 'type'>): Omit<Job, 'type'> {
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
