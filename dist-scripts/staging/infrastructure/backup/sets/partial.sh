# --- The set: written beside, published by one rename --------------------------

SET_ID=''
PARTIAL='' # the set while it is being written

# A run that was killed leaves its partial set; the lock proves that it is over.
sweep_partials() {
  local partial
  for partial in "${STORE}"/[0-9]*_[0-9]*.partial; do
    if [[ -d ${partial} && ! -L ${partial} ]]; then
      warn "removing ${partial##*/}, left by a run that did not end well"
      rm --recursive --force -- "${partial:?}"
    fi
  done
}

begin_set() {
  printf -v SET_ID '%(%Y%m%d_%H%M%S)T' -1
  while [[ -e ${STORE}/${SET_ID} ]]; do
    pause 1
    printf -v SET_ID '%(%Y%m%d_%H%M%S)T' -1
  done
  PARTIAL="${STORE}/${SET_ID}.partial"
  mkdir "${PARTIAL}"
  at_end discard_partial
  note type "${TYPE}"
  PROGRESS_DIR="${PARTIAL}"
}

# Put together by one jq; what the components left for it lies in the work directory.
write_manifest() {
  local started ended zstd_version id="${SET_ID}"
  started="${id:0:4}-${id:4:2}-${id:6:2}T${id:9:2}:${id:11:2}:${id:13:2}Z" # a set is named for its beginning
  printf -v ended '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  zstd_version="$("${QUICK[@]}" zstd --version)"
  zstd_version="${zstd_version#* v}"
  : >>"${WORK_DIR}/warnings.json" # there may be none
  jq --null-input --slurpfile warnings "${WORK_DIR}/warnings.json" \
    --arg id "${SET_ID}" --arg type "${TYPE}" --arg application "${APP_NAME}" \
    --arg environment "${ENVIRONMENT}" --arg host "${HOSTNAME}" --arg generator "${GENERATOR_VERSION}" --arg parent "${PARENT}" \
    --arg started "${started}" --arg ended "${ended}" --arg bash "${BASH_VERSION}" --arg tar "${VERSIONS["tar"]}" \
    --arg zstd "${zstd_version%%,*}" --arg tools "${VERSIONS["databaseTools"]:-}" --arg closed "${CLOSED}" "${LISTED_IN_MANIFEST}"'
    {format: 2, id: $id, type: $type, parent: (if $parent == "" then null else $parent end), application: $application,
     environment: $environment, host: $host, generator: $generator,
     started: $started, ended: $ended, result: "complete",
     warnings: ([$closed | select(. != "")] + $warnings), components: ([inputs] | add | map_values(listed_in_manifest)),
     versions: ({bash: $bash, tar: $tar, zstd: $zstd} + if $tools == "" then {} else {databaseTools: $tools} end),
     locations: {local: {state: "complete"}}}
    ' "${WORK_DIR}"/component.*.json >"${PARTIAL}/manifest.json"
}

# Everything is on the disk before the name appears, and the name is on the disk
# before anybody is told.
publish_set() {
  "${BOUNDED[@]}" sync -- "${PARTIAL}"/* "${PARTIAL}"
  mv --no-target-directory -- "${PARTIAL}" "${STORE}/${SET_ID}"
  PARTIAL=''
  note set "${SET_ID}"
  sync -- "${STORE}"
}

discard_partial() {
  if [[ -n ${PARTIAL} && -d ${PARTIAL} ]]; then
    rm --recursive --force -- "${PARTIAL:?}"
  fi
}

# For a later run; no link leads it elsewhere, and a full disk leaves none that is cut off.
keep_note() { # <name> <text>
  local note
  note="$(mktemp "${STORE}/.state/$1.XXXXXX")"
  printf '%s\n' "$2" >"${note}"
  mv --no-target-directory -- "${note}" "${STORE}/.state/$1"
}

tell_result() {
  local words bytes='' warnings='' own=$'\n'"${SETS}"$'\n'
  own="${own##*$'\n'"{\"id\":\"${SET_ID}\","}"
  if [[ ${own%%$'\n'*} =~ \"warnings\":([0-9]+),\"bytes\":([0-9]+), ]]; then
    warnings="${BASH_REMATCH[1]}"
    bytes="${BASH_REMATCH[2]}"
  else
    die 1 "the set ${SET_ID} was written, and its manifest cannot be read: look at ${BACKUP_DIR}/${SET_ID}/manifest.json and at the disk"
  fi
  note bytes "${bytes}"
  human words "${bytes}"
  summary "${TYPE} backup ${SET_ID} is complete: ${words} in ${SECONDS} s, ${warnings} warning(s), in ${BACKUP_DIR}/${SET_ID}"
}
# 2a5416ea9d78a6da backup/sets/partial.sh
