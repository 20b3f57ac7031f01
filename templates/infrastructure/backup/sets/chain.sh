# --- Chains: which sets join on to which, and what can be reached by them ----------------

# Programs of jq are read when the script begins, as its parts are.
IFS= read -r -d '' CHAIN_PROGRAM <"${INFRASTRUCTURE}/backup/sets/chain.jq" || :

# Every question about chains is asked here: of all sets that were read.
ask_chains() { # <jq expression> [jq argument...]
  jq --slurp --raw-output "${@:2}" "${CHAIN_PROGRAM}$1" <<<"${SETS}"
}

damage_as_json() { # <associative array: a file of each damaged set>
  local -n damage_of="$1"
  local set pairs=''
  for set in "${!damage_of[@]}"; do
    if [[ ! ${set} =~ ^[0-9]{8}_[0-9]{6}$ ]]; then
      continue
    fi
    pairs+="${pairs:+,}\"${set}\":\"${damage_of["${set}"]//[!A-Za-z0-9._-]/?}\""
  done
  printf '{%s}' "${pairs}"
}
