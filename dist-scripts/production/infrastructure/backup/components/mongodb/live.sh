# A server elsewhere: everything is recovered by a private server here, and copied over.
# Its collections are dropped and written anew over its own connection, after a dump of
# what it holds now, which is the undo. No oplog is ever replayed into a live server.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/accounts.js")

preflight_mongodb_live() { # <version of the Database Tools>
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
    need_recovery_space "${BACKUP_DIR}" "${BACKUP_DIR}"
    need_space "${BACKUP_DIR}" $((raw_bytes + present)) # the copy, and what the server holds now
    check_tools_for_server "$1" "${version}"
  fi
}

# What a server with other features wrote does not go into this one.
check_mongodb_features() {
  local servers found recorded
  servers="$(current_servers)"
  found="$(mongodb_fact .fcv)"
  recorded="$(of_component mongodb '.details.server.featureCompatibilityVersion // ""')"
  if [[ -n ${found} && -n ${recorded} && ${found} != "${recorded}" ]]; then
    problem "${SET_OF[mongodb]} was made with the feature compatibility version ${recorded}, ${servers} has ${found}: set it with 'db.adminCommand({setFeatureCompatibilityVersion: \"${recorded}\"})'"
  fi
}

plan_mongodb_live() {
  local servers staying
  servers="$(current_servers)"
  staying="$(jq --raw-output --slurpfile set "${SETS_DIR}/${SET_OF[mongodb]}/manifest.json" '
    .namespaces - [$set[0].components.mongodb.details.collections[].namespace] | join(", ")' "${WORK_DIR}/facts.json")"
  info "plan:   goes INTO THE RUNNING SERVER ${servers}: each collection of the set is dropped and written anew"
  info "plan:   collections that the set does not hold stay as they are: ${staying:-none}"
  info "plan:   before that, all is recovered by a private server below ${BACKUP_DIR}, and what the server holds is dumped; --undo brings that dump back"
  info "plan:   cannot be undone: what clients write from now on, and collections that only the set holds"
}

# The account that restores must come with the set: else the restore would take
# away its own login, and that of everybody else.
build_mongodb_live() {
  local account known place
  stage_for place "${STORE}/dump"
  place+="/mongodb"
  mkdir "${place}"
  unpack_dump "${place}/dump"
  of_component mongodb .details >"${WORK_DIR}/expected.json"
  recover_for_copy "${place}" "${LIMIT}" "${SLICES[@]}"
  ask_mongodb accounts "dump=${place}/copy"
  account="$(mongodb_fact .account)"
  known="$(jq --arg account "${account}" 'length == 0 or $account == "" or any(. == $account)' "${WORK_DIR}/accounts.json")"
  if [[ ${known} == false ]]; then
    die 3 "${SET_OF[mongodb]} does not hold the account ${account} of MONGODB_URI, so restoring it would lock you out: use an account that it holds; nothing was touched"
  fi
  info 'mongodb: dumping what the server holds now'
  take_mongodb_dump "${place}/before"
  jq .details "${WORK_DIR}/dump.json" >"${place}/before/lifeboat.json"
  printf '%s\n' "${place}/copy" >"${WORK_DIR}/swaps.mongodb"
}

# Leaves in copy what the private server holds at the limit.
recover_for_copy() { # <directory with the dump> <limit> [slice...]
  local place="$1"
  shift
  recover_mongodb "${place}/dump" "${place}/data" "$@"
  rm --recursive --force -- "${place:?}/dump"
  dump_private_mongod "${place}/copy"
  try_account
  stop_private_mongod
  end_private_mongod
  rm --recursive --force -- "${place:?}/data"
}

swap_mongodb_live() {
  local servers dump old="${BACKUP_DIR}/.mongodb.lifeboat-undo-${RECORD_DIR##*/}"
  read -r dump <"${WORK_DIR}/swaps.mongodb"
  mv --no-target-directory -- "${dump%/*}/before" "${old}" # the only copy, once the first collection is dropped
  sync --file-system -- "${old}"
  servers="$(current_servers)"
  printf 'mongodb\tlive\t%s\t%s\n' "${servers}" "${old}" >>"${RECORD_DIR}/journal"
  sync -- "${RECORD_DIR}/journal"
  run_step replace_mongodb "${dump}"
}

# A step: leaves what the server holds.
replace_mongodb() { # <copy of the private server>
  write_mongodb_uri
  copy_to_server "$1" '' --drop
}

# Undo: the dump that was made before, recovered and copied in the same way.
swap_back_mongodb() { # <servers> <dump directory>
  local servers limit place="${BACKUP_DIR}/.lifeboat-stage-${RECORD_DIR##*/}/mongodb"
  servers="$(current_servers)"
  if [[ ${servers} != "$1" ]]; then
    die 1 "the restore went to ${1}, MONGODB_URI leads to ${servers}: set it to the server that was restored"
  elif [[ ! -f $2/oplog.bson || ! -f $2/lifeboat.json ]]; then
    die 1 "the dump $2, which would undo the restore, is not there"
  fi
  printf '%s\n' "${place%/*}" >>"${RECORD_DIR}/staging"
  rm --recursive --force -- "${place:?}"
  mkdir --parents "${place}"
  cp --recursive --no-target-directory -- "$2" "${place}/dump"
  cp -- "$2/lifeboat.json" "${WORK_DIR}/expected.json"
  limit="$(jq --raw-output '.oplog.last | "\(.t):\(.i + 1)"' "$2/lifeboat.json")"
  recover_for_copy "${place}" "${limit}"
  write_mongodb_uri
  copy_to_server "${place}/copy" '' --drop
  rm --recursive --force -- "${place:?}"
  remove_staging "${RECORD_DIR}"
}
# 4a218bf891ef1c66 backup/components/mongodb/live.sh
