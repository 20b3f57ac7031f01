import { createHash } from 'node:crypto';
import { BSON, type Document, type MongoClient } from 'mongodb';

/** What a server holds, as texts by namespace: the server's own hash of the documents, options, indexes and UUIDs. */
export type Exactly = Record<string, Record<string, string>>;

const exact = (value: unknown): string => BSON.EJSON.stringify({ value }, { relaxed: false });
const sorted = (document: Document): Document => Object.fromEntries(Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The keys that sign cluster times are never in a backup, and the feature version has a UUID of its own on each server. */
const ofTheServer = new Set(['admin.system.keys', 'admin.system.version']);

/** Of everything but what belongs to the server itself; `quiet` promises that nobody writes meanwhile. */
export async function exactly(client: MongoClient): Promise<Exactly> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const told: Exactly = {};
  for (const { name } of databases.filter((one) => !['config', 'local'].includes(one.name))) {
    const db = client.db(name);
    const hashes = (await db.command({ dbHash: 1 }))['collections'] as Record<string, string>;
    for (const info of (await db.listCollections().toArray()) as (Document & { name: string; type: string })[]) {
      if (ofTheServer.has(`${name}.${info.name}`)) continue;
      const own = info.type === 'collection';
      const indexes = own ? ((await db.collection(info.name).listIndexes().toArray()) as Document[]).map((index) => exact({ ...sorted(index), key: index['key'] as unknown })).sort() : [];
      told[`${name}.${info.name}`] = {
        type: info.type,
        options: exact(sorted((info['options'] ?? {}) as Document)),
        uuid: exact((info['info'] as Document | undefined)?.['uuid']),
        indexes: indexes.join('\n'),
        documents: own ? (hashes[info.name] ?? (await hashOf(client, name, info.name))) : '',
      };
    }
  }
  return told;
}

/** dbHash leaves out capped collections and some of the system. */
async function hashOf(client: MongoClient, database: string, collection: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const document of client.db(database).collection(collection).find({}, { raw: true })) hash.update(document as unknown as Buffer);
  return hash.digest('hex');
}
