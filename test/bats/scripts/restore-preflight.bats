load ../support/world.bash

setup_file() { take_set_for_file sandbox --full; }
setup() { new_world; reuse_set; }

refused() { # <part of the message> <argument...>
  local wanted="$1"
  shift
  remember
  run --separate-stderr restore "${SET}" "$@"
  assert_one_problem "${wanted}"
  [[ ! -e ${WORLD}/calls ]] || fail "a service was asked: $(<"${WORLD}/calls")"
  assert_nothing_changed
}

missing_tool() { # <tool> <package> <component>
  remember
  rm -f "${STUBS}/$1"
  run --separate-stderr isolated "${HIDE_TOOLS}"'
    hide "$1" "$2"
    exec env -i HOME=/ PATH="$3" TMPDIR="$4" "$5" "$6" "$7" --yes' \
    "$1" "${BATS_TEST_TMPDIR}" "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)" "${SET}" "$3"
  assert_one_problem "the command '$1' is missing: install it, on Debian and Ubuntu with 'apt-get install $2'"
  assert_nothing_changed
}

for need in tar=tar zstd=zstd jq=jq openssl=openssl flock=util-linux setpriv=util-linux mountpoint=util-linux \
  timeout=coreutils curl=curl; do
  bats_test_function --description "${need%=*} is missing" -- missing_tool "${need%=*}" "${need#*=}" --ssl
done
for need in mongorestore=mongodb-database-tools mongosh=mongodb-mongosh mongod=mongodb-org-server; do
  bats_test_function --description "${need%=*} is missing" -- missing_tool "${need%=*}" "${need#*=}" --mongodb
done
for need in redis-server=redis-server redis-cli=redis-tools redis-check-rdb=redis-tools; do
  bats_test_function --description "${need%=*} is missing" -- missing_tool "${need%=*}" "${need#*=}" --redis
done

@test "a mongorestore that loses namespaces, whatever version mongodump has" {
  stub mongorestore 'printf "mongorestore version: 100.12.1\n"'
  refused 'MongoDB Database Tools 100.12.1 lose data on restore: install 100.16.1 or newer' --mongodb --yes
}

@test "a mongod of another version than the set's" {
  stub mongod 'printf "db version v7.0.1\n"'
  refused "${SET} was made with MongoDB 6.0.5, the server to restore to is 7.0.1: install MongoDB 6.0" --mongodb --yes
}

@test "a command of a service is missing" {
  rm "${WORLD}/bin/app-service"
  refused "the command '${WORLD}/bin/app-service', which starts and stops a service, is missing: install it, or correct the service in the profile" --ssl --yes
}

@test "too little space beside what is there, with both figures" {
  edit_manifest '.components.ssl.details.bytes = 900000000000000'
  refused 'too little space on the file system of ' --ssl --yes
  assert_told ' are free, '
  assert_told ' are needed to build beside what is there: make room, or restore fewer components at a time'
}

@test "too little space on a small disk of its own" {
  remember
  edit_manifest '.components.ssl.details.bytes = 2000000'
  run --separate-stderr isolated '
    mount -t tmpfs -o size=1m tmpfs "$5/etc"; mkdir "$5/etc/letsencrypt"
    exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" "$4" --ssl --yes' "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)" "${SET}" "${WORLD}"
  assert_one_problem "too little space on the file system of ${WORLD}/etc"
}

@test "a place that cannot be written (a read-only file system)" {
  remember
  run --separate-stderr isolated '
    mount --bind "$5/etc" "$5/etc"; mount -o remount,ro,bind "$5/etc"
    exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" "$4" --ssl --yes' "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)" "${SET}" "${WORLD}"
  assert_one_problem "cannot replace ${WORLD}/etc/letsencrypt: ${WORLD}/etc is not writable for $(id -un); run with sudo"
  assert_nothing_changed
}

@test "a mount point that cannot be written: it is not renamed, its entries are" {
  remember
  run --separate-stderr isolated '
    mount --bind "$5" "$5"; mount -o remount,ro,bind "$5"
    exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" "$4" --ssl --yes' "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)" "${SET}" "${WORLD}/etc/letsencrypt"
  assert_one_problem "cannot replace ${WORLD}/etc/letsencrypt: ${WORLD}/etc/letsencrypt is not writable for $(id -un); run with sudo, or look whether it is mounted read-only"
  assert_nothing_changed
}

@test "a place that the app user may not write" {
  chmod 555 "${WORLD}/etc"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" "${SET}" --ssl --yes
  assert_one_problem "cannot replace ${WORLD}/etc/letsencrypt: ${WORLD}/etc is not writable for "
  assert_nothing_changed
}

@test "an environment file that others can read" {
  chmod 644 "${ENV_FILE}"
  refused "${ENV_FILE} holds secrets and has mode 644: run 'chmod 600 ${ENV_FILE}'" --ssl --yes
}

@test "a backup directory that the user may not read is not taken for one without sets" {
  chmod 000 "${BACKUPS}"
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" latest --ssl --yes
  chmod 700 "${BACKUPS}"
  assert_failure 3
  assert_told "cannot read ${BACKUPS}"
}

@test "a restore that was killed while it swapped" {
  mkdir -p "${BACKUPS}/.state"
  printf '20260104_030000\n' >"${BACKUPS}/.state/swapping"
  refused "the restore 20260104_030000 was interrupted while it swapped: run 'restore.sh --undo' first" --ssl --yes
}

@test "--into a directory that is not empty" {
  mkdir "${WORLD}/look"
  printf 'mine\n' >"${WORLD}/look/.file"
  refused "${WORLD}/look is not empty: --into needs an empty or a new directory" --ssl --into "${WORLD}/look"
}

@test "--into a file" {
  printf 'mine\n' >"${WORLD}/look"
  refused "${WORLD}/look is not a directory: --into needs an empty or a new one" --ssl --into "${WORLD}/look"
}

@test "--into a directory whose parent cannot be written" {
  mkdir -m 555 "${WORLD}/closed"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" "${SET}" --ssl --into "${WORLD}/closed/look"
  assert_failure 3
  assert_told "cannot write to ${WORLD}/closed"
  assert_nothing_changed
}

@test "everything that is wrong is told at once" {
  chmod 644 "${ENV_FILE}"
  edit_manifest 'del(.components.app)'
  remember
  run --separate-stderr restore "${SET}" --ssl --app --yes
  assert_failure 3
  assert_error_lines 'has mode 644' 'holds no app' 'preflight found 2 problem(s); nothing was touched'
  assert_nothing_changed
}

@test "without a HOME, a PATH or a language" {
  run --separate-stderr env -i TMPDIR="${SCRATCH}" "$(type -P bash)" "$(program restore.sh)" latest --ssl --dry-run
  assert_success
}

@test "with closed streams" {
  printf 'changed\n' >"${WORLD}/etc/letsencrypt/archive/key1.pem"
  run bash -c 'exec env -i PATH="$1" TMPDIR="$2" "$3" latest --ssl --yes <&- >&- 2>&-' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)"
  assert_success
  assert_equal "$(<"${WORLD}/etc/letsencrypt/archive/key1.pem")" key
  assert_regex "$(<"${LOG}")" 'DONE  restored ssl from'
}
