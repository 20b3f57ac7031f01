# --- MongoDB: the second way, where the server refuses -----------------------------
#
# mongorestore replays in a way of its own, and much of what a server does it gets
# wrong. So it is used for plain writes only, and anything else is refused.

replay_by_tools() { # <dump directory> <new data directory> <limit> [slice...]
  local dump="$1" data_dir="$2" limit="$3" refused
  shift 3
  feed_oplog "${dump}" "$@" >"${WORK_DIR}/joined.bson"
  mv --no-target-directory -- "${WORK_DIR}/joined.bson" "${dump}/oplog.bson"
  ask_mongodb plain "DUMP=${dump}" "LIMIT=${limit}"
  refused="$(jq --raw-output .refused "${WORK_DIR}/plain.json")"
  if [[ -n ${refused} ]]; then
    die 1 "this mongod does not recover an oplog by itself, and mongorestore would replay this one wrong: ${refused}; install the mongod that the set was made with; nothing that runs was touched"
  fi
  mkdir "${data_dir}"
  start_private_mongod "${data_dir}"
  run_mongorestore "${dump}" "${limit}"
  ask_private_mongod replset "REPLICA_SET=${MONGODB_REPLICA_SET}" "MEMBER=${THIS_MEMBER:-${MONGODB_MEMBER}}" "ADDED=${ADDED}"
}

run_mongorestore() { # <dump directory> <limit>
  local applied writes status=0
  "${BOUNDED[@]}" mongorestore --uri="${PRIVATE_URI}" --oplogReplay --oplogLimit="$2" --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection=1 --dir="$1" >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  applied="$(sed --quiet --regexp-extended 's/.*applied ([0-9]+) oplog entr.*/\1/p' "${WORK_DIR}/mongorestore.log")"
  writes="$(jq .writes "${WORK_DIR}/plain.json")"
  if ((status != 0)) || [[ -z ${applied} ]] || ((applied < writes)) \
    || ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore ended with status ${status} and replayed ${applied:-no} of at least ${writes} entries; see above"
  fi
}

# What is not plain is named, and the last moment before it.
mongodb_plain_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const path = require('path');
const reader = require(process.cwd() + '/read-dump.js');
const { startCover } = require(process.cwd() + '/cover.js');
const { plain } = require(process.cwd() + '/kinds.js');
const dump = process.env.DUMP;
const [t, i] = process.env.LIMIT.split(':').map(Number);
const { oplog } = JSON.parse(fs.readFileSync('expected.json', 'utf8'));
let [refused, writes, last] = ['', 0, null];
for (const database of fs.readdirSync(dump).filter((name) => fs.statSync(path.join(dump, name)).isDirectory())) {
  for (const file of fs.readdirSync(path.join(dump, database)).filter((name) => name.endsWith('.metadata.json'))) {
    const { options = {}, collectionName } = JSON.parse(fs.readFileSync(path.join(dump, database, file), 'utf8'));
    const odd = ['validator', 'collation'].find((name) => name in options);
    if (odd && collectionName) refused = database + '.' + collectionName + ' has a ' + odd;
  }
}
const proof = startCover({ known: [], base: { t: Infinity, i: 0 } });
reader.walk(path.join(dump, 'oplog.bson'), (entry) => {
  const at = reader.stampOf(entry);
  last = at;
  if (!reader.before(at, { t, i })) return;
  const problem = proof.take(entry);
  const odd = Object.keys(proof.kinds).find((kind) => !plain.has(kind));
  if (refused === '' && (problem !== '' || odd)) {
    refused = (problem || 'the entry ' + at.t + ':' + at.i + ' is not plain (' + odd + ')')
      + (reader.before(oplog.last, at) ? '; the nearest moment that can be reached is --oplog-limit ' + at.t + ':' + at.i : '; no moment of this chain can be reached');
  }
  if (['i', 'u', 'd'].includes(reader.stringOf(entry, 'op')) && !reader.stringOf(entry, 'ns').startsWith('config.')) writes += 1;
});
if (refused === '' && (last === null || reader.before(last, { t, i: i - 1 }))) refused = 'it ends before ' + process.env.LIMIT;
fs.writeFileSync('plain.json', JSON.stringify({ refused, writes }));
EOF_JS
}

# Makes the data a replica set of its own, with an oplog that begins now.
mongodb_replset_script() {
  cat <<'EOF_JS'
const fs = require('fs');
await require(process.cwd() + '/loader.js').begin({ socket: process.env.SOCKET, set: process.env.REPLICA_SET, member: process.env.MEMBER,
  added: JSON.parse(process.env.ADDED), expected: JSON.parse(fs.readFileSync('expected.json', 'utf8')) });
fs.writeFileSync('replset.json', '{}');
EOF_JS
}
