# needs: lib/mongodb-client lib/mongodb-dump
# --- MongoDB: what a replay does not do after a rename ----------------------------
#
# mongorestore notes indexes by the name of their collection and builds them after
# the replay, but takes no notice of a rename: they would be built under the old
# name. Where one is replayed, it builds none, and they are built here.

REPLAYED_RENAMES=0 # up to the limit

# What the replay left undone is done, and what is there then is checked.
settle_replay() { # <dump directory> <ask_private_mongod or ask_mongodb>
  local dump="$1" ask="$2"
  if ((REPLAYED_RENAMES > 0)) \
    && ! bsondump --quiet --outFile="${WORK_DIR}/commands.json" "${WORK_DIR}/commands.bson" 2>"${WORK_DIR}/bsondump.log"; then
    quote_tool "${WORK_DIR}/bsondump.log"
    die 1 'bsondump could not read the commands of the oplog; its last lines stand above'
  fi
  "${ask}" check "DUMP=${dump}"
  if ((REPLAYED_RENAMES > 0)); then
    tell_renames
  fi
  tell_differences
}

tell_renames() {
  local built removed
  built="$(jq .built "${WORK_DIR}/renames.json")"
  removed="$(jq --raw-output '.removed | join(", ")' "${WORK_DIR}/renames.json")"
  info "collections were renamed: ${built} index(es) were built after the replay"
  if [[ -n ${removed} ]]; then
    info "removed what renames onto existing collections left behind: ${removed}"
  fi
}

# A function around it keeps its names from the script that follows.
mongodb_renames_script() {
  printf '(() => {\n'
  mongodb_indexes_script
  mongodb_leftovers_script
  printf '})();\n'
}

# Which indexes there must be: those of the dump, and what each command of the oplog
# made of them. Those of a time series may be told of its buckets.
mongodb_indexes_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const read = (text) => EJSON.parse(text, { relaxed: false });
const catalogue = new Map();
const keyOf = (database, name) => database + '.' + name.replace(/^system\.buckets\./, '');
function indexesOf(key) {
  if (!catalogue.has(key)) catalogue.set(key, new Map());
  return catalogue.get(key);
}
function add(database, name, { createIndexes, ns, ...spec }) {
  if (spec.name !== '_id_' && !spec.clustered) indexesOf(keyOf(database, name)).set(spec.name, { database, name, spec });
}
function modify(indexes, { name, keyPattern, hidden, ...rest }) {
  const same = ({ spec }) => keyPattern && EJSON.stringify(spec.key) === EJSON.stringify(keyPattern);
  const index = indexes.get(name) || [...indexes.values()].find(same);
  if (!index) return;
  Object.assign(index.spec, rest);
  if (rest.unique) delete index.spec.prepareUnique;
  if (hidden !== undefined) index.spec.hidden = hidden;
}
function apply({ ns, o }) {
  const database = ns.slice(0, ns.indexOf('.'));
  const [command] = Object.keys(o);
  const name = String(o[command]);
  const key = keyOf(database, name);
  if (command === 'create') indexesOf(key);
  else if (command === 'drop') catalogue.delete(key);
  else if (command === 'createIndexes') add(database, name, o);
  else if (command === 'commitIndexBuild') o.indexes.forEach((spec) => add(database, name, spec));
  else if (/^(drop|delete)Index(es)?$/.test(command) && o.index === '*') indexesOf(key).clear();
  else if (/^(drop|delete)Index(es)?$/.test(command)) indexesOf(key).delete(o.index);
  else if (command === 'collMod' && o.index) modify(indexesOf(key), o.index);
  else if (command === 'applyOps') o.applyOps.filter(({ op }) => op === 'c').forEach(apply);
  else if (command === 'dropDatabase') [...catalogue.keys()].filter((one) => one.startsWith(database + '.')).forEach((one) => catalogue.delete(one));
  else if (command === 'renameCollection') {
    const to = o.to.slice(o.to.indexOf('.') + 1);
    const moved = [...indexesOf(name)].map(([index, { spec }]) => [index, { database: o.to.slice(0, o.to.indexOf('.')), name: to, spec }]);
    catalogue.delete(name);
    catalogue.set(o.to, new Map(moved));
  }
}
for (const database of fs.readdirSync(process.env.DUMP)) {
  if (!fs.statSync(path.join(process.env.DUMP, database)).isDirectory()) continue;
  for (const file of fs.readdirSync(path.join(process.env.DUMP, database))) {
    if (!file.endsWith('.metadata.json')) continue;
    const { collectionName, indexes, type } = read(fs.readFileSync(path.join(process.env.DUMP, database, file), 'utf8'));
    if (type !== 'view') (indexes || []).forEach((spec) => add(database, collectionName, spec));
  }
}
fs.readFileSync('commands.json', 'utf8').split('\n').filter(Boolean).map(read).forEach(apply);
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
let built = 0;
for (const indexes of catalogue.values()) {
  for (const { database, name, spec } of indexes.values()) {
    if (['admin', 'config', 'local'].includes(database)) continue;
    if (client.getDB(database).getCollectionInfos({ name }, { nameOnly: true }).length === 0) throw new Error(database + '.' + name + ' is missing');
    client.getDB(database).runCommand({ createIndexes: name, indexes: [spec] });
    built += 1;
  }
}
EOF_JS
}

# A rename that replaced its target leaves the old target behind under a name of
# the server's own, for the replay knows collections by name only.
mongodb_leftovers_script() {
  cat <<'EOF_JS'
const expected = new Set(JSON.parse(fs.readFileSync('expected.json', 'utf8')).collections.map((c) => c.namespace));
const removed = [];
for (const { name } of client.getDB('admin').runCommand({ listDatabases: 1, nameOnly: true }).databases) {
  if (name === 'local' || name === 'config') continue;
  for (const info of client.getDB(name).getCollectionInfos({ name: /^tmp[A-Za-z0-9]{5}\.rename$/ }, { nameOnly: true })) {
    if (expected.has(name + '.' + info.name)) continue;
    client.getDB(name).getCollection(info.name).drop();
    removed.push(name + '.' + info.name);
  }
}
fs.writeFileSync('renames.json', JSON.stringify({ built, removed }));
EOF_JS
}
