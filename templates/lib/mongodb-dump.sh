# needs: lib/mongodb-client lib/mongodb-versions lib/mongodb-cover
# --- MongoDB: a dump, and whether it is whole ------------------------------------

# A dump whose own oplog cannot be recovered is no base; another try is likely to be.
take_mongodb_dump() { # <new directory>
  local directory="$1" try problem
  for try in 1 2 3; do
    dump_mongodb "${directory}"
    check_mongodb_dump "${directory}"
    problem="$(jq --raw-output .problem "${WORK_DIR}/dump.json")"
    if [[ -z ${problem} ]]; then
      return 0
    elif ((try < 3)); then
      warn "the dump could not be recovered, for ${problem}: dumping again"
      rm --recursive --force -- "${directory:?}"
    fi
  done
  die 1 "the dump could not be recovered: ${problem}"
}

# A collection that is renamed during the dump ends it; the next try is likely
# to find a quieter moment.
dump_mongodb() { # <new directory>
  local directory="$1" try status=0
  for try in 1 2 3; do
    status=0
    "${BOUNDED[@]}" mongodump --config="${WORK_DIR}/mongodb.yaml" --oplog --out="${directory}" \
      2>"${WORK_DIR}/mongodump.log" || status=$?
    if ((status == 0)); then
      return 0
    fi
    quote_tool "${WORK_DIR}/mongodump.log"
    if ((try == 3)) || ! grep --quiet --ignore-case 'rename' "${WORK_DIR}/mongodump.log"; then
      break
    fi
    warn "a collection was renamed while MongoDB was dumped, which ends a dump: trying again in $((try * 10)) s"
    rm --recursive --force -- "${directory:?}"
    pause $((try * 10))
  done
  if grep --quiet 'renames occur' "${WORK_DIR}/mongodump.log"; then
    die 1 "in each of ${try} dumps a collection was renamed, as \$out does it: a dump needs a while without that. Take full sets at a quieter hour (backup.types.full.schedule), from a secondary where that makes the dump shorter, or let the application use \$merge, which renames nothing"
  fi
  if ((status == 124 || status == 137)); then
    die 1 "mongodump took longer than ${TIMEOUT_SECONDS} s: raise backup.timeout in the profile, or look why MongoDB is slow"
  fi
  die 1 "mongodump ended with status ${status}; its last lines stand above"
}

# mongodump ends well although a collection is missing, and a full disk can
# shorten a file: so every file is walked, and the list is compared with what
# the server had at the start and still has.
check_mongodb_dump() { # <directory>
  local missing broken
  write_mongodb_readers
  ask_mongodb dump "DUMP=$1"
  broken="$(jq --raw-output '.broken | join(", ")' "${WORK_DIR}/dump.json")"
  missing="$(jq --raw-output '.missing | join(", ")' "${WORK_DIR}/dump.json")"
  if [[ -n ${broken} ]]; then
    die 1 "the dump is cut off or damaged in: ${broken}"
  fi
  if [[ -n ${missing} ]]; then
    die 1 "the server holds these collections, but the dump does not: ${missing}; check the rights of the account in MONGODB_URI"
  fi
}

# What scripts of mongosh share: these modules run as they are, and fast.
write_mongodb_readers() {
  mongodb_reader >"${WORK_DIR}/read-dump.js"
  mongodb_kinds >"${WORK_DIR}/kinds.js"
  mongodb_cover >"${WORK_DIR}/cover.js"
}

# A BSON document begins with its length, so a file can be walked without
# decoding it: the lengths must end exactly where the file does.
mongodb_reader() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const block = Buffer.alloc(64 * 1024 * 1024);

// The documents of a BSON file, one after the other: each is good until the next one.
// Leaves in `end` whether the last one was whole.
function* documentsOf(file, end) {
  const fd = fs.openSync(file, 'r');
  let [start, held, read] = [0, 0, 1];
  try {
    while (read > 0) {
      const length = held - start < 4 ? Infinity : Math.max(block.readInt32LE(start), 5);
      if (length <= held - start) {
        yield block.subarray(start, start + length);
        start += length;
      } else {
        if (start > 0) block.copy(block, 0, start, held);
        held -= start;
        start = 0;
        read = fs.readSync(fd, block, held, block.length - held, null);
        held += read;
      }
    }
  } finally {
    fs.closeSync(fd); // also where the reader fails, and mongosh goes on
  }
  end.whole = held === 0;
}

// Counts the documents of a BSON file, and shows each one to a visitor.
function walk(file, visit) {
  const end = { whole: false };
  let documents = 0;
  for (const document of documentsOf(file, end)) {
    if (visit) visit(document);
    documents += 1;
  }
  return { documents, whole: end.whole };
}

const fixed = { 1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0 };
const extra = { 2: 4, 3: 0, 4: 0, 5: 5, 12: 16, 13: 4, 14: 4, 15: 0 };

// Where the field behind a value begins.
function next(document, type, value) {
  if (type === 11) return document.indexOf(0, document.indexOf(0, value) + 1) + 1;
  return value + (type in fixed ? fixed[type] : document.readInt32LE(value) + extra[type]);
}

// The fields of a document: a visitor that answers true has seen enough.
function fields(document, visit) {
  let at = 4;
  while (at < document.length - 1) {
    const end = document.indexOf(0, at + 1);
    if (visit(document.toString('utf8', at + 1, end), document[at], end + 1)) return;
    at = next(document, document[at], end + 1);
  }
}

// Where the value of a field begins, and of which BSON type it is.
function field(document, wanted) {
  let found = { type: 0, value: 0 };
  fields(document, (name, type, value) => {
    if (name === wanted) found = { type, value };
    return name === wanted;
  });
  return found;
}

function names(document) {
  const found = [];
  fields(document, (name) => void found.push(name));
  return found;
}

function has(document, name) {
  return field(document, name).type !== 0;
}

function inner(document, name) {
  const { type, value } = field(document, name);
  return type === 3 || type === 4 ? document.subarray(value, value + document.readInt32LE(value)) : null;
}

function stringOf(document, name) {
  const { type, value } = field(document, name);
  return type === 2 ? document.toString('utf8', value + 4, value + 3 + document.readInt32LE(value)) : '';
}

function stampOf(document) {
  const { type, value } = field(document, 'ts');
  return type === 17 ? { t: document.readUInt32LE(value + 4), i: document.readUInt32LE(value) } : null;
}

const before = (one, other) => one.t < other.t || (one.t === other.t && one.i < other.i);

// What an oplog file holds: entries, first and last stamp, the length of its first
// entry, how many single writes, and what the proof (if one is given) has against it.
function oplog(file, proof) {
  const found = { first: null, last: null, overlapBytes: 0, writes: 0, problem: '' };
  const { documents, whole } = walk(file, (entry) => {
    const stamp = stampOf(entry);
    if (found.first === null) [found.first, found.overlapBytes] = [stamp, entry.length];
    if (proof && found.problem === '') found.problem = proof.take(entry);
    found.last = stamp;
    if (['i', 'u', 'd'].includes(stringOf(entry, 'op')) && !stringOf(entry, 'ns').startsWith('config.')) found.writes += 1;
  });
  return { ...found, entries: documents, whole };
}

// One entry for each metadata file: the namespace, its type, its documents.
function collections(dump) {
  const found = [];
  for (const database of fs.readdirSync(dump)) {
    if (!fs.statSync(path.join(dump, database)).isDirectory()) continue;
    for (const file of fs.readdirSync(path.join(dump, database))) {
      if (!file.endsWith('.metadata.json')) continue;
      const metadata = JSON.parse(fs.readFileSync(path.join(dump, database, file), 'utf8'));
      const stem = file.slice(0, -'.metadata.json'.length);
      const timeseries = metadata.type === 'timeseries';
      const data = path.join(dump, database, (timeseries ? 'system.buckets.' : '') + stem + '.bson');
      const walked = fs.existsSync(data) ? walk(data) : null;
      found.push({ namespace: database + '.' + metadata.collectionName, type: metadata.type,
        documents: walked ? walked.documents : 0, whole: walked ? walked.whole : metadata.type === 'view',
        indexes: (metadata.indexes || []).length, capped: Boolean((metadata.options || {}).capped),
        ...(metadata.uuid ? { uuid: metadata.uuid } : {}) });
    }
  }
  return found.sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}

// The accounts that a dump brings, as database.name.
function accounts(dump) {
  const found = [];
  const file = path.join(dump, 'admin', 'system.users.bson');
  if (fs.existsSync(file)) walk(file, (user) => found.push(stringOf(user, '_id')));
  return found;
}

module.exports = { documentsOf, walk, oplog, collections, accounts, stampOf, before, fields, field, stringOf, names, has, inner };
EOF_JS
}

# What the dump does not tell and the recovery needs is noted: collections that it
# leaves out, empty ones of the system above all, and where a time series has its data.
# Whether one of them belongs to the dump, its oplog tells, and the server's since.
mongodb_dump_script() {
  printf "const fs = require('fs');\n"
  mongodb_listing_script
  cat <<'EOF_JS'
const reader = require(process.cwd() + '/read-dump.js');
const { startCover, commandOf, hexAt } = require(process.cwd() + '/cover.js');
const dump = process.env.DUMP;
const facts = JSON.parse(fs.readFileSync('facts.json', 'utf8'));
const client = await new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
if (client.connect) await client.connect();
const oplog = client.getDB('local').getCollection('oplog.rs');
const now = await listingOf(client);
const found = reader.collections(dump);
const names = new Set(found.map((c) => c.namespace));
const dumped = new Set(found.map((c) => c.uuid));
const dropped = new Set();
const created = new Set();
const { whole, first, last, entries, writes } = reader.oplog(dump + '/oplog.bson', startCover({ known: [], base: { t: Infinity, i: 0 }, visit: (parts) => {
  if (parts.op !== 'c' || parts.ui === 0) return;
  const { name } = commandOf(parts);
  if (name === 'create') created.add(hexAt(parts.entry, parts.ui));
  if (name === 'drop') dropped.add(hexAt(parts.entry, parts.ui));
} }));

// Whether the oplog of the server tells, after the dump, that a collection was made or dropped.
async function happened(command, uuid) {
  const is = (prefix) => ({ [prefix + 'ui']: UUID(uuid), [prefix + 'o.' + command]: { $exists: true } });
  const dropped = command === 'drop' ? [{ 'o.dropTarget': UUID(uuid) }] : [];
  return (await oplog.findOne({ ts: { $gt: Timestamp({ t: last.t, i: last.i }) }, $or: [is(''), is('o.applyOps.'), ...dropped] })) !== null;
}
const listed = (list, uuid) => list.some((c) => c.uuid === uuid);
const others = [];
for (const c of last === null ? [] : [...now, ...facts.listing.filter((one) => !listed(now, one.uuid))]) {
  if (!c.uuid || dumped.has(c.uuid) || created.has(c.uuid)) continue;
  if (listed(now, c.uuid) ? listed(facts.listing, c.uuid) || !(await happened('create', c.uuid)) : !dropped.has(c.uuid) && (await happened('drop', c.uuid))) others.push(c);
}
for (const other of others) {
  const [database, name] = [other.namespace.slice(0, other.namespace.indexOf('.')), other.namespace.slice(other.namespace.indexOf('.') + 1)];
  if (name.startsWith('system.buckets.')) other.indexes = JSON.parse(EJSON.stringify(await indexesOf(client.getDB(database), name), { relaxed: false }));
}
async function indexesOf(database, name) {
  try { return await database.getCollection(name).getIndexes(); } catch (error) { return []; }
}

// A dump lists an index from the start of its build on. One that was begun before the dump's
// own oplog, and has not ended in it, belongs to what the next slices make.
async function buildsAtTheEnd() {
  if (last === null) return [];
  const builds = [];
  for (const c of [...found, ...others].filter((one) => one.uuid && one.type !== 'view')) {
    const [database, name] = [c.namespace.slice(0, c.namespace.indexOf('.')), c.namespace.slice(c.namespace.indexOf('.') + 1)];
    const told = await indexBuildsOf(client.getDB(database), name);
    builds.push(...told.map(({ spec, buildUUID }) => ({ uuid: c.uuid, index: spec.name, build: buildUUID })));
  }
  const since = { ts: { $gt: Timestamp({ t: last.t, i: last.i }) }, $or: [{ 'o.commitIndexBuild': { $exists: true } }, { 'o.abortIndexBuild': { $exists: true } }] };
  for (const { ui, o } of await (await oplog.find(since)).toArray()) {
    builds.push(...o.indexes.map(({ name }) => ({ uuid: ui.toString('hex').replace(/-/g, ''), index: name, build: o.indexBuildUUID })));
  }
  const early = [];
  for (const { build, ...one } of builds) {
    const begun = await oplog.findOne({ ts: { $gte: Timestamp({ t: first.t, i: first.i }) }, 'o.startIndexBuild': { $exists: true }, 'o.indexBuildUUID': build });
    if (begun === null) early.push(one);
  }
  return early;
}
async function indexBuildsOf(database, name) {
  try {
    const { cursor } = await database.runCommand({ listIndexes: name, includeBuildUUIDs: true, cursor: { batchSize: 1000 } });
    return cursor.firstBatch.filter(({ buildUUID }) => buildUUID);
  } catch (error) { return []; }
}
const building = await buildsAtTheEnd();

const missing = [];
for (const namespace of facts.namespaces) {
  if (names.has(namespace)) continue;
  const dot = namespace.indexOf('.');
  const there = await client.getDB(namespace.slice(0, dot)).getCollectionInfos({ name: namespace.slice(dot + 1) }, { nameOnly: true });
  if (there.length > 0) missing.push(namespace);
}
const broken = found.filter((c) => !c.whole).map((c) => c.namespace);
if (!whole || entries === 0) broken.push('oplog.bson');
if (facts.account && !names.has('admin.system.users')) missing.push('admin.system.users');
const users = found.find((c) => c.namespace === 'admin.system.users');
const proof = startCover({ known: [...dumped, ...others.map((c) => c.uuid)], base: last, adopted: new Map() });
const { problem } = reader.oplog(dump + '/oplog.bson', proof);
fs.writeFileSync('dump.json', JSON.stringify({ missing, broken, problem: problem || proof.left(), details: {
  server: { version: facts.version, featureCompatibilityVersion: facts.fcv, replicaSet: facts.replicaSet, replicaSetId: facts.replicaSetId, members: facts.members, storage: facts.storage },
  oplog: { first, last, entries, writes, maxBytes: facts.oplogMaxBytes, created: [...proof.created], kinds: proof.kinds },
  users: users ? users.documents : 0, others, building,
  collections: found.map(({ whole: _, ...rest }) => rest) } }));
if (client.close) await client.close();
EOF_JS
}
