import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { untilPrimary } from '../chains.ts';
import type { World } from '../world.ts';
import { type KeptServer, unpack } from './kept.ts';

type ReplicaSet = { version: number; members: { host: string }[] };

/** Makes a world the server that was kept, as it was after its last set; only its ports are others. */
export async function becomeKeptServer(world: World): Promise<KeptServer> {
  const settings = join(world.paths.appRoot, '.env');
  const ports = await readFile(settings);
  await Promise.all([world.mongodb.stop(), world.redis.stop()]);
  const kept = await unpack<KeptServer>('server');
  await writeFile(settings, ports);
  await Promise.all([world.mongodb.start(), world.redis.start()]);
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${world.mongodb.port}/?directConnection=true&readPreference=secondaryPreferred`);
  try {
    const config = await client.db('local').collection<ReplicaSet>('system.replset').findOne();
    if (config === null) throw new Error('the kept MongoDB is no member of a replica set');
    for (const member of config.members) member.host = `127.0.0.1:${world.mongodb.port}`;
    await client.db('admin').command({ replSetReconfig: { ...config, version: config.version + 1 }, force: true });
    await untilPrimary(client);
  } finally {
    await client.close();
  }
  return kept;
}
