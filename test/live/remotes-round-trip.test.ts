import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../support/servers/guard.ts';
import type { RemoteKind, RemoteServer } from '../support/servers/remotes/remote.ts';
import { startRemote } from '../support/servers/remotes/start.ts';
import { loseEverything } from './support/disaster.ts';
import { ageKey, type Key, sshKey } from '../support/sandbox/keys.ts';
import { impatient, inEnvironment, inProfile } from './support/remotes.ts';
import { leftHalfBuilt, succeed } from './support/script.ts';
import { seedEverything, seedLittle } from './support/seed.ts';
import { createWorld, type State, type World } from './support/world.ts';

const kinds: readonly RemoteKind[] = ['s3', 'gcs', 'azure', 'b2', 'sftp'];
let vaults: string;
let servers: RemoteServer[];
let key: Key;
let world: World;
let secrets: Record<string, string>;
let source: State;

beforeAll(async () => {
  vaults = await mkdtemp(join(tmpdir(), 'lifeboat-vaults-'));
  await guard(vaults);
  servers = await Promise.all(kinds.map((kind) => startRemote(kind, { dir: vaults })));
  key = await ageKey(vaults, 'key');
  const signer = await sshKey(vaults, 'signer');
  const remotes = servers.map((server) => ({ ...inProfile(server, {}, `at-${server.kind}`), plaintext: false }));
  secrets = Object.assign({}, ...servers.map(({ section, kind }) => inEnvironment(section, `at-${kind}`))) as Record<string, string>;
  world = await createWorld({
    name: 'remote-trip',
    profile: { backup: { remotes, transfer: { ...impatient, timeout: '2m' }, encryption: { method: 'age', recipients: [key.recipient] }, signing: { keyFile: signer.identity, publicKeys: [signer.recipient] } } },
  });
  await appendFile(world.paths.envFile, Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`).join(''));
  await seedEverything(world);
  await succeed(world, 'backup.sh', ['--full']);
  await seedLittle(world, 'what came later');
  source = await world.state();
  await succeed(world, 'backup.sh', ['--incremental']);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await world.close();
  await rm(vaults, { recursive: true, force: true });
});

describe.each(kinds)('an encrypted, signed chain at a remote of the kind %s', (kind) => {
  it('brings back every document, key, file and setting to a server that has lost them and its backups', async () => {
    await loseEverything(world);
    await rm(world.paths.backups, { recursive: true });
    await succeed(world, 'restore.sh', ['--from', `at-${kind}`, 'latest', '--all', '--yes', '--identity', key.identity], { env: secrets });
    expect(await world.state()).toEqual(source);
    expect(await leftHalfBuilt(world)).toEqual([]);
    expect((await readdir(join(world.paths.backups, '.state'))).filter((name) => name.startsWith('from-'))).toEqual([]);
  });
});
