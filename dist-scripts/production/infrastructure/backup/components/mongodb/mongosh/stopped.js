// Stops the other members that run, and answers in which state they are then.

const fs = require('fs');
const { uriOfProfile, directly, toMember, commandAt, briefly } = require('./connection.js');

async function stop(member, call, { sleep }) {
  let refused = '';
  try {
    await call(member.host, true, { shutdown: 1, force: true, timeoutSecs: 1 });
  } catch (error) {
    refused = briefly(error); // one that stops ends the connection too
  }
  for (let tries = 0; tries < 30; tries += 1) {
    try {
      await call(member.host, false, { hello: 1 });
    } catch {
      return { ...member, state: 'down', detail: 'it was stopped' };
    }
    if (/authori|authentic/i.test(refused)) break;
    await sleep(500);
  }
  return { ...member, detail: 'it still runs: ' + refused };
}

async function ask(_, shell) {
  const uri = uriOfProfile();
  const call = (host, login, command) => commandAt(directly(toMember(uri, host), login, 3000), command, shell);
  const others = [];
  for (const member of JSON.parse(fs.readFileSync('others.json', 'utf8'))) {
    others.push(member.state === 'running' ? await stop(member, call, shell) : member);
  }
  return others;
}

module.exports = { ask };
// 95a64d0fd442ced1 backup/components/mongodb/mongosh/stopped.js
