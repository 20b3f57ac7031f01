import { describe, expect, it } from 'vitest';
import { explanationText } from '../../../generator/cli/explanation-text.ts';
import { buildView } from '../../../generator/plan/build-view.ts';
import { explain } from '../../../generator/plan/explanation.ts';
import { profileSchema, type ProfileInput } from '../../../generator/profile/schema.ts';
import type { Size } from '../../../generator/profile/units.ts';

const now = new Date('2026-01-01T05:30:00Z'); // a Thursday
const explanationOf = (sections: Omit<ProfileInput, 'name' | 'app'> = {}, setSize?: Size) => {
  const profile = profileSchema.parse({ name: 'production', app: { name: 'shop', domain: 'shop.example' }, ...sections });
  return explain(profile, buildView(profile, { profile: 'infrastructure/profiles/production.ts', version: '1' }), now, setSize);
};

describe('explain', () => {
  it('says when each job runs, in words and as dates', () => {
    expect(explanationOf().jobs.map(({ type, words, command, next }) => [type, words, command, next[0]])).toEqual([
      ['full', 'at 03:00, only on Sunday', 'backup.sh --full', '2026-01-04T03:00:00.000Z'],
      ['incremental', 'at 02:00', 'backup.sh', '2026-01-02T02:00:00.000Z'],
      ['database', 'on the hour, every 6 hours', 'backup.sh', '2026-01-01T06:00:00.000Z'],
      ['config', 'after a change of the configuration', 'backup.sh --config', undefined],
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
      ['configuration', 'each change, by backup.sh --config', true],
    ]);
    expect(points({ backup: { types: { database: { enabled: false }, incremental: { enabled: false }, config: { onChange: false } } } })).toEqual([
      ['database', '7 days', false],
      ['uploads', '7 days', false],
      ['configuration', '7 days', false],
    ]);
    expect(points({ mongodb: { enabled: false } }).map(([data]) => data)).toEqual(['uploads', 'configuration']);
  });

  it('counts the sets that a size makes room for', () => {
    // a week holds 1 full, 7 incremental and 28 database runs
    expect(explanationOf({}, '2GB').storage).toEqual({ setBytes: 2e9, setsPerWeek: 36, setsKept: 62, bytesPerWeek: 72e9, bytesKept: 124e9 });
    expect(explanationOf().storage).toBeUndefined();
  });

  it('names the services that a restore stops', () => {
    expect(explanationOf({ pm2: { enabled: false }, nginx: { enabled: false }, mongodb: { dataDirectory: null } }).services.map(({ restoring }) => restoring)).toEqual(['redis']);
  });

  it('reads as a page', async () => {
    const plain = { bold: String, dim: String, red: String, yellow: String };
    await expect(explanationText(explanationOf({}, '2GB'), plain)).toMatchFileSnapshot('expected/explanation.txt');
  });
});
