import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Timestamp } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { examine, lookInto, type Moment, twoAtATime } from './oracle/examine.ts';
import { endOf, finish, keptSets, type Kept, nextOf, stampsOfOplog, startWriter } from './oracle/history.ts';
import { nth } from './oracle/nth.ts';
import { before, justAfter, type Stamp, textOf } from './oracle/stamp.ts';
import type { Writer } from './oracle/writer.ts';
import { type Link, restoreInto, take, untilPrimary } from './support/chains.ts';
import type { ScriptResult } from '../support/sandbox/script.ts';
import { atTime } from './support/clock.ts';
import { exactly, type Exactly } from './support/exactly.ts';
import { setsOf } from './support/manifest.ts';
import { createWorld, type World } from './support/world.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const ascending = (stamps: readonly Stamp[]): boolean => stamps.every((stamp, index) => index === 0 || before(nth(stamps, index - 1), stamp));

describe('a host that was started with a wrong clock, MongoDB and backups alike', () => {
  let world: World;
  const moments: { clock: string; set: Link; state: Exactly }[] = [];

  /** Its clock steps while it is down: a mongod under libfaketime whose clock steps back while it runs waits for ever. */
  async function startWith(clock: string): Promise<void> {
    await world.mongodb.stop();
    const text = await readFile(world.mongodb.command, 'utf8');
    const [first = '', ...rest] = text.split('\n').filter((line) => !line.startsWith('export -- '));
    const variables = clock === '' ? [] : Object.entries(await atTime(clock)).map(([name, value]) => `export -- ${name}='${value}'`);
    await writeFile(world.mongodb.command, [first, ...variables, ...rest].join('\n'));
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
  }

  beforeAll(async () => {
    world = await createWorld({ name: 'clock', profile: { redis: { enabled: false } } });
    // Sets are made by clocks that go forward, for another is refused; the server was ahead in between.
    for (const [index, { clock, type }] of ([{ clock: '-5h', type: 'full' }, { clock: '+1h', type: undefined }, { clock: '-2h', type: 'database' }, { clock: '', type: 'database' }, { clock: '', type: 'database' }] as const).entries()) {
      await startWith(clock);
      const state = await world.withMongo(async (client) => {
        const rows = client.db('shop').collection<Row>('rows');
        await rows.insertMany([{ _id: `at ${index}` }, { _id: `and ${index}` }], { writeConcern: { w: 'majority' } });
        await client.db('shop').collection<Row>(`made ${index}`).insertOne({ _id: 1 }, { writeConcern: { w: 'majority' } });
        return exactly(client);
      });
      if (type !== undefined) moments.push({ clock, state, set: await take(world, type, clock === '' ? {} : await atTime(clock)) });
    }
  });
  afterAll(() => world.close());

  it('has stamps that ascend all the same, ahead of the clock, and one chain', async () => {
    const stamps = await world.withMongo((client) => stampsOfOplog(client));
    expect([ascending(stamps), nth(stamps, -1).t - Date.now() / 1000 > 1800]).toEqual([true, true]);
    expect(moments.map(({ set }) => [set.type, set.warnings])).toEqual([['full', []], ['database', []], ['database', []], ['database', []]]);
  });

  it.each([0, 1, 2, 3])('comes back as of each set: %i', async (index) => {
    const { set, state } = nth(moments, index);
    const directory = join(world.root, `restored-${index}`);
    const { code, stderr } = await restoreInto(world, directory, set.id, '--mongodb');
    expect(code, stderr).toBe(0);
    expect(await lookInto(directory, exactly)).toEqual(state);
    await rm(directory, { recursive: true });
  });
});

describe('clocks that step while everything that MongoDB can do is done', () => {
  let world: World;
  let writer: Writer;
  let sets: Kept[];
  let stamps: Stamp[];
  let blocked: ScriptResult;
  let moved: string;

  /** What is left of a clock that ran ahead and was put right: stamps go on from where they were. */
  const ranAhead = (seconds: number): Promise<unknown> => world.withMongo((client) => client.withSession(async (session) => {
    const hello = await client.db('admin').command({ hello: 1 });
    const { t } = (hello['$clusterTime'] as { clusterTime: Timestamp }).clusterTime;
    const { signature } = hello['$clusterTime'] as { signature: never };
    session.advanceClusterTime({ clusterTime: new Timestamp({ t: t + seconds, i: 1 }), signature });
    await client.db('admin').command({ ping: 1 }, { session });
  }));

  beforeAll(async () => {
    world = await createWorld({ name: 'clocks', profile: { redis: { enabled: false } } });
    writer = await startWriter(world);
    await sleep(1500);
    // Of the server, how far it ran ahead; of the host of the backups, what its clock is.
    for (const [type, ahead, clock] of [['full', 0, '-5h'], ['database', 0, '-3h'], ['database', 3600, '-2h'], ['database', 0, '-1h'], ['full', 7200, ''], ['incremental', 600, '+1h'], ['database', 0, '+2h']] as const) {
      if (ahead > 0) await ranAhead(ahead);
      const env = clock === '' ? {} : await atTime(clock);
      await (type === 'full' ? writer.calm(() => take(world, type, env)) : take(world, type, env));
      await sleep(1500);
    }
    // What was made by a clock that is ahead holds up the next ones, until it is moved away: they go on from the one before it.
    [blocked, moved] = [await world.runScript('backup.sh', ['--database']), nth(await setsOf(world), -1)];
    await rename(join(world.paths.backups, moved), join(world.root, moved));
    const still = await world.runScript('backup.sh', ['--database'], { env: await atTime('+90m') });
    expect(still.code, still.stderr).toBe(0);
    await finish(world, writer);
    sets = await keptSets(world);
    stamps = await world.withMongo((client) => stampsOfOplog(client));
  });
  afterAll(() => world.close());

  it('leave stamps that ascend, by hours at once, and two chains as they were asked for', () => {
    const inOrder = [...sets].sort((one, other) => (before(endOf(one), endOf(other)) ? -1 : 1));
    const gaps = stamps.map(({ t }, index) => t - (index === 0 ? t : nth(stamps, index - 1).t));
    expect([ascending(stamps), gaps.filter((gap) => gap > 500).length]).toEqual([true, 3]);
    expect(inOrder.map(({ type }) => type)).toEqual(['full', 'database', 'database', 'database', 'full', 'incremental', 'database']);
    expect([blocked.code, blocked.stderr]).toEqual([3, expect.stringMatching(/the clock says \S+, but the newest set is \S+: correct the clock \(timedatectl\), or move that set away/)]);
    expect(sets.map(({ id }) => id)).not.toContain(moved);
  });

  it('spoil no restore: of each set, of the entries before and behind each step, and of one in between', async () => {
    const byLimit = (why: string, limit: Stamp): Moment => ({ why, args: ['latest', '--oplog-limit', textOf(limit)], limit });
    const last = [...sets].map(endOf).reduce((one, other) => (before(one, other) ? other : one));
    const jumps = stamps.filter(({ t }, index) => index > 0 && t - nth(stamps, index - 1).t > 500);
    const moments = [
      ...sets.map((set) => ({ why: `${set.type} set`, args: [set.id], limit: justAfter(endOf(set)) })),
      ...jumps.flatMap((jump) => [byLimit('before a step', jump), byLimit('behind a step', justAfter(nextOf(stamps, jump) ?? jump)), byLimit('within a step', { t: jump.t - 100, i: 1 })]),
    ].filter(({ limit }) => before(limit, last));
    expect((await twoAtATime(moments, (moment) => examine(world, writer.journal, moment))).flat()).toEqual([]);
    expect(moments.length).toBeGreaterThan(12);
  });
});
