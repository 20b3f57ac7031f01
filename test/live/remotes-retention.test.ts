import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3 } from '../support/servers/remotes/s3-request.ts';
import { Hands } from '../support/servers/remotes/remote.ts';
import { type S3Server, startS3 } from '../support/servers/remotes/s3.ts';
import { startB2 } from '../support/servers/remotes/b2.ts';
import { atTime } from './support/clock.ts';
import { setsOf } from './support/manifest.ts';
import { ends, expectedAt, impatient, inEnvironment, inProfile, remoteName } from './support/remotes.ts';
import { createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

// A gap between two sets that is longer than the longest of these would put the clock in doubt, and nothing would be removed.
const short = { full: '108h', incremental: '3d', database: '3d', config: '3d' } as const;

/** Ids of the sets at a place, by their manifests. */
const setsAt = async (hands: Hands, place = 'production'): Promise<string[]> =>
  (await hands.list(place)).flatMap((name) => /\/(\d{8}_\d{6})\/manifest\.json$/.exec(name)?.slice(1) ?? []);

/** A chain of two sets from so many days ago. */
async function chain(world: SmallWorld, days: number): Promise<void> {
  await ends(world, 0, 'backup.sh', ['--full', '--no-remote'], await atTime(`-${days * 24}h`));
  await writeFile(join(world.paths.uploads, `days-${days}.txt`), String(days));
  await ends(world, 0, 'backup.sh', ['--incremental', '--no-remote'], await atTime(`-${days * 24 - 1}h`));
}

const configuration = async (world: SmallWorld, days: number): Promise<unknown> => ends(world, 0, 'backup.sh', ['--config', '--no-remote'], await atTime(`-${days * 24}h`));

describe('sets that are too old', () => {
  let world: SmallWorld;
  let server: S3Server;
  let hands: Hands;
  let source: SmallState;

  beforeAll(async () => {
    world = await createSmallWorld('remote-retention');
    server = await startS3({ dir: world.root });
    hands = new Hands(server);
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server, { latest: 'latest', retention: short })], transfer: impatient });
    await writeFile(join(world.root, 'foreign'), 'foreign\n');
    for (const name of ['production/keep me', 'production/20200101_000000/photo.jpg', 'latest/README']) await hands.write(name, join(world.root, 'foreign'));
    for (const days of [13, 9, 5]) await chain(world, days);
    await configuration(world, 2);
    source = await world.state();
  });
  afterAll(() => server.close().then(() => world.close()));

  it('are not even sent', async () => {
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(await setsAt(hands)).toEqual((await setsOf(world)).slice(4));
  });

  it('stay where the profile does not say prune, and are named by a dry run', async () => {
    await ends(world, 0, 'backup.sh', ['--full']);
    const sets = await setsOf(world);
    expect(await setsAt(hands)).toEqual(sets.slice(4));
    expect(await setsAt(hands, 'latest')).toEqual(sets.slice(4));
    const { stdout } = await ends(world, 0, 'backup.sh', ['--prune', '--remote', remoteName, '--dry-run']);
    expect(stdout).toMatch(new RegExp(`^${sets[4] ?? ''} +to be removed:`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${sets[7] ?? ''} +kept`, 'm'));
    expect(await setsAt(hands)).toEqual(sets.slice(4));
  });

  it('go when another host asks for it, one file after the other, and nothing else does', async () => {
    server.relay.reset();
    await ends(world, 0, 'backup.sh', ['--prune', '--remote', remoteName]);
    const [configurationSet = '', newest = ''] = (await setsOf(world)).slice(-2);
    const ours = (await expectedAt(world)).filter((name) => name.includes(configurationSet) || name.includes(newest));
    expect(await hands.list('production')).toEqual([...ours, 'production/head.json', 'production/keep me', 'production/20200101_000000/photo.jpg'].sort());
    expect(await setsAt(hands, 'latest')).toEqual([newest]);
    expect(await hands.list('latest')).toContain('latest/README');
    const deleted = server.relay.requests.filter((line) => line.startsWith('DELETE'));
    expect(deleted.length).toBeGreaterThan(8);
    for (const line of deleted) expect(line).toMatch(/^DELETE \/backups\/(production|latest)\/\d{8}_\d{6}\/[a-z][\w.]*(\?\S*)?$/);
    expect(server.relay.requests.filter((line) => /^POST .*\bdelete/.test(line))).toEqual([]);
  });

  it('go by themselves with prune: true, in the run that made them superfluous', async () => {
    await world.install({ remotes: [inProfile(server, { latest: 'latest', retention: { ...short, config: '1d' }, prune: true })], transfer: impatient });
    await ends(world, 0, 'backup.sh', ['--config']);
    const all = await setsOf(world);
    expect(await setsAt(hands)).toEqual(all.slice(-2));
    expect(await world.state()).toEqual(source);
  });
});

describe('a key that can write and not delete', () => {
  it('is enough for uploads at S3; a prune says what it could not do, and has harmed nothing', async () => {
    const world = await createSmallWorld('remote-append');
    const server = await startS3({ dir: world.root });
    const hands = new Hands(server);
    await world.setSecrets(inEnvironment(server.appendOnly ?? server.section));
    const remote = inProfile(server, { latest: 'latest', retention: { ...short, full: '30d', incremental: '30d' } });
    await world.install({ remotes: [remote], transfer: impatient });
    await chain(world, 5);
    await configuration(world, 2);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    await ends(world, 0, 'backup.sh', ['--full']);
    expect(await hands.list('production')).toEqual(await expectedAt(world));
    await world.install({ remotes: [{ ...remote, prune: true, retention: short }], transfer: impatient });
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    expect(stderr).toContain('could not be deleted');
    expect(stderr).toContain('prune: false');
    expect(await hands.list('production')).toEqual(await expectedAt(world));
    await world.loseEverything();
    await ends(world, 0, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
    await server.close();
    await world.close();
  });

  it('is enough for uploads at B2, where the key belongs to one bucket', async () => {
    const world = await createSmallWorld('remote-append-b2');
    const server = await startB2({ dir: world.root });
    await world.setSecrets(inEnvironment(server.appendOnly ?? server.section));
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
    await ends(world, 0, 'backup.sh', ['--full']);
    expect(await new Hands(server).list('production')).toEqual(await expectedAt(world));
    await server.close();
    await world.close();
  });
});

describe('a bucket that locks what it holds', () => {
  it('takes sets, and keeps a version of each file that is pruned', async () => {
    const world = await createSmallWorld('remote-lock');
    const server = await startS3({ dir: world.root, lock: true, versions: true });
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server, { retention: { ...short, full: '30d', incremental: '30d' } })], transfer: impatient });
    await chain(world, 5);
    await configuration(world, 2);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    await ends(world, 0, 'backup.sh', ['--full']);
    const [old = ''] = await setsOf(world);
    await world.install({ remotes: [inProfile(server, { retention: short, prune: true })], transfer: impatient });
    await ends(world, 0, 'backup.sh', ['--prune', '--remote', remoteName]);
    expect((await new Hands(server).list('production')).filter((name) => name.includes(old))).toEqual([]);
    const { body } = await s3(server.login, { method: 'GET', path: '/backups', query: { versions: '', prefix: `production/${old}/manifest.json` } });
    const version = /<Version>.*?<VersionId>([^<]+)<\/VersionId>/s.exec(body)?.[1] ?? '';
    const request = { path: `/backups/production/${old}/manifest.json`, query: { versionId: version } };
    expect((await s3(server.login, { method: 'DELETE', ...request })).status).toBe(403);
    expect((await s3(server.login, { method: 'GET', ...request })).body).toContain(old);
    await server.close();
    await world.close();
  });
});
