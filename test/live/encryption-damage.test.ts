import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ageKey, gpgKey, sshKey } from '../support/sandbox/keys.ts';
import { forgetHeads, type Manifest, manifestOf } from './support/manifest.ts';
import { ends } from './support/remotes.ts';
import { leftHalfBuilt } from './support/script.ts';
import { type BackupInput, createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

const passphrase = 'a passphrase that is long enough';
let world: SmallWorld;
let methods: Record<'age' | 'gpg' | 'symmetric', { encryption: BackupInput['encryption']; key: readonly string[] }>;

beforeAll(async () => {
  world = await createSmallWorld('damage', {}, {});
  const [age, gpg] = await Promise.all([ageKey(world.root, 'age'), gpgKey(world.root, 'gpg')]);
  const keyFile = join(world.root, 'key');
  await writeFile(keyFile, passphrase);
  methods = {
    age: { encryption: { method: 'age', recipients: [age.recipient] }, key: ['--identity', age.identity] },
    gpg: { encryption: { method: 'gpg', keyFiles: [gpg.recipient] }, key: ['--identity', gpg.identity] },
    symmetric: { encryption: { method: 'symmetric' }, key: ['--key-file', keyFile] },
  };
});
afterAll(() => world.close());

const flipped = (data: Buffer, at: number): Buffer => {
  const copy = Buffer.from(data);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

/** Everything that can happen to a file that nobody can read. */
const damages: readonly (readonly [string, (data: Buffer, other: Buffer) => Buffer])[] = [
  ['its first byte is another', (data) => flipped(data, 0)],
  ['a byte of its header is another', (data) => flipped(data, 60)],
  ['a byte in its middle is another', (data) => flipped(data, data.length >> 1)],
  ['its last byte is another', (data) => flipped(data, data.length - 1)],
  ['its last byte is gone', (data) => data.subarray(0, -1)],
  ['its second half is gone', (data) => data.subarray(0, data.length >> 1)],
  ['it ends where a piece of 64 KiB ends', (data) => data.subarray(0, data.length - ((data.length - 200) % 65_552))],
  ['nothing is left of it', () => Buffer.alloc(0)],
  ['something follows it', (data) => Buffer.concat([data, Buffer.from('more')])],
  ['it follows itself', (data) => Buffer.concat([data, data])],
  ['it is another file of the same set', (_, other) => other],
];

describe.each(['age', 'gpg', 'symmetric'] as const)('a stored file that is encrypted by %s', (method) => {
  let good: Buffer;
  let file: string;
  let manifest: Manifest;
  let before: SmallState;

  beforeAll(async () => {
    await world.install({ encryption: methods[method].encryption });
    await world.writeUpload('large.bin', 300_000);
    await ends(world, 0, 'backup.sh', ['--full'], method === 'symmetric' ? { ENCRYPTION_KEY: passphrase } : {});
    await forgetHeads(world);
    manifest = await manifestOf(world);
    file = join(world.paths.backups, manifest.id, manifest.components['app']?.file ?? '');
    good = await readFile(file);
    await world.writeUpload('large.bin', 10);
    before = await world.state();
  });

  const storeManifest = (changed: object): Promise<void> => writeFile(join(world.paths.backups, manifest.id, 'manifest.json'), JSON.stringify(changed));
  const attempt = async (): Promise<{ code: number; stderr: string }> => {
    const result = await world.runScript('restore.sh', [manifest.id, '--all', '--yes', ...methods[method].key]);
    expect(await world.state(), result.stderr).toEqual(before);
    expect(await leftHalfBuilt(world)).toEqual([]);
    return result;
  };

  it.each(damages)('is refused with its name when %s', async (_, damage) => {
    const other = await readFile(join(world.paths.backups, manifest.id, manifest.components['ssl']?.file ?? ''));
    const damaged = damage(good, other);
    await writeFile(file, damaged);
    const honest = await attempt();
    expect(honest.code).toBe(6);
    expect(honest.stderr).toContain(`${manifest.id}/app`);
    // And when somebody made the manifest fit: then the encryption has to find it.
    const app = { ...manifest.components['app'], bytes: damaged.length, sha256: createHash('sha256').update(damaged).digest('hex') };
    await storeManifest({ ...manifest, components: { ...manifest.components, app } });
    const forged = await attempt();
    // What names the recipient in a header cannot be told from the name of another.
    expect([3, 6], forged.stderr).toContain(forged.code);
    expect(forged.stderr).toMatch(new RegExp(`${manifest.id}(/|.* )app`));
    await storeManifest(manifest);
  });

  it('is restored when it is good again', async () => {
    await writeFile(file, good);
    await ends(world, 0, 'restore.sh', [manifest.id, '--all', '--yes', ...methods[method].key]);
  });
});

describe('a manifest that is signed', () => {
  let signing: { keyFile: string; publicKeys: string[] };
  let encryption: BackupInput['encryption'];
  let directory: string;
  let before: SmallState;

  beforeAll(async () => {
    const [signer, other] = await Promise.all([sshKey(world.root, 'signer'), sshKey(world.root, 'other-signer')]);
    signing = { keyFile: signer.identity, publicKeys: [other.recipient, signer.recipient] };
    encryption = methods.age.encryption;
    await world.install({ encryption, signing });
    await ends(world, 0, 'backup.sh', ['--full']);
    directory = join(world.paths.backups, (await manifestOf(world)).id);
    await cp(directory, join(world.root, 'signed'), { recursive: true });
    before = await world.state();
  });

  const refused = async (...more: readonly string[]): Promise<string> => {
    const { stderr } = await ends(world, 6, 'restore.sh', ['latest', '--all', '--yes', ...methods.age.key, ...more]);
    expect(stderr).toContain(directory.split('/').at(-1));
    expect(await world.state()).toEqual(before);
    await rm(directory, { recursive: true });
    await cp(join(world.root, 'signed'), directory, { recursive: true });
    return stderr;
  };

  it('is believed', async () => {
    await ends(world, 0, 'restore.sh', ['latest', '--all', '--yes', ...methods.age.key]);
    expect((await readFile(join(directory, 'manifest.json.sig'), 'utf8')).startsWith('-----BEGIN SSH SIGNATURE-----')).toBe(true);
    before = await world.state();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['altered', async () => { const file = join(directory, 'manifest.json'); await writeFile(file, (await readFile(file, 'utf8')).replace(/"warnings": \[\]/, '"warnings": ["x"]').concat(' ')); }],
    ['without its signature', () => rm(join(directory, 'manifest.json.sig'))],
    ['with a damaged signature', async () => { const file = join(directory, 'manifest.json.sig'); await writeFile(file, (await readFile(file, 'utf8')).replace(/[A-Z](?=\S*\n-----END)/, 'b')); }],
    ['with the signature of another set', async () => {
      await ends(world, 0, 'backup.sh', ['--config']);
      const newer = (await manifestOf(world)).id;
      await cp(join(world.paths.backups, newer, 'manifest.json.sig'), join(directory, 'manifest.json.sig'));
      await rm(join(world.paths.backups, newer), { recursive: true });
      await forgetHeads(world);
    }],
  ])('%s is refused and named', async (_, damage) => {
    await damage();
    expect(await refused()).toContain('--accept-unsigned');
  });

  it('by a key that the profile does not name is refused', async () => {
    const stranger = await sshKey(world.root, 'stranger');
    await world.install({ encryption, signing: { ...signing, publicKeys: [stranger.recipient] } });
    await refused();
    expect((await ends(world, 3, 'backup.sh', ['--full'])).stderr).toContain('is not listed in backup.signing.publicKeys');
    await world.install({ encryption, signing });
  });

  it('is not needed with --accept-unsigned, which says what it does', async () => {
    await rm(join(directory, 'manifest.json.sig'));
    const { stderr } = await ends(world, 0, 'restore.sh', ['latest', '--all', '--yes', '--accept-unsigned', ...methods.age.key]);
    expect(stderr).toContain('may be altered');
  });

  it('that is missing closes the chain: what builds on it could not be restored', async () => {
    const { stderr } = await ends(world, 0, 'backup.sh', ['--incremental']);
    expect(stderr).toContain(`a full set is taken, and no incremental one: sets are signed from now on, and ${directory.split('/').at(-1) ?? ''} is not`);
    await ends(world, 0, 'restore.sh', ['latest', '--all', '--yes', ...methods.age.key]);
  });

  it.each([
    ['has a passphrase', async () => (await sshKey(world.root, 'locked-signer', 'ed25519', 'a passphrase')).identity],
    ['is not there', () => Promise.resolve('/nonexistent/key')],
  ])('makes no set when the key %s', async (_, file) => {
    await world.install({ encryption, signing: { ...signing, keyFile: await file() } });
    const { stderr } = await ends(world, 3, 'backup.sh', ['--full']);
    expect(stderr).toContain('ssh-keygen -t ed25519');
  });
});
