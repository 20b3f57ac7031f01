# needs: restore/chain lib/mongodb-dump
# --- Suspects: what was destroyed, and when ----------------------------------------
#
# An operator rarely knows the second. The oplog does: the slices hold what is
# older, the server holds what is newer. Nothing is changed.

SINCE=0      # --since: only what happened from this second on
NAMESPACE='' # --ns: only this collection, or this database

narrow_suspects() { # <option> <value>
  if [[ $1 == --ns && ! $2 =~ ^[^-] ]]; then
    wrong_usage '--ns needs a collection, or a database'
  elif [[ $1 == --ns ]]; then
    NAMESPACE="$2"
  else
    take_moment "$2"
    SINCE="$((${LIMIT%:*} - 1))"
    LIMIT=''
  fi
}

list_suspects() {
  local reached source
  load_env_file
  stop_at_problems
  read_sets
  keep_own_sets
  mongodb_reader >"${WORK_DIR}/read-dump.js"
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
  reached="$(ask_chains '[.[] | .slice, .bridge, .base | select(.) | .last] | max_by(stamp) // {t: 1, i: 1} | tojson')"
  mkfifo "${WORK_DIR}/oplog"
  run_step look_for_suspects "${reached}"
  tell_suspects "${reached}"
}

# Each with the command that goes back to before it, which needs the same keys.
tell_suspects() { # <newest stamp in the sets>
  local keys=''
  if [[ -n ${IDENTITY} ]]; then
    printf -v keys ' --identity %q' "${IDENTITY}"
  fi
  if [[ -n ${KEY_FILE} ]]; then
    printf -v keys '%s --key-file %q' "${keys}" "${KEY_FILE}"
  fi
  jq --raw-output --arg script "${BASH_SOURCE[0]}" --arg keys "${keys}" --argjson reached "$1" '
    if length == 0 then "nothing was dropped, renamed over, or deleted or emptied in numbers"
    else .[] | "\(.stamp.t | todate)  \(.what)",
      (if [.stamp.t, .stamp.i] > ($reached | [.t, .i]) then "  fetch the newest part of the oplog first: backup.sh --database" else empty end),
      "  to go back to before it: \($script) latest --mongodb --oplog-limit \(.stamp.t):\(.stamp.i)\($keys)"
    end' "${WORK_DIR}/suspects.json"
}

look_for_suspects() { # <newest stamp in the sets>
  local writer
  write_mongodb_uri
  stream_oplog "$1" >"${WORK_DIR}/oplog" &
  writer=$!
  trap 'kill "${writer}" 2>/dev/null || :' EXIT
  ask_mongodb suspects "SINCE=${SINCE}" "NAMESPACE=${NAMESPACE}"
  trap - EXIT
  wait "${writer}"
}

# All slices in order, then what the server has beyond them. Where they overlap,
# the reader passes over what it has seen.
stream_oplog() { # <newest stamp in the sets>
  local source last status=0
  while read -r source last; do
    if ((last >= SINCE)); then
      unpack_to "${source}" cat
    fi
  done <"${WORK_DIR}/timeline"
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongodump --config="${WORK_DIR}/mongodb.yaml" --db=local --collection=oplog.rs \
    --query="{\"ts\":{\"\$gte\":{\"\$timestamp\":$1}}}" --out=- 2>"${WORK_DIR}/mongodump.log" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    warn 'the server could not be read: only what the sets hold is shown'
  fi
}

mongodb_suspects_script() {
  cat <<'EOF'
const fs = require('fs');
const { suspects } = require(process.cwd() + '/suspicion.js');
const found = suspects(process.cwd() + '/oplog', Number(process.env.SINCE), process.env.NAMESPACE);
fs.writeFileSync('suspects.json', JSON.stringify(found));
EOF
}

# Deletes, and updates that take fields away, are told where many of them hit one
# collection with no pause of a minute between them.
suspicion() {
  cat <<'EOF'
const { walk, stampOf, stringOf, inner, names, has } = require('./read-dump.js');
const many = 20;
const pause = 60;

function suspects(file, since, wanted) {
  const found = [];
  const bursts = new Map();
  let seen = { t: 0, i: 0 };
  const matters = (namespace) => wanted === '' || namespace === wanted || namespace.split('.')[0] === wanted;

  function tell(stamp, place, what) {
    const namespace = place.replace('.system.buckets.', '.'); // where a time series has its data
    if (matters(namespace)) found.push({ stamp, what: what + ' ' + namespace });
  }
  function close(burst) {
    if (burst.count >= many) tell(burst.stamp, burst.namespace, burst.count + ' documents ' + burst.what + ' in');
  }
  function add(stamp, namespace, what) {
    const key = what + namespace;
    const burst = bursts.get(key);
    if (burst && stamp.t - burst.last <= pause) {
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
    if (stamp.t < seen.t || (stamp.t === seen.t && stamp.i <= seen.i)) return;
    seen = stamp;
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
