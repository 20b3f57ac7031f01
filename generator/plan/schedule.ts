import type { Derived } from '../facts/derived.ts';
import { configPolling, scheduledJobs, type ChainType, type Job } from '../facts/jobs.ts';
import { isLocalMongodb, isLocalRedis } from '../facts/services.ts';
import type { Profile, Service } from '../profile/schema.ts';
import { calendarOf } from './calendar.ts';
import type { JobView, View } from './view.ts';

/** The release of root's own that `install.sh` makes: root runs nothing that the application's user can change. */
export function releaseOf({ app }: Profile): string {
  return `/usr/local/lib/${app.name}/current`;
}

type Captured = { readonly paths: readonly string[]; readonly optionalPaths: readonly string[]; readonly certificates: readonly string[] };

/** What the files for cron and systemd print. A job that the profile does not have is empty. */
export function scheduleView(profile: Profile, derived: Derived, captured: Captured): View['schedule'] {
  const { backupDirectory, logFile } = derived;
  const jobs = scheduledJobs(profile);
  const polling = configPolling(profile);
  const job = (type: ChainType): JobView => jobView(profile, jobs.find((candidate) => candidate.type === type));
  return {
    script: `${releaseOf(profile)}/infrastructure/backup/backup.sh`,
    full: job('full'),
    incremental: job('incremental'),
    database: job('database'),
    config: jobView(profile, polling === undefined ? undefined : { schedule: polling }),
    after: [...unitsOf(profile)],
    directories: [backupDirectory, logFile.replace(/\/[^/]*$/, '') || '/', ...disksOf(profile)],
    watched: watchable([...captured.paths, ...captured.optionalPaths, ...captured.certificates]),
  };
}

function jobView({ backup: { timeZone } }: Profile, job: Pick<Job, 'schedule' | 'every'> | undefined): JobView {
  if (job === undefined) return { cron: '', calendar: [] };
  const { schedule, every } = job;
  return { cron: schedule, calendar: every === undefined ? calendarOf(schedule, timeZone) : [`*-*-* *:*:00/${every} ${timeZone}`] };
}

/** What of the scheduler stands on the server and is configuration, too. */
export function schedulerFiles({ app, backup }: Profile): string[] {
  if (backup.scheduler === 'cron') return [`/etc/cron.d/${app.name}-backup`];
  return ['full', 'incremental', 'database', 'config'].flatMap((type) => unitFiles(app.name, type));
}

function unitFiles(name: string, type: string): string[] {
  const kinds = type === 'config' ? ['service', 'timer', 'path'] : ['service', 'timer'];
  return kinds.map((kind) => `/etc/systemd/system/${name}-backup-${type}.${kind}`);
}

/** Where the disks are mounted that sets are copied to. */
function disksOf({ backup: { remotes } }: Profile): string[] {
  return remotes.flatMap((remote) => (remote.kind === 'directory' ? [remote.bucket] : []));
}

/** A run that systemd makes up for after the boot must find the servers started. */
function unitsOf(profile: Profile): Set<string> {
  const { mongodb, redis } = profile;
  const unit = (service: Service): string[] => ('unit' in service ? [/\.[a-z]+$/.test(service.unit) ? service.unit : `${service.unit}.service`] : []);
  return new Set([...(isLocalMongodb(profile) ? unit(mongodb.service) : []), ...(isLocalRedis(profile) ? unit(redis.service) : [])]);
}

/** A path unit takes a path as it stands, so it cannot name one that ends in a space or a backslash; polling sees those. */
function watchable(paths: readonly string[]): string[] {
  return paths.filter((path) => !/[\s\\]$/.test(path));
}

/** A private /tmp hides what the jobs have to reach there. */
export function needsSharedTmp(values: readonly string[]): boolean {
  return values.some((value) => /(^|\/\/|[@,])(\/|%2F)(var(\/|%2F))?tmp(\/|%2F|$)/i.test(value));
}
