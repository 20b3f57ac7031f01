// The private server is filled over its socket with the very bytes of the dump: no
// driver reads them, and none can change them. mongorestore looks for empty timestamps
// in a way that takes hours for a document of a few megabytes of random bytes.

const net = require('net');
const { fields, inner, stringOf } = require('./read-dump.js');

// --- BSON from values: a list of pairs is a document, so that the order of fields is kept.
const int32 = (value) => ({ type: 16, bytes: write(4, (b) => b.writeInt32LE(value)) });
const long = (value) => ({ type: 18, bytes: write(8, (b) => b.writeBigInt64LE(BigInt(value))) });
const double = (value) => ({ type: 1, bytes: write(8, (b) => b.writeDoubleLE(value)) });
const date = (value) => ({ ...long(value), type: 9 });
const stamp = ({ t, i }) => ({ type: 17, bytes: write(8, (b) => { b.writeUInt32LE(i, 0); b.writeUInt32LE(t, 4); }) });
const binary = (bytes, subtype) => ({ type: 5, bytes: Buffer.concat([int32(bytes.length).bytes, Buffer.from([subtype]), bytes]) });
const uuid = (bytes) => binary(bytes, 4);
const raw = (bytes) => ({ type: 3, bytes });
const text = (value) => Buffer.concat([int32(Buffer.byteLength(value) + 1).bytes, Buffer.from(value + '\0')]);
const cstring = (value) => Buffer.from(value + '\0');

function write(length, fill) {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes;
}

function valueOf(value) {
  if (value === null) return { type: 10, bytes: Buffer.alloc(0) };
  if (typeof value === 'boolean') return { type: 8, bytes: Buffer.from([value ? 1 : 0]) };
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? int32(value) : double(value);
  if (typeof value === 'string') return { type: 2, bytes: text(value) };
  if (Array.isArray(value)) return { type: 4, bytes: documentOf(value.map((item, index) => [String(index), item])) };
  if (value.pairs) return raw(documentOf(value.pairs));
  return value;
}

function documentOf(pairs) {
  const parts = pairs.map(([name, value]) => {
    const { type, bytes } = valueOf(value);
    return Buffer.concat([Buffer.from([type]), cstring(name), bytes]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 5).bytes, body, Buffer.from([0])]);
}

// --- Extended JSON as mongodump writes it. JSON.parse would put fields that look like numbers first.
function parse(json) {
  let at = 0;
  const space = /[\s,:]*/y;
  const token = /"(?:[^"\\]|\\.)*"|[^\s,:\]}]+/y;
  function next(pattern) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(json);
    at = pattern.lastIndex;
    return found;
  }
  function value() {
    next(space);
    if (json[at] === '{' || json[at] === '[') {
      const isArray = json[at++] === '[';
      const items = [];
      for (next(space); json[at] !== '}' && json[at] !== ']'; next(space)) items.push(isArray ? value() : [value(), value()]);
      at += 1;
      return isArray ? items : special(items);
    }
    return JSON.parse(next(token));
  }
  return value();
}

// The shell knows how a decimal is written; a module cannot reach it by itself.
const decimals = { of: () => { throw new Error('no decimals'); } };

const plainOf = (value) => (value && value.pairs ? Object.fromEntries(value.pairs.map(([name, inside]) => [name, plainOf(inside)])) : value);

function special(pairs) {
  const [[name, value] = ['', null]] = pairs;
  if (pairs.length > 2 || !name.startsWith('$')) return { pairs };
  const alone = pairs.length === 1;
  if (alone && name === '$numberInt') return int32(Number(value));
  if (alone && name === '$numberLong') return long(value);
  if (alone && name === '$numberDouble') return double(Number(value));
  if (alone && name === '$numberDecimal') return { type: 19, bytes: Buffer.from(decimals.of(value)) };
  if (alone && name === '$oid') return { type: 7, bytes: Buffer.from(value, 'hex') };
  if (alone && name === '$date') return date(typeof value === 'string' ? Date.parse(value) : value.bytes.readBigInt64LE());
  if (alone && name === '$symbol') return { type: 14, bytes: text(value) };
  if (alone && name === '$undefined') return { type: 6, bytes: Buffer.alloc(0) };
  if (alone && name === '$minKey') return { type: 255, bytes: Buffer.alloc(0) };
  if (alone && name === '$maxKey') return { type: 127, bytes: Buffer.alloc(0) };
  if (alone && name === '$code') return { type: 13, bytes: text(value) };
  if (alone && name === '$timestamp') return stamp(plainOf(value));
  if (alone && name === '$binary' && value.pairs) {
    const { base64, subType } = plainOf(value);
    return binary(Buffer.from(base64, 'base64'), parseInt(subType, 16));
  }
  if (alone && name === '$regularExpression' && value.pairs) {
    const { pattern, options } = plainOf(value);
    return { type: 11, bytes: Buffer.concat([cstring(pattern), cstring(options)]) };
  }
  if (name === '$code' && pairs[1][0] === '$scope') {
    const body = Buffer.concat([text(value), documentOf(pairs[1][1].pairs)]);
    return { type: 15, bytes: Buffer.concat([int32(body.length + 4).bytes, body]) };
  }
  return { pairs };
}

// --- The server
let requests = 0;

// One connection, one request at a time.
async function connect(socket) {
  const stream = net.connect(socket);
  await new Promise((resolve, reject) => stream.once('connect', resolve).once('error', reject));
  let [held, waiting] = [[], null];
  stream.on('error', (error) => waiting && waiting.reject(error));
  stream.on('close', () => waiting && waiting.reject(new Error('the private mongod went away')));
  stream.on('data', (chunk) => {
    held.push(chunk);
    const bytes = held.length === 1 ? chunk : Buffer.concat(held);
    held = [bytes];
    if (bytes.length < 4 || bytes.length < bytes.readInt32LE(0)) return;
    held = [];
    waiting.resolve(bytes.subarray(21));
    waiting = null;
  });
  // A command, and where there are any, documents that go beside it. The answer is BSON.
  function send(database, pairs, documents) {
    const command = documentOf([...pairs, ['$db', database]]);
    const sequence = documents ? [Buffer.from([1]), int32(documents.bytes.length + 14).bytes, cstring('documents'), documents.bytes] : [];
    const length = 21 + command.length + sequence.reduce((sum, part) => sum + part.length, 0);
    const header = write(21, (b) => {
      b.writeInt32LE(length, 0);
      b.writeInt32LE((requests += 1), 4);
      b.writeInt32LE(2013, 12);
    });
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      stream.write(Buffer.concat([header, command, ...sequence]));
    });
  }
  async function command(database, pairs, documents) {
    const answer = await send(database, pairs, documents);
    const { ok, errmsg, code, writeErrors } = summaryOf(answer);
    if (ok !== 1 || writeErrors !== null) throw new Error(database + ' ' + pairs[0][0] + ' ' + String(pairs[0][1]) + ': ' + (errmsg || firstError(writeErrors) || 'no answer') + ' (' + code + ')');
    return answer;
  }
  // All documents of a cursor.
  async function all(database, pairs) {
    const found = [];
    let cursor = inner(await command(database, pairs), 'cursor');
    for (;;) {
      for (const document of documentsIn(inner(cursor, 'firstBatch') || inner(cursor, 'nextBatch'))) found.push(Buffer.from(document));
      const id = idOf(cursor);
      if (id === 0n) return found;
      const namespace = stringOf(cursor, 'ns');
      cursor = inner(await command(database, [['getMore', long(id)], ['collection', namespace.slice(namespace.indexOf('.') + 1)]]), 'cursor');
    }
  }
  return { send, command, all, close: () => stream.destroy() };
}

function documentsIn(array) {
  const found = [];
  fields(array, (_, type, value) => { found.push(array.subarray(value, value + array.readInt32LE(value))); });
  return found;
}

function idOf(cursor) {
  let id = 0n;
  fields(cursor, (name, type, value) => { if (name === 'id') id = cursor.readBigInt64LE(value); });
  return id;
}

function summaryOf(answer) {
  const found = { ok: 0, errmsg: stringOf(answer, 'errmsg'), code: 0, writeErrors: inner(answer, 'writeErrors') };
  fields(answer, (name, type, value) => {
    if (name === 'ok') found.ok = type === 1 ? answer.readDoubleLE(value) : answer.readInt32LE(value);
    if (name === 'code') found.code = answer.readInt32LE(value);
  });
  return found;
}

function firstError(writeErrors) {
  return writeErrors === null ? '' : stringOf(documentsIn(writeErrors)[0], 'errmsg');
}

module.exports = { decimals, connect, documentOf, valueOf, parse, plainOf, documentsIn, summaryOf, int32, long, date, stamp, uuid, raw };
// b0bf7dc71e337859 backup/components/mongodb/mongosh/wire.js
