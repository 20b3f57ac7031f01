import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTemplates } from '../../../generator/render/load-templates.ts';
import { render } from '../../../generator/render/render.ts';
import { plainView } from '../render/view-fixture.ts';
import type { Decision } from './driver.ts';
import { HOUR } from './host.ts';
import { idAt, writeSet, type BackupSet } from './sets.ts';

const tools = 'awk cat chmod chown cut date df du env find flock grep head id jq ls mkdir mv numfmt rm sed sort stat sync tail tar wc xargs'.split(' ');
const newestTime = Math.floor(Date.now() / 1000) - HOUR;
let place = '';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'lifeboat-scale-'));
  mkdirSync(join(place, 'bin'));
  const files = { backupDir: join(place, 'backups'), envFile: join(place, 'backup.env'), logFile: join(place, 'backup.log') };
  const view = { ...plainView, environment: 'production', app: { ...plainView.app, user: userInfo().username }, files };
  const script = render(view, loadTemplates()).find(({ path }) => path.endsWith('/backup.sh'));
  writeFileSync(join(place, 'backup.sh'), script?.text ?? '');
  // Each tool tells that it was started, then is itself.
  for (const tool of tools) {
    writeFileSync(join(place, 'bin', tool), `#!/bin/bash\necho ${tool} >>'${join(place, 'started')}'\nPATH="\${PATH#*:}" exec ${tool} "$@"\n`, { mode: 0o755 });
  }
});

afterEach(() => {
  rmSync(place, { recursive: true });
});

/** A set an hour: a full one each week, an incremental one each day, database sets between. */
function takeSets(count: number): void {
  const directory = join(place, 'backups');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  let newest = '';
  let files = '';
  for (let index = 0; index < count; index++) {
    const ended = newestTime - (count - index - 1) * HOUR;
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

function run(options: readonly string[]) {
  rmSync(join(place, 'started'), { force: true });
  const env = { PATH: `${join(place, 'bin')}:${process.env['PATH'] ?? ''}` };
  const { status, stdout, stderr } = spawnSync('bash', [join(place, 'backup.sh'), ...options], { encoding: 'utf8', env, maxBuffer: 1e8 });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return { stdout, stderr, processes: readFileSync(join(place, 'started'), 'utf8').split('\n').length - 1 };
}

const lines = (text: string): number => text.trimEnd().split('\n').length;

describe('with 5000 sets', () => {
  // xargs starts a second or third jq where one cannot take all names.
  it.each([
    { options: ['--list'], count: (stdout: string) => lines(stdout) - 2 },
    { options: ['--list', '--json'], count: (stdout: string) => (JSON.parse(stdout) as Decision[]).length },
    { options: ['--prune', '--dry-run'], count: lines },
  ])('$options starts hardly more processes than with 30', ({ options, count }) => {
    takeSets(30);
    const few = run(options);
    expect(count(few.stdout)).toBe(30);
    takeSets(5000);
    const many = run(options);
    expect(count(many.stdout)).toBe(5000);
    expect(few.processes).toBeLessThan(30);
    expect(many.processes - few.processes).toBeLessThan(10);
    expect(readdirSync(join(place, 'backups'))).toHaveLength(5000);
  }, 120_000);
});
