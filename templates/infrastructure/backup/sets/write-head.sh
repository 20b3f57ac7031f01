# --- The head of a location, written anew -------------------------------------------------

HEAD_WRITTEN=false

IFS= read -r -d '' NEW_HEAD <"${INFRASTRUCTURE}/backup/sets/new-head.jq" || :

# What is there and stays, by DECISIONS. None is written where the head says that already.
compose_head() { # <place> <how messages name it>
  local line now
  HEAD_WRITTEN=false
  FINDINGS=()
  printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  begin_heads
  note_head "$1" "${SETS_DIR}"
  if [[ -n ${UNSUMMED} ]]; then
    warn "$2 keeps the head that it has: ${UNSUMMED}; look whether the manifests can be read"
    return 0
  fi
  note_decisions
  jq --null-input --raw-input --raw-output --arg now "${now}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" \
    --arg host "${HOSTNAME}" --arg doubt "${CLOCK_DOUBT}" --arg place "$1" "${MANIFEST_VALUES}${CHAIN_PROGRAM}${HEAD_VALUES}${NEW_HEAD}" "${WORK_DIR}/heads" >"${WORK_DIR}/judged"
  while IFS= read -r line; do
    if [[ ${line} == '{'* ]]; then
      printf '%s\n' "${line}" >"${WORK_DIR}/head.json"
      HEAD_WRITTEN=true
      sign_head "$2"
    else
      FINDINGS+=("${line}")
    fi
  done <"${WORK_DIR}/judged"
}

note_decisions() {
  local -a lines=()
  if [[ -n ${DECISIONS} ]]; then
    mapfile -t lines <<<"${DECISIONS}"
    printf 'set\t%s\n' "${lines[@]}" >>"${WORK_DIR}/heads"
  fi
}

sign_head() { # <how messages name its place>
  local signature
  if [[ -z ${SIGNING_KEY:-} ]]; then
    return 0
  fi
  rm --force -- "${WORK_DIR:?}/head.json.sig"
  sign_file "${WORK_DIR}/head.json" lifeboat-head
  if [[ -n ${SIGN_TROUBLE} ]]; then
    warn "$1 keeps the head that it has, for a new one could not be signed with ${SIGNING_KEY} (${SIGN_TROUBLE})"
    HEAD_WRITTEN=false
  else
    signature="$(cat -- "${WORK_DIR}/head.json.sig")"
    printf '{"signature":"%s"}\n' "${signature//$'\n'/\\n}" >>"${WORK_DIR}/head.json"
  fi
}

# Before anything is removed here, and after what is new is there.
renew_local_head() {
  local finding
  compose_head "${HERE}" "${STORE}"
  for finding in "${FINDINGS[@]}"; do
    warn "${BACKUP_DIR}: ${finding##*$'\t'}"
  done
  if [[ ${HEAD_WRITTEN} == true ]]; then
    put_file "${WORK_DIR}/head.json" "${STORE}/head.json"
    remember_head "${HERE}" "${WORK_DIR}/head.json"
  fi
}
