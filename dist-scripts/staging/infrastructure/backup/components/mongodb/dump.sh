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
  die 1 "mongodump ended with status ${status}; see above"
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
  cp -- "${INFRASTRUCTURE}/backup/components/mongodb/read-dump.js" \
    "${INFRASTRUCTURE}/backup/components/mongodb/kinds.js" \
    "${INFRASTRUCTURE}/backup/components/mongodb/cover.js" "${WORK_DIR}/"
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
# 8288e14e0aad8ee3 backup/components/mongodb/dump.sh
