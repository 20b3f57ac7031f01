# needs: restore/swap restore/services restore/select-set restore/unseal lib/redis-client
# --- Redis: loaded by a private server, then swapped in --------------------------
#
# A Redis that keeps an append-only file reads that file and no snapshot at its
# start; one that does not reads the snapshot. A private server loads the snapshot
# and writes the append-only file, so that either finds its data.

preflight_redis() {
  local raw_bytes user
  user="$(id --user --name)"
  need_tools redis-server=redis-server redis-cli=redis-tools redis-check-rdb=redis-tools
  REDIS_LIVE_DIR="$(realpath --canonicalize-missing -- "${REDIS_DATA_DIR}")"
  if [[ -z ${INTO} ]]; then
    if [[ ! -w ${REDIS_LIVE_DIR%/*}/ ]]; then
      problem "cannot replace ${REDIS_LIVE_DIR}: ${REDIS_LIVE_DIR%/*}/ is not writable for ${user}: run with sudo"
    fi
    preflight_control "${REDIS_STOP[@]}"
  fi
  raw_bytes="$(raw_bytes_of redis)"
  need_space "${INTO:-${REDIS_LIVE_DIR}}" $((raw_bytes * 2))
}

REDIS_LIVE_DIR=''

declare -A REDIS_RECORDED=() # setting: its value on the server that was backed up

read_redis_settings() {
  local settings name value
  settings="$(of_component redis '.details.configuration // {} | to_entries[] | "\(.key) \(.value)"')"
  while read -r name value; do
    if [[ -n ${name} ]]; then
      REDIS_RECORDED["${name}"]="${value}"
    fi
  done <<<"${settings}"
}

build_redis() {
  local data_dir file
  stage_for "${REDIS_LIVE_DIR}"
  data_dir="${STAGE}/redis"
  mkdir "${data_dir}"
  read_redis_settings
  file="${REDIS_RECORDED[dbfilename]:-dump.rdb}"
  unpack_to "${SET_OF[redis]}/redis" cat >"${data_dir}/${file##*/}"
  check_rdb "${data_dir}/${file##*/}"
  start_private_redis "${data_dir}" "${file##*/}"
  check_loaded_keys
  write_append_only_file
  ask_private_redis INFO keyspace
  lasting_keys <<<"${PRIVATE_ANSWER}" >"${WORK_DIR}/redis.keys"
  stop_private_redis
  printf '%s\t%s\n' "${REDIS_LIVE_DIR}" "${data_dir}" >"${WORK_DIR}/swaps.redis"
}

PRIVATE_PID=''
PRIVATE_DIR='' # of the socket: its path must be short
PRIVATE_ANSWER=''

start_private_redis() { # <data directory> <snapshot file>
  local data_dir="$1" file="$2" databases="${REDIS_RECORDED[databases]:-16}" tries=0
  local -a append_only=()
  PRIVATE_DIR="$(mktemp --directory "/tmp/lifeboat-redis.$$.XXXXXX")"
  trap stop_private_redis EXIT
  append_only_options append_only
  account_for "${REDIS_USER}"
  if ((${#AS_USER[@]} > 0)); then
    chown --recursive "${REDIS_USER}:" "${data_dir}" "${PRIVATE_DIR}"
    chmod o+x "${STAGE}"
  fi
  "${AS_USER[@]}" redis-server --dir "${data_dir}" --dbfilename "${file}" --databases "${databases}" \
    --port 0 --unixsocket "${PRIVATE_DIR}/r.sock" --save '' --daemonize no "${append_only[@]}" \
    >"${WORK_DIR}/redis-server.log" 2>&1 7>&- 8>&- 9>&- &
  PRIVATE_PID=$!
  record_private_server "${PRIVATE_PID}"
  while [[ ${PRIVATE_ANSWER} != PONG ]]; do
    tries=$((tries + 1))
    if ((tries > 6000)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      quote_tool "${WORK_DIR}/redis-server.log"
      die 1 'the private redis-server did not load the snapshot; its last lines stand above'
    fi
    sleep 0.1
    ask_private_redis PING
  done
}

# The names are fixed at the start of a server; Redis before 7 has no directory.
append_only_options() { # <array to fill>
  local -n options="$1"
  local file="${REDIS_RECORDED[appendfilename]:-appendonly.aof}" directory="${REDIS_RECORDED[appenddirname]:-}"
  options=(--appendonly no --appendfilename "${file##*/}")
  if [[ -n ${directory} ]]; then
    options+=(--appenddirname "${directory##*/}")
  fi
}

ask_private_redis() { # <command...>; leaves the answer in PRIVATE_ANSWER
  PRIVATE_ANSWER="$(redis-cli -s "${PRIVATE_DIR}/r.sock" "$@" 2>&1 || :)"
}

# Keys whose time has run out since the backup are dropped while loading.
check_loaded_keys() {
  local expected loaded expired
  expected="$(number_of "${SET_OF[redis]}/redis" .details.keys)"
  ask_private_redis INFO persistence
  loaded="$(sed --quiet 's/^rdb_last_load_keys_loaded:\([0-9]*\).*/\1/p' <<<"${PRIVATE_ANSWER}")"
  expired="$(sed --quiet 's/^rdb_last_load_keys_expired:\([0-9]*\).*/\1/p' <<<"${PRIVATE_ANSWER}")"
  if [[ -z ${loaded} ]]; then
    info 'this Redis is older than 7.0 and does not say how many keys it loaded'
  elif ((loaded + expired != expected)); then
    die 6 "Redis loaded ${loaded} keys and dropped ${expired} that had expired, the manifest says ${expected}"
  fi
}

# Written always: whether the server reads it is decided by its configuration at
# the start, and that may have changed since the set was made.
write_append_only_file() {
  local tries=0
  ask_private_redis CONFIG SET appendonly yes
  while [[ ${PRIVATE_ANSWER} != *aof_enabled:1*aof_rewrite_in_progress:0*aof_rewrite_scheduled:0*aof_last_bgrewrite_status:ok* ]]; do
    tries=$((tries + 1))
    if ((tries > 36000)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      quote_tool "${WORK_DIR}/redis-server.log"
      die 1 'the private redis-server did not write the append-only file; its last lines stand above'
    fi
    sleep 0.1
    ask_private_redis INFO persistence
  done
}

stop_private_redis() {
  local status=0
  trap - EXIT
  if [[ -n ${PRIVATE_PID} ]]; then
    kill -TERM "${PRIVATE_PID}" 2>/dev/null || :
    wait "${PRIVATE_PID}" || status=$?
    PRIVATE_PID=''
  fi
  rm --recursive --force -- "${PRIVATE_DIR:?}"
  if ((status != 0)); then
    die 1 "the private redis-server did not end well (status ${status})"
  fi
}

swap_redis() {
  local live new
  IFS=$'\t' read -r live new <"${WORK_DIR}/swaps.redis"
  match_owner "${live}" "${new}"
  stop_redis
  if [[ ${REDIS_ANSWERS} == true ]]; then
    fail_component redis 'Redis could not be stopped; its data was left as it is'
    return 0
  fi
  swap_in redis "${live}" "${new}"
  start_redis
  if [[ ${REDIS_ANSWERS} == true ]]; then
    check_served_keys
  fi
  if [[ ${REDIS_ANSWERS} == false ]]; then
    fail_component redis 'Redis does not run on the restored data: the old data is being put back'
    stop_redis
    if [[ ${REDIS_ANSWERS} == true ]]; then
      die 1 'Redis could not be stopped: stop it by hand'
    fi
    swap_back_all redis
    start_redis
  fi
}

stop_redis() {
  control 'stopping Redis' "${REDIS_STOP[@]}"
  wait_for_redis false
}

start_redis() {
  control 'starting Redis' "${REDIS_START[@]}"
  if ((CONTROL_STATUS == 0)); then
    wait_for_redis true
  fi
  if [[ ${REDIS_ANSWERS} == false ]]; then
    fail_component redis "Redis does not answer (redis-cli ended with ${REDIS_STATUS})"
  fi
}

REDIS_ANSWERS=false

# Any answer will do, also one that asks for a login: the server runs. One that is
# still loading will answer.
wait_for_redis() { # <true to wait for an answer, false to wait for silence>
  local awaited="$1" end=$((SECONDS + 30))
  while :; do
    ask_redis "${WORK_DIR}/redis.answer" PING
    REDIS_ANSWERS=false
    if grep --quiet --extended-regexp 'PONG|NOAUTH|WRONGPASS|NOPERM|DENIED' "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      REDIS_ANSWERS=true
    elif [[ ${awaited} == true ]] && grep --quiet LOADING "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      end=$((SECONDS + 30))
    fi
    if [[ ${REDIS_ANSWERS} == "${awaited}" ]] || ((SECONDS > end)); then
      return 0
    fi
    sleep 0.5
  done
}

# A server that keeps its data elsewhere would answer too, on the old data: keys
# that never expire must be as many as the private server had.
check_served_keys() {
  local expected found
  read -r expected <"${WORK_DIR}/redis.keys"
  ask_redis "${WORK_DIR}/redis.answer" INFO keyspace
  if ! grep --quiet '^# Keyspace' "${WORK_DIR}/redis.answer"; then
    warn 'Redis does not let us count its keys: look yourself whether the data is back'
    return 0
  fi
  found="$(lasting_keys <"${WORK_DIR}/redis.answer")"
  if [[ ${found} != "${expected}" ]]; then
    error "Redis serves ${found} lasting keys, the set holds ${expected}: does redis.dataDirectory in the profile name the directory that it reads?"
    REDIS_ANSWERS=false
  fi
}

# The sum over all databases of keys without a time to live, from INFO keyspace.
lasting_keys() {
  awk -F '[=,]' '/^db[0-9]+:/ {sum += $2 - $4} END {print sum + 0}'
}

plan_redis() {
  info "plan:   builds a data directory beside ${REDIS_LIVE_DIR}, stops Redis for the swap (${REDIS_STOP[*]:-no command})"
}
