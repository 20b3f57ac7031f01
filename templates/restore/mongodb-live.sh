# needs: restore/swap lib/mongodb-dump restore/select-set
# A server elsewhere: its collections are dropped and written anew over its own
# connection, after a dump of what it holds now, which is the undo.

preflight_mongodb_live() {
  local kind detail version raw_bytes present
  need_tools mongodump=mongodb-database-tools
  stop_at_problems
  write_mongodb_uri
  ask_mongodb facts
  kind="$(mongodb_fact .problem)"
  detail="$(mongodb_fact .detail)"
  tell_mongodb_problem "${kind}" "${detail}"
  if [[ -z ${kind} ]]; then
    version="$(mongodb_fact .version)"
    check_mongodb_version "${version}"
    check_mongodb_features
    raw_bytes="$(raw_bytes_of mongodb oplog bridge)"
    present="$(mongodb_fact '.rawBytes | floor')"
    need_space "${BACKUP_DIR}" $((raw_bytes + present))
  fi
}

# What a server with other features wrote is not replayed into this one.
check_mongodb_features() {
  local found recorded
  found="$(mongodb_fact .fcv)"
  recorded="$(of_component mongodb '.details.server.featureCompatibilityVersion // ""')"
  if [[ -n ${found} && -n ${recorded} && ${found} != "${recorded}" ]]; then
    problem "${SET_OF[mongodb]} was made with the feature compatibility version ${recorded}, ${MONGODB_HOSTS} has ${found}: set it with 'db.adminCommand({setFeatureCompatibilityVersion: \"${recorded}\"})'"
  fi
}

plan_mongodb_live() {
  local staying
  staying="$(jq --raw-output --slurpfile set "${SETS_DIR}/${SET_OF[mongodb]}/manifest.json" '
    .namespaces - [$set[0].components.mongodb.details.collections[].namespace] | join(", ")' "${WORK_DIR}/facts.json")"
  info "plan:   goes INTO THE RUNNING SERVER ${MONGODB_HOSTS}: each collection of the set is dropped and written anew"
  info "plan:   collections that the set does not hold stay as they are: ${staying:-none}"
  info "plan:   before that, what the server holds is dumped; --undo plays that dump back"
  info "plan:   cannot be undone: what clients write from now on, and collections that only the set holds"
}

# The account that restores must come with the set: else the restore would take
# away its own login, and that of everybody else.
build_mongodb_live() {
  local account known
  stage_for "${BACKUP_DIR}/dump"
  mkdir "${STAGE}/mongodb"
  unpack_dump "${STAGE}/mongodb/dump"
  join_slices "${STAGE}/mongodb/dump" ask_mongodb
  ask_mongodb accounts "DUMP=${STAGE}/mongodb/dump"
  account="$(mongodb_fact .account)"
  known="$(jq --arg account "${account}" 'length == 0 or $account == "" or any(. == $account)' "${WORK_DIR}/accounts.json")"
  if [[ ${known} == false ]]; then
    die 3 "${SET_OF[mongodb]} does not hold the account ${account} of MONGODB_URI, so restoring it would lock you out: use an account that it holds; nothing was touched"
  fi
  info 'mongodb: dumping what the server holds now'
  dump_mongodb "${STAGE}/mongodb/before"
  check_mongodb_dump "${STAGE}/mongodb/before"
  printf '%s\n' "${STAGE}/mongodb/dump" >"${WORK_DIR}/swaps.mongodb"
}

mongodb_accounts_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const reader = require(process.cwd() + '/read-dump.js');
fs.writeFileSync('accounts.json', JSON.stringify(reader.accounts(process.env.DUMP)));
EOF_JS
}

swap_mongodb_live() {
  local dump old="${BACKUP_DIR}/.mongodb.lifeboat-undo-${STAMP}"
  read -r dump <"${WORK_DIR}/swaps.mongodb"
  mv --no-target-directory -- "${dump%/*}/before" "${old}" # the only copy, once the first collection is dropped
  sync --file-system -- "${old}"
  printf 'mongodb\tlive\t%s\t%s\n' "${MONGODB_HOSTS}" "${old}" >>"${RECORD_DIR}/journal"
  sync -- "${RECORD_DIR}/journal"
  run_step replace_mongodb "${dump}"
}

replace_mongodb() { # <dump directory>
  write_mongodb_uri
  of_component mongodb .details >"${WORK_DIR}/expected.json"
  REPLAYED_RENAMES="$(jq .renames "${WORK_DIR}/joined.json")"
  ask_mongodb views
  restore_dump "$1" --config="${WORK_DIR}/mongodb.yaml" --drop --oplogLimit="${LIMIT}"
  check_replay
  settle_replay "$1" ask_mongodb
}

# Undo: the dump that was made before.
swap_back_mongodb() { # <servers> <dump directory>
  local servers
  servers="$(current_servers)"
  if [[ ${servers} != "$1" ]]; then
    die 1 "the restore went to ${1}, MONGODB_URI leads to ${servers}: set it to the server that was restored"
  elif [[ ! -f $2/oplog.bson ]]; then
    die 1 "the dump $2, which would undo the restore, is not there"
  fi
  printf '{"writes": 0}' >"${WORK_DIR}/joined.json"
  REPLAYED_RENAMES=0
  write_mongodb_uri
  restore_dump "$2" --config="${WORK_DIR}/mongodb.yaml" --drop
  check_replay
}
