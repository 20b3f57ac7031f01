import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintTree, type TreeFingerprint } from '../support/fixtures/tree-fingerprint.ts';
import { seed } from './oracle/random.ts';
import { atTime } from './support/clock.ts';
import { setsOf } from './support/manifest.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';
import { changes, changeTree } from './support/tree-changes.ts';

const levels = 6;
const treesInOne = 20;

/** Steps of the clock between two sets, in seconds: it never goes back behind a set that is there, which a backup refuses. */
const clocks: Readonly<Record<string, readonly number[]>> = {
  'with a clock that is right': [0, 0, 0, 0, 0, 0],
  'with a clock that jumps ahead': [0, 0, 3600, 3600, 90_000, 90_000],
  'with a clock that was behind, and is put right': [-90_000, -90_000, -3600, -3600, -60, 0],
};

// Each tree is a chain of its own; they lie side by side, so that one set holds a level of twenty.
describe.each(Object.entries(clocks))(`chains of random changes ${String(seed)}, %s`, (_, clock) => {
  let world: SmallWorld;
  const were: TreeFingerprint[] = [];
  const story: string[][] = [];

  beforeAll(async () => {
    world = await createSmallWorld('random');
    for (let tree = 0; tree < treesInOne; tree += 1) await mkdir(join(world.paths.uploads, `tree${tree}`), { recursive: true });
    for (const [level, step] of clock.entries()) {
      for (let tree = 0; tree < treesInOne; tree += 1) story.push([`level ${level} tree${tree}`, ...(await changeTree(join(world.paths.uploads, `tree${tree}`)))]);
      were.push(await fingerprintTree(world.paths.uploads));
      const type = level === 0 ? '--full' : '--incremental';
      const { code, stderr } = await world.runScript('backup.sh', [type], step === 0 ? {} : { env: await atTime(`${step > 0 ? '+' : ''}${step}s`) });
      expect(code, stderr).toBe(0);
    }
  });
  afterAll(() => world.close());

  it.each(Array.from({ length: levels }, (__, level) => level))('level %i comes back exactly', async (level) => {
    const set = (await setsOf(world))[level];
    const into = join(world.root, `into-${level}`);
    const { code, stderr } = await world.runScript('restore.sh', [String(set), '--app', '--into', into]);
    expect(code, stderr).toBe(0);
    expect(await fingerprintTree(join(into, 'app', world.paths.uploads)), JSON.stringify(story.slice(0, (level + 1) * treesInOne))).toEqual(were[level]);
  });

  it('every kind of change was among them', () => {
    expect(new Set(story.flatMap(([, ...done]) => done))).toEqual(new Set(Object.keys(changes)));
  });
});
