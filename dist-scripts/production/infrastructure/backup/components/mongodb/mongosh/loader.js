// Fills the empty private server: the collections of the dump with their UUIDs, their
// documents, and the oplog, in which the indexes come first.

const crypto = require('crypto');
const { documentsOf, fields, inner, stringOf, stampOf, before } = require('./read-dump.js');
const { startCover, partsOf, commandOf, hexAt, largest } = require('./cover.js');
const { catalogueOf, textsOf } = require('./catalogue.js');
const { documentOf, documentsIn, connect, long, date, stamp, uuid } = require('./wire.js');
const { loadBase, startInserts, idIndex, pairsOf, uuidAt, get, bytesOf } = require('./base.js');

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
  const { touched, ...rest } = told;
  delete rest.start;
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
// bd0fb67715981240 backup/components/mongodb/mongosh/loader.js
