// @ts-check
// The server passes over an entry whose collection it does not know, in silence. So
// every slice is proven when it is made, and all of them again when they are joined:
// each UUID is in the base, or its collection is created before it is written to.

const { fields, documentAt, textAt, stampAt, inner, stringOf, before } = require('./read-dump.js');
const { commands, rows, internal } = require('./kinds.js');

/** @typedef {import('./read-dump.js').Stamp} Stamp */
/**
 * An entry, or an operation within a transaction.
 * @typedef {{ entry: Buffer, ts: Stamp | null, t: bigint, op: string, ns: string, ui: number, o: Buffer | null, o2: Buffer | null, partial: boolean, transaction: string }} Parts
 */

/**
 * Its parts, by one pass. Of `ui` it is the place where the UUID begins.
 * @param {Buffer} entry
 */
function partsOf(entry) {
  /** @type {Parts} */
  const found = { entry, ts: null, t: 0n, op: '', ns: '', ui: 0, o: null, o2: null, partial: false, transaction: '' };
  fields(entry, (name, type, value) => {
    if (name === 'ts' && type === 17) found.ts = stampAt(entry, value);
    else if (name === 't' && type === 18) found.t = entry.readBigInt64LE(value);
    else if ((name === 'op' || name === 'ns') && type === 2) found[name] = textAt(entry, value);
    else if (name === 'ui' && isUuid(entry, type, value)) found.ui = value + 5;
    else if ((name === 'o' || name === 'o2') && type === 3) found[name] = documentAt(entry, value);
    else if (name === 'lsid' && type === 3) found.transaction = documentAt(entry, value).toString('hex') + found.transaction;
    else if (name === 'txnNumber' && type === 18) found.transaction += ':' + entry.readBigInt64LE(value);
  });
  return found;
}

const largest = 16 * 1024 * 1024;
/** @param {Buffer} buffer @param {number} at */
const hexAt = (buffer, at) => buffer.toString('hex', at, at + 16);

/** @param {Buffer} document @param {number} type @param {number} value */
const isUuid = (document, type, value) => type === 5 && document.readInt32LE(value) === 16;

/**
 * The command of an entry, and the collection that it is of.
 * @param {{ ns: string, o: Buffer }} entry
 */
function commandOf({ ns, o }) {
  let [name, collection] = ['', ''];
  fields(o, (field, type, value) => {
    name = field;
    if (type === 2) collection = textAt(o, value);
    return true;
  });
  const database = ns.slice(0, ns.indexOf('.'));
  return { name, collection, namespace: name === 'renameCollection' ? collection : database + '.' + collection };
}

/**
 * Where a rename tells the UUID of the collection that it replaces.
 * @param {Buffer} o
 */
function replacedBy(o) {
  let at = 0;
  fields(o, (name, type, value) => {
    if (name === 'dropTarget' && isUuid(o, type, value)) at = value + 5;
    return at > 0;
  });
  return at;
}

/**
 * `known`: the UUIDs of the base and of what was created since. `base`: the last stamp
 * of the dump's own oplog; until then a collection may be unknown that the dump no
 * longer found, if it is dropped by then. `adopted`: collections by name whose UUID
 * here is another one than in the oplog, where it is then replaced. `used` is filled
 * with the UUIDs that are written to.
 * @param {{ known: Iterable<string>, base?: Stamp | null, adopted?: Iterable<readonly [string, Buffer]>, visit?: (parts: Parts) => void, used?: Set<string> }} what
 */
function startCover({ known, base, adopted, visit, used }) {
  const ever = new Set(known);
  const byName = new Map(adopted || []);
  /** @type {Map<string, Buffer>} */
  const replaced = new Map();
  /** @type {Set<string>} */
  const created = new Set();
  /** @type {Map<string, string>} */
  const missing = new Map();
  /** @type {Record<string, number>} */
  const kinds = {};
  let last = { t: 0, i: 0 }; // the stamp of the entry that is looked at
  let term = 0n;

  /** @param {string} kind */
  function count(kind) {
    kinds[kind] = (kinds[kind] || 0) + 1;
  }
  /** @param {Parts} parts @param {string} namespace @param {number} at @param {string} where */
  function knows(parts, namespace, at, where) {
    const uuid = hexAt(parts.entry, at);
    const own = byName.get(namespace);
    if (!ever.has(uuid) && !replaced.has(uuid) && own) {
      replaced.set(uuid, own);
      byName.delete(namespace);
    }
    replaced.get(uuid)?.copy(parts.entry, at);
    if (used) used.add(hexAt(parts.entry, at));
    if (replaced.has(uuid)) return '';
    if (!ever.has(uuid) && !internal(namespace)) {
      const what = where + ' (' + parts.op + ' on ' + namespace + ') is of a collection that neither the dump nor the oplog before it holds';
      if (!base || before(base, last)) return what;
      if (!missing.has(uuid)) missing.set(uuid, what);
    }
    return '';
  }
  /** @param {Parts} parts @param {string} where */
  function row(parts, where) {
    count(rows(parts));
    const changed = parts.op === 'u' ? parts.o2 : parts.o;
    if (parts.ns === 'admin.system.version' && changed && stringOf(changed, '_id') === 'featureCompatibilityVersion') {
      return where + ' changes the feature compatibility version of MongoDB';
    }
    if (parts.ui === 0) return internal(parts.ns) ? '' : where + ' (' + parts.op + ' on ' + parts.ns + ') names no collection by its UUID';
    return knows(parts, parts.ns, parts.ui, where);
  }
  /** @param {Parts} parts @param {Buffer} o @param {string} where */
  function command(parts, o, where) {
    const { name, namespace } = commandOf({ ns: parts.ns, o });
    count(name === 'create' && ['validator', 'collation', 'timeseries', 'clusteredIndex', 'viewOn'].some((one) => stringOrDocument(o, one)) ? 'createWithOptions' : name);
    if (!commands.has(name)) return where + ' is a command that no recovery here is known to apply: ' + name;
    if (name === 'applyOps') return transaction(o, where);
    if (name === 'create' && parts.ui > 0) {
      created.add(hexAt(parts.entry, parts.ui));
      ever.add(hexAt(parts.entry, parts.ui));
    }
    if (name === 'drop' && parts.ui > 0) missing.delete(hexAt(parts.entry, parts.ui));
    const problem = parts.ui > 0 && name !== 'drop' ? knows(parts, namespace, parts.ui, where) : dropped(parts, name, namespace, where);
    const over = name === 'renameCollection' ? replacedBy(o) : 0;
    if (over > 0) {
      missing.delete(hexAt(o, over));
      replaced.get(hexAt(o, over))?.copy(o, over);
    }
    return problem;
  }
  // What the dump no longer found was dropped while it was made; later, the collection must be known.
  /** @param {Parts} parts @param {string} name @param {string} namespace @param {string} where */
  function dropped(parts, name, namespace, where) {
    if (name !== 'drop' || parts.ui === 0 || (base && !before(base, last) && !byName.has(namespace) && !replaced.has(hexAt(parts.entry, parts.ui)))) return '';
    return knows(parts, namespace, parts.ui, where);
  }
  /** @param {Buffer} o @param {string} where */
  function transaction(o, where) {
    const operations = inner(o, 'applyOps');
    if (operations === null) return where + ' is a transaction without operations';
    let problem = '';
    fields(operations, (_, type, value) => {
      problem = type === 3 ? operation(partsOf(documentAt(operations, value)), where) : where + ' holds an operation that is no document';
      return problem !== '';
    });
    return problem;
  }
  /** @param {Parts} parts @param {string} where */
  function operation(parts, where) {
    if (parts.o === null) return where + ' (' + parts.op + ' on ' + parts.ns + ') does not say what was done';
    return parts.op === 'c' ? command(parts, parts.o, where) : row(parts, where);
  }
  /**
   * Answers what is wrong with an entry, in words that name it.
   * @param {Buffer} entry
   */
  function take(entry) {
    const parts = partsOf(entry);
    if (parts.ts === null) return 'an entry has no stamp';
    const where = 'the entry ' + parts.ts.t + ':' + parts.ts.i;
    if (!before(last, parts.ts)) return where + ' comes after ' + last.t + ':' + last.i + ', which is not earlier';
    if (parts.t < term) return where + ' is of an earlier term than the one before it: another history begins there';
    last = parts.ts;
    term = parts.t;
    if (base && before(base, last) && missing.size > 0) return left();
    let problem = '';
    if (tooLarge(parts)) return where + ' (' + parts.op + ' on ' + parts.ns + ') is larger than a document of MongoDB may be';
    if (parts.op === 'n') {
      count('n');
      if (parts.o !== null && stringOf(parts.o, 'msg') === 'initiating set') problem = where + ' begins the history of another replica set';
    } else if (['c', 'i', 'u', 'd'].includes(parts.op)) problem = operation(parts, where);
    else problem = where + ' is of a kind that no recovery here is known to apply: ' + parts.op;
    if (problem === '' && visit) visit(parts);
    return problem;
  }
  /** What the dump did not hold, and nothing has dropped. */
  function left() {
    const [first = ''] = missing.values();
    return first;
  }
  return { take, kinds, created, left };
}

/**
 * An entry is laid before the server as a document, which may be no larger than one; of
 * a single write, what the recovery does not need can be left out.
 * @param {Parts} parts
 */
function tooLarge({ entry, op, ns, o, o2 }) {
  if (entry.length <= largest) return false;
  const needed = (o ? o.length : 0) + (op === 'u' && o2 ? o2.length : 0) + Buffer.byteLength(ns) + 120;
  return op === 'c' || op === 'n' || needed > largest;
}

/** @param {Buffer} document @param {string} name */
function stringOrDocument(document, name) {
  return stringOf(document, name) !== '' || inner(document, name) !== null;
}

module.exports = { startCover, partsOf, commandOf, replacedBy, hexAt, largest };
// a7d3a2926c1fdee3 backup/components/mongodb/mongosh/cover.js
