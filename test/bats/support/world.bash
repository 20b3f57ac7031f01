# What the tests of whole scripts stand on: a fresh small server for each test, stub tools that record how they were called, and
# assertions about exit code, messages, and what did or did not change.
# shellcheck shell=bash

bats_require_minimum_version 1.13.0
PROJECT="$(cd -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
load "${PROJECT}/node_modules/bats-support/load.bash"
load "${PROJECT}/node_modules/bats-assert/load.bash"
load "${PROJECT}/test/bats/support/isolation.bash"

new_world() {
  local place="${BATS_TEST_TMPDIR:?}"
  WORLD="${SUITE}/world"
  BACKUPS="${WORLD}/home/plugspace/backups"
  APP="${WORLD}/home/plugspace/plugspace"
  ENV_FILE="${WORLD}/etc/plugspace/backup.env"
  LOG="${WORLD}/var/log/plugspace/backup.log"
  STUBS="${place}/stubs"
  CALLS="${place}/calls"
  SCRATCH="${place}/scratch"
  ENVIRONMENT=sandbox
  rm -rf "${WORLD}"
  cp -a "${SUITE}/template" "${WORLD}"
  mkdir "${STUBS}" "${SCRATCH}"
  : >"${CALLS}"
  install_stubs
}

# --- Stub tools ----------------------------------------------------------------

# A tool that comes first on PATH. It records its call, then does what the text says; ${real} is the tool that it hides.
stub() { # <name> <Bash text>
  local real
  real="$(type -P "$1" || :)"
  {
    printf '#!/usr/bin/env bash\nSTUBS=%q CALLS=%q FIXTURE=%q PROJECT=%q real=%q\n' \
      "${STUBS}" "${CALLS}" "${SUITE}/fixture" "${PROJECT}" "${real}"
    # shellcheck disable=SC2016 # the stub expands them
    printf 'printf "%%s" "${0##*/}" >>"${CALLS}"; printf " %%q" "$@" >>"${CALLS}"; printf "\\n" >>"${CALLS}"\n'
    # shellcheck disable=SC2016 # the stub expands them
    printf '%s\n' 'kill_everything() {
      local process
      # The oldest first: the script must not see its step die.
      for process in $(grep -lzxF "TMPDIR=${TMPDIR}" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | sort -n); do
        if [[ ${process} != "$$" ]]; then kill -s KILL "${process}" 2>/dev/null; fi
      done
      kill -s KILL "$$"
    }
    # The script alone, not its steps, however many processes stand between.
    kill_script() {
      local process="${PPID}" above
      above="$(ps -o ppid= -p "${process}")"
      while [[ $(ps -o args= -p ${above}) == bash\ *.sh\ * ]]; do
        process="${above// /}"
        above="$(ps -o ppid= -p "${process}")"
      done
      kill -s KILL "${process}"
    }' "$2"
  } >"${STUBS}/$1"
  chmod 755 "${STUBS}/$1"
}

# shellcheck disable=SC2016 # the stubs expand them
install_stubs() {
  cp "${SUITE}/fixture/server.json" "${STUBS}/server.json"
  stub mongosh 'exec node "${PROJECT}/test/bats/support/fake-mongosh.mjs" "${STUBS}/server.json" "$@"'
  stub mongodump '
    for option in "$@"; do case "${option}" in
      --version) printf "mongodump version: 100.16.1\n"; exit ;;
      --out=*) cp -r "${FIXTURE}/dump" "${option#--out=}" ;;
    esac; done'
  stub redis-cli '
    case " $* " in
      *" --rdb "*) cp "${FIXTURE}/dump.rdb" "${@: -1}" ;;
      *" INFO "*) printf "redis_version:7.0.15\r\nused_memory:1000000\r\n" ;;
      *" CONFIG GET "*) printf "appendonly\nno\ndbfilename\ndump.rdb\ndatabases\n16\n" ;;
    esac'
  stub mongod 'printf "db version v6.0.5\n"'
  stub mongorestore 'printf "mongorestore version: 100.16.1\n"'
  stub redis-server 'printf "Redis server v=7.0.15\n"'
}

# Changes what the pretended MongoDB answers.
describe_mongodb() { # <jq expression>
  jq "$1" "${SUITE}/fixture/server.json" >"${STUBS}/server.json"
}

# --- Running the scripts --------------------------------------------------------

program() { # <backup.sh or restore.sh>
  printf '%s/generated/%s/infrastructure/backup/%s' "${SUITE}" "${ENVIRONMENT}" "$1"
}

# A copy of the scripts whose settings were edited by hand: prints the directory of the two.
changed_scripts() { # <sed expression>
  local copy="${BATS_TEST_TMPDIR}/changed"
  rm -rf "${copy}"
  cp -a "${SUITE}/generated/${ENVIRONMENT}/infrastructure" "${copy}"
  sed --regexp-extended --in-place "$1" "${copy}/settings.sh"
  run ! cmp --quiet "${copy}/settings.sh" "${SUITE}/generated/${ENVIRONMENT}/infrastructure/settings.sh"
  printf '%s/backup\n' "${copy}"
}

# As cron would, with the stubs first on PATH. More variables stand in SETTING.
SETTING=()

clean() { # <command...>
  timeout --foreground --kill-after=30 240 \
    env -i HOME="${BATS_TEST_TMPDIR}" PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "${SETTING[@]}" "$@" 3>&-
}

backup() { clean "$(program backup.sh)" "$@"; }
restore() { clean "$(program restore.sh)" "$@"; }

# A good set, made by the script itself. Its name is in SET.
take_set() { # [option...]
  backup "$@" >/dev/null 2>"${BATS_TEST_TMPDIR}/take-set.err" || {
    cat "${BATS_TEST_TMPDIR}/take-set.err" >&2
    return 1
  }
  SET="$(newest_set)"
  : >"${CALLS}"
}

sets() { find "${BACKUPS}" -mindepth 1 -maxdepth 1 -regextype posix-extended -regex '.*/[0-9]{8}_[0-9]{6}' -printf '%f\n' | sort; }
newest_set() { sets | tail -n 1; }

# A good set is made once for a file of tests and copied into each world.
take_set_for_file() { # <environment> <option...>
  local BATS_TEST_TMPDIR="${BATS_FILE_TMPDIR}"
  new_world
  ENVIRONMENT="$1"
  take_set "${@:2}"
  cp -a "${BACKUPS}" "${BATS_FILE_TMPDIR}/backups"
}

reuse_set() {
  rm -r "${BACKUPS}"
  cp -a "${BATS_FILE_TMPDIR}/backups" "${BACKUPS}"
  SET="$(newest_set)"
}

# A copy of the set as if it had been made at another time.
copy_set_as() { # <name>
  local old="$1" component file time
  time="$(date --utc --date="${old:0:8} ${old:9:2}:${old:11:2}:${old:13:2}" +%Y-%m-%dT%H:%M:%SZ)"
  cp -a "${BACKUPS}/${SET}" "${BACKUPS}/${old}"
  jq --arg id "${old}" --arg time "${time}" '.id = $id | .started = $time | .ended = $time
    | .components[].details |= if .sets then .sets = [$id] else . end' "${BACKUPS}/${SET}/manifest.json" >"${BACKUPS}/${old}/manifest.json"
  for component in app config ssl; do
    file="${BACKUPS}/${old}/${component}.files.zst"
    zstd -qdc "${BACKUPS}/${SET}/${component}.files.zst" | sed "s/\t${SET}$/\t${old}/" | zstd -qc >"${file}"
    jq --arg component "${component}.files" --arg sum "$(sha256sum <"${file}" | cut -d' ' -f1)" --argjson bytes "$(stat --format=%s "${file}")" \
      '.components[$component] += {bytes: $bytes, sha256: $sum}' "${BACKUPS}/${old}/manifest.json" >"${BATS_TEST_TMPDIR}/copied.json"
    cat "${BATS_TEST_TMPDIR}/copied.json" >"${BACKUPS}/${old}/manifest.json"
  done
}

manifest_of() { # <set> <jq expression>
  jq --raw-output "$2" "${BACKUPS}/$1/manifest.json"
}

# The head goes, which would tell of the change before anything else does.
edit_manifest() { # <jq expression>
  jq "$1" "${BACKUPS}/${SET}/manifest.json" >"${BATS_TEST_TMPDIR}/manifest.json"
  cat "${BATS_TEST_TMPDIR}/manifest.json" >"${BACKUPS}/${SET}/manifest.json"
  rm -rf "${BACKUPS}/head.json" "${BACKUPS}/.state/heads"
}

# --- What changed? --------------------------------------------------------------

# Every name with its type, mode, owner, size, time, target and content; the log file aside, where each run tells what it did.
snapshot() { # [directory]
  local directory="${1:-${WORLD}}"
  find "${directory}" ! -path "${LOG}" -printf '%P\t%y\t%m\t%U:%G\t%s\t%T@\t%l\n' | sort
  find "${directory}" -type f ! -path "${LOG}" -print0 | sort -z | xargs -0 --no-run-if-empty sha256sum
}

# The same without what a run that has begun may touch: its lock, and the times of directories that it worked in.
snapshot_of_sets() {
  find "${WORLD}" ! -type d ! -path "${LOG}*" ! -path "${BACKUPS}/.state*" -printf '%P\t%y\t%m\t%U:%G\t%s\t%T@\t%l\n' | sort
  find "${WORLD}" -type d ! -path "${BACKUPS}/.state*" -printf '%P\t%m\t%U:%G\n' | sort
  find "${WORLD}" -type f ! -path "${LOG}*" ! -path "${BACKUPS}/.state*" -print0 | sort -z | xargs -0 sha256sum
}

remember() { # [snapshot_of_sets]
  "${1:-snapshot}" >"${BATS_TEST_TMPDIR}/before"
}

assert_nothing_changed() {
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  assert_no_leftovers
}

assert_sets_unchanged() {
  snapshot_of_sets >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  assert_no_leftovers
}

assert_same() { # <file> <file>
  diff "${BATS_TEST_TMPDIR}/$1" "${BATS_TEST_TMPDIR}/$2" >"${BATS_TEST_TMPDIR}/difference" || {
    batslib_print_kv_multi 'changed' "$(<"${BATS_TEST_TMPDIR}/difference")" | batslib_decorate 'something changed' | fail
  }
}

# No scratch file, no partial set, no process that still works for this test, and the lock free.
assert_no_leftovers() {
  local found
  found="$(find "${SCRATCH}" -mindepth 1; find "${BACKUPS}" -maxdepth 1 -name '*.partial' 2>/dev/null || :)"
  assert_equal "${found}" ''
  assert_no_process_left
  if [[ -f ${BACKUPS}/.state/lock ]]; then
    flock --nonblock "${BACKUPS}/.state/lock" true || fail 'the lock is still held'
  fi
}

# Every process of a script has SCRATCH in its environment.
processes_left() {
  local environment
  for environment in $(grep -lzxF "TMPDIR=${SCRATCH}" /proc/[0-9]*/environ 2>/dev/null || :); do
    tr '\0' ' ' <"${environment%environ}cmdline" 2>/dev/null || :
    printf '(%s)\n' "${environment}"
  done
}

assert_no_process_left() {
  local left tries
  for tries in {1..20}; do
    left="$(processes_left)"
    [[ -n ${left} ]] || return 0
    sleep 0.1
  done
  fail "still running after ${tries} tries: ${left}"
}

# --- Messages --------------------------------------------------------------------

# Preflight told exactly one problem, with this text, and touched nothing.
assert_one_problem() { # <text>
  assert_equal "${status}" 3
  assert_error_lines "$1" 'preflight found 1 problem(s); nothing was touched'
}

# stderr holds exactly these ERROR lines; each argument is a part of one, in order.
assert_error_lines() { # <text...>
  local text line=0
  local -a lines=()
  mapfile -t lines < <(grep -aE '^[0-9TZ:-]{20} ERROR ' <<<"${stderr}" || :)
  for text in "$@"; do
    if [[ ${lines[${line}]:-} != *"${text}"* ]]; then
      batslib_print_kv_multi 'wanted' "${text}" 'stderr' "${stderr}" 'exit' "${status}" | batslib_decorate 'another error was told' | fail
      return 1
    fi
    line=$((line + 1))
  done
  if ((${#lines[@]} != $#)); then
    batslib_print_kv_multi 'stderr' "${stderr}" | batslib_decorate "$# ERROR line(s) wanted, ${#lines[@]} told" | fail
  fi
}

assert_told() { # <text that stderr holds>
  [[ ${stderr} == *"$1"* ]] || {
    batslib_print_kv_multi 'wanted' "$1" 'stderr' "${stderr}" 'exit' "${status}" | batslib_decorate 'was not told' | fail
  }
}

refute_told() { # <text>
  [[ ${stderr} != *"$1"* ]] || {
    batslib_print_kv_multi 'unwanted' "$1" 'stderr' "${stderr}" | batslib_decorate 'was told' | fail
  }
}

# A call that a stub recorded.
assert_called() { grep -qE -- "$1" "${CALLS}" || { cat "${CALLS}"; fail "not called: $1"; }; }
refute_called() { ! grep -E -- "$1" "${CALLS}" || fail "called: $1"; }
