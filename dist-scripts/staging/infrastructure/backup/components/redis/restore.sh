# --- Redis: loaded by a private server, then swapped in --------------------------
#
# A Redis that keeps an append-only file reads that file and no snapshot at its
# start; one that does not reads the snapshot. A private server loads the snapshot
# and writes the append-only file, so that either finds its data.

preflight_redis() {
  local live raw_bytes user
  user="$(id --user --name)"
  need_tools "${REDIS_KIND}-server=${REDIS_KIND}-server" "${REDIS_KIND}-cli=${REDIS_KIND}-tools" \
    "${REDIS_KIND}-check-rdb=${REDIS_KIND}-tools"
  live="$(redis_directory)"
  printf '{}' >"${WORK_DIR}/redis.told"
  if [[ -z ${OPTION[into]} ]]; then
    if [[ ! -w ${live%/*}/ ]]; then
      problem "cannot replace ${live}: ${live%/*}/ is not writable for ${user}: run with sudo"
    fi
    preflight_control "${REDIS_STOP[@]}"
    if command -v "${REDIS_KIND}-cli" >/dev/null; then
      look_at_redis
    fi
    preflight_beside redis "${live}"
  fi
  read_redis_settings
  preflight_redis_format
  raw_bytes="$(raw_bytes_of redis)"
  need_space "${OPTION[into]:-${live}}" $((raw_bytes * 2))
}

# Where it really is: that is what is renamed.
redis_directory() {
  realpath --canonicalize-missing -- "${REDIS_DATA_DIR}"
}

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

# State of the run: preflight_redis sets it, build_redis names files by it.
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
  local live stage data_dir file
  live="$(redis_directory)"
  stage_for stage "${live}"
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
  printf '%s\t%s\n' "${live}" "${data_dir}" >"${WORK_DIR}/swaps.redis"
}

# State of the step that builds: start_private_redis sets it, and what asks and stops that
# server reads it.
PRIVATE_PID=''
PRIVATE_DIR='' # of the socket: its path must be short

start_private_redis() { # <data directory> <snapshot file>
  local data_dir="$1" file="$2" databases answer='' tries=0
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
  while [[ ${answer} != PONG ]]; do
    tries=$((tries + 1))
    if ((tries > 6000)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      quote_tool "${WORK_DIR}/redis-server.log"
      die 1 'the private redis-server did not load the snapshot; see above'
    fi
    pause 0.1
    answer="$(ask_private_redis PING)"
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

ask_private_redis() { # <command...>
  "${QUICK[@]}" "${REDIS_KIND}-cli" -s "${PRIVATE_DIR}/r.sock" "$@" 2>&1 || :
}

# What is loaded is what was saved: the same format, as many keys, as many that expire.
check_snapshot() { # <file>; after check_rdb
  local format keys expires found expected
  format="$(rdb_format "$1")"
  keys="$(rdb_count 'keys read')"
  expires="$(rdb_count expires)"
  found="${format} with ${keys} keys, of which ${expires} expire"
  expected="$(of_component redis '.details | if .snapshot == null then "\(.keys)" # a set of an earlier version
    else "\(.snapshot | "\(.magic) \(.version)") with \(.keys) keys, of which \(.expires) expire" end')"
  if [[ ${expected} != "${found}" && ${expected} != "${keys}" ]]; then
    die 6 "the snapshot of ${SET_OF[redis]} is a ${found}, its manifest says ${expected//[[:cntrl:]]/?}: it was changed; choose another set"
  fi
}

# Keys whose time has run out since the backup are dropped while loading. Those that
# have no end must all be there.
check_loaded_keys() {
  local total expires answer loaded expired found
  total="$(rdb_count 'keys read')"
  expires="$(rdb_count expires)"
  answer="$(ask_private_redis INFO keyspace)"
  found="$(keyspace <<<"${answer}" | awk '{sum += $2} END {print sum + 0}')"
  if ((found != total - expires)); then
    die 6 "Redis loaded ${found} keys that do not expire, the snapshot holds $((total - expires))"
  fi
  answer="$(ask_private_redis INFO persistence)"
  loaded="$(sed --quiet 's/^rdb_last_load_keys_loaded:\([0-9]*\).*/\1/p' <<<"${answer}")"
  expired="$(sed --quiet 's/^rdb_last_load_keys_expired:\([0-9]*\).*/\1/p' <<<"${answer}")"
  if [[ -z ${loaded} ]]; then
    info 'this Redis is older than 7.0 and does not say how many keys had expired before it loaded them'
  elif ((loaded + expired != total)); then
    die 6 "Redis loaded ${loaded} keys and dropped ${expired} that had expired, the snapshot holds ${total}"
  fi
}

# What the real server must serve, less what expires until it is asked. The server ends
# with its answer: what it saw expire afterwards would be missed.
note_private_keys() {
  local answer
  answer="$(printf 'INFO\nSHUTDOWN NOSAVE\n' | "${QUICK[@]}" "${REDIS_KIND}-cli" -s "${PRIVATE_DIR}/r.sock" 2>&1 || :)"
  keyspace <<<"${answer}" >"${WORK_DIR}/redis.keys"
  sed --quiet 's/^number_of_functions:\([0-9]*\).*/\1/p' <<<"${answer}" >"${WORK_DIR}/redis.functions"
}

# Written always: whether the server reads it is decided by its configuration at
# the start, and that may have changed since the set was made.
write_append_only_file() {
  local answer tries=0
  answer="$(ask_private_redis CONFIG SET appendonly yes)"
  while [[ ${answer} != *aof_enabled:1*aof_rewrite_in_progress:0*aof_rewrite_scheduled:0*aof_last_bgrewrite_status:ok* ]]; do
    tries=$((tries + 1))
    if ((tries > 36000)) || ! kill -0 "${PRIVATE_PID}" 2>/dev/null; then
      quote_tool "${WORK_DIR}/redis-server.log"
      die 1 'the private redis-server did not write the append-only file; see above'
    fi
    pause 0.1
    answer="$(ask_private_redis INFO persistence)"
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
  local live new status answers
  IFS=$'\t' read -r live new <"${WORK_DIR}/swaps.redis"
  dress_directory status redis "${live}" "${new}"
  if ((status != 0)); then
    return 0
  fi
  stop_redis answers
  if [[ ${answers} == true ]]; then
    fail_component redis 'Redis could not be stopped; its data was left as it is'
    return 0
  fi
  swap_in redis "${live}" "${new}"
  start_redis answers
  if [[ ${answers} == true ]]; then
    check_served_keys answers
  fi
  if [[ ${answers} == false ]]; then
    fail_component redis 'Redis does not run on the restored data: the old data is being put back'
    stop_redis answers
    if [[ ${answers} == true ]]; then
      die 1 'Redis could not be stopped: stop it by hand'
    fi
    swap_back_all redis
    start_redis answers
  fi
}

stop_redis() { # <variable for whether it still answers>
  local status
  control status 'stopping Redis' "${REDIS_STOP[@]}"
  wait_for_redis "$1" false
}

start_redis() { # <variable for whether it answers; as it was, where the command fails>
  local status
  control status 'starting Redis' "${REDIS_START[@]}"
  if ((status == 0)); then
    wait_for_redis "$1" true
  fi
  if [[ ${!1} == false ]]; then
    fail_component redis "Redis does not answer (redis-cli ended with $(<"${WORK_DIR}/redis.status"))"
  fi
}

# Any answer will do, also one that asks for a login: the server runs. One that is
# still loading will answer; one that is silent and works in the directory still saves.
wait_for_redis() { # <variable for whether it answers> <true to wait for an answer, false to wait for silence>
  local awaited="$2" heard end=$((SECONDS + 30))
  while :; do
    ask_redis "${WORK_DIR}/redis.answer" PING
    heard=false
    if grep --quiet --extended-regexp 'PONG|NOAUTH|WRONGPASS|NOPERM|DENIED' "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      heard=true
    elif [[ ${awaited} == true ]] && grep --quiet LOADING "${WORK_DIR}/redis.answer" "${WORK_DIR}/redis.log"; then
      end=$((SECONDS + 30))
    elif [[ ${awaited} == false ]]; then
      look_for_redis_process heard
    fi
    printf -v "$1" '%s' "${heard}"
    if [[ ${heard} == "${awaited}" ]] || ((SECONDS > end)); then
      return 0
    fi
    pause 0.5
  done
}

# A server works in the directory of its data. Such a one may take minutes to save at its end.
look_for_redis_process() { # <variable that becomes true>
  local process name
  for process in /proc/[0-9]*; do
    name=''
    { read -r name <"${process}/comm"; } 2>/dev/null || :
    if [[ ${name} == *-server && ${process}/cwd -ef ${REDIS_DATA_DIR} ]]; then
      printf -v "$1" '%s' true
    fi
  done
}

# A server that keeps its data elsewhere, or looks for files of other names, would
# answer too, on the old data or on none.
check_served_keys() { # <variable that becomes false where it does not serve them>
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
    printf -v "$1" '%s' false
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
  local live
  live="$(redis_directory)"
  info "plan:   builds a data directory beside ${live}, stops Redis for the swap (${REDIS_STOP[*]:-no command}) and starts it again (${REDIS_START[*]:-no command})"
  plan_beside redis "${live}"
}
# ea8ef7e0be81f535 backup/components/redis/restore.sh
