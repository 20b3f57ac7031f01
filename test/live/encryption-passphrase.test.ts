import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownSecret } from '../support/servers/own-secret.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { ends } from './support/remotes.ts';
import { leftHalfBuilt } from './support/script.ts';
import { SecretWatch } from './support/secret-watch.ts';
import { createSmallWorld, type SmallState, type SmallWorld } from './support/small-world.ts';

const passphrase = ownSecret(`correct "horse" $battery \\ 'staple' é`);
let world: SmallWorld;
let source: SmallState;
let watch: SecretWatch;

beforeAll(async () => {
  world = await createSmallWorld('passphrase', { encryption: { method: 'symmetric' } }, { ENCRYPTION_KEY: passphrase });
  await world.writeUpload('large.bin', 300_000);
  source = await world.state();
  watch = new SecretWatch(world, [passphrase]);
});
afterAll(async () => { await watch.stop(); await world.close(); });

const restoreWith = (code: number, env: Readonly<Record<string, string>> = {}, ...more: readonly string[]): ReturnType<typeof ends> => ends(world, code, 'restore.sh', ['latest', '--all', '--yes', ...more], env);

describe('ENCRYPTION_KEY', () => {
  it('from the environment file encrypts a chain and opens it again, and is nowhere to be seen', async () => {
    await watch.during(async () => {
      await ends(world, 0, 'backup.sh', ['--full']);
      await world.writeUpload('more.bin', 1000);
      await ends(world, 0, 'backup.sh', ['--incremental']);
      source = await world.state();
      for (const { file } of Object.values((await manifestOf(world)).components)) expect(file).toMatch(/\.zst\.gpg$/);
      await world.writeUpload('more.bin', 10);
      await restoreWith(0);
    });
    expect(await world.state()).toEqual(source);
    expect(watch.argumentsWithSecret).toEqual([]);
    expect(watch.filesWithSecretOpenToOthers).toEqual([]);
    expect([...watch.programsWithSecret]).toEqual([]);
    // The environment file is part of the configuration, so that a restore keeps the one it replaced.
    expect((await watch.filesBelowRoot()).filter((path) => !path.includes('.lifeboat-undo'))).toEqual([world.paths.envFile]);
  });

  it('opens on a new server from a key file, or from the environment', async () => {
    const file = join(world.root, 'key');
    await writeFile(file, `${passphrase}\n`);
    for (const [env, more] of [[{}, ['--key-file', file]], [{ ENCRYPTION_KEY: passphrase }, []]] as const) {
      await world.writeUpload('more.bin', 10);
      await world.setSecrets({});
      await restoreWith(0, env, ...more);
      expect(await world.state()).toEqual(source);
    }
  });

  it('that is wrong or missing stops a restore before anything is touched', async () => {
    await world.writeUpload('more.bin', 10);
    await world.setSecrets({});
    const before = await world.state();
    expect((await restoreWith(3)).stderr).toContain('ENCRYPTION_KEY');
    await restoreWith(3, { ENCRYPTION_KEY: `${passphrase}x` });
    expect(await world.state()).toEqual(before);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('that is missing, or has two lines, makes no set', async () => {
    const before = await setsOf(world);
    expect((await ends(world, 3, 'backup.sh', ['--full'])).stderr).toContain('ENCRYPTION_KEY is not set');
    await ends(world, 3, 'backup.sh', ['--full'], { ENCRYPTION_KEY: 'one long enough line\nand another' });
    expect(await setsOf(world)).toEqual(before);
  });

  it('encrypts, as in the guide, what a profile without encryption would store in the clear', async () => {
    await world.install({});
    await world.setSecrets({});
    await ends(world, 0, 'backup.sh', ['--full'], { ENCRYPTION_KEY: passphrase });
    const { id, components } = await manifestOf(world);
    for (const { file } of Object.values(components)) {
      expect(file).toMatch(/\.zst\.gpg$/);
      expect(await readFile(join(world.paths.backups, id, file), 'latin1')).not.toContain('(\xb5/\xfd');
    }
    const now = await world.state();
    await world.writeUpload('more.bin', 11);
    await restoreWith(0, { ENCRYPTION_KEY: passphrase });
    expect(await world.state()).toEqual(now);
  });

  it('that is short is used, with a warning', async () => {
    const { stderr } = await ends(world, 0, 'backup.sh', ['--config'], { ENCRYPTION_KEY: 'short' });
    expect(stderr).toMatch(/WARN .*only 5 characters/);
  });
});
