import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTemplates } from '../../../generator/render/load-templates.ts';
import { render } from '../../../generator/render/render.ts';
import { plainView } from '../render/view-fixture.ts';
import type { Decision } from './driver.ts';
import { HOUR } from './host.ts';
import { idAt, writeSet, type BackupSet } from './sets.ts';

const tools = 'awk cat chmod chown cut date df du env find flock grep head id jq ls mkdir mv rm sed sort stat sync tail tar wc xargs'.split(' ');
const now = Math.floor(Date.now() / 1000);
let place = '';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'lifeboat-scale-'));
  mkdirSync(join(place, 'bin'));
  const files = { backupDir: join(place, 'backups'), envFile: join(place, 'backup.env'), logFile: join(place, 'backup.log') };
  const view = { ...plainView, environment: 'production', app: { ...plainView.app, user: userInfo().username }, files };
  for (const { path, text } of render(view, loadTemplates())) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  // Each tool tells that it was started, then is itself.
  for (const tool of tools) {
    writeFileSync(join(place, 'bin', tool), `#!/bin/bash\necho ${tool} >>'${join(place, 'started')}'\nPATH="\${PATH#*:}" exec ${tool} "$@"\n`, { mode: 0o755 });
  }
});

afterEach(() => {
  rmSync(place, { recursive: true });
});

/** A set an hour: a full one each week, an incremental one each day, database sets between. */
function takeSets(count: number, until = now - HOUR): void {
  const directory = join(place, 'backups');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  let newest = '';
  let files = '';
  for (let index = 0; index < count; index++) {
    const ended = until - (count - index - 1) * HOUR;
    const [id, last] = [idAt(ended), { t: ended, i: 1 }];
    const set = { id, ended, replicaSetId: 'first' };
    const slice = (follows: string, hours: number) => ({ parent: follows, slice: { first: { t: ended - hours * HOUR, i: 1 }, last, follows } });
    const made: BackupSet =
      index % 168 === 0
        ? { ...set, type: 'full', parent: null, base: last }
        : index % 24 === 0
          ? { ...set, type: 'incremental', ...slice(files, 24), appFollows: files }
          : { ...set, type: 'database', ...slice(newest, 1) };
    writeSet(directory, made);
    newest = id;
    if (made.type !== 'database') files = id;
  }
}

async function run(options: readonly string[], expected = 0) {
  rmSync(join(place, 'started'), { force: true });
  const child = spawn('bash', [join(place, 'infrastructure/backup/backup.sh'), ...options], { env: { PATH: `${join(place, 'bin')}:${process.env['PATH'] ?? ''}` } });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), new Promise((resolve) => child.on('close', resolve))]);
  expect([status, status === expected ? '' : stderr]).toEqual([expected, '']);
  return { stdout, stderr, processes: existsSync(join(place, 'started')) ? readFileSync(join(place, 'started'), 'utf8').split('\n').length - 1 : 0 };
}

const lines = (text: string): number => text.trimEnd().split('\n').length;

const questions = [
  { options: ['--list'], count: (stdout: string) => lines(stdout) - 2 },
  { options: ['--list', '--json'], count: (stdout: string) => (JSON.parse(stdout) as Decision[]).length },
  { options: ['--prune', '--dry-run'], count: lines },
];

describe('with 5000 sets', () => {
  it('no question starts many more processes than with 30', async () => {
    const processes: number[] = [];
    for (const sets of [30, 5000]) {
      takeSets(sets);
      for (const { options, count } of questions) {
        const answer = await run(options);
        expect([options, count(answer.stdout)]).toEqual([options, sets]);
        processes.push(answer.processes);
      }
    }
    const [few, many] = [Math.max(...processes.slice(0, 3)), Math.max(...processes.slice(3))];
    expect(few).toBeLessThan(30);
    // xargs starts a second or third jq where one cannot take all names.
    expect(many - few).toBeLessThan(10);
  });
});

describe('backup.sh --prune', () => {
  const sets = () => readdirSync(join(place, 'backups')).filter((name) => name !== '.state');

  it('removes what it said it would, once', async () => {
    takeSets(400);
    const said = (await run(['--prune', '--dry-run'])).stdout;
    const kept = said.split('\n').flatMap((line) => (/ {2}kept(?:: | until )/.test(line) ? [line.slice(0, 15)] : []));
    expect(sets()).toHaveLength(400);
    expect((await run(['--prune'])).stderr).toMatch(/DONE {2}removed \d+ of 400 set\(s\), .*, in \d+ s/);
    expect(sets()).toEqual(kept);
    expect(kept.length).toBeLessThan(250);
    expect((await run(['--prune'])).stderr).toMatch(/DONE {2}removed 0 of \d+ set\(s\)/);
    expect(sets()).toEqual(kept);
  });

  it.each([
    ['a year behind', now - 365 * 24 * HOUR, 'no set was made for 365 days'],
    ['in the future', now + 24 * HOUR, 'but there is a set of'],
  ])('removes nothing when all sets are %s', async (_, until, reason) => {
    takeSets(200, until);
    for (const options of [['--prune', '--dry-run'], ['--prune']]) expect((await run(options, 3)).stderr).toContain(reason);
    expect((await run(['--list', '--json'])).stdout).not.toContain('"keep": false');
    expect(sets()).toHaveLength(200);
  });

  it('takes no type, and needs a directory', async () => {
    expect((await run(['--prune', '--full'], 2)).stderr).toContain('--prune takes no type');
    rmSync(join(place, 'backups'), { recursive: true, force: true });
    expect((await run(['--prune'], 3)).stderr).toContain('correct backup.directory in the profile');
  });
});
