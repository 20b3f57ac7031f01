// @ts-check
// The entries of a slice themselves say whether it joins on, is whole, and can be
// recovered after what the chain holds.

const fs = require('fs');
const reader = require('./read-dump.js');
const { startCover } = require('./cover.js');

/** @typedef {import('./read-dump.js').Stamp} Stamp */

/** @param {Stamp | null} one @param {Stamp} other */
const same = (one, other) => one !== null && one.t === other.t && one.i === other.i;

/**
 * `from`, `end`: the entries that it should begin and end with. `known`: the UUIDs of the chain
 * so far; null where its sets do not note them.
 * @param {string} file
 * @param {Stamp} from
 * @param {Stamp} end
 * @param {string[] | null} known
 */
function sliceOf(file, from, end, known) {
  const proof = startCover({ known: known || [] });
  const { whole, problem, ...found } = reader.oplog(file, proof);
  let [gap, broken] = ['', ''];
  if (found.entries === 0 || !same(found.first, from)) gap = 'the oplog no longer reaches back to ' + from.t + ':' + from.i;
  else if (!whole || !same(found.last, end)) broken = 'it should end with ' + end.t + ':' + end.i;
  else if (known === null) gap = 'the sets so far are of an older lifeboat and do not note the UUIDs of collections';
  else if (problem !== '') gap = 'the slice could not be recovered, for ' + problem;
  return { gap, broken, details: { ...found, created: [...proof.created], kinds: proof.kinds } };
}

/** @param {{ file: string, from: string, end: string }} asked */
function ask({ file, from, end }) {
  const { replicaSetId, members } = JSON.parse(fs.readFileSync('facts.json', 'utf8'));
  const known = JSON.parse(fs.readFileSync('known.json', 'utf8'));
  const { details, ...slice } = sliceOf(file, JSON.parse(from), JSON.parse(end), known);
  return { ...slice, details: { replicaSetId, members, ...details } };
}

module.exports = { ask, sliceOf };
// 4c8afc06cb6bac44 backup/components/mongodb/mongosh/slice.js
