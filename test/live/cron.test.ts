import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installRelease, type Release } from '../support/sandbox/release.ts';
import { capture, mustRun } from '../support/tools/command.ts';
import { binDirectory } from '../support/tools/ensure.ts';
import { loseEverything } from './support/disaster.ts';
import { type Manifest, manifestOf, setsOf } from './support/manifest.ts';
import { backUp, leftHalfBuilt } from './support/script.ts';
import { seedEverything } from './support/seed.ts';
import { createWorld, type State, type World } from './support/world.ts';

let world: World;
let release: Release;
let original: State;
let normal: Manifest;

beforeAll(async () => {
  world = await createWorld({ name: 'cron' });
  release = await installRelease(await world.generateInto(join(world.root, 'copied')), { app: 'plugspace', place: join(world.root, 'usr-local-lib') });
  await seedEverything(world);
  original = await world.state();
  await backUp(world);
  normal = await manifestOf(world);
});
afterAll(() => world.close());

/** As bad as it gets: no environment but a short PATH, no home, a working directory that is gone, every stream closed, a mask that allows all. */
async function fromCron(wanted: number, command: string): Promise<void> {
  const gone = join(world.root, 'gone');
  await mkdir(gone);
  const line = `umask 000; cd '${gone}' && rmdir '${gone}' && PATH='${binDirectory()}:/usr/bin:/bin' exec ${command} <&- >&- 2>&-`;
  const { code } = await capture(...release.within('env', '-i', '/bin/sh', '-c', line));
  expect(code, (await readFile(world.paths.logFile, 'utf8')).slice(-4000)).toBe(wanted);
}

/** What two sets of the same data have in common: all but names, times, what they change, and the slice between the two. */
const substance = ({ type, components }: Manifest): object => ({
  type,
  components: Object.fromEntries(Object.entries(components).filter(([name]) => name !== 'bridge').map(([name, { file, members, details }]) => [name, { file, members, details: { ...details, oplog: undefined, sets: undefined, sha256: undefined } }])),
});

describe('from cron, with nothing of what a login has', () => {
  it('backup.sh makes the same set', async () => {
    await fromCron(0, `'${release.script('backup.sh')}' --full`);
    expect(await setsOf(world)).toHaveLength(2);
    expect(substance(await manifestOf(world))).toEqual(substance(normal));
  });

  it('its files have mode 0600 and its directories 0700', async () => {
    const listed = await mustRun('find', [world.paths.backups, '-printf', '%y %m %f\\n']);
    const wrong = listed.trim().split('\n').filter((line) => !/^(f 600|d 700) /.test(line));
    expect(wrong).toEqual([]);
  });

  it('restore.sh brings everything back', async () => {
    await loseEverything(world);
    await fromCron(0, `'${release.script('restore.sh')}' latest --all --yes`);
    expect(await world.state()).toEqual(original);
    expect(await leftHalfBuilt(world)).toEqual([]);
    expect(((await stat(world.paths.backups)).mode & 0o777).toString(8)).toBe('700');
  });

  it('restore.sh without --yes asks nobody, changes nothing and ends with 8', async () => {
    await fromCron(8, `'${release.script('restore.sh')}' latest --all`);
    expect(await world.state()).toEqual(original);
  });
});

describe('what a run says', () => {
  it('is the closing line alone, as long as nothing is wrong and stderr is a pipe', async () => {
    for (const [name, args, done] of [
      ['backup.sh', ['--config'], /^\S+Z DONE {2}config backup \d{8}_\d{6} is complete: .*\n$/],
      ['backup.sh', ['--full'], /^\S+Z DONE {2}full backup \d{8}_\d{6} is complete: .*\n$/],
      ['restore.sh', ['latest', '--app', '--redis', '--yes'], /^\S+Z DONE {2}restored .*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await world.runScript(name, args);
      expect([code, stdout, stderr]).toEqual([0, '', expect.stringMatching(done)]);
    }
  });

  it('stands in the log file in full, with time in UTC and level on each line', async () => {
    const lines = (await readFile(world.paths.logFile, 'utf8')).trimEnd().split('\n');
    expect(lines.filter((line) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO |WARN |ERROR|DONE ) \S?/.test(line))).toEqual([]);
    for (const text of ['INFO  MongoDB: dumping', 'INFO  mongodb: swapping in', 'DONE  restored config ssl app redis mongodb']) {
      expect(lines.some((line) => line.includes(text)), text).toBe(true);
    }
  });

  it('stands there once when cron sends stderr to the log file itself', async () => {
    await writeFile(world.paths.logFile, '');
    await mustRun(...release.within('sh', '-c', `PATH='${binDirectory()}:/usr/bin:/bin' exec '${release.script('backup.sh')}' --config >>'${world.paths.logFile}' 2>&1`));
    const lines = (await readFile(world.paths.logFile, 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines).toEqual([...new Set(lines)]);
    expect(lines.filter((line) => line.includes(' DONE '))).toHaveLength(1);
  });

  it('is nothing at all with --often, in the log file neither: a timer that runs all the time would fill it', async () => {
    await backUp(world);
    const { size } = await stat(world.paths.logFile);
    const before = await setsOf(world);
    const { code, stdout, stderr } = await world.runScript('backup.sh', ['--database', '--often']);
    expect([code, stdout, stderr.replace(/^.* WARN {2}MongoDB Database Tools .*\n/, '')]).toEqual([0, '', '']);
    expect(await setsOf(world)).toHaveLength(before.length + 1);
    const added = (await readFile(world.paths.logFile, 'utf8')).slice(size).replace(/^.* WARN {2}MongoDB Database Tools .*\n/, '');
    expect(added).toBe('');
  });

  it('is nothing at all with --quiet', async () => {
    const { code, stdout, stderr } = await world.runScript('backup.sh', ['--config', '--quiet']);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });
});
