# needs: backup/capture lib/redis-client
capture_redis() {
  local raw_bytes keys version
  ask_redis /dev/null --rdb "${PARTIAL}/dump.rdb"
  if ((REDIS_STATUS != 0)); then
    quote_tool "${WORK_DIR}/redis.log"
    die 1 "redis-cli could not fetch the snapshot (status ${REDIS_STATUS}); its last lines stand above"
  fi
  check_rdb "${PARTIAL}/dump.rdb"
  raw_bytes="$(stat --format='%s' "${PARTIAL}/dump.rdb")"
  pack_file "${PARTIAL}/dump.rdb" redis.rdb
  rm --force -- "${PARTIAL:?}/dump.rdb"
  read_back redis.rdb "${raw_bytes}"
  keys="$(rdb_keys)"
  version="$(redis_info redis_version)"
  ask_redis "${WORK_DIR}/redis.answer" CONFIG GET '*'
  redis_configuration "${WORK_DIR}/redis.answer" >"${WORK_DIR}/redis.json"
  # How the server keeps its data: a restore must build the same kind of files.
  jq --argjson stored "${STORED}" --arg version "${version}" --argjson keys "${keys}" '
    {redis: ($stored + {details: {server: {$version}, $keys, configuration: .}})}' "${WORK_DIR}/redis.json" >"${WORK_DIR}/component.redis.json"
}

redis_info() { # <field>
  local line
  line="$(grep "^$1:" "${WORK_DIR}/redis.info" || :)"
  line="${line#*:}"
  printf '%s' "${line%$'\r'}"
}

preflight_redis() {
  local bytes
  need_tools redis-cli=redis-tools redis-check-rdb=redis-tools
  if ! command -v redis-cli >/dev/null; then
    return 0
  fi
  ask_redis "${WORK_DIR}/redis.info" INFO
  if grep --quiet '^redis_version:' "${WORK_DIR}/redis.info"; then
    bytes="$(redis_info used_memory)"
    add_needed_bytes "${bytes}"
  elif grep --quiet --extended-regexp 'NOAUTH|WRONGPASS|invalid.*password' "${WORK_DIR}/redis.info" "${WORK_DIR}/redis.log"; then
    problem "Redis refused the login: set ${REDIS_PASSWORD_VARIABLE} in ${ENV_FILE}"
  else
    problem "Redis cannot be reached at ${REDIS_SOCKET:-${REDIS_HOST}:${REDIS_PORT}} (status ${REDIS_STATUS}): start it with '${REDIS_START[*]}', or correct the address in the profile"
  fi
}
