import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { type AzureServer, startAzure } from '../support/servers/remotes/azure.ts';
import { type B2Server, startB2 } from '../support/servers/remotes/b2.ts';
import type { Section } from '../support/servers/remotes/remote.ts';
import { type S3Server, startS3 } from '../support/servers/remotes/s3.ts';
import { ends, impatient, inConfigFile, inEnvironment, inProfile, readLog } from './support/remotes.ts';
import { systemPath } from './support/script.ts';
import { SecretWatch } from './support/secret-watch.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
let watch: SecretWatch;
let servers: readonly [S3Server, AzureServer, B2Server];
let secrets: string[];

const names = ['vault', 'second-place', 'third'] as const;
const all = (): RemoteList => names.map((name, index) => inProfile(servers[index] ?? servers[0], { path: 'production' }, name));
type RemoteList = ReturnType<typeof inProfile>[];
const environment = (sections: readonly Section[]): Record<string, string> => Object.assign({}, ...sections.map((section, index) => inEnvironment(section, names[index]))) as Record<string, string>;
const secretsIn = (section: Section): string[] => ['secret_access_key', 'key', 'sas_url'].flatMap((option) => section[option] ?? []).map((value) => /sig=([^&]+)/.exec(value)?.[1] ?? value);

beforeAll(async () => {
  world = await createSmallWorld('remote-secrets');
  servers = await Promise.all([startS3({ dir: world.root }), startAzure({ dir: world.root }), startB2({ dir: world.root })]);
  secrets = servers.flatMap(({ section, refused }) => [...secretsIn(section), ...secretsIn(refused ?? section)]);
  watch = new SecretWatch(world, secrets);
});
afterAll(async () => {
  await watch.stop();
  await Promise.all(servers.map((server) => server.close()));
  await world.close();
});

describe('the secrets of remotes', () => {
  it('are six different ones, and would be noticed', async () => {
    expect(new Set(secrets).size).toBe(6);
    const test = new SecretWatch(world, secrets);
    await test.giveAway(secrets[2] ?? '', secrets[3]);
    expect([test.argumentsWithSecret.length, [...test.programsWithSecret]]).toEqual([1, ['sh']]);
  });

  it('work from the environment file, for an upload, a list, a prune, a restore, and when they are wrong', async () => {
    await world.setSecrets(environment(servers.map(({ section }) => section)));
    await world.install({ remotes: all(), transfer: impatient });
    await watch.during(async () => {
      await ends(world, 0, 'backup.sh', ['--full']);
      for (const name of names) {
        await ends(world, 0, 'backup.sh', ['--list', '--remote', name]);
        await ends(world, 0, 'backup.sh', ['--prune', '--remote', name, '--dry-run']);
        await ends(world, 0, 'restore.sh', ['--from', name, 'latest', '--ssl', '--yes']);
      }
      await ends(world, 0, 'backup.sh', ['--show-settings']);
      await world.setSecrets(environment(servers.map(({ refused, section }) => refused ?? section)));
      for (const name of names) await ends(world, 5, 'backup.sh', ['--list', '--remote', name]);
      await ends(world, 5, 'backup.sh', ['--config']);
    });
  });

  it('work from the environment, and from an rclone.conf', async () => {
    await watch.during(async () => {
      await world.setSecrets({});
      await ends(world, 0, 'backup.sh', ['--sync-remotes'], environment(servers.map(({ section }) => section)));
      const conf = await inConfigFile(world, Object.fromEntries(servers.map(({ section }, index) => [names[index] ?? '', section])));
      await world.install({ remotes: all().map((remote) => ({ ...remote, configFile: conf })), transfer: impatient });
      await ends(world, 0, 'backup.sh', ['--config']);
      await ends(world, 0, 'restore.sh', ['--from', 'second-place', 'latest', '--ssl', '--yes']);
      expect((await stat(conf)).mode & 0o777).toBe(0o600);
      await writeFile(conf, '');
    });
  });

  it('stood in no argument of any process, and in the environment of no program but rclone and what starts it', () => {
    expect(watch.processesSeen).toBeGreaterThan(50);
    expect(watch.argumentsWithSecret).toEqual([]);
    expect([...watch.programsWithSecret].filter((name) => !['rclone', 'timeout', 'backup.sh', 'restore.sh', 'bash', 'env'].includes(name))).toEqual([]);
    expect(watch.programsWithSecret).toContain('rclone');
  });

  it('stood in no temporary file that others may read', () => {
    expect(watch.filesSeen).toBeGreaterThan(5);
    expect(watch.filesWithSecretOpenToOthers).toEqual([]);
  });

  it('stand in no log, no manifest, and no other file', async () => {
    expect(await readLog(world)).toContain('ERROR remote vault:');
    expect((await watch.filesBelowRoot()).filter((path) => !/\/remote-(s3|azure|b2)-|\.lifeboat-undo/.test(path))).toEqual([]);
  });

  it('stand in no trace of bash -x', async () => {
    await world.setSecrets(environment(servers.map(({ section }) => section)));
    await world.install({ remotes: all(), transfer: impatient });
    const env = { PATH: toolPath(systemPath), HOME: world.paths.home, TMPDIR: world.temporary };
    for (const [script, ...args] of [['backup.sh', '--config'], ['restore.sh', '--from', 'vault', 'latest', '--ssl', '--yes']] as const) {
      const { code, stderr } = await capture('bash', ['-x', join(world.scripts, script), ...args], { env });
      expect(code, stderr.slice(-2000)).toBe(0);
      const lines = stderr.split('\n').filter((line) => secrets.some((secret) => line.includes(secret)));
      expect(lines).toEqual([]);
    }
  });
});

describe('an rclone.conf that others may read', () => {
  it('is refused with the command that cures it, before anything is done', async () => {
    const conf = await inConfigFile(world, { vault: servers[0].section }, 0o640);
    await world.install({ remotes: [{ ...inProfile(servers[0]), configFile: conf }], transfer: impatient });
    for (const [name, args] of [['backup.sh', ['--config']], ['restore.sh', ['--from', 'vault', 'latest', '--all', '--yes']]] as const) {
      const { stderr } = await ends(world, 3, name, args);
      expect(stderr).toContain(`chmod 600 ${conf}`);
    }
    expect(await readFile(conf, 'utf8')).toContain('[vault]');
  });

  it('that lacks the remote is told as that', async () => {
    const conf = await inConfigFile(world, { another: servers[0].section });
    const { stderr } = await ends(world, 3, 'backup.sh', ['--config']);
    expect(stderr).toContain(`${conf} holds no remote of the name vault`);
  });
});
