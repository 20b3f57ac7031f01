# needs: lib/guards backup/chain
# --- The set: written beside, published by one rename --------------------------

SET_ID=''
PARTIAL='' # the set while it is being written
STARTED=''

# A run that was killed leaves its partial set; the lock proves that it is over.
sweep_partials() {
  local partial
  for partial in "${BACKUP_DIR}"/[0-9]*_[0-9]*.partial; do
    if [[ -d ${partial} && ! -L ${partial} ]]; then
      warn "removing ${partial##*/}, left by a run that did not end well"
      rm --recursive --force -- "${partial:?}"
    fi
  done
}

begin_set() {
  printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  printf -v SET_ID '%(%Y%m%d_%H%M%S)T' -1
  while [[ -e ${BACKUP_DIR}/${SET_ID} ]]; do
    sleep 1
    printf -v SET_ID '%(%Y%m%d_%H%M%S)T' -1
  done
  PARTIAL="${BACKUP_DIR}/${SET_ID}.partial"
  mkdir "${PARTIAL}"
  PROGRESS_DIR="${PARTIAL}"
}

write_manifest() {
  local ended tool_versions
  printf -v ended '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  find "${WORK_DIR}" -name 'component.*.json' -print0 | sort --zero-terminated \
    | xargs --null jq '{(input_filename | split("component.")[-1] | rtrimstr(".json")): .}' >"${WORK_DIR}/components.json"
  tool_versions="$(versions_json)"
  jq --null-input --slurpfile warnings "${WORK_DIR}/warnings.json" --slurpfile components "${WORK_DIR}/components.json" \
    --arg id "${SET_ID}" --arg type "${TYPE}" --arg application "${APP_NAME}" \
    --arg environment "${ENVIRONMENT}" --arg host "${HOSTNAME}" --arg generator "${GENERATOR_VERSION}" --arg parent "${PARENT}" \
    --arg started "${STARTED}" --arg ended "${ended}" \
    --argjson versions "${tool_versions}" '
    {format: 1, id: $id, type: $type, parent: (if $parent == "" then null else $parent end), application: $application,
     environment: $environment, host: $host, generator: $generator,
     started: $started, ended: $ended, result: "complete", warnings: $warnings,
     components: ($components | add), versions: $versions, locations: {local: {state: "complete"}}}
    ' >"${PARTIAL}/manifest.json"
}

versions_json() {
  local tar_version zstd_version tools_version=''
  tar_version="$(tar --version | head --lines=1)"
  zstd_version="$(zstd --version)"
  zstd_version="${zstd_version#* v}"
  if command -v mongodump >/dev/null; then
    tools_version="$(mongodump --version | sed --quiet 's/^mongodump version: //p')"
  fi
  jq --null-input --arg bash "${BASH_VERSION}" --arg tar "${tar_version##* }" \
    --arg zstd "${zstd_version%%,*}" --arg tools "${tools_version}" '
    {bash: $bash, tar: $tar, zstd: $zstd}
    + if $tools == "" then {} else {databaseTools: $tools} end'
}

# Everything is on the disk before the name appears, and the name is on the disk
# before anybody is told.
publish_set() {
  own_by_app_user "${PARTIAL}"
  sync -- "${PARTIAL}"/* "${PARTIAL}"
  mv --no-target-directory -- "${PARTIAL}" "${BACKUP_DIR}/${SET_ID}"
  PARTIAL=''
  sync -- "${BACKUP_DIR}"
}

discard_partial() {
  if [[ -n ${PARTIAL} && -d ${PARTIAL} ]]; then
    rm --recursive --force -- "${PARTIAL:?}"
  fi
}

tell_result() {
  local counts total warnings words
  counts="$(jq --raw-output '"\([.components[].bytes] | add) \(.warnings | length)"' "${BACKUP_DIR}/${SET_ID}/manifest.json")"
  read -r total warnings <<<"${counts}"
  human words "${total}"
  summary "${TYPE} backup ${SET_ID} is complete: ${words} in ${SECONDS} s, ${warnings} warning(s), in ${BACKUP_DIR}/${SET_ID}"
}
