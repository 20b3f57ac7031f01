load ../support/world.bash

setup() { new_world; }

# A backup is refused with one problem, and nothing was touched.
refused() { # <part of the message> [option...]
  local wanted="$1"
  shift
  remember
  run --separate-stderr backup "${@:---full}"
  assert_one_problem "${wanted}"
  refute_called '^mongodump --config'
  refute_called ' --rdb '
  assert_nothing_changed
}

# --- Tools ---

missing_tool() { # <tool> <package>
  remember
  rm -f "${STUBS}/$1"
  run --separate-stderr isolated "${HIDE_TOOLS}"'
    hide "$1" "$2"
    exec env -i HOME=/ PATH="$3" TMPDIR="$4" "$5" --full' "$1" "${BATS_TEST_TMPDIR}" "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_one_problem "the command '$1' is missing: install it, on Debian and Ubuntu with 'apt-get install $2'"
  assert_nothing_changed
}

for pair in tar=tar zstd=zstd jq=jq openssl=openssl flock=util-linux timeout=coreutils df=coreutils \
  mongodump=mongodb-database-tools mongosh=mongodb-mongosh redis-cli=redis-tools redis-check-rdb=redis-tools; do
  bats_test_function --description "${pair%=*} is missing" -- missing_tool "${pair%=*}" "${pair#*=}"
done

@test "jq is missing when sets are listed" {
  remember
  run --separate-stderr isolated "${HIDE_TOOLS}"'
    hide jq "$1"
    exec env -i HOME=/ PATH="$2" TMPDIR="$3" "$4" --list' "${BATS_TEST_TMPDIR}" "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_one_problem "the command 'jq' is missing"
  assert_nothing_changed
}

@test "tar is not GNU tar" {
  stub tar 'if [[ $1 == --version ]]; then printf "bsdtar 3.6.2 - libarchive 3.6.2\n"; else exit 1; fi'
  refused "tar is not GNU tar ('bsdtar 3.6.2 - libarchive 3.6.2'): install GNU tar"
}

database_tools() { # <line that mongodump --version prints> <part of the message>
  stub mongodump "printf '%s\n' '$1'"
  refused "$2"
}

bats_test_function --description "Database Tools that lose namespaces" -- \
  database_tools 'mongodump version: 100.12.1' 'MongoDB Database Tools 100.12.1 lose data on restore: install 100.16.1 or newer'
bats_test_function --description "Database Tools that leave out documents with an empty field name" -- \
  database_tools 'mongodump version: 100.4.0' 'MongoDB Database Tools 100.4.0 lose data on restore: install 100.16.1 or newer'
bats_test_function --description "Database Tools of long ago" -- \
  database_tools 'mongodump version: r4.2.0' 'MongoDB Database Tools 4.2.0 lose data on restore: install 100.16.1 or newer'
bats_test_function --description "Database Tools without a version" -- \
  database_tools 'mongodump version: built-without-version-string' "cannot read the version of mongodump from 'mongodump version: built-without-version-string': install MongoDB Database Tools 100.16.1 or newer"

@test "Database Tools that cannot even say their version" {
  stub mongodump 'echo "cannot open shared object" >&2; exit 127'
  refused 'cannot read the version of mongodump'
}

bats_test_function --description "Database Tools 100.15.0, whose batches are too long" -- \
  database_tools 'mongodump version: 100.15.0' 'MongoDB Database Tools 100.15.0 write batches that are too long and lose data: install 100.16.1 or newer'
bats_test_function --description "Database Tools 100.16.0, whose batches are too long" -- \
  database_tools 'mongodump version: 100.16.0' 'MongoDB Database Tools 100.16.0 write batches that are too long and lose data: install 100.16.1 or newer'

@test "Database Tools 100.13.0 do, and nothing is said of them with the server that they fit" {
  stub mongodump 'printf "mongodump version: 100.13.0\n"'
  run --separate-stderr backup --full --dry-run
  assert_success
  refute_told 'Database Tools'
}

# --- MongoDB ---

mongodb_answers() { # <jq expression on the description of the server> <part of the message>
  describe_mongodb "$1"
  refused "$2"
}

bats_test_function --description "a mongos (described: there is no binary of one to run)" -- \
  mongodb_answers '.hello = {msg: "isdbgrid"}' 'MONGODB_URI leads to a mongos; sharded clusters are not supported: use Percona Backup for MongoDB'
bats_test_function --description "a standalone server" -- \
  mongodb_answers '.hello = {isWritablePrimary: true}' "MongoDB is a standalone server and has no oplog: set replication.replSetName to 'rs0'"
bats_test_function --description "another replica set" -- \
  mongodb_answers '.hello.setName = "rs7"' "MongoDB is in the replica set 'rs7', the profile says 'rs0': correct mongodb.replicaSet, or MONGODB_URI"
bats_test_function --description "a member that is neither primary nor secondary" -- \
  mongodb_answers '.hello += {isWritablePrimary: false, primary: "127.0.0.1:2"}' 'MongoDB is neither primary nor secondary at the moment: look at rs.status()'
bats_test_function --description "a login that is refused" -- \
  mongodb_answers '.error = {code: 18, message: "Authentication failed."}' 'MongoDB refused the login (Authentication failed.): correct the user and password of MONGODB_URI in'
bats_test_function --description "an account without the rights" -- \
  mongodb_answers '.error = {code: 13, message: "not authorized on admin"}' "the MongoDB account lacks rights (not authorized on admin): grant it the roles 'backup' and 'clusterMonitor'"
bats_test_function --description "a server that does not answer" -- \
  mongodb_answers '.error = {code: 6, message: "connect ECONNREFUSED 127.0.0.1:1"}' 'MongoDB cannot be reached (connect ECONNREFUSED 127.0.0.1:1): start it with'

@test "an election that does not end is waited for, and told" {
  stub sleep 'exit 0'
  describe_mongodb '.hello += {isWritablePrimary: false}'
  run --separate-stderr backup --full
  assert_one_problem 'MongoDB is neither primary nor secondary at the moment'
  assert_told 'MongoDB has had no primary for 30 looks'
}

@test "mongosh that crashes" {
  stub mongosh 'echo "Segmentation fault" >&2; exit 139'
  remember
  run --separate-stderr backup --full
  assert_failure 3
  assert_told 'Segmentation fault'
  assert_told "mongosh gave no answer and ended with status 139: "
  assert_nothing_changed
}

# --- Redis ---

@test "Redis that is down" {
  stub redis-cli 'echo "Could not connect to Redis at 127.0.0.1:1: Connection refused" >&2; exit 1'
  refused "Redis cannot be reached at 127.0.0.1:1 (status 1): start it with '${WORLD}/bin/redis-service start', or correct the address in the profile"
}

@test "Redis that wants a password" {
  stub redis-cli 'echo "NOAUTH Authentication required."'
  refused "Redis refused the login: set REDIS_PASSWORD in ${ENV_FILE}"
}

@test "Redis that refuses the password" {
  printf 'REDIS_PASSWORD=wrong\n' >"${ENV_FILE}"
  stub redis-cli '[[ ${REDISCLI_AUTH} == wrong ]] || exit 9; echo "WRONGPASS invalid username-password pair" >&2; echo "NOAUTH Authentication required."'
  refused "Redis refused the login: set REDIS_PASSWORD in ${ENV_FILE}"
}

@test "Redis that is still loading its data" {
  stub redis-cli 'echo "LOADING Redis is loading the dataset in memory"'
  refused 'Redis cannot be reached'
}

# --- Places ---

@test "a backup directory that cannot be written (a read-only file system)" {
  remember
  run --separate-stderr isolated '
    mount --bind "$4" "$4"; mount -o remount,ro,bind "$4"
    exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --full' "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}"
  assert_one_problem "cannot write to ${BACKUPS}: run as $(id -un) or root, or check that the file system is not mounted read-only"
  assert_nothing_changed
}

@test "a backup directory that the app user may not write" {
  chmod 500 "${BACKUPS}"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --full
  assert_one_problem "cannot write to ${BACKUPS}: run as "
  assert_nothing_changed
}

@test "a backup directory that cannot be made" {
  rm -r "${BACKUPS}"
  chmod 500 "${BACKUPS%/*}"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --full
  chmod 700 "${BACKUPS%/*}"
  assert_one_problem "cannot write to ${BACKUPS%/*}"
}

@test "a backup directory that is a file" {
  rm -r "${BACKUPS}"
  printf 'mine\n' >"${BACKUPS}"
  refused "${BACKUPS} is not a directory: backup.directory must be one"
}

@test "a backup directory that is a symlink" {
  mv "${BACKUPS}" "${BACKUPS}.elsewhere"
  ln -s backups.elsewhere "${BACKUPS}"
  refused "${BACKUPS} is a symlink: backup.directory must be the directory itself"
}

@test "a backup directory that is a dangling symlink" {
  rm -r "${BACKUPS}"
  ln -s nowhere "${BACKUPS}"
  refused "${BACKUPS} is a symlink: backup.directory must be the directory itself"
}

@test "too little space, with all three figures" {
  ENVIRONMENT=large
  refused "too little space in ${BACKUPS}: "
  assert_told ' are free, about '
  assert_told ' must stay free: remove old sets, or enlarge the disk'
}

@test "too little space on a small disk of its own" {
  remember
  run --separate-stderr isolated '
    mount -t tmpfs -o size=1m tmpfs "$4"
    env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --full; status=$?
    find "$4" -mindepth 1 >&2; exit "${status}"' "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}"
  assert_one_problem "too little space in ${BACKUPS}: 1.0MB are free"
  assert_nothing_changed
}

@test "an application that is not there" {
  rm -r "${APP}"
  refused "${APP} does not exist: create it, or correct the path in the profile"
}

@test "configuration that is not there" {
  rm "${WORLD}/etc/mongod.conf"
  refused "${WORLD}/etc/mongod.conf does not exist: create it, or correct the path in the profile" --config
}

@test "certificates that are not there" {
  rm -r "${WORLD}/etc/letsencrypt"
  refused "${WORLD}/etc/letsencrypt does not exist" --config
}

@test "files that the app user may not read are named, and root is asked for" {
  chmod 000 "${WORLD}/etc/letsencrypt/archive/key1.pem"
  chmod 000 "${WORLD}/etc/nginx/nginx.conf"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --config
  assert_failure 3
  assert_told "cannot read ${WORLD}/etc/nginx/nginx.conf as user "
  assert_told "cannot read ${WORLD}/etc/letsencrypt/archive/key1.pem as user "
  assert_told ': run with sudo'
  assert_nothing_changed
}

@test "a directory that the app user may not enter" {
  chmod 600 "${APP}/uploads"
  remember
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --full
  chmod 700 "${APP}/uploads"
  assert_one_problem "cannot read ${APP}/uploads as user "
}

# --- A backup disk that is not mounted ---

fstab() { # <line...>
  printf '%s\n' "$@" >"${BATS_TEST_TMPDIR}/fstab"
  SETTING=(LIBMOUNT_FSTAB="${BATS_TEST_TMPDIR}/fstab")
}

@test "a backup directory on a disk that is not mounted" {
  fstab '/dev/sda1 / ext4 defaults 0 1' "/dev/sdb1 ${BACKUPS%/*} ext4 defaults,nofail 0 2" '/dev/sdc1 none swap sw 0 0'
  refused "${BACKUPS%/*}, where ${BACKUPS} lies, stands in /etc/fstab and is not mounted: run 'mount ${BACKUPS%/*}'"
  fstab "/dev/sdb1 ${BACKUPS} ext4 defaults 0 2"
  refused "${BACKUPS}, where ${BACKUPS} lies, stands in /etc/fstab and is not mounted" --prune
}

@test "disks that are mounted, that need not be, or that are others" {
  fstab '/dev/sda1 / ext4 defaults 0 1' "/dev/sdb1 ${BACKUPS} ext4 rw,noauto 0 2" "/dev/sdc1 ${BACKUPS%/*}/back ext4 defaults 0 2" '/dev/sdd1 /proc ext4 defaults 0 2'
  run -0 --separate-stderr backup --full --dry-run
}

# --- The end

@test "a clean-up that fails does not hide why a run ended" {
  ENVIRONMENT=files
  rm -r "${APP}"
  stub rm 'exit 1'
  run --separate-stderr backup --full
  assert_one_problem "${APP} does not exist"
}

# --- Environment file, promises ---

@test "an environment file that others can read" {
  chmod 640 "${ENV_FILE}"
  refused "${ENV_FILE} holds secrets and has mode 640: run 'chmod 600 ${ENV_FILE}'"
}

@test "an environment file with a line that is no assignment" {
  printf 'MONGODB_URI=x\nsecret word\n' >"${ENV_FILE}"
  refused "${ENV_FILE} has a line that is not NAME=value: correct line 2"
  refute_told 'secret word'
}

@test "a passphrase of two lines, of which gpg would use the first" {
  SETTING=(ENCRYPTION_KEY=$'the-first\nthe-second')
  refused 'ENCRYPTION_KEY holds more than one line'
  refute_told 'the-first'
}

@test "a passphrase that is short is warned about, and used" {
  printf 'ENCRYPTION_KEY=the-key\n' >"${ENV_FILE}"
  run --separate-stderr backup --config
  assert_success
  assert_told 'WARN  ENCRYPTION_KEY has only 7 characters'
  refute_told 'the-key'
  [[ -f ${BACKUPS}/$(newest_set)/config.tar.zst.gpg ]]
}

@test "REMOTE_ENABLED in the environment file" {
  printf 'REMOTE_ENABLED=true\n' >"${ENV_FILE}"
  refused "REMOTE_ENABLED is 'true', but this script was generated without remotes"
}

# --- Clock ---

@test "a clock behind the newest set" {
  mkdir "${BACKUPS}/20990101_000000"
  refused "but the newest set is 20990101_000000: correct the clock (timedatectl), or move that set away"
}

@test "a directory that only looks a little like a set says nothing about the clock" {
  mkdir "${BACKUPS}/20990101_000000.old" "${BACKUPS}/x20990101_000000" "${BACKUPS}/20990101_"
  run --separate-stderr backup --dry-run
  assert_success
}

# --- An interrupted restore; everything at once ---

@test "a restore that was killed while it swapped" {
  mkdir "${BACKUPS}/.state"
  printf '20260104_030000\n' >"${BACKUPS}/.state/swapping"
  : >"${BACKUPS}/.state/lock"
  refused "the restore 20260104_030000 was interrupted while it swapped: run 'restore.sh --undo' first"
}

@test "everything that is wrong is told at once" {
  chmod 644 "${ENV_FILE}"
  rm "${WORLD}/etc/mongod.conf"
  mkdir "${BACKUPS}/20990101_000000"
  stub redis-cli 'exit 1'
  describe_mongodb '.hello = {}'
  SETTING=(ENCRYPTION_KEY=$'x\ny')
  remember
  run --separate-stderr backup --full
  assert_failure 3
  assert_error_lines 'has mode 644' 'ENCRYPTION_KEY' '20990101_000000' 'mongod.conf does not exist' 'Redis cannot be reached' 'standalone' \
    'preflight found 6 problem(s); nothing was touched'
  assert_nothing_changed
}
