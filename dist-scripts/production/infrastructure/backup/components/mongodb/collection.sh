# --- One collection, beside the original --------------------------------------------
#
# Everything is built and replayed by a private server first, for an oplog cannot
# be replayed in part. A transaction that wrote to other collections too comes
# back only in this one.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/replace.js")

take_collection() { # <database.collection>
  if [[ ! $1 =~ ^[^.]+\..+$ ]]; then
    wrong_usage "--collection '$1' is not database.collection"
  fi
  OPTION["collection"]="$1"
}

preflight_collection() {
  local kind detail
  write_mongodb_uri
  ask_mongodb facts
  kind="$(mongodb_fact .problem)"
  detail="$(mongodb_fact .detail)"
  tell_mongodb_problem "${kind}" "${detail}"
}

plan_collection() {
  local servers there
  servers="$(current_servers)"
  info "plan:   builds a private server below ${BACKUP_DIR}, and copies ${OPTION[collection]} from it to ${servers}"
  there="$(jq --arg namespace "${OPTION[collection]}" '.namespaces | index($namespace) != null' "${WORK_DIR}/facts.json")"
  if [[ ${OPTION[replace]} == false ]]; then
    info "plan:   writes ${OPTION[collection]}_restored_<time>; ${OPTION[collection]} stays as it is"
  elif [[ ${there} == true ]]; then
    info "plan:   puts it in the place of ${OPTION[collection]}, which is kept as ${OPTION[collection]}_before_<time>"
  else
    info "plan:   puts it in the place of ${OPTION[collection]}, which is not there: nothing is kept"
  fi
}

# The private server works in a staging place below the backup directory, as with
# --into; nothing is stopped, nothing is swapped.
restore_collection() {
  local beside
  take_lock
  mark_sources
  sweep_stages
  begin_record
  stage_for 'OPTION[into]' "${STORE}/collection"
  build_all
  info "${OPTION[collection]}: copying it to the server"
  beside="${OPTION[collection]#*.}_restored_${RECORD_DIR##*/}"
  run_step copy_collection "${beside}"
  if [[ ${OPTION[replace]} == true ]]; then
    ask_mongodb replace "namespace=${OPTION[collection]}" "beside=${beside}" "aside=${OPTION[collection]#*.}_before_${RECORD_DIR##*/}"
    tell_replaced
  else
    finish "${OPTION[collection]} as of ${SET_ID:-${MOMENT[words]}} stands beside the original, as ${OPTION[collection]%%.*}.${beside}"
  fi
}

tell_replaced() {
  local aside
  aside="$(jq .aside "${WORK_DIR}/replace.json")"
  if [[ ${aside} == true ]]; then
    finish "${OPTION[collection]} is as of ${SET_ID:-${MOMENT[words]}}; what it was stands beside, as ${OPTION[collection]}_before_${RECORD_DIR##*/}"
  else
    finish "${OPTION[collection]} is as of ${SET_ID:-${MOMENT[words]}}; there was none before"
  fi
}

# A step: leaves the collection on the server, under that name.
copy_collection() { # <name beside the original>
  local beside="$1" database="${OPTION[collection]%%.*}" name="${OPTION[collection]#*.}" from to
  start_private_mongod "${OPTION[into]}/mongodb"
  dump_private_mongod "${OPTION[into]}/collection" --db="${database}" --collection="${name}"
  stop_private_mongod
  end_private_mongod
  if [[ ! -d ${OPTION[into]}/collection/${database} ]]; then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "${OPTION[collection]} did not exist at ${SET_ID:-${MOMENT[words]}}"
  fi
  from="$(literal_namespace "${OPTION[collection]}")"
  to="$(literal_namespace "${database}.${beside}")"
  write_mongodb_uri
  copy_to_server "${OPTION[into]}/collection" "${database}.${beside}" --nsFrom="${from}" --nsTo="${to}"
}

# The tools read * and \ in a namespace as patterns.
literal_namespace() { # <namespace>
  local namespace="${1//\\/\\\\}"
  printf '%s' "${namespace//\*/\\*}"
}
# a632d3038881927a backup/components/mongodb/collection.sh
