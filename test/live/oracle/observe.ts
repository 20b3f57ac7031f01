import { createHash } from 'node:crypto';
import { BSON, type Db, type Document, type MongoClient } from 'mongodb';
import type { Change, Space, State } from './journal.ts';

const exact = (value: Document): string => BSON.EJSON.stringify(value, { relaxed: false });
const sorted = (document: Document): Document => Object.fromEntries(Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Of the document's BSON, byte for byte. */
export const digestOf = (document: Document): string => hash(BSON.serialize(document));
/** A time series does not keep the order of the fields. */
export const digestOfFields = (document: Document): string => hash(Buffer.from(exact(sorted(document))));
export const idOf = (id: unknown): string => exact({ id });
const hash = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex').slice(0, 20);

/** Everything that users can tell apart on a server; what belongs to the server itself is left out. */
export async function observe(client: MongoClient): Promise<State> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const names = databases.map(({ name }) => name).filter((name) => !['admin', 'config', 'local'].includes(name));
  const state: State = new Map();
  for (const name of names) for (const [namespace, space] of await observeDatabase(client.db(name))) state.set(namespace, space);
  for (const collection of ['system.users', 'system.roles']) {
    const documents = await documentsOf(client.db('admin'), collection, false);
    if (documents.size > 0) state.set(`admin.${collection}`, { shape: '', documents });
  }
  return state;
}

export async function observeDatabase(db: Db): Promise<State> {
  const infos = (await db.listCollections().toArray()) as (Document & { name: string; type: string })[];
  const state: State = new Map();
  for (const info of infos) {
    if (info.name.startsWith('system.')) continue;
    state.set(`${db.databaseName}.${info.name}`, await observeSpace(db, info));
  }
  return state;
}

async function observeSpace(db: Db, info: Document & { name: string; type: string }): Promise<Space> {
  const options = exact(sorted((info['options'] ?? {}) as Document));
  if (info.type === 'view') return { shape: `view ${options}`, documents: new Map() };
  const indexes = (await db.collection(info.name).listIndexes().toArray()) as Document[];
  const told = indexes.map((index) => `${String(index['name'])} ${exact({ key: index['key'] as Document })} ${exact(sorted(index))}`).sort();
  return { shape: [info.type, options, ...told].join('\n'), documents: await documentsOf(db, info.name, info.type === 'timeseries') };
}

async function documentsOf(db: Db, collection: string, series: boolean): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  const cursor = db.collection(collection).find({}, { promoteValues: false, promoteLongs: false, raw: !series });
  for await (const document of cursor) {
    if (series) documents.set(idOf(document._id), digestOfFields(document));
    else {
      const bytes = document as unknown as Buffer;
      documents.set(idOf(BSON.deserialize(bytes, { promoteValues: false })['_id']), hash(bytes));
    }
  }
  return documents;
}

/** What must be told to the journal when these databases changed from one state to another. */
export function changesBetween(was: State, is: State): Change[] {
  const changes: Change[] = [];
  for (const namespace of was.keys()) if (!is.has(namespace)) changes.push({ kind: 'become', namespace, space: undefined });
  for (const [namespace, space] of is) {
    if (!same(was.get(namespace), space)) changes.push({ kind: 'become', namespace, space });
  }
  return changes;
}

const same = (one: Space | undefined, other: Space): boolean =>
  one?.shape === other.shape && one.documents.size === other.documents.size && [...one.documents].every(([id, digest]) => other.documents.get(id) === digest);
