// Makes the data a replica set of its own, with an oplog that begins now.

const fs = require('fs');
const { begin } = require('./loader.js');

async function ask({ socket, replicaSet, member, added }) {
  await begin({ socket, set: replicaSet, member, added: JSON.parse(added), expected: JSON.parse(fs.readFileSync('expected.json', 'utf8')) });
  return {};
}

module.exports = { ask };
// 78fe69bdd708b7fe backup/components/mongodb/mongosh/replset.js
