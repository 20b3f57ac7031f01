// Stands between a private mongod and its log: `mongod … > >(node meddle.mjs SOCKET COMMANDS)`. Before the restore hears that
// the server is primary, these commands have been run on it: what a recovery that went wrong would leave.
import { createInterface } from 'node:readline';
import { BSON, MongoClient } from 'mongodb';

const [, , socket = '', commands = '[]'] = process.argv;

async function meddle() {
  const client = await MongoClient.connect(`mongodb://${encodeURIComponent(socket)}/?directConnection=true`);
  for (const [database, command] of BSON.EJSON.parse(commands)) await client.db(database).command(command);
  await client.close();
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.includes('Transition to primary complete')) await meddle();
  process.stdout.write(`${line}\n`);
}
