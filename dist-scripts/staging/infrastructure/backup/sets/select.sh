# --- Which sets does a restore read? ---------------------------------------------------

SET_ID=''               # the set that was asked for; none where a moment was
declare -A SET_OF=()    # component: the set that holds it
declare -A FORMAT_OF=() # sets whose manifest was looked at: 1 was written by older scripts
FILES_ARE_HERE=true     # false: they are still at a remote
SOURCES=()              # every file that is read, as set/component, in order

# --sets: a copy of the backup directory, of which nothing is written.
take_sets_dir() { # <directory>
  if [[ ! -d $1 ]]; then
    wrong_usage "--sets '$1' is no directory: give the one that holds the sets"
  elif [[ -e $1/manifest.json ]]; then
    wrong_usage "--sets '$1' is a set: give the directory that it lies in"
  fi
  SETS_DIR="$(realpath -- "$1")"
  SETS_PLACE="${SETS_DIR}"
}

OTHERS_SETS=false # whether somebody else could have written the sets that are read

# What is read in a directory of somebody else is believed no more than what comes from a
# remote: without a signature it gives nobody any rights.
judge_sets_dir() {
  local owner
  if ((EUID != 0)) || [[ ${SETS_DIR} == "${STORE}" ]]; then
    return 0
  fi
  owner="$(find "${SETS_DIR}"/ -maxdepth 2 ! -uid 0 -printf '%u\n' -quit 2>/dev/null || :)"
  if [[ -n ${owner} ]]; then
    OTHERS_SETS=true
    warn "${SETS_DIR} belongs to ${owner}, or something in it, who could exchange what is read there: see that nobody is at work on it meanwhile, or copy the sets into a directory of your own"
  fi
}

# Damage is not a preflight problem: exit 6 says that a set cannot be trusted.
refuse_set() { # <what is wrong, with the cure>
  error "$1"
  error 'nothing was touched'
  end_with 6
}

choose_sets() {
  local component
  if [[ -n ${LIMIT} ]]; then
    choose_sets_before_limit
  else
    choose_named_set
  fi
  stop_at_problems
  refuse_newer_unusable
  for component in "${WANTED[@]}"; do
    if [[ ${component} != mongodb ]]; then # its sets are found by choose_chain
      check_manifest "${SET_OF[${component}]}"
      add_sources "${component}" "${SET_OF[${component}]}"
    fi
  done
  tell_covered
}

# The application comes back as a whole, with what the configuration names in it.
tell_covered() {
  local path root
  local -a covered=()
  if [[ -n ${OPTION[into]} || ! -v SET_OF[app] || ! -v SET_OF[config] || ${SET_OF[app]:-} == "${SET_OF[config]:-}" ]]; then
    return 0
  fi
  for path in "${CONFIG_PATHS[@]}" "${CONFIG_OPTIONAL_PATHS[@]}"; do
    for root in "${APP_PATHS[@]}"; do
      if [[ ${path} == "${root}"/* ]]; then
        covered+=("${path}")
      fi
    done
  done
  if ((${#covered[@]} > 0)); then
    warn "these come with the application, as they were in ${SET_OF[app]}: ${covered[*]}; to have them as in ${SET_OF[config]}, run 'restore.sh ${SET_OF[config]} --config' afterwards"
  fi
}

# What lies between the set that was found and the moment that was meant may be what
# latest should have been.
refuse_newer_unusable() {
  local id component until='~'
  local -a unusable=()
  if [[ ${OPTION[set]} != latest ]]; then
    return 0
  elif [[ -n ${LIMIT} ]]; then
    printf -v until '%(%Y%m%d_%H%M%S)T' "${LIMIT%:*}"
  fi
  find_unusable unusable
  for id in "${unusable[@]}"; do
    for component in "${WANTED[@]}"; do
      if [[ -n ${SET_OF[${component}]:-} && ${id} > ${SET_OF[${component}]} && ${until} > ${id} ]]; then
        refuse_set "${id} in ${SETS_PLACE} is newer than ${SET_OF[${component}]} and cannot be used, for its manifest.json is missing or damaged: what latest means is not known; name the set that you want, or fetch ${id} again from another location"
      fi
    done
  done
}

declare -A HOLDERS_OF=() # component: the sets that hold its files, each on a line

# Files come by a listing, from every set that it names.
add_sources() { # <component> <set>
  local component="$1" set="$2" holder
  if [[ ${component} == redis || (${component} != app && ${FORMAT_OF[${set}]} == 1) ]]; then
    SOURCES+=("${set}/${component}")
    return 0
  elif [[ ${FORMAT_OF[${set}]} == 1 ]]; then
    add_levels_below "${set}"
    return 0
  fi
  SOURCES+=("${set}/${component}.files")
  if [[ ${ACTION} == diff ]]; then
    return 0
  fi
  HOLDERS_OF[${component}]="$(of_source "${set}/${component}" '.details.sets | if type == "array" then .[] else "none" end | tostring | gsub("[[:cntrl:]]"; "?")')"
  while IFS= read -r holder; do
    if [[ -n ${holder} && ! ${holder} =~ ^[0-9]{8}_[0-9]{6}$ ]]; then
      refuse_set "the manifest of ${set} says that '${holder}' holds files of ${component}, which is no set: it was changed; choose another set"
    elif [[ -n ${holder} ]]; then
      need_set_of_chain "${holder}"
      SOURCES+=("${holder}/${component}")
    fi
  done <<<"${HOLDERS_OF[${component}]}"
}

# A directory can hold the sets of several environments. Meant are those of the set
# that was named, of this environment, or where it has none, of the newest set there.
keep_own_sets() {
  SETS="$(jq --slurp --compact-output --arg name "${OPTION[set]}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" '
    ((map(select(.id == $name)) | last)
      // (map(select(.application == $application and .environment == $environment)) | last)
      // (map(select(.application == $application)) | last) // last) as $meant
    | .[] | select(.application == $meant.application and .environment == $meant.environment)' <<<"${SETS}")"
}

choose_named_set() {
  local component held
  SET_ID="${OPTION[set]}"
  if [[ ${OPTION[set]} == latest ]]; then
    SET_ID="$(newest_set_with "${WANTED[*]}" '9')"
    if [[ -z ${SET_ID} ]]; then
      die 3 "no set in ${SETS_PLACE} holds ${WANTED[*]}: look with 'backup.sh --list', or copy a set there from another location; nothing was touched"
    fi
    refuse_future_set
    info "latest means ${SET_ID}"
    tell_later_writes
  fi
  need_set "${SET_ID}"
  held="$(jq --raw-output '.components | keys_unsorted | map(select(endswith(".files") | not) | gsub("[[:cntrl:]]"; "?")) | join(" ")' "${SETS_DIR}/${SET_ID}/manifest.json")"
  for component in "${WANTED[@]}"; do
    SET_OF[${component}]="${SET_ID}"
    if [[ " ${held/oplog/mongodb} " != *" ${component} "* ]]; then
      problem "${SET_ID} holds no ${component}, only ${held}: choose a set that does with 'backup.sh --list', or leave --${component} out"
    fi
  done
}

# A set of all is older than the newest slice of the oplog.
tell_later_writes() {
  local later
  if [[ " ${WANTED[*]} " != *' mongodb '* ]]; then
    return 0
  fi
  later="$(newest_set_with mongodb '9')"
  if [[ ${later} > ${SET_ID} ]]; then
    warn "${later} holds later writes of MongoDB than ${SET_ID}: to have these too, give --at with the newest moment that 'restore.sh --window' shows"
  fi
}

# What is newest by its name may be older than what was made after the clock was put right.
refuse_future_set() {
  local future
  find_future_set future
  if [[ -n ${future} && ${SET_ID} == "${future}" ]]; then
    die 3 "${SET_ID} in ${SETS_PLACE} bears a time that is still to come, so that what latest means is not known: correct the clock of this host (timedatectl), or, if that of the backups was ahead, name the set that you want; nothing was touched"
  fi
}

# Each part from the newest set that was complete by then; MongoDB to the moment.
choose_sets_before_limit() {
  local component seconds="${LIMIT%:*}" ended
  printf -v ended '%(%Y-%m-%dT%H:%M:%SZ)T' $((seconds - 1))
  info "going back to ${MOMENT[words]}${MOMENT[zone]:+; ${MOMENT[zone]}}"
  if [[ ${OPTION[set]} != latest ]]; then
    need_set "${OPTION[set]}"
    if jq --exit-status --arg ended "${ended}" '.ended > $ended' "${SETS_DIR}/${OPTION[set]}/manifest.json" >/dev/null; then
      wrong_usage "${OPTION[set]} was made after ${ended}: give an earlier set, or latest"
    fi
  fi
  for component in "${WANTED[@]}"; do
    if [[ ${component} == mongodb ]]; then
      continue
    fi
    SET_OF[${component}]="$(newest_set_with "${component}" "${ended}")"
    if [[ -z ${SET_OF[${component}]} ]]; then
      problem "no set in ${SETS_PLACE} from before ${ended} holds ${component}: give a later moment, or leave --${component} out"
      SET_OF[${component}]="${OPTION[set]}"
    else
      info "${component} at ${ended} means ${SET_OF[${component}]}"
    fi
  done
  stop_at_problems
}

newest_set_with() { # <components> <latest end>
  jq --slurp --raw-output --arg wanted "$1" --arg ended "$2" '
    ($wanted | split(" ")) as $wanted
    | map(select(.ended <= $ended) | (.components | map(if . == "oplog" then "mongodb" else . end)) as $held
        | select(all($wanted[]; . as $one | $held | index($one)))) | last.id // ""' <<<"${SETS}"
}

need_set() { # <set>
  local newest
  if [[ -d ${SETS_DIR}/$1.partial ]]; then
    refuse_set "$1 was never finished: there is only $1.partial; choose another set with 'backup.sh --list'"
  fi
  if [[ ! -d ${SETS_DIR}/$1 ]]; then
    newest="$(jq --slurp --raw-output 'map(.id) | .[-3:] | join(", ")' <<<"${SETS}")"
    die 3 "there is no set $1 in ${SETS_PLACE}; the newest are: ${newest:-none}; nothing was touched"
  fi
  check_manifest "$1"
}

# In format 1 changed files build on the set below; all of them are read, oldest first.
add_levels_below() { # <set>
  local levels level
  levels="$(ask_chains levels --arg set "$1")"
  if [[ -z ${levels} ]]; then
    refuse_set "the chain of $1 leads in a circle: a manifest was changed; choose another set"
  fi
  while read -r level; do
    need_set_of_chain "${level}"
    SOURCES+=("${level}/app")
  done <<<"${levels}"
}

# A set that others build on.
need_set_of_chain() { # <set>
  if [[ ! -d ${SETS_DIR}/$1 ]]; then
    refuse_set "$1 is missing, and what was asked for builds on it: fetch it from another location, or choose a set before it"
  fi
  check_manifest "$1"
}

of_component() { # <component> <jq expression>
  jq --raw-output --arg component "$1" ".components[\$component] | $2" "${SETS_DIR}/${SET_OF[$1]}/manifest.json"
}

of_source() { # <set/component> <jq expression>
  jq --raw-output --arg component "${1#*/}" ".components[\$component] | $2" "${SETS_DIR}/${1%/*}/manifest.json"
}

# Numbers that the shell will reckon with, each on a line. Bash would run what a text in
# their place says, so nothing else gets through.
number_of() { # <set/component> <jq expression...>
  local value values expressions i=1
  printf -v expressions '(%s),' "${@:2}"
  values="$(of_source "$1" "${expressions%,}")"
  while IFS= read -r value; do
    i=$((i + 1))
    if [[ ! ${value} =~ ^[0-9]{1,15}$ ]]; then
      die 6 "the manifest of ${1%/*} holds no number where one belongs (${1#*/} ${*:i:1}): it was changed; choose another set"
    fi
    printf '%s\n' "${value}"
  done <<<"${values}"
  if ((i != $#)); then
    die 6 "the manifest of ${1%/*} does not hold every number that belongs to ${1#*/}: it was changed; choose another set"
  fi
}

check_manifest() { # <set>
  local set="$1" manifest="${SETS_DIR}/$1/manifest.json" listed='' status=0
  local -a said=()
  if [[ -n ${FORMAT_OF[${set}]:-} ]]; then
    return 0 # it was looked at
  fi
  if [[ ! -f ${manifest} ]]; then
    refuse_set "${set} has no manifest.json, so nothing says what it should hold: choose another set"
  fi
  check_signature "${set}"
  listed="$(jq --slurp --raw-output 'select(length == 1 and (.[0].components | type == "object")) | .[]
    | (.format, .id, .application, .environment) | tostring | gsub("[[:cntrl:]]"; "?")' "${manifest}" 2>/dev/null)" || status=$?
  if [[ ${status} != 0 || -z ${listed} ]]; then
    refuse_set "${manifest} is not a manifest: it is damaged or cut off; choose another set"
  fi
  mapfile -t said <<<"${listed}"
  FORMAT_OF[${set}]="${said[0]}"
  if [[ ${said[0]} != 1 && ${said[0]} != 2 ]]; then
    die 3 "${set} has format ${said[0]}, this restore.sh reads formats 1 and 2: use the restore.sh that was generated with a newer lifeboat; nothing was touched"
  elif [[ ${said[1]} != "${set}" ]]; then
    refuse_set "${manifest} is the manifest of ${said[1]}: the directory was renamed, or files were mixed up; choose another set"
  elif [[ ${said[2]} != "${APP_NAME}" ]]; then
    die 3 "${set} is of the application '${said[2]}', this script restores '${APP_NAME}': use that application's restore.sh; nothing was touched"
  elif [[ ${said[3]} != "${ENVIRONMENT}" ]]; then
    warn "${set} was made in the environment '${said[3]}', this is '${ENVIRONMENT}'"
  fi
}

refuse_unknown_lengths() {
  local source
  source="$(awk -F '\t' '$5 < 0 {print $1; exit}' "${WORK_DIR}/expected")"
  if [[ -n ${source} ]]; then
    refuse_set "the manifest of ${source%/*} does not say how much its ${source#*/} holds, unpacked: it was changed; choose another set"
  fi
}
# 8f18b00502d95e03 backup/sets/select.sh
