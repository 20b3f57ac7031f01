# --- A clock that is or was ahead ---------------------------------------------------

# The newest of SETS, where its time is still to come. Clocks of two hosts may differ by a few
# minutes.
find_future_set() { # <variable>
  local now limit set newest=''
  printf -v now '%(%s)T' -1
  printf -v limit '%(%Y%m%d_%H%M%S)T' "$((now + 300))"
  while IFS= read -r set; do
    if [[ ${set} =~ ^'{"id":"'([0-9_]+)'"' && ${BASH_REMATCH[1]} > ${limit} && ${BASH_REMATCH[1]} > ${newest} ]]; then
      newest="${BASH_REMATCH[1]}"
    fi
  done <<<"${SETS}"
  printf -v "$1" '%s' "${newest}"
}

tell_clock() {
  local ahead=''
  if [[ ${SETS_DIR} == "${STORE}" && -s ${STORE}/.state/clock-ahead ]]; then
    read -r ahead <"${STORE}/.state/clock-ahead" || :
    warn "the clock was ahead here, up to ${ahead}: files that were written then bear times of the future, and what was copied from here meanwhile is newer by name than what is made now; this is told until all is stored anew: backup.sh --full"
  fi
}
# 8e183aaf6506e3cb lib/clock.sh
