# --- MongoDB: from the private server to one that runs -----------------------------

dump_private_mongod() { # <new directory> [option of mongodump...]
  local directory="$1" status=0
  shift
  "${BOUNDED[@]}" mongodump --uri="${PRIVATE_URI}" "$@" --out="${directory}" >"${WORK_DIR}/mongodump.log" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "mongodump could not read the private server (status ${status}); see above"
  fi
}

# What was held is written as it was, also where a validator would refuse it today.
# mongorestore passes over failed documents and still ends with 0.
copy_to_server() { # <copy> <namespace for its only collection, or nothing> [option of mongorestore...]
  local copy="$1" to="$2" workers=4 status=0 parted
  shift 2
  if grep --quiet --recursive --include='*.metadata.json' '"capped":' "${copy}"; then
    workers=1 # several would mix up the order of a capped collection
  fi
  if [[ " $* " == *' --drop '* ]]; then
    ask_mongodb clear "COPY=${copy}"
  fi
  write_mongodb_readers
  cp -- "${INFRASTRUCTURE}/backup/components/mongodb/decode.js" "${WORK_DIR}/"
  ask_mongodb part "COPY=${copy}"
  parted="$(jq --raw-output '.parted | join(", ")' "${WORK_DIR}/part.json")"
  "${BOUNDED[@]}" mongorestore --config="${WORK_DIR}/mongodb.yaml" "$@" --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection="${workers}" --dir="${copy}" >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  if ((status != 0)) || ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore could not write everything (status ${status}); see above, and what it wrote is not whole"
  fi
  if [[ -n ${parted} ]]; then
    info "mongorestore would take hours for some large documents of ${parted}: they are written one by one"
    ask_mongodb place "COPY=${copy}" "TO=${to}"
  fi
}

# mongorestore looks for empty timestamps in a way that takes hours for a few megabytes
# of random bytes, or of bytes 0x11: such documents are taken out of the copy.
mongodb_part_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const { documentsOf, walk } = require(process.cwd() + '/read-dump.js');
const { isSlow } = require(process.cwd() + '/decode.js');
const copy = process.env.COPY;
const parted = [];
for (const database of fs.readdirSync(copy).filter((name) => fs.statSync(path.join(copy, name)).isDirectory())) {
  for (const name of fs.readdirSync(path.join(copy, database)).filter((one) => one.endsWith('.bson'))) {
    const file = path.join(copy, database, name);
    let slow = 0;
    walk(file, (document) => { if (isSlow(document)) slow += 1; });
    if (slow === 0) continue;
    const [rest, aside] = [fs.openSync(file + '.rest', 'w'), fs.openSync(file + '.slow', 'w')];
    for (const document of documentsOf(file, {})) fs.writeSync(isSlow(document) ? aside : rest, document);
    fs.closeSync(rest);
    fs.closeSync(aside);
    fs.renameSync(file + '.rest', file);
    parted.push(database + '/' + name);
  }
}
fs.writeFileSync('part.json', JSON.stringify({ parted }));
EOF_JS
}

# What was taken out is written by the driver, value by value, and its size compared.
mongodb_place_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const { documentsOf } = require(process.cwd() + '/read-dump.js');
const { decode } = require(process.cwd() + '/decode.js');
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
const types = client._serviceProvider.bsonLibrary;
const copy = process.env.COPY;
const { parted } = JSON.parse(fs.readFileSync('part.json', 'utf8'));
for (const file of parted) {
  const [database, stem] = file.split('/');
  const metadata = path.join(copy, database, stem.replace(/\.bson$/, '').replace(/^system\.buckets\./, '') + '.metadata.json');
  const named = JSON.parse(fs.readFileSync(metadata, 'utf8')).collectionName;
  const wanted = process.env.TO ? process.env.TO.slice(process.env.TO.indexOf('.') + 1) : named;
  const collection = stem.startsWith('system.buckets.') ? 'system.buckets.' + wanted : wanted;
  for (const bytes of documentsOf(path.join(copy, database, stem + '.slow'), {})) {
    const document = decode(bytes, types);
    const { writeErrors } = client.getDB(database).runCommand({ insert: collection, documents: [document], bypassDocumentValidation: true });
    if (writeErrors) throw new Error(database + '.' + collection + ': ' + writeErrors[0].errmsg);
    const [{ size }] = client.getDB(database).getCollection(collection).aggregate([{ $match: { _id: document.get('_id') } }, { $project: { size: { $bsonSize: '$$ROOT' } } }]).toArray();
    if (Number(size) !== bytes.length) throw new Error('a document of ' + database + '.' + collection + ' has ' + size + ' of ' + bytes.length + ' bytes');
  }
  fs.unlinkSync(path.join(copy, database, stem + '.slow'));
}
fs.writeFileSync('place.json', JSON.stringify({ placed: parted }));
EOF_JS
}

# mongorestore --drop leaves collections of the system, such as system.js, and would
# fail on what stands in them: those that the copy brings are emptied by name.
mongodb_clear_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
const cleared = [];
for (const database of fs.readdirSync(process.env.COPY)) {
  if (!fs.statSync(process.env.COPY + '/' + database).isDirectory()) continue;
  for (const file of fs.readdirSync(process.env.COPY + '/' + database)) {
    const [, name] = /^(system\..*)\.bson$/.exec(file) || [];
    if (!name || name.startsWith('system.buckets.') || (database === 'admin' && ['system.users', 'system.roles', 'system.version'].includes(name))) continue;
    client.getDB(database).getCollection(name).deleteMany({});
    cleared.push(database + '.' + name);
  }
}
fs.writeFileSync('clear.json', JSON.stringify({ cleared }));
EOF_JS
}
# 7ff4f8a681f72688 backup/components/mongodb/copy.sh
