import { describe, expect, it } from 'vitest';
import { buildView } from '../../../generator/plan/build-view.ts';
import { profileSchema, type ProfileInput } from '../../../generator/profile/schema.ts';
import { loadTemplates } from '../../../generator/render/load-templates.ts';
import { render } from '../../../generator/render/render.ts';

const templates = loadTemplates();
const viewOf = (sections: Omit<ProfileInput, 'name' | 'app'> = {}) =>
  buildView(profileSchema.parse({ name: 'production', app: { name: 'shop', domain: 'shop.example' }, ...sections }), { profile: 'p.ts', version: '1' });
const scheduling = (sections: Omit<ProfileInput, 'name' | 'app'>) =>
  render(viewOf(sections), templates).filter(({ path }) => /cron|systemd/.test(path)).map(({ path }) => path);

describe('the files of the scheduler', () => {
  it('are those of cron, or those of systemd', () => {
    expect(scheduling({})).toEqual(['infrastructure/cron/shop-backup']);
    expect(scheduling({ backup: { scheduler: 'systemd' } })).toEqual(
      ['full.service', 'full.timer', 'incremental.service', 'incremental.timer', 'database.service', 'database.timer', 'config.service', 'config.timer', 'config.path'].map(
        (name) => `infrastructure/systemd/shop-backup-${name}`,
      ),
    );
  });

  it('leave out the jobs that the profile does not have', () => {
    const types = { incremental: { enabled: false }, config: { onChange: false } };
    expect(scheduling({ mongodb: { enabled: false }, backup: { scheduler: 'systemd', types } })).toEqual(
      ['full.service', 'full.timer'].map((name) => `infrastructure/systemd/shop-backup-${name}`),
    );
    const [crontab] = render(viewOf({ mongodb: { enabled: false }, backup: { types } }), templates).filter(({ path }) => path.includes('cron'));
    expect(crontab?.text.match(/^[\d*].*/gm)).toEqual(['0 3 * * 0 root /usr/local/lib/shop/current/infrastructure/backup/backup.sh --quiet --full']);
  });

  it('start a slice every 15 seconds by a timer alone, without a line for each', () => {
    const files = render(viewOf({ backup: { scheduler: 'systemd', types: { database: { every: '15s' } } } }), templates);
    const text = (name: string): string => files.find(({ path }) => path.endsWith(name))?.text ?? '';
    expect(text('-database.timer').match(/^(OnCalendar|Random|Fixed|Accuracy|Persistent).*/gm)).toEqual(['OnCalendar=*-*-* *:*:00/15 UTC', 'AccuracySec=1s']);
    expect(text('-database.service').match(/^(ExecStart=|SyslogLevel|LogLevelMax|SuccessExit).*/gm)).toEqual([
      'ExecStart=:/usr/local/lib/shop/current/infrastructure/backup/backup.sh --database --often',
      'SyslogLevel=warning',
      'LogLevelMax=warning',
      'SuccessExitStatus=4',
    ]);
    expect(text('-incremental.timer')).toContain('RandomizedDelaySec=30');
  });

  it('are configuration, and backed up where they are installed', () => {
    const paths = (sections: Omit<ProfileInput, 'name' | 'app'>) => viewOf(sections).config.optionalPaths.filter((path) => /cron|systemd/.test(path));
    expect(paths({})).toEqual(['/var/spool/cron/crontabs/shop', '/etc/cron.d/shop-backup']);
    expect(paths({ backup: { config: { crontabs: [] } } })).toEqual([]);
    const units = paths({ backup: { scheduler: 'systemd' } });
    expect([units.length, units[0], units[1], units.at(-1)]).toEqual([
      10,
      '/var/spool/cron/crontabs/shop',
      '/etc/systemd/system/shop-backup-full.service',
      '/etc/systemd/system/shop-backup-config.path',
    ]);
  });
});

describe('polling for a changed configuration', () => {
  it.each([
    ['0 */6 * * *', '5-59/10 * * * *'],
    ['5-55/10 * * * *', '2-59/10 * * * *'],
    ['* * * * *', '*/10 * * * *'],
  ])('keeps away from %s: %s', (schedule, polled) => {
    expect(viewOf({ backup: { types: { database: { schedule } } } }).schedule.config.cron).toBe(polled);
  });
});

describe('a private /tmp', () => {
  it.each([
    [{}, true],
    [{ redis: { socket: '/tmp/redis.sock' } }, false],
    [{ mongodb: { uri: 'mongodb://%2Ftmp%2Fmongodb-27017.sock/' } }, false],
    [{ mongodb: { uri: 'mongodb://a,%2Fvar%2Ftmp%2Fm.sock/' } }, false],
    [{ backup: { directory: '/var/tmp/backups' } }, false],
    [{ backup: { directory: '/srv/tmp/backups' } }, true],
    [{ backup: { directory: '/tmpfs/backups' } }, true],
  ] as const)('%j: %s', (sections, wanted) => {
    expect(viewOf(sections).features.privateTmp).toBe(wanted);
  });
});

describe('the order at boot', () => {
  it('is after the servers of this host that systemd starts', () => {
    expect(viewOf({ mongodb: { service: { unit: 'mongod@rs0.service' } }, redis: { host: 'cache.example' } }).schedule.after).toEqual(['mongod@rs0.service']);
  });
});
