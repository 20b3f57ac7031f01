# --- MongoDB: does this mongod recover what is laid before it? ------------------------
#
# No version promises it. So the binary is asked, in an empty directory of its own: three
# crafted entries create a collection, write to it and index it.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/probe.js")

# Where it does not, the file 'unrecovered' says so: then mongorestore replays.
probe_recovery() {
  rm --force -- "${WORK_DIR:?}/unrecovered"
  run_step try_recovery
  if [[ -f ${WORK_DIR}/unrecovered ]]; then
    quote_tool "${WORK_DIR}/probe.log"
    warn 'this mongod does not recover an oplog that is laid before it (see above): mongorestore replays, which it does right for plain writes only'
  fi
}

# A step: leaves the file 'unrecovered' where it fails.
# A step ends the run where it fails; here that is an answer too.
try_recovery() {
  local data_dir="/tmp/lifeboat-mongod.$$.probe" status=0
  (recover_crafted "${data_dir}") >"${WORK_DIR}/probe.log" 2>&1 &
  wait $! || status=$?
  rm --recursive --force -- "${data_dir:?}"
  if ((status != 0)); then
    : >"${WORK_DIR}/unrecovered"
  fi
}

recover_crafted() { # <new data directory>
  local data_dir="$1" applied
  QUIET=true
  jq --null-input '{server: {storage: {}}}' >"${WORK_DIR}/expected.json"
  rm --recursive --force -- "${data_dir:?}"
  mkdir --mode=700 "${data_dir}"
  start_private_mongod "${data_dir}"
  ask_private_mongod probe "replicaSet=${MONGODB_REPLICA_SET}"
  stop_private_mongod
  start_private_mongod "${data_dir}" --replSet "${MONGODB_REPLICA_SET}" --setParameter startupRecoveryForRestore=true
  applied="$(recovered_entries)"
  end_private_mongod
  if [[ ${applied} != 3 ]]; then
    die 1 "of 3 crafted entries the server recovered ${applied:-none}"
  fi
}
# 7d0eb852df8dd3e3 backup/components/mongodb/probe.sh
