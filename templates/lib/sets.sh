# needs: lib/messages
# --- Sets: what is in the backup directory --------------------------------------

# Leaves one line of JSON for each set in SETS, oldest first. A directory without
# a readable manifest of its own is not a set, whatever its name, nor is one with a
# text where a number belongs. Holders are other sets that hold files of this one; sets
# of format 1 have tar's increments instead, each of which follows another. Stamps are MongoDB's: {t: second, i: ordinal within it}.
SETS=''
SETS_DIR="${BACKUP_DIR}"   # where they are read
SETS_PLACE="${BACKUP_DIR}" # how messages name it

# What a value of a manifest must be before a shell reckons with it or opens a file
# of that name, as functions for jq.
readonly MANIFEST_VALUES='
  def whole: type == "number" and . >= 0 and . < 1e15 and . == floor;
  def stored_name: type == "string" and test("\\A[a-z]+\\.(tar|files|rdb|bson)\\.zst(\\.age|\\.gpg)?\\z");
  def plain: if tojson | test("\\\\[bfnrtu]|[[:cntrl:]]") then (.. | strings) |= gsub("[[:cntrl:]]"; "?") else . end;'

read_sets() {
  local file program="${MANIFEST_VALUES}"'
    def stamps: if . == null then null else {first, last} end;
    def counts: [.components[].bytes, (.components | .mongodb.details.oplog, .oplog.details, .bridge.details
      | select(.) | .first, .last | .t, .i)] | all(whole);
    select(.id == (input_filename | split("/")[-2]) and (.components | type) == "object" and .components != {} and counts)
    | {id, type, parent, started, ended, warnings: (.warnings | length),
       bytes: ([.components[].bytes] | add), components: (.components | keys_unsorted | map(select(endswith(".files") | not))),
       replicaSetId: (.components | .mongodb.details.server.replicaSetId // .oplog.details.replicaSetId),
       members: (.components | .oplog.details.members // .mongodb.details.server.members),
       base: (.components.mongodb.details.oplog | stamps),
       slice: (.components.oplog.details | stamps),
       bridge: (.components.bridge.details | if . == null then null else {first, last, follows} end),
       appFollows: (if .format == 1 then .components.app.details.follows else null end),
       holders: ([.components | (.app, .config, .ssl).details.sets // [] | .[]] - [.id] | unique), format, application, environment}
    | plain'
  local -a manifests=()
  if [[ -d ${SETS_DIR} && ! (-r ${SETS_DIR} && -x ${SETS_DIR}) ]]; then
    die 3 "cannot read ${SETS_DIR}: run as ${APP_USER} or with sudo; nothing was touched"
  fi
  mapfile -t manifests < <(find "${SETS_DIR}" -mindepth 2 -maxdepth 2 \
    -regextype posix-extended -regex '.*/[0-9]{8}_[0-9]{6}/manifest\.json' -printf '%p\n' 2>/dev/null | sort || :)
  if ((${#manifests[@]} == 0)); then
    SETS=''
  # One jq for all of them; only if one is broken are they read one by one.
  elif ! SETS="$(printf '%s\0' "${manifests[@]}" | xargs --null jq --compact-output "${program}" 2>/dev/null)"; then
    SETS="$(for file in "${manifests[@]}"; do
      jq --compact-output "${program}" "${file}" 2>/dev/null || :
    done)"
  fi
}

UNUSABLE=() # directories with the name of a set that SETS does not know

# What cannot be read is told, and never taken as not there.
find_unusable() {
  local path id
  local -A known=()
  UNUSABLE=()
  while IFS= read -r id; do
    known["${id:-none}"]=true
  done < <(jq --raw-output .id <<<"${SETS}" || :)
  for path in "${SETS_DIR}"/[0-9]*_[0-9]*; do
    id="${path##*/}"
    if [[ ${id} =~ ^[0-9]{8}_[0-9]{6}$ && -d ${path} && -z ${known["${id}"]:-} ]]; then
      UNUSABLE+=("${id}")
    fi
  done
}

tell_clock() {
  local ahead=''
  if [[ ${SETS_DIR} == "${BACKUP_DIR}" && -s ${BACKUP_DIR}/.state/clock-ahead ]]; then
    read -r ahead <"${BACKUP_DIR}/.state/clock-ahead" || :
    warn "the clock was ahead here, up to ${ahead}: files that were written then bear times of the future, and what was copied from here meanwhile is newer by name than what is made now; this is told until all is stored anew: backup.sh --full"
  fi
}

tell_unusable() {
  local id
  tell_clock
  find_unusable
  for id in "${UNUSABLE[@]}"; do
    warn "${id} in ${SETS_PLACE} has the name of a set and is none, for its manifest.json is missing or damaged: fetch it again from another location, or move it away"
  done
}
