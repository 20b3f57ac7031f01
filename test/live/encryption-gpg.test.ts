import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { atTime } from './support/clock.ts';
import { gpgKey, type Key, leftOfKeys } from '../support/sandbox/keys.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { ends, readLog } from './support/remotes.ts';
import { leftHalfBuilt } from './support/script.ts';
import { createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let source: SmallState;
let keys: Record<'first' | 'second' | 'stranger' | 'locked' | 'soon' | 'expired' | 'revoked' | 'signer', Key>;
const passphrase = `of the key: "$x" 'y'`;

beforeAll(async () => {
  world = await createSmallWorld('gpg');
  await world.writeUpload('large.bin', 300_000);
  const ago = (days: number): number => Math.floor(Date.now() / 1000) - days * 86_400;
  const make = (name: string, options = {}): Promise<Key> => gpgKey(world.root, name, options);
  const [first, second, stranger, locked] = await Promise.all([make('first'), make('second'), make('stranger'), make('locked', { passphrase })]);
  const [soon, expired, revoked, signer] = await Promise.all([make('soon', { expires: '20d' }), make('expired', { made: ago(60), expires: '30d' }), make('revoked', { revoked: true }), make('signer', { signOnly: true })]);
  keys = { first, second, stranger, locked, soon, expired, revoked, signer };
  source = await world.state();
});
afterAll(() => world.close());

const useKeys = (...recipients: readonly Key[]): Promise<void> => world.install({ encryption: { method: 'gpg', keyFiles: recipients.map(({ recipient }) => recipient) } });
const restoreWith = (code: number, ...more: readonly string[]): ReturnType<typeof ends> => ends(world, code, 'restore.sh', ['latest', '--all', '--yes', ...more]);
describe('GnuPG recipients', () => {
  it('open what nobody else can, and leave no agent behind', async () => {
    await useKeys(keys.first, keys.second);
    await ends(world, 0, 'backup.sh', ['--full']);
    const { id, components } = await manifestOf(world);
    const stored = Object.values(components).map(({ file }) => join(world.paths.backups, id, file));
    expect(stored.filter((file) => !file.endsWith('.zst.gpg'))).toEqual([]);
    await world.writeUpload('large.bin', 100);
    const before = await world.state();
    expect((await restoreWith(3)).stderr).toContain('--identity FILE');
    await restoreWith(3, '--identity', keys.stranger.identity);
    expect(await world.state()).toEqual(before);
    for (const key of [keys.first, keys.second]) {
      await world.writeUpload('large.bin', 100);
      await restoreWith(0, '--identity', key.identity);
      expect(await world.state()).toEqual(source);
    }
    expect(await leftHalfBuilt(world)).toEqual([]);
    expect(await leftOfKeys(world.root)).toEqual([]);
  });

  it('are each and only in every stored file, which is not compressed a second time', async () => {
    const { id, components } = await manifestOf(world);
    const env = { PATH: toolPath(), GNUPGHOME: world.temporary };
    for (const { file } of Object.values(components)) {
      const { stdout } = await capture('gpg', ['--batch', '--no-autostart', '--list-packets', '--list-only', join(world.paths.backups, id, file)], { env });
      expect(stdout.match(/^:pubkey enc packet:/gm)).toHaveLength(2);
    }
    const { stdout } = await capture('find', [world.temporary, '-name', '*.kbx*', '-delete', '-o', '-name', 'trustdb*', '-delete'], {});
    expect(stdout).toBe('');
  });

  it('may have a passphrase, which comes from a file', async () => {
    await useKeys(keys.locked);
    source = await world.state();
    await ends(world, 0, 'backup.sh', ['--full']);
    const file = join(world.root, 'passphrase');
    await writeFile(file, `${passphrase}\n`);
    await writeFile(`${file}.wrong`, 'something else\n');
    await world.writeUpload('large.bin', 100);
    const before = await world.state();
    for (const more of [[], ['--key-file', `${file}.wrong`]]) {
      await restoreWith(3, '--identity', keys.locked.identity, ...more);
      expect(await world.state()).toEqual(before);
    }
    await restoreWith(0, '--identity', keys.locked.identity, '--key-file', file);
    expect(await world.state()).toEqual(source);
    expect(await leftOfKeys(world.root)).toEqual([]);
    expect(await readLog(world)).not.toContain(passphrase);
  });
});

describe('a key that cannot be encrypted to', () => {
  it.each([
    ['has expired', 'expired', 'has expired'],
    ['is revoked', 'revoked', 'is revoked'],
    ['can only sign', 'signer', 'cannot encrypt'],
  ] as const)('because it %s fails the preflight, also as one among good ones, and no set is made', async (_, name, words) => {
    await useKeys(keys.first, keys[name]);
    const before = await setsOf(world);
    const { stderr } = await ends(world, 3, 'backup.sh', ['--full']);
    expect(stderr).toContain(words);
    expect(stderr).toContain('nothing was touched');
    expect(await setsOf(world)).toEqual(before);
  });

  it('within 30 days is warned about, with the days that are left', async () => {
    await useKeys(keys.soon);
    const { stderr } = await ends(world, 0, 'backup.sh', ['--config']);
    expect(stderr).toMatch(/WARN .*expires in (19|20) day\(s\)/);
    expect((await manifestOf(world)).warnings).toEqual([expect.stringContaining('expires in')]);
  });

  it('any more still opens what was encrypted to it before', async () => {
    await useKeys(keys.expired);
    await rm(world.paths.backups, { recursive: true });
    source = await world.state();
    await ends(world, 0, 'backup.sh', ['--full'], await atTime('-45d'));
    const [set = ''] = await setsOf(world);
    await world.writeUpload('large.bin', 100);
    await ends(world, 0, 'restore.sh', [set, '--app', '--yes', '--identity', keys.expired.identity]);
    expect((await world.state()).app).toEqual(source.app);
  });

  it('is one of two in a file, of which gpg would take the first alone: the profile is refused', async () => {
    await writeFile(join(world.root, 'both.asc'), (await readFile(join(world.root, 'first.asc'), 'utf8')) + (await readFile(join(world.root, 'second.asc'), 'utf8')));
    const before = await setsOf(world);
    const refused = await useKeys({ recipient: 'both.asc', identity: '' }).then(() => world.runScript('backup.sh', ['--full']), () => ({ code: 3 }));
    expect(refused.code).toBe(3);
    expect(await setsOf(world)).toEqual(before);
  });
});
