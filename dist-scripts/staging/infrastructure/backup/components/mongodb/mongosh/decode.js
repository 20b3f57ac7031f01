// @ts-check
// Documents as values of the driver, for the few that mongorestore cannot write.

const { fields, documentAt, textAt, stampAt } = require('./read-dump.js');

/**
 * What mongorestore does grows with the number of these bytes times the length.
 * @param {Buffer} document
 */
function isSlow(document) {
  let count = 0;
  for (let at = document.indexOf(0x11); at !== -1 && document.length > 65536; at = document.indexOf(0x11, at + 1)) count += 1;
  return count * document.length > 2e9;
}

/** @typedef {typeof import('mongodb').BSON} Types the library of the driver */

/**
 * A document as a map, in which each value has the type that it had.
 * @param {Buffer} document
 * @param {Types} types
 * @returns {Map<string, unknown>}
 */
function decode(document, types) {
  const found = new Map();
  fields(document, (name, type, value) => { found.set(name, valueAt(document, type, value, types)); });
  return found;
}

/** @param {Buffer} document @param {number} value @param {Types} types */
function binaryAt(document, value, { Binary }) {
  const subtype = document.readUInt8(value + 4);
  const from = value + 5 + (subtype === 2 ? 4 : 0);
  return new Binary(Buffer.from(document.subarray(from, value + 5 + document.readInt32LE(value))), subtype);
}

/** @param {Buffer} document @param {number} value @param {Types} types */
function expressionAt(document, value, { BSONRegExp }) {
  const end = document.indexOf(0, value);
  return new BSONRegExp(document.toString('utf8', value, end), document.toString('utf8', end + 1, document.indexOf(0, end + 1)));
}

/** @param {Buffer} document @param {number} type @param {number} value @param {Types} types @returns {unknown} */
function valueAt(document, type, value, types) {
  /** @type {Record<number, () => unknown>} */
  const readers = {
    1: () => new types.Double(document.readDoubleLE(value)),
    2: () => textAt(document, value),
    3: () => decode(documentAt(document, value), types),
    4: () => [...decode(documentAt(document, value), types).values()],
    5: () => binaryAt(document, value, types),
    7: () => new types.ObjectId(Buffer.from(document.subarray(value, value + 12))),
    8: () => document[value] === 1,
    9: () => new Date(Number(document.readBigInt64LE(value))),
    10: () => null,
    11: () => expressionAt(document, value, types),
    13: () => new types.Code(textAt(document, value)),
    14: () => new types.BSONSymbol(textAt(document, value)),
    16: () => new types.Int32(document.readInt32LE(value)),
    17: () => new types.Timestamp(stampAt(document, value)),
    18: () => new types.Long(document.readInt32LE(value), document.readInt32LE(value + 4)),
    19: () => new types.Decimal128(Buffer.from(document.subarray(value, value + 16))),
    127: () => new types.MaxKey(),
    255: () => new types.MinKey(),
  };
  const read = readers[type];
  if (!read) throw new Error('a large document holds a value of the BSON type ' + type + ', which cannot be written here');
  return read();
}

module.exports = { isSlow, decode };
// 86a0b7f2b3bed9b1 backup/components/mongodb/mongosh/decode.js
