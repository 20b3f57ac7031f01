// mongorestore --drop leaves collections of the system, such as system.js, and would
// fail on what stands in them: those that the copy brings are emptied by name.

const fs = require('fs');
const path = require('path');
const { uriOfProfile, connectTo } = require('./connection.js');

const isEmptied = (database, name) =>
  name.startsWith('system.') && !name.startsWith('system.buckets.') && !(database === 'admin' && ['system.users', 'system.roles', 'system.version'].includes(name));

async function ask({ copy }, shell) {
  const client = await connectTo(uriOfProfile(), shell);
  const cleared = [];
  for (const database of fs.readdirSync(copy)) {
    if (!fs.statSync(path.join(copy, database)).isDirectory()) continue;
    for (const file of fs.readdirSync(path.join(copy, database))) {
      const name = file.slice(0, -'.bson'.length);
      if (!file.endsWith('.bson') || !isEmptied(database, name)) continue;
      await client.getDB(database).getCollection(name).deleteMany({});
      cleared.push(database + '.' + name);
    }
  }
  return { cleared };
}

module.exports = { ask };
// fa76947713d71202 backup/components/mongodb/mongosh/clear.js
