import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { stdout } from 'node:process';
import type { MongoClient } from 'mongodb';
import { manifestOf } from '../live/support/manifest.ts';
import { createWorld, type World } from '../live/support/world.ts';
import { startStandalone } from '../support/servers/mongodb.ts';
import { mustRun } from '../support/tools/command.ts';
import { inSeconds } from './figures.ts';

type Row = { _id: number; [field: string]: unknown };

async function fill(client: MongoClient, megabytes: number): Promise<void> {
  const rows = client.db('shop').collection<Row>('rows');
  for (let from = 0; from < megabytes * 1000; from += 10_000) {
    await rows.insertMany(Array.from({ length: 10_000 }, (_, index) => ({ _id: from + index, text: `${'x'.repeat(900)}${Math.random()}`, group: index % 97 })));
  }
  await rows.createIndex({ group: 1 }, {}, {});
}

async function work(client: MongoClient, operations: number): Promise<void> {
  const rows = client.db('shop').collection<Row>('small');
  for (let from = 0; from < operations; from += 10_000) {
    await rows.insertMany(Array.from({ length: Math.min(10_000, operations - from) }, (_, index) => ({ _id: from + index, a: index })));
  }
}

async function timed(what: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await what();
  return (performance.now() - start) / 1000;
}

async function must(world: World, name: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await world.runScript(name, args, { env: { TMPDIR: world.temporary } });
  if (code !== 0) throw new Error(stderr);
}

/** The same dump and oplog, joined by hand. */
async function byTools(world: World, full: string, slice: { id: string; overlap: number }): Promise<number> {
  const dump = join(world.root, 'by-tools');
  await mkdir(dump);
  await mustRun('bash', ['-c', `zstd -qdc '${world.paths.backups}/${full}/mongodb.tar.zst' | tar -xf - -C '${dump}'; zstd -qdc '${world.paths.backups}/${slice.id}/oplog.bson.zst' | tail -c +${slice.overlap + 1} >>'${dump}/oplog.bson'`]);
  const server = await startStandalone({ dir: join(world.root, 'tools-server') });
  const seconds = await timed(() => mustRun('mongorestore', ['--quiet', '--oplogReplay', '--stopOnError', `--uri=${server.uri}`, `--dir=${dump}`]));
  await server.stop();
  await rename(dump, `${dump}.done`);
  return seconds;
}

/** A restore to a moment, beside mongorestore --oplogReplay of the same dump and oplog in the same run. */
export async function benchRecovery(operations = 300_000, megabytes = 1000): Promise<void> {
  const world = await createWorld({ name: 'bench-recovery', mongodb: { oplogSizeMB: 2000 } });
  try {
    await world.withMongo((client) => fill(client, megabytes));
    await must(world, 'backup.sh', ['--full']);
    const full = (await manifestOf(world)).id;
    await world.withMongo((client) => work(client, operations));
    await must(world, 'backup.sh', ['--database']);
    const { id, components } = await manifestOf(world);
    const { overlapBytes: overlap } = components['oplog']?.details as { overlapBytes: number };
    const ours = await timed(() => must(world, 'restore.sh', ['latest', '--mongodb', '--into', join(world.root, 'ours'), '--yes']));
    const theirs = await byTools(world, full, { id, overlap });
    stdout.write(`${operations} operations, ${megabytes} MB: restore.sh ${inSeconds(ours)} s, mongorestore --oplogReplay ${inSeconds(theirs)} s, ${(ours / theirs).toFixed(2)} of its time\n`);
  } finally {
    await world.close();
  }
}
