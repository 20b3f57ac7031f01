# needs: lib/messages lib/guards
# --- Redis: asking a server --------------------------------------------------

REDIS_STATUS=0 # exit status of the last question

# The password travels in the environment of redis-cli alone, never in its
# arguments. A failure is for the caller to judge, by REDIS_STATUS.
ask_redis() { # <file for the answer> <redis-cli argument...>
  local answer="$1" limit=10
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
  REDIS_STATUS=0
  (
    set +x # a trace must show no secret
    if [[ -n ${!REDIS_PASSWORD_VARIABLE:-} ]]; then
      export REDISCLI_AUTH="${!REDIS_PASSWORD_VARIABLE}"
    fi
    exec timeout --foreground --kill-after=10 "${limit}" redis-cli "${address[@]}" "$@"
  ) </dev/null >"${answer}" 2>"${WORK_DIR}/redis.log" || REDIS_STATUS=$?
}

# Settings that decide which files a Redis reads at its start, as JSON.
redis_configuration() { # <file with the answer to CONFIG GET *>
  jq --raw-input --slurp '
    split("\n") | . as $lines
    | [range(0; length - 1; 2) | {($lines[.]): $lines[. + 1]}] | add // {}
    | {appendonly, appendfilename, appenddirname, dbfilename, databases, dir}
    | with_entries(select(.value != null))' "$1"
}

check_rdb() { # <file>
  local file="$1" status=0
  redis-check-rdb "${file}" >"${WORK_DIR}/check-rdb.log" 2>&1 || status=$?
  if ((status != 0)) || ! grep --quiet 'RDB looks OK' "${WORK_DIR}/check-rdb.log"; then
    quote_tool "${WORK_DIR}/check-rdb.log"
    die 1 "redis-check-rdb finds the snapshot damaged (status ${status})"
  fi
}

rdb_keys() { # after check_rdb
  local line
  line="$(grep 'keys read' "${WORK_DIR}/check-rdb.log" || printf '0')"
  line="${line#*] }"
  printf '%s' "${line%% *}"
}
