import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintTree } from '../support/fixtures/tree-fingerprint.ts';
import { mustRun } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { manifestOf } from './support/manifest.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let count = 0;

beforeAll(async () => { world = await createSmallWorld('older'); });
afterAll(() => world.close());

const at = (...names: string[]): string => join(world.paths.uploads, ...names);
const write = async (path: string): Promise<void> => {
  await mkdir(join(at(path), '..'), { recursive: true });
  await writeFile(at(path), path);
};

/** A set as scripts before format 2 made it: what tar finds to have changed, by what it knows of the level below. */
async function takeOlder(id: string, follows?: string): Promise<void> {
  const directory = join(world.paths.backups, id);
  const file = join(directory, 'app.tar.zst');
  await mkdir(directory, { recursive: true });
  const pack = 'tar --create --format=posix --sparse --directory=/ --acls --xattrs "--xattrs-include=*" --listed-incremental="$1" --files-from=/dev/null -- "$2" | zstd -q >"$3"';
  await mustRun('bash', ['-ec', `set -o pipefail; ${pack}`, 'bash', join(world.root, 'snapshot'), world.paths.appRoot.slice(1), file], { env: { ...process.env, PATH: toolPath() } });
  const [raw] = (await mustRun('bash', ['-c', 'zstd -qdc "$1" | wc -c', 'bash', file])).trim().split(' ');
  const [sha256] = (await mustRun('sha256sum', [file])).split(' ');
  const time = `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T${id.slice(9, 11)}:${id.slice(11, 13)}:${id.slice(13, 15)}Z`;
  const app = {
    file: 'app.tar.zst', bytes: (await stat(file)).size, rawBytes: Number(raw), sha256, compression: 'zstd', encryption: { method: 'none' }, members: 1,
    details: { level: follows === undefined ? 0 : 1, paths: [world.paths.appRoot], excludes: [], ...(follows === undefined ? {} : { follows }) },
  };
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({
    format: 1, id, type: follows === undefined ? 'full' : 'incremental', parent: follows ?? null, application: 'plugspace', environment: 'sandbox', host: 'old', generator: '0.0.1',
    started: time, ended: time, result: 'complete', warnings: [], components: { app }, versions: { bash: '5', tar: '1.34', zstd: '1.5' }, locations: { local: { state: 'complete' } },
  }));
}

async function restoreInto(set: string, ...more: string[]): Promise<{ code: number; stderr: string; log: string; into: string }> {
  count += 1;
  const into = join(world.root, `into-${count}`);
  return { ...(await world.runScript('restore.sh', [set, '--app', '--into', into, ...more])), into };
}

describe('sets with increments of tar', () => {
  const [full, plain, renamed, swapped] = ['20260101_000000', '20260102_000000', '20260103_000000', '20260104_000000'] as const;

  it('are restored as before where nothing was renamed', async () => {
    for (const path of ['keeps/one', 'keeps/two', 'goes/one', 'was/deep/file']) await write(path);
    await takeOlder(full);
    await rm(at('goes'), { recursive: true });
    await write('keeps/three');
    await takeOlder(plain, full);
    const { code, stderr, into } = await restoreInto(plain);
    expect(code, stderr).toBe(0);
    expect(await fingerprintTree(join(into, 'app', world.paths.uploads))).toEqual(await fingerprintTree(world.paths.uploads));
  });

  it('with records of renames are not to be trusted, as the plan says', async () => {
    await rename(at('was'), at('is'));
    await takeOlder(renamed, plain);
    const { code, stderr } = await restoreInto(renamed, '--dry-run');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/WARN {2}plan: {3}20260103_000000\/app holds \d+ record\(s\) of renames by tar, which may be wrong/);
    expect(stderr).not.toMatch(/20260102_000000\/app holds/);
  });

  it('are never restored with other names than the last of them lists', async () => {
    await rm(at('keeps'), { recursive: true });
    for (const path of ['keeps/new', 'again/keeps/other', 'again/is/other']) await write(path);
    await takeOlder(swapped, renamed);
    const { code, stderr, into } = await restoreInto(swapped);
    if (code === 0) expect(Object.keys(await fingerprintTree(join(into, 'app', world.paths.uploads)))).toEqual(Object.keys(await fingerprintTree(world.paths.uploads)));
    else expect([code, stderr]).toEqual([expect.toSatisfy((status: number) => status === 1 || status === 6), expect.stringContaining('ERROR')]);
  });

  it('with an archive that lacks what another level lists are refused', async () => {
    await takeOlder('20260105_000000', swapped);
    await rm(join(world.paths.backups, full), { recursive: true });
    const { code, stderr } = await restoreInto(plain);
    expect([code, stderr]).toEqual([6, expect.stringContaining(`${full} is missing`)]);
  });

  it('list no files: one path cannot be had from them, which is said', async () => {
    const { code, stderr } = await restoreInto('20260105_000000', '--path', 'keeps/new');
    expect([code, stderr]).toEqual([expect.toSatisfy((status: number) => status === 3 || status === 6), expect.stringMatching(/lists no files|is missing/)]);
  });

  it('are built on by nothing: a full set is taken, and the reason is told', async () => {
    await takeOlder('20260106_000000');
    const { code, stderr } = await world.runScript('backup.sh', []);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('a full set is taken, and no incremental one: 20260106_000000 was made by an older lifeboat, which left it to tar to tell what had changed');
    expect(await manifestOf(world)).toMatchObject({ format: 2, type: 'full' });
  });
});
