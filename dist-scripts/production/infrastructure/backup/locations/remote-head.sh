# --- The head at a remote -----------------------------------------------------------------

# What is missing there although it was to stay is told once, and no longer named.
renew_remote_head() { # <variable, for what was not done> <remote>
  local finding
  local -a findings=()
  compose_head findings "$2" "remote $2"
  : >"${WORK_DIR}/rclone.log"
  for finding in "${findings[@]}"; do
    if [[ ${finding} == *$'\tnote\t'* ]]; then
      warn "remote $2: ${finding##*$'\t'}"
    else
      remote_failed "$2" "${finding##*$'\t'}"
    fi
  done
  if [[ -f ${WORK_DIR}/head.json ]]; then
    send_head "$1" "$2"
  fi
}

# In a store a file appears whole. In a directory it is exchanged by a rename, where
# that is allowed; where nothing may be overwritten the first head stays.
send_head() { # <variable, for what was not done> <remote>
  local place
  place_at place "$2" "${REMOTE["$2.path"]}"
  RCLONE_STATUS=1
  if [[ ${REMOTE["$2.kind"]} == sftp || ${REMOTE["$2.kind"]} == directory ]]; then
    run_rclone "$2" copyto --ignore-times "${WORK_DIR}/head.json" "${place}/head.json.new"
    if [[ ${REMOTE["$2.kind"]} == directory ]]; then
      sync_disk "$1" "${REMOTE["$2.bucket"]}"
    fi
    if ((RCLONE_STATUS == 0)); then
      run_rclone "$2" moveto --ignore-times "${place}/head.json.new" "${place}/head.json"
    fi
  fi
  if ((RCLONE_STATUS != 0)); then
    run_rclone "$2" copyto --ignore-times "${WORK_DIR}/head.json" "${place}/head.json"
  fi
  if ((RCLONE_STATUS == 0)); then
    remember_head "$2" "${WORK_DIR}/head.json"
  else
    quote_rclone "$2"
    warn "remote $2 keeps the head that it has, for a new one could not be written (rclone ended with ${RCLONE_STATUS}): a set that goes missing there may be noticed late; the next run tries again"
    RCLONE_STATUS=0 # the sets are there
  fi
}
# d498f1e039f8c1e5 backup/locations/remote-head.sh
