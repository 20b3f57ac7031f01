# needs: lib/sets
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
