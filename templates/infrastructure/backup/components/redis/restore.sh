# --- Redis: loaded by a private server, then swapped in --------------------------
#
# A Redis that keeps an append-only file reads that file and no snapshot at its
# start; one that does not reads the snapshot. A private server loads the snapshot
# and writes the append-only file, so that either finds its data.

preflight_redis() {
  local raw_bytes user
  user="$(id --user --name)"
  need_tools "${REDIS_KIND}-server=${REDIS_KIND}-server" "${REDIS_KIND}-cli=${REDIS_KIND}-tools" \
    "${REDIS_KIND}-check-rdb=${REDIS_KIND}-tools"
  REDIS_LIVE_DIR="$(realpath --canonicalize-missing -- "${REDIS_DATA_DIR}")"
  printf '{}' >"${WORK_DIR}/redis.told"
  if [[ -z ${INTO} ]]; then
    if [[ ! -w ${REDIS_LIVE_DIR%/*}/ ]]; then
      problem "cannot replace ${REDIS_LIVE_DIR}: ${REDIS_LIVE_DIR%/*}/ is not writable for ${user}: run with sudo"
    fi
    preflight_control "${REDIS_STOP[@]}"
    if command -v "${REDIS_KIND}-cli" >/dev/null; then
      look_at_redis
    fi
    preflight_beside redis "${REDIS_LIVE_DIR}"
  fi
  read_redis_settings
  preflight_redis_format
  raw_bytes="$(raw_bytes_of redis)"
  need_space "${INTO:-${REDIS_LIVE_DIR}}" $((raw_bytes * 2))
}

REDIS_LIVE_DIR=''

# The programs here say themselves whether they can read what wrote the snapshot: they
# are shown one of the same format that holds nothing.
preflight_redis_format() {
  local magic version server width=4 status=0
  magic="$(of_component redis '.details.snapshot.magic // ""')"
  if [[ -z ${magic} ]] || ! command -v "${REDIS_KIND}-check-rdb" >/dev/null; then
    return 0 # an older set does not say; it is read before anything is swapped
  fi
  version="$(number_of "${SET_OF[redis]}/redis" .details.snapshot.version)"
  server="$(of_component redis '.details.server | "\(.kind) \(.version)" | gsub("[[:cntrl:]]"; "?")')"
  if [[ ${magic} == VALKEY ]]; then
    width=3
  elif [[ ${magic} != REDIS ]]; then
    die 6 "the manifest of ${SET_OF[redis]} names a snapshot that is none of Redis or Valkey: it was changed; choose another set"
  fi
  printf '%s%0*d\xff\0\0\0\0\0\0\0\0' "${magic}" "${width}" "${version}" >"${WORK_DIR}/empty.rdb"
  "${QUICK[@]}" "${REDIS_KIND}-check-rdb" "${WORK_DIR}/empty.rdb" >"${WORK_DIR}/check-rdb.log" 2>&1 || status=$?
  if ((status != 0)); then
    problem "${SET_OF[redis]} was made by ${server}, in format ${magic} ${version}, which ${REDIS_KIND}-server here cannot read: install ${server} or newer"
  elif [[ ${server%% *} != "${REDIS_KIND}" ]]; then
    warn "${SET_OF[redis]} was made by ${server}, the profile says ${REDIS_KIND}, which can read its format (${magic} ${version})"
  fi
}

declare -A REDIS_NAMES=() # setting: the name under which the server will look

# The configuration that the server will start with decides: its own, unless that is
# restored too; then the one that was recorded, which the profile completes.
read_redis_settings() {
  local settings name value
  redis_given >"${WORK_DIR}/redis.given"
  settings="$(of_component redis '.details.configuration // {}')"
  settings="$(jq --null-input --raw-output --argjson recorded "${settings}" --slurpfile given "${WORK_DIR}/redis.given" \
    --slurpfile told "${WORK_DIR}/redis.told" --arg wanted "${WANTED[*]}" '
    $given[0] + $recorded + (if $wanted | split(" ") | index("config") then {} else $told[0] end)
    | {dbfilename, appendfilename, appenddirname} | to_entries[] | select(.value) | "\(.key) \(.value)"')"
  while read -r name value; do
    if [[ -n ${name} ]]; then
      REDIS_NAMES["${name}"]="${value}"
    fi
  done <<<"${settings}"
}

build_redis() {
  local stage data_dir file
  stage_for stage "${REDIS_LIVE_DIR}"
  data_dir="${stage}/redis"
  mkdir "${data_dir}"
  file="${REDIS_NAMES[dbfilename]:-dump.rdb}"
  unpack_to "${SET_OF[redis]}/redis" cat >"${data_dir}/${file##*/}"
  check_rdb "${data_dir}/${file##*/}"
  check_snapshot "${data_dir}/${file##*/}"
  start_private_redis "${data_dir}" "${file##*/}"
  check_loaded_keys
  write_append_only_file
  note_private_keys
  stop_private_redis
  printf '%s\t%s\n' "${REDIS_LIVE_DIR}" "${data_dir}" >"${WORK_DIR}/swaps.redis"
}

PRIVATE_PID=''
PRIVATE_DIR='' # of the socket: its path must be short
PRIVATE_ANSWER=''

start_private_redis() { # <data directory> <snapshot file>
  local data_dir="$1" file="$2" databases tries=0
  local -a append_only=() as_user=()
  make_private_dir PRIVATE_DIR "/tmp/lifeboat-redis.$$"
  trap stop_private_redis EXIT
  append_only_options append_only
  # As many as the snapshot has; check_rdb has named each of them.
  databases="$(sed --quiet 's/.*Selecting DB ID \([0-9]*\)$/\1/p' "${WORK_DIR}/check-rdb.log" | sort --numeric-sort | tail --lines=1)"
  account_for as_user "${REDIS_USER}"
  if ((${#as_user[@]} > 0)); then
    chown --recursive "${REDIS_USER}:" "${data_dir}" "${PRIVATE_DIR}"
    chmod o+x "${data_dir%/*}"
  fi
  "${as_user[@]}" "${REDIS_KIND}-server" --dir "${data_dir}" --dbfilename "${file}" --databases "$((${databases:-0} + 16))" \
    --port 0 --unixsocket "${PRIVATE_DIR}/r.sock" --save '' --daemonize no "${append_only[@]}" \
    >"${WORK_DIR}/redis-server.log" 2>&1 7>&- 8>&- 9>&- &
  PRIVATE_PID=$!
  record_private_server "${PRIVATE_PID}"
  while [[ ${PRIVATE_ANSWER} != PONG ]]; do
    tries=$((tries + 1))
    if ((tries > 6000)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      quote_tool "${WORK_DIR}/redis-server.log"
      die 1 'the private redis-server did not load the snapshot; see above'
    fi
    pause 0.1
    ask_private_redis PING
  done
}

# The names are fixed at the start of a server; Redis before 7 has no directory.
append_only_options() { # <array to fill>
  local -n options="$1"
  local file="${REDIS_NAMES[appendfilename]:-appendonly.aof}" directory="${REDIS_NAMES[appenddirname]:-}"
  options=(--appendonly no --appendfilename "${file##*/}")
  if [[ -n ${directory} ]]; then
    options+=(--appenddirname "${directory##*/}")
  fi
}

ask_private_redis() { # <command...>; leaves the answer in PRIVATE_ANSWER
  PRIVATE_ANSWER="$("${QUICK[@]}" "${REDIS_KIND}-cli" -s "${PRIVATE_DIR}/r.sock" "$@" 2>&1 || :)"
}

# What is loaded is what was saved: the same format, as many keys, as many that expire.
check_snapshot() { # <file>; after check_rdb
  local keys expires found expected
  rdb_format "$1"
  keys="$(rdb_count 'keys read')"
  expires="$(rdb_count expires)"
  found="${RDB_FORMAT[*]} with ${keys} keys, of which ${expires} expire"
  expected="$(of_component redis '.details | if .snapshot == null then "\(.keys)" # a set of an earlier version
    else "\(.snapshot | "\(.magic) \(.version)") with \(.keys) keys, of which \(.expires) expire" end')"
  if [[ ${expected} != "${found}" && ${expected} != "${keys}" ]]; then
    die 6 "the snapshot of ${SET_OF[redis]} is a ${found}, its manifest says ${expected//[[:cntrl:]]/?}: it was changed; choose another set"
  fi
}

# Keys whose time has run out since the backup are dropped while loading. Those that
# have no end must all be there.
check_loaded_keys() {
  local total expires loaded expired found
  total="$(rdb_count 'keys read')"
  expires="$(rdb_count expires)"
  ask_private_redis INFO keyspace
  found="$(keyspace <<<"${PRIVATE_ANSWER}" | awk '{sum += $2} END {print sum + 0}')"
  if ((found != total - expires)); then
    die 6 "Redis loaded ${found} keys that do not expire, the snapshot holds $((total - expires))"
  fi
  ask_private_redis INFO persistence
  loaded="$(sed --quiet 's/^rdb_last_load_keys_loaded:\([0-9]*\).*/\1/p' <<<"${PRIVATE_ANSWER}")"
  expired="$(sed --quiet 's/^rdb_last_load_keys_expired:\([0-9]*\).*/\1/p' <<<"${PRIVATE_ANSWER}")"
  if [[ -z ${loaded} ]]; then
    info 'this Redis is older than 7.0 and does not say how many keys had expired before it loaded them'
  elif ((loaded + expired != total)); then
    die 6 "Redis loaded ${loaded} keys and dropped ${expired} that had expired, the snapshot holds ${total}"
  fi
}

# What the real server must serve, less what expires until it is asked. The server ends
# with its answer: what it saw expire afterwards would be missed.
note_private_keys() {
  PRIVATE_ANSWER="$(printf 'INFO\nSHUTDOWN NOSAVE\n' | "${QUICK[@]}" "${REDIS_KIND}-cli" -s "${PRIVATE_DIR}/r.sock" 2>&1 || :)"
  keyspace <<<"${PRIVATE_ANSWER}" >"${WORK_DIR}/redis.keys"
  sed --quiet 's/^number_of_functions:\([0-9]*\).*/\1/p' <<<"${PRIVATE_ANSWER}" >"${WORK_DIR}/redis.functions"
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
      die 1 'the private redis-server did not write the append-only file; see above'
    fi
    pause 0.1
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
  dress_directory redis "${live}" "${new}"
  if ((CARRY_STATUS != 0)); then
    return 0
  fi
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
  local status
  control status 'stopping Redis' "${REDIS_STOP[@]}"
  wait_for_redis false
}

start_redis() {
  local status
  control status 'starting Redis' "${REDIS_START[@]}"
  if ((status == 0)); then
    wait_for_redis true
  fi
  if [[ ${REDIS_ANSWERS} == false ]]; then
    fail_component redis "Redis does not answer (redis-cli ended with ${REDIS_STATUS})"
  fi
}

REDIS_ANSWERS=false

# Any answer will do, also one that asks for a login: the server runs. One that is
# still loading will answer; one that is silent and works in the directory still saves.
wait_for_redis() { # <true to wait for an answer, false to wait for silence>
  local awaited="$1" end=$((SECONDS + 30))
  while :; do
    ask_redis "${WORK_DIR}/redis.answer" PING
    REDIS_ANSWERS=false
    if grep --quiet --extended-regexp 'PONG|NOAUTH|WRONGPASS|NOPERM|DENIED' "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      REDIS_ANSWERS=true
    elif [[ ${awaited} == true ]] && grep --quiet LOADING "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      end=$((SECONDS + 30))
    elif [[ ${awaited} == false ]]; then
      look_for_redis_process
    fi
    if [[ ${REDIS_ANSWERS} == "${awaited}" ]] || ((SECONDS > end)); then
      return 0
    fi
    pause 0.5
  done
}

# A server works in the directory of its data. Such a one may take minutes to save at its end.
look_for_redis_process() {
  local process name
  for process in /proc/[0-9]*; do
    name=''
    { read -r name <"${process}/comm"; } 2>/dev/null || :
    if [[ ${name} == *-server && ${process}/cwd -ef ${REDIS_LIVE_DIR:-${REDIS_DATA_DIR}} ]]; then
      REDIS_ANSWERS=true
    fi
  done
}

# A server that keeps its data elsewhere, or looks for files of other names, would
# answer too, on the old data or on none.
check_served_keys() {
  local differences text
  PROBLEMS=() # those of the preflight are over
  look_at_redis
  if ! grep --quiet '^redis_version:' "${WORK_DIR}/redis.info"; then
    quote_tool "${WORK_DIR}/redis.info"
    fail_component redis "it runs, but does not let us look at its keys (INFO): nothing proves that it serves what the set holds; give the user of ${REDIS_PASSWORD_VARIABLE} that right, or look yourself"
    return 0
  fi
  differences="$(compare_keys)"
  if [[ -n ${differences} ]]; then
    PROBLEMS+=("Redis does not serve what the set holds: ${differences//$'\n'/; }: do redis.dataDirectory in the profile, and dbfilename, appendfilename and appenddirname of the server, name what it reads?")
  fi
  for text in "${PROBLEMS[@]}"; do
    error "${text}"
    REDIS_ANSWERS=false
  done
}

# Per database: keys that stay must be as many as the private server had; those that
# expire may be fewer, by as many as the server says have expired since.
compare_keys() {
  local functions expected_functions expired dropped aof
  functions="$(redis_info number_of_functions)"
  read -r expected_functions <"${WORK_DIR}/redis.functions" || expected_functions="${functions}"
  if [[ ${functions} != "${expected_functions}" ]]; then
    printf '%s of %s functions\n' "${functions:-none}" "${expected_functions}"
  fi
  expired="$(redis_info expired_keys)"
  dropped="$(redis_info rdb_last_load_keys_expired)"
  aof="$(redis_info aof_enabled)"
  if [[ -z ${dropped} && ${aof} != 1 ]]; then
    dropped='unknown' # before 7.0 a snapshot is loaded without a word about them
  fi
  keyspace <"${WORK_DIR}/redis.info" | awk -v expired="${expired:-0}" -v dropped="${dropped:-0}" '
    !served {stay[$1] = $2; end[$1] = $3; names[$1]; wanted += $3; next}
    {stays[$1] = $2; ends[$1] = $3; names[$1]; found += $3}
    END {
      for (name in names) {
        if (stays[name] + 0 != stay[name] + 0) printf "%s: %d of %d keys that stay\n", name, stays[name], stay[name]
        if (ends[name] + 0 > end[name] + 0) printf "%s: %d keys that expire, where %d were restored\n", name, ends[name], end[name]
      }
      gone = expired + (dropped == "unknown" ? 0 : dropped)
      if (dropped == "unknown" ? wanted > 0 && found + gone == 0 : found + gone < wanted)
        printf "%d of %d keys that expire, although only %d have done so\n", found, wanted, gone
    }' "${WORK_DIR}/redis.keys" served=1 -
}

plan_redis() {
  info "plan:   builds a data directory beside ${REDIS_LIVE_DIR}, stops Redis for the swap (${REDIS_STOP[*]:-no command}) and starts it again (${REDIS_START[*]:-no command})"
  plan_beside redis "${REDIS_LIVE_DIR}"
}
