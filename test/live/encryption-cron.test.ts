import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installRelease, type Release } from '../support/sandbox/release.ts';
import { capture } from '../support/tools/command.ts';
import { binDirectory } from '../support/tools/ensure.ts';
import { ageKey, gpgKey, leftOfKeys, sshKey } from '../support/sandbox/keys.ts';
import { manifestOf } from './support/manifest.ts';
import { type BackupInput, createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let source: SmallState;
let signing: BackupInput['signing'];
let methods: Record<'age' | 'gpg' | 'symmetric', { encryption: BackupInput['encryption']; key: string }>;

beforeAll(async () => {
  world = await createSmallWorld('encryption-cron');
  await world.writeUpload('large.bin', 300_000);
  source = await world.state();
  const [age, gpg, signer] = await Promise.all([ageKey(world.root, 'age'), gpgKey(world.root, 'gpg'), sshKey(world.root, 'signer')]);
  signing = { keyFile: signer.identity, publicKeys: [signer.recipient] };
  methods = {
    age: { encryption: { method: 'age', recipients: [age.recipient] }, key: `--identity '${age.identity}'` },
    gpg: { encryption: { method: 'gpg', keyFiles: [gpg.recipient] }, key: `--identity '${gpg.identity}'` },
    symmetric: { encryption: { method: 'symmetric' }, key: '' },
  };
});
afterAll(() => world.close());

type Surroundings = { name: string; variables: string };
const surroundings: readonly Surroundings[] = [
  { name: 'no HOME', variables: '' },
  { name: 'a HOME that does not exist', variables: 'HOME=/nonexistent' },
];

/** No environment, no terminal, a working directory that is gone, every stream closed. */
async function fromCron({ within }: Release, command: string, variables: string): Promise<{ code: number; said: string }> {
  const gone = join(world.root, 'gone');
  await mkdir(gone);
  const line = `umask 000; cd '${gone}' && rmdir '${gone}' && exec setsid --wait env TMPDIR='${world.temporary}' ${variables} ${command} <&- >&- 2>&-`;
  const { code } = await capture(...within('env', '-i', `PATH=${binDirectory()}:/usr/bin:/bin`, '/bin/sh', '-c', line), { timeoutSeconds: 120 });
  const said = (await capture('tail', ['-n', '15', world.paths.logFile])).stdout;
  return { code, said };
}

describe.each(['age', 'gpg', 'symmetric'] as const)('from cron, encrypted by %s and signed', (method) => {
  it.each(surroundings)('with $name, a backup and a restore work, and nothing is left running', async ({ variables }) => {
    await world.setSecrets(method === 'symmetric' ? { ENCRYPTION_KEY: 'a passphrase that is long enough' } : {});
    await world.install({ encryption: methods[method].encryption, signing });
    const release = await installRelease(join(world.root, 'generated/sandbox'), { app: 'plugspace', place: join(world.root, 'usr-local-lib') });
    const taken = await fromCron(release, `'${release.script('backup.sh')}' --full`, variables);
    expect(taken.code, taken.said).toBe(0);
    const { id, components } = await manifestOf(world);
    expect(Object.values(components).every(({ file }) => /\.zst\.(age|gpg)$/.test(file))).toBe(true);
    await writeFile(join(world.paths.uploads, 'large.bin'), 'lost');
    const restored = await fromCron(release, `'${release.script('restore.sh')}' ${id} --all --yes ${methods[method].key}`, variables);
    expect(restored.code, restored.said).toBe(0);
    expect(await world.state()).toEqual(source);
    expect([...(await leftOfKeys(world.root)), ...(await readdir(world.temporary))]).toEqual([]);
  });
});
