// Whether mongorestore replays an oplog as the server would. What is not plain is named,
// and the last moment before it.

const fs = require('fs');
const path = require('path');
const reader = require('./read-dump.js');
const { startCover } = require('./cover.js');
const { plain } = require('./kinds.js');

// A collection of the dump with options that the writes of an oplog would meet.
function oddCollection(dump) {
  let odd = '';
  for (const database of fs.readdirSync(dump).filter((name) => fs.statSync(path.join(dump, name)).isDirectory())) {
    for (const file of fs.readdirSync(path.join(dump, database)).filter((name) => name.endsWith('.metadata.json'))) {
      const { options = {}, collectionName } = JSON.parse(fs.readFileSync(path.join(dump, database, file), 'utf8'));
      const option = ['validator', 'collation'].find((name) => name in options);
      if (option && collectionName) odd = database + '.' + collectionName + ' has a ' + option;
    }
  }
  return odd;
}

// `end`: the last stamp of the dump itself, before which nothing can be reached.
function judge(oplog, { t, i }, end) {
  const found = { refused: '', writes: 0, last: null };
  const proof = startCover({ known: [], base: { t: Infinity, i: 0 } });
  reader.walk(oplog, (entry) => {
    const at = reader.stampOf(entry);
    found.last = at;
    if (!reader.before(at, { t, i })) return;
    const problem = proof.take(entry);
    const odd = Object.keys(proof.kinds).find((kind) => !plain.has(kind));
    if (found.refused === '' && (problem !== '' || odd)) {
      found.refused = (problem || 'the entry ' + at.t + ':' + at.i + ' is not plain (' + odd + ')')
        + (reader.before(end, at) ? '; the nearest moment that can be reached is --oplog-limit ' + at.t + ':' + at.i : '; no moment of this chain can be reached');
    }
    if (['i', 'u', 'd'].includes(reader.stringOf(entry, 'op')) && !reader.stringOf(entry, 'ns').startsWith('config.')) found.writes += 1;
  });
  return found;
}

function ask({ dump, limit }) {
  const [t, i] = limit.split(':').map(Number);
  const { oplog } = JSON.parse(fs.readFileSync('expected.json', 'utf8'));
  const odd = oddCollection(dump);
  const { refused, writes, last } = judge(path.join(dump, 'oplog.bson'), { t, i }, oplog.last);
  const short = last === null || reader.before(last, { t, i: i - 1 });
  return { refused: odd || refused || (short ? 'it ends before ' + limit : ''), writes };
}

module.exports = { ask, judge };
// d52400d6c86fb747 backup/components/mongodb/mongosh/plain.js
