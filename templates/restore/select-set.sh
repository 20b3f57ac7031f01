# needs: lib/guards lib/bounded lib/sets restore/time lib/clock
# --- Which sets, and are they sound? --------------------------------------------

SET_ID=''               # the set that was asked for; none where a moment was
POINT=''                # the set or the moment, in words
declare -A SET_OF=()    # component: the set that holds it
declare -A FORMAT_OF=() # sets whose manifest was looked at: 1 was written by older scripts
declare -A HELD_IN=()   # the same sets: the components that they hold
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
  exit 6
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
}

# What lies between the set that was found and the moment that was meant may be what
# latest should have been.
refuse_newer_unusable() {
  local id component until='~'
  if [[ ${SET_NAME} != latest ]]; then
    return 0
  elif [[ -n ${LIMIT} ]]; then
    printf -v until '%(%Y%m%d_%H%M%S)T' "${LIMIT%:*}"
  fi
  find_unusable
  for id in "${UNUSABLE[@]}"; do
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
  SETS="$(jq --slurp --compact-output --arg name "${SET_NAME}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" '
    ((map(select(.id == $name)) | last)
      // (map(select(.application == $application and .environment == $environment)) | last)
      // (map(select(.application == $application)) | last) // last) as $meant
    | .[] | select(.application == $meant.application and .environment == $meant.environment)' <<<"${SETS}")"
}

choose_named_set() {
  local component
  SET_ID="${SET_NAME}"
  if [[ ${SET_NAME} == latest ]]; then
    SET_ID="$(newest_set_with "${WANTED[*]}" '9')"
    if [[ -z ${SET_ID} ]]; then
      die 3 "no set in ${SETS_PLACE} holds ${WANTED[*]}: look with 'backup.sh --list', or copy a set there from another location; nothing was touched"
    fi
    refuse_future_set
    info "latest means ${SET_ID}"
    tell_later_writes
  fi
  POINT="${SET_ID}"
  need_set "${SET_ID}"
  for component in "${WANTED[@]}"; do
    SET_OF[${component}]="${SET_ID}"
    if [[ " ${HELD_IN[${SET_ID}]/oplog/mongodb} " != *" ${component} "* ]]; then
      problem "${SET_ID} holds no ${component}, only ${HELD_IN[${SET_ID}]}: choose a set that does with 'backup.sh --list', or leave --${component} out"
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
  find_future_set
  if [[ -n ${FUTURE_SET} && ${SET_ID} == "${FUTURE_SET}" ]]; then
    die 3 "${SET_ID} in ${SETS_PLACE} bears a time that is still to come, so that what latest means is not known: correct the clock of this host (timedatectl), or, if that of the backups was ahead, name the set that you want; nothing was touched"
  fi
}

# Each part from the newest set that was complete by then; MongoDB to the moment.
choose_sets_before_limit() {
  local component seconds="${LIMIT%:*}" ended
  printf -v ended '%(%Y-%m-%dT%H:%M:%SZ)T' $((seconds - 1))
  POINT="${MOMENT}"
  info "going back to ${MOMENT}${ZONE_NOTE:+; ${ZONE_NOTE}}"
  if [[ ${SET_NAME} != latest ]]; then
    need_set "${SET_NAME}"
    if jq --exit-status --arg ended "${ended}" '.ended > $ended' "${SETS_DIR}/${SET_NAME}/manifest.json" >/dev/null; then
      wrong_usage "${SET_NAME} was made after ${ended}: give an earlier set, or latest"
    fi
  fi
  for component in "${WANTED[@]}"; do
    if [[ ${component} == mongodb ]]; then
      continue
    fi
    SET_OF[${component}]="$(newest_set_with "${component}" "${ended}")"
    if [[ -z ${SET_OF[${component}]} ]]; then
      problem "no set in ${SETS_PLACE} from before ${ended} holds ${component}: give a later moment, or leave --${component} out"
      SET_OF[${component}]="${SET_NAME}"
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
  levels="$(jq --slurp --raw-output --arg set "$1" '
    INDEX(.id) as $sets
    | [$set | recurse($sets[.].appFollows // empty)] | reverse | .[]' <<<"${SETS}")"
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
    | (.format, .id, .application, .environment, (.components | keys_unsorted | map(select(endswith(".files") | not)) | join(" "))) | tostring | gsub("[[:cntrl:]]"; "?")' "${manifest}" 2>/dev/null)" || status=$?
  if [[ ${status} != 0 || -z ${listed} ]]; then
    refuse_set "${manifest} is not a manifest: it is damaged or cut off; choose another set"
  fi
  mapfile -t said <<<"${listed}"
  FORMAT_OF[${set}]="${said[0]}"
  HELD_IN[${set}]="${said[4]:-}"
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

# Sizes first, for they cost nothing; then the checksum of every stored file. All that
# is wrong is told. However long a chain is, each tool is started once.
check_files() {
  begin_sums
  judge_sums
  refuse_damage
}

SUMMED=()  # what the checksums are taken of, as set/component
SUMS_OF=() # what the manifests say they are
SUMMING='' # the process that takes them

# The checksums are taken beside what comes next, up to judge_sums: nothing may be
# believed of a file, nor said of what it holds, before that.
begin_sums() {
  local source file bytes sha256
  local -a files=()
  SUMMED=()
  SUMS_OF=()
  refuse_unknown_lengths
  if [[ ${FILES_ARE_HERE} == false ]]; then
    return 0
  fi
  DAMAGED=false
  while IFS=$'\t' read -r source file bytes sha256 _; do
    judge_size "${source}" "${file}" "${bytes}"
    if [[ ${OF_THAT_SIZE} == true ]]; then
      SUMMED+=("${source}")
      SUMS_OF+=("${sha256}")
      files+=("${SETS_DIR}/${source%/*}/${file}")
    fi
  done <"${WORK_DIR}/expected"
  if ((${#files[@]} > 0)); then
    "${BOUNDED[@]}" openssl dgst -sha256 -r "${files[@]}" >"${WORK_DIR}/sums.files" 8>&- 9>&- &
    SUMMING=$!
  fi
}

OF_THAT_SIZE=false

judge_size() { # <set/component> <file> <bytes>
  local file="${SETS_DIR}/${1%/*}/$2" found
  OF_THAT_SIZE=false
  if [[ $2 == -* || ! -f ${file} ]]; then
    tell_damage "$1" "is missing (${2#-})"
    return 0
  fi
  found="$(wc --bytes <"${file}")"
  if [[ ${found} == "$3" ]]; then
    OF_THAT_SIZE=true
  else
    tell_damage "$1" "has ${found} bytes, its manifest says $3: it was cut off or changed"
  fi
}

judge_sums() {
  local found i=0 status=0
  if [[ -z ${SUMMING} ]]; then
    return 0
  fi
  wait "${SUMMING}" || status=$?
  SUMMING=''
  while read -r found _; do
    if [[ ${found} != "${SUMS_OF[i]:-}" ]]; then
      tell_damage "${SUMMED[i]:-more}" "has the checksum ${found}, its manifest says ${SUMS_OF[i]:-none}: it was changed"
    fi
    i=$((i + 1))
  done <"${WORK_DIR}/sums.files"
  if ((i != ${#SUMMED[@]} || status != 0)); then
    look_at_time "${status}"
    die 1 "openssl (status ${status}) gave ${i} checksums of ${#SUMMED[@]} files, so that nothing is known of the others: try 'openssl version', or install it again; nothing was touched${OVERTIME}"
  fi
  refuse_damage
}

end_sums() {
  if [[ -n ${SUMMING} ]]; then
    kill -TERM "${SUMMING}" 2>/dev/null || :
  fi
}

# A key that does not fit is found at the beginning of a file, before anything is built.
check_keys() {
  local source method
  while IFS=$'\t' read -r source _ _ _ _ method _; do
    if [[ ${method} == none ]]; then
      continue
    fi
    find_stored "${source}"
    "${BOUNDED[@]}" "${UNSEAL[@]}" <"${STORED}" 2>"${WORK_DIR}/unseal.log" | head --bytes=1 >"${WORK_DIR}/beginning" || :
    if [[ ! -s ${WORK_DIR}/beginning ]]; then
      judge_sums
      quote_tool "${WORK_DIR}/unseal.log"
      tell_unopened "${source}" "${method}"
    fi
  done <"${WORK_DIR}/expected"
  judge_sums
  refuse_damage
}

# A dry run builds nothing: it opens every file to its end, for what no checksum tells,
# and measures it.
check_contents() {
  local source method measured
  local -a statuses
  while IFS=$'\t' read -r source _ _ _ _ method _; do
    statuses=(0 0 0)
    find_stored "${source}"
    "${BOUNDED[@]}" "${UNSEAL[@]}" <"${STORED}" 2>"${WORK_DIR}/unseal.log" \
      | "${BOUNDED_NEXT[@]}" zstd -q --decompress --stdout 2>"${WORK_DIR}/zstd.log" \
      | dd bs=1M iflag=fullblock,count_bytes count="$((RAW_BYTES + 1))" of=/dev/null 2>"${WORK_DIR}/measure.log" || statuses=("${PIPESTATUS[@]}")
    copied_bytes measured "${WORK_DIR}/measure.log"
    if ((measured != RAW_BYTES || statuses[0] + statuses[1] + statuses[2] != 0)); then
      judge_sums
      judge_content "${source}" "${method}" "${measured}" $((statuses[0] + statuses[1]))
    fi
  done <"${WORK_DIR}/expected"
  judge_sums
  refuse_damage
}

judge_content() { # <set/component> <method> <bytes that it holds> <status of the tools>
  if (($3 > RAW_BYTES)); then
    tell_damage "$1" "holds more than the ${RAW_BYTES} bytes that its manifest says: its manifest was changed too"
  elif (($4 != 0)); then
    quote_tool "${WORK_DIR}/unseal.log"
    quote_tool "${WORK_DIR}/zstd.log"
    tell_unopened "$1" "$2"
  else
    tell_damage "$1" "holds $3 bytes, its manifest says ${RAW_BYTES}: its manifest was changed too"
  fi
}

# The last line of dd tells.
copied_bytes() { # <variable> <file with its messages>
  local line copied=''
  while IFS= read -r line; do
    copied="${line%% *}"
  done <"$2"
  if [[ ! ${copied} =~ ^[0-9]+$ ]]; then
    die 1 "dd does not say how many bytes it read ('${copied}'), so that nothing is known of them; nothing was touched"
  fi
  printf -v "$1" '%s' "${copied}"
}

# A key that does not fit is the operator's to change; anything else is damage.
tell_unopened() { # <set/component> <method>
  if grep --quiet --extended-regexp 'no identity matched|No secret key|Bad session key|[Bb]ad passphrase' "${WORK_DIR}/unseal.log"; then
    die 3 "$1 cannot be opened with ${IDENTITY:-${KEY_FILE:-the passphrase in ${PASSPHRASE_VARIABLE}}}: it is encrypted with another key ($2); nothing was touched"
  fi
  if grep --quiet --extended-regexp 'error: (reading "|.*passphrase)' "${WORK_DIR}/unseal.log"; then
    die 3 "${IDENTITY} holds no private key of age or SSH that can be used without a passphrase; nothing was touched"
  fi
  tell_damage "$1" 'cannot be opened to its end although its checksum is right: its manifest was changed too'
}

refuse_damage() {
  if [[ ${DAMAGED} == true ]]; then
    refuse_set 'what was asked for is not what its manifests say: choose another set, or fetch this one again from another location'
  fi
}

DAMAGED=false

tell_damage() { # <set/component> <what is wrong>
  error "$1 $2"
  DAMAGED=true
}

# For each source: set/component, file, bytes, checksum, bytes unpacked, encryption,
# and to whom. From here on the manifests are not asked for these again.
expected_files() {
  local source
  printf '%s\n' "${SOURCES[@]}" >"${WORK_DIR}/sources"
  for source in "${SOURCES[@]}"; do
    printf '%s\0' "${SETS_DIR}/${source%/*}/manifest.json"
  done | sort --zero-terminated --unique | xargs --null cat -- >"${WORK_DIR}/manifests"
  jq --null-input --raw-output --rawfile sources "${WORK_DIR}/sources" "${MANIFEST_VALUES}"'
    def bytes: if whole then . else -1 end; # which no file has
    def method: if . == null then "none" elif IN("none", "age", "gpg", "symmetric") then . else "unknown" end;
    def ending: {none: "", age: ".age", gpg: ".gpg", symmetric: ".gpg"}[.];
    def name($component; $ending):
      if stored_name and startswith($component + ".") and ($ending == null or (. / ".zst")[-1] == $ending)
      then . else "-" + (. // "-" | tostring | gsub("[[:cntrl:]]"; "?")) end; # a name that no file has
    (reduce inputs as $set ({}; .[$set.id] = {components: $set.components | map_values({file, bytes, rawBytes, sha256, encryption})})) as $sets
    | $sources | split("\n")[] | select(. != "")
    | split("/") as [$set, $component] | $sets[$set].components[$component] as $stored
    | ($stored.encryption.method | method) as $method
    | [., ($stored.file | name($component; $method | ending)), ($stored.bytes | bytes), $stored.sha256 // "-", ($stored.rawBytes | bytes),
       $method, ($stored.encryption.recipients // [] | join(","))] | @tsv' "${WORK_DIR}/manifests"
}

# What a component takes once unpacked, over all its sets; after check_files.
raw_bytes_of() { # <component...>
  local source bytes sum=0 wanted=" $* "
  while IFS=$'\t' read -r source _ _ _ bytes _; do
    if [[ ${wanted} == *" ${source#*/} "* ]]; then
      sum=$((sum + bytes))
    fi
  done <"${WORK_DIR}/expected"
  printf '%s' "${sum}"
}
