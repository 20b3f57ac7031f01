#!/usr/bin/env bash
# Lets a test drive the retention that ships, through years, in one process. Each line on stdin is a moment, five settings and a function to
# call; the answer is why the clock is in doubt, what stopped the removal, the decisions, and a line with a dot.
# shellcheck disable=SC1090,SC2034,SC2154 # the settings and answers are those of the partials, which it cannot follow
set -Eeuo pipefail
shopt -s inherit_errexit
export LC_ALL=C TZ=UTC0

readonly BACKUP_DIR="$1" APP_NAME='shop' ENVIRONMENT='production'
ACTION=prune
declare -A OPTION=()
INFRASTRUCTURE="${BASH_SOURCE[0]%/*}/../../../templates/infrastructure"
for partial in lib/log lib/opened backup/sets/store lib/run lib/watcher lib/preflight lib/paths lib/lock backup/sets/lock lib/clock backup/sets/sets backup/sets/chain backup/sets/retention backup/sets/prune; do
  source "${INFRASTRUCTURE}/${partial}.sh"
done

NOW=0
seconds_now() { # <variable>
  printf -v "$1" '%s' "${NOW}"
}

renew_local_head() { :; } # heads have tests of their own
warn() {
  if [[ $1 == 'not every old set was removed: '* ]]; then
    TROUBLE="${1#*: }"
  fi
}
QUIET=true
install_traps
while read -r NOW RETENTION_FULL RETENTION_INCREMENTAL RETENTION_DATABASE RETENTION_CONFIG LONGEST_PAUSE action; do
  TROUBLE=''
  "${action}"
  printf '%s\n' "${DECIDED[doubt]}" "${TROUBLE}"
  if [[ -n ${DECIDED[sets]} ]]; then
    printf '%s\n' "${DECIDED[sets]}"
  fi
  printf '.\n'
done
