# --- A clock that is or was ahead ---------------------------------------------------

FUTURE_SET='' # the newest of SETS, where its time is still to come

# Clocks of two hosts may differ by a few minutes.
find_future_set() {
  local now limit set
  printf -v now '%(%s)T' -1
  printf -v limit '%(%Y%m%d_%H%M%S)T' "$((now + 300))"
  FUTURE_SET=''
  while IFS= read -r set; do
    if [[ ${set} =~ ^'{"id":"'([0-9_]+)'"' && ${BASH_REMATCH[1]} > ${limit} && ${BASH_REMATCH[1]} > ${FUTURE_SET} ]]; then
      FUTURE_SET="${BASH_REMATCH[1]}"
    fi
  done <<<"${SETS}"
}

tell_clock() {
  local ahead=''
  if [[ ${SETS_DIR} == "${STORE}" && -s ${STORE}/.state/clock-ahead ]]; then
    read -r ahead <"${STORE}/.state/clock-ahead" || :
    warn "the clock was ahead here, up to ${ahead}: files that were written then bear times of the future, and what was copied from here meanwhile is newer by name than what is made now; this is told until all is stored anew: backup.sh --full"
  fi
}
# a17100c177d6cbc3 lib/clock.sh
