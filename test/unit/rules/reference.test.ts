import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { derive } from '../../../generator/facts/derived.ts';
import { loadProfiles } from '../../../generator/load/load.ts';
import { checkRules } from '../../../generator/rules/check.ts';
import { demoProfile } from '../../../demo/profile.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the profiles of the reference deployment', () => {
  test('are valid, with the warnings that this version owes', async () => {
    const { loaded, problems } = await loadProfiles([], root);
    expect(problems).toEqual([]);
    const warnings = loaded.map((item) => [item.environment, checkRules(item).map(({ code, severity }) => `${severity} ${code}`)]);
    expect(warnings).toEqual([
      ['production', ['warning LOC-001']],
      ['staging', ['warning LOC-001']],
    ]);
  });

  test('production has the figures and paths of the guide', async () => {
    const { loaded } = await loadProfiles(['production'], root);
    const profile = loaded[0]?.profile;
    expect(profile).toMatchObject({
      app: { name: 'plugspace', domain: 'plugspace.io', user: 'plugspace' },
      backup: {
        types: {
          full: { schedule: '0 3 * * 0', retention: '4w' },
          incremental: { schedule: '0 2 * * *', retention: '30d' },
          database: { schedule: '0 */6 * * *', retention: '7d' },
          config: { onChange: true, retention: '90d' },
        },
        remotes: [{ enabled: false, bucket: 'plugspace-backups', path: 'production' }],
      },
      monitoring: { job: 'plugspace-backup' },
      objectives: {
        rpo: { database: '6h', uploads: '24h' },
        rto: { serviceFailure: '5m', databaseFailure: '15m', serverFailure: '30m', fullDisaster: '2h' },
      },
    });
    expect(profile === undefined ? undefined : derive(profile)).toMatchObject({
      root: '/home/plugspace/plugspace',
      healthUrl: 'https://plugspace.io/api/health',
      backupDirectory: '/home/plugspace/backups',
      logFile: '/var/log/plugspace/backup.log',
      envFile: '/etc/plugspace/backup.env',
    });
  });

  test('the demo stays within its sandbox', () => {
    const paths = JSON.stringify(demoProfile('/sandbox', { mongodb: 1, redis: 2 })).match(/"\/[^"]*"/g) ?? [];
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.filter((path) => !path.startsWith('"/sandbox/'))).toEqual([]);
  });
});
