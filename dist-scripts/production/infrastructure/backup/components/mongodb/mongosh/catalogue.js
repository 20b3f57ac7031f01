// What the oplog makes of collections, indexes, views and accounts: what must be there at its end.

const { createHash } = require('crypto');
const { fields, inner, stringOf, has } = require('./read-dump.js');
const { partsOf, commandOf, replacedBy, hexAt } = require('./cover.js');
const { documentsIn } = require('./wire.js');
const { internal } = require('./kinds.js');

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
    else if (name === 'create' && internal(namespace)) return; // as catalogueOf leaves it out
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
// ac79412f7222cb2c backup/components/mongodb/mongosh/catalogue.js
