# --- The lock of the store: one run at a time ------------------------------------------

LOCKED=false

take_lock() {
  local holder='' patience=0 held
  prepare_state
  exec 9<>"${STORE}/.state/lock" # descriptor 9 is the lock
  read -r holder <"${STORE}/.state/lock" || :
  if [[ ${holder} == 'backup.sh database,'* || ${holder} == 'backup.sh config,'* ]]; then
    patience=120 # such a run is short, and a longer one should not be lost to it
  fi
  try_lock held 9 --timeout "${patience}"
  if [[ ${held} == false ]]; then
    if [[ ${OFTEN} == true ]]; then
      end_with 4
    fi
    tell_old_lock "${holder}"
    if [[ ${OPTION["if-changed"]:-false} == true ]]; then
      # A run that looks again in a few minutes bothers nobody, least of all by mail.
      info "another run holds the lock: ${holder:-unknown}; the configuration is looked at next time"
      end_with 4
    fi
    die 4 "another run holds the lock: ${holder:-unknown}; wait until it has ended, nothing was done"
  fi
  LOCKED=true
  # What is held by a restore that is dying looks whole until it is gone.
  if [[ ${ACTION} != undo ]]; then
    preflight_interrupted
    stop_at_problems
  fi
  # On a full disk the lock holds without these words: --undo and --forget must run.
  { printf '%s %s, pid %s, since %(%Y-%m-%dT%H:%M:%SZ)T\n' "${0##*/}" "${TYPE:-restore}" "$$" -1 >"${STORE}/.state/lock"; } 2>/dev/null || :
}

# A lock that is held for longer than any program may run is none of a run that works.
tell_old_lock() { # <holder>
  local since now
  if [[ $1 =~ since\ ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$ ]]; then
    since="$(date --date="${BASH_REMATCH[1]}" +%s 2>/dev/null || printf '0')"
    printf -v now '%(%s)T' -1
    if ((since > 0 && now - since > TIMEOUT_SECONDS)); then
      warn "another run has held the lock for $(((now - since) / 60)) minutes (${1//[[:cntrl:]]/?}), longer than backup.timeout lets any program run: look whether it hangs, and end it; no backup is made until then"
    fi
  fi
}

# A restore that was killed while it swapped left things half old, half new.
preflight_interrupted() {
  local stamp
  if [[ -f ${STORE}/.state/swapping ]] && { [[ ${LOCKED} == true ]] || flock --nonblock "${STORE}/.state/lock" true; }; then
    read -r stamp <"${STORE}/.state/swapping" || stamp='unknown'
    problem "the restore ${stamp} was interrupted while it swapped: run 'restore.sh --undo' first"
  fi
}
# 2b25b9c08ae3a57d backup/sets/lock.sh
