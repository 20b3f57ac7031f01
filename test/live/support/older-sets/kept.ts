import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MongoFingerprint } from '../../../support/fixtures/mongo-fingerprint.ts';
import { mustRun } from '../../../support/tools/command.ts';
import { ensureTools, toolPath } from '../../../support/tools/ensure.ts';
import type { BackupInput, SmallState } from '../small-world.ts';
import type { State } from '../world.ts';

/** The commit whose scripts wrote the sets that are kept here. */
export const commit = 'bf92760';

/** What a server with everything was when each of its sets was made, and at a moment after which the last of them says more. */
export type KeptServer = { commit: string; sets: Record<'full' | 'incremental' | 'database', string>; full: State; incremental: State; database: State; moment: { second: number; mongodb: MongoFingerprint } };

/** The same of a server with files alone, whose sets are encrypted or signed as `backup` says; `open` are the options that open them. */
export type KeptFiles = { commit: string; sets: Record<'full' | 'incremental', string>; full: SmallState; incremental: SmallState; backup: BackupInput; secrets: Record<string, string>; open: string[] };

/** Sets name absolute paths: a server of today stands in the very place of the one that they were taken of. */
export const place = (name: string): string => `/tmp/lifeboat-older-sets/${name}`;

/** As text, for all that looks through the files of the project takes them for text. */
const archive = (name: string): string => fileURLToPath(new URL(`${commit}/${name}.tar.zst.base64`, import.meta.url));
const packed = (name: string): string => join(place(name), 'kept.tar.zst');
const options = ['--zstd', '--format=posix', '--acls', '--xattrs', '--xattrs-include=*'];
const tar = (...args: readonly string[]): Promise<string> => mustRun('tar', [...options, ...args], { env: { ...process.env, PATH: toolPath(), ZSTD_CLEVEL: '19' } });

/** Waits until no other test run on this machine is at that place, and empties it. The name of the socket is no file, and goes with this process. */
export async function occupy(name: string): Promise<string> {
  while (!(await reserved(`\0lifeboat-older-sets-${name}`))) await sleep(200);
  await rm(place(name), { recursive: true, force: true });
  return place(name);
}

/** When the server is gone: another user may be the next to come. */
export const leave = (): Promise<void> => rmdir(place('')).catch(() => undefined);

function reserved(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', () => { resolve(false); });
    server.listen(socket, () => { resolve(true); });
  });
}

/** What is kept of a server: its data, its sets and throw-away keys, which no scanner for secrets sees in an archive. No programs and ports. */
const directories = (name: string): string[] => (name === 'server' ? ['home', 'etc/letsencrypt', 'var/lib'] : ['home', 'etc', 'keys']);

export async function pack(name: string, kept: KeptServer | KeptFiles): Promise<void> {
  // A server that was stopped needs no journal.
  await ensureTools(['zstd']);
  await writeFile(join(place(name), 'kept.json'), JSON.stringify(kept));
  await mkdir(dirname(archive(name)), { recursive: true });
  await tar('--create', '--sparse', '--sort=name', '--exclude=var/lib/mongodb/journal', `--file=${packed(name)}`, `--directory=${place(name)}`, '--', 'kept.json', ...directories(name));
  const text = (await readFile(packed(name))).toString('base64');
  await writeFile(archive(name), text.replace(/.{1,76}/g, '$&\n'));
}

/** Puts it all back as it was after the last of the sets, in the place of what is there. */
export async function unpack<K extends KeptServer | KeptFiles>(name: string): Promise<K> {
  for (const directory of directories(name)) await rm(join(place(name), directory), { recursive: true, force: true });
  await writeFile(packed(name), Buffer.from(await readFile(archive(name), 'utf8'), 'base64'));
  await tar('--extract', '--same-permissions', `--file=${packed(name)}`, `--directory=${place(name)}`);
  return JSON.parse(await readFile(join(place(name), 'kept.json'), 'utf8')) as K;
}
