# --- The head of a location, written anew -------------------------------------------------

IFS= read -r -d '' NEW_HEAD <"${INFRASTRUCTURE}/backup/sets/new-head.jq" || :

# What is there and stays, as it was decided. It lies in the work directory then, unless the head
# says that already. What is not as it should be is left in the array.
compose_head() { # <array> <place> <how messages name it>
  local -n found_there="$1"
  local line now unsummed
  found_there=()
  rm --force -- "${WORK_DIR:?}/head.json"
  printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  begin_heads
  note_head unsummed "$2" "${SETS_DIR}"
  if [[ -n ${unsummed} ]]; then
    warn "$3 keeps the head that it has: ${unsummed}; look whether the manifests can be read"
    return 0
  fi
  note_decisions
  jq --null-input --raw-input --raw-output --arg now "${now}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" \
    --arg host "${HOSTNAME}" --arg doubt "${DECIDED[doubt]}" --arg place "$2" "${MANIFEST_VALUES}${CHAIN_PROGRAM}${HEAD_VALUES}${NEW_HEAD}" "${WORK_DIR}/heads" >"${WORK_DIR}/judged"
  while IFS= read -r line; do
    if [[ ${line} == '{'* ]]; then
      printf '%s\n' "${line}" >"${WORK_DIR}/head.json"
      sign_head "$3"
    else
      found_there+=("${line}")
    fi
  done <"${WORK_DIR}/judged"
}

note_decisions() {
  local -a lines=()
  if [[ -n ${DECIDED[sets]} ]]; then
    mapfile -t lines <<<"${DECIDED[sets]}"
    printf 'set\t%s\n' "${lines[@]}" >>"${WORK_DIR}/heads"
  fi
}

sign_head() { # <how messages name its place>
  local signature trouble
  if [[ -z ${SIGNING_KEY:-} ]]; then
    return 0
  fi
  rm --force -- "${WORK_DIR:?}/head.json.sig"
  sign_file trouble "${WORK_DIR}/head.json" lifeboat-head
  if [[ -n ${trouble} ]]; then
    warn "$1 keeps the head that it has, for a new one could not be signed with ${SIGNING_KEY} (${trouble})"
    rm --force -- "${WORK_DIR:?}/head.json"
  else
    signature="$(cat -- "${WORK_DIR}/head.json.sig")"
    printf '{"signature":"%s"}\n' "${signature//$'\n'/\\n}" >>"${WORK_DIR}/head.json"
  fi
}

# Before anything is removed here, and after what is new is there.
renew_local_head() {
  local finding
  local -a findings=()
  compose_head findings "${HERE}" "${STORE}"
  for finding in "${findings[@]}"; do
    warn "${BACKUP_DIR}: ${finding##*$'\t'}"
  done
  if [[ -f ${WORK_DIR}/head.json ]]; then
    put_file "${WORK_DIR}/head.json" "${STORE}/head.json"
    remember_head "${HERE}" "${WORK_DIR}/head.json"
  fi
}
# 08599dceff9d05b9 backup/sets/write-head.sh
