# For tests of single partials: each is sourced as it stands, under the options of a generated script, in a Bash of its own.
# shellcheck shell=bash

bats_require_minimum_version 1.13.0
PROJECT="$(cd -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
load "${PROJECT}/node_modules/bats-support/load.bash"
load "${PROJECT}/node_modules/bats-assert/load.bash"
load "${PROJECT}/test/bats/support/isolation.bash"

PLACE="${BATS_TEST_TMPDIR:-}"
readonly BASE='lib/log lib/opened backup/sets/store lib/run lib/watcher lib/preflight lib/paths lib/lock backup/sets/lock' # what most others rest on

# Writes a script of some partials (base: BASE) and a text, and names it in PROGRAM.
write_program() { # <partials, separated by spaces> <Bash text>
  local partial
  PROGRAM="${PLACE}/program.sh"
  mkdir -p "${PLACE}/scratch" "${PLACE}/backups/.state"
  {
    printf 'TMPDIR=%q INFRASTRUCTURE=%q/templates/infrastructure\nsource "${INFRASTRUCTURE}/lib/start.sh"\n' "${PLACE}/scratch" "${PROJECT}"
    printf 'readonly APP_NAME=app ENVIRONMENT=test BACKUP_DIR=%q LOG_FILE=%q ENV_FILE=%q APP_USER=%q TIMEOUT_SECONDS=5\n' \
      "${PLACE}/backups" "${PLACE}/log/backup.log" "${PLACE}/backup.env" "$(id -un)"
    printf 'ACTION=restore\ndeclare -A OPTION=([into]="")\nENV_NAMES=(MONGODB_URI ENCRYPTION_KEY REMOTE_ENABLED REDIS_PASSWORD)\nPLACE=%q\nexport TMPDIR\n' "${PLACE}"
    for partial in ${1/#base/${BASE}}; do printf 'source "${INFRASTRUCTURE}/%s.sh"\n' "${partial}"; done
    printf '%s\n' "$2"
  } >"${PROGRAM}"
}

# run with stderr apart, in the small environment of a cron job.
run_program() { # <partials> <Bash text>
  write_program "$@"
  run --separate-stderr clean_bash "${PROGRAM}"
}

clean_bash() { env -i PATH="${PATH}" HOME="${PLACE}" timeout --foreground --kill-after=5 60 bash "$@" 3>&-; }
