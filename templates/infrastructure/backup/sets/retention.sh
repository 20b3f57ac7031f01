# --- Retention: which sets are kept, and why ------------------------------------
#
# A set is kept while one of these holds:
#   it is younger than the retention of its type, or in use
#   it is of the newest chain, or the newest config set
#   it holds changes that no other set holds; these are kept as long as an
#   incremental set is, so that every moment in between can be restored
#   a set that is kept needs it
# What this application did not make in this environment is never judged.

CLOCK_DOUBT='' # why nothing may be removed; empty when the clock is believed
REMOVALS=()    # the sets to remove, the newest first, each with its reason
RETENTION=''   # how long sets are kept, as JSON; empty: as long as in the backup directory
DECISIONS=''   # the lines of SETS, each with .retention {keep, reason, until, open}

IFS= read -r -d '' RETENTION_PROGRAM <"${INFRASTRUCTURE}/backup/sets/retention.jq" || :

# How a decision is said, as a function for jq.
readonly DECISION_IN_WORDS='
  def minute: strftime("%Y-%m-%d %H:%M");
  def decision: (if .keep | not then "to be removed: "
    elif .until == null then "kept: "
    else "kept until \(.until | minute)\(if .open then ", or longer: " else ": " end)" end) + .reason;'

# Leaves CLOCK_DOUBT, REMOVALS and DECISIONS. All is decided by one jq.
decide_retention() {
  local now kept decided
  local -a lines
  read_sets
  find_sets_in_use
  seconds_now now
  printf -v kept '{"full":%s,"incremental":%s,"database":%s,"config":%s}' \
    "${RETENTION_FULL}" "${RETENTION_INCREMENTAL}" "${RETENTION_DATABASE}" "${RETENTION_CONFIG}"
  decided="$(jq --null-input --raw-output --argjson now "${now}" --argjson kept "${RETENTION:-${kept}}" \
    --argjson pause "${LONGEST_PAUSE}" --arg in_use "${IN_USE[*]}" \
    --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" "${CHAIN_PROGRAM}${RETENTION_PROGRAM}" <<<"${SETS}")"
  mapfile -t lines <<<"${decided}"
  if ((${#lines[@]} < 2)); then
    die 1 "jq decided nothing about the sets in ${SETS_PLACE}: try 'jq --version', or install it again; nothing was removed"
  fi
  CLOCK_DOUBT="${lines[0]}"
  REMOVALS=("${lines[@]:2:${lines[1]}}")
  printf -v DECISIONS '%s\n' "${lines[@]:2+${lines[1]}}"
  DECISIONS="${DECISIONS%$'\n'}"
}

# A function of its own, so that a test can let years pass.
seconds_now() { # <variable>
  printf -v "$1" '%(%s)T' -1
}

# Sets that a restore or an upload reads: it leaves a mark .state/in-use/<set>.<pid>.
IN_USE=()

find_sets_in_use() {
  local mark
  IN_USE=()
  for mark in "${STORE}"/.state/in-use/*; do
    if [[ ${mark##*/} =~ ^([0-9]{8}_[0-9]{6})\.([0-9]+)$ && -d /proc/${BASH_REMATCH[2]} ]]; then
      IN_USE+=("${BASH_REMATCH[1]}")
    fi
  done
}
