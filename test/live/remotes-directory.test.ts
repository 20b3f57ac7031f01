import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../support/servers/guard.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { ends, impatient, remoteName, type RemoteInput } from './support/remotes.ts';
import { createSmallWorld, filesOfSets, type SmallState, type SmallWorld } from './support/small-world.ts';

// A disk that every Linux has mounted, and that is another one than the directory above it.
const mounted = '/dev/shm';
let world: SmallWorld;
let disk: string;
let source: SmallState;

const remote = (extra: Partial<RemoteInput> = {}): RemoteInput => {
  const place = disk.slice(mounted.length + 1);
  return { kind: 'directory', name: remoteName, enabled: true, plaintext: true, bucket: mounted, path: `${place}/production`, latest: `${place}/latest`, ...extra };
};
const stored = async (directory: string): Promise<string[]> => {
  const names = await readdir(join(disk, directory), { recursive: true });
  return names.filter((name) => /^\d{8}_\d{6}\/[^/]+$/.test(name)).sort();
};

beforeAll(async () => {
  disk = await mkdtemp(join(mounted, 'lifeboat-disk-'));
  await guard(disk);
  world = await createSmallWorld('remote-directory');
  await world.install({ remotes: [remote()], transfer: impatient });
});
afterAll(async () => {
  await rm(disk, { recursive: true, force: true });
  await world.close();
});

describe('a remote that is a mounted disk', () => {
  it('gets every file of a set, and the chain a second time as latest', async () => {
    await mkdir(join(disk, 'production/20200101_000000'), { recursive: true });
    await writeFile(join(disk, 'production/20200101_000000/notes.txt'), 'somebody else\n');
    await world.writeUpload('large.bin', 1_000_000);
    await ends(world, 0, 'backup.sh', ['--full']);
    await world.writeUpload('later.bin', 1000);
    await ends(world, 0, 'backup.sh', ['--incremental']);
    source = await world.state();
    expect((await stored('production')).filter((name) => !name.endsWith('notes.txt'))).toEqual(await filesOfSets(world));
    expect(await stored('latest')).toEqual(await filesOfSets(world));
    for (const name of await filesOfSets(world)) expect(await readFile(join(disk, 'production', name))).toEqual(await readFile(join(world.paths.backups, name)));
  });

  it('is listed, compared, and named at the end of --help', async () => {
    const { stdout } = await ends(world, 0, 'backup.sh', ['--list', '--remote', remoteName, '--json']);
    expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).toEqual(await setsOf(world));
    expect((await ends(world, 0, 'backup.sh', ['--list', '--compare'])).stdout).toMatch(/incremental +complete +complete$/m);
    for (const script of ['backup.sh', 'restore.sh']) expect((await ends(world, 0, script, ['--help'])).stdout).toContain(`Remote:   ${remoteName}, directory: ${disk}/production (switched on)\n`);
  });

  it('gives everything back to an empty server', async () => {
    await world.loseEverything();
    await ends(world, 0, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
    expect(await world.state()).toEqual(source);
  });

  it('is looked at as any other directory, by --sets', async () => {
    const look = join(world.root, 'look');
    await ends(world, 0, 'restore.sh', ['latest', '--all', '--sets', join(disk, 'latest'), '--into', look]);
    expect((await readdir(look)).sort()).toEqual(['app', 'config', 'ssl']);
    expect((await readdir(join(disk, 'latest'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that was unplugged in the middle of a file gets the rest by the next run', async () => {
    await world.writeUpload('another.bin', 500_000);
    await ends(world, 0, 'backup.sh', ['--full', '--no-remote']);
    const { id, components } = await manifestOf(world);
    const file = components['app']?.file ?? '';
    await mkdir(join(disk, 'production', id));
    const half = join(disk, 'production', id, file);
    await writeFile(half, await readFile(join(world.paths.backups, id, file)));
    await truncate(half, 100_000);
    const { stderr } = await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(stderr).toContain(`${id} was cut off there (${file}): sending it again`);
    expect(await readFile(half)).toEqual(await readFile(join(world.paths.backups, id, file)));
  });

  it('whose file somebody altered is found out before anything is touched', async () => {
    const { id, components } = await manifestOf(world);
    const file = join(disk, 'production', id, components['app']?.file ?? '');
    const good = await readFile(file);
    await writeFile(file, Buffer.alloc(good.length, 'x'));
    const before = await world.state();
    await ends(world, 6, 'restore.sh', ['--from', remoteName, id, '--app', '--yes']);
    expect(await world.state()).toEqual(before);
    await writeFile(file, good);
  });

  it('keeps what its own retention keeps, and what is foreign', async () => {
    await world.install({ remotes: [remote({ prune: true, retention: { full: '1s', incremental: '1s', database: '1s', config: '1s' } })], transfer: impatient });
    const newest = (await setsOf(world)).at(-1) ?? '';
    await ends(world, 0, 'backup.sh', ['--prune', '--remote', remoteName]);
    expect([...new Set((await stored('production')).map((name) => name.split('/')[0]))]).toEqual(['20200101_000000', newest]);
  });
});

describe('a disk that is not mounted', () => {
  it.each(['empty', 'missing'])('whose mount point is %s gets nothing: exit 5, a good set here, and nothing on the system\'s disk', async (kind) => {
    const place = join(world.root, `nas-${kind}`);
    if (kind === 'empty') await mkdir(place);
    await world.install({ remotes: [remote({ bucket: place, path: 'production', latest: 'latest' })], transfer: impatient });
    const before = await setsOf(world);
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    expect(stderr).toContain(kind === 'empty' ? `nothing is mounted at ${place}: mount the disk or the share` : `${place} is not there, or does not answer`);
    expect(await setsOf(world)).toHaveLength(before.length + 1);
    expect(existsSync(place) ? await readdir(place) : []).toEqual([]);
    expect((await ends(world, 3, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--dry-run'])).stderr).toContain(place);
    expect((await ends(world, 5, 'backup.sh', ['--list', '--remote', remoteName])).stderr).toContain(place);
  });
});
