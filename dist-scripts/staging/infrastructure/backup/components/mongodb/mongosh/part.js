// mongorestore looks for empty timestamps in a way that takes hours for a few megabytes
// of random bytes, or of bytes 0x11: such documents are taken out of the copy.

const fs = require('fs');
const path = require('path');
const { documentsOf, walk } = require('./read-dump.js');
const { isSlow } = require('./decode.js');

// Leaves the slow documents of a file beside it, and says whether there are any.
function partedFile(file) {
  let slow = 0;
  const { whole } = walk(file, (document) => { if (isSlow(document)) slow += 1; });
  if (!whole) throw new Error(file + ' is cut off or damaged');
  if (slow === 0) return false;
  const [rest, aside] = [fs.openSync(file + '.rest', 'w'), fs.openSync(file + '.slow', 'w')];
  for (const document of documentsOf(file, {})) fs.writeSync(isSlow(document) ? aside : rest, document);
  fs.closeSync(rest);
  fs.closeSync(aside);
  fs.renameSync(file + '.rest', file);
  return true;
}

function ask({ copy }) {
  const parted = [];
  for (const database of fs.readdirSync(copy).filter((name) => fs.statSync(path.join(copy, name)).isDirectory())) {
    for (const name of fs.readdirSync(path.join(copy, database)).filter((one) => one.endsWith('.bson'))) {
      if (partedFile(path.join(copy, database, name))) parted.push(database + '/' + name);
    }
  }
  return { parted };
}

module.exports = { ask };
// c65199cf37a18e76 backup/components/mongodb/mongosh/part.js
