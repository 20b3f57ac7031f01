import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOf, keptSets, stampsOfOplog } from './oracle/history.ts';
import { before, type Stamp } from './oracle/stamp.ts';
import { type Link, rolledOver, take, windows, withStub, write } from './support/chains.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let last: Link;
let database: Link;

beforeAll(async () => { world = await createWorld({ name: 'oplog', mongodb: { oplogSizeMB: 8, secondsBetweenCheckpoints: 1 } }); });
afterAll(() => world.close());

/** Writes until the oplog of the server no longer reaches back to the stamp. */
const writePast = (stamp: Stamp): Promise<void> => world.withMongo(async (client) => {
  const filler = client.db('plugspace').collection('filler');
  for (const end = Date.now() + 300_000; Date.now() < end;) {
    const [oldest] = await stampsOfOplog(client);
    if (oldest && before(stamp, oldest)) return;
    await filler.insertOne({ text: 'x'.repeat(500_000) }, { writeConcern: { w: 'majority' } });
    await sleep(20);
  }
  throw new Error('the oplog does not roll over');
});

const endOfSet = async ({ id }: Link): Promise<Stamp> => {
  const set = (await keptSets(world)).find((one) => one.id === id);
  if (set === undefined) throw new Error(`there is no set ${id}`);
  return endOf(set);
};

const reachable = async (): Promise<boolean[]> => (await windows(world)).map((window) => window.reachable);

// One story: each test goes on where the one before it ended.
describe('an oplog that is too small', () => {
  it('for an incremental makes it begin at the newest set, and says so', async () => {
    last = await take(world, 'full');
    await write(world, 'more');
    database = await take(world, 'database');
    await write(world, 'more');
    const incremental = await take(world, 'incremental', await withStub(world, 'mongodump', rolledOver(await endOfSet(last))));
    expect(incremental).toMatchObject({ type: 'incremental', parent: database.id });
    expect(incremental.warnings.join()).toMatch(new RegExp(`no longer reaches back to \\d+:\\d+, the end of ${last.id}: the oplog is too small; the slice begins at the newest set, ${database.id}`));
    last = incremental;
  });

  it('for the bridge of a full set makes that begin at the newest set too: no hole appears', async () => {
    await write(world, 'more');
    database = await take(world, 'database');
    await write(world, 'more');
    const next = await take(world, 'full', await withStub(world, 'mongodump', rolledOver(await endOfSet(last))));
    expect(next.components['bridge']?.details).toMatchObject({ follows: database.id });
    expect(await reachable()).toEqual([true]);
    last = next;
  });

  it('since the last set closes the chain: a full set is taken, and the hole is told', async () => {
    await writePast(await endOfSet(last));
    const set = await take(world, 'incremental');
    expect(set).toMatchObject({ type: 'full', parent: null });
    expect(set.warnings[0]).toMatch(/^a full set is taken, and no incremental one: the oplog no longer reaches back to/);
    expect(set.warnings.join()).toMatch(/what happened between \S+ and this full set cannot be restored/);
    expect(Object.keys(set.components)).not.toContain('bridge');
    await sleep(2000);
    await write(world, 'more');
    expect(await take(world, 'database')).toMatchObject({ type: 'database', parent: set.id });
    expect(await reachable()).toEqual([true, false, true]);
  });

  it('is named by --suspects, as what lies before the first set is: of these it does not say that nothing happened', async () => {
    const { stdout } = await succeed(world, 'restore.sh', ['--suspects']);
    expect(stdout.split('\n').filter((line) => line.startsWith('not known'))).toEqual([
      expect.stringMatching(/^not known: what happened before \S+Z, of which nothing is there any more$/),
      expect.stringMatching(/^not known: what happened from \S+Z to \S+Z, which neither a set nor the server holds$/),
    ]);
    expect(stdout).not.toMatch(/^nothing was/m);
  });
});
