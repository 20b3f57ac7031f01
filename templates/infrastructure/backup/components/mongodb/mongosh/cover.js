// The server passes over an entry whose collection it does not know, in silence. So
// every slice is proven when it is made, and all of them again when they are joined:
// each UUID is in the base, or its collection is created before it is written to.

const { fields, inner, stringOf, before } = require('./read-dump.js');
const { commands, rows, internal } = require('./kinds.js');

// The parts of an entry, or of an operation within a transaction, by one pass.
function partsOf(entry) {
  const found = { entry, ts: null, t: 0n, op: '', ns: '', ui: 0, o: null, o2: null, partial: false, transaction: '' };
  fields(entry, (name, type, value) => {
    if (name === 'ts' && type === 17) found.ts = { t: entry.readUInt32LE(value + 4), i: entry.readUInt32LE(value) };
    else if (name === 't' && type === 18) found.t = entry.readBigInt64LE(value);
    else if (name === 'op' || name === 'ns') found[name] = entry.toString('utf8', value + 4, value + 3 + entry.readInt32LE(value));
    else if (name === 'ui' && type === 5) found.ui = value + 5;
    else if ((name === 'o' || name === 'o2') && type === 3) found[name] = entry.subarray(value, value + entry.readInt32LE(value));
    else if (name === 'lsid') found.transaction = entry.toString('hex', value, value + entry.readInt32LE(value)) + found.transaction;
    else if (name === 'txnNumber') found.transaction += ':' + entry.readBigInt64LE(value);
  });
  return found;
}

const largest = 16 * 1024 * 1024;
const hexAt = (buffer, at) => buffer.toString('hex', at, at + 16);

// The command of an entry, and the collection that it is of.
function commandOf({ ns, o }) {
  let [name, collection] = ['', ''];
  fields(o, (field, type, value) => {
    name = field;
    if (type === 2) collection = o.toString('utf8', value + 4, value + 3 + o.readInt32LE(value));
    return true;
  });
  const database = ns.slice(0, ns.indexOf('.'));
  return { name, collection, namespace: name === 'renameCollection' ? collection : database + '.' + collection };
}

// Where a rename tells the UUID of the collection that it replaces.
function replacedBy(o) {
  let at = 0;
  fields(o, (name, type, value) => {
    if (name === 'dropTarget' && type === 5) at = value + 5;
    return at > 0;
  });
  return at;
}

// `known`: the UUIDs of the base and of what was created since. `base`: the last stamp
// of the dump's own oplog; until then a collection may be unknown that the dump no
// longer found, if it is dropped by then. `adopted`: collections by name whose UUID
// here is another one than in the oplog, where it is then replaced. `used` is filled
// with the UUIDs that are written to.
function startCover({ known, base, adopted, visit, used }) {
  const ever = new Set(known);
  const byName = new Map(adopted || []);
  const replaced = new Map();
  const created = new Set();
  const missing = new Map();
  const kinds = {};
  let last = null;
  let term = 0n;

  function count(kind) {
    kinds[kind] = (kinds[kind] || 0) + 1;
  }
  function knows(parts, namespace, at, where) {
    const uuid = hexAt(parts.entry, at);
    if (!ever.has(uuid) && !replaced.has(uuid) && byName.has(namespace)) {
      replaced.set(uuid, byName.get(namespace));
      byName.delete(namespace);
    }
    if (replaced.has(uuid)) replaced.get(uuid).copy(parts.entry, at);
    if (used) used.add(hexAt(parts.entry, at));
    if (replaced.has(uuid)) return '';
    if (!ever.has(uuid) && !internal(namespace)) {
      const what = where + ' (' + parts.op + ' on ' + namespace + ') is of a collection that neither the dump nor the oplog before it holds';
      if (!base || before(base, last)) return what;
      if (!missing.has(uuid)) missing.set(uuid, what);
    }
    return '';
  }
  function row(parts, where) {
    count(rows(parts));
    const changed = parts.op === 'u' ? parts.o2 : parts.o;
    if (parts.ns === 'admin.system.version' && changed && stringOf(changed, '_id') === 'featureCompatibilityVersion') {
      return where + ' changes the feature compatibility version of MongoDB';
    }
    if (parts.ui === 0) return internal(parts.ns) ? '' : where + ' (' + parts.op + ' on ' + parts.ns + ') names no collection by its UUID';
    return knows(parts, parts.ns, parts.ui, where);
  }
  function command(parts, where) {
    const { name, namespace } = commandOf(parts);
    count(name === 'create' && ['validator', 'collation', 'timeseries', 'clusteredIndex', 'viewOn'].some((one) => stringOrDocument(parts.o, one)) ? 'createWithOptions' : name);
    if (!commands.has(name)) return where + ' is a command that no recovery here is known to apply: ' + name;
    if (name === 'applyOps') return transaction(parts, where);
    if (name === 'create' && parts.ui > 0) {
      created.add(hexAt(parts.entry, parts.ui));
      ever.add(hexAt(parts.entry, parts.ui));
    }
    if (name === 'drop' && parts.ui > 0) missing.delete(hexAt(parts.entry, parts.ui));
    const problem = parts.ui > 0 && name !== 'drop' ? knows(parts, namespace, parts.ui, where) : dropped(parts, name, namespace, where);
    const over = name === 'renameCollection' && parts.o ? replacedBy(parts.o) : 0;
    if (over > 0) {
      missing.delete(hexAt(parts.o, over));
      if (replaced.has(hexAt(parts.o, over))) replaced.get(hexAt(parts.o, over)).copy(parts.o, over);
    }
    return problem;
  }
  // What the dump no longer found was dropped while it was made; later, the collection must be known.
  function dropped(parts, name, namespace, where) {
    if (name !== 'drop' || parts.ui === 0 || (base && !before(base, last) && !byName.has(namespace) && !replaced.has(hexAt(parts.entry, parts.ui)))) return '';
    return knows(parts, namespace, parts.ui, where);
  }
  function transaction(parts, where) {
    const operations = inner(parts.o, 'applyOps');
    let problem = '';
    fields(operations, (_, type, value) => {
      const operation = partsOf(operations.subarray(value, value + operations.readInt32LE(value)));
      problem = operation.op === 'c' ? command(operation, where) : row(operation, where);
      return problem !== '';
    });
    return problem;
  }
  // An entry is laid before the server as a document, which may be no larger than one; of
  // a single write, what the recovery does not need can be left out.
  function tooLarge({ entry, op, ns, o, o2 }) {
    if (entry.length <= largest) return false;
    return op === 'c' || op === 'n' || o.length + (op === 'u' ? o2.length : 0) + Buffer.byteLength(ns) + 120 > largest;
  }
  // Answers what is wrong with an entry, in words that name it.
  function take(entry) {
    const parts = partsOf(entry);
    if (parts.ts === null) return 'an entry has no stamp';
    const where = 'the entry ' + parts.ts.t + ':' + parts.ts.i;
    if (last !== null && !before(last, parts.ts)) return where + ' comes after ' + last.t + ':' + last.i + ', which is not earlier';
    if (parts.t < term) return where + ' is of an earlier term than the one before it: another history begins there';
    last = parts.ts;
    term = parts.t;
    if (base && before(base, last) && missing.size > 0) return [...missing.values()][0];
    let problem = '';
    if (tooLarge(parts)) return where + ' (' + parts.op + ' on ' + parts.ns + ') is larger than a document of MongoDB may be';
    if (parts.op === 'n') {
      count('n');
      if (stringOf(parts.o, 'msg') === 'initiating set') problem = where + ' begins the history of another replica set';
    } else if (parts.op === 'c') problem = command(parts, where);
    else if (['i', 'u', 'd'].includes(parts.op)) problem = row(parts, where);
    else problem = where + ' is of a kind that no recovery here is known to apply: ' + parts.op;
    if (problem === '' && visit) visit(parts);
    return problem;
  }
  return { take, kinds, created, left: () => (missing.size > 0 ? [...missing.values()][0] : '') };
}

function stringOrDocument(document, name) {
  return stringOf(document, name) !== '' || inner(document, name) !== null;
}

module.exports = { startCover, partsOf, commandOf, replacedBy, hexAt, largest };
