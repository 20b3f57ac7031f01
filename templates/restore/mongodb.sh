# needs: restore/swap restore/services restore/select-set restore/unseal lib/mongodb-client restore/mongodb-live restore/topology restore/chain restore/renames lib/mongodb-dump
# --- MongoDB: built beside by a private server, then swapped in ------------------
#
# The private mongod listens on a Unix socket in a private directory only. It
# needs no password, and nobody else can reach it.

preflight_mongodb() {
  need_tools mongorestore=mongodb-database-tools bsondump=mongodb-database-tools mongosh=mongodb-mongosh
  check_database_tools mongorestore _
  choose_mongodb_form
  if [[ ${MONGODB_FORM} == live ]]; then
    preflight_mongodb_live
  else
    preflight_mongodb_beside
  fi
}

preflight_mongodb_beside() {
  local parent raw_bytes user installed=''
  user="$(id --user --name)"
  need_tools mongod=mongodb-org-server
  if command -v mongod >/dev/null; then
    installed="$(mongod --version | sed --quiet 's/^db version v//p')"
    check_mongodb_version "${installed}"
  fi
  parent="${MONGODB_LIVE_DIR%/*}"
  if [[ -z ${INTO}${COLLECTION} ]]; then
    if [[ ! -w ${parent:-/} ]]; then
      problem "cannot replace ${MONGODB_LIVE_DIR}: ${parent:-/} is not writable for ${user}: run with sudo"
    fi
    preflight_control "${MONGODB_STOP[@]}"
    preflight_members
  fi
  raw_bytes="$(raw_bytes_of mongodb oplog bridge)"
  need_space "${INTO:-${BACKUP_DIR}}" "${raw_bytes}"
  need_space "${INTO:-${MONGODB_LIVE_DIR}}" "${raw_bytes}"
}

MONGODB_FORM='beside' # or live: into the running server
MONGODB_LIVE_DIR=''
MONGODB_HOSTS=''

# Data that lies on this host is built beside and swapped. A server elsewhere, in
# the profile or by a MONGODB_URI that leads away, is restored over its connection.
choose_mongodb_form() {
  local host usual
  MONGODB_FORM='beside'
  MONGODB_LIVE_DIR="$(realpath --canonicalize-missing -- "${MONGODB_DATA_DIR:-/nowhere}")"
  MONGODB_HOSTS="$(current_servers)"
  usual="$(hosts_of "${MONGODB_DEFAULT_URI}")"
  if [[ -n ${INTO} || -n ${COLLECTION} || (-n ${MONGODB_DATA_DIR} && ${MONGODB_HOSTS} == "${usual}") ]]; then
    return 0
  fi
  if [[ -z ${MONGODB_DATA_DIR} ]]; then
    MONGODB_FORM='live'
  fi
  for host in ${MONGODB_HOSTS//,/ }; do
    case "${host%:*}" in
      localhost | 127.* | '[::1]' | "${HOSTNAME}" | *.sock) ;;
      *) MONGODB_FORM='live' ;;
    esac
  done
}

current_servers() {
  local - # a trace must show no secret
  set +x
  hosts_of "${MONGODB_URI:-${MONGODB_DEFAULT_URI}}"
}

hosts_of() { # <connection string>
  local hosts="${1#*://}"
  hosts="${hosts%%[/?]*}"
  printf '%s' "${hosts##*@}"
}

# Replaying is only sound on the version that wrote: major and minor must agree.
check_mongodb_version() { # <version of the server that is restored to>
  local found="$1" recorded
  recorded="$(of_component mongodb .details.server.version)"
  if [[ ${recorded%.*} != "${found%.*}" ]]; then
    problem "${SET_OF[mongodb]} was made with MongoDB ${recorded}, the server to restore to is ${found}: install MongoDB ${recorded%.*}"
  fi
}

build_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    build_mongodb_live
  else
    build_mongodb_beside
  fi
}

build_mongodb_beside() {
  local data_dir dump
  stage_for "${BACKUP_DIR}/dump"
  dump="${STAGE}/dump"
  unpack_dump "${dump}"
  stage_for "${MONGODB_LIVE_DIR}"
  data_dir="${STAGE}/mongodb"
  mkdir "${data_dir}"
  start_private_mongod "${data_dir}"
  join_slices "${dump}" ask_private_mongod
  restore_dump "${dump}" --uri="${PRIVATE_URI}" --oplogLimit="${LIMIT}"
  check_replay
  settle_replay "${dump}" ask_private_mongod
  rm --recursive --force -- "${dump:?}"
  if [[ -z ${INTO} ]]; then
    ask_private_mongod replset "REPLICA_SET=${MONGODB_REPLICA_SET}" "MEMBER=${THIS_MEMBER:-${MONGODB_MEMBER}}" "ADDED=${ADDED}"
  fi
  stop_private_mongod
  printf '%s\t%s\n' "${MONGODB_LIVE_DIR}" "${data_dir}" >"${WORK_DIR}/swaps.mongodb"
}

unpack_dump() { # <directory>
  mkdir "$1"
  unpack_to "${SET_OF[mongodb]}/mongodb" tar --extract --file=- --directory="$1" --no-same-owner
}

# The slices follow the oplog of the dump in one file, for one replay: a transaction
# that one slice begins and another ends must not be cut in two. The first entry
# of a slice is the last one before it, and is left out.
join_slices() { # <dump directory> <ask_private_mongod or ask_mongodb>
  local dump="$1" ask="$2" source overlap broken
  for source in "${SLICES[@]}"; do
    overlap="$(number_of "${source}" .details.overlapBytes)"
    unpack_to "${source}" tail --bytes=+$((overlap + 1)) >>"${dump}/oplog.bson"
  done
  mongodb_reader >"${WORK_DIR}/read-dump.js"
  "${ask}" joined "OPLOG=${dump}/oplog.bson" "LIMIT=${LIMIT}"
  broken="$(jq --raw-output .broken "${WORK_DIR}/joined.json")"
  if [[ -n ${broken} ]]; then
    die 6 "the oplog that was joined from ${SET_OF[mongodb]} ${SLICES[*]} ${broken}"
  fi
  REPLAYED_RENAMES="$(jq .renames "${WORK_DIR}/joined.json")"
}

mongodb_joined_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const reader = require(process.cwd() + '/read-dump.js');
const [t, i] = process.env.LIMIT.split(':').map(Number);
const { whole, ascending, ...found } = reader.oplog(process.env.OPLOG, { t, i });
const reached = found.last !== null && (found.last.t > t || (found.last.t === t && found.last.i + 1 >= i));
const [lacking, made, commands] = [new Set(), new Set(), []];
let renames = 0;
reader.walk(process.env.OPLOG, (entry) => {
  const namespace = reader.stringOf(entry, 'ns');
  const database = namespace.slice(0, namespace.indexOf('.'));
  const command = namespace.endsWith('.$cmd') && reader.inner(entry, 'o');
  if (command && reader.earlier(entry, { t, i }) && (!reader.has(command, 'applyOps') || command.includes('.$cmd'))) {
    commands.push(Buffer.from(entry));
    if (reader.has(command, 'renameCollection')) renames += 1;
  }
  if (command && reader.stringOf(command, 'create') === 'system.views') made.add(database);
  if (namespace === database + '.system.views' && !made.has(database)) lacking.add(database);
});
const broken = !whole ? 'is cut off' : !ascending ? 'does not ascend' : !reached ? 'ends before ' + process.env.LIMIT : '';
fs.writeFileSync('commands.bson', Buffer.concat(commands));
fs.writeFileSync('joined.json', JSON.stringify({ broken, renames, views: [...lacking], ...found }));
EOF_JS
  if [[ ${MONGODB_FORM} == beside ]]; then
    mongodb_views_script # nobody else sees the server that they are made in
  fi
}

# A database that once had a view keeps an empty system.views, which no dump brings:
# without it the next view cannot be replayed.
mongodb_views_script() {
  cat <<'EOF_JS'
{
  const fs = require('fs');
  const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
  const { views } = JSON.parse(fs.readFileSync('joined.json', 'utf8'));
  for (const name of views) {
    client.getDB(name).createView('lifeboat', 'nothing', []);
    client.getDB(name).getCollection('lifeboat').drop();
  }
  fs.writeFileSync('views.json', JSON.stringify({ views }));
}
EOF_JS
}

PRIVATE_PID=''
PRIVATE_DIR='' # of the socket: a short path in lower case, as the driver wants; it names the process of the restore
PRIVATE_URI=''

start_private_mongod() { # <data directory>
  local data_dir="$1" cache tries=0
  local -a options=()
  PRIVATE_DIR="/tmp/lifeboat-mongod.$$.${RANDOM}"
  mkdir --mode=700 "${PRIVATE_DIR}"
  trap stop_private_mongod EXIT
  private_options options
  account_for "${MONGODB_USER}"
  if ((${#AS_USER[@]} > 0)); then
    chown --recursive "${MONGODB_USER}:" "${data_dir}" "${PRIVATE_DIR}"
    chmod o+x "${STAGE}"
  fi
  cache="$(awk '/^MemAvailable/ {gb = $2 / 4194304; print (gb < 0.25 ? 0.25 : (gb > 8 ? 8 : gb))}' /proc/meminfo)"
  "${AS_USER[@]}" mongod --dbpath "${data_dir}" "${options[@]}" --wiredTigerCacheSizeGB "${cache}" \
    --bind_ip "${PRIVATE_DIR}/m.sock" --unixSocketPrefix "${PRIVATE_DIR}" \
    --setParameter ttlMonitorEnabled=false --setParameter diagnosticDataCollectionEnabled=false \
    >"${WORK_DIR}/mongod.log" 2>&1 7>&- 8>&- 9>&- &
  PRIVATE_PID=$!
  record_private_server "${PRIVATE_PID}"
  PRIVATE_URI="mongodb://${PRIVATE_DIR//\//%2F}%2Fm.sock/"
  while [[ ! -S ${PRIVATE_DIR}/m.sock ]]; do
    tries=$((tries + 1))
    if ((tries > 600)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      tell_mongod_log "${WORK_DIR}/mongod.log"
      die 1 'the private mongod did not start; its last lines stand above'
    fi
    pause 0.1
  done
}

# Files must be laid out as the real server expects them.
private_options() { # <array to fill>
  local -n wanted="$1"
  local layout
  layout="$(of_component mongodb '.details.server.storage
    | (if .directoryPerDB then "--directoryperdb" else empty end),
      (if .wiredTiger.engineConfig.directoryForIndexes then "--wiredTigerDirectoryForIndexes" else empty end)')"
  if [[ -n ${layout} ]]; then
    mapfile -t wanted <<<"${layout}"
  fi
}

tell_mongod_log() { # <file>
  jq --raw-input --raw-output 'fromjson? | "\(.s) \(.msg) \(.attr // {} | tostring | .[:200])"' "$1" 2>/dev/null \
    | tail --lines=5 >"${WORK_DIR}/mongod.words" || :
  quote_tool "${WORK_DIR}/mongod.words"
}

stop_private_mongod() {
  local status=0
  trap - EXIT
  if [[ -n ${PRIVATE_PID} ]]; then
    kill -TERM "${PRIVATE_PID}" 2>/dev/null || :
    wait "${PRIVATE_PID}" || status=$?
    PRIVATE_PID=''
  fi
  rm --recursive --force -- "${PRIVATE_DIR:?}"
  if ((status != 0)); then
    die 1 "the private mongod did not end well (status ${status})"
  fi
}

# One mongorestore for the dump and its oplog together: unique indexes are built
# after the replay, and transactions are not cut in two. What the server held is
# restored as it was, also where a validator would refuse it today.
restore_dump() { # <dump directory> <mongorestore option...>
  local dump="$1" workers=4 status=0
  local -a indexes=()
  shift
  if ((REPLAYED_RENAMES > 0)); then
    indexes=(--noIndexRestore) # settle_replay builds them
  fi
  if grep --quiet --recursive --include='*.metadata.json' '"capped":' "${dump}"; then
    workers=1 # several would mix up the order of a capped collection
  fi
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongorestore "$@" "${indexes[@]}" --oplogReplay --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection="${workers}" --dir="${dump}" \
    >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore ended with status ${status}; its last lines stand above"
  fi
}

# mongorestore passes over failed documents and still ends with 0: its figures
# must say that none failed, and that no write of the oplog was left out. (It
# counts the parts of a transaction too, and no entry without effect.)
check_replay() {
  local writes applied
  if ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 'mongorestore does not say that no document failed; its last lines stand above'
  fi
  applied="$(sed --quiet --regexp-extended 's/.*applied ([0-9]+) oplog entr.*/\1/p' "${WORK_DIR}/mongorestore.log")"
  writes="$(jq .writes "${WORK_DIR}/joined.json")"
  if [[ -z ${applied} ]] || ((applied < writes)); then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore replayed ${applied:-no} oplog entries, the dump holds at least ${writes}"
  fi
}

ask_private_mongod() { # <script> [name=value...]
  local name="$1"
  shift
  printf '%s?directConnection=true' "${PRIVATE_URI}" >"${WORK_DIR}/mongodb.uri"
  of_component mongodb .details >"${WORK_DIR}/expected.json"
  ask_mongodb "${name}" PRIVATE=true "$@"
}

# Every collection of the manifest must be there with all of its indexes; where
# nothing was replayed, with all of its documents too. (One start of mongosh takes
# a second: what else is to be done then is done in the same.)
mongodb_check_script() {
  if ((REPLAYED_RENAMES > 0)); then
    mongodb_renames_script
  fi
  mongodb_features_script
  cat <<'EOF_JS'
const fs = require('fs');
const expected = JSON.parse(fs.readFileSync('expected.json', 'utf8'));
const replayed = JSON.parse(fs.readFileSync('joined.json', 'utf8'));
const still = replayed.writes === 0 && replayed.commands === 0;
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
const differences = [];
for (const wanted of expected.collections) {
  const dot = wanted.namespace.indexOf('.');
  const name = wanted.namespace.slice(dot + 1);
  const database = client.getDB(wanted.namespace.slice(0, dot));
  if (database.getCollectionInfos({ name }, { nameOnly: true }).length === 0) {
    differences.push(wanted.namespace + ' is missing');
  } else if (wanted.type === 'collection') {
    const indexes = database.getCollection(name).getIndexes().length;
    const documents = still ? database.getCollection(name).estimatedDocumentCount() : wanted.documents;
    if (indexes !== wanted.indexes) differences.push(wanted.namespace + ' has ' + indexes + ' of ' + wanted.indexes + ' indexes');
    if (documents !== wanted.documents) differences.push(wanted.namespace + ' has ' + documents + ' of ' + wanted.documents + ' documents');
  }
}
fs.writeFileSync('check.json', JSON.stringify({ differences, still }));
EOF_JS
}

# A new mongod has the features of its own version; those of the server that was
# backed up may be older, so that it can still go back.
mongodb_features_script() {
  cat <<'EOF_JS'
if (process.env.PRIVATE) {
  const fs = require('fs');
  const recorded = JSON.parse(fs.readFileSync('expected.json', 'utf8')).server.featureCompatibilityVersion;
  const admin = new Mongo(fs.readFileSync('mongodb.uri', 'utf8')).getDB('admin');
  const current = admin.runCommand({ getParameter: 1, featureCompatibilityVersion: 1 }).featureCompatibilityVersion.version;
  if (recorded && recorded !== current) {
    const confirmed = parseInt(current, 10) >= 7 ? { confirm: true } : {};
    const { ok, errmsg } = admin.runCommand({ setFeatureCompatibilityVersion: recorded, ...confirmed });
    if (!ok) throw new Error('the feature compatibility version cannot be set to ' + recorded + ': ' + errmsg);
  }
}
EOF_JS
}

# Operations that were replayed may drop and make things; without one, nothing may
# differ.
tell_differences() {
  local differences still
  differences="$(jq --raw-output '.differences | join("; ")' "${WORK_DIR}/check.json")"
  still="$(jq .still "${WORK_DIR}/check.json")"
  if [[ -n ${differences} && ${still} == true ]]; then
    die 6 "what was restored is not what the manifest says: ${differences}"
  elif [[ -n ${differences} ]]; then
    info "the replay changed collections or indexes of the dump, as it may: ${differences}"
  fi
}

# Makes the private server's data a replica set of its own: the set name of the
# profile, a new identity, and an oplog that begins now.
mongodb_replset_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const expected = JSON.parse(fs.readFileSync('expected.json', 'utf8'));
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
const local = client.getDB('local');
// Without votes, so that this one is a primary whether they are there or not.
const added = JSON.parse(process.env.ADDED).map((host, index) => ({ _id: index + 1, host, votes: 0, priority: 0 }));
const size = Math.max(expected.oplog.maxBytes || 0, 50 * 1024 * 1024);
local.createCollection('oplog.rs', { capped: true, size });
local.getCollection('system.replset').insertOne({ _id: process.env.REPLICA_SET, version: 1, term: 1,
  protocolVersion: NumberLong(1), writeConcernMajorityJournalDefault: true,
  members: [{ _id: 0, host: process.env.MEMBER }, ...added], settings: { replicaSetId: ObjectId() } });
local.getCollection('oplog.rs').insertOne({ op: 'n', ns: '', o: { msg: 'restored from a backup' },
  ts: Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 }), t: NumberLong(1), v: NumberLong(2), wall: new Date() });
fs.writeFileSync('replset.json', JSON.stringify({ size }));
EOF_JS
}

swap_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    swap_mongodb_live
  else
    swap_mongodb_beside
  fi
}

swap_mongodb_beside() {
  local live new
  IFS=$'\t' read -r live new <"${WORK_DIR}/swaps.mongodb"
  match_owner "${live}" "${new}"
  stop_mongodb
  if ((CONTROL_STATUS != 0)); then
    fail_component mongodb 'MongoDB could not be stopped; its data was left as it is'
    return 0
  fi
  swap_in mongodb "${live}" "${new}"
  start_mongodb
  if ((CONTROL_STATUS == 0)); then
    check_data_is_served
  fi
  if ((CONTROL_STATUS != 0)); then
    fail_component mongodb 'MongoDB does not run on the restored data: the old data is being put back'
    stop_mongodb
    if ((CONTROL_STATUS != 0)); then
      die 1 'MongoDB could not be stopped'
    fi
    swap_back_all mongodb
    start_mongodb
  else
    stop_other_members
  fi
}

# What counts is the process, not what the stop command says: it may fail for a
# server that died before, and do nothing for one that was started by hand.
stop_mongodb() {
  CONTROL_STATUS=0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0 # a server elsewhere goes on running
  fi
  control 'stopping MongoDB' "${MONGODB_STOP[@]}"
  find_mongod
  CONTROL_STATUS=0
  if [[ -n ${MONGOD_PID} ]]; then
    error "process ${MONGOD_PID} still holds ${MONGODB_LIVE_DIR:-${MONGODB_DATA_DIR}}: stop it by hand"
    CONTROL_STATUS=1
  fi
}

MONGOD_PID=''

# The mongod that holds the data directory, if one lives.
find_mongod() {
  local lock="${MONGODB_LIVE_DIR:-${MONGODB_DATA_DIR}}/mongod.lock" name=''
  MONGOD_PID=''
  if [[ -s ${lock} ]]; then
    read -r MONGOD_PID <"${lock}" || :
    read -r name 2>/dev/null <"/proc/${MONGOD_PID}/comm" || :
    if [[ ${name} != mongod ]]; then
      MONGOD_PID=''
    fi
  fi
}

start_mongodb() {
  CONTROL_STATUS=0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0
  fi
  control 'starting MongoDB' "${MONGODB_START[@]}"
  if ((CONTROL_STATUS == 0)); then
    wait_for_primary
  fi
}

# The server answers on its own address, as a primary; asking that takes no login.
# On a busy host that may take minutes, and the data is no worse for it.
wait_for_primary() {
  local detail
  info 'waiting until MongoDB is primary, for up to five minutes'
  write_mongodb_uri
  ask_mongodb primary "MEMBER=${THIS_MEMBER}"
  detail="$(jq --raw-output 'if .primary then "" else .detail end' "${WORK_DIR}/primary.json")"
  if [[ -n ${detail} ]]; then
    error "MongoDB started, but does not become primary: ${detail}"
    CONTROL_STATUS=1
  fi
}

# A server that keeps its data elsewhere would be a primary too, on the old data.
check_data_is_served() {
  find_mongod
  if [[ -z ${MONGOD_PID} && -s ${MONGODB_LIVE_DIR}/mongod.lock ]]; then
    return 0 # in a container the number means nothing here
  elif [[ -z ${MONGOD_PID} ]]; then
    error "the MongoDB that answers does not keep its data in ${MONGODB_LIVE_DIR}: correct mongodb.dataDirectory in the profile"
    CONTROL_STATUS=1
  fi
}

mongodb_primary_script() {
  mongodb_connection_script
  cat <<'EOF_JS'
let answer = { primary: false, detail: 'no answer' };
const uri = fs.readFileSync('mongodb.uri', 'utf8');
const address = process.env.MEMBER && uri.split('?')[0].includes(',') ? toMember(uri, process.env.MEMBER) : uri;
const end = Date.now() + 300000;
while (!answer.primary && Date.now() < end) {
  try {
    const hello = new Mongo(directly(address, false)).getDB('admin').runCommand({ hello: 1 });
    answer = { primary: hello.isWritablePrimary === true, detail: hello.info || 'still starting' };
  } catch (error) {
    answer.detail = String(error.message).split('\n')[0];
  }
  if (!answer.primary) sleep(500);
}
fs.writeFileSync('primary.json', JSON.stringify(answer));
EOF_JS
}

plan_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    plan_mongodb_live
  elif [[ -n ${COLLECTION} ]]; then
    plan_collection
  elif [[ -z ${INTO} ]]; then
    info "plan:   builds a data directory beside ${MONGODB_LIVE_DIR}, stops MongoDB for the swap (${MONGODB_STOP[*]:-no command}) and starts it again (${MONGODB_START[*]:-no command})"
    plan_members
  fi
}
