import { cp, link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintTree, type TreeFingerprint } from '../support/fixtures/tree-fingerprint.ts';
import { mustRun } from '../support/tools/command.ts';
import { project } from '../support/runner/suites.ts';
import { atTime } from './support/clock.ts';
import { interrupted } from './support/interruption.ts';
import { type Manifest, manifestOf, setsOf } from './support/manifest.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let count = 0;

beforeAll(async () => { world = await createSmallWorld('cases'); });
afterAll(() => world.close());

const at = (...names: string[]): string => join(world.paths.uploads, ...names);
const files = async (directory: string, ...names: string[]): Promise<void> => {
  await mkdir(at(directory), { recursive: true });
  for (const name of names) await writeFile(at(directory, name), `${directory}/${name} `.repeat(50));
};

async function take(type: 'full' | 'incremental', env: Readonly<Record<string, string>> = {}): Promise<Manifest & { said: string }> {
  const { code, stderr } = await world.runScript('backup.sh', [`--${type}`], { env });
  expect(code, stderr).toBe(0);
  return { ...(await manifestOf(world)), said: stderr };
}

async function restored(set: string, env: Readonly<Record<string, string>> = {}): Promise<TreeFingerprint> {
  count += 1;
  const into = join(world.root, `into-${count}`);
  const { code, stderr, log } = await world.runScript('restore.sh', [set, '--app', '--into', into], { env });
  expect(code, stderr).toBe(0);
  expect(log).toMatch(/app: \d+ paths, [\d.]+[KMG]?B: as listed\n(?!.*as listed)/s);
  return fingerprintTree(join(into, 'app', world.paths.uploads));
}

/** What tar's own increments brought back wrong, or not at all: what there is before, and what is done to it before the next set. */
const cases: Readonly<Record<string, { before: () => Promise<void>; then: () => Promise<void> }>> = {
  'removed and built again in another order': {
    before: async () => { for (const name of ['a', 'b', 'c', 'd']) await files(`again/${name}`, 'x', 'y'); },
    then: async () => {
      await rm(at('again'), { recursive: true });
      for (const name of ['c', 'a', 'd', 'b']) await files(`again/${name}`, 'y', 'z');
    },
  },
  'releases that move up': {
    before: async () => { for (const name of ['previous', 'current', 'next']) await files(`releases/${name}`, name, 'same'); },
    then: async () => {
      await rm(at('releases/previous'), { recursive: true });
      await rename(at('releases/current'), at('releases/previous'));
      await rename(at('releases/next'), at('releases/current'));
      await files('releases/next', 'newest');
    },
  },
  'three names in a circle': {
    before: async () => { for (const name of ['a', 'b', 'c']) await files(`circle/${name}`, name, 'same'); },
    then: async () => { for (const [from, to] of [['a', 't'], ['b', 'a'], ['c', 'b'], ['t', 'c']] as const) await rename(at('circle', from), at('circle', to)); },
  },
  'two directories swapped': {
    before: async () => { for (const name of ['one', 'two']) await files(`swapped/${name}`, name, 'same'); },
    then: async () => { for (const [from, to] of [['one', 't'], ['two', 'one'], ['t', 'two']] as const) await rename(at('swapped', from), at('swapped', to)); },
  },
  'another name of a file that the set below holds': {
    before: () => files('links', 'first'),
    then: () => link(at('links/first'), at('links/second')),
  },
  'one name fewer': {
    before: async () => { await files('names', 'first'); await link(at('names/first'), at('names/second')); },
    then: () => rm(at('names/first')),
  },
  'content that changed and kept its size and time': {
    before: () => files('hidden', 'change'),
    then: async () => {
      const { atime, mtime, size } = await stat(at('hidden/change'));
      await writeFile(at('hidden/change'), 'X'.repeat(size));
      await utimes(at('hidden/change'), atime, mtime);
    },
  },
};

describe('one set after the other', () => {
  let before: TreeFingerprint;
  let after: TreeFingerprint;
  let full: Manifest;
  let next: Manifest;

  beforeAll(async () => {
    for (const { before: prepare } of Object.values(cases)) await prepare();
    before = await fingerprintTree(world.paths.uploads);
    // What changed in the second of a listing is stored again by the next set.
    await sleep(1100);
    full = await take('full');
    for (const { then } of Object.values(cases)) await then();
    after = await fingerprintTree(world.paths.uploads);
    next = await take('incremental');
  });

  it(`brings back: ${Object.keys(cases).join(', ')}`, async () => {
    expect(await restored(next.id)).toEqual(after);
  });

  it('leaves the set below as it was', async () => {
    expect(await restored(full.id)).toEqual(before);
  });

  it('says in the manifest which sets hold what, the configuration and certificates too', () => {
    for (const component of ['app', 'config', 'ssl']) {
      expect(next.components[component]?.details).toMatchObject({ follows: full.id, sets: [full.id, next.id] });
      expect(next.components[`${component}.files`]?.file).toBe(`${component}.files.zst`);
    }
  });
});

describe('npm ci of a real tree', () => {
  const tree = (): string => at('project');
  const npmCi = (): Promise<string> => mustRun('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: tree() });

  it('between two sets is restored exactly, as often as it is done', { timeout: 300_000 }, async () => {
    await mkdir(tree(), { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) await cp(join(project, 'test/live/support/npm-tree', file), at('project', file));
    await npmCi();
    await take('full');
    for (const round of [1, 2]) {
      await npmCi();
      await writeFile(at('project/round'), String(round));
      const set = await take('incremental');
      expect(Object.keys(await fingerprintTree(tree())).length).toBeGreaterThan(500);
      expect(await restored(set.id)).toEqual(await fingerprintTree(world.paths.uploads));
    }
  });
});

describe('a file that changed after the listing began, by the clock of the server', () => {
  it('is stored again by the next set, changed or not, and no more once that is past', async () => {
    const other = await createSmallWorld('ahead');
    await mkdir(other.paths.uploads, { recursive: true });
    await writeFile(join(other.paths.uploads, 'recent'), 'of now');
    const holders: string[] = [];
    const sets: string[] = [];
    for (const clock of ['-2h', '-1h', '+1s', '+3s']) {
      const { code, stderr } = await other.runScript('backup.sh', [], { env: await atTime(clock) });
      expect(code, stderr).toBe(0);
      const { id } = await manifestOf(other);
      const listing = await mustRun('zstd', ['-qdc', join(other.paths.backups, id, 'app.files.zst')]);
      holders.push(/^.*\/recent\t.*\t(\d+_\d+)$/m.exec(listing)?.[1] ?? 'none');
      sets.push(id);
    }
    expect(holders).toEqual([sets[0], sets[1], sets[2], sets[2]]);
    await other.close();
  });
});

/** What would leave out files, change formats, or run something else. */
const steering: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'of programs': {
    TAR_OPTIONS: '--exclude=*', TAPE: '/dev/null', POSIXLY_CORRECT: '1', GREP_OPTIONS: '--invert-match', GZIP: '--fast', ZSTD_CLEVEL: '19', ZSTD_NBTHREADS: '1',
    BLOCKSIZE: '1', BLOCK_SIZE: '1', DF_BLOCK_SIZE: 'human-readable', QUOTING_STYLE: 'shell', TIME_STYLE: '+%s', _POSIX2_VERSION: '199209',
    OPENSSL_CONF: '/nonexistent', RCLONE_DRY_RUN: 'true', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Tokyo',
  },
  'of the shell': {
    GLOBIGNORE: '*', CDPATH: '/tmp', TMOUT: '1', BASHOPTS: 'nullglob:failglob:nocasematch:dotglob:extglob', SHELLOPTS: 'noglob:noclobber:keyword:physical',
  },
  'with functions': { 'BASH_FUNC_tar%%': '() { exit 0; }', 'BASH_FUNC_find%%': '() { :; }', 'BASH_FUNC_sort%%': '() { cat; }' },
};

describe("the caller's environment", () => {
  it.each(Object.entries(steering))('does not steer by what it holds %s', async (name, env) => {
    await writeFile(at('steered'), name);
    const set = await take('incremental', env);
    expect(set.warnings).toEqual([]);
    expect(await restored(set.id, env)).toEqual(await fingerprintTree(world.paths.uploads));
  });
});

describe('a listing that is kept here', () => {
  it.each([
    ['lost', (file: string): Promise<void> => rm(file)],
    ['changed', async (file: string): Promise<void> => {
      const listing = await readFile(file);
      await writeFile(file, listing.subarray(0, listing.length - 7));
    }],
  ])('when it is %s makes the next set hold all files, which is said', async (_, harm) => {
    const before = await take('incremental');
    await harm(join(world.paths.backups, '.state/listings', `${before.id}.app.zst`));
    const set = await take('incremental');
    expect(set.components['app']?.details).toMatchObject({ sets: [set.id] });
    expect(set.components['app']?.details).not.toHaveProperty('follows');
    expect(set.warnings.join()).toContain(`app: the listing of ${before.id} that was kept in ${world.paths.backups}/.state/listings is lost or damaged: all files are stored`);
    expect(await restored(set.id)).toEqual(await fingerprintTree(world.paths.uploads));
  });
});

describe('a run that was killed after it had read the files', () => {
  it('is not what the next set builds on', async () => {
    const before = await take('incremental');
    await writeFile(at('only the killed run saw this'), 'but no set holds it');
    const { env, seen } = await interrupted(world, { script: 'backup.sh', signal: 'KILL', at: 'run_step capture_files ssl' });
    const killed = await world.runScript('backup.sh', ['--incremental'], { env });
    expect(killed.code).toBe(137);
    expect((await stat(seen)).isFile()).toBe(true);
    expect((await setsOf(world)).at(-1)).toBe(before.id);
    const set = await take('incremental');
    expect(set.components['app']?.details).toMatchObject({ follows: before.id });
    expect(await restored(set.id)).toEqual(await fingerprintTree(world.paths.uploads));
  });
});
