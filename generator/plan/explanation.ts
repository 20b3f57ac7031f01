import { configPolling, databaseJobs, fileJobs, longestPause, scheduledJobs, type Job as ScheduledJob } from '../facts/jobs.ts';
import { lifetimes, promisedWindow, type Lifetime } from '../facts/lifetimes.ts';
import { oplogWindow, type OplogWindow } from '../facts/oplog-window.ts';
import { asKeptAt, remoteDirectory, type Remote } from '../facts/remotes.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords, toSeconds, type Duration } from '../profile/units.ts';
import { releaseOf } from './schedule.ts';
import { expectedStorage, type Sizes, type Storage } from './storage.ts';
import { nextRuns, scheduleInWords, timeInZone, timeLeft } from './timeline.ts';
import type { View } from './view.ts';

/** What a profile means, in figures and words, for people and (as JSON) for programs. Spans of time without a unit are seconds. */
export type Explanation = {
  readonly environment: string;
  readonly profile: string;
  readonly application: { readonly name: string; readonly domain: string; readonly user: string };
  readonly scheduler: Profile['backup']['scheduler'];
  readonly timeZone: string;
  readonly jobs: readonly Job[];
  readonly nextRuns: readonly Run[];
  readonly components: readonly Component[];
  readonly lifetimes: readonly Lifetime[];
  readonly recoveryPoint: readonly RecoveryPoint[];
  readonly recoveryTime: Profile['objectives']['rto'];
  readonly places: Readonly<Record<'sets' | 'log' | 'secrets' | 'scripts' | 'schedule', string>>;
  readonly locations: readonly Location[];
  readonly services: readonly Service[];
  /** Without MongoDB there is none. */
  readonly window?: { readonly atLeast: number; readonly newest: number };
  readonly oplog?: OplogWindow & Pick<Profile['mongodb'], 'oplogSize' | 'oplogGrowthPerHour'>;
  readonly storage?: Storage;
};

type Job = {
  readonly type: string;
  readonly schedule: string;
  readonly words: string;
  readonly command: string;
  readonly captures: readonly string[];
  readonly buildsOn: string;
  readonly next: readonly string[];
};
type Run = { readonly type: string; readonly time: string; readonly at: string; readonly left: string };
type Component = {
  readonly name: string;
  readonly from: readonly string[];
  readonly without: readonly string[];
  readonly ifThere: readonly string[];
};
type RecoveryPoint = { readonly data: string; readonly objective: string; readonly computed: string; readonly met: boolean };
/** A remote; the backup directory is one of the places. */
type Location = {
  readonly name: string;
  readonly kind: string;
  readonly place: string;
  /** The directory with the newest chain, where there is one. */
  readonly latest?: string;
  readonly enabled: boolean;
  readonly encrypted: boolean;
  /** Whether backup.sh removes there what retention no longer keeps. */
  readonly pruned: boolean;
  readonly lifetimes: readonly Lifetime[];
  /** At the most, once the oldest sets begin to go, without the newest chain in `latest`. */
  readonly bytes?: number;
};
type Service = { readonly restoring: string; readonly stop: readonly string[]; readonly start: readonly string[] };

/** `now` decides the next runs; everything else follows from the profile alone. */
export function explain(profile: Profile, view: View, now: Date, sizes?: Sizes): Explanation {
  const { app, backup, objectives } = profile;
  const jobs = [...chainJobs(profile, view, now), ...configJob(profile, view)];
  return {
    environment: profile.name,
    profile: view.profile,
    application: { name: app.name, domain: app.domain, user: view.app.user },
    scheduler: backup.scheduler,
    timeZone: backup.timeZone,
    jobs,
    nextRuns: timeline(profile, jobs, now),
    components: components(view),
    lifetimes: lifetimes(profile),
    recoveryPoint: recoveryPoints(profile),
    recoveryTime: objectives.rto,
    places: {
      sets: view.files.backupDir,
      log: view.files.logFile,
      secrets: view.files.envFile,
      scripts: `${releaseOf(profile)}/infrastructure/backup`,
      schedule: backup.scheduler === 'cron' ? `/etc/cron.d/${app.name}-backup` : `/etc/systemd/system/${app.name}-backup-*`,
    },
    locations: profile.backup.remotes.map((remote) => location(profile, remote, sizes)),
    services: services(view),
    ...database(profile),
    ...(sizes === undefined ? {} : { storage: expectedStorage(profile, sizes) }),
  };
}

function database(profile: Profile): Pick<Explanation, 'window' | 'oplog'> {
  const { enabled, oplogSize, oplogGrowthPerHour } = profile.mongodb;
  const oplog = oplogWindow(profile);
  return enabled ? { window: { atLeast: promisedWindow(profile), newest: oplog.gap }, oplog: { oplogSize, oplogGrowthPerHour, ...oplog } } : {};
}

function chainJobs(profile: Profile, { features }: View, now: Date): Job[] {
  const configuration = ['config', ...(features.ssl ? ['ssl'] : [])];
  const means: Readonly<Record<ScheduledJob['type'], Pick<Job, 'command' | 'captures' | 'buildsOn'>>> = {
    full: {
      command: 'backup.sh --full',
      captures: [...(features.mongodb ? ['mongodb'] : []), ...(features.redis ? ['redis'] : []), 'app', ...configuration],
      buildsOn: features.mongodb ? 'nothing; it also ends the chain before it' : 'nothing',
    },
    incremental: {
      command: 'backup.sh',
      captures: [...(features.mongodb ? ['oplog'] : []), ...(features.redis ? ['redis'] : []), 'changes of app', ...configuration],
      buildsOn: 'the newest full or incremental set',
    },
    database: { command: 'backup.sh --database', captures: ['oplog'], buildsOn: 'the newest set of these three' },
  };
  return scheduledJobs(profile).map(({ type, schedule, every }) => {
    if (every !== undefined) return { type, schedule: `every ${every}s`, words: oftenInWords(profile, type, every), ...means[type], next: [] };
    const next = nextRuns(schedule, profile.backup.timeZone, now, 5).map((date) => date.toISOString());
    return { type, schedule, words: scheduleInWords(schedule), ...means[type], next };
  });
}

/** Seconds of a processor that a run with nothing new takes, and more for the manifests that it reads: as measured. */
const COST_OF_RUN = 1.3;
const COST_OF_MANIFEST = 0.0003;

function oftenInWords(profile: Profile, type: ScheduledJob['type'], every: number): string {
  const kept = lifetimes(profile).find((lifetime) => lifetime.type === type)?.kept ?? 0;
  const seconds = COST_OF_RUN + COST_OF_MANIFEST * (kept / every);
  return `${86_400 / every} runs and sets a day; a run takes about ${seconds.toFixed(1)} s of a processor, all of them ${Math.round((100 * seconds) / every)} % of one`;
}

function configJob(profile: Profile, { features }: View): Job[] {
  const schedule = configPolling(profile);
  if (schedule === undefined) return [];
  const words = profile.backup.scheduler === 'cron' ? 'looked for every 10 minutes' : 'at a change; also looked for every 10 minutes';
  const captures = ['config', ...(features.ssl ? ['ssl'] : [])];
  return [{ type: 'config', schedule, words, command: 'backup.sh --config --if-changed', captures, buildsOn: 'nothing', next: [] }];
}

function timeline({ backup: { timeZone } }: Profile, jobs: readonly Job[], now: Date): Run[] {
  return jobs
    .flatMap(({ type, next }) => next.map((at) => ({ type, at })))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .slice(0, 5)
    .map(({ type, at }) => ({ type, at, time: timeInZone(new Date(at), timeZone), left: timeLeft(new Date(at), now) }));
}

function components({ app, mongodb, redis, config, ssl, features }: View): Component[] {
  const component = (name: string, from: readonly string[], rest: Partial<Component> = {}): Component => {
    return { name, from, without: [], ifThere: [], ...rest };
  };
  const beside = (directory: string): Partial<Component> => ({ without: [`what else lies in ${directory}, as a key file or certificates; a restore on this host keeps it`] });
  return [
    ...(features.mongodb ? [component('mongodb', [`every database of ${mongodb.member}, with the oplog of the run`], mongodb.dataDir === '' ? {} : beside(mongodb.dataDir))] : []),
    ...(features.redis ? [component('redis', [`an RDB snapshot of ${redis.socket === '' ? `${redis.host}:${redis.port}` : redis.socket}`], beside(redis.dataDir))] : []),
    component('app', app.paths, { without: app.excludes.map((pattern) => `/${pattern}`) }),
    component('config', config.paths, { ifThere: config.optionalPaths }),
    ...(features.ssl ? [component('ssl', ssl.paths)] : []),
  ];
}

function recoveryPoints(profile: Profile): RecoveryPoint[] {
  const { mongodb, backup, objectives } = profile;
  const files = longestPause(fileJobs(profile));
  const point = (data: string, objective: Duration, gap: number): RecoveryPoint => {
    return { data, objective: inWords(toSeconds(objective)), computed: inWords(gap), met: gap <= toSeconds(objective) };
  };
  return [
    ...(mongodb.enabled ? [point('database', objectives.rpo.database, longestPause(databaseJobs(profile)))] : []),
    point('uploads', objectives.rpo.uploads, files),
    configurationPoint(backup.types.config.onChange, objectives.rpo.configuration, files),
  ];
}

function configurationPoint(onChange: boolean, objective: Duration | undefined, gap: number): RecoveryPoint {
  const computed = onChange ? 'each change, seen within 10 minutes' : inWords(gap);
  const met = onChange || (objective !== undefined && gap <= toSeconds(objective));
  return { data: 'configuration', objective: objective === undefined ? 'each change' : inWords(toSeconds(objective)), computed, met };
}

function location(profile: Profile, remote: Remote, sizes: Sizes | undefined): Location {
  const there = asKeptAt(profile, remote);
  return {
    name: remote.name,
    kind: remote.kind,
    place: `${remote.bucket}/${remoteDirectory(profile, remote)}`,
    ...(remote.latest === undefined ? {} : { latest: `${remote.bucket}/${remote.latest}` }),
    enabled: remote.enabled,
    encrypted: profile.backup.encryption.method !== 'none',
    pruned: remote.prune,
    lifetimes: lifetimes(there),
    ...(sizes === undefined ? {} : { bytes: expectedStorage(there, sizes).bytes }),
  };
}

function services({ app, mongodb, redis, nginx, features }: View): Service[] {
  return [
    ...(features.pm2 ? [{ restoring: 'anything', stop: app.stop, start: app.start }] : []),
    ...(features.localMongodb ? [{ restoring: 'mongodb', stop: mongodb.stop, start: mongodb.start }] : []),
    ...(features.redis ? [{ restoring: 'redis', stop: redis.stop, start: redis.start }] : []),
    ...(features.nginx ? [{ restoring: 'config', stop: [], start: nginx.reload }] : []),
  ];
}
