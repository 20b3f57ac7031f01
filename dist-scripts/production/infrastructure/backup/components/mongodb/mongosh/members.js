// The other members of the replica set, and in which state they are. Asked are all but
// this one, each on its own address, which takes no login.

const fs = require('fs');
const { uriOfProfile, directly, toMember, namesSeveral, commandAt, briefly } = require('./connection.js');

async function helloOf(address, shell) {
  try {
    return { hello: await commandAt(directly(address, false, 3000), { hello: 1 }, shell), detail: '' };
  } catch (error) {
    return { hello: null, detail: briefly(error) };
  }
}

// Those that the newest set knows, and better, those that a server tells which runs.
function knownMembers(known, live) {
  const noted = known.map((member) => (typeof member.host === 'string' ? member : { host: String(member.host) }));
  if (!live) return distinct(noted);
  const now = [...(live.hosts || []), ...(live.passives || [])].map((host) => ({ host }));
  const arbiters = (live.arbiters || []).map((host) => ({ host, arbiterOnly: true }));
  return distinct([...now, ...arbiters, ...noted.filter((member) => member.hidden)]);
}

const distinct = (members) => members.filter(({ host }, index) => /^[\w.:[\]-]+$/.test(host) && members.findIndex((one) => one.host === host) === index);

function stateOf(hello, detail) {
  const state = hello && !hello.setName && hello.isreplicaset ? 'empty' : hello ? 'running' : /ECONNREFUSED/.test(detail) ? 'down' : 'unknown';
  return { state, detail: { empty: 'it is empty', running: 'it runs', down: 'it is down' }[state] || detail };
}

async function ask({ member }, shell) {
  const uri = uriOfProfile();
  const { hello: own } = await helloOf(namesSeveral(uri) ? toMember(uri, member) : uri, shell);
  const live = own && own.setName ? own : null;
  const all = knownMembers(JSON.parse(fs.readFileSync('known.json', 'utf8')), live);
  const self = [live && live.me, member].find((host) => all.some((one) => one.host === host));
  const others = all.filter(({ host }) => host !== self);
  for (const other of others) {
    const { hello, detail } = await helloOf(toMember(uri, other.host), shell);
    Object.assign(other, stateOf(hello, detail));
  }
  return { self: self || '', others };
}

module.exports = { ask, knownMembers, stateOf };
// 3d1081bc3bc517aa backup/components/mongodb/mongosh/members.js
