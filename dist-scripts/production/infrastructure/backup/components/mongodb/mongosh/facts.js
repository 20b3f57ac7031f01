// What the server is, what it holds, and why it cannot be used if it cannot.

const { uriOfProfile, directly, connectTo, briefly } = require('./connection.js');
const { listingOf } = require('./listing.js');

async function attempt(question, otherwise) {
  try { return await question(); } catch { return otherwise; }
}

// Key files, certificates and what else of its configuration is a path.
function filesIn(options, place = '') {
  return Object.entries(options).flatMap(([name, value]) => {
    if (typeof value === 'string') return value.startsWith('/') ? [{ option: place + name, path: value }] : [];
    return value && typeof value === 'object' ? filesIn(value, place + name + '.') : [];
  });
}

const stamp = (e) => ({ t: e.ts.getHighBits(), i: e.ts.getLowBits() });

async function oplogOf(client) {
  const oplog = client.getDB('local').getCollection('oplog.rs');
  const end = async (order) => stamp(await (await oplog.find({}, { ts: 1 })).sort({ $natural: order }).limit(1).next());
  const size = async () => Number((await (await oplog.aggregate([{ $collStats: { storageStats: {} } }])).next()).storageStats.maxSize);
  return { oplog: { first: await end(1), last: await end(-1) }, oplogMaxBytes: await attempt(size, 0) };
}

// The answer is filled as far as the server answers.
async function look(answer, client, run, hello, shell) {
  const list = await run({ listDatabases: 1, authorizedDatabases: false });
  const databases = list.databases.map((d) => d.name);
  answer.fcv = await attempt(async () => (await run({ getParameter: 1, featureCompatibilityVersion: 1 })).featureCompatibilityVersion.version, '');
  const options = await attempt(async () => (await run({ getCmdLineOpts: 1 })).parsed, null);
  answer.storage = (options && options.storage) || {};
  answer.files = options && filesIn(options);
  const [account] = (await run({ connectionStatus: 1 })).authInfo.authenticatedUsers;
  answer.account = account ? account.db + '.' + account.user : '';
  const config = await attempt(() => client.getDB('local').getCollection('system.replset').findOne(), undefined);
  answer.replicaSetId = config && config.settings && config.settings.replicaSetId ? String(config.settings.replicaSetId) : '';
  answer.members = ((config && config.members) || []).map(({ host, hidden, arbiterOnly }) => ({ host, hidden: hidden === true, arbiterOnly: arbiterOnly === true }));
  answer.listing = await listingOf(client, shell);
  answer.namespaces = answer.listing.map((c) => c.namespace).filter((namespace) => !/^[^.]+\.system\./.test(namespace));
  answer.rawBytes = 0;
  for (const d of databases) {
    if (d !== 'local') answer.rawBytes += await attempt(async () => Number((await client.getDB(d).runCommand({ dbStats: 1 })).dataSize), 0);
  }
  answer.majority = hello.lastWrite ? stamp(hello.lastWrite.majorityOpTime) : null;
  Object.assign(answer, await oplogOf(client));
}

async function introduce(answer, shell) {
  const client = await connectTo(directly(uriOfProfile(), true), shell);
  const run = (command) => client.getDB('admin').runCommand(command);
  const hello = await run({ hello: 1 });
  if (hello.msg === 'isdbgrid') answer.problem = 'mongos';
  else if (!hello.setName) answer.problem = 'standalone';
  answer.replicaSet = hello.setName || '';
  answer.member = hello.me || '';
  answer.version = await attempt(async () => (await run({ buildInfo: 1 })).version, '');
  answer.election = !answer.problem && !hello.isWritablePrimary && !hello.primary;
  if (!answer.problem) {
    if (!hello.isWritablePrimary && !hello.secondary) answer.problem = 'state';
    await look(answer, client, run, hello, shell);
  }
  if (client.close) await client.close();
}

// Whether the members that were seen are those of a set that has no primary.
function isElection(error) {
  return Boolean(error.reason && error.reason.type === 'ReplicaSetNoPrimary') && [...error.reason.servers.values()].some(({ type }) => /RSSecondary/.test(type));
}

function problemOf(error) {
  if (error.code === 13 && briefly(error).endsWith('requires authentication')) return 'login';
  const refused = { 11: 'login', 13: 'rights', 18: 'login', 334: 'login', 8000: 'login' }[error.code]; // no such account, password, way to log in
  return refused || (error.name === 'MongoMissingCredentialsError' ? 'login' : 'unreachable');
}

async function ask(_, shell) {
  const answer = { problem: '', detail: '', election: false };
  try {
    await introduce(answer, shell);
  } catch (error) {
    Object.assign(answer, { election: isElection(error), problem: problemOf(error), detail: briefly(error) });
  }
  return answer;
}

module.exports = { ask, filesIn, problemOf };
// 384a2e4cf16cb52c backup/components/mongodb/mongosh/facts.js
