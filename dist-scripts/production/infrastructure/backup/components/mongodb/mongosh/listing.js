// Every collection with its UUID, those of the system too; what a server keeps for
// itself is left out.
async function listingOf(client, { EJSON }) {
  const found = [];
  const { databases } = await client.getDB('admin').runCommand({ listDatabases: 1, nameOnly: true, authorizedDatabases: false });
  for (const { name } of databases) {
    if (name === 'local' || name === 'config') continue;
    for (const { name: collection, type, options, info } of await client.getDB(name).getCollectionInfos()) {
      found.push({ namespace: name + '.' + collection, type, ...(info.uuid ? { uuid: hexOf(info.uuid) } : {}),
        ...(collection.startsWith('system.') ? { options: JSON.parse(EJSON.stringify(options, { relaxed: false })) } : {}) });
    }
  }
  return found;
}

const hexOf = (uuid) => uuid.toString('hex').replace(/-/g, '');

module.exports = { listingOf, hexOf };
// fe98b0dbe1b24832 backup/components/mongodb/mongosh/listing.js
