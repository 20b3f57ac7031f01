// What was taken out of a copy is written by the driver, value by value, and its size compared.

const fs = require('fs');
const path = require('path');
const { uriOfProfile, connectTo } = require('./connection.js');
const { documentsOf } = require('./read-dump.js');
const { decode } = require('./decode.js');

// Which collection the documents of a file go into.
function collectionOf(copy, database, stem, to) {
  const metadata = path.join(copy, database, stem.replace(/\.bson$/, '').replace(/^system\.buckets\./, '') + '.metadata.json');
  const named = JSON.parse(fs.readFileSync(metadata, 'utf8')).collectionName;
  const wanted = to ? to.slice(to.indexOf('.') + 1) : named;
  return stem.startsWith('system.buckets.') ? 'system.buckets.' + wanted : wanted;
}

async function placeDocument(client, database, collection, bytes) {
  const document = decode(bytes, client._serviceProvider.bsonLibrary);
  const { writeErrors } = await client.getDB(database).runCommand({ insert: collection, documents: [document], bypassDocumentValidation: true });
  if (writeErrors) throw new Error(database + '.' + collection + ': ' + writeErrors[0].errmsg);
  const size = { $project: { size: { $bsonSize: '$$ROOT' } } };
  const cursor = await client.getDB(database).getCollection(collection).aggregate([{ $match: { _id: document.get('_id') } }, size]);
  const [written] = await cursor.toArray();
  if (Number(written.size) !== bytes.length) throw new Error('a document of ' + database + '.' + collection + ' has ' + written.size + ' of ' + bytes.length + ' bytes');
}

async function ask({ copy, to }, shell) {
  const client = await connectTo(uriOfProfile(), shell);
  const { parted } = JSON.parse(fs.readFileSync('part.json', 'utf8'));
  for (const file of parted) {
    const [database, stem] = file.split('/');
    const collection = collectionOf(copy, database, stem, to);
    const slow = path.join(copy, database, stem + '.slow');
    for (const bytes of documentsOf(slow, {})) await placeDocument(client, database, collection, bytes);
    fs.unlinkSync(slow);
  }
  return { placed: parted };
}

module.exports = { ask };
// 1771c9fe56341951 backup/components/mongodb/mongosh/place.js
