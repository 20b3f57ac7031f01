# --- Retention: which sets are kept, and why ------------------------------------
#
# A set is kept while one of these holds:
#   it is younger than the retention of its type, or in use
#   it is of the newest chain, or the newest config set
#   it holds changes that no other set holds; these are kept as long as an
#   incremental set is, so that every moment in between can be restored
#   a set that is kept needs it
# What this application did not make in this environment is never judged.

# What was decided, by decide_retention. doubt: why nothing may be removed; empty when the clock is
# believed. removals: the sets to remove, the newest first, each with its reason, on lines. sets:
# the lines of SETS, each with .retention {keep, reason, until, open}.
declare -A DECIDED=([doubt]='' [removals]='' [sets]='')

IFS= read -r -d '' RETENTION_PROGRAM <"${INFRASTRUCTURE}/backup/sets/retention.jq" || :

# How a decision is said, as a function for jq.
readonly DECISION_IN_WORDS='
  def minute: strftime("%Y-%m-%d %H:%M");
  def decision: (if .keep | not then "to be removed: "
    elif .until == null then "kept: "
    else "kept until \(.until | minute)\(if .open then ", or longer: " else ": " end)" end) + .reason;'

# All is decided by one jq.
decide_retention() { # [how long sets are kept, as JSON, where not as long as in the backup directory]
  local now kept decided
  local -a lines=() in_use=()
  read_sets
  find_sets_in_use in_use
  seconds_now now
  printf -v kept '{"full":%s,"incremental":%s,"database":%s,"config":%s}' \
    "${RETENTION_FULL}" "${RETENTION_INCREMENTAL}" "${RETENTION_DATABASE}" "${RETENTION_CONFIG}"
  decided="$(jq --null-input --raw-output --argjson now "${now}" --argjson kept "${1:-${kept}}" \
    --argjson pause "${LONGEST_PAUSE}" --arg in_use "${in_use[*]}" \
    --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" "${CHAIN_PROGRAM}${RETENTION_PROGRAM}" <<<"${SETS}")"
  mapfile -t lines <<<"${decided}"
  if ((${#lines[@]} < 2)); then
    die 1 "jq decided nothing about the sets in ${SETS_PLACE}: try 'jq --version', or install it again; nothing was removed"
  fi
  DECIDED=([doubt]="${lines[0]}")
  join_lines decided "${lines[@]:2:${lines[1]}}"
  DECIDED[removals]="${decided}"
  join_lines decided "${lines[@]:2+${lines[1]}}"
  DECIDED[sets]="${decided}"
}

join_lines() { # <variable> <line...>
  local joined
  printf -v joined '%s\n' "${@:2}"
  printf -v "$1" '%s' "${joined%$'\n'}"
}

list_removals() { # <array>
  mapfile -t "$1" < <(printf '%s' "${DECIDED[removals]:+${DECIDED[removals]}$'\n'}")
}

# A function of its own, so that a test can let years pass.
seconds_now() { # <variable>
  printf -v "$1" '%(%s)T' -1
}

# Sets that a restore or an upload reads: it leaves a mark .state/in-use/<set>.<pid>.
find_sets_in_use() { # <array>
  local -n used="$1"
  local mark
  used=()
  for mark in "${STORE}"/.state/in-use/*; do
    if [[ ${mark##*/} =~ ^([0-9]{8}_[0-9]{6})\.([0-9]+)$ && -d /proc/${BASH_REMATCH[2]} ]]; then
      used+=("${BASH_REMATCH[1]}")
    fi
  done
}
# c1a38a388cb49c4e backup/sets/retention.sh
