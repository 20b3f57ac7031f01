# A step: leaves the packed snapshot in the set, and component.redis.json.
capture_redis() {
  local status raw_bytes keys expires format server stored
  ask_redis /dev/null --rdb "${PARTIAL}/dump.rdb"
  status="$(<"${WORK_DIR}/redis.status")"
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/redis.log"
    die 1 "${REDIS_KIND}-cli could not fetch the snapshot (status ${status}); see above"
  fi
  check_rdb "${PARTIAL}/dump.rdb"
  keys="$(rdb_count 'keys read')"
  expires="$(rdb_count expires)"
  refuse_empty_snapshot "${keys}"
  format="$(rdb_format "${PARTIAL}/dump.rdb")"
  server="$(redis_server)"
  raw_bytes="$(stat --format='%s' "${PARTIAL}/dump.rdb")"
  pack_file "${PARTIAL}/dump.rdb" redis.rdb
  rm --force -- "${PARTIAL:?}/dump.rdb"
  read_back stored redis.rdb "${raw_bytes}"
  # How the server keeps its data: a restore must build the same kind of files.
  jq --argjson stored "${stored}" --arg kind "${server%% *}" --arg version "${server#* }" \
    --arg magic "${format% *}" --argjson format "${format#* }" --argjson keys "${keys}" --argjson expires "${expires}" \
    --rawfile checked "${WORK_DIR}/check-rdb.log" --slurpfile beside "${WORK_DIR}/redis.beside" '
    [$checked | scan("Selecting DB ID ([0-9]+)")[0] | tonumber] as $databases
    | {redis: ($stored + {details: ({server: {$kind, $version}, snapshot: {$magic, version: $format},
       $keys, $expires, $databases, configuration: .} + $beside[0])})}' "${WORK_DIR}/redis.json" >"${WORK_DIR}/component.redis.json"
}

# Where the server has keys before and after, one without any is not its snapshot.
refuse_empty_snapshot() { # <keys that it holds>
  local before after
  if (($1 == 0)); then
    before="$(keyspace <"${WORK_DIR}/redis.info")"
    ask_redis "${WORK_DIR}/redis.info" INFO
    after="$(keyspace <"${WORK_DIR}/redis.info")"
    if [[ -n ${before} && -n ${after} ]]; then
      die 1 "the snapshot that Redis sent holds no key, but Redis does (${after//$'\n'/, }: database, keys that stay, keys that expire)"
    fi
  fi
}

preflight_redis() {
  local bytes
  need_tools "${REDIS_KIND}-cli=${REDIS_KIND}-tools" "${REDIS_KIND}-check-rdb=${REDIS_KIND}-tools"
  if ! command -v "${REDIS_KIND}-cli" >/dev/null; then
    return 0
  fi
  look_at_redis
  if grep --quiet '^redis_version:' "${WORK_DIR}/redis.info"; then
    bytes="$(redis_info used_memory)"
    add_needed_bytes "${bytes}" "used_memory of Redis"
    complete_redis_configuration
  elif grep --quiet --extended-regexp 'NOAUTH|WRONGPASS|invalid.*password' "${WORK_DIR}/redis.info" "${WORK_DIR}/redis.log"; then
    problem "Redis refused the login: set ${REDIS_PASSWORD_VARIABLE} in ${ENV_FILE}"
  else
    problem "Redis cannot be reached at ${REDIS_PLACE} (status $(<"${WORK_DIR}/redis.status")): start it with '${REDIS_START[*]}', or correct the address in the profile"
  fi
}

# Under which names the server looks for its files must be known now: a restore under
# others would bring back nothing. What it does not tell stands in the profile.
complete_redis_configuration() {
  local aof line
  aof="$(redis_info aof_enabled)"
  redis_given >"${WORK_DIR}/redis.given"
  jq --arg aof "${aof}" --slurpfile given "${WORK_DIR}/redis.given" '
    {appendonly: {"0": "no", "1": "yes"}[$aof]} + $given[0] + . | with_entries(select(.value != null))' \
    "${WORK_DIR}/redis.told" >"${WORK_DIR}/redis.json"
  redis_names_in_doubt >"${WORK_DIR}/redis.doubts"
  while IFS= read -r line; do
    problem "${line}"
  done <"${WORK_DIR}/redis.doubts"
}

redis_names_in_doubt() {
  local version
  version="$(redis_info redis_version)"
  jq --raw-output --arg version "${version}" --arg place "${REDIS_PLACE}" \
    --slurpfile told "${WORK_DIR}/redis.told" --slurpfile given "${WORK_DIR}/redis.given" '
    {dbfilename: "redis.dbFilename", appendfilename: "redis.appendFilename", appenddirname: "redis.appendDirname"} as $fields
    | ((if .appendonly != "yes" then ["dbfilename"] elif ($version | split(".")[0]) == "6" then ["appendfilename"]
       else ["appendfilename", "appenddirname"] end) - keys) as $missing
    | ($given[0] | to_entries[] | select($told[0][.key] | . != null and . != "") | select(.value != $told[0][.key])
       | "\($fields[.key]) in the profile is \(.value), the Redis at \($place) says \($told[0][.key]): correct the profile and generate again"),
      (select($missing != []) | "the Redis at \($place) does not answer CONFIG GET, so the names of its files are not known, and a restore under others would bring back nothing: allow it (+config|get), or write \([$missing[] | $fields[.]] | join(" and ")) into the profile, as in redis.conf")
    ' "${WORK_DIR}/redis.json"
}

# As of the preflight, which asked for all settings.
look_beside_redis() {
  redis_files "${WORK_DIR}/redis.answer" >"${WORK_DIR}/redis.files"
  look_beside redis "${REDIS_DATA_DIR}"
}

# The files that its settings name beside its data; null where it does not tell.
redis_files() { # <file with the answer to CONFIG GET *>
  redis_settings "$1" | jq '
    .dir as $dir | if $dir == null then null else
      [to_entries[] | select(.key | test("^(aclfile|logfile|pidfile|tls-.*-file)$")) | select(.value != "")
       | {option: .key, path: (if .value | startswith("/") then .value else "\($dir)/\(.value)" end)}] end'
}
# 9576c83ec034af34 backup/components/redis/capture.sh
