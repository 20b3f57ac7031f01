# --- What other places know of a remote --------------------------------------------------

# Where this server remembers nothing of a remote, what the others know has to do.
note_other_heads() {
  local remote place
  note_number "${HERE}" "${STORE}"
  for remote in "${USED_REMOTES[@]}"; do
    if [[ ${remote} != "${OPTION[from]}" && ! -f ${STORE}/.state/heads/${ENVIRONMENT}.${OPTION[from]}.json ]]; then
      info "asking remote ${remote} what it knows of ${OPTION[from]}, of which nothing is remembered here"
      mkdir --parents "${WORK_DIR}/other/${remote}"
      place_at place "${remote}" "${REMOTE["${remote}.path"]}"
      run_step fetch_head "${remote}" "${place}/head.json" "${WORK_DIR}/other/${remote}/head.json"
      note_number "${remote}" "${WORK_DIR}/other/${remote}"
    fi
  done
}

# A step: leaves the file, if there is one.
# One that does not answer must not keep anybody from a restore.
fetch_head() { # <remote> <its head> <file>
  run_rclone "$1" cat --count=9999999 "$2" >"$3"
  if ((RCLONE_STATUS != 0)); then
    info "remote $1 has no head, or does not answer (rclone ended with ${RCLONE_STATUS})"
    rm --force -- "${3:?}"
  fi
}

# So that a server that is new knows the next time.
remember_sound_head() {
  if [[ -n ${OPTION[from]} && -z ${IN_DOUBT}${LOST[*]} && -f ${SETS_DIR}/head.json ]]; then
    remember_head "${OPTION[from]}" "${SETS_DIR}/head.json"
  fi
}
# f1034ae9813dd7a5 backup/locations/other-heads.sh
