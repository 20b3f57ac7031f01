load ../support/world.bash

# The same scripts with real tools and real servers: what stubs cannot prove.
setup() {
  BACKUPS="$(real backups)"
  ENV_FILE="$(real envFile)"
  LOG="$(real logFile)"
  WORLD="${SUITE}/real"
  SCRATCH="${BATS_TEST_TMPDIR}/scratch"
  STUBS="${BATS_TEST_TMPDIR}/stubs"
  CALLS="${BATS_TEST_TMPDIR}/calls"
  mkdir "${SCRATCH}" "${STUBS}"
  : >"${CALLS}"
  cp "${ENV_FILE}" "${BATS_FILE_TMPDIR}/env"
}

teardown() {
  cp "${BATS_FILE_TMPDIR}/env" "${ENV_FILE}"
  "$(real mongodbService)" start >/dev/null
  "$(real redisService)" start >/dev/null
}

real() { jq --raw-output ".$1" "${SUITE}/servers.json"; }

program() { printf '%s/infrastructure/backup/%s' "$(real appRoot)" "$1"; }

# Everything but the databases' own files, which change by themselves.
snapshot_of_backups() { snapshot "${BACKUPS}"; }

refused() { # <part of the message>
  snapshot_of_backups >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr backup --full
  assert_one_problem "$1"
  snapshot_of_backups >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  assert_no_leftovers
}

@test "passwords with every awkward character work, and stand in no argument list, log, manifest or output" {
  local secret sampler
  # Each word of each command line that anything on this machine has while the backup runs.
  (while :; do cat /proc/[0-9]*/cmdline 2>/dev/null || :; sleep 0.002; done >"${BATS_TEST_TMPDIR}/argv") 3>&- &
  sampler=$!
  run --separate-stderr backup --full
  kill "${sampler}"
  wait "${sampler}" 2>/dev/null || :
  assert_success
  SET="$(newest_set)"
  grep -qaF 'mongodump' "${BATS_TEST_TMPDIR}/argv" || fail 'mongodump was not seen: the sampler saw too little'
  for secret in "$(real secrets.mongodb)" "$(real secrets.redis)" "$(node -p 'encodeURIComponent(process.argv[1])' "$(real secrets.mongodb)")"; do
    refute grep -qaF -- "${secret}" "${BATS_TEST_TMPDIR}/argv"
    refute grep -qF -- "${secret}" "${LOG}" "${BACKUPS}/${SET}/manifest.json"
    refute_told "${secret}"
  done
  assert_equal "$(manifest_of "${SET}" '.components.mongodb.details.collections | map(select(.namespace == "plugspace.listings"))[0].documents')" 200
  assert_equal "$(manifest_of "${SET}" '.components.redis.details.keys')" 3
}

@test "the very first backup, in a home of another user where there is no backup directory yet" {
  local aside="${BACKUPS}.aside"
  mv "${BACKUPS}" "${aside}"
  run --separate-stderr backup --full
  assert_success
  assert_equal "$(sets | wc -l)" 1
  rm -r "${BACKUPS}"
  mv "${aside}" "${BACKUPS}"
}

@test "the login is missing" {
  grep -v MONGODB_URI "${BATS_FILE_TMPDIR}/env" >"${ENV_FILE}"
  refused "MongoDB refused the login (command listDatabases requires authentication): correct the user and password of MONGODB_URI in ${ENV_FILE}"
}

@test "the login is wrong" {
  local uri
  uri="$(real uri)"
  SETTING=(MONGODB_URI="${uri/backup:/somebody:}")
  refused 'MongoDB refused the login (Authentication failed.): correct the user and password of MONGODB_URI'
}

@test "the Redis password is missing, and wrong" {
  grep -v REDIS_PASSWORD "${BATS_FILE_TMPDIR}/env" >"${ENV_FILE}"
  refused "Redis refused the login: set REDIS_PASSWORD in ${ENV_FILE}"
  SETTING=(REDIS_PASSWORD=wrong)
  refused "Redis refused the login: set REDIS_PASSWORD in ${ENV_FILE}"
}

@test "a standalone mongod" {
  SETTING=(MONGODB_URI="$(real standaloneUri)")
  refused "MongoDB is a standalone server and has no oplog: set replication.replSetName to 'rs0'"
}

@test "a mongod that is down" {
  "$(real mongodbService)" stop
  refused "MongoDB cannot be reached ("
  assert_told "start it with '$(real mongodbService) start'"
}

@test "a Redis that is down" {
  "$(real redisService)" stop
  refused "Redis cannot be reached at 127.0.0.1:$(real redisPort)"
}

@test "a password that a tool prints with its error does not reach the log" {
  # What mongodump prints when its server goes away, after the half minute in which it looks for it.
  stub mongodump '
    if [[ " $* " != *" --out="* ]]; then exec "${real}" "$@"; fi
    uri="$(sed -n "s/^uri: \"\(.*\)\"$/\1/p" "${1#--config=}")"
    printf "Failed: can not create session: failed to connect to %s: server selection error: server selection timeout\n" "${uri}" >&2; exit 1'
  local before
  before="$(sets)"
  run --separate-stderr backup --full
  assert_failure 1
  assert_told '| Failed: can not create session: failed to connect to mongodb://backup:***@127.0.0.1:'
  assert_equal "$(sets)" "${before}"
  assert_no_leftovers
  local secret
  for secret in "$(real secrets.mongodb)" "$(node -p 'encodeURIComponent(process.argv[1])' "$(real secrets.mongodb)")"; do
    refute_told "${secret}"
    refute grep -qF -- "${secret}" "${LOG}"
  done
}
