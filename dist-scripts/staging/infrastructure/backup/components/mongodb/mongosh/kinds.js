// @ts-check
// The kinds of entries that the recovery of the server is known to apply. Time series
// that 8.x and 9.0 convert (upgradeDowngradeViewlessTimeseries) are not among them.

const commands = new Set([
  'applyOps', 'abortTransaction', 'commitTransaction', 'create', 'drop', 'dropDatabase', 'renameCollection', 'collMod', 'convertToCapped', 'emptycapped',
  'createIndexes', 'startIndexBuild', 'commitIndexBuild', 'abortIndexBuild', 'dropIndexes', 'deleteIndexes', 'deleteIndex', 'dropIndex', 'dbCheck', 'dropIdent',
]);

// The server's own records of sessions and images, which belong to no backup.
/** @param {string} namespace */
const internal = (namespace) => namespace.startsWith('config.');

/**
 * A write, by what it means to a replay that is not the server's own.
 * @param {{ op: string, ns: string }} write
 */
function rows({ op, ns }) {
  if (internal(ns)) return 'internal';
  if (ns === 'admin.system.keys') return 'keys';
  if (ns.startsWith('admin.')) return 'administration';
  if (ns.includes('.system.views')) return 'views';
  if (ns.includes('.system.buckets.')) return 'buckets';
  return op;
}

// What mongorestore replays as the server would, if nothing else happens beside it.
const plain = new Set(['n', 'i', 'u', 'd', 'internal', 'applyOps', 'abortTransaction', 'create', 'drop', 'createIndexes']);

module.exports = { commands, internal, rows, plain };
// 62ca2b252a3ccc64 backup/components/mongodb/mongosh/kinds.js
