// @ts-check
// What was destroyed, and when. Deletes, and updates that take fields away, are told where
// many of them hit one collection with no pause of a minute between them.

const fs = require('fs');
const path = require('path');
const { walk, fields, documentAt, stampOf, stringOf, inner, names, has, before } = require('./read-dump.js');

/**
 * @typedef {import('./read-dump.js').Stamp} Stamp
 * @typedef {{ stamp: Stamp, what: string, collection: string }} Suspect
 * @typedef {{ stamp: Stamp, namespace: string, what: string, count: number, last: number }} Burst
 */

const pause = 60;

/**
 * Is shown the entries one by one. `since`: the first second of interest. `wanted`: the only collection or database of
 * interest, or nothing. `many`: how many documents make a burst. `windows`: which time the sets hold without a hole.
 * @param {{ since: number, wanted: string, many: number, windows: readonly (readonly [Stamp, Stamp])[] }} question
 */
function startSuspicion({ since, wanted, many, windows }) {
  /** @type {Suspect[]} */
  const found = [];
  /** @type {Map<string, Burst>} */
  const bursts = new Map();
  let [seen, late] = [{ t: 0, i: 0 }, { t: 0, i: 0 }];

  /** @param {Stamp} stamp @param {string} place @param {string} what */
  function tell(stamp, place, what) {
    const namespace = place.replace('.system.buckets.', '.'); // where a time series has its data
    if (wanted !== '' && namespace !== wanted && namespace.split('.')[0] !== wanted) return;
    found.push({ stamp, what: what + ' ' + namespace, collection: namespace.includes('.') ? namespace : '' });
  }
  /** @param {Burst} burst */
  function close(burst) {
    if (burst.count >= many) tell(burst.stamp, burst.namespace, burst.count + ' documents ' + burst.what + ' in');
  }
  /** @param {Stamp} stamp @param {string} namespace @param {string} what */
  function add(stamp, namespace, what) {
    const key = what + namespace;
    const burst = bursts.get(key);
    if (burst && stamp.t >= burst.stamp.t && stamp.t - burst.last <= pause) {
      burst.count += 1;
      burst.last = stamp.t;
    } else {
      if (burst) close(burst);
      bursts.set(key, { stamp, namespace, what, count: 1, last: stamp.t });
    }
  }
  /** @param {Stamp} stamp @param {string} namespace @param {Buffer} o */
  function command(stamp, namespace, o) {
    const [name] = names(o);
    const [database = ''] = namespace.split('.');
    if (name === 'drop') tell(stamp, database + '.' + stringOf(o, 'drop'), 'dropped');
    else if (name === 'dropDatabase') tell(stamp, database, 'dropped the database');
    else if (name === 'renameCollection' && has(o, 'dropTarget')) tell(stamp, stringOf(o, 'to'), 'renamed ' + stringOf(o, 'renameCollection') + ' over');
    else if (name === 'applyOps') for (const one of operationsOf(o)) operation(stamp, one);
  }
  /** @param {Stamp} stamp @param {Buffer} entry */
  function operation(stamp, entry) {
    const [op, namespace, o] = [stringOf(entry, 'op'), stringOf(entry, 'ns'), inner(entry, 'o')];
    if (o === null || namespace.startsWith('config.')) return;
    if (op === 'c') command(stamp, namespace, o);
    else if (op === 'd') add(stamp, namespace, 'deleted');
    else if (op === 'u' && takesAway(o)) add(stamp, namespace, 'emptied');
  }
  // The server comes after the sets, and goes back to the first hole: what lies between two windows is new.
  /** @param {Stamp} stamp */
  function isNew(stamp) {
    if (before(seen, stamp)) seen = stamp;
    else if (!before(late, stamp) || windows.some(([from, to]) => !before(stamp, from) && !before(to, stamp))) return false;
    else late = stamp;
    return true;
  }
  /** @param {Buffer} entry */
  function take(entry) {
    const stamp = stampOf(entry);
    if (stamp === null) throw new Error('an entry of the oplog has no stamp');
    if (isNew(stamp) && stamp.t >= since) operation(stamp, entry);
  }
  function end() {
    bursts.forEach(close);
    bursts.clear();
    return found.sort((one, other) => one.stamp.t - other.stamp.t || one.stamp.i - other.stamp.i);
  }
  return { take, end };
}

/** @param {Buffer} o */
function operationsOf(o) {
  /** @type {Buffer[]} */
  const found = [];
  const operations = inner(o, 'applyOps');
  if (operations) fields(operations, (_, type, value) => { if (type === 3) found.push(documentAt(operations, value)); });
  return found;
}

/**
 * An update that unsets fields, or a replacement that leaves nothing but the key.
 * @param {Buffer} o
 */
function takesAway(o) {
  const diff = inner(o, 'diff');
  return (diff !== null && has(diff, 'd')) || has(o, '$unset') || names(o).join() === '_id';
}

/** @param {{ since: string, namespace: string, threshold: string }} asked */
function ask({ since, namespace, threshold }) {
  const suspicion = startSuspicion({ since: Number(since), wanted: namespace, many: Number(threshold), windows: JSON.parse(fs.readFileSync('windows.json', 'utf8')) });
  const { whole } = walk(path.resolve('oplog'), suspicion.take);
  if (!whole) throw new Error('the oplog is cut off or damaged: what was destroyed is not known');
  return suspicion.end();
}

module.exports = { ask, startSuspicion };
// ef7456f99ab8c5b6 backup/components/mongodb/mongosh/suspects.js
