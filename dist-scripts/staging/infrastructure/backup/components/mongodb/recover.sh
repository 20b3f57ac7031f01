# --- MongoDB: recovered by the server itself -------------------------------------
#
# mongod recovers an oplog after every crash, and that is used here: the dump is laid
# into a new data directory with the UUIDs that its collections had, the oplog of the
# dump and the slices beside it, up to the moment, and the server is told that it has
# not applied them yet. What does not end well is thrown away, and never gone on with.

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/wire.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/catalogue.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/base.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/loader.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/load.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/settle.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/checkpoint.js"
)

# Leaves a data directory that is a replica set of its own, with the private server on
# it as a standalone. What the dump is must stand in expected.json.
recover_mongodb() { # <dump directory> <new data directory> <limit> [slice as set/component...]
  local dump="$1" data_dir="$2" limit="$3" kept loaded added
  if [[ -f ${WORK_DIR}/unrecovered ]]; then
    replay_by_tools "$@"
    return 0
  fi
  shift 3
  kept="$(jq '[.oplog.maxBytes, 52428800] | max' "${WORK_DIR}/expected.json")"
  loaded="$(oplog_bytes "${dump}" "$@")"
  mkdir "${data_dir}"
  start_private_mongod "${data_dir}"
  load_private_mongod "${dump}" "${limit}" "$((loaded > kept ? loaded : kept))" "$@"
  stop_private_mongod
  start_private_mongod "${data_dir}" --replSet "${MONGODB_REPLICA_SET}" --setParameter startupRecoveryForRestore=true
  check_recovery
  await_private_primary
  added="$(added_members)"
  ask_private_mongod settle "member=${THIS_MEMBER:-${MONGODB_MEMBER}}" "added=${added}" "oplogBytes=${kept}"
  tell_differences
  stop_private_mongod
  start_private_mongod "${data_dir}"
  check_checkpoint
}

# The oplog must hold all that is to be recovered, and some room beyond it.
oplog_bytes() { # <dump directory> [slice...]
  local dump="$1" bytes raw source
  shift
  bytes="$(stat --format='%s' -- "${dump}/oplog.bson")"
  for source in "$@"; do
    raw="$(number_of "${source}" .rawBytes)"
    bytes=$((bytes + raw))
  done
  printf '%s' $((bytes + bytes / 4 + 64 * 1024 * 1024))
}

load_private_mongod() { # <dump directory> <limit> <bytes of the oplog> [slice...]
  local dump="$1" limit="$2" bytes="$3" status=0
  shift 3
  rm --force -- "${WORK_DIR:?}/oplog"
  mkfifo "${WORK_DIR}/oplog"
  feed_oplog "${dump}" "$@" >"${WORK_DIR}/oplog" &
  FEEDER=$!
  ask_private_mongod load "dump=${dump}" "limit=${limit}" "oplogBytes=${bytes}" "replicaSet=${MONGODB_REPLICA_SET}"
  wait "${FEEDER}" || status=$?
  FEEDER=''
  if ((status != 0)); then
    end_with "${status}" # it has said why
  fi
  refuse_oplog "${limit}" "$@"
}

# The slices follow the oplog of the dump: a transaction that one begins and another
# ends is not cut in two. The first entry of a slice is the last one before it.
feed_oplog() { # <dump directory> [slice...]
  local source overlap
  cat -- "$1/oplog.bson"
  shift
  for source in "$@"; do
    overlap="$(number_of "${source}" .details.overlapBytes)"
    unpack_to "${source}" tail --bytes=+$((overlap + 1))
  done
}

refuse_oplog() { # <limit> [slice...]
  local limit="$1" problem
  shift
  problem="$(jq --raw-output .problem "${WORK_DIR}/load.json")"
  if [[ -n ${problem} ]]; then
    die 6 "the oplog that was joined from ${SET_OF[mongodb]:-the dump} $* up to ${limit} cannot be recovered: ${problem}; nothing that runs was touched; a moment before it can be reached, with --oplog-limit"
  fi
}

# As the server tells it.
recovered_entries() {
  jq --raw-input --raw-output 'fromjson? | select(.msg == "Completed oplog application for recovery") | .attr.numOpsApplied' "${WORK_DIR}/mongod.log"
}

# Recovery passes over nothing, and ends by itself.
check_recovery() {
  local applied wanted
  applied="$(recovered_entries)"
  wanted="$(jq .toApply "${WORK_DIR}/load.json")"
  if [[ ${applied} != "${wanted}" ]]; then
    tell_mongod_log "${WORK_DIR}/mongod.log"
    die 1 "the private mongod recovered ${applied:-no} entries of the oplog, and ${wanted} were laid before it; nothing that runs was touched"
  fi
  info "mongodb: the server recovered ${applied} entries of the oplog"
}

await_private_primary() {
  local tries=0
  until grep --quiet 'Transition to primary complete' "${WORK_DIR}/mongod.log"; do
    tries=$((tries + 1))
    if ((tries > 2400)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      tell_mongod_log "${WORK_DIR}/mongod.log"
      die 1 'the private mongod does not become primary; see above'
    fi
    pause 0.05
  done
}

# Without a stable checkpoint the next server would begin from nothing; with an end of the
# recovery that is still ahead of it, it would recover once more.
check_checkpoint() {
  local second begun
  second="$(jq --raw-input --raw-output 'fromjson? | select(.msg == "WiredTiger recoveryTimestamp") | .attr.recoveryTimestamp."$timestamp".t' "${WORK_DIR}/mongod.log")"
  if [[ ! ${second} =~ ^[1-9][0-9]*$ ]]; then
    die 1 "what was recovered has no stable checkpoint (recoveryTimestamp ${second:-unknown}); nothing that runs was touched"
  fi
  ask_private_mongod checkpoint
  begun="$(jq .begun "${WORK_DIR}/checkpoint.json")"
  if [[ ${begun} != false ]]; then
    die 1 'the private mongod has not ended its recovery (replset.minvalid has a beginning); nothing that runs was touched'
  fi
}

# What base and oplog say there must be, and what there is.
tell_differences() {
  local differences
  differences="$(jq --raw-output '.differences[:20] | join("; ")' "${WORK_DIR}/settle.json")"
  if [[ -n ${differences} ]]; then
    die 6 "what was recovered is not what the dump and the oplog say: ${differences}; nothing that runs was touched"
  fi
}
# 71380239339c9b5b backup/components/mongodb/recover.sh
