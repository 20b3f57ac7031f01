import { mkdir, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintTree, type TreeFingerprint } from '../support/fixtures/tree-fingerprint.ts';
import { type Link, restoreInto, take } from './support/chains.ts';
import { interrupted } from './support/interruption.ts';
import { setsOf } from './support/manifest.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let uploads: string;
let full: Link;
let count = 0;

beforeAll(async () => {
  // Only files are looked at here: without databases each set takes a second.
  world = await createWorld({ name: 'files', profile: { mongodb: { enabled: false }, redis: { enabled: false } } });
  ({ uploads } = world.paths);
  for (const directory of ['keep', 'goes', 'was/deep/er']) await mkdir(join(uploads, directory), { recursive: true });
  for (const name of ['keep/same', 'keep/grows', 'keep/goes', 'goes/with it', 'was/deep/er/file', 'was/file', 'moves', 'hidden change']) await writeFile(join(uploads, name), `first ${name}`);
  full = await take(world, 'full');
});
afterAll(() => world.close());

/** The files that a set brings back, as they were built by a real restore. */
async function restored(set: string): Promise<TreeFingerprint> {
  count += 1;
  const into = join(world.root, `into-${count}`);
  const { code, stderr } = await restoreInto(world, into, set, '--app');
  expect(code, stderr).toBe(0);
  return fingerprintTree(join(into, 'app', uploads));
}

const level = ({ components }: Link): unknown => components['app']?.details['level'];
const follows = ({ components }: Link): unknown => components['app']?.details['follows'];
const stateOf = ({ id }: Link): string => join(world.paths.backups, '.state', `${id}.snar.zst`);

// One story: each test goes on where the one before it ended.
describe('levels of changed files', () => {
  let before: TreeFingerprint;
  let first: Link;

  it('bring back deletions, and renames of files and directories', async () => {
    before = await fingerprintTree(uploads);
    await rm(join(uploads, 'goes'), { recursive: true });
    await rm(join(uploads, 'keep/goes'));
    await rename(join(uploads, 'was'), join(uploads, 'is'));
    await rename(join(uploads, 'moves'), join(uploads, 'keep/moved'));
    await writeFile(join(uploads, 'keep/grows'), 'longer than it was');
    await writeFile(join(uploads, 'goes'), 'a file where a directory was');
    first = await take(world, 'incremental');
    expect([level(first), follows(first)]).toEqual([1, full.id]);
    expect(await restored(first.id)).toEqual(await fingerprintTree(uploads));
  });

  it('go on from one another', async () => {
    await rename(join(uploads, 'is'), join(uploads, 'was'));
    await rm(join(uploads, 'goes'));
    await mkdir(join(uploads, 'goes'));
    await writeFile(join(uploads, 'goes/back'), 'x');
    const second = await take(world, 'incremental');
    expect([level(second), follows(second)]).toEqual([2, first.id]);
    expect(await restored(second.id)).toEqual(await fingerprintTree(uploads));
  });

  it('leave the sets below as they were', async () => {
    expect(await restored(full.id)).toEqual(before);
  });

  it('miss no change whose time and size were put back, at the latest in the next full set', async () => {
    const path = join(uploads, 'hidden change');
    const { atime, mtime, size } = await stat(path);
    await writeFile(path, 'X'.repeat(size));
    await utimes(path, atime, mtime);
    full = await take(world, 'full');
    expect(await restored(full.id)).toEqual(await fingerprintTree(uploads));
  });
});

describe('what tar knows of the level below', () => {
  it.each([
    ['lost', (file: string): Promise<void> => rm(file)],
    ['cut off', async (file: string): Promise<void> => truncate(file, (await stat(file)).size - 7)],
  ])('when it is %s makes the next set hold all files, which is said', async (_, harm) => {
    await harm(stateOf(full));
    await writeFile(join(uploads, 'keep/grows'), `changed ${String(count)}`);
    await rm(join(uploads, 'keep/same'), { force: true });
    const set = await take(world, 'incremental');
    expect([level(set), follows(set)]).toEqual([0, undefined]);
    expect(set.warnings.join()).toMatch(new RegExp(`what tar knew of the files of ${full.id} is lost or damaged .*: all files are stored`));
    expect(await restored(set.id)).toEqual(await fingerprintTree(uploads));
    full = set;
  });

  it('of a run that was killed after it had read the files is not what the next set builds on', async () => {
    await writeFile(join(uploads, 'only the killed run saw this'), 'but no set holds it');
    const { env, seen } = await interrupted(world, { script: 'backup.sh', signal: 'KILL', at: 'run_step capture_files ssl' });
    const killed = await world.runScript('backup.sh', ['--incremental'], { env: { ...env, TMPDIR: world.temporary } });
    expect(killed.code).toBe(137);
    expect((await stat(seen)).isFile()).toBe(true);
    expect((await setsOf(world)).at(-1)).toBe(full.id);
    const set = await take(world, 'incremental');
    expect(follows(set)).toBe(full.id);
    expect(await restored(set.id)).toEqual(await fingerprintTree(uploads));
  });
});
