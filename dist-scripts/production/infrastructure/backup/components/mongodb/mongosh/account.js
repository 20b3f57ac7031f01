// Whether the account of the profile can log in to what was restored: the accounts come
// back as they were, and so do their passwords.

const { uriOfProfile, directly, connectTo, commandAt, briefly } = require('./connection.js');

// Who logs in by a connection string, and how.
function loginOf(uri) {
  const [, login = ''] = /^mongodb(?:\+srv)?:\/\/([^@/?]*)@/.exec(uri) || [];
  const option = (name) => (new RegExp('[?&]' + name + '=([^&]*)', 'i').exec(uri) || ['', ''])[1];
  const source = option('authSource') || 'admin';
  return { login, source, mechanism: option('authMechanism'), account: login && decodeURIComponent(source) + '.' + decodeURIComponent(login.split(':')[0]) };
}

// Whose certificate it is, the server of now says.
async function certified(uri, shell) {
  const answer = { means: 'its certificate', account: '', untried: '' };
  try {
    const { authInfo } = await commandAt(directly(uri, true, 5000), { connectionStatus: 1 }, shell);
    const [{ db, user }] = authInfo.authenticatedUsers;
    answer.account = db + '.' + user;
  } catch (error) {
    answer.untried = 'whose certificate it is, the server of now does not say: ' + briefly(error);
  }
  return answer;
}

// What an administrator types to mend it.
function cureFor(account, known, byCertificate) {
  const dot = account.indexOf('.');
  const [database, user] = [account.slice(0, dot), account.slice(dot + 1)].map((name) => JSON.stringify(name));
  const password = byCertificate ? '' : 'pwd: passwordPrompt(), ';
  return 'db.getSiblingDB(' + database + (known ? ').changeUserPassword(' + user + ', passwordPrompt())'
    : ').createUser({ user: ' + user + ', ' + password + "roles: ['backup', 'clusterMonitor', 'restore'].map((role) => ({ role, db: 'admin' })) })");
}

async function tryLogin(account, { login, source, mechanism }, place, shell) {
  const byCertificate = mechanism === 'MONGODB-X509';
  const answer = { refused: '', untried: '', cure: '' };
  try {
    const client = await connectTo('mongodb://' + place, shell);
    const known = (await client.getDB('admin').getCollection('system.users').findOne({ _id: account })) !== null;
    answer.refused = known ? 'its password was another one then' : 'there was no such account then';
    answer.cure = cureFor(account, known, byCertificate);
    if (known && !byCertificate) await commandAt('mongodb://' + login + '@' + place + '&authSource=' + source + (mechanism && '&authMechanism=' + mechanism), { ping: 1 }, shell);
    if (known) answer.refused = '';
  } catch (error) {
    if (error.code !== 18) Object.assign(answer, { refused: '', untried: briefly(error) });
  }
  return answer;
}

async function ask({ socket }, shell) {
  const uri = uriOfProfile();
  const how = loginOf(uri);
  const answer = { account: how.account, means: 'the password of now', refused: '', untried: '', cure: '' };
  if (how.mechanism === 'MONGODB-X509') {
    const { account, ...told } = await certified(uri, shell);
    Object.assign(answer, told, { account: account || answer.account });
  } else if (how.mechanism !== '' && !how.mechanism.startsWith('SCRAM')) {
    answer.untried = how.mechanism + ' needs the real server';
  }
  if (answer.account !== '' && answer.untried === '') {
    const place = encodeURIComponent(socket) + '/?directConnection=true&serverSelectionTimeoutMS=20000';
    Object.assign(answer, await tryLogin(answer.account, how, place, shell));
  }
  return answer;
}

module.exports = { ask, loginOf, cureFor };
// e3cf50df2282852f backup/components/mongodb/mongosh/account.js
