// What was recovered, compared with what must be there, and made a server of its own.

const fs = require('fs');
const { connect, int32 } = require('./wire.js');
const { catalogueOf, differencesBetween } = require('./catalogue.js');
const { fields, inner } = require('./read-dump.js');
const { thawed, addedMembers } = require('./loader.js');

const majority = ['writeConcern', { pairs: [['w', 'majority'], ['wtimeout', int32(120_000)]] }];

async function settle({ socket, loaded, member, added, oplogBytes }) {
  const server = await connect(socket);
  await server.command('admin', [['appendOplogNote', 1], ['data', { pairs: [['msg', 'restored from a backup']] }], majority]);
  // What these two held belongs to sessions that are gone, and the next primary makes them anew.
  for (const name of ['transactions', 'image_collection']) await server.send('config', [['drop', name], majority]);
  const found = await catalogueOf(server);
  const differences = differencesBetween(thawed(loaded.catalogue), found);
  for (const { uuid, namespace, documents } of loaded.still) {
    const there = found.collections.has(uuid) ? await countOf(server, found.collections.get(uuid).namespace) : documents;
    if (there !== documents) differences.push(namespace + ' has ' + there + ' of ' + documents + ' documents');
  }
  await rename(server, member, added);
  const size = Math.max(oplogBytes / 1024 / 1024, 990);
  const stats = await server.all('local', [['listCollections', 1], ['filter', { pairs: [['name', 'oplog.rs']] }]]);
  if (sizeOf(inner(stats[0], 'options')) > size * 1024 * 1024) await server.command('admin', [['replSetResizeOplog', 1], ['size', { type: 1, bytes: doubleBytes(size) }]]);
  server.close();
  return { differences };
}

function doubleBytes(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function sizeOf(options) {
  let size = 0;
  fields(options, (name, type, value) => {
    if (name === 'size') size = type === 1 ? options.readDoubleLE(value) : type === 18 ? Number(options.readBigInt64LE(value)) : options.readInt32LE(value);
  });
  return size;
}

async function countOf(server, namespace) {
  const dot = namespace.indexOf('.');
  const answer = await server.command(namespace.slice(0, dot), [['count', namespace.slice(dot + 1)]]);
  let count = -1;
  fields(answer, (name, type, value) => {
    if (name === 'n') count = type === 1 ? answer.readDoubleLE(value) : type === 18 ? Number(answer.readBigInt64LE(value)) : answer.readInt32LE(value);
  });
  return count;
}

// From here on the member is the one of the profile, and no longer the private server,
// and those that are to copy from it are known.
function rename(server, member, added) {
  const change = (operator, field, value) => ({ pairs: [['q', { pairs: [] }], ['u', { pairs: [[operator, { pairs: [[field, value]] }]] }]] });
  const join = { pairs: [['$each', addedMembers(added)]] };
  return server.command('local', [['update', 'system.replset'], ['updates', [change('$set', 'members.0.host', member), change('$push', 'members', join)]]]);
}

function ask({ socket, member, added, oplogBytes }) {
  const loaded = JSON.parse(fs.readFileSync('load.json', 'utf8'));
  return settle({ socket, loaded, member, added: JSON.parse(added), oplogBytes: Number(oplogBytes) });
}

module.exports = { ask };
// 6836306bc37ed5bd backup/components/mongodb/mongosh/settle.js
