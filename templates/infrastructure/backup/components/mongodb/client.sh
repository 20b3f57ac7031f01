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

put_question() { # <name> [name=value...]
  "mongodb_$1_script" >"${WORK_DIR}/$1.js"
  rm --force -- "${WORK_DIR:?}/$1".{json,log}
  find_mongosh
  if [[ -z ${MONGOSH_PID} ]]; then
    start_mongosh
  fi
  printf '%s\0' "$@" >"${WORK_DIR}/question.new"
  mv --no-target-directory -- "${WORK_DIR}/question.new" "${WORK_DIR}/question"
}

# Has mongosh run one of the scripts below. It finds its input in the work
# directory and leaves its answer there as <name>.json.
ask_mongodb() { # <name> [name=value...]
  local name="$1" limit=90
  case "${name}" in
    dump | load | plain | part | place | slice | settle | suspects) limit="${TIMEOUT_SECONDS}" ;; # reads all the data
    primary) limit=360 ;;                                                                         # waits
    *) ;;
  esac
  put_question "$@"
  await_mongosh "${name}" "${limit}"
  if [[ ! -s ${WORK_DIR}/${name}.json ]]; then
    quote_tool "${WORK_DIR}/mongosh.log"
    quote_tool "${WORK_DIR}/${name}.log"
    if [[ ${name} == facts ]]; then
      die 3 "mongosh gave no answer${MONGOSH_STATUS:+ and ended with status ${MONGOSH_STATUS}}: try 'mongosh --version', or install it again; nothing was touched"
    fi
    die 1 "mongosh gave no answer to '${name}'${MONGOSH_STATUS:+ and ended with status ${MONGOSH_STATUS}}"
  fi
  case "${name}" in
    members | primary | stopped) end_mongosh ;; # it would go on trying to reach who did not answer
    *) ;;
  esac
}

# A standalone must answer too, to be named, and a server whose accounts are not
# known yet: so the set name, and where wanted the login, are left out.
mongodb_connection_script() {
  cat <<'EOF_JS'
const fs = require('fs');
function directly(uri, login, patience = 10000) {
  const single = !uri.startsWith('mongodb+srv:') && !uri.split('?')[0].includes(',');
  const known = login ? uri : uri.replace(/\/\/.*@/, '//').replace(/([?&])auth[A-Za-z]*=[^&]*/g, '$1');
  const plain = known.replace(/(?<=[?&])(replicaSet|serverSelectionTimeoutMS|directConnection)=[^&]*&?/gi, '').replace(/[?&]+$/, '');
  const slash = /^mongodb(\+srv)?:\/\/[^/?]*$/.test(plain) ? '/' : '';
  const joint = plain.includes('?') ? '&' : '?';
  return plain + slash + joint + 'serverSelectionTimeoutMS=' + patience + (single ? '&directConnection=true' : '');
}
// The same connection to one member, whichever the string names.
function toMember(uri, host) {
  const secured = uri.startsWith('mongodb+srv:') && !/[?&](tls|ssl)=/.test(uri);
  const there = uri.replace(/^mongodb(\+srv)?:\/\/([^@/?]*@)?[^/?]*/, (_, srv, login) => 'mongodb://' + (login || '') + host);
  const options = there.includes('?') ? '&tls=true' : (/\/\/[^/]*\//.test(there) ? '' : '/') + '?tls=true';
  return secured ? there + options : there;
}
EOF_JS
}

# Every collection with its UUID, those of the system too; what a server keeps for
# itself is left out. A script that asks has read `fs`.
mongodb_listing_script() {
  cat <<'EOF_JS'
async function listingOf(client) {
  const found = [];
  const { databases } = await client.getDB('admin').runCommand({ listDatabases: 1, nameOnly: true, authorizedDatabases: false });
  for (const { name } of databases) {
    if (name === 'local' || name === 'config') continue;
    for (const { name: collection, type, options, info } of await client.getDB(name).getCollectionInfos()) {
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
const answer = { problem: '', detail: '', election: false };
async function attempt(question, otherwise) {
  try { return await question(); } catch (error) { return otherwise; }
}
// Key files, certificates and what else of its configuration is a path.
function filesIn(options, place = '') {
  return Object.entries(options).flatMap(([name, value]) => {
    if (typeof value === 'string') return value.startsWith('/') ? [{ option: place + name, path: value }] : [];
    return value && typeof value === 'object' ? filesIn(value, place + name + '.') : [];
  });
}
const stamp = (e) => ({ t: e.ts.getHighBits(), i: e.ts.getLowBits() });
async function oplogOf(client) {
  const oplog = client.getDB('local').getCollection('oplog.rs');
  const end = async (order) => stamp(await (await oplog.find({}, { ts: 1 })).sort({ $natural: order }).limit(1).next());
  const size = async () => Number((await (await oplog.aggregate([{ $collStats: { storageStats: {} } }])).next()).storageStats.maxSize);
  return { oplog: { first: await end(1), last: await end(-1) }, oplogMaxBytes: await attempt(size, 0) };
}
async function look(client, ask, hello) {
  const list = await ask({ listDatabases: 1, authorizedDatabases: false });
  const databases = list.databases.map((d) => d.name);
  answer.fcv = await attempt(async () => (await ask({ getParameter: 1, featureCompatibilityVersion: 1 })).featureCompatibilityVersion.version, '');
  const options = await attempt(async () => (await ask({ getCmdLineOpts: 1 })).parsed, null);
  answer.storage = (options && options.storage) || {};
  answer.files = options && filesIn(options);
  const [account] = (await ask({ connectionStatus: 1 })).authInfo.authenticatedUsers;
  answer.account = account ? account.db + '.' + account.user : '';
  const config = await attempt(() => client.getDB('local').getCollection('system.replset').findOne(), undefined);
  answer.replicaSetId = config && config.settings && config.settings.replicaSetId ? String(config.settings.replicaSetId) : '';
  answer.members = ((config && config.members) || []).map(({ host, hidden, arbiterOnly }) => ({ host, hidden: hidden === true, arbiterOnly: arbiterOnly === true }));
  answer.listing = await listingOf(client);
  answer.namespaces = answer.listing.map((c) => c.namespace).filter((namespace) => !/^[^.]+\.system\./.test(namespace));
  answer.rawBytes = 0;
  for (const d of databases) {
    if (d !== 'local') answer.rawBytes += await attempt(async () => Number((await client.getDB(d).runCommand({ dbStats: 1 })).dataSize), 0);
  }
  answer.majority = hello.lastWrite ? stamp(hello.lastWrite.majorityOpTime) : null;
  Object.assign(answer, await oplogOf(client));
}
try {
  const client = await new Mongo(directly(fs.readFileSync('mongodb.uri', 'utf8'), true));
  if (client.connect) await client.connect();
  const ask = (command) => client.getDB('admin').runCommand(command);
  const hello = await ask({ hello: 1 });
  if (hello.msg === 'isdbgrid') answer.problem = 'mongos';
  else if (!hello.setName) answer.problem = 'standalone';
  answer.replicaSet = hello.setName || '';
  answer.member = hello.me || '';
  answer.version = await attempt(async () => (await ask({ buildInfo: 1 })).version, '');
  answer.election = !answer.problem && !hello.isWritablePrimary && !hello.primary;
  if (!answer.problem) {
    if (!hello.isWritablePrimary && !hello.secondary) answer.problem = 'state';
    await look(client, ask, hello);
  }
  if (client.close) await client.close();
} catch (error) {
  answer.election = Boolean(error.reason && error.reason.type === 'ReplicaSetNoPrimary') && /RSSecondary/.test(EJSON.stringify([...error.reason.servers.values()].map((one) => one.type)));
  const refused = { 11: 'login', 13: 'rights', 18: 'login', 334: 'login', 8000: 'login' }[error.code]; // no such account, password, way to log in
  answer.problem = refused || (error.name === 'MongoMissingCredentialsError' ? 'login' : 'unreachable');
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
    rights) problem "the MongoDB account lacks rights (${detail}): grant it the roles 'backup' and 'clusterMonitor' on the database admin" ;;
    *) problem "MongoDB cannot be reached (${detail}): start it with '${MONGODB_START[*]:-its service}', or correct mongodb.uri in the profile (MONGODB_URI in ${ENV_FILE} wins over it)" ;;
  esac
}
