load ../support/world.bash

setup() {
  new_world
  ENVIRONMENT=files
}

good_set() {
  SET="$(newest_set)"
  [[ -n ${SET} ]] || fail 'there is no set'
  assert_equal "$(manifest_of "${SET}" '.components | keys_unsorted | map(select(endswith(".files") | not)) | join(" ")')" "${1:-app config ssl}"
  (cd "${BACKUPS}/${SET}" && jq --raw-output '.components[] | "\(.sha256)  \(.file)"' manifest.json | sha256sum --check --quiet)
  assert_no_leftovers
}

@test "an empty environment: no HOME, no PATH, no LANG" {
  run --separate-stderr env -i TMPDIR="${SCRATCH}" "$(type -P bash)" "$(program backup.sh)"
  assert_success
  good_set
}

@test "cron's PATH, with the databases' tools where cron looks" {
  ENVIRONMENT=sandbox
  run --separate-stderr env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH="${STUBS}:/usr/bin:/bin:$(dirname "$(type -P redis-check-rdb)"):$(dirname "$(type -P node)")" TMPDIR="${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set 'app config mongodb redis ssl'
}

@test "a PATH that ends in a dot runs nothing of the current directory" {
  mkdir "${BATS_TEST_TMPDIR}/here"
  printf '#!/bin/sh\ntouch %s/owned\n' "${BATS_TEST_TMPDIR}" >"${BATS_TEST_TMPDIR}/here/jq"
  chmod 755 "${BATS_TEST_TMPDIR}/here/jq"
  cd "${BATS_TEST_TMPDIR}/here"
  run --separate-stderr env -i PATH=/nowhere:. TMPDIR="${SCRATCH}" "$(type -P bash)" "$(program backup.sh)"
  assert_success
  [[ ! -e ${BATS_TEST_TMPDIR}/owned ]]
}

for umask in 000 077; do
  bats_test_function --description "with umask ${umask} a set is its owner's alone" -- private_under "${umask}"
done

private_under() { # <umask>
  run --separate-stderr bash -c 'umask "$1"; exec env -i PATH="$2" TMPDIR="$3" "$4"' bash "$1" "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set
  assert_equal "$(find "${BACKUPS}" -type f ! -perm 600)" ''
  assert_equal "$(find "${BACKUPS}" -type d ! -perm 700)" ''
}

@test "another language and another time zone change nothing" {
  SETTING=(LANG=de_DE.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=Pacific/Kiritimati)
  local before after
  before="$(date --utc +%Y%m%d_%H%M%S)"
  run --separate-stderr backup
  assert_success
  after="$(date --utc +%Y%m%d_%H%M%S)"
  good_set
  [[ ! ${SET} < ${before} && ! ${SET} > ${after} ]]
}

@test "a secret of the caller reaches no program, also none that is started before the environment file is read" {
  local name
  SETTING=(MONGODB_URI='mongodb://of:the@caller')
  for name in tar head jq mktemp stat id cat mkdir realpath; do
    stub "${name}" 'if [[ -v MONGODB_URI ]]; then printf "%s\n" "${0##*/}" >>"'"${BATS_TEST_TMPDIR}"'/told"; fi; exec "${real}" "$@"'
  done
  run --separate-stderr backup --config
  assert_success
  run --separate-stderr restore latest --config --dry-run
  assert_success
  run cat "${BATS_TEST_TMPDIR}/told"
  assert_output --partial 'No such file'
}

@test "a current directory that is gone" {
  mkdir "${BATS_TEST_TMPDIR}/gone"
  run --separate-stderr bash -c 'cd "$1" && rmdir "$1" && exec env -i PATH="$2" TMPDIR="$3" "$4"' bash "${BATS_TEST_TMPDIR}/gone" "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set
}

for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
  bats_test_function --description "with ${closed} the set is complete and the log tells of it" -- closed_streams "${closed}"
done

closed_streams() { # <redirections>
  run bash -c "exec env -i PATH=\"\$1\" TMPDIR=\"\$2\" \"\$3\" $1" bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set
  assert_regex "$(<"${LOG}")" 'DONE  full backup'
}

@test "a reader that goes away does not stop the backup" {
  run bash -c 'set -o pipefail; env -i PATH="$1" TMPDIR="$2" "$3" 2>&1 | true' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set
  assert_regex "$(<"${LOG}")" 'DONE  full backup'
}

@test "with cron's stderr in the log file each line stands there once" {
  run bash -c 'exec env -i PATH="$1" TMPDIR="$2" "$3" >>"$4" 2>&1' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${LOG}"
  assert_success
  assert_equal "$(sort "${LOG}" | uniq --repeated)" ''
  assert_regex "$(<"${LOG}")" 'INFO '
}

@test "a log file that cannot be written is told and stops nothing" {
  rm -r "${LOG%/*}"
  printf 'in the way\n' >"${LOG%/*}"
  run --separate-stderr backup
  assert_success
  assert_told "WARN  cannot write the log file ${LOG}"
  good_set
}

@test "the log rotated away in the middle is no error" {
  stub tar 'rm -f "'"${LOG}"'"; exec "${real}" "$@"'
  run --separate-stderr backup
  assert_success
  good_set
}

@test "a terminal sees each step, and where it is" {
  stub tar 'sleep 1.2; exec "${real}" "$@"'
  run script --quiet --return --command "env -i PATH='${STUBS}:${PATH}' TMPDIR='${SCRATCH}' '$(program backup.sh)' --config" /dev/null </dev/null 3>&-
  assert_success
  assert_output --partial 'INFO  configuration: reading'
  assert_output --regexp '  1 s  [0-9.]+K? written'
  good_set 'config ssl'
}

@test "as the app user: a set of what this user can read" {
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)"
  assert_success
  good_set
}

# --- One at a time ---

@test "a lock that is older than any program may run is told, with --if-changed too" {
  local since option
  mkdir -p "${BACKUPS}/.state"
  for option in --full '--config --if-changed'; do
    since="$(date -u --date='7 hours ago' +%Y-%m-%dT%H:%M:%SZ)"
    printf 'backup.sh full, pid 1, since %s\n' "${since}" >"${BACKUPS}/.state/lock"
    # shellcheck disable=SC2086 # two options are two words
    run --separate-stderr flock "${BACKUPS}/.state/lock" env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" ${option}
    assert_failure 4
    assert_told 'WARN  another run has held the lock for 420 minutes (backup.sh full, pid 1, since '
    assert_told 'look whether it hangs, and end it; no backup is made until then'
  done
}

@test "a second run at the same time ends with 4 and touches nothing; when the holder was killed, the next run is good" {
  stub tar 'if [[ -e "'"${BATS_TEST_TMPDIR}"'/slow" && $1 == --create ]]; then printf x >"'"${BATS_TEST_TMPDIR}"'/working"; exec sleep 60; fi; exec "${real}" "$@"'
  : >"${BATS_TEST_TMPDIR}/slow"
  setsid env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" </dev/null >/dev/null 2>&1 3>&- &
  local holder=$!
  await_file "${BATS_TEST_TMPDIR}/working"
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr backup
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_failure 4
  assert_error_lines 'another run holds the lock: backup.sh full, pid '
  assert_same before after
  # One that looks again in a few minutes has nothing to say that cron should mail.
  run --separate-stderr backup --config --if-changed
  assert_failure 4
  assert_equal "${output}${stderr}" ''
  assert_regex "$(tail -n 1 "${LOG}")" 'INFO  another run holds the lock: backup.sh full, pid [0-9]+, since [0-9T:-]+Z; the configuration is looked at next time'
  # Killed with all that it started, as when the machine loses power.
  grep -lzxF "TMPDIR=${SCRATCH}" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | xargs --no-run-if-empty kill -s KILL 2>/dev/null || :
  wait "${holder}" || :
  rm -rf "${SCRATCH:?}"/* "${BATS_TEST_TMPDIR}/slow"
  assert_equal "$(find "${BACKUPS}" -maxdepth 1 -name '*.partial' | wc -l)" 1
  run --separate-stderr backup
  assert_success
  assert_told 'WARN  removing '
  assert_told ', left by a run that did not end well'
  good_set
}

@test "two runs within one second get two names" {
  run --separate-stderr backup --config
  assert_success
  run --separate-stderr backup --config
  assert_success
  assert_equal "$(sets | wc -l)" 2
}

@test "tools may open as many files as the system allows, whatever the caller was given" {
  ENVIRONMENT=sandbox
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    ulimit -S -n >"'"${BATS_TEST_TMPDIR}"'/limit"
    cp -r "${FIXTURE}/dump" "${3#--out=}"'
  run --separate-stderr bash -c 'ulimit -S -n 256; "$@"' bash env -i HOME=/ PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --full
  assert_success
  assert_equal "$(<"${BATS_TEST_TMPDIR}/limit")" "$(ulimit -H -n)"
}

# --- Signals to the whole script ---

for case in TERM:143 INT:130 HUP:129; do
  bats_test_function --description "SIG${case%:*} in the middle: ${case#*:}, no set, no child, then a good run" -- ended_by "${case%:*}" "${case#*:}"
done

ended_by() { # <signal> <status>
  local status=0
  ENVIRONMENT=sandbox
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    mkdir "${3#--out=}"; printf x >"'"${BATS_TEST_TMPDIR}"'/working"; sleep 300'
  env --default-signal=INT setsid env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" </dev/null >/dev/null 2>"${BATS_TEST_TMPDIR}/err" 3>&- &
  local pid=$!
  await_file "${BATS_TEST_TMPDIR}/working"
  kill -s "$1" "${pid}"
  wait "${pid}" || status=$?
  assert_equal "${status}" "$2"
  assert_regex "$(<"${BATS_TEST_TMPDIR}/err")" "ERROR ended by SIG$1: what was unfinished is being removed"
  assert_equal "$(sets)" ''
  assert_no_leftovers
  install_stubs
  run --separate-stderr backup
  assert_success
  refute_told 'removing'
}
