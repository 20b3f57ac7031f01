// Whether the private server has a recovery before it that has not ended.

const { has } = require('./read-dump.js');
const { connect } = require('./wire.js');

async function ask({ socket }) {
  const server = await connect(socket);
  const begun = (await server.all('local', [['find', 'replset.minvalid']])).some((document) => has(document, 'begin'));
  server.close();
  return { begun };
}

module.exports = { ask };
// 7552f3fa1ab2853e backup/components/mongodb/mongosh/checkpoint.js
