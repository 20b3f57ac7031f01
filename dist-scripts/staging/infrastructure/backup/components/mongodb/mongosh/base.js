// The collections of the dump, with their UUIDs, and their documents, as the bytes that they are.

const fs = require('fs');
const path = require('path');
const crypto = require('crypto');
const { documentsOf, fields, inner, stringOf } = require('./read-dump.js');
const { hexAt } = require('./cover.js');
const { textsOf } = require('./catalogue.js');
const { documentOf, parse, documentsIn, summaryOf, uuid, raw } = require('./wire.js');

const split = (namespace) => [namespace.slice(0, namespace.indexOf('.')), namespace.slice(namespace.indexOf('.') + 1)];
const get = (value, name) => { const found = value.pairs.find(([one]) => one === name); return found ? found[1] : null; };
const bytesOf = (hex) => Buffer.from(hex, 'hex');

// What the dump tells of its collections.
function collectionsOf(dump) {
  const found = [];
  for (const database of fs.readdirSync(dump)) {
    if (!fs.statSync(path.join(dump, database)).isDirectory()) continue;
    for (const file of fs.readdirSync(path.join(dump, database))) {
      if (!file.endsWith('.metadata.json')) continue;
      const metadata = parse(fs.readFileSync(path.join(dump, database, file), 'utf8'));
      const type = get(metadata, 'type') || 'collection';
      const stem = file.slice(0, -'.metadata.json'.length);
      const data = path.join(dump, database, (type === 'timeseries' ? 'system.buckets.' : '') + stem + '.bson');
      found.push({ database, name: get(metadata, 'collectionName'), type, uuid: get(metadata, 'uuid') || '', data,
        options: (get(metadata, 'options') || { pairs: [] }).pairs, indexes: (get(metadata, 'indexes') || []).map(({ pairs }) => pairs) });
    }
  }
  return found;
}

const create = (server, database, name, id, pairs) =>
  server.command('admin', [['applyOps', [{ pairs: [['op', 'c'], ['ns', database + '.$cmd'], ['ui', uuid(id)], ['o', { pairs: [['create', name], ...pairs] }]] }]]]);

function idIndex({ options, indexes }) {
  if (options.some(([name]) => name === 'clusteredIndex')) return [];
  const own = indexes.find((pairs) => pairs.some(([name, value]) => name === 'name' && value === '_id_'));
  return own ? [['idIndex', { pairs: own }]] : [['idIndex', { pairs: [['v', 2], ['key', { pairs: [['_id', 1]] }], ['name', '_id_']] }]];
}

// A time series is made by the server; its buckets get the UUID that they had, where it is known.
async function createSeries(server, { database, name, options, indexes }, noted) {
  const buckets = 'system.buckets.' + name;
  await server.command(database, [['create', name], ...options]);
  const mine = indexes.filter((pairs) => !pairs.some(([field]) => field === 'clustered'));
  if (mine.length > 0) await server.command(database, [['createIndexes', name], ['indexes', mine.map((pairs) => ({ pairs }))]]);
  const found = (await server.all(database, [['listCollections', 1], ['filter', { pairs: [['name', buckets]] }]]))[0];
  const specs = new Map((await server.all(database, [['listIndexes', buckets]])).map((index) => [stringOf(index, 'name'), raw(index)]));
  if (!noted) return { uuid: hexAt(inner(found, 'info'), uuidAt(inner(found, 'info'))), specs: [] };
  const made = documentOf(noted.options.pairs);
  const same = textsOf(made).get('timeseries') === textsOf(inner(found, 'options')).get('timeseries');
  for (const index of noted.indexes || []) if (specs.has(get(index, 'name'))) specs.set(get(index, 'name'), index);
  await server.command('admin', [['applyOps', [{ pairs: [['op', 'c'], ['ns', database + '.$cmd'], ['o', { pairs: [['drop', buckets]] }]] }]]]);
  await create(server, database, buckets, bytesOf(noted.uuid), same ? noted.options.pairs : pairsOf(inner(found, 'options')));
  return { uuid: noted.uuid, specs: [...specs.values()] };
}

function uuidAt(info) {
  let at = 0;
  fields(info, (name, _, value) => { if (name === 'uuid') at = value + 5; });
  return at;
}

// The fields of a document as they are.
function pairsOf(document) {
  const found = [];
  let last = null;
  const close = (end) => { if (last !== null) found.push([last.name, { type: last.type, bytes: Buffer.from(document.subarray(last.value, end)) }]); };
  fields(document, (name, type, value) => {
    close(value - 2 - Buffer.byteLength(name));
    last = { name, type, value };
  });
  close(document.length - 1);
  return found;
}

const zeros = Buffer.alloc(9);

// The server fills in a timestamp that is empty, if an ordinary insert brings it.
function hasEmptyStamp(document) {
  let found = false;
  fields(document, (name, type, value) => {
    found = type === 17 && name !== '_id' && document.readBigInt64LE(value) === 0n;
    return found;
  });
  return found;
}

// Collects documents until a message is full, and sends it when a connection is free.
function startInserts(connections, database, name, ordered, id) {
  const size = 4 * 1024 * 1024;
  const free = [...connections];
  const under = new Set();
  let [parts, bytes, count, duplicates, failure] = [[], 0, 0, 0, null];

  async function flush() {
    if (count === 0) return;
    const batch = Buffer.concat(parts, bytes);
    [parts, bytes, count] = [[], 0, 0];
    if (free.length === 0) await Promise.race(under);
    if (failure) throw failure;
    const connection = free.pop();
    const work = insert(connection, batch).catch((error) => { failure = error; }).finally(() => { under.delete(work); free.push(connection); });
    under.add(work);
  }
  async function insert(connection, batch) {
    const answer = await connection.send(database, [['insert', name], ['ordered', ordered], ['bypassDocumentValidation', true]], { bytes: batch });
    const { ok, errmsg, writeErrors } = summaryOf(answer);
    if (ok !== 1) throw new Error(database + '.' + name + ': ' + errmsg);
    // A dump reads what is being written: it may meet a document that was deleted and written anew twice.
    for (const error of writeErrors === null ? [] : documentsIn(writeErrors)) {
      if (!isDuplicateId(stringOf(error, 'errmsg'))) throw new Error(database + '.' + name + ': ' + stringOf(error, 'errmsg'));
      duplicates += 1;
    }
  }
  async function alone(document) {
    await flush();
    await Promise.all(under);
    if (failure) throw failure;
    const operation = [['op', 'i'], ['ns', database + '.' + name], ['ui', uuid(id)], ['o', raw(document)]];
    await connections[0].command('admin', [['applyOps', [{ pairs: operation }]], ['allowAtomic', false]]);
  }
  async function add(document) {
    if (id !== null && document.includes(zeros) && hasEmptyStamp(document)) return alone(Buffer.from(document));
    if (count > 0 && (bytes + document.length > size || count >= 50_000)) await flush();
    parts.push(Buffer.from(document));
    bytes += document.length;
    count += 1;
    return undefined;
  }
  async function end() {
    await flush();
    await Promise.all(under);
    if (failure) throw failure;
    return duplicates;
  }
  return { add, end };
}

const isDuplicateId = (text) => text.startsWith('E11000') && (text.includes(' index: _id_ ') || !text.includes(' index: '));

async function loadDocuments(connections, one, known) {
  const { database, name, options, uuid: id } = one;
  const capped = options.some(([field, value]) => field === 'capped' && value === true);
  const collection = one.type === 'timeseries' ? 'system.buckets.' + name : name;
  const inserts = startInserts(capped ? connections.slice(0, 1) : connections, database, collection, false, id === '' ? null : bytesOf(id));
  const end = { whole: false };
  let documents = 0;
  for (const document of documentsOf(one.data, end)) {
    if (known && known(document)) continue;
    await inserts.add(document);
    documents += 1;
  }
  const duplicates = await inserts.end();
  if (!end.whole) throw new Error('the file of ' + database + '.' + collection + ' is cut off or damaged');
  return documents - duplicates;
}

const isFeatureVersion = (document) => stringOf(document, '_id') === 'featureCompatibilityVersion';

// The collections of the dump and those that it does not hold. Answers the indexes that
// are still to be made, and the collections that have another UUID here.
async function loadBase(connections, dump, expected) {
  const [server] = connections;
  const dumped = collectionsOf(dump);
  const others = expected.others === undefined ? unnoted(dumped) : parse(JSON.stringify(expected.others)).map((one) => ({ ...Object.fromEntries(one.pairs) }));
  const [indexes, adopted, loaded] = [[], [], new Map()];
  const noted = new Map(others.map((one) => [one.namespace, one]));
  for (const { namespace, uuid: id, options } of others) {
    const [database, name] = split(namespace);
    if (name.startsWith('system.buckets.') || namespace === 'admin.system.version' || dumped.some((one) => one.database === database && one.name === name)) continue;
    const made = id || crypto.randomUUID().replace(/-/g, '');
    await create(server, database, name, bytesOf(made), [...idIndex({ options: [], indexes: [] }), ...(options ? options.pairs : [])]);
    if (!id) adopted.push([namespace, bytesOf(made)]);
  }
  for (const one of dumped.filter(({ type }) => type !== 'view')) {
    const namespace = one.database + '.' + one.name;
    if (namespace === 'admin.system.version') {
      await loadDocuments(connections, one, isFeatureVersion);
      continue;
    }
    if (one.type === 'timeseries') {
      const { uuid: id, specs } = await createSeries(server, one, noted.get(one.database + '.system.buckets.' + one.name));
      if (!noted.has(one.database + '.system.buckets.' + one.name)) adopted.push([one.database + '.system.buckets.' + one.name, bytesOf(id)]);
      one.uuid = id;
      for (const spec of specs) indexes.push({ database: one.database, name: 'system.buckets.' + one.name, id, spec });
    } else {
      if (one.uuid === '') {
        one.uuid = crypto.randomUUID().replace(/-/g, '');
        adopted.push([namespace, bytesOf(one.uuid)]);
      }
      await create(server, one.database, one.name, bytesOf(one.uuid), [...idIndex(one), ...one.options]);
      for (const pairs of one.indexes) {
        if (!pairs.some(([field, value]) => field === 'clustered' || (field === 'name' && value === '_id_'))) indexes.push({ ...one, id: one.uuid, spec: { pairs } });
      }
    }
    loaded.set(one.uuid, { namespace, documents: await loadDocuments(connections, one) });
  }
  for (const { database, name, options } of dumped.filter(({ type }) => type === 'view')) await server.command(database, [['create', name], ...options]);
  return { indexes, adopted, loaded, known: [...dumped.filter((one) => one.database + '.' + one.name !== 'admin.system.version'), ...others.filter((one) => one.namespace !== 'admin.system.version')].map(({ uuid: id }) => id).filter(Boolean) };
}

// A set of an older lifeboat does not tell of collections that the dump leaves out:
// those that every server has, and the place of the views, are made in any case.
function unnoted(dumped) {
  const databases = new Set(dumped.map(({ database }) => database));
  databases.delete('config');
  return ['admin.system.users', 'admin.system.roles', 'admin.system.keys', ...[...databases].map((name) => name + '.system.views')]
    .map((namespace) => ({ namespace, uuid: '', options: null }));
}

module.exports = { loadBase, startInserts, idIndex, pairsOf, uuidAt, get, bytesOf };
// 101cee4bb5b2b722 backup/components/mongodb/mongosh/base.js
