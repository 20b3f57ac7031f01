# --- MongoDB: a private server ---------------------------------------------------
#
# It listens on a Unix socket in a private directory only. It needs no password, and
# nobody else can reach it.

# State of the step that builds, or of an undo: start_private_mongod sets it, what asks and
# stops that server reads it. A number is no longer set once its process has ended.
PRIVATE_PID=''
PRIVATE_DIR='' # of the socket: a short path in lower case, as the driver wants; it names the process of the restore
FEEDER=''      # the process that joins the oplog, while load_private_mongod reads it

start_private_mongod() { # <data directory> [option of mongod...]
  local data_dir="$1" cache
  local -a options=() as_user=()
  shift
  if [[ -z ${PRIVATE_DIR} ]]; then
    PRIVATE_DIR="/tmp/lifeboat-mongod.$$.${RANDOM}"
    mkdir --mode=700 "${PRIVATE_DIR}"
  fi
  trap end_private_mongod EXIT
  private_options options
  account_for as_user "${MONGODB_USER}"
  if ((${#as_user[@]} > 0)); then
    chown --recursive "${MONGODB_USER}:" "${data_dir}" "${PRIVATE_DIR}"
    chmod o+x "${data_dir%/*}"
  fi
  : >"${WORK_DIR}/mongod.log" # what an earlier one said is no answer
  # A quarter of what is free: what runs beside it needs memory too.
  cache="$(awk '/^MemAvailable/ {gb = $2 / 4194304; print (gb < 0.25 ? 0.25 : (gb > 8 ? 8 : gb))}' /proc/meminfo)"
  nice --adjustment=10 "${as_user[@]}" mongod --dbpath "${data_dir}" "${options[@]}" --wiredTigerCacheSizeGB "${cache}" \
    --bind_ip "${PRIVATE_DIR}/m.sock" --unixSocketPrefix "${PRIVATE_DIR}" \
    --setParameter ttlMonitorEnabled=false --setParameter diagnosticDataCollectionEnabled=false \
    --setParameter disableLogicalSessionCacheRefresh=true "$@" >>"${WORK_DIR}/mongod.log" 2>&1 7>&- 8>&- 9>&- &
  PRIVATE_PID=$!
  record_private_server "${PRIVATE_PID}"
  await_private_mongod
}

private_uri() {
  printf 'mongodb://%s%%2Fm.sock/?directConnection=true' "${PRIVATE_DIR//\//%2F}"
}

# It listens once it has recovered, which may take as long as any step.
await_private_mongod() {
  local tries=0
  until grep --quiet '"msg":"Waiting for connections"' "${WORK_DIR}/mongod.log"; do
    tries=$((tries + 1))
    if ((tries > TIMEOUT_SECONDS * 20)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      tell_mongod_log "${WORK_DIR}/mongod.log"
      die 1 'the private mongod did not start; see above'
    fi
    pause 0.05
  done
}

# Files must be laid out as the real server expects them.
private_options() { # <array to fill>
  local -n wanted="$1"
  local layout
  layout="$(jq --raw-output '.server.storage
    | (if .directoryPerDB then "--directoryperdb" else empty end),
      (if .wiredTiger.engineConfig.directoryForIndexes then "--wiredTigerDirectoryForIndexes" else empty end)' "${WORK_DIR}/expected.json")"
  if [[ -n ${layout} ]]; then
    mapfile -t wanted <<<"${layout}"
  fi
}

# The reason of a death stands in its own log, and is told before what came of it.
tell_mongod_log() { # <file>
  jq --raw-input --raw-output 'fromjson? | select(.s == "F" or .s == "E") | "\(.s) \(.msg) \(.attr // {} | tostring | .[:200])"' "$1" 2>/dev/null \
    | tail --lines=5 >"${WORK_DIR}/mongod.words" || :
  if [[ ! -s ${WORK_DIR}/mongod.words ]]; then
    jq --raw-input --raw-output '(fromjson? | "\(.s) \(.msg) \(.attr // {} | tostring | .[:200])") // .' "$1" 2>/dev/null \
      | tail --lines=5 >"${WORK_DIR}/mongod.words" || :
  fi
  quote_tool "${WORK_DIR}/mongod.words"
}

# Asks it with one of the scripts. Where no answer comes because it died, its own log
# says why.
ask_private_mongod() { # <script> [name=value...]
  trap 'tell_private_death; end_private_mongod' EXIT
  ask_mongodb "$@" "socket=${PRIVATE_DIR}/m.sock"
  trap end_private_mongod EXIT
}

tell_private_death() {
  pause 0.5
  if ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
    error 'the private mongod has died; the last lines of its log:'
    tell_mongod_log "${WORK_DIR}/mongod.log"
  fi
}

stop_private_mongod() {
  local status=0
  if [[ -n ${PRIVATE_PID} ]]; then
    kill -TERM "${PRIVATE_PID}" 2>/dev/null || :
    wait "${PRIVATE_PID}" || status=$?
    PRIVATE_PID=''
  fi
  if ((status != 0)); then
    tell_mongod_log "${WORK_DIR}/mongod.log"
    die 1 "the private mongod did not end well (status ${status})"
  fi
}

# Also where a step of its restore has failed: what it wrote is thrown away.
end_private_mongod() {
  trap - EXIT
  if [[ -n ${FEEDER} ]]; then
    kill "${FEEDER}" 2>/dev/null || :
  fi
  if [[ -n ${PRIVATE_PID} ]]; then
    kill -TERM "${PRIVATE_PID}" 2>/dev/null || :
    wait "${PRIVATE_PID}" 2>/dev/null || :
    PRIVATE_PID=''
  fi
  if [[ -n ${PRIVATE_DIR} ]]; then
    rm --recursive --force -- "${PRIVATE_DIR:?}"
    PRIVATE_DIR=''
  fi
}
# 8bd1824b127d760e backup/components/mongodb/private.sh
