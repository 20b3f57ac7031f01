# --- The head at a remote -----------------------------------------------------------------

# What is missing there although it was to stay is told once, and no longer named.
renew_remote_head() { # <remote>
  local finding
  compose_head "$1" "remote $1"
  : >"${WORK_DIR}/rclone.log"
  for finding in "${FINDINGS[@]}"; do
    if [[ ${finding} == *$'\tnote\t'* ]]; then
      warn "remote $1: ${finding##*$'\t'}"
    else
      remote_failed "$1" "${finding##*$'\t'}"
    fi
  done
  if [[ ${HEAD_WRITTEN} == true ]]; then
    send_head "$1"
  fi
}

# In a store a file appears whole. In a directory it is exchanged by a rename, where
# that is allowed; where nothing may be overwritten the first head stays.
send_head() { # <remote>
  place_at "$1" "${REMOTE["$1.path"]}"
  RCLONE_STATUS=1
  if [[ ${REMOTE["$1.kind"]} == sftp || ${REMOTE["$1.kind"]} == directory ]]; then
    run_rclone "$1" copyto --ignore-times "${WORK_DIR}/head.json" "${PLACE}/head.json.new"
    if [[ ${REMOTE["$1.kind"]} == directory ]]; then
      sync_disk "${REMOTE["$1.bucket"]}"
    fi
    if ((RCLONE_STATUS == 0)); then
      run_rclone "$1" moveto --ignore-times "${PLACE}/head.json.new" "${PLACE}/head.json"
    fi
  fi
  if ((RCLONE_STATUS != 0)); then
    run_rclone "$1" copyto --ignore-times "${WORK_DIR}/head.json" "${PLACE}/head.json"
  fi
  if ((RCLONE_STATUS == 0)); then
    remember_head "$1" "${WORK_DIR}/head.json"
  else
    quote_rclone "$1"
    warn "remote $1 keeps the head that it has, for a new one could not be written (rclone ended with ${RCLONE_STATUS}): a set that goes missing there may be noticed late; the next run tries again"
    RCLONE_STATUS=0 # the sets are there
  fi
}
