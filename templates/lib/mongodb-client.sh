# needs: lib/messages lib/guards
# --- MongoDB: asking a server ------------------------------------------------

# The connection string may hold a password: the tools read it from files in
# the private work directory, so it stands in no argument list.
write_mongodb_uri() {
  local uri escaped
  local - # a trace must show no secret
  set +x
  uri="$(uri_without_database "${MONGODB_URI:-${MONGODB_DEFAULT_URI}}")"
  escaped="${uri//\\/\\\\}"
  escaped="${escaped//\"/\\\"}"
  printf '%s' "${uri}" >"${WORK_DIR}/mongodb.uri"
  printf 'uri: "%s"\n' "${escaped}" >"${WORK_DIR}/mongodb.yaml"
}

# A dump with its oplog is of all databases, so the tools refuse a string that
# names one; what the name meant for the login is said by authSource.
uri_without_database() { # <uri>
  local uri="$1" database source=''
  if [[ ${uri} =~ ^(mongodb(\+srv)?://[^/?]+)/([^/?]+)(\?.*)?$ ]]; then
    uri="${BASH_REMATCH[1]}/${BASH_REMATCH[4]}"
    database="${BASH_REMATCH[3]}"
    if [[ ${uri} == *@* && ${uri} != *authSource=* ]]; then
      source="authSource=${database}"
      if [[ ${uri} == *\?* ]]; then
        source="&${source}"
      else
        source="?${source}"
      fi
    fi
  fi
  printf '%s%s' "${uri}" "${source}"
}

# Runs one of the scripts below in mongosh. It finds its input in the work
# directory and leaves its answer there as <name>.json.
ask_mongodb() { # <name> [name=value...]
  local name="$1" status=0 limit=90
  case "${name}" in
    dump | load | plain | part | place | slice | settle | suspects) limit="${TIMEOUT_SECONDS}" ;; # reads all the data
    primary) limit=360 ;;                                                                         # waits
    *) ;;
  esac
  shift
  "mongodb_${name}_script" >"${WORK_DIR}/${name}.js"
  rm --force -- "${WORK_DIR:?}/${name}.json"
  env --chdir="${WORK_DIR}" HOME="${WORK_DIR}" "$@" timeout --foreground --kill-after=10 "${limit}" \
    mongosh --nodb --norc --quiet --file "${WORK_DIR}/${name}.js" \
    </dev/null >"${WORK_DIR}/${name}.log" 2>&1 || status=$?
  if [[ ! -s ${WORK_DIR}/${name}.json ]]; then
    quote_tool "${WORK_DIR}/${name}.log"
    if [[ ${name} == facts ]]; then
      die 3 "mongosh gave no answer and ended with status ${status}: try 'mongosh --version', or install it again; nothing was touched"
    fi
    die 1 "mongosh gave no answer to '${name}' and ended with status ${status}"
  fi
}

# A standalone must answer too, to be named, and a server whose accounts are not
# known yet: so the set name, and where wanted the login, are left out.
mongodb_connection_script() {
  cat <<'EOF_JS'
const fs = require('fs');
function directly(uri, login) {
  const single = !uri.startsWith('mongodb+srv:') && !uri.split('?')[0].includes(',');
  const known = login ? uri : uri.replace(/\/\/.*@/, '//').replace(/([?&])auth[A-Za-z]*=[^&]*/g, '$1');
  const plain = known.replace(/(?<=[?&])(replicaSet|serverSelectionTimeoutMS|directConnection)=[^&]*&?/gi, '').replace(/[?&]+$/, '');
  const slash = /^mongodb(\+srv)?:\/\/[^/?]*$/.test(plain) ? '/' : '';
  const joint = plain.includes('?') ? '&' : '?';
  return plain + slash + joint + 'serverSelectionTimeoutMS=10000' + (single ? '&directConnection=true' : '');
}
EOF_JS
}

# Every collection with its UUID, those of the system too; what a server keeps for
# itself is left out. A script that asks has read `fs`.
mongodb_listing_script() {
  cat <<'EOF_JS'
function listingOf(client) {
  const found = [];
  for (const { name } of client.getDB('admin').runCommand({ listDatabases: 1, nameOnly: true, authorizedDatabases: false }).databases) {
    if (name === 'local' || name === 'config') continue;
    for (const { name: collection, type, options, info } of client.getDB(name).getCollectionInfos()) {
      found.push({ namespace: name + '.' + collection, type, ...(info.uuid ? { uuid: info.uuid.toString('hex').replace(/-/g, '') } : {}),
        ...(collection.startsWith('system.') ? { options: JSON.parse(EJSON.stringify(options, { relaxed: false })) } : {}) });
    }
  }
  return found;
}
EOF_JS
}

# What the server is, what it holds, and why it cannot be used if it cannot.
mongodb_facts_script() {
  mongodb_connection_script
  mongodb_listing_script
  cat <<'EOF_JS'
const answer = { problem: '', detail: '' };
function attempt(question, otherwise) {
  try { return question(); } catch (error) { return otherwise; }
}
try {
  const client = new Mongo(directly(fs.readFileSync('mongodb.uri', 'utf8'), true));
  const admin = client.getDB('admin');
  const hello = admin.runCommand({ hello: 1 });
  if (hello.msg === 'isdbgrid') answer.problem = 'mongos';
  else if (!hello.setName) answer.problem = 'standalone';
  answer.replicaSet = hello.setName || '';
  answer.member = hello.me || '';
  answer.version = attempt(() => admin.runCommand({ buildInfo: 1 }).version, '');
  if (!answer.problem) {
    if (!hello.isWritablePrimary && !hello.secondary) answer.problem = 'state';
    const list = admin.runCommand({ listDatabases: 1, authorizedDatabases: false });
    answer.fcv = attempt(() => admin.runCommand({ getParameter: 1, featureCompatibilityVersion: 1 }).featureCompatibilityVersion.version, '');
    answer.storage = attempt(() => admin.runCommand({ getCmdLineOpts: 1 }).parsed.storage, undefined) || {};
    const databases = list.databases.map((d) => d.name);
    const [account] = admin.runCommand({ connectionStatus: 1 }).authInfo.authenticatedUsers;
    answer.account = account ? account.db + '.' + account.user : '';
    const config = attempt(() => client.getDB('local').getCollection('system.replset').findOne(), undefined);
    answer.replicaSetId = config && config.settings && config.settings.replicaSetId ? String(config.settings.replicaSetId) : '';
    answer.listing = listingOf(client);
    answer.namespaces = answer.listing.map((c) => c.namespace).filter((namespace) => !/^[^.]+\.system\./.test(namespace));
    answer.rawBytes = 0;
    for (const d of databases) {
      if (d !== 'local') answer.rawBytes += attempt(() => Number(client.getDB(d).runCommand({ dbStats: 1 }).dataSize), 0);
    }
    const oplog = client.getDB('local').getCollection('oplog.rs');
    const stamp = (e) => ({ t: e.ts.getHighBits(), i: e.ts.getLowBits() });
    answer.majority = hello.lastWrite ? stamp(hello.lastWrite.majorityOpTime) : null;
    answer.oplog = { first: stamp(oplog.find({}, { ts: 1 }).sort({ $natural: 1 }).limit(1).next()),
      last: stamp(oplog.find({}, { ts: 1 }).sort({ $natural: -1 }).limit(1).next()) };
    answer.oplogMaxBytes = attempt(() => Number(oplog.aggregate([{ $collStats: { storageStats: {} } }]).next().storageStats.maxSize), 0);
  }
} catch (error) {
  answer.problem = { 18: 'login', 13: 'rights', 8000: 'login' }[error.code] || 'unreachable';
  answer.detail = String(error.message).split('\n')[0].replace(/[^\s@/]*@/g, '***@');
  if (error.code === 13 && answer.detail.endsWith('requires authentication')) answer.problem = 'login';
}
fs.writeFileSync('facts.json', JSON.stringify(answer));
EOF_JS
}

mongodb_fact() { # <jq expression>
  jq --raw-output "$1" "${WORK_DIR}/facts.json"
}

tell_mongodb_problem() { # <kind> <detail>
  local kind="$1" detail="$2"
  case "${kind}" in
    '') ;;
    mongos) problem "MONGODB_URI leads to a mongos; sharded clusters are not supported: use Percona Backup for MongoDB" ;;
    standalone) problem "MongoDB is a standalone server and has no oplog: set replication.replSetName to '${MONGODB_REPLICA_SET}' in its configuration, restart it, then run rs.initiate()" ;;
    state) problem "MongoDB is neither primary nor secondary at the moment: look at rs.status(), and run again when it is" ;;
    login) problem "MongoDB refused the login (${detail}): correct the user and password of MONGODB_URI in ${ENV_FILE}" ;;
    rights) problem "the MongoDB account lacks rights (${detail}): grant it the role 'backup' on the database admin" ;;
    *) problem "MongoDB cannot be reached (${detail}): start it with '${MONGODB_START[*]:-its service}', or correct MONGODB_URI in ${ENV_FILE}" ;;
  esac
}
