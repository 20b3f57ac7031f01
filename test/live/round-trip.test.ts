import { WriteConcern } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun } from '../support/tools/command.ts';
import { loseEverything } from './support/disaster.ts';
import { backUp, leftHalfBuilt, restore, succeed } from './support/script.ts';
import { seedEverything } from './support/seed.ts';
import { createWorld, type State, type World, withoutOwnTime } from './support/world.ts';

let world: World;
let original: State;
let damaged: State;
/** What each restore replaced: --undo brings it back, the last one first. */
const replaced: State[] = [];

beforeAll(async () => {
  world = await createWorld({ name: 'round-trip' });
  await seedEverything(world);
  original = await world.state();
  await backUp(world);
  await loseEverything(world);
  damaged = await world.state();
});
afterAll(() => world.close());

// One story: each test goes on where the one before it ended.
describe('after a full backup and a total loss', () => {
  it('nothing is as it was', () => {
    for (const component of ['mongodb', 'redis', 'app', 'config', 'ssl'] as const) expect(damaged[component]).not.toEqual(original[component]);
  });

  it('restore.sh latest --all brings back every document, index, user, key, file and setting', async () => {
    await restore(world, '--all');
    replaced.push(damaged);
    expect(await world.state()).toEqual(original);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('a restore right after it works as well', async () => {
    await restore(world, '--all');
    replaced.push(original);
    expect(await world.state()).toEqual(original);
  });

  it('the application is healthy again', async () => {
    const answer = await fetch(`http://127.0.0.1:${world.nginx.port}/api/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok', mongodb: true, redis: true }]);
  });

  it('the restored mongod is a primary that takes majority writes and transactions', async () => {
    await world.withMongo(async (client) => {
      expect((await client.db('admin').command({ hello: 1 }))['isWritablePrimary']).toBe(true);
      const probe = client.db('probe', { writeConcern: new WriteConcern('majority', 10_000, true) }).collection<{ _id: number; changed?: boolean }>('documents');
      await probe.insertOne({ _id: 1 });
      await client.withSession((session) => session.withTransaction(async () => {
        await probe.insertOne({ _id: 2 }, { session });
        await probe.updateOne({ _id: 1 }, { $set: { changed: true } }, { session });
      }, { writeConcern: new WriteConcern('majority'), readConcern: { level: 'snapshot' } }));
      expect(await probe.find().sort({ _id: 1 }).toArray()).toEqual([{ _id: 1, changed: true }, { _id: 2 }]);
      await client.db('probe').dropDatabase();
    });
  });

  it('--undo brings back what each restore replaced, and at last the damaged state exactly', async () => {
    for (const state of replaced.toReversed()) {
      await succeed(world, 'restore.sh', ['--undo', '--yes']);
      expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(state));
    }
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('--forget removes what was kept for --undo, and nothing else', async () => {
    const before = await settledFiles(world);
    const state = await world.state();
    await succeed(world, 'restore.sh', ['--forget', '--yes']);
    const after = await settledFiles(world);
    expect(before.filter((name) => name.includes('.lifeboat-')).length).toBeGreaterThan(10);
    expect(after).toEqual(before.filter((name) => !name.includes('.lifeboat-') && !/\/\.state\/restores\/[^/]+\/infrastructure/.test(name)));
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(state));
  });

  it('what was forgotten can no longer be undone, and asking for it changes nothing', async () => {
    const state = await world.state();
    const { code, stderr } = await world.runScript('restore.sh', ['--undo', '--yes']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('no restore on record')]);
    expect(await world.state()).toEqual(state);
  });
});

/** Every name below the root, as text without loss, except where running servers make and remove files of their own. */
async function settledFiles({ root }: World): Promise<string[]> {
  const listed = await mustRun('bash', ['-c', 'find . -print0 | od -An -v -tx1 | tr -d " \\n"'], { cwd: root });
  const names = Buffer.from(listed, 'hex').toString('latin1').split('\0');
  return names.filter((name) => !/^\.\/(var\/lib\/(mongodb|redis)|run|tmp)\//.test(name)).sort();
}
