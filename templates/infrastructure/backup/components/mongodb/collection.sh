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
  COLLECTION="$1"
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
  info "plan:   builds a private server below ${BACKUP_DIR}, and copies ${COLLECTION} from it to ${servers}"
  there="$(jq --arg namespace "${COLLECTION}" '.namespaces | index($namespace) != null' "${WORK_DIR}/facts.json")"
  if [[ ${REPLACE} == false ]]; then
    info "plan:   writes ${COLLECTION}_restored_<time>; ${COLLECTION} stays as it is"
  elif [[ ${there} == true ]]; then
    info "plan:   puts it in the place of ${COLLECTION}, which is kept as ${COLLECTION}_before_<time>"
  else
    info "plan:   puts it in the place of ${COLLECTION}, which is not there: nothing is kept"
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
  stage_for INTO "${STORE}/collection"
  build_all
  info "${COLLECTION}: copying it to the server"
  beside="${COLLECTION#*.}_restored_${RECORD_DIR##*/}"
  run_step copy_collection "${beside}"
  if [[ ${REPLACE} == true ]]; then
    ask_mongodb replace "namespace=${COLLECTION}" "beside=${beside}" "aside=${COLLECTION#*.}_before_${RECORD_DIR##*/}"
    tell_replaced
  else
    finish "${COLLECTION} as of ${SET_ID:-${MOMENT[words]}} stands beside the original, as ${COLLECTION%%.*}.${beside}"
  fi
}

tell_replaced() {
  local aside
  aside="$(jq .aside "${WORK_DIR}/replace.json")"
  if [[ ${aside} == true ]]; then
    finish "${COLLECTION} is as of ${SET_ID:-${MOMENT[words]}}; what it was stands beside, as ${COLLECTION}_before_${RECORD_DIR##*/}"
  else
    finish "${COLLECTION} is as of ${SET_ID:-${MOMENT[words]}}; there was none before"
  fi
}

# A step: leaves the collection on the server, under that name.
copy_collection() { # <name beside the original>
  local beside="$1" database="${COLLECTION%%.*}" name="${COLLECTION#*.}" from to
  start_private_mongod "${INTO}/mongodb"
  dump_private_mongod "${INTO}/collection" --db="${database}" --collection="${name}"
  stop_private_mongod
  end_private_mongod
  if [[ ! -d ${INTO}/collection/${database} ]]; then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "${COLLECTION} did not exist at ${SET_ID:-${MOMENT[words]}}"
  fi
  from="$(literal_namespace "${COLLECTION}")"
  to="$(literal_namespace "${database}.${beside}")"
  write_mongodb_uri
  copy_to_server "${INTO}/collection" "${database}.${beside}" --nsFrom="${from}" --nsTo="${to}"
}

# The tools read * and \ in a namespace as patterns.
literal_namespace() { # <namespace>
  local namespace="${1//\\/\\\\}"
  printf '%s' "${namespace//\*/\\*}"
}
