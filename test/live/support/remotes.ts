import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ScriptResult } from '../../support/sandbox/script.ts';
import { configFile, type RemoteServer, type Section } from '../../support/servers/remotes/remote.ts';
import { type BackupInput, filesOfSets, type SmallWorld } from './small-world.ts';

export type RemoteInput = NonNullable<BackupInput['remotes']>[number];
type Extra = Partial<Pick<RemoteInput, 'enabled' | 'latest' | 'path' | 'prune' | 'retention'>>;

export const remoteName = 'vault';

/** What an unlucky transfer costs in a test: seconds, not the minutes that are right for a server. */
export const impatient = { retries: 1, stallTimeout: '5s', timeout: '20s' } satisfies BackupInput['transfer'];

/** A remote of a profile; what says how to reach it stands in the environment file, but for what a profile has to say. */
export function inProfile({ kind, bucket, section }: RemoteServer, extra: Extra = {}, name = remoteName): RemoteInput {
  const address = kind === 'sftp' ? { host: section['host'], user: section['user'] } : {};
  return { kind, name, bucket, enabled: true, plaintext: true, path: 'production', ...address, ...extra };
}

/** The same with everything that is no secret in the profile, where it has a field for it. */
export function inProfileInFull(server: RemoteServer, extra: Extra = {}): RemoteInput {
  const { section } = server;
  const remote = inProfile(server, extra);
  switch (remote.kind) {
    case 's3':
      return { ...remote, provider: section['provider'], region: section['region'], endpoint: section['endpoint'] };
    case 'sftp':
      return { ...remote, port: Number(section['port']), keyFile: section['key_file'], knownHostsFile: section['known_hosts_file'] };
    case 'gcs':
    case 'b2':
      return { ...remote, endpoint: section['endpoint'] };
    case 'azure':
    case 'directory':
      return remote;
  }
}

/** The variables by which rclone knows a remote. */
export function inEnvironment(section: Section, name = remoteName): Record<string, string> {
  const prefix = `RCLONE_CONFIG_${name.toUpperCase().replaceAll('-', '_')}_`;
  return Object.fromEntries(Object.entries(section).filter(([option]) => option !== 'type').map(([option, value]) => [`${prefix}${option.toUpperCase()}`, value]));
}

/** An rclone.conf with these remotes; answers its path. */
export async function inConfigFile(world: SmallWorld, remotes: Readonly<Record<string, Section>>, mode = 0o600): Promise<string> {
  const file = join(world.root, 'rclone.conf');
  await writeFile(file, configFile(remotes));
  await chmod(file, mode);
  return file;
}

/** Runs an installed script that has to end with this code; its own words stand in the failure when it does not. */
export async function ends(world: SmallWorld, code: number, name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ScriptResult> {
  const result = await world.runScript(name, args, { env });
  expect(result.code, `${name} ${args.join(' ')}\n${result.stderr}\n${result.stdout}`).toBe(code);
  return result;
}

/** The sets of the world's backup directory as they should stand at a remote, and the head of the place; a copy of the newest chain has none. */
export const expectedAt = async (world: Pick<SmallWorld, 'paths'>, directory = 'production'): Promise<string[]> =>
  [...(await filesOfSets(world)), ...(directory === 'latest' ? [] : ['head.json'])].map((name) => `${directory}/${name}`).sort();

export const readLog = ({ paths }: Pick<SmallWorld, 'paths'>): Promise<string> => readFile(paths.logFile, 'utf8');
