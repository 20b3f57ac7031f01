// @ts-check
// Which server a connection string leads to, and how it is reached.

const fs = require('fs');

// It may hold a password, so it stands in a file, and in no argument list.
const uriOfProfile = () => fs.readFileSync('mongodb.uri', 'utf8');

/**
 * @typedef {{ getDB: (name: string) => any, connect?: () => Promise<unknown>, close?: () => Promise<unknown> }} Client
 * @typedef {{ Mongo: new (uri: string) => Client | Promise<Client> }} Shell what only mongosh has
 */

/**
 * A standalone must answer too, to be named, and a server whose accounts are not
 * known yet: so the set name, and where wanted the login, are left out.
 * @param {string} uri
 * @param {boolean} login
 * @param {number} patience in milliseconds
 */
function directly(uri, login, patience = 10000) {
  const single = !uri.startsWith('mongodb+srv:') && !namesSeveral(uri);
  const known = login ? uri : uri.replace(/\/\/.*@/, '//').replace(/([?&])auth[A-Za-z]*=[^&]*/g, '$1');
  const plain = known.replace(/(?<=[?&])(replicaSet|serverSelectionTimeoutMS|directConnection)=[^&]*&?/gi, '').replace(/[?&]+$/, '');
  const slash = /^mongodb(\+srv)?:\/\/[^/?]*$/.test(plain) ? '/' : '';
  const joint = plain.includes('?') ? '&' : '?';
  return plain + slash + joint + 'serverSelectionTimeoutMS=' + patience + (single ? '&directConnection=true' : '');
}

/**
 * The same connection to one member, whichever the string names.
 * @param {string} uri
 * @param {string} host
 */
function toMember(uri, host) {
  const secured = uri.startsWith('mongodb+srv:') && !/[?&](tls|ssl)=/.test(uri);
  const there = uri.replace(/^mongodb(\+srv)?:\/\/([^@/?]*@)?[^/?]*/, (_, srv, login) => 'mongodb://' + (login || '') + host);
  const options = there.includes('?') ? '&tls=true' : (/\/\/[^/]*\//.test(there) ? '' : '/') + '?tls=true';
  return secured ? there + options : there;
}

/** @param {string} uri */
const namesSeveral = (uri) => uri.replace(/\?.*/s, '').includes(',');

/** @param {string} uri @param {Shell} shell */
async function connectTo(uri, { Mongo }) {
  const client = await new Mongo(uri);
  if (client.connect) await client.connect();
  return client;
}

/** @param {string} uri @param {object} command @param {Shell} shell */
async function commandAt(uri, command, shell) {
  const client = await connectTo(uri, shell);
  return client.getDB('admin').runCommand(command);
}

/**
 * What went wrong in one line, and without a password.
 * @param {any} error
 */
const briefly = (error) => String(error.message).replace(/\n.*/s, '').replace(/[^\s@/]*@/g, '***@');

/**
 * The database of a namespace, and the name in it.
 * @param {string} namespace
 */
const splitName = (namespace) => [namespace.slice(0, namespace.indexOf('.')), namespace.slice(namespace.indexOf('.') + 1)];

module.exports = { uriOfProfile, directly, toMember, namesSeveral, connectTo, commandAt, briefly, splitName };
// 5106f816e884f1c5 backup/components/mongodb/mongosh/connection.js
