import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture, mustRun } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { type Key, ageKey, sshKey } from '../support/sandbox/keys.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { ends } from './support/remotes.ts';
import { leftHalfBuilt } from './support/script.ts';
import { createSmallWorld, filesOfSets, type SmallState, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let source: SmallState;
let keys: Record<'X25519' | 'ssh-ed25519' | 'ssh-rsa' | 'stranger', Key>;

beforeAll(async () => {
  world = await createSmallWorld('age');
  await world.writeUpload('large.bin', 300_000);
  const [x, ed, rsa, stranger] = await Promise.all([ageKey(world.root, 'x'), sshKey(world.root, 'ed'), sshKey(world.root, 'rsa', 'rsa'), ageKey(world.root, 'stranger')]);
  keys = { X25519: x, 'ssh-ed25519': ed, 'ssh-rsa': rsa, stranger };
  source = await world.state();
});
afterAll(() => world.close());

const useKeys = (...recipients: readonly Key[]): Promise<void> => world.install({ encryption: { method: 'age', recipients: recipients.map(({ recipient }) => recipient) } });
const restoreWith = (code: number, ...more: readonly string[]): ReturnType<typeof ends> => ends(world, code, 'restore.sh', ['latest', '--all', '--yes', ...more]);

describe.each(['X25519', 'ssh-ed25519', 'ssh-rsa'] as const)('a recipient of the kind %s', (kind) => {
  it('opens what nobody else can', async () => {
    await useKeys(keys[kind]);
    await ends(world, 0, 'backup.sh', ['--full']);
    const { id, components } = await manifestOf(world);
    for (const { file } of Object.values(components)) {
      expect(file).toMatch(/\.zst\.age$/);
      expect((await readFile(join(world.paths.backups, id, file))).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    }
    await world.writeUpload('large.bin', 100);
    const before = await world.state();
    expect((await restoreWith(3)).stderr).toContain('--identity FILE');
    expect((await ends(world, 3, 'restore.sh', ['latest', '--all', '--yes', '--identity', keys.stranger.identity])).stderr).toContain('encrypted with another key');
    expect(await world.state()).toEqual(before);
    expect(await leftHalfBuilt(world)).toEqual([]);
    await restoreWith(0, '--identity', keys[kind].identity);
    expect(await world.state()).toEqual(source);
  });
});

describe('several recipients', () => {
  it('can each open a chain of sets', async () => {
    await useKeys(keys.X25519, keys['ssh-ed25519']);
    await ends(world, 0, 'backup.sh', ['--full']);
    await world.writeUpload('more.bin', 100_000);
    await ends(world, 0, 'backup.sh', ['--incremental']);
    const now = await world.state();
    for (const key of [keys.X25519, keys['ssh-ed25519']]) {
      await world.writeUpload('more.bin', 10);
      await restoreWith(0, '--identity', key.identity);
      expect(await world.state()).toEqual(now);
    }
    await restoreWith(3, '--identity', keys['ssh-rsa'].identity);
    expect(await world.state()).toEqual(now);
  });

  it('are told where the key is missing, by their public halves', async () => {
    const { stderr } = await restoreWith(3);
    expect(stderr).toContain(keys.X25519.recipient);
  });
});

describe('RECOVERY.md, for the holder of the key', () => {
  it('names the keys, and its commands work', async () => {
    const identity = keys.X25519.identity;
    const page = await readFile(join(world.scripts, 'RECOVERY.md'), 'utf8');
    for (const { recipient } of [keys.X25519, keys['ssh-ed25519']]) expect(page).toContain(recipient);
    // The page's quarterly test, word by word, on a machine that never was the server: nothing is there but the three things that it asks for.
    const elsewhere = join(world.root, 'another machine');
    const manifests = await Promise.all((await setsOf(world)).map((set) => manifestOf(world, set)));
    const newest = manifests.filter(({ type }) => type === 'full').at(-1)?.id ?? 'none';
    await mkdir(join(elsewhere, 'copy'), { recursive: true });
    await cp(join(world.paths.backups, newest), join(elsewhere, 'copy', newest), { recursive: true });
    await cp(dirname(world.scripts), join(elsewhere, 'infrastructure'), { recursive: true });
    await rename(world.paths.backups, `${world.paths.backups}-away`);
    await rm(dirname(world.paths.logFile), { recursive: true });
    const before = await world.state();
    const [, words = ''] = /^ {4}(infrastructure\/backup\/restore\.sh .* --sets THE-COPY --into .*)$/m.exec(page) ?? [];
    const look = join(world.root, 'look');
    const command = words.split(' ').map((word) => ({ '/tmp/look': look, 'THE-PRIVATE-KEY': identity, 'THE-COPY': 'copy' })[word] ?? word);
    const { code, stderr } = await capture('env', ['-i', `PATH=${toolPath()}`, `HOME=${elsewhere}`, ...command], { cwd: elsewhere });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/ DONE {2}built config of /)]);
    expect(await readdir(join(look, 'config'), { recursive: true })).toContainEqual(expect.stringMatching(/settings\.d\/one\.conf$/));
    expect([existsSync(world.paths.backups), existsSync(dirname(world.paths.logFile)), await world.state()]).toEqual([false, false, before]);
    expect((await readdir(join(elsewhere, 'copy'))).sort()).toEqual([newest]);
    await rename(`${world.paths.backups}-away`, world.paths.backups);
    const [, byHand = ''] = /^ {4}(age --decrypt .*)$/m.exec(page) ?? [];
    const { id } = await manifestOf(world);
    const listed = await mustRun('bash', ['-c', byHand.replace('THE-PRIVATE-KEY', identity)], { cwd: join(world.paths.backups, id), env: { ...process.env, PATH: toolPath() } });
    expect(listed).toContain('more.bin');
  });
});

describe('an identity that cannot be used', () => {
  it.each([
    ['a file that is not there', async () => Promise.resolve('/nonexistent/key')],
    ['something that is no key', async () => Promise.resolve(world.paths.envFile)],
    ['an SSH key with a passphrase, which nobody could type', async () => (await sshKey(world.root, `locked-${Date.now()}`, 'ed25519', 'a passphrase')).identity],
  ])('%s stops the restore before anything is touched', async (_, file) => {
    const before = await world.state();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--all', '--yes', '--identity', await file()]);
    expect([2, 3], stderr).toContain(code);
    expect(await world.state()).toEqual(before);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });
});

describe('a backup that cannot be encrypted', () => {
  it('is refused when the variable of another method is set, and no set is made', async () => {
    const before = await setsOf(world);
    expect((await ends(world, 3, 'backup.sh', ['--full'], { ENCRYPTION_KEY: 'some passphrase or other' })).stderr).toContain('ENCRYPTION_KEY is set');
    expect(await setsOf(world)).toEqual(before);
  });

  it('is refused when one recipient of several is damaged', async () => {
    // One letter is another: the checksum in the key is wrong, its form is right.
    const damaged = keys.X25519.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
    await useKeys({ recipient: damaged, identity: '' }, keys['ssh-ed25519']);
    const before = await setsOf(world);
    expect((await ends(world, 3, 'backup.sh', ['--full'])).stderr).toContain('age does not take every one');
    expect(await setsOf(world)).toEqual(before);
    expect(await filesOfSets(world)).not.toContain(expect.stringContaining('.partial'));
  });
});
