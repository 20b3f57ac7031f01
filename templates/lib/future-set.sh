# needs: lib/sets
FUTURE_SET='' # the newest of SETS, where its time is still to come

# Clocks of two hosts may differ by a few minutes.
find_future_set() {
  local now limit
  printf -v now '%(%s)T' -1
  printf -v limit '%(%Y%m%d_%H%M%S)T' "$((now + 300))"
  FUTURE_SET="$(jq --slurp --raw-output --arg limit "${limit}" 'map(.id) | max // "" | select(. > $limit)' <<<"${SETS}")"
}
