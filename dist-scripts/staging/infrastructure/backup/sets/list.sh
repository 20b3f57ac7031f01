list_sets() {
  decide_retention
  tell_unusable
  tell_incomplete
  if [[ ${JSON} == true ]]; then
    jq --slurp . <<<"${DECISIONS}"
    return 0
  fi
  jq --slurp --raw-output --arg directory "${SETS_PLACE}" "${DECISION_IN_WORDS}"'
    def size: if . < 1048576 then "\(. / 1024 | ceil) KiB" else "\(. / 1048576 | ceil) MiB" end;
    def left($width): . + " " * ([$width - length, 1] | max);
    def right($width): " " * ([$width - length, 0] | max) + . + "  ";
    def row: (.[0] | left(17)) + (.[1] | left(13)) + (.[2] | left(17)) + (.[3] | right(10)) + (.[4] | right(8))
      + (.[5] | left(23)) + .[6];
    (["SET", "TYPE", "PARENT", "SIZE", "WARNINGS", "CHAIN", "RETENTION"] | row),
    (.[] | [.id, .type, .parent // "-", (.bytes | size), (.warnings | tostring), .chain, (.retention | decision)] | row),
    "\(length) set(s) in \($directory)" + (if length == 0 then "" else ", \(map(.bytes) | add | size): "
      + (group_by(.type) | map("\(length) \(.[0].type) \(map(.bytes) | add | size)") | join(", ")) end)' <<<"${DECISIONS}"
  if [[ -n ${CLOCK_DOUBT} ]]; then
    warn "no set is removed: ${CLOCK_DOUBT}"
  fi
}

tell_incomplete() {
  local set
  local -a sets=()
  mapfile -t sets < <(jq --raw-output .id <<<"${SETS}" || :)
  if [[ -n ${sets[0]:-} ]]; then
    find_incomplete "${sets[@]}"
  fi
  for set in "${!INCOMPLETE[@]}"; do
    warn "${set} is damaged: ${INCOMPLETE["${set}"]}; fetch it again from another location"
  done
}

# backup.sh --list, here, at a remote, or of all places.
list_asked() {
  if [[ ${COMPARE} == true ]]; then
    compare_places
  elif [[ -n ${ONE_REMOTE} ]]; then
    list_remote
  else
    list_sets
  fi
}
# e6baa3d72510f0ce backup/sets/list.sh
