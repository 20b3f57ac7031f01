# --- Suspects: what was destroyed, and when ----------------------------------------
#
# An operator rarely knows the second. The oplog does: the slices hold what is
# older, the server holds what is newer. Nothing is changed.

narrow_suspects() { # <option> <value>
  if [[ $1 == --ns && ! $2 =~ ^[^-] ]]; then
    wrong_usage '--ns needs a collection, or a database'
  elif [[ $1 == --threshold && ! $2 =~ ^[1-9][0-9]{0,8}$ ]]; then
    wrong_usage "--threshold '$2' is not a number of documents"
  elif [[ $1 == --threshold ]]; then
    THRESHOLD="$2"
  elif [[ $1 == --ns ]]; then
    NAMESPACE="$2"
  else
    take_moment "$2"
    SINCE="$((${LIMIT%:*} - 1))"
    LIMIT=''
  fi
}

list_suspects() {
  local source
  load_env_file
  stop_at_problems
  read_sets
  tell_unusable
  keep_own_sets
  cp -- "${INFRASTRUCTURE}/backup/components/mongodb/read-dump.js" "${WORK_DIR}/"
  suspicion >"${WORK_DIR}/suspicion.js"
  ask_chains 'timeline' >"${WORK_DIR}/timeline"
  mapfile -t SOURCES < <(cut --delimiter=' ' --fields=1 "${WORK_DIR}/timeline" || :)
  expected_files >"${WORK_DIR}/expected"
  for source in "${SOURCES[@]}"; do
    check_signature "${source%/*}"
  done
  check_files
  preflight_keys
  stop_at_problems
  find_known_spans
  mkfifo "${WORK_DIR}/oplog"
  run_step look_for_suspects
  tell_suspects
  cat -- "${WORK_DIR}/unknown"
}

SERVER_FROM='' # the server is read from here on: the first hole in what the sets hold

# Leaves in known.json what will have been read: what the sets hold without a hole, and
# what the server still has. Only of that can be said that nothing happened.
find_known_spans() {
  local problem
  ask_chains '[windows[] | [.from, .to]] | tojson' >"${WORK_DIR}/windows.json"
  SERVER_FROM="$(jq --compact-output '.[0][1] // {t: 1, i: 1}' "${WORK_DIR}/windows.json")"
  write_mongodb_uri
  ask_mongodb facts
  problem="$(mongodb_fact '.problem')"
  if [[ -n ${problem} ]]; then
    problem="$(mongodb_fact '"\(.problem): \(.detail)"')"
    warn "the server cannot be read (${problem}): only what the sets hold is shown"
    SERVER_FROM=''
  fi
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
  read="$(jq --argjson since "${SINCE}" 'length, (map(select(.[1].t >= $since)) | length)' "${WORK_DIR}/known.json")"
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
  jq --raw-output --argjson since "${SINCE}" --argjson now "${now}" '
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
  if [[ -n ${IDENTITY} ]]; then
    printf -v keys ' --identity %q' "${IDENTITY}"
  fi
  if [[ -n ${KEY_FILE} ]]; then
    printf -v keys '%s --key-file %q' "${keys}" "${KEY_FILE}"
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

look_for_suspects() {
  local writer
  stream_oplog >"${WORK_DIR}/oplog" &
  writer=$!
  trap 'kill "${writer}" 2>/dev/null || :' EXIT
  ask_mongodb suspects "SINCE=${SINCE}" "NAMESPACE=${NAMESPACE}" "THRESHOLD=${THRESHOLD:-20}"
  trap - EXIT
  wait "${writer}"
}

# All slices in order, then what the server has from the first hole on. Where they
# overlap, the reader passes over what it has seen.
stream_oplog() {
  local source last status=0
  while read -r source last; do
    if ((last >= SINCE)); then
      unpack_to "${source}" cat
    fi
  done <"${WORK_DIR}/timeline"
  if [[ -z ${SERVER_FROM} ]]; then
    return 0
  fi
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongodump --config="${WORK_DIR}/mongodb.yaml" --db=local --collection=oplog.rs \
    --query="{\"ts\":{\"\$gte\":{\"\$timestamp\":${SERVER_FROM}}}}" --out=- 2>"${WORK_DIR}/mongodump.log" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 'the oplog of the server could not be read to its end: what was destroyed is not known; run it again'
  fi
}

mongodb_suspects_script() {
  cat <<'EOF'
const fs = require('fs');
const { suspects } = require(process.cwd() + '/suspicion.js');
const windows = JSON.parse(fs.readFileSync('windows.json', 'utf8'));
const found = suspects(process.cwd() + '/oplog', Number(process.env.SINCE), process.env.NAMESPACE, Number(process.env.THRESHOLD), windows);
fs.writeFileSync('suspects.json', JSON.stringify(found));
EOF
}

# Deletes, and updates that take fields away, are told where many of them hit one
# collection with no pause of a minute between them.
suspicion() {
  cat <<'EOF'
const { walk, stampOf, stringOf, inner, names, has } = require('./read-dump.js');
const pause = 60;

function suspects(file, since, wanted, many, windows) {
  const found = [];
  const bursts = new Map();
  let [seen, late] = [{ t: 0, i: 0 }, { t: 0, i: 0 }];
  const after = (one, other) => one.t > other.t || (one.t === other.t && one.i > other.i);
  const matters = (namespace) => wanted === '' || namespace === wanted || namespace.split('.')[0] === wanted;

  function tell(stamp, place, what) {
    const namespace = place.replace('.system.buckets.', '.'); // where a time series has its data
    if (matters(namespace)) found.push({ stamp, what: what + ' ' + namespace, collection: namespace.includes('.') ? namespace : '' });
  }
  function close(burst) {
    if (burst.count >= many) tell(burst.stamp, burst.namespace, burst.count + ' documents ' + burst.what + ' in');
  }
  function add(stamp, namespace, what) {
    const key = what + namespace;
    const burst = bursts.get(key);
    if (burst && stamp.t >= burst.stamp.t && stamp.t - burst.last <= pause) {
      burst.count += 1;
      burst.last = stamp.t;
    } else {
      if (burst) close(burst);
      bursts.set(key, { stamp, namespace, what, count: 1, last: stamp.t });
    }
  }
  function command(stamp, database, o) {
    const [name] = names(o);
    if (name === 'drop') tell(stamp, database + '.' + stringOf(o, 'drop'), 'dropped');
    else if (name === 'dropDatabase') tell(stamp, database, 'dropped the database');
    else if (name === 'renameCollection' && has(o, 'dropTarget')) tell(stamp, stringOf(o, 'to'), 'renamed ' + stringOf(o, 'renameCollection') + ' over');
    else if (name === 'applyOps') {
      const operations = inner(o, 'applyOps');
      for (const index of names(operations)) operation(stamp, inner(operations, index));
    }
  }
  function operation(stamp, entry) {
    const [op, namespace, o] = [stringOf(entry, 'op'), stringOf(entry, 'ns'), inner(entry, 'o')];
    if (namespace.startsWith('config.')) return;
    if (op === 'c') command(stamp, namespace.split('.')[0], o);
    else if (op === 'd') add(stamp, namespace, 'deleted');
    else if (op === 'u' && takesAway(o)) add(stamp, namespace, 'emptied');
  }
  walk(file, (entry) => {
    const stamp = stampOf(entry);
    // The server comes after the sets, and goes back to the first hole: what lies between two windows is new.
    if (after(stamp, seen)) seen = stamp;
    else if (!after(stamp, late) || windows.some(([from, to]) => !after(from, stamp) && !after(stamp, to))) return;
    else late = stamp;
    if (stamp.t >= since) operation(stamp, entry);
  });
  bursts.forEach(close);
  return found.sort((one, other) => one.stamp.t - other.stamp.t || one.stamp.i - other.stamp.i);
}

// An update that unsets fields, or a replacement that leaves nothing but the key.
function takesAway(o) {
  const diff = inner(o, 'diff');
  return (diff !== null && has(diff, 'd')) || has(o, '$unset') || names(o).join() === '_id';
}

module.exports = { suspects };
EOF
}
# 6d02884ba614b618 backup/components/mongodb/suspects.sh
