import { describe, expect, it } from 'vitest';
import { explanationText } from '../../../generator/cli/explanation-text.ts';
import { buildView } from '../../../generator/plan/build-view.ts';
import { explain } from '../../../generator/plan/explanation.ts';
import { profileSchema, type ProfileInput } from '../../../generator/profile/schema.ts';
import type { Sizes } from '../../../generator/plan/storage.ts';

const remotes = [
  { kind: 's3', name: 'remote', enabled: true, bucket: 'shop-backups', latest: 'latest', prune: true },
  { kind: 'b2', name: 'far', bucket: 'shop-backups', retention: { full: '8w' } },
] as const;
const now = new Date('2026-01-01T05:30:00Z'); // a Thursday
const explanationOf = (sections: Omit<ProfileInput, 'name' | 'app'> = {}, sizes?: Sizes) => {
  const profile = profileSchema.parse({ name: 'production', app: { name: 'shop', domain: 'shop.example' }, ...sections });
  return explain(profile, buildView(profile, { profile: 'infrastructure/profiles/production.ts', version: '1' }), now, sizes);
};

describe('explain', () => {
  it('says when each job runs, in words and as dates', () => {
    expect(explanationOf().jobs.map(({ type, words, command, next }) => [type, words, command, next[0]])).toEqual([
      ['full', 'at 03:00, only on Sunday', 'backup.sh --full', '2026-01-04T03:00:00.000Z'],
      ['incremental', 'at 02:00', 'backup.sh', '2026-01-02T02:00:00.000Z'],
      ['database', 'on the hour, every 6 hours', 'backup.sh --database', '2026-01-01T06:00:00.000Z'],
      ['config', 'looked for every 10 minutes', 'backup.sh --config --if-changed', undefined],
    ]);
  });

  it('puts the next five runs of all jobs in order, in the zone of the schedule', () => {
    expect(explanationOf({ backup: { timeZone: 'Europe/Berlin' } }).nextRuns.map(({ time, type, left }) => [time, type, left])).toEqual([
      ['Thu 2026-01-01 12:00', 'database', 'in 5 hours 30 minutes'],
      ['Thu 2026-01-01 18:00', 'database', 'in 11 hours 30 minutes'],
      ['Fri 2026-01-02 00:00', 'database', 'in 17 hours 30 minutes'],
      ['Fri 2026-01-02 02:00', 'incremental', 'in 19 hours 30 minutes'],
      ['Fri 2026-01-02 06:00', 'database', 'in 23 hours 30 minutes'],
    ]);
  });

  it('computes what can be lost, and holds it against the objectives', () => {
    const points = (sections: Omit<ProfileInput, 'name' | 'app'>) => explanationOf(sections).recoveryPoint.map(({ data, computed, met }) => [data, computed, met]);
    expect(points({})).toEqual([
      ['database', '6 hours', true],
      ['uploads', '1 day', true],
      ['configuration', 'each change, seen within 10 minutes', true],
    ]);
    expect(points({ backup: { types: { database: { enabled: false }, incremental: { enabled: false }, config: { onChange: false } } } })).toEqual([
      ['database', '7 days', false],
      ['uploads', '7 days', false],
      ['configuration', '7 days', false],
    ]);
    expect(points({ mongodb: { enabled: false } }).map(([data]) => data)).toEqual(['uploads', 'configuration']);
  });

  it('says what a slice every 15 seconds gives, and what it costs', () => {
    const types = { database: { every: '15s', retention: '6h' }, incremental: { schedule: '0 */6 * * *' } } as const;
    const { jobs, recoveryPoint, window, oplog, lifetimes, storage } = explanationOf({ backup: { scheduler: 'systemd', types } }, { set: '1GB' });
    const job = jobs.find(({ type }) => type === 'database');
    expect([job?.schedule, job?.words, job?.next]).toEqual(['every 15s', '5760 runs and sets a day; a run takes about 2.2 s of a processor, all of them 14 % of one', []]);
    expect([recoveryPoint[0]?.computed, window?.newest, oplog?.gap]).toEqual(['15 seconds', 15, 15]);
    const [kept = 0, sets = 0] = [lifetimes.find(({ type }) => type === 'database')?.kept, storage?.types.find(({ type }) => type === 'database')?.sets];
    expect(kept).toBeGreaterThanOrEqual(12 * 3600);
    expect(sets).toBeGreaterThanOrEqual(kept / 15);
  });

  it('says what each set holds and builds on', () => {
    const jobs = (sections: Omit<ProfileInput, 'name' | 'app'>) => explanationOf(sections).jobs.map(({ type, captures, buildsOn }) => [type, captures.join(' '), buildsOn]);
    expect(jobs({})).toEqual([
      ['full', 'mongodb redis app config ssl', 'nothing; it also ends the chain before it'],
      ['incremental', 'oplog redis changes of app config ssl', 'the newest full or incremental set'],
      ['database', 'oplog', 'the newest set of these three'],
      ['config', 'config ssl', 'nothing'],
    ]);
    expect(jobs({ mongodb: { enabled: false }, ssl: { enabled: false }, backup: { types: { config: { onChange: false } } } })).toEqual([
      ['full', 'redis app config', 'nothing'],
      ['incremental', 'redis changes of app config', 'the newest full or incremental set'],
    ]);
  });

  it('says how far back MongoDB can be restored, and what that asks of the oplog', () => {
    expect(explanationOf({ backup: { types: { incremental: { retention: '9d' } } } })).toMatchObject({
      window: { atLeast: 9 * 86_400, newest: 6 * 3600 },
      oplog: { oplogSize: '10GB', reach: 360_000, gap: 6 * 3600, wanted: 86_400, gigabytes: 3 },
    });
    expect(explanationOf({ mongodb: { enabled: false } })).not.toHaveProperty('window');
  });

  it('counts what the sets take at the most', () => {
    // 37 days of weekly sets, 36 days and an hour of daily ones, 7 days 18 hours of six-hourly ones
    expect(explanationOf({}, { set: '2GB', slicesPerDay: '100MB', changes: '50MB' }).storage).toEqual({
      setBytes: 2e9,
      sliceBytesPerDay: 1e8,
      changeBytes: 5e7,
      slicesAssumed: false,
      types: [
        { type: 'full', sets: 6, bytes: 12e9 },
        { type: 'incremental', sets: 37, bytes: 37 * 5e7 + Math.round((36 + 1 / 24) * 1e8) },
        { type: 'database', sets: 31, bytes: 7.75e8 },
      ],
      bytes: 12e9 + 37 * 5e7 + Math.round((36 + 1 / 24) * 1e8) + 7.75e8,
    });
    expect(explanationOf({}, { set: '2GB' }).storage).toMatchObject({ slicesAssumed: true, sliceBytesPerDay: 24e8 });
    expect(explanationOf().storage).toBeUndefined();
  });

  it('names the services that a restore stops', () => {
    expect(explanationOf({ pm2: { enabled: false }, nginx: { enabled: false }, mongodb: { dataDirectory: null } }).services.map(({ restoring }) => restoring)).toEqual(['redis']);
  });

  it('says what each remote keeps, and for how long', () => {
    const bucket = 'shop-backups';
    const { locations } = explanationOf(
      { backup: { remotes: [{ kind: 's3', name: 'main', bucket, enabled: true, latest: 'latest', prune: true }, { kind: 'b2', name: 'far', bucket, retention: { full: '1w', incremental: '1d', database: '1d' } }] } },
      { set: '2GB' },
    );
    expect(locations).toMatchObject([
      { name: 'main', place: 'shop-backups/production', latest: 'shop-backups/latest', enabled: true, encrypted: false, pruned: true },
      { name: 'far', kind: 'b2', place: 'shop-backups/production', enabled: false, pruned: false },
    ]);
    expect(locations[0]?.lifetimes).toEqual(explanationOf().lifetimes);
    expect(locations[1]?.bytes).toBeLessThan((locations[0]?.bytes ?? 0) / 2);
  });

  it('reads as a page', async () => {
    const plain = { bold: String, dim: String, red: String, yellow: String };
    await expect(explanationText(explanationOf({ backup: { remotes: [...remotes] } }, { set: '2GB' }), plain)).toMatchFileSnapshot('expected/explanation.txt');
  });
});
