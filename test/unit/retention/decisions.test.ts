import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRetention, type Driver, type Settings } from './driver.ts';
import { DAY, Host } from './host.ts';
import { entries, idAt, type SetType } from './sets.ts';

// A clock is believed after a pause of a month; the tests of the clock say otherwise.
const guide: Settings = { full: 28 * DAY, incremental: 30 * DAY, database: 7 * DAY, config: 90 * DAY, longestPause: 31 * DAY };
let directory = '';
let host = new Host('');
let retention: Driver | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-retention-'));
  host = new Host(directory);
  retention = startRetention(directory);
});

afterEach(() => {
  retention?.stop();
  rmSync(directory, { recursive: true });
});

const call = (action: 'prune_sets' | 'decide_retention', settings = guide) => retention?.call(action, host.clock, settings) ?? Promise.reject(new Error('not started'));

/** Takes a set and lets time pass. */
function take(type: SetType, thenDays: number): string {
  const set = host.backup(type);
  host.time += thenDays * DAY;
  return set?.id ?? '';
}

/** The decisions as `--prune` says them, the oldest first. */
async function said(settings = guide): Promise<string[]> {
  const { decisions, doubt } = await call('decide_retention', settings);
  expect(doubt).toBe('');
  return decisions.map(({ id, retention: { keep, reason } }) => `${host.sets.get(id)?.type ?? id} ${keep ? 'kept' : 'removed'}: ${reason}`);
}

describe('the reasons', () => {
  it('name the age, the need, the newest chain and the newest config set', async () => {
    take('config', 60);
    host.time -= 60 * DAY;
    host.time += 10;
    take('full', 1);
    take('incremental', 10);
    take('database', 20);
    const child = take('incremental', 1);
    const full = take('full', 25);
    expect(await said({ ...guide, config: 5 * DAY })).toEqual([
      'config kept: the newest config set',
      `full kept: holds files of ${child}`,
      `incremental kept: needed by ${child}`,
      'database removed: 46 days old, database sets are kept 7 days',
      'incremental kept: 26 days old, incremental sets are kept 30 days',
      'full kept: 25 days old, full sets are kept 28 days',
    ]);
    host.time += 2 * DAY;
    take('incremental', 27);
    expect((await said()).slice(-2)).toEqual(['full kept: the newest full set', 'incremental kept: 27 days old, incremental sets are kept 30 days']);
    host.time += 4 * DAY;
    expect((await said()).slice(-2)).toEqual(['full kept: the newest full set', `incremental kept: of the newest chain, that of ${full}`]);
  });

  it('let a database set go once an incremental holds its changes, and keep the last of a closed chain', async () => {
    take('full', 1);
    take('database', 1);
    take('incremental', 1);
    take('database', 1);
    host.server = 'second';
    take('full', 9);
    expect((await said()).map((line) => line.split(',')[0])).toEqual([
      'full kept: 13 days old',
      'database removed: 12 days old',
      'incremental kept: 11 days old',
      'database kept: 10 days old',
      'full kept: 9 days old',
    ]);
    expect((await said())[3]).toBe('database kept: 10 days old, holds changes that no other set holds; these are kept 30 days');
  });

  it('keep the older chain for as long as the bridge of a full set continues it', async () => {
    take('full', 7);
    const second = take('full', 29);
    expect(await said()).toEqual([`full kept: needed by ${second}`, 'full kept: the newest full set']);
    host.time += 2 * DAY;
    expect(await said()).toEqual(['full removed: 38 days old, full sets are kept 28 days', 'full kept: the newest full set']);
  });
});

describe('the clock', () => {
  const weeks = (count: number) => {
    for (let day = 0; day < count * 7; day++) take(day % 7 === 0 ? 'full' : 'incremental', 1);
  };

  it('is in doubt when it is a year ahead, until there is a week of sets', async () => {
    weeks(8);
    await call('prune_sets');
    const before = entries(directory).size;
    host.offset = 365 * DAY;
    host.backup('incremental');
    expect((await call('prune_sets')).doubt).toMatch(/^by the clock, which says 2027-03-01T03:00:00Z, no set was made for 366 days until 2027-03-01T03:00:00Z, so that 35 set\(s\) expired at once: correct the clock/);
    expect(entries(directory).size).toBe(before + 1);
    host.time += DAY;
    weeks(1);
    expect((await call('prune_sets')).doubt).toBe('');
    expect(entries(directory).size).toBeLessThan(20);
  });

  it('is in doubt when a set lies in the future', async () => {
    weeks(8);
    host.offset = -3 * DAY;
    const { doubt, decisions } = await call('prune_sets');
    expect(doubt).toMatch(/^the clock says .*, but there is a set of .*: correct the clock/);
    expect(decisions.every(({ retention: { keep } }) => keep)).toBe(true);
    expect(entries(directory).size).toBe(56);
  });

  it('is believed when sets come seldom by the schedule', async () => {
    for (let month = 0; month < 3; month++) take('full', 31);
    host.backup('full');
    const { doubt } = await call('prune_sets', { ...guide, incremental: DAY });
    expect([doubt, entries(directory).size]).toEqual(['', 1]);
  });
});

describe('removal', () => {
  it('spares a set that a living process uses, with what it needs, and no other', async () => {
    take('full', 1);
    const used = take('incremental', 1);
    const other = take('incremental', 60);
    take('full', 0);
    const marks = join(directory, '.state/in-use');
    mkdirSync(marks, { recursive: true });
    writeFileSync(join(marks, `${used}.${process.pid}`), '');
    writeFileSync(join(marks, `${other}.4194305`), '');
    await call('prune_sets', guide);
    expect([...host.sets.keys()].filter((id) => existsSync(join(directory, id)))).toEqual([...host.sets.keys()].filter((id) => id !== other));
  });

  it('finishes what an earlier run began, and touches nothing that only looks like it', async () => {
    take('full', 0);
    const half = `${idAt(host.time - DAY)}.removing`;
    mkdirSync(join(directory, half, 'deep'), { recursive: true });
    for (const name of ['20260101_000000x.removing', '20260101.removing']) mkdirSync(join(directory, name));
    symlinkSync('/', join(directory, '20260101_000000.removing'));
    writeFileSync(join(directory, '20260101_000001.removing'), '');
    await call('prune_sets');
    expect([...entries(directory)].sort()).toEqual(['20260101.removing', '20260101_000000.removing', '20260101_000000x.removing', '20260101_000001.removing', ...host.sets.keys()]);
  });

  it('stops at a set that cannot be removed, so that what it needs stays', async () => {
    const full = take('full', 1);
    const child = take('incremental', 60);
    take('full', 0);
    writeFileSync(join(directory, `${child}.removing`), '');
    const { trouble } = await call('prune_sets', guide);
    expect(trouble).toMatch(/cannot overwrite/);
    expect([existsSync(join(directory, full)), existsSync(join(directory, child))]).toEqual([true, true]);
  });
});
