// Which server a connection string leads to, and how it is reached.

const fs = require('fs');

// It may hold a password, so it stands in a file, and in no argument list.
const uriOfProfile = () => fs.readFileSync('mongodb.uri', 'utf8');

// A standalone must answer too, to be named, and a server whose accounts are not
// known yet: so the set name, and where wanted the login, are left out.
function directly(uri, login, patience = 10000) {
  const single = !uri.startsWith('mongodb+srv:') && !uri.split('?')[0].includes(',');
  const known = login ? uri : uri.replace(/\/\/.*@/, '//').replace(/([?&])auth[A-Za-z]*=[^&]*/g, '$1');
  const plain = known.replace(/(?<=[?&])(replicaSet|serverSelectionTimeoutMS|directConnection)=[^&]*&?/gi, '').replace(/[?&]+$/, '');
  const slash = /^mongodb(\+srv)?:\/\/[^/?]*$/.test(plain) ? '/' : '';
  const joint = plain.includes('?') ? '&' : '?';
  return plain + slash + joint + 'serverSelectionTimeoutMS=' + patience + (single ? '&directConnection=true' : '');
}

// The same connection to one member, whichever the string names.
function toMember(uri, host) {
  const secured = uri.startsWith('mongodb+srv:') && !/[?&](tls|ssl)=/.test(uri);
  const there = uri.replace(/^mongodb(\+srv)?:\/\/([^@/?]*@)?[^/?]*/, (_, srv, login) => 'mongodb://' + (login || '') + host);
  const options = there.includes('?') ? '&tls=true' : (/\/\/[^/]*\//.test(there) ? '' : '/') + '?tls=true';
  return secured ? there + options : there;
}

const namesSeveral = (uri) => uri.split('?')[0].includes(',');

async function connectTo(uri, { Mongo }) {
  const client = await new Mongo(uri);
  if (client.connect) await client.connect();
  return client;
}

async function commandAt(uri, command, shell) {
  const client = await connectTo(uri, shell);
  return client.getDB('admin').runCommand(command);
}

// What went wrong in one line, and without a password.
const briefly = (error) => String(error.message).split('\n')[0].replace(/[^\s@/]*@/g, '***@');

// The database of a namespace, and the name in it.
const splitName = (namespace) => [namespace.slice(0, namespace.indexOf('.')), namespace.slice(namespace.indexOf('.') + 1)];

module.exports = { uriOfProfile, directly, toMember, namesSeveral, connectTo, commandAt, briefly, splitName };
