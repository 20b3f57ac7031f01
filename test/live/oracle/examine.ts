import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { toolPath } from '../../support/tools/ensure.ts';
import type { World } from '../support/world.ts';
import { differences } from './compare.ts';
import type { Journal } from './journal.ts';
import { observe } from './observe.ts';
import { seed } from './random.ts';
import type { Stamp } from './stamp.ts';

/** A moment to go back to: how it is asked for, and the stamp before which everything must be there. */
export type Moment = { why: string; args: readonly string[]; limit: Stamp };

let count = 0;

/** Restores to the moment with the script as an operator would, and answers how the result differs from the journal. */
export async function examine(world: World, journal: Journal, { why, args, limit }: Moment): Promise<string[]> {
  const directory = join(world.root, `examined-${count += 1}`);
  const asked = `${why}: restore.sh ${args.join(' ')} (seed ${seed})`;
  const { code, stderr } = await world.runScript('restore.sh', [...args, '--mongodb', '--into', directory, '--quiet'], { env: { TMPDIR: world.temporary } });
  if (code !== 0) return [`${asked} ended with ${code}:\n${stderr}`];
  const found = await lookInto(directory, observe);
  await rm(directory, { recursive: true });
  const told = differences(journal.expectation(limit), found);
  return told.length === 0 ? [] : [`${asked}\n${told.slice(0, 12).join('\n')}`];
}

/** Starts a mongod on what was restored, only for the given work. */
export async function lookInto<T>(directory: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const sockets = await mkdtemp('/tmp/lifeboat-look-');
  const server = spawn('mongod', [
    '--dbpath', join(directory, 'mongodb'), '--bind_ip', `${sockets}/m.sock`, '--unixSocketPrefix', sockets, '--wiredTigerCacheSizeGB', '0.25',
    '--setParameter', 'ttlMonitorEnabled=false', '--setParameter', 'diagnosticDataCollectionEnabled=false',
  ], { env: { ...process.env, PATH: toolPath() }, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => server.on('close', resolve));
  try {
    while (!(await readdir(sockets)).includes('m.sock') && server.exitCode === null) await sleep(20);
    // The socket is there before anybody listens on it; on a busy machine long before.
    const connected = MongoClient.connect(`mongodb://${encodeURIComponent(`${sockets}/m.sock`)}/?directConnection=true`, { serverSelectionTimeoutMS: 120_000 });
    const died = ended.then((code) => { throw new Error(`the mongod that looks into ${directory} ended with ${String(code)}`); });
    const client = await Promise.race([connected, died]);
    died.catch(() => undefined);
    return await work(client).finally(() => client.close());
  } finally {
    server.kill('SIGKILL');
    await ended;
    await rm(sockets, { recursive: true });
  }
}

/** Two at a time: there are as many cores. */
export async function twoAtATime<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  const waiting = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) results[entry[0]] = await work(entry[1]);
  };
  await Promise.all([lane(), lane()]);
  return results;
}
