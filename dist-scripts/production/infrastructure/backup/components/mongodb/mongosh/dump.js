// Whether a dump is whole, and what it holds. What it does not tell and the recovery needs
// is noted: collections that it leaves out, empty ones of the system above all, and where a
// time series has its data. Whether one of them belongs to the dump, its oplog tells, and the server's since.

const fs = require('fs');
const path = require('path');
const { uriOfProfile, connectTo, splitName } = require('./connection.js');
const { listingOf, hexOf } = require('./listing.js');
const reader = require('./read-dump.js');
const { startCover, commandOf, hexAt } = require('./cover.js');

// What the dump's own oplog holds, and which collections it makes and drops.
function readOplog(file) {
  const [created, dropped] = [new Set(), new Set()];
  const visit = (parts) => {
    if (parts.op !== 'c' || parts.ui === 0) return;
    const { name } = commandOf(parts);
    if (name === 'create') created.add(hexAt(parts.entry, parts.ui));
    if (name === 'drop') dropped.add(hexAt(parts.entry, parts.ui));
  };
  return { ...reader.oplog(file, startCover({ known: [], base: { t: Infinity, i: 0 }, visit })), created, dropped };
}

// The oplog of the server, asked for what it tells after the dump.
function laterOplog(client, { first, last }, { Timestamp, UUID }) {
  const oplog = client.getDB('local').getCollection('oplog.rs');
  const since = { ts: { $gt: Timestamp(last) } };
  // Whether a collection was made or dropped.
  async function happened(command, uuid) {
    const is = (prefix) => ({ [prefix + 'ui']: UUID(uuid), [prefix + 'o.' + command]: { $exists: true } });
    const replaced = command === 'drop' ? [{ 'o.dropTarget': UUID(uuid) }] : [];
    return (await oplog.findOne({ ...since, $or: [is(''), is('o.applyOps.'), ...replaced] })) !== null;
  }
  // The builds of indexes that ended, as { uuid, index, build }.
  async function endedBuilds() {
    const ended = await oplog.find({ ...since, $or: [{ 'o.commitIndexBuild': { $exists: true } }, { 'o.abortIndexBuild': { $exists: true } }] });
    return (await ended.toArray()).flatMap(({ ui, o }) => o.indexes.map(({ name }) => ({ uuid: hexOf(ui), index: name, build: o.indexBuildUUID })));
  }
  // Whether a build began within the dump, or later.
  const begunSince = async (build) =>
    (await oplog.findOne({ ts: { $gte: Timestamp(first) }, 'o.startIndexBuild': { $exists: true }, 'o.indexBuildUUID': build })) !== null;
  return { happened, endedBuilds, begunSince };
}

const lists = (listing, uuid) => listing.some((one) => one.uuid === uuid);

// The collections that the server had when the dump ended, and that the dump does not hold.
async function othersOf(before, now, dumped, { created, dropped }, { happened }) {
  const others = [];
  for (const one of [...now, ...before.filter(({ uuid }) => !lists(now, uuid))]) {
    if (!one.uuid || dumped.has(one.uuid) || created.has(one.uuid)) continue;
    const wasThere = lists(now, one.uuid)
      ? lists(before, one.uuid) || !(await happened('create', one.uuid))
      : !dropped.has(one.uuid) && (await happened('drop', one.uuid));
    if (wasThere) others.push(one);
  }
  return others;
}

async function noteIndexes(client, others, { EJSON }) {
  for (const other of others) {
    const [database, name] = splitName(other.namespace);
    if (name.startsWith('system.buckets.')) other.indexes = JSON.parse(EJSON.stringify(await indexesOf(client.getDB(database), name), { relaxed: false }));
  }
}

async function indexesOf(database, name) {
  try { return await database.getCollection(name).getIndexes(); } catch { return []; }
}

// A dump lists an index from the start of its build on. One that was begun before the dump's
// own oplog, and has not ended in it, belongs to what the next slices make.
async function buildsAtTheEnd(client, collections, { endedBuilds, begunSince }) {
  const builds = [];
  for (const { namespace, uuid } of collections.filter((one) => one.uuid && one.type !== 'view')) {
    const [database, name] = splitName(namespace);
    const open = await openBuildsOf(client.getDB(database), name);
    builds.push(...open.map(({ spec, buildUUID }) => ({ uuid, index: spec.name, build: buildUUID })));
  }
  builds.push(...(await endedBuilds()));
  const early = [];
  for (const { build, ...one } of builds) {
    if (!(await begunSince(build))) early.push(one);
  }
  return early;
}

async function openBuildsOf(database, name) {
  try {
    const { cursor } = await database.runCommand({ listIndexes: name, includeBuildUUIDs: true, cursor: { batchSize: 1000 } });
    return cursor.firstBatch.filter(({ buildUUID }) => buildUUID);
  } catch { return []; }
}

// What the server had before the dump, still has, and the dump does not hold.
async function missingFrom(names, client, { namespaces, account }) {
  const missing = [];
  for (const namespace of namespaces.filter((one) => !names.has(one))) {
    const [database, name] = splitName(namespace);
    const there = await client.getDB(database).getCollectionInfos({ name }, { nameOnly: true });
    if (there.length > 0) missing.push(namespace);
  }
  if (account && !names.has('admin.system.users')) missing.push('admin.system.users');
  return missing;
}

function serverOf({ version, fcv, replicaSet, replicaSetId, members, storage }) {
  return { version, featureCompatibilityVersion: fcv, replicaSet, replicaSetId, members, storage };
}

async function ask({ dump }, shell) {
  const facts = JSON.parse(fs.readFileSync('facts.json', 'utf8'));
  const client = await connectTo(uriOfProfile(), shell);
  const now = await listingOf(client, shell);
  const found = reader.collections(dump);
  const names = new Set(found.map((c) => c.namespace));
  const dumped = new Set(found.map((c) => c.uuid));
  const file = path.join(dump, 'oplog.bson');
  const { whole, first, last, entries, writes, ...changes } = readOplog(file);
  let [others, building] = [[], []];
  if (last !== null) {
    const later = laterOplog(client, { first, last }, shell);
    others = await othersOf(facts.listing, now, dumped, changes, later);
    await noteIndexes(client, others, shell);
    building = await buildsAtTheEnd(client, [...found, ...others], later);
  }
  const missing = await missingFrom(names, client, facts);
  const broken = [...found.filter((c) => !c.whole).map((c) => c.namespace), ...(whole && entries > 0 ? [] : ['oplog.bson'])];
  const users = found.find((c) => c.namespace === 'admin.system.users');
  const proof = startCover({ known: [...dumped, ...others.map((c) => c.uuid)], base: last, adopted: new Map() });
  const { problem } = reader.oplog(file, proof);
  if (client.close) await client.close();
  return { missing, broken, problem: problem || proof.left(), details: {
    server: serverOf(facts),
    oplog: { first, last, entries, writes, maxBytes: facts.oplogMaxBytes, created: [...proof.created], kinds: proof.kinds },
    users: users ? users.documents : 0, others, building,
    collections: found.map(({ whole: _, ...rest }) => rest) } };
}

module.exports = { ask, readOplog, othersOf };
// 187402f2fc440a8c backup/components/mongodb/mongosh/dump.js
