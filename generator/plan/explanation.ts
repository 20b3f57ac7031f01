import { longestGap } from '../profile/cron-gaps.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords, toBytes, toSeconds, type Duration, type Size } from '../profile/units.ts';
import { nextRuns, runsWithin, scheduleInWords, timeInZone, timeLeft } from './timeline.ts';
import type { View } from './view.ts';

/** What a profile means, in figures and words, for people and (as JSON) for programs. */
export type Explanation = {
  readonly environment: string;
  readonly profile: string;
  readonly application: { readonly name: string; readonly domain: string; readonly user: string };
  readonly timeZone: string;
  readonly jobs: readonly Job[];
  readonly nextRuns: readonly Run[];
  readonly commands: readonly { readonly command: string; readonly captures: readonly string[] }[];
  readonly components: readonly Component[];
  readonly recoveryPoint: readonly RecoveryPoint[];
  readonly recoveryTime: Profile['objectives']['rto'];
  readonly places: Readonly<Record<'sets' | 'log' | 'secrets' | 'scripts', string>>;
  readonly services: readonly Service[];
  readonly storage?: Storage;
};

type Job = {
  readonly type: string;
  readonly schedule: string;
  readonly words: string;
  readonly command: string;
  readonly retention: Duration;
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
type Service = { readonly restoring: string; readonly stop: readonly string[]; readonly start: readonly string[] };
type Storage = {
  readonly setBytes: number;
  readonly setsPerWeek: number;
  readonly setsKept: number;
  readonly bytesPerWeek: number;
  readonly bytesKept: number;
};

/** `now` decides the next runs; everything else follows from the profile alone. */
export function explain(profile: Profile, view: View, now: Date, setSize?: Size): Explanation {
  const { app, backup, objectives } = profile;
  const captured = components(view);
  const names = captured.map(({ name }) => name);
  const jobs = scheduledJobs(profile, now);
  const storage = setSize === undefined ? {} : { storage: expectedStorage(jobs, toBytes(setSize)) };
  return {
    environment: profile.name,
    profile: view.profile,
    application: { name: app.name, domain: app.domain, user: view.app.user },
    timeZone: backup.timeZone,
    jobs: [...jobs, ...configJob(profile)],
    nextRuns: timeline(profile, jobs, now),
    commands: [
      { command: 'backup.sh, backup.sh --full', captures: names },
      { command: 'backup.sh --config', captures: names.filter((name) => name === 'config' || name === 'ssl') },
    ],
    components: captured,
    recoveryPoint: recoveryPoints(profile),
    recoveryTime: objectives.rto,
    places: {
      sets: view.files.backupDir,
      log: view.files.logFile,
      secrets: view.files.envFile,
      scripts: `${view.app.root}/infrastructure/backup`,
    },
    services: services(view),
    ...storage,
  };
}

/** Chains come later: until then every scheduled run is a full set, and a schedule says only when. */
function scheduledJobs({ backup: { types, timeZone } }: Profile, now: Date): Job[] {
  const { full, incremental, database } = types;
  const enabled = [
    { type: 'full', command: 'backup.sh --full', ...full },
    ...(incremental.enabled ? [{ type: 'incremental', command: 'backup.sh', ...incremental }] : []),
    ...(database.enabled ? [{ type: 'database', command: 'backup.sh', ...database }] : []),
  ];
  return enabled.map(({ type, command, schedule, retention }) => {
    const next = nextRuns(schedule, timeZone, now, 5).map((date) => date.toISOString());
    return { type, schedule, words: scheduleInWords(schedule), command, retention, next };
  });
}

function configJob({ backup: { types } }: Profile): Job[] {
  const { onChange, retention } = types.config;
  const words = 'after a change of the configuration';
  return onChange ? [{ type: 'config', schedule: '', words, command: 'backup.sh --config', retention, next: [] }] : [];
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
  return [
    ...(features.mongodb ? [component('mongodb', [`every database of ${mongodb.member}, with the oplog of the run`])] : []),
    ...(features.redis ? [component('redis', [`an RDB snapshot of ${redis.socket === '' ? `${redis.host}:${redis.port}` : redis.socket}`])] : []),
    component('app', app.paths, { without: app.excludes.map((pattern) => `/${pattern}`) }),
    component('config', config.paths, { ifThere: config.optionalPaths }),
    ...(features.ssl ? [component('ssl', ssl.paths)] : []),
  ];
}

function recoveryPoints({ mongodb, backup: { types }, objectives: { rpo } }: Profile): RecoveryPoint[] {
  const files = [types.full.schedule, ...(types.incremental.enabled ? [types.incremental.schedule] : [])];
  const database = [...files, ...(types.database.enabled ? [types.database.schedule] : [])];
  const point = (data: string, objective: Duration, schedules: readonly string[]): RecoveryPoint => {
    const gap = longestGap(schedules);
    return { data, objective: inWords(toSeconds(objective)), computed: inWords(gap), met: gap <= toSeconds(objective) };
  };
  return [
    ...(mongodb.enabled ? [point('database', rpo.database, database)] : []),
    point('uploads', rpo.uploads, files),
    configurationPoint(types.config.onChange, rpo.configuration, longestGap(files)),
  ];
}

function configurationPoint(onChange: boolean, objective: Duration | undefined, gap: number): RecoveryPoint {
  const computed = onChange ? 'each change, by backup.sh --config' : inWords(gap);
  const met = onChange || (objective !== undefined && gap <= toSeconds(objective));
  return { data: 'configuration', objective: objective === undefined ? 'each change' : inWords(toSeconds(objective)), computed, met };
}

function services({ app, mongodb, redis, nginx, features }: View): Service[] {
  return [
    ...(features.pm2 ? [{ restoring: 'anything', stop: app.stop, start: app.start }] : []),
    ...(features.localMongodb ? [{ restoring: 'mongodb', stop: mongodb.stop, start: mongodb.start }] : []),
    ...(features.redis ? [{ restoring: 'redis', stop: redis.stop, start: redis.start }] : []),
    ...(features.nginx ? [{ restoring: 'config', stop: [], start: nginx.reload }] : []),
  ];
}

function expectedStorage(jobs: readonly Job[], setBytes: number): Storage {
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const setsPerWeek = sum(jobs.map(({ schedule }) => runsWithin(schedule, '1w')));
  const setsKept = sum(jobs.map(({ schedule, retention }) => runsWithin(schedule, retention)));
  return { setBytes, setsPerWeek, setsKept, bytesPerWeek: setsPerWeek * setBytes, bytesKept: setsKept * setBytes };
}
