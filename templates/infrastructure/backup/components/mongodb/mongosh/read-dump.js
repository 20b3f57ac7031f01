// A BSON document begins with its length, so a file can be walked without
// decoding it: the lengths must end exactly where the file does.

const fs = require('fs');
const path = require('path');
const block = Buffer.alloc(64 * 1024 * 1024);

// The documents of a BSON file, one after the other: each is good until the next one.
// Leaves in `end` whether the last one was whole.
function* documentsOf(file, end) {
  const fd = fs.openSync(file, 'r');
  let [start, held, read] = [0, 0, 1];
  try {
    while (read > 0) {
      const length = held - start < 4 ? Infinity : Math.max(block.readInt32LE(start), 5);
      if (length <= held - start) {
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

// Counts the documents of a BSON file, and shows each one to a visitor.
function walk(file, visit) {
  const end = { whole: false };
  let documents = 0;
  for (const document of documentsOf(file, end)) {
    if (visit) visit(document);
    documents += 1;
  }
  return { documents, whole: end.whole };
}

const fixed = { 1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0 };
const extra = { 2: 4, 3: 0, 4: 0, 5: 5, 12: 16, 13: 4, 14: 4, 15: 0 };

// Where the field behind a value begins.
function next(document, type, value) {
  if (type === 11) return document.indexOf(0, document.indexOf(0, value) + 1) + 1;
  return value + (type in fixed ? fixed[type] : document.readInt32LE(value) + extra[type]);
}

// The fields of a document: a visitor that answers true has seen enough.
function fields(document, visit) {
  let at = 4;
  while (at < document.length - 1) {
    const end = document.indexOf(0, at + 1);
    if (visit(document.toString('utf8', at + 1, end), document[at], end + 1)) return;
    at = next(document, document[at], end + 1);
  }
}

// Where the value of a field begins, and of which BSON type it is.
function field(document, wanted) {
  let found = { type: 0, value: 0 };
  fields(document, (name, type, value) => {
    if (name === wanted) found = { type, value };
    return name === wanted;
  });
  return found;
}

function names(document) {
  const found = [];
  fields(document, (name) => void found.push(name));
  return found;
}

function has(document, name) {
  return field(document, name).type !== 0;
}

function inner(document, name) {
  const { type, value } = field(document, name);
  return type === 3 || type === 4 ? document.subarray(value, value + document.readInt32LE(value)) : null;
}

function stringOf(document, name) {
  const { type, value } = field(document, name);
  return type === 2 ? document.toString('utf8', value + 4, value + 3 + document.readInt32LE(value)) : '';
}

function stampOf(document) {
  const { type, value } = field(document, 'ts');
  return type === 17 ? { t: document.readUInt32LE(value + 4), i: document.readUInt32LE(value) } : null;
}

const before = (one, other) => one.t < other.t || (one.t === other.t && one.i < other.i);

// What an oplog file holds: entries, first and last stamp, the length of its first
// entry, how many single writes, and what the proof (if one is given) has against it.
function oplog(file, proof) {
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

// One entry for each metadata file: the namespace, its type, its documents.
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

// The accounts that a dump brings, as database.name.
function accounts(dump) {
  const found = [];
  const file = path.join(dump, 'admin', 'system.users.bson');
  if (fs.existsSync(file)) walk(file, (user) => found.push(stringOf(user, '_id')));
  return found;
}

module.exports = { documentsOf, walk, oplog, collections, accounts, stampOf, before, fields, field, stringOf, names, has, inner };
