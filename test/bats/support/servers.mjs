// Holds the real servers of a bats run: one sandbox with logins, one standalone mongod. Writes what they are called to
// <directory>/servers.json, and ends them when it gets SIGTERM; when it is killed, the sandbox's own watcher ends them.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { load } from '../../support/bootstrap.mjs';

const [directory] = process.argv.slice(2);
const { createSandbox } = await load('test/support/sandbox/sandbox.ts');
const { startStandalone } = await load('test/support/servers/mongodb.ts');
const { ownSecret } = await load('test/support/servers/own-secret.ts');

const secrets = { mongodb: ownSecret(`m0ngo-#:@/%"'s`), redis: ownSecret(`r3dis-#:@/%"'s`) };
const alone = join(directory, 'alone');
await mkdir(alone, { recursive: true });
const [sandbox, standalone] = await Promise.all([
  createSandbox({
    root: join(directory, 'real'),
    mongodb: { auth: { user: 'backup', password: secrets.mongodb } },
    redis: { password: secrets.redis },
  }),
  startStandalone({ dir: alone }),
]);

const client = new MongoClient(sandbox.mongodb.uri);
const listings = client.db('plugspace').collection('listings');
await listings.insertMany(Array.from({ length: 200 }, (_, number) => ({ _id: number, title: `listing ${number}` })));
await listings.createIndex({ title: 1 });
await client.db('plugspace').collection('users').insertOne({ _id: 1, name: 'first' });
await client.close();
await sandbox.redis.cli('MSET', 'one', '1', 'two', '2', 'three', '3');
await sandbox.install();

process.once('SIGTERM', () => {
  void Promise.all([sandbox.close(), standalone.stop()]).then(() => process.exit(0));
});
const facts = {
  uri: sandbox.mongodb.uri,
  plainUri: sandbox.mongodb.plainUri,
  mongodbPort: sandbox.mongodb.port,
  redisPort: sandbox.redis.port,
  mongodbService: sandbox.mongodb.command,
  redisService: sandbox.redis.command,
  standaloneUri: standalone.plainUri,
  ...sandbox.paths,
  secrets,
};
await writeFile(join(directory, 'servers.json.new'), JSON.stringify(facts));
await rename(join(directory, 'servers.json.new'), join(directory, 'servers.json'));
setInterval(() => undefined, 1_000_000);
