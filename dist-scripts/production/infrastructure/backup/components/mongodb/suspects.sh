# --- Suspects: what was destroyed, and when ----------------------------------------
#
# An operator rarely knows the second. The oplog does: the slices hold what is
# older, the server holds what is newer. Nothing is changed.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/suspects.js")

narrow_suspects() { # <option> <value>
  if [[ $1 == --ns && ! $2 =~ ^[^-] ]]; then
    wrong_usage '--ns needs a collection, or a database'
  elif [[ $1 == --threshold && ! $2 =~ ^[1-9][0-9]{0,8}$ ]]; then
    wrong_usage "--threshold '$2' is not a number of documents"
  elif [[ $1 == --threshold ]]; then
    OPTION["threshold"]="$2"
  elif [[ $1 == --ns ]]; then
    OPTION["ns"]="$2"
  else
    take_moment "$2"
    OPTION["since"]="$((${LIMIT%:*} - 1))"
    LIMIT=''
  fi
}

list_suspects() {
  local source from
  load_env_file
  stop_at_problems
  read_sets
  tell_unusable
  keep_own_sets
  ask_chains 'timeline' >"${WORK_DIR}/timeline"
  mapfile -t SOURCES < <(cut --delimiter=' ' --fields=1 "${WORK_DIR}/timeline" || :)
  expected_files >"${WORK_DIR}/expected"
  for source in "${SOURCES[@]}"; do
    check_signature "${source%/*}"
  done
  check_files
  preflight_keys
  stop_at_problems
  find_known_spans from
  mkfifo "${WORK_DIR}/oplog"
  run_step look_for_suspects "${from}"
  tell_suspects
  cat -- "${WORK_DIR}/unknown"
}

# Leaves in known.json what will have been read: what the sets hold without a hole, and
# what the server still has. Only of that can be said that nothing happened. The server is
# read from the first hole in what the sets hold on.
find_known_spans() { # <variable for that stamp; none where the server cannot be read>
  local first_hole problem
  ask_chains '[windows[] | [.from, .to]] | tojson' >"${WORK_DIR}/windows.json"
  first_hole="$(jq --compact-output '.[0][1] // {t: 1, i: 1}' "${WORK_DIR}/windows.json")"
  write_mongodb_uri
  ask_mongodb facts
  problem="$(mongodb_fact '.problem')"
  if [[ -n ${problem} ]]; then
    problem="$(mongodb_fact '"\(.problem): \(.detail)"')"
    warn "the server cannot be read (${problem}): only what the sets hold is shown"
    first_hole=''
  fi
  printf -v "$1" '%s' "${first_hole}"
  jq --slurpfile facts "${WORK_DIR}/facts.json" '
    . + [$facts[0].oplog | select(.) | [.first, {t: 9999999999, i: 1}]] | sort_by(.[0] | [.t, .i])
    | reduce .[] as [$from, $to] ([];
        if length > 0 and [$from.t, $from.i] <= (.[-1][1] | [.t, .i]) then .[-1][1] = ([.[-1][1], $to] | max_by([.t, .i]))
        else . + [[$from, $to]] end)' "${WORK_DIR}/windows.json" >"${WORK_DIR}/known.json"
  refuse_ignorance
  find_unknown_spans >"${WORK_DIR}/unknown"
}

# That nothing was found would be no answer where nothing was read of what was asked for.
refuse_ignorance() {
  local read
  read="$(jq --argjson since "${OPTION[since]}" 'length, (map(select(.[1].t >= $since)) | length)' "${WORK_DIR}/known.json")"
  if [[ ${read} == 0$'\n'* ]]; then
    die 1 'nothing could be read, neither sets nor the server: whether something was destroyed is not known'
  elif [[ ${read} == *$'\n'0 ]]; then
    find_unknown_spans >&2
    die 1 'of the time that was asked for nothing could be read: whether something was destroyed then is not known'
  fi
}

# From --since on, or from the beginning, to now. Two moments of one second may also have
# something between them.
find_unknown_spans() {
  local now
  printf -v now '%(%s)T' -1
  jq --raw-output --argjson since "${OPTION[since]}" --argjson now "${now}" '
    def stamp: [.t, .i];
    ([[{t: 0, i: 0}, {t: $since, i: 0}]] + . + [[{t: $now, i: 0}, {t: $now, i: 0}]]) as $read
    | range(1; $read | length)
    | {from: ($read[:.] | map(.[1]) | max_by(stamp)), to: $read[.][0]} | select((.from | stamp) < (.to | stamp) and .to.t > $since)
    | if .from.t == 0 then "not known: what happened before \(.to.t | todate), of which nothing is there any more"
      else "not known: what happened from \(.from.t | todate) to \(.to.t | todate), which neither a set nor the server holds" end' "${WORK_DIR}/known.json"
}

# Each with the command that goes back to before it, which needs the same keys.
tell_suspects() {
  local keys='' reached nothing='nothing was dropped, renamed over, or deleted or emptied in numbers'
  if [[ -s ${WORK_DIR}/unknown ]]; then
    nothing="in what could be read ${nothing}"
  fi
  reached="$(ask_chains '[.[] | .slice, .bridge, .base | select(.) | .last] | max_by(stamp) // {t: 1, i: 1} | tojson')"
  if [[ -n ${KEYS["identity"]} ]]; then
    printf -v keys ' --identity %q' "${KEYS["identity"]}"
  fi
  if [[ -n ${KEYS["key-file"]} ]]; then
    printf -v keys '%s --key-file %q' "${keys}" "${KEYS["key-file"]}"
  fi
  jq --raw-output --arg script "${SELF}" --arg keys "${keys}" --arg nothing "${nothing}" --argjson reached "${reached}" "${MANIFEST_VALUES}"'
    if length == 0 then $nothing
    else .[] | "\(.stamp.t | todate)  \(.what | plain)",
      (if [.stamp.t, .stamp.i] > ($reached | [.t, .i]) then "  fetch the newest part of the oplog first: backup.sh --database" else empty end),
      "\(.stamp.t):\(.stamp.i)\($keys)" as $limit
      | (.collection | select(. != "" and . == plain) | if test("\\A[\\w.-]+\\z") then . else @sh end
          | "  to have it back beside what is there now: \($script) latest --collection \(.) --oplog-limit \($limit)"),
        "  to go back to before it: \($script) latest --mongodb --oplog-limit \($limit)",
        "    that takes all of MongoDB back: what was written since, in any collection, then comes back by --undo alone"
    end' "${WORK_DIR}/suspects.json"
}

# A step: leaves suspects.json.
look_for_suspects() { # <stamp from which on the server is read>
  local writer
  stream_oplog "$1" >"${WORK_DIR}/oplog" &
  writer=$!
  trap 'kill "${writer}" 2>/dev/null || :' EXIT
  ask_mongodb suspects "since=${OPTION[since]}" "namespace=${OPTION[ns]}" "threshold=${OPTION[threshold]:-20}"
  trap - EXIT
  wait "${writer}"
}

# All slices in order, then what the server has from the first hole on. Where they
# overlap, the reader passes over what it has seen.
stream_oplog() { # <stamp from which on the server is read>
  local source last since="${OPTION[since]}" status=0
  while read -r source last; do
    if ((last >= since)); then
      unpack_to "${source}" cat
    fi
  done <"${WORK_DIR}/timeline"
  if [[ -z $1 ]]; then
    return 0
  fi
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongodump --config="${WORK_DIR}/mongodb.yaml" --db=local --collection=oplog.rs \
    --query="{\"ts\":{\"\$gte\":{\"\$timestamp\":$1}}}" --out=- 2>"${WORK_DIR}/mongodump.log" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 'the oplog of the server could not be read to its end: what was destroyed is not known; run it again'
  fi
}
# b81ba5c3cb05120d backup/components/mongodb/suspects.sh
