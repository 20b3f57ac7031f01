// Lays three crafted entries before a server, to see whether it recovers them.

const { craft } = require('./loader.js');

async function ask({ socket, replicaSet }) {
  await craft({ socket, set: replicaSet });
  return {};
}

module.exports = { ask };
// 3a8e6cde32792a7c backup/components/mongodb/mongosh/probe.js
