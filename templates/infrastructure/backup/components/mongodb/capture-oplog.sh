# A slice is a contiguous range of the oplog. It begins with the very entry that
# the slice or dump before it ended with, and ends with the newest entry that a
# majority has: no later rollback can take that back.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/slice.js")

# Captures a slice from the end of a set. It may not join on, which the caller is told; a
# slice that is damaged ends the run.
capture_slice() { # <variable for why it does not join on> <name> <set> [end as {"t":…,"i":…}]
  local name="$2" set="$3" end="${4:-}" from gap
  from="$(end_of_set "${set}")"
  if [[ -z ${from} ]]; then
    printf -v "$1" '%s' "${set} holds no MongoDB"
    return 0
  fi
  if [[ -z ${end} ]]; then
    end="$(jq --compact-output .majority "${WORK_DIR}/facts.json")" # as of the preflight
  fi
  known_collections
  run_step dump_slice "${name}" "${from}" "${end}"
  ask_mongodb slice "file=${PARTIAL}/${name}.bson" "from=${from}" "end=${end}"
  gap="$(jq --raw-output .gap "${WORK_DIR}/slice.json")"
  if [[ -n ${gap} ]]; then
    rm --force -- "${PARTIAL:?}/${name}.bson"
  else
    run_step pack_slice "${name}" "${set}"
  fi
  printf -v "$1" '%s' "${gap}"
}

end_of_set() { # <set>
  jq --compact-output '(.components.oplog.details // .components.mongodb.details.oplog).last // empty' \
    "${STORE}/$1/manifest.json"
}

# The UUIDs of all collections of the chain so far: those of its dump, and what each
# slice created. Sets of an older lifeboat do not note them.
known_collections() {
  ask_chains manifests_of_chain --arg directory "${STORE}" \
    | tr '\n' '\0' | xargs --null jq --compact-output '
      .components | if .mongodb then .mongodb.details | if .others then [.collections[].uuid // empty, .others[].uuid, .oplog.created[]] else null end
        elif .oplog then .oplog.details.created else [] end' \
    | jq --slurp 'if any(. == null) then null else add end' >"${WORK_DIR}/known.json"
}

# A step: leaves <name>.bson in the set.
dump_slice() { # <name> <from> <end>
  local name="$1" query status=0
  query="{\"ts\":{\"\$gte\":{\"\$timestamp\":$2},\"\$lte\":{\"\$timestamp\":$3}}}"
  "${BOUNDED[@]}" mongodump --config="${WORK_DIR}/mongodb.yaml" --db=local --collection=oplog.rs \
    --query="${query}" --out=- >"${PARTIAL}/${name}.bson" 2>"${WORK_DIR}/mongodump.log" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "mongodump could not read the oplog (status ${status}); see above"
  fi
}

# A step: leaves the packed slice in the set, and component.<name>.json.
pack_slice() { # <name> <set that it follows>
  local name="$1" broken raw_bytes stored
  broken="$(jq --raw-output .broken "${WORK_DIR}/slice.json")"
  if [[ -n ${broken} ]]; then
    die 1 "the slice of the oplog is cut off or damaged: ${broken}"
  fi
  raw_bytes="$(stat --format='%s' "${PARTIAL}/${name}.bson")"
  pack_file "${PARTIAL}/${name}.bson" "${name}.bson"
  rm --force -- "${PARTIAL:?}/${name}.bson"
  read_back stored "${name}.bson" "${raw_bytes}"
  jq --arg component "${name}" --argjson stored "${stored}" --arg follows "$2" '
    {($component): ($stored + {details: (.details + {$follows})})}' "${WORK_DIR}/slice.json" >"${WORK_DIR}/component.${name}.json"
}

# The slice of an incremental or database set. An incremental reaches back to the
# incremental before it, so that the database sets in between can go; where the
# oplog no longer reaches that far, it begins at the newest set.
capture_oplog() {
  local change hole newest
  change="$(compare_server)"
  if [[ -n ${change} ]]; then
    close_chain "${change}"
    return 0
  fi
  info "MongoDB: reading the oplog from the end of ${PARENT}"
  capture_slice hole oplog "${PARENT}"
  newest="$(ask_chains newest_of_chain)"
  if [[ -n ${hole} && ${newest} != "${PARENT}" ]]; then
    note_warning "${hole}, the end of ${PARENT}: the oplog is too small; the slice begins at the newest set, ${newest}"
    PARENT="${newest}"
    capture_slice hole oplog "${PARENT}"
  fi
  if [[ -n ${hole} ]]; then
    close_chain "${hole}"
  fi
}

# A chain is bound to the replica set and the versions that it began with. Prints what
# differs from the newest full set.
compare_server() {
  local full
  full="$(ask_chains newest_full)"
  if [[ -z ${full} ]]; then
    printf 'there is no full set'
    return 0
  fi
  jq --raw-output --slurpfile facts "${WORK_DIR}/facts.json" '
    .components.mongodb.details.server as $was | $facts[0] as $is
    | if $was == null then "\(.id) holds no MongoDB"
      elif $was.replicaSetId != $is.replicaSetId then "this is not the replica set that \(.id) was taken from"
      elif $was.featureCompatibilityVersion != $is.fcv then "the feature compatibility version of MongoDB was \($was.featureCompatibilityVersion) and is \($is.fcv)"
      elif ($was.version | split(".")[:2]) != ($is.version | split(".")[:2]) then "MongoDB was \($was.version) and is \($is.version)"
      else "" end' "${STORE}/${full}/manifest.json"
}

# Sets that nothing can build on may be there all the same.
warn_of_lost_chain() {
  local left
  left="$(ask_chains 'map(select(.type != "config")) | last.id // ""')"
  if [[ -n ${left} ]]; then
    note_warning "there is no full set: what happened between ${left} and this full set cannot be restored"
  fi
}

# The slice from the chain before this full set to the end of its dump: without it
# the time between the last slice and this dump could not be restored.
capture_bridge() {
  local previous newest end change hole
  read_sets own
  previous="$(ask_chains newest_with_files)"
  if [[ -z ${previous} ]]; then
    warn_of_lost_chain
    return 0
  elif [[ -f ${STORE}/.state/restored ]]; then
    info "the server was restored since ${previous}: a new chain begins"
    return 0
  fi
  change="$(compare_server)"
  hole="${change}"
  end="$(jq --compact-output .mongodb.details.oplog.last "${WORK_DIR}/component.mongodb.json")"
  if [[ -z ${hole} ]]; then
    capture_slice hole bridge "${previous}" "${end}"
  fi
  newest="$(ask_chains newest_of_chain)"
  if [[ -n ${hole} && -z ${change} && ${newest} != "${previous}" ]]; then
    previous="${newest}"
    capture_slice hole bridge "${previous}" "${end}"
  fi
  if [[ -n ${hole} ]]; then
    note_warning "${hole}: what happened between ${previous} and this full set cannot be restored"
  fi
}
