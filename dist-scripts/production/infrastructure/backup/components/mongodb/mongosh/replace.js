// Puts a collection into the place of another, which is kept under a name of its own.

const { uriOfProfile, directly, connectTo, splitName } = require('./connection.js');

// In the shell a rename that failed may say so in its answer only.
async function rename(database, from, to) {
  const { ok, errmsg } = await database.getCollection(from).renameCollection(to);
  if (!ok) throw new Error(from + ' cannot be renamed to ' + to + ': ' + errmsg);
}

async function ask({ namespace, beside, aside }, shell) {
  const client = await connectTo(directly(uriOfProfile(), true), shell);
  const [databaseName, name] = splitName(namespace);
  const database = client.getDB(databaseName);
  const there = (await database.getCollectionInfos({ name }, { nameOnly: true })).length > 0;
  if (there) await rename(database, name, aside);
  try {
    await rename(database, beside, name);
  } catch (error) {
    if (there) await rename(database, aside, name);
    throw error;
  }
  return { done: true, aside: there };
}

module.exports = { ask };
// e84ae7c841254143 backup/components/mongodb/mongosh/replace.js
