# --- Redis: asking a server --------------------------------------------------

readonly REDIS_PLACE="${REDIS_SOCKET:-${REDIS_HOST}:${REDIS_PORT}}"

# The password travels in the environment of the client alone, never in its
# arguments. A failure is for the caller to judge, by what is left in redis.log and
# redis.status.
ask_redis() { # <file for the answer> <redis-cli argument...>
  local answer="$1" limit=10 status=0
  local -a address=(-h "${REDIS_HOST}" -p "${REDIS_PORT}")
  shift
  if [[ -n ${REDIS_SOCKET} ]]; then
    address=(-s "${REDIS_SOCKET}")
  fi
  if [[ $1 == --rdb ]]; then
    limit="${TIMEOUT_SECONDS}" # for the whole snapshot; a question is answered at once or not
  fi
  if [[ -n ${REDIS_USERNAME:-} ]]; then
    address+=(--user "${REDIS_USERNAME}")
  fi
  (
    set +x # a trace must show no secret
    if [[ -n ${!REDIS_PASSWORD_VARIABLE:-} ]]; then
      export REDISCLI_AUTH="${!REDIS_PASSWORD_VARIABLE}"
    fi
    exec timeout --foreground --kill-after=10 "${limit}" "${REDIS_KIND}-cli" "${address[@]}" "$@"
  ) </dev/null >"${answer}" 2>"${WORK_DIR}/redis.log" || status=$?
  printf '%s\n' "${status}" >"${WORK_DIR}/redis.status"
}

# Asks the server what it is and keeps the answer for redis_info; what cannot be
# brought back as files of this host is a problem.
look_at_redis() {
  ask_redis "${WORK_DIR}/redis.info" INFO
  if ! grep --quiet '^redis_version:' "${WORK_DIR}/redis.info"; then
    return 0
  fi
  refuse_redis_role
  ask_redis "${WORK_DIR}/redis.answer" CONFIG GET '*'
  redis_configuration "${WORK_DIR}/redis.answer" >"${WORK_DIR}/redis.told"
  refuse_redis_elsewhere
}

redis_info() { # <field>
  local line
  line="$(grep "^$1:" "${WORK_DIR}/redis.info" || :)"
  line="${line#*:}"
  printf '%s' "${line%$'\r'}"
}

# Its name and its version. Valkey says the version of Redis that it agrees with, and its own.
redis_server() {
  local name version
  name="$(redis_info server_name)"
  version="$(redis_info valkey_version)"
  if [[ -z ${version} ]]; then
    version="$(redis_info redis_version)"
  fi
  printf '%s %s' "${name:-redis}" "${version}"
}

refuse_redis_role() {
  local server role cluster host port
  server="$(redis_server)"
  role="$(redis_info role)"
  cluster="$(redis_info cluster_enabled)"
  host="$(redis_info master_host)"
  port="$(redis_info master_port)"
  if [[ ${server%% *} != "${REDIS_KIND}" ]]; then
    problem "the server at ${REDIS_PLACE} is ${server}: set redis.server in the profile to '${server%% *}' and generate again"
  fi
  if [[ ${role} == slave ]]; then
    problem "the Redis at ${REDIS_PLACE} is a replica of ${host}:${port} and takes over what that one holds: name its primary in the profile, or run 'REPLICAOF NO ONE' if this is to be one"
  fi
  if [[ ${cluster} == 1 ]]; then
    problem "the Redis at ${REDIS_PLACE} is a node of a cluster (cluster-enabled yes), of whose data it holds a part: clusters are not supported; take cluster-enabled out of its configuration if it is the only node, or disable redis in the profile"
  fi
}

# A server that runs on this host works in its data directory. (In a container its
# number is another one here.)
refuse_redis_elsewhere() {
  local pid name='' directory
  pid="$(redis_info process_id)"
  read -r name 2>/dev/null <"/proc/${pid:-0}/comm" || :
  if [[ ${name} != "${REDIS_KIND}-server" ]]; then
    return 0
  fi
  directory="$(readlink "/proc/${pid}/cwd" || :)"
  if [[ -z ${directory} ]]; then
    directory="$(jq --raw-output '.dir // ""' "${WORK_DIR}/redis.told")"
  fi
  if [[ -n ${directory} && ! ${directory} -ef ${REDIS_DATA_DIR} ]]; then
    problem "the Redis at ${REDIS_PLACE} keeps its data in ${directory}, the profile says ${REDIS_DATA_DIR}: correct redis.dataDirectory in the profile and generate again"
  fi
}

# All that a Redis tells of its settings, as JSON.
redis_settings() { # <file with the answer to CONFIG GET *>
  jq --raw-input --slurp 'split("\n") | . as $lines | [range(0; length - 1; 2) | {($lines[.]): $lines[. + 1]}] | add // {}' "$1"
}

# Settings that decide which files a Redis reads at its start, as JSON.
redis_configuration() { # <file with the answer to CONFIG GET *>
  redis_settings "$1" | jq '
    {appendonly, appendfilename, appenddirname, dbfilename, databases, dir}
    | with_entries(select(.value != null))'
}

# What the profile says for a server that does not answer CONFIG GET.
redis_given() {
  jq --null-input '$ARGS.named | with_entries(select(.value != ""))' \
    --arg dbfilename "${REDIS_DB_FILENAME}" --arg appendfilename "${REDIS_APPEND_FILENAME}" --arg appenddirname "${REDIS_APPEND_DIRNAME}"
}

# Leaves in check-rdb.log what the snapshot holds.
check_rdb() { # <file>
  local file="$1" status=0
  "${BOUNDED[@]}" "${REDIS_KIND}-check-rdb" "${file}" >"${WORK_DIR}/check-rdb.log" 2>&1 || status=$?
  if ((status != 0)) || ! grep --quiet 'RDB looks OK' "${WORK_DIR}/check-rdb.log"; then
    quote_tool "${WORK_DIR}/check-rdb.log"
    die 1 "${REDIS_KIND}-check-rdb finds the snapshot damaged (status ${status})"
  fi
}

# A count that is not told is none to compare with.
rdb_count() { # <what is counted: 'keys read' or expires>; after check_rdb
  local line
  line="$(grep --extended-regexp "^\[info\] [0-9]+ $1\$" "${WORK_DIR}/check-rdb.log" || :)"
  line="${line#*] }"
  if [[ -z ${line} ]]; then
    quote_tool "${WORK_DIR}/check-rdb.log"
    die 1 "${REDIS_KIND}-check-rdb does not say how many keys the snapshot holds ('$1')"
  fi
  printf '%s' "${line%% *}"
}

# The first bytes: who wrote it, and in which version of the format.
rdb_format() { # <file>
  local header
  header="$(head --bytes=9 -- "$1" | tr '\0' '?')"
  if [[ ! ${header} =~ ^(REDIS|VALKEY)0*([0-9]+)$ ]]; then
    die 1 "the snapshot begins with '${header//[[:cntrl:]]/?}', which no snapshot of Redis or Valkey does"
  fi
  printf '%s %s' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

# For each database that holds keys: its name, how many stay, how many expire.
keyspace() { # reads INFO keyspace
  awk -F '[:=,]' '/^db[0-9]+:/ {print $1, $3 - $5, $5 + 0}'
}
# 5ca57a2b0523e966 backup/components/redis/client.sh
