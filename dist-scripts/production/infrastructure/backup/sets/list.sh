# --- The sets, and what of them can be restored ------------------------------------------

# backup.sh --list
list_here() {
  local set
  local -a sets=()
  local -A damaged=()
  decide_retention
  tell_unusable
  mapfile -t sets < <(jq --raw-output .id <<<"${SETS}" || :)
  if [[ -n ${sets[0]:-} ]]; then
    find_damage damaged "${sets[@]}"
  fi
  for set in "${!damaged[@]}"; do
    warn "${set} is damaged: ${damaged["${set}"]} ${AS_DAMAGED}; fetch it again from another location"
  done
  print_sets damaged
}

print_sets() { # <associative array: what is damaged>
  local damage
  damage="$(damage_as_json "$1")"
  if [[ ${OPTION[json]} == true ]]; then
    jq --slurp --argjson damaged "${damage}" "${CHAIN_PROGRAM}"'with_chain($damaged)' <<<"${DECIDED[sets]}"
    return 0
  fi
  jq --slurp --raw-output --argjson damaged "${damage}" --arg directory "${SETS_PLACE}" "${CHAIN_PROGRAM}${DECISION_IN_WORDS}"'
    with_chain($damaged) |
    def size: if . < 1048576 then "\(. / 1024 | ceil) KiB" else "\(. / 1048576 | ceil) MiB" end;
    def left($width): . + " " * ([$width - length, 1] | max);
    def right($width): " " * ([$width - length, 0] | max) + . + "  ";
    def row: (.[0] | left(17)) + (.[1] | left(13)) + (.[2] | left(17)) + (.[3] | right(10)) + (.[4] | right(8))
      + (.[5] | left(23)) + .[6];
    (["SET", "TYPE", "PARENT", "SIZE", "WARNINGS", "CHAIN", "RETENTION"] | row),
    (.[] | [.id, .type, .parent // "-", (.bytes | size), (.warnings | tostring), .chain, (.retention | decision)] | row),
    "\(length) set(s) in \($directory)" + (if length == 0 then "" else ", \(map(.bytes) | add | size): "
      + (group_by(.type) | map("\(length) \(.[0].type) \(map(.bytes) | add | size)") | join(", ")) end)' <<<"${DECIDED[sets]}"
  if [[ -n ${DECIDED[doubt]} ]]; then
    warn "no set is removed: ${DECIDED[doubt]}"
  fi
}

# backup.sh --list, here, at a remote, or of all places.
list_asked() {
  need_tools jq=jq
  stop_at_problems
  if [[ ${OPTION[compare]} == true ]]; then
    compare_places
  elif [[ -n ${OPTION[remote]} ]]; then
    list_remote
  else
    list_here
  fi
}
# cc2b8db9792a1201 backup/sets/list.sh
