import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cron } from 'croner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProfiles } from '../../generator/load/load.ts';
import { buildView } from '../../generator/plan/build-view.ts';
import { calendarOf } from '../../generator/plan/calendar.ts';
import type { Profile } from '../../generator/profile/schema.ts';
import { treeOf } from '../../generator/output/tree.ts';
import { writeTrees } from '../../generator/output/write.ts';
import { loadTemplates } from '../../generator/render/load-templates.ts';
import { render } from '../../generator/render/render.ts';
import type { RenderedFile } from '../../generator/render/rendered-file.ts';
import { installRelease } from '../support/sandbox/release.ts';
import { capture, type CommandResult } from '../support/tools/command.ts';
import { ensureTools, toolPath } from '../support/tools/ensure.ts';

const root = join(import.meta.dirname, '../..');
const templates = loadTemplates();
let scratch: string;

beforeAll(async () => {
  await ensureTools(['systemd-analyze', 'crontab']);
  scratch = await mkdtemp(join(tmpdir(), 'lifeboat-schedule-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const surroundings = (): NodeJS.ProcessEnv => ({ PATH: toolPath(), LC_ALL: 'C', TZ: 'UTC', SYSTEMD_COLORS: '0' });
const analyze = (...args: string[]): Promise<CommandResult> => capture('systemd-analyze', args, { cwd: scratch, env: surroundings() });

async function reference(name: string): Promise<Profile> {
  const { loaded, problems } = await loadProfiles([name], root);
  expect(problems).toEqual([]);
  const profile = loaded[0]?.profile;
  if (!profile) throw new Error(`no profile ${name}`);
  return profile;
}

async function golden(name: string): Promise<Profile> {
  const { loaded } = await loadProfiles([join(root, `test/golden/profiles/${name}.yaml`)], root);
  const profile = loaded[0]?.profile;
  if (!profile) throw new Error(`no profile ${name}`);
  return profile;
}

function rendered(profile: Profile, { scheduler, script }: { scheduler: 'cron' | 'systemd'; script?: string }): RenderedFile[] {
  const view = buildView({ ...profile, backup: { ...profile.backup, scheduler } }, { profile: 'infrastructure/profiles/judged.ts', version: '0' });
  return render({ ...view, schedule: { ...view.schedule, script: script ?? view.schedule.script } }, templates);
}

/** The units in a directory of their own. */
async function unitsOf(profile: Profile): Promise<string[]> {
  const place = await mkdtemp(join(scratch, 'units-'));
  const units = rendered(profile, { scheduler: 'systemd' }).filter(({ path }) => path.includes('/systemd/'));
  return Promise.all(
    units.map(async ({ path, text }) => {
      const file = join(place, path.replace(/^.*\//, ''));
      await writeFile(file, text);
      return file;
    }),
  );
}

/** What systemd says of units whose scripts are installed where they expect them: it looks whether a script can be run. */
async function verify(profile: Profile): Promise<CommandResult> {
  const units = await unitsOf(profile);
  const place = await mkdtemp(join(scratch, 'release-'));
  await writeTrees(place, [treeOf('folder', rendered(profile, { scheduler: 'systemd' }))]);
  const { within } = await installRelease(join(place, 'folder'), { app: profile.app.name, place: join(place, 'lib') });
  return capture(...within('systemd-analyze', 'verify', ...units), { cwd: scratch, env: surroundings() });
}

const profiles: readonly (readonly [string, () => Promise<Profile>])[] = [
  ['production', () => reference('production')],
  ['staging', () => reference('staging')],
  ['full', () => golden('full')],
  ['hostile', () => golden('hostile')],
];

describe.each(profiles)('the units of %s', (_, load) => {
  it('are what systemd takes without a word', async () => {
    const profile = await load();
    expect(await unitsOf(profile)).toHaveLength(9);
    expect(await verify(profile)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('run what only install.sh puts there', async () => {
    const { code, stderr } = await analyze('verify', ...(await unitsOf(await load())));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Command \/usr\/local\/lib\/[a-z-]+\/current\/infrastructure\/backup\/backup\.sh is not executable/) as string]);
  });
});

describe('units that take a slice every 15 seconds', () => {
  const often = async (): Promise<Profile> => {
    const profile = await reference('production');
    return { ...profile, backup: { ...profile.backup, types: { ...profile.backup.types, database: { ...profile.backup.types.database, every: '15s' } } } };
  };

  it('are what systemd takes without a word, and mean four runs a minute', async () => {
    expect(await verify(await often())).toEqual({ code: 0, stdout: '', stderr: '' });
    const [expression = ''] = buildView(await often(), { profile: 'p', version: '0' }).schedule.database.calendar;
    const { stdout } = await analyze('calendar', '--base-time=2026-01-01 05:30:00 UTC', '--iterations=5', expression);
    expect([...stdout.matchAll(/(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w{3} \S+ (\S+) UTC/g)].map(([, time]) => time)).toEqual(['05:30:15', '05:30:30', '05:30:45', '05:31:00', '05:31:15']);
  });
});

describe('the sandbox', () => {
  it('leaves a backup no more than it needs', async () => {
    const place = await mkdtemp(join(scratch, 'sandbox-'));
    const units = rendered(await reference('production'), { scheduler: 'systemd' }).filter(({ path }) => path.endsWith('.service'));
    expect(units).toHaveLength(4);
    for (const { path, text } of units) {
      const file = join(place, path.replace(/^.*\//, ''));
      await writeFile(file, text);
      const { code, stdout } = await analyze('security', '--offline=true', '--threshold=24', file);
      expect([path, code, /exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]]).toEqual([path, 0, expect.stringMatching(/^[12]\./) as string]);
    }
  });

  it('is judged: a service without one fails', async () => {
    const file = join(scratch, 'bare.service');
    await writeFile(file, '[Service]\nExecStart=/bin/true\n');
    expect((await analyze('security', '--offline=true', '--threshold=24', file)).code).not.toBe(0);
  });
});

const moment = new Date('2026-01-01T05:30:00Z');

async function runsBySystemd(schedule: string, zone: string): Promise<string[]> {
  const runs = await Promise.all(
    calendarOf(schedule, zone).map(async (expression) => {
      const { code, stdout, stderr } = await analyze('calendar', `--base-time=${moment.toISOString().replace('T', ' ').replace(/\..*/, ' UTC')}`, '--iterations=40', expression);
      expect([expression, code, stderr]).toEqual([expression, 0, '']);
      return [...stdout.matchAll(/(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g)].map((match) => `${match[1] ?? ''}T${match[2] ?? ''}.000Z`);
    }),
  );
  return [...new Set(runs.flat())].sort();
}

function runsByCroner(schedule: string, zone: string, count: number): string[] {
  return new Cron(schedule, { timezone: zone, mode: '5-part' }).nextRuns(count, moment).map((date) => date.toISOString());
}

describe('a calendar expression', () => {
  const odd = ['0 3 13 * 5', '*/7 2-4 * * *', '5,35 1-3,22 1-7 */3 1-5', '59 23 28-31 feb,dec *', '0 0 1 */5 *', '0 12 * * sun,wed', '10-50/20 */5 * * 7', '0 3 1-31 * 2'];

  it('means what the cron line means, by systemd and by croner', async () => {
    const lines: (readonly [string, string])[] = odd.map((line) => [line, 'UTC']);
    for (const [, load] of profiles) {
      const { schedule, timeZone } = buildView(await load(), { profile: 'p', version: '0' });
      for (const { cron } of [schedule.full, schedule.incremental, schedule.database, schedule.config]) lines.push([cron, timeZone]);
    }
    for (const [line, zone] of lines) {
      // Of two expressions, the rarer one ends later: only what both cover can be compared.
      const bySystemd = (await runsBySystemd(line, zone)).slice(0, 40);
      expect([line, bySystemd.length]).toEqual([line, 40]);
      expect([line, zone, bySystemd]).toEqual([line, zone, runsByCroner(line, zone, 40)]);
    }
  });
});

/** Debian's crontab wants its spool directory and its group, so it runs where both can be made without a trace. */
async function checkCrontab(text: string): Promise<CommandResult> {
  const file = join(await mkdtemp(join(scratch, 'cron-')), 'crontab');
  await writeFile(file, text);
  const room = await mkdtemp(join(scratch, 'room-'));
  const line = [
    'mkdir -p "$1/spool/cron/crontabs"',
    '{ cat /etc/group; echo "crontab:x:0:"; } >"$1/group"',
    'mount --bind "$1/group" /etc/group && mount --bind "$1/spool" /var/spool && exec crontab -n "$2"',
  ].join('\n');
  return capture('unshare', ['--map-root-user', '--mount', 'sh', '-c', line, 'sh', room, file], { env: { PATH: toolPath(), LC_ALL: 'C' } });
}

/** A file of /etc/cron.d has a column with the user, which a crontab has not. */
const withoutUser = (text: string): string => text.replace(/^([\d*]\S* \S+ \S+ \S+ \S+) root /gm, '$1 ');

describe.each(profiles)('the crontab of %s', (_, load) => {
  it('is what cron takes', async () => {
    const [file, ...more] = rendered(await load(), { scheduler: 'cron' }).filter(({ path }) => path.includes('/cron/'));
    expect([more, file?.mode, file?.path]).toEqual([[], 0o644, expect.stringMatching(/\/[a-z-]+$/) as string]);
    const text = withoutUser(file?.text ?? '');
    expect(text.match(/^[\d*].*/gm)).toHaveLength(4);
    expect(await checkCrontab(text)).toMatchObject({ code: 0 });
  });
});

it('crontab finds what is wrong', async () => {
  expect(await checkCrontab('60 * * * * true\n')).toMatchObject({ code: 1, stderr: expect.stringContaining('bad minute') as string });
  expect(await checkCrontab('0 * * * * true')).toMatchObject({ code: 1, stderr: expect.stringContaining('newline') as string });
});

describe('a value in a command of cron', () => {
  // What Debian's cron makes of a line, as seen from a real one: `\%` and `\\` lose their backslash, a bare `%` ends the command.
  const asCronHandsOn = (command: string): string => command.replace(/\\([%\\])|%[^]*$/g, '$1');
  const nasty = "/srv/100%/it's\\%/$(id)/a\\\\b\\/backup.sh";

  it('reaches the shell as it is', async () => {
    const [file] = rendered(await reference('production'), { scheduler: 'cron', script: nasty }).filter(({ path }) => path.includes('/cron/'));
    const commands = [...(file?.text ?? '').matchAll(/^[\d*](?:\S* ){5}root (.*)$/gm)].map((match) => asCronHandsOn(match[1] ?? ''));
    expect(commands).toHaveLength(4);
    for (const command of commands) {
      const { stdout } = await capture('sh', ['-c', `set -- ${command}\nprintf %s "$1"`]);
      expect(stdout).toBe(nasty);
    }
  });
});
