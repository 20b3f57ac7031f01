import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3Server, startS3 } from '../support/servers/remotes/s3.ts';
import { programPath } from '../support/servers/service.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { type Manifest, setsOf } from './support/manifest.ts';
import { systemPath } from './support/script.ts';
import { ends, impatient, inEnvironment, inProfile } from './support/remotes.ts';
import { createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let server: S3Server;

beforeAll(async () => {
  world = await createSmallWorld('remote-latest');
  server = await startS3({ dir: world.root });
  await world.setSecrets(inEnvironment(server.section));
  await world.install({ remotes: [inProfile(server, { latest: 'latest', prune: true })], transfer: impatient });
});
afterAll(() => server.close().then(() => world.close()));

const latest = (): string => join(server.dataDirectory, 'backups/latest');

/** What a copy of the directory would lack at this moment: nothing, where each manifest has its files and its parent, and one is of a full set. */
async function broken(directory: string): Promise<string[]> {
  const manifests = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('/manifest.json'));
  const found = await Promise.all(manifests.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as Manifest & { parent: string | null }));
  const complaints = found.some(({ type }) => type === 'full') ? [] : ['no full set'];
  for (const { id, parent, components } of found) {
    if (parent !== null && !found.some((set) => set.id === parent)) complaints.push(`${id} lacks its parent ${parent}`);
    for (const { file, sha256 } of Object.values(components)) {
      const content = await readFile(join(directory, id, file)).catch(() => undefined);
      if (content === undefined || createHash('sha256').update(content).digest('hex') !== sha256) complaints.push(`${id}/${file} is not whole`);
    }
  }
  return complaints;
}

/** After each call of rclone, what lies in latest then is put aside, for the test to judge. */
async function withPhotographer(): Promise<{ PATH: string; PHOTOS: string }> {
  const directory = join(world.root, 'stubs');
  const photos = join(world.root, `photos-${Date.now()}`);
  for (const path of [directory, photos]) await mkdir(path, { recursive: true });
  const body = `'${await programPath('rclone')}' "$@"; status=$?; cp -a '${latest()}' "$PHOTOS/$(date +%s%N)"; exit $status`;
  await writeFile(join(directory, 'rclone'), `#!/bin/sh\n${body}\n`);
  await chmod(join(directory, 'rclone'), 0o755);
  return { PATH: `${directory}:${toolPath(systemPath)}`, PHOTOS: photos };
}

describe('the copy of the newest chain', () => {
  it('is never broken, not after any call of rclone while a new chain takes the place of the old one', async () => {
    await ends(world, 0, 'backup.sh', ['--full']);
    for (const name of ['one', 'two']) {
      await writeFile(join(world.paths.uploads, name), name);
      await ends(world, 0, 'backup.sh', ['--incremental']);
    }
    expect(await broken(latest())).toEqual([]);
    const env = await withPhotographer();
    await ends(world, 0, 'backup.sh', ['--full'], env);
    const photos = (await readdir(env.PHOTOS)).sort();
    const states = await Promise.all(photos.map(async (name) => ({ name, broken: await broken(join(env.PHOTOS, name)), sets: (await readdir(join(env.PHOTOS, name))).length })));
    expect(states.filter((state) => state.broken.length > 0)).toEqual([]);
    // It was there to see it: with both chains, and with one set after the other leaving.
    expect(new Set(states.map(({ sets }) => sets)).size).toBeGreaterThan(2);
    expect((await readdir(latest())).sort()).toEqual((await setsOf(world)).slice(-1));
  });

  it('is never broken in between, as somebody sees it who looks all the time', async () => {
    await writeFile(join(world.paths.uploads, 'three'), 'three');
    await ends(world, 0, 'backup.sh', ['--incremental']);
    const copy = join(world.root, 'copy');
    const seen: string[][] = [];
    const watching = new AbortController();
    const names = (): Promise<string> => readdir(latest(), { recursive: true }).then((found) => found.sort().join(), () => 'something went');
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const before = await names();
        const copied = await cp(latest(), copy, { recursive: true }).then(() => true, () => false);
        // What comes or goes while it is copied is no fault of the order.
        if (copied && before === (await names())) seen.push(await broken(copy));
        await rm(copy, { recursive: true, force: true });
        await sleep(5);
      }
    })();
    await ends(world, 0, 'backup.sh', ['--full']).finally(() => { watching.abort(); });
    await watch;
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.filter((complaints) => complaints.length > 0)).toEqual([]);
  });

  it('is whole and restorable after an update that was killed at any of its calls, and is brought up to date by the next run', async () => {
    let source: SmallState | undefined;
    for (const at of [3, 5, 7, 9, 12]) {
      await world.writeUpload('changing.bin', 20_000);
      await ends(world, 0, 'backup.sh', ['--full', '--no-remote']);
      source = await world.state();
      await killedAt(at);
      expect(await broken(latest()), `killed at call ${at}`).toEqual([]);
    }
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect((await readdir(latest())).sort()).toEqual((await setsOf(world)).slice(-1));
    await world.loseEverything();
    await cp(latest(), world.paths.backups, { recursive: true });
    await ends(world, 0, 'restore.sh', ['latest', '--all', '--yes']);
    expect(await world.state()).toEqual(source);
  });

  it('costs a listing, and no copy, when it is up to date', async () => {
    await ends(world, 0, 'backup.sh', ['--full']);
    // The manifest that has come to latest is read once.
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    server.relay.reset();
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(server.relay.requests.filter((line) => !/^(GET|HEAD) /.test(line))).toEqual([]);
    // What lacks there, what is newest, what latest holds, and what retention no longer keeps: each is judged by a listing of its own.
    expect(server.relay.requests.filter((line) => /^GET \/backups\/?\?/.test(line)).length).toBe(4);
    expect(server.relay.requests.filter((line) => /^GET .*\.zst/.test(line))).toEqual([]);
  });
});

/** Runs an upload that is killed, with all that it started, before the so-manieth call of rclone. */
async function killedAt(call: number): Promise<void> {
  const directory = join(world.root, 'stubs-kill');
  const counter = join(world.root, 'calls');
  await mkdir(directory, { recursive: true });
  await writeFile(counter, '');
  const everything = `for process in $(grep -lzxF 'TMPDIR=${world.temporary}' /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do [ "$process" = $$ ] || kill -s KILL "$process"; done; kill -s KILL $$`;
  await writeFile(join(directory, 'rclone'), `#!/bin/sh\nprintf x >>'${counter}'\n[ "$(wc -c <'${counter}')" -lt ${call} ] || { ${everything}; }\nexec '${await programPath('rclone')}' "$@"\n`);
  await chmod(join(directory, 'rclone'), 0o755);
  const { code } = await world.runScript('backup.sh', ['--sync-remotes'], { env: { PATH: `${directory}:${toolPath(systemPath)}` } });
  if ((await stat(counter)).size >= call) expect(code).toBe(137);
}
