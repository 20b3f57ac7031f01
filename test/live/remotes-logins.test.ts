import { chmod, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzure } from '../support/servers/remotes/azure.ts';
import { Hands } from '../support/servers/remotes/remote.ts';
import { startS3 } from '../support/servers/remotes/s3.ts';
import { type SftpServer, startSftp } from '../support/servers/remotes/sftp.ts';
import { programPath } from '../support/servers/service.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { atTime } from './support/clock.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { ends, expectedAt, impatient, inEnvironment, inProfile, remoteName } from './support/remotes.ts';
import { systemPath } from './support/script.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';

/** Sets of other tests would be uploaded too. */
const startAnew = (): Promise<void> => rm(world.paths.backups, { recursive: true, force: true });
// The longest of these is longer than any gap between sets here, or the clock would be in doubt and nothing be removed.
const short = { full: '1d', incremental: '4d', database: '4d', config: '4d' } as const;
let world: SmallWorld;
beforeAll(async () => { world = await createSmallWorld('remote-logins'); });
afterAll(() => world.close());

describe('a login for SFTP', () => {
  let server: SftpServer;
  let hands: Hands;
  beforeAll(async () => {
    server = await startSftp({ dir: world.root });
    hands = new Hands(server);
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
  });
  afterAll(() => server.close());

  it('that may only read fails the upload; what is there can be restored with it', async () => {
    await ends(world, 0, 'backup.sh', ['--full'], await atTime('-3d'));
    await server.allow('reading');
    const { stderr } = await ends(world, 5, 'backup.sh', ['--full']);
    expect(stderr).toContain(`ERROR remote ${remoteName}:`);
    const [first = ''] = await setsOf(world);
    await ends(world, 0, 'restore.sh', ['--from', remoteName, first, '--app', '--yes']);
  });

  it('that may not delete or rename is enough for uploads, and a prune says so', async () => {
    await server.allow('all but deleting');
    // A head that could not be renamed is written in its place, and what it was sent as stays until the next one.
    const stored = async (): Promise<string[]> => (await hands.list('production')).filter((name) => name !== 'production/head.json.new');
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(await stored()).toEqual(await expectedAt(world));
    await world.install({ remotes: [inProfile(server, { prune: true, retention: short })], transfer: impatient });
    const { stderr } = await ends(world, 5, 'backup.sh', ['--sync-remotes']);
    expect(stderr).toContain('could not be deleted');
    expect(await stored()).toEqual(await expectedAt(world));
    await server.allow('everything');
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    const newest = (await setsOf(world)).at(-1) ?? '';
    expect((await stored()).every((name) => name === 'production/head.json' || name.startsWith(`production/${newest}/`))).toBe(true);
    expect((await readdir(join(server.dataDirectory, 'production'))).sort()).toEqual([newest, 'head.json', 'head.json.new']);
  });

  it('sends nothing to a host with another key', async () => {
    const right = await readFile(server.knownHosts, 'utf8');
    await writeFile(server.knownHosts, right.replaceAll(/ssh-ed25519 \S+/g, (await readFile(`${server.keyFile}.pub`, 'utf8')).trim()));
    await ends(world, 5, 'backup.sh', ['--config']);
    await ends(world, 3, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
    await writeFile(server.knownHosts, right);
    expect(await hands.list('production')).not.toEqual(await expectedAt(world));
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
  });
});

describe('a shared access signature of Azure', () => {
  it('is enough for uploads without the right to delete, for a restore with that to read, and for nothing when its time is over', async () => {
    await startAnew();
    const server = await startAzure({ dir: world.root });
    const hands = new Hands(server);
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
    await world.setSecrets(inEnvironment(server.appendOnly ?? server.section));
    await ends(world, 0, 'backup.sh', ['--full']);
    expect(await hands.list('production')).toEqual(await expectedAt(world));
    await world.setSecrets(inEnvironment(server.withRights('rl')));
    const newest = (await setsOf(world)).at(-1) ?? '';
    await ends(world, 0, 'restore.sh', ['--from', remoteName, newest, '--all', '--yes']);
    await world.setSecrets(inEnvironment(server.withRights('rwdlac', -5)));
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    expect(stderr).not.toMatch(/sig=(?!\*\*\*)/);
    await server.close();
  });
});

describe('a file that is altered right after it arrived', () => {
  it.each([['s3', startS3], ['sftp', startSftp]] as const)('is found by the check of the upload, and the set is none at a remote of the kind %s', async (_, start) => {
    await startAnew();
    const server = await start({ dir: world.root });
    const hands = new Hands(server);
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
    const { stderr } = await ends(world, 5, 'backup.sh', ['--full'], await withForger());
    expect(stderr).toContain('what arrived is not what was sent');
    const newest = (await setsOf(world)).at(-1) ?? '';
    expect(await hands.list('production')).not.toContain(`production/${newest}/manifest.json`);
    // It is nobody's but the administrator's to say what that file is. Where the store has no checksums, only reading it back tells.
    expect((await ends(world, 5, 'backup.sh', ['--sync-remotes'])).stderr).toMatch(/something else lies there|what arrived is not what was sent/);
    await hands.remove(`production/${newest}/${(await manifestOf(world, newest)).components['app']?.file ?? ''}`);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(await hands.list('production')).toContain(`production/${newest}/manifest.json`);
    await server.close();
  });

  it('on the disk of the store, whose checksum still tells of what it was, is refused at the restore by name', async () => {
    await startAnew();
    const server = await startS3({ dir: world.root });
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server, { retention: short })], transfer: impatient });
    await ends(world, 0, 'backup.sh', ['--full']);
    const { id, components } = await manifestOf(world);
    const name = components['app']?.file ?? '';
    await flip(join(server.dataDirectory, 'backups/production', id, name));
    const before = await world.state();
    const { stderr } = await ends(world, 6, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
    expect(stderr).toContain(name);
    expect(await world.state()).toEqual(before);
    await server.close();
  });
});

async function flip(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 1000);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, 1000);
  await file.close();
}

/** Puts another file of the same size in the place of the application's, just before it is compared. */
async function withForger(): Promise<{ PATH: string }> {
  const directory = join(world.root, 'stubs');
  await mkdir(directory, { recursive: true });
  const real = await programPath('rclone');
  const lines = [
    '#!/usr/bin/env bash',
    `files="$(printf '%s\\n' "$@" | sed -n 's/^--files-from-raw=//p')"`,
    `if [[ " $* " == *' check '* ]] && name="$(grep -m 1 '^app\\.tar' "$files")" && mkdir "$files.forged" 2>/dev/null; then`,
    `  here="\${@: -2:1}/$name"`,
    `  head -c "$(stat -c %s "$here")" /dev/zero >${world.root}/forged`,
    `  '${real}' copyto --ignore-times ${world.root}/forged "\${@: -1}/$name" || exit`,
    'fi',
    `exec '${real}' "$@"`,
  ];
  await writeFile(join(directory, 'rclone'), `${lines.join('\n')}\n`);
  await chmod(join(directory, 'rclone'), 0o755);
  return { PATH: `${directory}:${toolPath(systemPath)}` };
}
