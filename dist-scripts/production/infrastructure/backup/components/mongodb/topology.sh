# --- The other members of the replica set ------------------------------------------
#
# What is restored becomes a replica set of its own. A member that went on with the
# data from before would be a second primary of the same name, and clients would
# write to either. So the others are down, or the operator says that they are to
# start empty and copy from here.

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/members.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/stopped.js"
)

# State of the run: preflight_members sets it, recall_members for what is put back; what is
# built, stopped, recorded and told goes by it.
THIS_MEMBER='' # how the set knows this server
OTHERS='[]'    # the other members, as JSON: what they are, and in which state

# The newest set knows the members, a server that runs
# knows them better.
preflight_members() {
  local live alone running hosts
  jq --slurp 'map(.members | select(.)) | last // []' <<<"${SETS}" >"${WORK_DIR}/known.json"
  alone="$(jq 'length < 2' "${WORK_DIR}/known.json")"
  live="$(mongodb_directory)"
  if [[ ${alone} == true && ! -s ${live}/mongod.lock ]]; then
    return 0 # nobody else is known, and nobody runs who could know more
  fi
  write_mongodb_uri
  ask_mongodb members "member=${MONGODB_MEMBER}"
  OTHERS="$(jq --compact-output .others "${WORK_DIR}/members.json")"
  THIS_MEMBER="$(jq --raw-output .self "${WORK_DIR}/members.json")"
  running="$(jq --raw-output 'map(select(.state | IN("running", "unknown")) | "\(.host) (\(.detail))") | join(", ")' <<<"${OTHERS}")"
  hosts="$(jq --raw-output 'map(.host) | join(", ")' <<<"${OTHERS}")"
  if [[ ${OTHERS} == '[]' ]]; then
    return 0
  elif [[ -z ${THIS_MEMBER} ]]; then
    problem "the replica set has several members, and ${MONGODB_MEMBER} is none of them: write into mongodb.member of the profile which one this server is, of ${hosts}"
  elif [[ -n ${running} && ${OPTION[reseed]} == false ]]; then
    problem "other members of the replica set are not known to be down: ${running}; they would go on with the data from before, beside this one as a second primary: stop mongod on each of them, or give --reseed, and they are to start empty and to copy what is restored here"
  fi
}

# Those that the restored set is to know from its start, as JSON.
added_members() {
  if [[ ${OPTION[reseed]} == true ]]; then
    jq --compact-output 'map(select(.arbiterOnly | not) | .host)' <<<"${OTHERS}"
  else
    printf '[]'
  fi
}

plan_members() {
  local words
  if [[ ${OTHERS} == '[]' ]]; then
    return 0
  fi
  words="$(jq --raw-output 'map("\(.host) (\(.detail))") | join(", ")' <<<"${OTHERS}")"
  info "plan:   ${THIS_MEMBER} becomes a replica set of its own; of the set it is in, there are also ${words}"
  if [[ ${OPTION[reseed]} == true ]]; then
    info 'plan:   those are stopped after the swap, where the account of MONGODB_URI may do that; what they hold is lost once they start empty'
  fi
  info 'plan:   --undo brings back one member of the old set, which is a primary only with the others and their old data'
}

# After the swap: a member that still has the old data must not go on.
stop_other_members() {
  if [[ ${OPTION[reseed]} == true && ${OTHERS} != '[]' ]]; then
    info 'mongodb: stopping the other members, which have the data from before'
    printf '%s' "${OTHERS}" >"${WORK_DIR}/others.json"
    ask_mongodb stopped
    OTHERS="$(jq --compact-output . "${WORK_DIR}/stopped.json")"
  fi
}

# What is left to do, on hosts that this script does not reach.
tell_members() {
  local host state arbiter number=0
  if [[ ${OTHERS} == '[]' || " ${FAILED[*]} " == *' mongodb '* ]]; then
    return 0
  fi
  warn "${THIS_MEMBER} is now a replica set of its own. Each other member has to start empty; with its old data it would be a second primary:"
  while read -r host state arbiter; do
    if [[ ${state} == running || ${state} == unknown ]]; then
      warn "  on ${host%:*}, at once: stop mongod"
    fi
    warn "  on ${host%:*}: move all that is in its data directory away, but not a keyFile or certificates; then start mongod"
    if [[ ${arbiter} == true ]]; then
      warn "  in mongosh on ${THIS_MEMBER}: rs.addArb('${host}')"
    elif [[ ${OPTION[reseed]} == true ]]; then
      number=$((number + 1))
      warn "  it then copies what was restored. When rs.status() calls it SECONDARY, give it its vote, in mongosh on ${THIS_MEMBER}: cfg = rs.conf(); cfg.members[${number}].votes = 1; cfg.members[${number}].priority = 1; rs.reconfig(cfg)"
    else
      warn "  in mongosh on ${THIS_MEMBER}: rs.add('${host}')"
    fi
  done < <(jq --raw-output '.[] | "\(.host) \(.state) \(.arbiterOnly // false)"' <<<"${OTHERS}" || :)
}

# The undo, which may come much later, has to know them too.
record_members() {
  if [[ ${OTHERS} != '[]' ]]; then
    jq --null-input --arg self "${THIS_MEMBER}" --argjson others "${OTHERS}" '{$self, others: [$others[].host]}' >"${RECORD_DIR}/members.json"
  fi
}

# Data that is put back may be of one member of several, which need not be a primary.
recall_members() { # <variable for whether that is so>
  printf -v "$1" '%s' false
  if [[ -s ${RECORD_DIR}/members.json ]]; then
    THIS_MEMBER="$(jq --raw-output .self "${RECORD_DIR}/members.json")"
    printf -v "$1" '%s' true
  fi
}

# What an undo cannot do: the others, on hosts that this script does not reach.
tell_old_members() {
  local others
  if [[ ! -s ${RECORD_DIR}/members.json ]]; then
    return 0
  fi
  others="$(jq --raw-output '.others | join(", ")' "${RECORD_DIR}/members.json")"
  warn "${THIS_MEMBER} is one member of its old replica set again. It is a primary only with the others, on the data that they had: on ${others}, stop mongod, put back what was moved out of its data directory, and start it"
  warn "  where that is gone: in mongosh on ${THIS_MEMBER}: cfg = rs.conf(); cfg.members = cfg.members.filter((one) => one.host === '${THIS_MEMBER}'); rs.reconfig(cfg, { force: true }); then start the others empty, and rs.add() each"
}
# 6ba4bac741966b04 backup/components/mongodb/topology.sh
