// Waits until the server is a primary, or a member where others are needed for one.

const { uriOfProfile, directly, toMember, namesSeveral, commandAt, briefly } = require('./connection.js');

async function ask({ member, enough }, shell) {
  let answer = { primary: false, detail: 'no answer' };
  const uri = uriOfProfile();
  const address = member && namesSeveral(uri) ? toMember(uri, member) : uri;
  const end = Date.now() + 300000;
  while (!answer.primary && Date.now() < end) {
    try {
      const hello = await commandAt(directly(address, false), { hello: 1 }, shell);
      const served = hello.isWritablePrimary === true || (enough === 'true' && hello.secondary === true);
      answer = { primary: served, detail: hello.info || 'still starting' };
    } catch (error) {
      answer.detail = briefly(error);
    }
    if (!answer.primary) await shell.sleep(500);
  }
  return answer;
}

module.exports = { ask };
// 98aef692aadf817e backup/components/mongodb/mongosh/primary.js
