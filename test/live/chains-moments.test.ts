import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun } from '../support/tools/command.ts';
import { fingerprintTree } from '../support/fixtures/tree-fingerprint.ts';
import { rows } from './oracle/actors-rows.ts';
import { examine, twoAtATime } from './oracle/examine.ts';
import type { Row } from './oracle/hand.ts';
import { endOf, type Kept, keptSets } from './oracle/history.ts';
import { nth } from './oracle/nth.ts';
import { type Actor, Writer } from './oracle/writer.ts';
import { type Link, restoreInto, rolledOver, type SetType, take, type Window, windows, windowsIn, withStub, words } from './support/chains.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let writer: Writer;
let sets: Link[];
let kept: Kept[];
let reachable: readonly [Window, Window, Window];

/** More than a pipe holds. */
const padding: Actor = async (hand) => {
  await hand.prepare('padding', (db) => db.collection<Row>('padding').insertMany(Array.from({ length: 20 }, (_, index) => ({ _id: index, text: 'x'.repeat(20_000) }))));
  return () => Promise.resolve();
};

/** Takes one file of a dump only after a while, so that the dump lasts some seconds. */
const slowly = `
if [[ "$*" != *--oplog* ]]; then exec "\${REAL}" "$@"; fi
for word in "$@"; do if [[ \${word} == --out=* ]]; then out="\${word#--out=}"; fi; done
file="\${out}/padding/padding.bson"
mkdir --parents "\${file%/*}"
mkfifo "\${file}"
{ sleep 3.5; cat; } <"\${file}" >"\${file}.taken" &
"\${REAL}" "$@" || exit
wait $!
mv --force "\${file}.taken" "\${file}"`;

beforeAll(async () => {
  world = await createWorld({ name: 'moments', profile: { backup: { timeZone: 'Asia/Kolkata', scheduler: 'systemd' } } });
  await mkdir(world.paths.uploads, { recursive: true });
  writer = await Writer.start(world.mongodb.uri, [{ actor: padding, pause: 500 }, { actor: rows, pause: 100 }]);
  sets = [];
  const step = async (type: SetType, env: Readonly<Record<string, string>> = {}): Promise<void> => {
    await world.withRedis((redis) => redis.call('SET', 'step', String(sets.length)));
    await writeFile(join(world.paths.uploads, 'step'), String(sets.length));
    sets.push(await take(world, type, env));
    await sleep(2200);
  };
  await step('full', await withStub(world, 'mongodump', slowly));
  await step('database');
  await step('incremental');
  await step('full', await withStub(world, 'mongodump', rolledOver()));
  await step('database');
  await writer.end();
  kept = await keptSets(world);
  const [one, hole, two] = await windows(world);
  if (one === undefined || hole === undefined || two === undefined) throw new Error('two windows with a hole between them were expected');
  reachable = [one, hole, two];
});
afterAll(() => world.close());

const set = (index: number): Link => nth(sets, index);
const at = (second: number): string[] => ['latest', '--mongodb', '--at', words(second), '--dry-run'];
const run = async (...args: readonly string[]): Promise<{ code: number; told: string }> => {
  const { code, stdout, stderr } = await world.runScript('restore.sh', args, { env: { TMPDIR: world.temporary } });
  return { code, told: stdout + stderr };
};

/** Refused, with an exit code and a reason, and nothing on the host is another than before. */
async function refused(args: readonly string[], code: number, why: RegExp): Promise<string> {
  const state = async (): Promise<unknown[]> => [await fingerprintTree(world.paths.backups), await world.mongodb.pid(), await fingerprintTree(world.paths.uploads), (await readdir(world.root)).sort()];
  const before = await state();
  const answer = await run(...args);
  expect([answer.code, answer.told]).toEqual([code, expect.stringMatching(why)]);
  expect(await state()).toEqual(before);
  return answer.told;
}

const outside = (second: number): Promise<string> => refused(at(second), 3, /MongoDB cannot be restored to .*: that lies outside what can be reached/);

describe('--window', () => {
  it('prints two windows and the hole between them', () => {
    expect(reachable.map((window) => window.reachable)).toEqual([true, false, true]);
    expect([reachable[1].from, reachable[1].to]).toEqual([reachable[0].to + 1, reachable[2].from - 1]);
  });

  it('begins with the second in which a dump ends, and ends with the last one that is whole', () => {
    const [full, , , next] = kept;
    expect([reachable[0].from, reachable[0].to]).toEqual([full?.base?.last.t, endOf(nth(kept, 2)).t - 1]);
    expect([reachable[2].from, reachable[2].to]).toEqual([next?.base?.last.t, endOf(nth(kept, -1)).t - 1]);
  });

  it('tells the truth at every edge: inside is restored exactly, outside is refused', async () => {
    const inside = reachable.filter((window) => window.reachable).flatMap(({ from, to }) => [from, to]);
    const differences = await twoAtATime(inside, (second) => examine(world, writer.journal, { why: 'edge', args: ['latest', '--at', words(second)], limit: { t: second + 1, i: 0 } }));
    expect(differences.flat()).toEqual([]);
    for (const { from, to } of reachable) for (const second of [from, from + 1, to]) {
      const within = reachable.some((window) => window.reachable && window.from <= second && second <= window.to);
      if (within) expect((await run(...at(second))).code).toBe(0);
      else await outside(second);
    }
  });
});

describe('a moment that cannot be reached is refused, and what can be reached is printed', () => {
  it('before all sets, and after the last slice', async () => {
    expect(windowsIn(await outside(reachable[0].from - 3600))).toEqual(reachable);
    await outside(reachable[2].to + 1);
  });

  it('while a dump was made', async () => {
    const base = kept[0]?.base;
    if (base === undefined) throw new Error('the first set holds no dump');
    expect(base.last.t - base.first.t).toBeGreaterThan(2);
    await outside(base.first.t + 1);
    await outside(base.last.t - 1);
  });

  it('in a hole', () => outside(reachable[1].from));

  it('to the entry: the end of a dump is no moment yet, one entry later is', async () => {
    const [full] = kept;
    const { t, i } = full?.base?.last ?? { t: 0, i: 0 };
    await refused(['latest', '--mongodb', '--oplog-limit', `${t}:${i}`, '--dry-run'], 3, /outside what can be reached/);
    expect((await run('latest', '--mongodb', '--oplog-limit', `${t}:${i + 1}`, '--dry-run')).code).toBe(0);
    const end = endOf(nth(kept, -1));
    expect((await run('latest', '--mongodb', '--oplog-limit', `${end.t}:${end.i + 1}`, '--dry-run')).code).toBe(0);
    await refused(['latest', '--mongodb', '--oplog-limit', `${end.t}:${end.i + 2}`, '--dry-run'], 3, /outside what can be reached/);
  });
});

describe('a moment that is no moment is wrong usage', () => {
  it.each([
    ['in the future', ['--at', '2099-01-01T00:00:00Z'], /lies in the future/],
    ['unreadable', ['--at', 'next week or so 7'], /is not a time/],
    ['of no day', ['--at', '2026-02-30T10:00:00Z'], /is not a time/],
    ['empty', ['--at', ''], /is not a time/],
    ['an empty limit', ['--oplog-limit', ''], /is not a stamp/],
    ['a zero limit', ['--oplog-limit', '0'], /is not a stamp/],
    ['a limit of zeros', ['--oplog-limit', '0:0'], /is not a stamp/],
    ['a limit that is a time', ['--oplog-limit', '2026-01-01'], /is not a stamp/],
    ['given twice', ['--at', 'now', '--oplog-limit', '1704067200:1'], /give one moment/],
    ['missing', ['--at'], /is not a time/],
  ])('%s', async (_, args, why) => { await refused(['latest', '--mongodb', ...args], 2, why); });

  it('before the set that is named with it', async () => {
    await refused([set(3).id, '--mongodb', '--at', words(reachable[0].to)], 2, new RegExp(`${set(3).id} was made after ${words(reachable[0].to)}`));
  });
});

describe('a time without a zone', () => {
  it('is read in the time zone of the profile, which is said', async () => {
    const local = new Date((reachable[0].from + 5.5 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
    const { code, told } = await run('latest', '--mongodb', '--at', local, '--dry-run');
    expect([code, told]).toEqual([0, expect.stringContaining(`going back to ${words(reachable[0].from)}`)]);
    expect(told).toContain(`'${local}' names no time zone and is read in that of the profile, Asia/Kolkata`);
  });

  it('is not needed where the time says its own, and both forms are printed', async () => {
    const zoned = new Date((reachable[0].from - 8 * 3600) * 1000).toISOString().slice(0, 19);
    const { code, told } = await run('latest', '--mongodb', '--at', `${zoned}-08:00`, '--dry-run');
    expect([code, told]).toEqual([0, expect.stringContaining(`${words(reachable[0].from)} (to the end of that second: --oplog-limit ${reachable[0].from + 1}:0)`)]);
    expect(told).not.toContain('names no time zone');
  });
});

describe('--all --at', () => {
  it('takes each part from the newest set that was complete by then, and says which', async () => {
    const moment = endOf(nth(kept, 2)).t - 1;
    const into = join(world.root, 'all-at');
    const before = (await readFile(world.paths.logFile, 'utf8')).length;
    const { code, log } = await restoreInto(world, into, 'latest', '--all', '--at', words(moment));
    const told = log.slice(before);
    expect(code, told).toBe(0);
    for (const component of ['redis', 'app', 'config', 'ssl']) expect(told).toContain(`${component} at ${words(moment)} means ${set(0).id}`);
    const read = ['config', 'ssl', 'app', 'redis', 'mongodb'];
    expect(told).toContain(`reads ${read.map((file) => `${set(0).id}/${file}`).join(' ')}`);
    expect(await readFile(join(into, 'app', world.paths.uploads, 'step'), 'utf8')).toBe('0');
    expect(await mustRun('grep', ['--text', '--count', 'step', join(into, 'redis', 'dump.rdb')])).toBe('1\n');
  });

  it('takes them from an incremental once that is complete', async () => {
    const moment = Date.parse(set(2).ended) / 1000 + 1;
    const { code, told } = await run('latest', '--redis', '--app', '--config', '--at', words(moment), '--dry-run');
    expect(code, told).toBe(0);
    for (const component of ['redis', 'app', 'config']) expect(told).toContain(`${component} at ${words(moment)} means ${set(2).id}`);
    expect(told).toContain(`${set(0).id}/app ${set(2).id}/app`);
  });

  it('without --at, what MongoDB wrote after the newest set of all is told', async () => {
    const { code, told } = await run('latest', '--all', '--dry-run');
    expect(code, told).toBe(0);
    expect(told).toContain(`${set(4).id} holds later writes of MongoDB than ${set(3).id}: to have these too, give --at`);
    expect((await run('latest', '--mongodb', '--dry-run')).told).not.toContain('holds later writes');
  });

  it('has nothing to take from before the first set', async () => {
    await refused(['latest', '--redis', '--at', words(Date.parse(set(0).started) / 1000 - 60)], 3, /no set in .* from before .* holds redis/);
  });
});

describe('a parent', () => {
  const away = async (id: string, work: () => Promise<unknown>): Promise<void> => {
    const [from, to] = [join(world.paths.backups, id), join(world.root, `away-${id}`)];
    await rename(from, to);
    await work().finally(async () => { await rm(from, { recursive: true, force: true }); await rename(to, from); });
  };

  it('that is missing is named as damage, and nothing is touched', () =>
    away(set(0).id, async () => { await refused([set(1).id, '--mongodb', '--yes'], 6, new RegExp(`the chain of ${set(1).id} is not complete`)); }));

  it('that is missing for the files is named', () =>
    away(set(0).id, async () => { await refused([set(2).id, '--app', '--yes'], 6, new RegExp(`${set(0).id} is missing, and what was asked for builds on it`)); }));

  it.each([['dump', 0, 'mongodb.tar.zst'], ['slice', 2, 'oplog.bson.zst']])('whose %s was altered is refused by its checksum', async (_, index, name) => {
    const file = join(world.paths.backups, set(index).id, name);
    const original = await readFile(file);
    const altered = Buffer.from(original);
    altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
    await writeFile(file, altered);
    await refused([set(2).id, '--mongodb', '--yes'], 6, /has the checksum \S+, its manifest says \S+: it was changed/).finally(() => writeFile(file, original));
  });

  it('of another chain is not taken for one, whatever its name', async () => {
    const other = await createWorld({ name: 'other' });
    try {
      const stranger = await take(other, 'full');
      await away(set(0).id, async () => {
        await cp(join(other.paths.backups, stranger.id), join(world.paths.backups, set(0).id), { recursive: true });
        const manifest = join(world.paths.backups, set(0).id, 'manifest.json');
        await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, 'utf8')) as object, id: set(0).id }));
        await refused([set(1).id, '--mongodb', '--yes'], 6, new RegExp(`the chain of ${set(1).id} is not complete`));
      });
    } finally {
      await other.close();
    }
  });

  it('that two chains share in time: the end of a later slice is reached by the chain that it belongs to', async () => {
    const next = set(3).id;
    let later: Link | undefined;
    await away(next, async () => { await away(set(4).id, async () => { later = await take(world, 'database'); }); });
    expect(later?.parent).toBe(set(2).id);
    const { code, told } = await run(later?.id ?? '', '--mongodb', '--dry-run');
    expect([code, told]).toEqual([0, expect.stringContaining(`reads ${set(0).id}/mongodb ${set(2).id}/oplog ${later?.id ?? ''}/oplog`)]);
    const edge = reachable[2].to;
    expect(await examine(world, writer.journal, { why: 'two chains', args: ['latest', '--at', words(edge)], limit: { t: edge + 1, i: 0 } })).toEqual([]);
    expect((await windows(world)).map((window) => window.reachable)).toEqual([true]);
  });
});
