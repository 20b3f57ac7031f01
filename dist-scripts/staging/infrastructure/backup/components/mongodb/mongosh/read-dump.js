// @ts-check
// A BSON document begins with its length, so a file can be walked without
// decoding it: the lengths must end exactly where the file does.

const fs = require('fs');
const path = require('path');
const block = Buffer.alloc(64 * 1024 * 1024);

/** @typedef {{ t: number, i: number }} Stamp a moment of the oplog: a second, and the number of an entry in it */

/**
 * The documents of a BSON file, one after the other: each is good until the next one.
 * Leaves in `end` whether the file holds whole documents and nothing else.
 * @param {string} file
 * @param {{ whole?: boolean }} end
 */
function* documentsOf(file, end) {
  const fd = fs.openSync(file, 'r');
  let [start, held, read] = [0, 0, 1];
  end.whole = false;
  try {
    while (read > 0) {
      const known = held - start >= 4;
      const length = known ? block.readInt32LE(start) : 0;
      const there = known && length <= held - start;
      if ((known && (length < 5 || length > block.length)) || (there && block[start + length - 1] !== 0)) return drain(fd);
      if (there) {
        yield block.subarray(start, start + length);
        start += length;
      } else {
        if (start > 0) block.copy(block, 0, start, held);
        held -= start;
        start = 0;
        read = fs.readSync(fd, block, held, block.length - held, null);
        held += read;
      }
    }
  } finally {
    fs.closeSync(fd); // also where the reader fails, and mongosh goes on
  }
  end.whole = held === 0;
}

/**
 * Reads what is left: who writes into a pipe is not to die of what is wrong with it.
 * @param {number} fd
 */
function drain(fd) {
  while (fs.readSync(fd, block, 0, block.length, null) > 0);
}

/**
 * Counts the documents of a BSON file, and shows each one to a visitor.
 * @param {string} file
 * @param {(document: Buffer) => void} [visit]
 */
function walk(file, visit) {
  const end = { whole: false };
  let documents = 0;
  for (const document of documentsOf(file, end)) {
    if (visit) visit(document);
    documents += 1;
  }
  return { documents, whole: end.whole };
}

/** How long values are whose length is known by their BSON type. @type {Record<number, number>} */
const fixed = { 1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0 };
/** Of those that begin with a length: what comes on top of it, and the least that it may be. @type {Record<number, { extra: number, least: number }>} */
const measured = {
  2: { extra: 4, least: 1 }, 3: { extra: 0, least: 5 }, 4: { extra: 0, least: 5 }, 5: { extra: 5, least: 0 },
  12: { extra: 16, least: 1 }, 13: { extra: 4, least: 1 }, 14: { extra: 4, least: 1 }, 15: { extra: 0, least: 14 },
};

/**
 * Where the field behind a value begins; -1 where the value cannot be.
 * @param {Buffer} document
 * @param {number} type
 * @param {number} value
 */
function next(document, type, value) {
  if (type === 11) {
    const pattern = document.indexOf(0, value);
    return pattern === -1 ? -1 : document.indexOf(0, pattern + 1) + 1;
  }
  if (type in fixed) return value + Number(fixed[type]);
  const rule = measured[type];
  if (rule === undefined || value + 4 > document.length) return -1;
  const length = document.readInt32LE(value);
  return length < rule.least ? -1 : value + length + rule.extra;
}

/**
 * The fields of a document: a visitor that answers true has seen enough. A visitor is shown
 * no value that does not lie within the document.
 * @param {Buffer} document
 * @param {(name: string, type: number, value: number) => boolean | void} visit
 */
function fields(document, visit) {
  const last = document.length - 1;
  if (document[last] !== 0) throw new Error('a document is damaged: it does not end where it says');
  let at = 4;
  while (at < last) {
    const end = document.indexOf(0, at + 1);
    const type = Number(document[at]);
    const after = end === -1 ? -1 : next(document, type, end + 1);
    if (after <= end || after > last) throw new Error('a document is damaged: its field at byte ' + at + ', of the type ' + type + ', does not end within it');
    if (visit(document.toString('utf8', at + 1, end), type, end + 1)) return;
    at = after;
  }
}

/**
 * Where the value of a field begins, and of which BSON type it is.
 * @param {Buffer} document
 * @param {string} wanted
 */
function field(document, wanted) {
  let found = { type: 0, value: 0 };
  fields(document, (name, type, value) => {
    if (name === wanted) found = { type, value };
    return name === wanted;
  });
  return found;
}

/** @param {Buffer} document */
function names(document) {
  /** @type {string[]} */
  const found = [];
  fields(document, (name) => void found.push(name));
  return found;
}

/** @param {Buffer} document @param {string} name */
function has(document, name) {
  return field(document, name).type !== 0;
}

/** @param {Buffer} document @param {string} name */
function inner(document, name) {
  const { type, value } = field(document, name);
  return type === 3 || type === 4 ? documentAt(document, value) : null;
}

/** @param {Buffer} document @param {number} value */
const documentAt = (document, value) => document.subarray(value, value + document.readInt32LE(value));

/** @param {Buffer} document @param {number} value */
const textAt = (document, value) => document.toString('utf8', value + 4, value + 3 + document.readInt32LE(value));

/** @param {Buffer} document @param {number} value @returns {Stamp} */
const stampAt = (document, value) => ({ t: document.readUInt32LE(value + 4), i: document.readUInt32LE(value) });

/** @param {Buffer} document @param {string} name */
function stringOf(document, name) {
  const { type, value } = field(document, name);
  return type === 2 ? textAt(document, value) : '';
}

/** @param {Buffer} document */
function stampOf(document) {
  const { type, value } = field(document, 'ts');
  return type === 17 ? stampAt(document, value) : null;
}

/** @param {Stamp} one @param {Stamp} other */
const before = (one, other) => one.t < other.t || (one.t === other.t && one.i < other.i);

/**
 * What an oplog file holds: entries, first and last stamp, the length of its first
 * entry, how many single writes, and what the proof (if one is given) has against it.
 * @param {string} file
 * @param {{ take: (entry: Buffer) => string }} [proof]
 */
function oplog(file, proof) {
  /** @type {{ first: Stamp | null, last: Stamp | null, overlapBytes: number, writes: number, problem: string }} */
  const found = { first: null, last: null, overlapBytes: 0, writes: 0, problem: '' };
  const { documents, whole } = walk(file, (entry) => {
    const stamp = stampOf(entry);
    if (found.first === null) [found.first, found.overlapBytes] = [stamp, entry.length];
    if (proof && found.problem === '') found.problem = proof.take(entry);
    found.last = stamp;
    if (['i', 'u', 'd'].includes(stringOf(entry, 'op')) && !stringOf(entry, 'ns').startsWith('config.')) found.writes += 1;
  });
  return { ...found, entries: documents, whole };
}

/**
 * One entry for each metadata file: the namespace, its type, its documents.
 * @param {string} dump
 */
function collections(dump) {
  const found = [];
  for (const database of fs.readdirSync(dump)) {
    if (!fs.statSync(path.join(dump, database)).isDirectory()) continue;
    for (const file of fs.readdirSync(path.join(dump, database))) {
      if (!file.endsWith('.metadata.json')) continue;
      const metadata = JSON.parse(fs.readFileSync(path.join(dump, database, file), 'utf8'));
      const stem = file.slice(0, -'.metadata.json'.length);
      const timeseries = metadata.type === 'timeseries';
      const data = path.join(dump, database, (timeseries ? 'system.buckets.' : '') + stem + '.bson');
      const walked = fs.existsSync(data) ? walk(data) : null;
      found.push({ namespace: database + '.' + metadata.collectionName, type: metadata.type,
        documents: walked ? walked.documents : 0, whole: walked ? walked.whole : metadata.type === 'view',
        indexes: (metadata.indexes || []).length, capped: Boolean((metadata.options || {}).capped),
        ...(metadata.uuid ? { uuid: metadata.uuid } : {}) });
    }
  }
  return found.sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}

/**
 * The accounts that a dump brings, as database.name.
 * @param {string} dump
 */
function accounts(dump) {
  /** @type {string[]} */
  const found = [];
  const file = path.join(dump, 'admin', 'system.users.bson');
  if (fs.existsSync(file)) walk(file, (user) => found.push(stringOf(user, '_id')));
  return found;
}

module.exports = { documentsOf, walk, oplog, collections, accounts, stampOf, before, fields, documentAt, textAt, stampAt, stringOf, names, has, inner };
// 6a8a3daa74444f25 backup/components/mongodb/mongosh/read-dump.js
