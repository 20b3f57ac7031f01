# needs: restore/mongodb-wire lib/mongodb-dump lib/mongodb-cover
# --- MongoDB: the dump and its oplog, laid before the server -------------------------

# What the oplog makes of collections, indexes, views and accounts: what must be there at its end.
mongodb_catalogue() {
  cat <<'EOF_JS'
const { createHash } = require('crypto');
const { fields, inner, stringOf, has } = require('./read-dump.js');
const { partsOf, commandOf, replacedBy, hexAt } = require('./cover.js');
const { documentsIn } = require('./wire.js');

const numbers = { 1: (b, at) => b.readDoubleLE(at), 16: (b, at) => b.readInt32LE(at), 18: (b, at) => Number(b.readBigInt64LE(at)), 8: (b, at) => b[at] };

// The fields of a document as texts that can be compared: a number is what it counts, not its type.
function textsOf(document, left = []) {
  const found = new Map();
  let last = null;
  const close = (end) => { if (last !== null) found.set(last.name, textOf(document, last.type, last.value, end)); };
  fields(document, (name, type, value) => {
    close(value - 2 - Buffer.byteLength(name));
    last = { name, type, value };
  });
  close(document.length - 1);
  for (const name of left) found.delete(name);
  return found;
}

function textOf(document, type, value, end) {
  if (type in numbers) return 'n' + numbers[type](document, value);
  if (type === 3 || type === 4) return '{' + [...textsOf(document.subarray(value, value + document.readInt32LE(value)))].map(([name, text]) => name + ':' + text).join() + '}';
  return type + ':' + document.toString('hex', value, end);
}

const spec = (index) => textsOf(index, ['createIndexes', 'ns', 'buildUUID', 'originalSpec']);

// What collMod makes of options. What it may do beyond that, in a server of another version,
// is in doubt, and not compared.
function modify(collection, o) {
  const { options } = collection;
  for (const [name, text] of textsOf(o, ['collMod', 'index'])) {
    const off = { expireAfterSeconds: text.startsWith('2:'), validator: text === '{}', recordPreImages: text === 'n0', changeStreamPreAndPostImages: text === '{enabled:n0}' }[name];
    if (off) options.delete(name);
    else if (name === 'timeseries' && /^\{granularity:[^,]*\}$/.test(text)) options.set(name, (options.get(name) || '').replace(/granularity:[^,}]*/, text.slice(1, -1)));
    else if (settable.has(name)) options.set(name, text);
    else if (!['cappedSize', 'cappedMax'].includes(name)) collection.doubts.push(name);
  }
  const change = inner(o, 'index');
  const index = change && collection.indexes.get(stringOf(change, 'name'));
  if (!index) return;
  for (const [name, text] of textsOf(change, ['name', 'keyPattern'])) {
    if (name === 'unique') index.delete('prepareUnique');
    if (['unique', 'hidden', 'prepareUnique'].includes(name) && text === 'n0') index.delete(name);
    else if (['unique', 'hidden', 'prepareUnique', 'expireAfterSeconds'].includes(name)) index.set(name, text);
    else collection.doubts.push(stringOf(change, 'name'));
  }
}

const settable = new Set(['expireAfterSeconds', 'validator', 'validationLevel', 'validationAction', 'recordPreImages', 'changeStreamPreAndPostImages']);

const accountsIn = { 'admin.system.users': 'the account ', 'admin.system.roles': 'the role ' };
const digestOf = (document) => createHash('sha256').update(document).digest('hex');

// What makes a view: how it is shown is the server's own matter for a time series.
function viewOf(document) {
  const [texts, of] = [textsOf(document), stringOf(document, 'viewOn')];
  return of === '' || of.startsWith('system.buckets.') ? '' : ['viewOn', 'pipeline', 'collation'].map((name) => texts.get(name)).join();
}

function startCatalogue() {
  const collections = new Map(); // by UUID
  const [views, accounts] = [new Map(), new Map()]; // by name: what each one is, or nothing where only the name is known
  const open = new Map(); // transactions that are told in several entries

  function add(uuid, namespace, options) {
    collections.set(uuid, { namespace, options, indexes: new Map(), loose: false, doubts: [] });
  }
  const databaseOf = (namespace) => namespace.slice(0, namespace.indexOf('.'));

  function apply(parts) {
    if (parts.op === 'c') command(parts);
    else if (parts.ns.endsWith('.system.views')) note(views, parts, '', viewOf);
    else if (parts.ns in accountsIn) note(accounts, parts, accountsIn[parts.ns], digestOf);
  }
  // After a change of single fields nothing but the name is known.
  function note(told, { op, o, o2 }, prefix, text) {
    const name = prefix + stringOf(op === 'u' ? o2 : o, '_id');
    if (op === 'd') told.delete(name);
    else if (op === 'i' || has(o, '_id')) told.set(name, text(o));
    else if (told.has(name)) told.set(name, '');
  }
  // With a collection of the system goes what it told.
  function drop(uuid) {
    const { namespace } = collections.get(uuid) || { namespace: '' };
    collections.delete(uuid);
    if (namespace.endsWith('.system.views')) for (const view of views.keys()) if (databaseOf(view) === databaseOf(namespace)) views.delete(view);
    if (namespace in accountsIn) for (const name of accounts.keys()) if (name.startsWith(accountsIn[namespace])) accounts.delete(name);
  }
  function command(parts) {
    const { o } = parts;
    const { name, namespace } = commandOf(parts);
    const uuid = parts.ui > 0 ? hexAt(parts.entry, parts.ui) : '';
    const collection = collections.get(uuid);
    if (name === 'applyOps') transaction(parts);
    else if (name === 'abortTransaction') open.delete(parts.transaction);
    else if (name === 'commitTransaction') settle(parts.transaction);
    else if (name === 'create' && uuid !== '') collection || add(uuid, namespace, textsOf(o, ['create', 'idIndex']));
    else if (name === 'drop') drop(uuid);
    else if (name === 'dropDatabase') {
      for (const [id, one] of collections) if (databaseOf(one.namespace) === databaseOf(parts.ns)) collections.delete(id);
      for (const view of views.keys()) if (databaseOf(view) === databaseOf(parts.ns)) views.delete(view);
    } else if (collection) change(collection, name, o);
  }
  function change(collection, name, o) {
    if (name === 'renameCollection') {
      const over = replacedBy(o);
      if (over > 0) collections.delete(hexAt(o, over));
      collection.namespace = stringOf(o, 'to');
      if (textsOf(o).get('stayTemp') !== 'n1') collection.options.delete('temp');
    } else if (name === 'createIndexes') {
      collection.indexes.set(stringOf(o, 'name'), spec(o));
    } else if (name === 'commitIndexBuild') {
      for (const index of documentsIn(inner(o, 'indexes'))) collection.indexes.set(stringOf(index, 'name'), spec(index));
    } else if (name === 'abortIndexBuild') {
      for (const index of documentsIn(inner(o, 'indexes'))) collection.indexes.delete(stringOf(index, 'name'));
    } else if (/^(drop|delete)Index(es)?$/.test(name)) {
      if (stringOf(o, 'index') === '*') collection.indexes.clear();
      else collection.indexes.delete(stringOf(o, 'index'));
    } else if (name === 'collMod') {
      modify(collection, o);
    } else if (name === 'convertToCapped') {
      collection.loose = true; // its name, type and the names of its indexes must fit
    }
  }
  function transaction(parts) {
    const texts = textsOf(parts.o, ['applyOps']);
    const mine = open.get(parts.transaction) || [];
    for (const bytes of documentsIn(inner(parts.o, 'applyOps'))) {
      const operation = partsOf(bytes);
      if (operation.op === 'c' || operation.ns.endsWith('.system.views') || operation.ns in accountsIn) mine.push(Buffer.from(bytes));
    }
    open.set(parts.transaction, mine);
    if (texts.get('partialTxn') !== 'n1' && texts.get('prepare') !== 'n1') settle(parts.transaction);
  }
  function settle(transaction) {
    for (const bytes of open.get(transaction) || []) apply(partsOf(bytes));
    open.delete(transaction);
  }
  return { collections, views, accounts, add, apply };
}

// What a server holds, in the same form; what belongs to the server itself is left out.
async function catalogueOf(server) {
  const catalogue = startCatalogue();
  const databases = inner(await server.command('admin', [['listDatabases', 1], ['nameOnly', true]]), 'databases');
  for (const database of documentsIn(databases).map((one) => stringOf(one, 'name'))) {
    if (database === 'local' || database === 'config') continue;
    for (const found of await server.all(database, [['listCollections', 1]])) {
      const [name, info] = [stringOf(found, 'name'), inner(found, 'info')];
      if (!has(info, 'uuid')) {
        catalogue.views.set(database + '.' + name, viewOf(inner(found, 'options'))); // a time series is one, on its buckets
        continue;
      }
      let uuid = '';
      fields(info, (field, _, value) => { if (field === 'uuid') uuid = hexAt(info, value + 5); });
      catalogue.add(uuid, database + '.' + name, textsOf(inner(found, 'options')));
      for (const index of await server.all(database, [['listIndexes', name]])) catalogue.collections.get(uuid).indexes.set(stringOf(index, 'name'), spec(index));
    }
  }
  for (const [namespace, kind] of Object.entries(accountsIn)) {
    for (const one of await server.all('admin', [['find', namespace.slice('admin.'.length)]])) catalogue.accounts.set(kind + stringOf(one, '_id'), digestOf(one));
  }
  return catalogue;
}

// In words, each difference between what must be there and what is.
function differencesBetween(wanted, found) {
  const told = [];
  for (const [uuid, one] of wanted.collections) {
    const other = found.collections.get(uuid);
    if (one.namespace === 'admin.system.version' || one.options.has('temp')) continue;
    if (other === undefined) told.push(one.namespace + ' is missing');
    else if (other.namespace !== one.namespace) told.push(one.namespace + ' is there as ' + other.namespace);
    else told.push(...differencesOf(one, other));
  }
  for (const [uuid, one] of found.collections) if (!wanted.collections.has(uuid) && one.namespace !== 'admin.system.version') told.push(one.namespace + ' should not be there');
  return [...told, ...differencesOfNamed(wanted.views, found.views), ...differencesOfNamed(wanted.accounts, found.accounts)];
}

function differencesOfNamed(wanted, found) {
  const told = [];
  for (const [name, text] of wanted) {
    const other = found.get(name);
    if (other === undefined) told.push(name + ' is missing');
    else if (text !== '' && other !== '' && other !== text) told.push(name + ' is not as it was');
  }
  for (const name of found.keys()) if (!wanted.has(name)) told.push(name + ' should not be there');
  return told;
}

const usual = { validationLevel: '2:' + Buffer.concat([Buffer.from([7, 0, 0, 0]), Buffer.from('strict\0')]).toString('hex'), validationAction: '2:' + Buffer.concat([Buffer.from([6, 0, 0, 0]), Buffer.from('error\0')]).toString('hex') };

// What an index must not have, if it was not made with it.
const telling = ['unique', 'sparse', 'hidden', 'prepareUnique', 'expireAfterSeconds', 'partialFilterExpression', 'collation'];

const differs = (wanted, found) => [...wanted].some(([field, text]) => found.get(field) !== text)
  || telling.some((field) => !wanted.has(field) && (found.get(field) || 'n0') !== 'n0');

// How long a bucket lasts follows from the granularity.
const compared = (name, text) => (name === 'timeseries' && text ? text.replace(/,bucket\w+Seconds:n\d+/g, '') : text);

function differencesOf(one, other) {
  const told = [];
  const isIndex = (name, index) => name !== '_id_' && !index.has('clustered');
  for (const name of new Set([...one.options.keys(), ...other.options.keys()])) {
    if (one.loose || one.doubts.includes(name) || ['size', 'max', 'autoIndexId'].includes(name)) continue;
    if (compared(name, one.options.get(name) || usual[name]) !== compared(name, other.options.get(name) || usual[name])) told.push(one.namespace + ' has another option ' + name);
  }
  for (const [name, index] of one.indexes) {
    const there = other.indexes.get(name);
    if (!isIndex(name, index)) continue;
    if (there === undefined) told.push(one.namespace + ' lacks the index ' + name);
    else if (there.get('key') !== index.get('key')) told.push(one.namespace + ' has the index ' + name + ' on other fields');
    else if (!one.loose && !one.doubts.includes(name) && differs(index, there)) told.push(one.namespace + ' has the index ' + name + ' with other options');
  }
  for (const [name, index] of other.indexes) {
    if (isIndex(name, index) && !one.indexes.has(name)) told.push(one.namespace + ' has the index ' + name + ', which it should not');
  }
  return told;
}

module.exports = { startCatalogue, catalogueOf, differencesBetween, textsOf };
EOF_JS
}

# Fills the empty private server: the collections of the dump with their UUIDs, their
# documents, and the oplog, in which the indexes come first.
mongodb_loader() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');
const { documentsOf, fields, inner, stringOf, stampOf, before } = require('./read-dump.js');
const { startCover, partsOf, commandOf, hexAt, largest } = require('./cover.js');
const { catalogueOf, textsOf } = require('./catalogue.js');
const { documentOf, parse, documentsIn, summaryOf, connect, long, date, stamp, uuid, raw } = require('./wire.js');

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
  return documents - (await inserts.end());
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

async function exists(server, database, name) {
  return (await server.all(database, [['listCollections', 1], ['filter', { pairs: [['name', name]] }]])).length > 0;
}

async function createForRecovery(server, oplogBytes) {
  for (const [database, name, options] of [
    ['config', 'transactions', []], ['config', 'image_collection', []], ['admin', 'system.keys', []],
    ['config', 'system.preimages', [['clusteredIndex', true]]],
    ['local', 'oplog.rs', [['capped', true], ['size', long(oplogBytes)]]],
  ]) {
    if (!(await exists(server, database, name))) await server.command(database, [['create', name], ...options]);
  }
}

const insertOne = (server, database, name, pairs) => server.command(database, [['insert', name], ['documents', [{ pairs }]]]);

// One entry below all others, where the recovery begins, and the indexes of the dump.
async function beginOplog(connections, first, term, indexes) {
  const inserts = startInserts(connections.slice(0, 1), 'local', 'oplog.rs', true, null);
  const wall = ['wall', date(first.t * 1000)];
  const start = { t: first.t - 1, i: 1 };
  const entry = (i, pairs) => documentOf([...pairs, ['ts', stamp({ t: start.t, i })], ['t', long(term)], ['v', long(2)], wall]);
  await inserts.add(entry(1, [['op', 'n'], ['ns', ''], ['o', { pairs: [['msg', 'the dump']] }]]));
  const laid = new Map();
  let i = 1;
  for (const { database, name, id, spec } of indexes) {
    const pairs = (spec.pairs || pairsOf(spec.bytes)).filter(([field]) => field !== 'ns');
    i += 1;
    laid.set(id + '/' + plainName(spec), { t: start.t, i });
    await inserts.add(entry(i, [['op', 'c'], ['ns', database + '.$cmd'], ['ui', uuid(bytesOf(id))], ['o', { pairs: [['createIndexes', name], ...pairs] }]]));
  }
  await inserts.end();
  return { start, made: i - 1, laid };
}

// The oplog of the dump and the slices come from a pipe; nothing at or after the limit is loaded.
async function loadOplog(connections, { file, limit, base, known, adopted, catalogue, begin }) {
  const inserts = startInserts(connections.slice(0, 1), 'local', 'oplog.rs', true, null);
  const touched = new Set();
  const found = { entries: 0, bytes: 0, made: 0, start: null, last: null, problem: '' };
  const proof = startCover({ known, base, adopted, visit: catalogue.apply, used: touched });
  const builds = startBuilds(connections[0], catalogue);
  const end = { whole: false };
  for (const entry of documentsOf(file, end)) {
    const at = stampOf(entry);
    if (found.start === null) {
      const { laid, ...begun } = await begin(at, entry);
      Object.assign(found, begun);
      builds.expect(laid);
    }
    found.last = at;
    if (!before(at, limit) || found.problem !== '') continue;
    found.problem = proof.take(entry);
    found.entries += 1;
    found.bytes += entry.length;
    if (found.problem === '') await inserts.add(entry.length > largest ? shortened(entry) : builds.follow(entry));
  }
  await inserts.end();
  await builds.end();
  if (found.problem === '' && proof.left() !== '') found.problem = proof.left();
  if (!end.whole) found.problem = 'it is cut off';
  const reached = found.last !== null && (!before(found.last, { t: limit.t, i: limit.i - 1 }) || found.last.t > limit.t);
  if (found.problem === '' && !reached) found.problem = 'it ends before ' + limit.t + ':' + limit.i;
  return { ...found, touched, kinds: proof.kinds };
}

// An index that is being built at the limit would never be ready: its start becomes an
// entry that does nothing. One whose build began before the dump is built at its commit.
// The dump lists it as if it were ready: what the oplog first tells of it shows that.
function startBuilds(server, catalogue) {
  const open = new Map();
  const undone = [];
  let laid = new Map(); // the indexes of the dump, and where they stand in the oplog
  function follow(entry) {
    const { op, ns, o, ts, ui } = partsOf(entry);
    const { name } = op === 'c' ? commandOf({ ns, o }) : { name: '' };
    const collection = ui > 0 ? hexAt(entry, ui) : '';
    if (/^(drop|delete)Index(es)?$/.test(name)) wasReady(collection, stringOf(o, 'index'));
    if (!/^(start|commit|abort)IndexBuild$/.test(name)) return entry;
    for (const index of documentsIn(inner(o, 'indexes'))) wasNotReady(collection, stringOf(index, 'name'), name);
    let id = '';
    fields(o, (field, type, value) => { if (field === 'indexBuildUUID') id = hexAt(o, value + 5); });
    if (name === 'startIndexBuild') open.set(id, ts);
    else if (!open.delete(id) && name === 'commitIndexBuild') return built(entry, ns, o);
    return entry;
  }
  function wasReady(collection, index) {
    for (const key of laid.keys()) if (key === collection + '/' + index || (index === '*' && key.startsWith(collection + '/'))) laid.delete(key);
  }
  function wasNotReady(collection, index, event) {
    const key = collection + '/' + index;
    if (!laid.has(key)) return;
    undone.push(laid.get(key));
    laid.delete(key);
    if (event !== 'commitIndexBuild') catalogue.collections.get(collection)?.indexes.delete(index);
  }
  function built(entry, ns, o) {
    const pairs = pairsOf(entry);
    const ui = pairs.find(([field]) => field === 'ui');
    const commands = documentsIn(inner(o, 'indexes')).map((index) => ({ pairs: [['createIndexes', stringOf(o, 'commitIndexBuild')], ...pairsOf(index)] }));
    if (commands.length === 1) return documentOf(pairs.map(([field, value]) => [field, field === 'o' ? commands[0] : value]));
    const operations = commands.map((command) => ({ pairs: [['op', 'c'], ['ns', ns], ui, ['o', command]] }));
    return documentOf(pairs.filter(([field]) => field !== 'ui').map(([field, value]) => [field, field === 'o' ? { pairs: [['applyOps', operations]] } : field === 'ns' ? 'admin.$cmd' : value]));
  }
  async function end() {
    for (const at of [...open.values(), ...undone]) {
      const change = { pairs: [['q', { pairs: [['ts', stamp(at)]] }], ['u', { pairs: [['$set', { pairs: [['op', 'n']] }]] }]] };
      const answer = await server.command('local', [['update', 'oplog.rs'], ['updates', [change]]]);
      if (textsOf(answer).get('nModified') !== 'n1') throw new Error('an index that was not ready could not be put off');
    }
  }
  return { follow, end, expect: (indexes) => { laid = indexes; } };
}

// What the recovery needs of a single write: no session writes it again.
function shortened(entry) {
  const { op } = partsOf(entry);
  const needed = new Set(['op', 'ns', 'ui', 'o', 'ts', 't', 'v', 'wall', ...(op === 'u' ? ['o2'] : [])]);
  return documentOf(pairsOf(entry).filter(([name]) => needed.has(name)));
}

function termOf(entry) {
  let term = 1n;
  fields(entry, (name, type, value) => {
    if (name === 't' && type === 18) term = entry.readBigInt64LE(value);
    return name === 't';
  });
  return term;
}

// What the server is told to recover, and from where on.
async function describe(server, start, term, { set, member, id }) {
  const from = [['ts', stamp(start)], ['t', long(term)]];
  await insertOne(server, 'local', 'replset.minvalid', [...from, ['begin', { pairs: from }]]);
  await insertOne(server, 'local', 'system.replset', replicaSetOf(set, member, term, id));
}

// Without votes, so that this one is a primary whether they are there or not.
const addedMembers = (hosts) => hosts.map((host, index) => ({ pairs: [['_id', index + 1], ['host', host], ['votes', 0], ['priority', 0]] }));

const replicaSetOf = (set, member, term, id, added = []) => [['_id', set], ['version', 1], ['term', long(term)], ['protocolVersion', long(1)], ['writeConcernMajorityJournalDefault', true],
  ['members', [{ pairs: [['_id', 0], ['host', member]] }, ...addedMembers(added)]], ['settings', { pairs: [['replicaSetId', { type: 7, bytes: id }]] }]];

async function setFeatures(server, wanted) {
  const answer = await server.command('admin', [['getParameter', 1], ['featureCompatibilityVersion', 1]]);
  const current = stringOf(inner(answer, 'featureCompatibilityVersion'), 'version');
  const confirm = parseInt(current, 10) >= 7 ? [['confirm', true]] : [];
  if (wanted && wanted !== current) await server.command('admin', [['setFeatureCompatibilityVersion', wanted], ...confirm]);
}

async function load({ socket, dump, oplog, limit, expected, oplogBytes, set, member }) {
  const connections = [];
  while (connections.length < 4) connections.push(await connect(socket));
  const [server] = connections;
  const { indexes: listed, adopted, loaded, known } = await loadBase(connections, dump, expected);
  const building = new Set((expected.building || []).map((one) => one.uuid + '/' + one.index));
  const indexes = listed.filter(({ id, spec }) => !building.has(id + '/' + plainName(spec)));
  // A server may keep what it could not make any more with the features that it has now.
  await setFeatures(server, expected.server.featureCompatibilityVersion);
  const version = (await server.all('admin', [['listCollections', 1], ['filter', { pairs: [['name', 'system.version']] }]]))[0];
  adopted.push(['admin.system.version', Buffer.from(inner(version, 'info').subarray(uuidAt(inner(version, 'info'))).subarray(0, 16))]);
  await createForRecovery(server, oplogBytes);
  const catalogue = await catalogueOf(server);
  for (const { id, spec } of indexes) {
    const texts = textsOf(documentOf(spec.pairs || pairsOf(spec.bytes)), ['ns', 'originalSpec']);
    catalogue.collections.get(id).indexes.set(String(plainName(spec)), texts);
  }
  let term = 1n;
  const begin = (first, entry) => {
    term = termOf(entry);
    return beginOplog(connections, first, term, indexes);
  };
  const told = await loadOplog(connections, { file: oplog, limit, base: expected.oplog.last, known, adopted, catalogue, begin });
  if (told.problem === '') await describe(server, told.start, term, { set, member, id: crypto.randomBytes(12) });
  connections.forEach((one) => one.close());
  const { touched, start: _, ...rest } = told;
  const still = [...loaded].filter(([id]) => !touched.has(id)).map(([id, one]) => ({ uuid: id, ...one }));
  return { ...rest, toApply: told.entries + told.made, still, catalogue: frozen(catalogue) };
}

// Three entries on a collection of their own, to see whether the server recovers them.
async function craft({ socket, set }) {
  const server = await connect(socket);
  const id = bytesOf(crypto.randomUUID().replace(/-/g, ''));
  const first = { t: Math.floor(Date.now() / 1000) - 60, i: 1 };
  await createForRecovery(server, 64 * 1024 * 1024);
  const { start } = await beginOplog([server], first, 1n, []);
  const inserts = startInserts([server], 'local', 'oplog.rs', true, null);
  const entry = (i, op, ns, o) => documentOf([['op', op], ['ns', ns], ['ui', uuid(id)], ['o', { pairs: o }], ['ts', stamp({ t: first.t, i })], ['t', long(1)], ['v', long(2)], ['wall', date(first.t * 1000)]]);
  await inserts.add(entry(1, 'c', 'probe.$cmd', [['create', 'made'], ...idIndex({ options: [], indexes: [] })]));
  await inserts.add(entry(2, 'i', 'probe.made', [['_id', 1], ['a', 1]]));
  await inserts.add(entry(3, 'c', 'probe.$cmd', [['createIndexes', 'made'], ['v', 2], ['key', { pairs: [['a', 1]] }], ['name', 'a_1']]));
  await inserts.end();
  await describe(server, start, 1n, { set, member: socket, id: crypto.randomBytes(12) });
  server.close();
}

// A replica set of its own whose oplog begins now, on data that was not recovered.
async function begin({ socket, set, member, added, expected }) {
  const server = await connect(socket);
  await setFeatures(server, expected.server.featureCompatibilityVersion);
  await server.command('local', [['create', 'oplog.rs'], ['capped', true], ['size', long(Math.max(expected.oplog.maxBytes || 0, 50 * 1024 * 1024))]]);
  await beginOplog([server], { t: Math.floor(Date.now() / 1000) + 1, i: 1 }, 1n, []);
  await insertOne(server, 'local', 'system.replset', replicaSetOf(set, member, 1n, crypto.randomBytes(12), added));
  server.close();
}

const plainName = (spec) => (spec.pairs ? get(spec, 'name') : stringOf(spec.bytes, 'name'));

// As JSON, for the script that looks at the server afterwards.
function frozen({ collections, views, accounts }) {
  const mapped = [...collections].map(([id, one]) => [id, { ...one, options: [...one.options], indexes: [...one.indexes].map(([name, index]) => [name, [...index]]) }]);
  return { collections: mapped, views: [...views], accounts: [...accounts] };
}

function thawed({ collections, views, accounts }) {
  const mapped = collections.map(([id, one]) => [id, { ...one, options: new Map(one.options), indexes: new Map(one.indexes.map(([name, index]) => [name, new Map(index)])) }]);
  return { collections: new Map(mapped), views: new Map(views), accounts: new Map(accounts) };
}

module.exports = { load, thawed, craft, begin, addedMembers };
EOF_JS
}

mongodb_load_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const here = process.cwd();
require(here + '/wire.js').decimals.of = (text) => NumberDecimal(text).buffer || NumberDecimal(text).bytes;
const [t, i] = process.env.LIMIT.split(':').map(Number);
const told = await require(here + '/loader.js').load({ socket: process.env.SOCKET, dump: process.env.DUMP, oplog: here + '/oplog', limit: { t, i },
  expected: JSON.parse(fs.readFileSync('expected.json', 'utf8')), oplogBytes: process.env.OPLOG_BYTES, set: process.env.REPLICA_SET, member: process.env.SOCKET });
fs.writeFileSync('load.json', JSON.stringify(told));
EOF_JS
}
