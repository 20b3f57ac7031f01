# --- The chain: a dump, and the slices that lead to the moment --------------------

# State of the run: choose_chain sets it, what builds and recovers reads it.
SLICES=() # as set/component, in order

# Finds the dump and the slices that lead to the limit, or to the end of the set
# that was asked for.
choose_chain() {
  local plan source
  if [[ -n ${LIMIT} ]]; then
    plan="$(ask_chains plan_in_lines --argjson goal "[${LIMIT/:/,}]")"
  else
    plan="$(ask_chains plan_in_lines --arg set "${SET_ID}")"
  fi
  if [[ -z ${plan} ]]; then
    refuse_moment
  fi
  mapfile -t SLICES <<<"${plan}"
  LIMIT="${SLICES[0]}"
  SET_OF["mongodb"]="${SLICES[1]}"
  SLICES=("${SLICES[@]:2}")
  SOURCES+=("${SET_OF["mongodb"]}/mongodb" "${SLICES[@]}")
  check_manifest "${SET_OF["mongodb"]}"
  for source in "${SLICES[@]}"; do
    check_signature "${source%/*}"
  done
}

# A set that was asked for and cannot be reached lacks a parent: its chain is broken.
refuse_moment() {
  if [[ -n ${SET_ID} ]]; then
    refuse_set "the chain of ${SET_ID} is not complete: a set that it builds on is missing or damaged; fetch it from another location, or choose an earlier set"
  fi
  error "MongoDB cannot be restored to ${MOMENT[words]}: that lies outside what can be reached"
  print_windows
  die 3 'nothing was touched'
}

# From the first to the last second that --at can name.
print_windows() {
  local from to windows previous=''
  tell_unusable
  windows="$(ask_chains 'windows[] | select(.to.t > .from.t) | "\(.from.t) \(.to.t - 1)"')"
  if [[ -z ${windows} ]]; then
    printf 'no moment can be reached yet: no set in %s follows a full one; full sets can be restored by their names\n' "${SETS_PLACE}"
    return 0
  fi
  while read -r from to; do
    if [[ -n ${previous} ]]; then
      say_window 'cannot be reached' "$((previous + 1))" "$((from - 1))"
    fi
    say_window 'can be reached   ' "${from}" "${to}"
    previous="${to}"
  done <<<"${windows}"
}

say_window() { # <what> <first second> <last second>
  printf '%s  %(%Y-%m-%dT%H:%M:%SZ)T to %(%Y-%m-%dT%H:%M:%SZ)T\n' "$1" "$2" "$3"
}
# b07268c80db7859f backup/components/mongodb/chain.sh
