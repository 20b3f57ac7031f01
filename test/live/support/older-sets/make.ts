import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprintMongo } from '../../../support/fixtures/mongo-fingerprint.ts';
import type { Row } from '../../../support/fixtures/mongo-seed-indexes.ts';
import { seedMongo } from '../../../support/fixtures/mongo-seed.ts';
import { seedRedis } from '../../../support/fixtures/redis-seed.ts';
import { seedTree } from '../../../support/fixtures/tree-seed.ts';
import { ageKey, gpgKey, type Key, sshKey } from '../../../support/sandbox/keys.ts';
import type { ScriptOptions, ScriptResult } from '../../../support/sandbox/script.ts';
import { setsOf } from '../manifest.ts';
import { type BackupInput, createSmallWorld } from '../small-world.ts';
import { createWorld, type World } from '../world.ts';
import { commit, type KeptFiles, occupy, pack, place } from './kept.ts';

/*
 * Makes the sets that older-sets.test.ts restores, with the scripts of an older commit. By hand, and only when a fingerprint tells more than
 * it did; from the root of a clone:
 *   git worktree add ../older bf92760 && cp -al node_modules ../older && cp -r test/live/support ../older/test/live
 *   (cd ../older && npx jiti test/live/support/older-sets/make.ts)
 *   cp ../older/test/live/support/older-sets/bf92760/* test/live/support/older-sets/bf92760
 */

type Host = Pick<World, 'paths'> & { runScript: (name: string, args: readonly string[], options?: ScriptOptions) => Promise<ScriptResult> };

async function backUp(world: Host, type: string, options: ScriptOptions = {}): Promise<string> {
  const { code, stderr } = await world.runScript('backup.sh', [`--${type}`], options);
  if (code !== 0) throw new Error(stderr);
  return (await setsOf(world)).at(-1) ?? '';
}

async function makeServer(): Promise<void> {
  const world = await createWorld({ root: await occupy('server') });
  await seed(world);
  const scripts = await besideTheApplication(world);
  const full = { id: await backUp(world, 'full', scripts), state: await world.state() };
  await change(world);
  const incremental = { id: await backUp(world, 'incremental', scripts), state: await world.state() };
  const moment = await writeAndLose(world);
  const database = { id: await backUp(world, 'database', scripts), state: await world.state() };
  await world.stop();
  const sets = { full: full.id, incremental: incremental.id, database: database.id };
  await pack('server', { commit, sets, full: full.state, incremental: incremental.state, database: database.state, moment });
  await world.close();
}

async function seed({ paths, withMongo, withRedis }: World): Promise<void> {
  await withMongo((client) => seedMongo(client, { bulk: 300 }));
  await withRedis(seedRedis);
  await seedTree(join(paths.uploads, 'fixture'));
  // What only root can bring back would keep others from running the test.
  for (const name of ['owners', 'modes/0']) await rm(join(paths.uploads, 'fixture', name), { recursive: true, force: true });
}

/** Two scripts of some thousand lines would be most of what is kept. */
async function besideTheApplication({ root, paths }: World): Promise<ScriptOptions> {
  const generated = join(root, 'generated/sandbox');
  for (const name of await readdir(generated)) await rm(join(paths.appRoot, name), { recursive: true });
  return { directory: join(generated, 'infrastructure/backup') };
}

/** Something of every kind that an increment has to tell. */
async function change({ paths, withMongo, withRedis }: World): Promise<void> {
  await withMongo(async (client) => {
    const db = client.db('plugspace');
    await db.collection<Row>('users').deleteMany({ group: 3 });
    await db.collection<Row>('users').updateMany({ group: 4 }, { $set: { changed: true } });
    await db.collection<Row>('made later').insertMany([{ _id: 1 }, { _id: 2 }]);
    await db.collection('made later').createIndex({ at: 1 });
    await db.collection('collated').drop();
  });
  await withRedis((redis) => redis.call('SET', 'text', 'later'));
  await rename(join(paths.uploads, '2026/03'), join(paths.uploads, '2026/renamed'));
  await rm(join(paths.uploads, '2026/04'), { recursive: true });
  await writeFile(join(paths.uploads, 'made later'), 'made later\n');
  await writeFile(join(paths.letsencrypt, 'renewal/later.conf'), 'later\n');
}

/** Answers a second, and what was there at its end; soon after, much of it is lost. */
async function writeAndLose({ withMongo }: World): Promise<{ second: number; mongodb: Awaited<ReturnType<typeof fingerprintMongo>> }> {
  return withMongo(async (client) => {
    const db = client.db('plugspace');
    await db.collection<Row>('orders').insertMany([{ _id: 1, paid: true }, { _id: 2, paid: false }], { writeConcern: { w: 'majority' } });
    const second = Math.floor(Date.now() / 1000);
    const mongodb = await fingerprintMongo(client);
    await sleep(1500);
    await db.collection('orders').drop();
    await db.collection('users').deleteMany({}, { writeConcern: { w: 'majority' } });
    return { second, mongodb };
  });
}

async function makeFiles(name: string, settings: (keys: string) => Promise<Pick<KeptFiles, 'backup' | 'secrets' | 'open'>>): Promise<void> {
  const world = await createSmallWorld(name, {}, {}, await occupy(name));
  const keys = join(world.root, 'keys');
  await mkdir(keys, { mode: 0o700 });
  const { backup, secrets, open } = await settings(keys);
  await world.install(backup);
  await world.setSecrets(secrets);
  await world.writeUpload('random.bin', 5000);
  const full = { id: await backUp(world, 'full'), state: await world.state() };
  await world.writeUpload('random.bin', 3000);
  await rm(join(world.paths.uploads, '2026/04'), { recursive: true });
  const incremental = { id: await backUp(world, 'incremental'), state: await world.state() };
  await pack(name, { commit, sets: { full: full.id, incremental: incremental.id }, full: full.state, incremental: incremental.state, backup, secrets, open });
  await world.close();
}

const encrypted = (encryption: BackupInput['encryption'], { identity }: Key): Pick<KeptFiles, 'backup' | 'secrets' | 'open'> => ({ backup: { encryption }, secrets: {}, open: ['--identity', identity] });

await makeServer();
await makeFiles('age', async (keys) => {
  const key = await ageKey(keys, 'age');
  return encrypted({ method: 'age', recipients: [key.recipient] }, key);
});
await makeFiles('gpg', async (keys) => {
  const key = await gpgKey(keys, 'gpg');
  return encrypted({ method: 'gpg', keyFiles: [`keys/${key.recipient}`] }, key);
});
await makeFiles('passphrase', () => Promise.resolve({ backup: { encryption: { method: 'symmetric' } }, secrets: { ENCRYPTION_KEY: 'a passphrase that is long enough' }, open: [] }));
await makeFiles('signed', async (keys) => {
  const key = await sshKey(keys, 'signer');
  return { backup: { signing: { keyFile: key.identity, publicKeys: [key.recipient] } }, secrets: {}, open: [] };
});
process.stdout.write(`the sets of ${commit} are in ${place('')}, packed beside this file\n`);
