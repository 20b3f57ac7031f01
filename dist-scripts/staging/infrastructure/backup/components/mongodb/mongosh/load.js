// Lays the dump and its oplog before the private server, up to the moment.

const fs = require('fs');
const path = require('path');
const { decimals } = require('./wire.js');
const { load } = require('./loader.js');

async function ask({ socket, dump, limit, oplogBytes, replicaSet }, { NumberDecimal }) {
  decimals.of = (text) => NumberDecimal(text).buffer || NumberDecimal(text).bytes;
  const [t, i] = limit.split(':').map(Number);
  const expected = JSON.parse(fs.readFileSync('expected.json', 'utf8'));
  return load({ socket, dump, oplog: path.resolve('oplog'), limit: { t, i }, expected, oplogBytes, set: replicaSet, member: socket });
}

module.exports = { ask };
// 5291052b92a79eb4 backup/components/mongodb/mongosh/load.js
