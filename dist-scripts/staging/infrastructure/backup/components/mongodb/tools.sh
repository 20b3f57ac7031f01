# --- MongoDB: the second way, where the server refuses -----------------------------
#
# mongorestore replays in a way of its own, and much of what a server does it gets
# wrong. So it is used for plain writes only, and anything else is refused.

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/plain.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/replset.js"
)

replay_by_tools() { # <dump directory> <new data directory> <limit> [slice...]
  local dump="$1" data_dir="$2" limit="$3" refused added
  shift 3
  feed_oplog "${dump}" "$@" >"${WORK_DIR}/joined.bson"
  mv --no-target-directory -- "${WORK_DIR}/joined.bson" "${dump}/oplog.bson"
  ask_mongodb plain "dump=${dump}" "limit=${limit}"
  refused="$(jq --raw-output .refused "${WORK_DIR}/plain.json")"
  if [[ -n ${refused} ]]; then
    die 1 "this mongod does not recover an oplog by itself, and mongorestore would replay this one wrong: ${refused}; install the mongod that the set was made with; nothing that runs was touched"
  fi
  mkdir "${data_dir}"
  start_private_mongod "${data_dir}"
  run_mongorestore "${dump}" "${limit}"
  added="$(added_members)"
  ask_private_mongod replset "replicaSet=${MONGODB_REPLICA_SET}" "member=${THIS_MEMBER:-${MONGODB_MEMBER}}" "added=${added}"
}

run_mongorestore() { # <dump directory> <limit>
  local uri applied writes status=0
  uri="$(private_uri)"
  "${BOUNDED[@]}" mongorestore --uri="${uri}" --oplogReplay --oplogLimit="$2" --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection=1 --dir="$1" >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  applied="$(sed --quiet --regexp-extended 's/.*applied ([0-9]+) oplog entr.*/\1/p' "${WORK_DIR}/mongorestore.log")"
  writes="$(jq .writes "${WORK_DIR}/plain.json")"
  if ((status != 0)) || [[ -z ${applied} ]] || ((applied < writes)) \
    || ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore ended with status ${status} and replayed ${applied:-no} of at least ${writes} entries; see above"
  fi
}
# 43d68479c166d557 backup/components/mongodb/tools.sh
