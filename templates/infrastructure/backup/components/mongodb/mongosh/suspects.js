// What was destroyed, and when. Deletes, and updates that take fields away, are told where
// many of them hit one collection with no pause of a minute between them.

const fs = require('fs');
const path = require('path');
const { walk, stampOf, stringOf, inner, names, has } = require('./read-dump.js');

const pause = 60;

function suspects(file, since, wanted, many, windows) {
  const found = [];
  const bursts = new Map();
  let [seen, late] = [{ t: 0, i: 0 }, { t: 0, i: 0 }];
  const after = (one, other) => one.t > other.t || (one.t === other.t && one.i > other.i);
  const matters = (namespace) => wanted === '' || namespace === wanted || namespace.split('.')[0] === wanted;

  function tell(stamp, place, what) {
    const namespace = place.replace('.system.buckets.', '.'); // where a time series has its data
    if (matters(namespace)) found.push({ stamp, what: what + ' ' + namespace, collection: namespace.includes('.') ? namespace : '' });
  }
  function close(burst) {
    if (burst.count >= many) tell(burst.stamp, burst.namespace, burst.count + ' documents ' + burst.what + ' in');
  }
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
  function command(stamp, database, o) {
    const [name] = names(o);
    if (name === 'drop') tell(stamp, database + '.' + stringOf(o, 'drop'), 'dropped');
    else if (name === 'dropDatabase') tell(stamp, database, 'dropped the database');
    else if (name === 'renameCollection' && has(o, 'dropTarget')) tell(stamp, stringOf(o, 'to'), 'renamed ' + stringOf(o, 'renameCollection') + ' over');
    else if (name === 'applyOps') {
      const operations = inner(o, 'applyOps');
      for (const index of names(operations)) operation(stamp, inner(operations, index));
    }
  }
  function operation(stamp, entry) {
    const [op, namespace, o] = [stringOf(entry, 'op'), stringOf(entry, 'ns'), inner(entry, 'o')];
    if (namespace.startsWith('config.')) return;
    if (op === 'c') command(stamp, namespace.split('.')[0], o);
    else if (op === 'd') add(stamp, namespace, 'deleted');
    else if (op === 'u' && takesAway(o)) add(stamp, namespace, 'emptied');
  }
  walk(file, (entry) => {
    const stamp = stampOf(entry);
    // The server comes after the sets, and goes back to the first hole: what lies between two windows is new.
    if (after(stamp, seen)) seen = stamp;
    else if (!after(stamp, late) || windows.some(([from, to]) => !after(from, stamp) && !after(stamp, to))) return;
    else late = stamp;
    if (stamp.t >= since) operation(stamp, entry);
  });
  bursts.forEach(close);
  return found.sort((one, other) => one.stamp.t - other.stamp.t || one.stamp.i - other.stamp.i);
}

// An update that unsets fields, or a replacement that leaves nothing but the key.
function takesAway(o) {
  const diff = inner(o, 'diff');
  return (diff !== null && has(diff, 'd')) || has(o, '$unset') || names(o).join() === '_id';
}

function ask({ since, namespace, threshold }) {
  const windows = JSON.parse(fs.readFileSync('windows.json', 'utf8'));
  return suspects(path.resolve('oplog'), Number(since), namespace, Number(threshold), windows);
}

module.exports = { ask, suspects };
