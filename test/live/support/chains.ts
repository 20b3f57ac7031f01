import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { ScriptResult } from '../../support/sandbox/script.ts';
import { programPath } from '../../support/servers/service.ts';
import { toolPath } from '../../support/tools/ensure.ts';
import type { Stamp } from '../oracle/stamp.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import { succeed, systemPath } from './script.ts';
import type { World } from './world.ts';

export type SetType = 'full' | 'incremental' | 'database';
export type Link = Manifest & { parent: string | null };

/** Takes a set, which has to end well, and answers what its manifest and its run say. */
export async function take(world: World, type: SetType, env: Readonly<Record<string, string>> = {}): Promise<Link & { said: string }> {
  const { stderr } = await succeed(world, 'backup.sh', [`--${type}`], { env });
  return { ...((await manifestOf(world)) as Link), said: stderr };
}

/** The environment in which a tool is a Bash script of the test's; `"${REAL}"` is the tool itself. */
export async function withStub(world: Pick<World, 'root'>, tool: string, body: string): Promise<{ PATH: string }> {
  const directory = join(world.root, 'stubs', `${tool}-${Date.now()}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, tool), `#!/usr/bin/env bash\nreadonly REAL='${await programPath(tool)}'\n${body}\n`);
  await chmod(join(directory, tool), 0o755);
  return { PATH: `${directory}:${toolPath(systemPath)}` };
}

/** Loses the first entry of each slice that begins at the stamp, as an oplog does that rolled over it; of every slice, if none is given. */
export const rolledOver = (stamp?: Stamp): string => `
if [[ "$*" != *--collection=oplog.rs* || "$*" != *'${stamp === undefined ? '' : JSON.stringify(stamp)}'* ]]; then exec "\${REAL}" "$@"; fi
"\${REAL}" "$@" >"\${TMPDIR}/slice" || exit
tail --bytes=+$(($(od -An -tu4 -N4 "\${TMPDIR}/slice") + 1)) "\${TMPDIR}/slice"
rm "\${TMPDIR}/slice"`;

export type Window = { reachable: boolean; from: number; to: number };

/** What `restore.sh --window` prints, in seconds since 1970. */
export async function windows(world: World): Promise<Window[]> {
  const { stdout } = await succeed(world, 'restore.sh', ['--window']);
  return windowsIn(stdout);
}

export const windowsIn = (text: string): Window[] =>
  [...text.matchAll(/^(can be|cannot be) reached +(\S+Z) to (\S+Z)$/gm)].map(([, what, from, to]) => ({ reachable: what === 'can be', from: seconds(from), to: seconds(to) }));

const seconds = (text = ''): number => Date.parse(text) / 1000;
export const words = (second: number): string => new Date(second * 1000).toISOString().replace('.000Z', 'Z');

export const restoreInto = (world: World, directory: string, ...args: readonly string[]): Promise<ScriptResult> =>
  world.runScript('restore.sh', [...args, '--into', directory], { env: { TMPDIR: world.temporary } });

/** One write a majority has: the newest entry that a slice can end with. */
export const write = (world: World, value: string): Promise<unknown> =>
  world.withMongo((client) => client.db('plugspace').collection('writes').insertOne({ value }, { writeConcern: { w: 'majority' } }));

export async function untilPrimary(client: MongoClient): Promise<void> {
  while ((await client.db('admin').command({ hello: 1 }).catch(() => ({})) as { isWritablePrimary?: boolean }).isWritablePrimary !== true) await sleep(50);
}
