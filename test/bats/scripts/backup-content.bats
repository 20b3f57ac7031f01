load ../support/world.bash

setup() { new_world; }

@test "a full set holds five components, each as its manifest says" {
  run --separate-stderr backup --full
  assert_success
  SET="$(newest_set)"
  assert_equal "$(manifest_of "${SET}" '[.format, .id, .type, .parent, .application, .environment, .result] | map(tostring) | join(" ")')" \
    "2 ${SET} full null plugspace sandbox complete"
  (cd "${BACKUPS}/${SET}" && jq --raw-output '.components[] | "\(.sha256)  \(.file)"' manifest.json | sha256sum --check --quiet)
  assert_equal "$(find "${BACKUPS}/${SET}" -type f -printf '%f\n' | sort | xargs)" \
    'app.files.zst app.tar.zst config.files.zst config.tar.zst manifest.json mongodb.tar.zst redis.rdb.zst ssl.files.zst ssl.tar.zst'
  assert_equal "$(manifest_of "${SET}" '.components.mongodb.details.collections | map("\(.namespace) \(.documents)") | join(", ")')" \
    'admin.system.users 1, admin.system.version 2, plugspace.listings 200, plugspace.users 1'
  assert_equal "$(manifest_of "${SET}" '.components.redis.details.keys')" 3
}

@test "the application's archive holds its files and not what is excluded" {
  backup --full 2>/dev/null
  run bash -c 'zstd -q -d -c "$1" | tar --list' bash "${BACKUPS}/$(newest_set)/app.tar.zst"
  assert_line --partial 'plugspace/uploads/photo 1.jpg'
  refute_output --partial 'cache/page'
}

@test "a configuration set holds configuration and certificates, and no database was asked" {
  run --separate-stderr backup --config
  assert_success
  assert_equal "$(manifest_of "$(newest_set)" '[.type, (.components | keys_unsorted[])] | join(" ")')" 'config config config.files ssl ssl.files'
  refute_called '^(mongosh|redis-cli|mongodump --config)'
}

@test "nothing that is read is changed" {
  snapshot_of_sets | grep -v '^home/plugspace/backups' >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr backup --full
  assert_success
  rm -r "${BACKUPS:?}"/2* "${BACKUPS}/head.json"
  snapshot_of_sets | grep -v '^home/plugspace/backups' >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  [[ ! -e ${WORLD}/calls ]] || fail 'a service was asked'
}

@test "a file that changes while it is read: a warning, in the manifest too, and the set is complete" {
  stub tar 'if [[ $1 == --create && " $* " == */app.names* ]]; then echo "tar: home/app/log: file changed as we read it" >&2; "${real}" "$@"; exit 1; fi; exec "${real}" "$@"'
  run --separate-stderr backup --full
  assert_success
  assert_told 'WARN  app: home/app/log: file changed as we read it'
  assert_told ', 1 warning(s), in '
  assert_equal "$(manifest_of "$(newest_set)" '.warnings[]')" 'app: home/app/log: file changed as we read it'
}

@test "a file that really grows while it is read" {
  head -c 40000000 /dev/zero >"${APP}/uploads/growing"
  while :; do printf 'more' >>"${APP}/uploads/growing"; done 3>&- &
  local writer=$!
  run --separate-stderr backup --full
  kill "${writer}"
  wait "${writer}" 2>/dev/null || :
  assert_success
  assert_told 'uploads/growing: file changed as we read it'
}

@test "a socket is named in a warning" {
  ENVIRONMENT=files
  node -e 'require("net").createServer().listen(process.argv[1], () => { process.kill(process.pid, "SIGKILL"); })' "${APP}/app.sock" 3>&- || :
  [[ -S ${APP}/app.sock ]]
  run --separate-stderr backup
  assert_success
  assert_told 'app.sock: socket ignored'
  assert_regex "$(manifest_of "$(newest_set)" '.warnings[]')" 'app.sock: socket ignored'
}

@test "a name with a line feed or an escape sequence cannot write a line of the log" {
  ENVIRONMENT=files
  mkdir "${APP}"/$'a\n2026-01-01T00:00:00Z DONE  all is well\e[2J'
  node -e 'require("net").createServer().listen("s", () => { process.kill(process.pid, "SIGKILL"); })' 3>&- 2>/dev/null || :
  (cd "${APP}"/a* && node -e 'require("net").createServer().listen("s", () => { process.kill(process.pid, "SIGKILL"); })' 3>&-) || :
  rm -f s
  run --separate-stderr backup
  assert_success
  assert_told 'socket ignored'
  assert_equal "$(grep -c '^2026-01-01' "${LOG}")" 0
  assert_equal "$(grep -c $'\e' "${LOG}")" 0
}

@test "fifos, devices of no use and odd names do not stop a backup" {
  ENVIRONMENT=files
  mkfifo "${APP}/fifo"
  printf x >"${APP}/-rf"
  printf x >"${APP}"/$'\xff\xfe'
  ln -s nowhere "${APP}/dangling"
  run --separate-stderr backup
  assert_success
}

@test "what a killed run left is removed by the next, and what is no partial set is not" {
  ENVIRONMENT=files
  mkdir -p "${BACKUPS}/20260104_030000.partial/dump" "${BACKUPS}/other.partial" "${BACKUPS}/elsewhere"
  ln -s elsewhere "${BACKUPS}/20260105_030000.partial"
  printf x >"${BACKUPS}/elsewhere/file"
  run --separate-stderr backup
  assert_success
  assert_told 'WARN  removing 20260104_030000.partial, left by a run that did not end well'
  [[ ! -e ${BACKUPS}/20260104_030000.partial && -d ${BACKUPS}/other.partial && -e ${BACKUPS}/elsewhere/file ]]
}

@test "power may fail at any moment: files are synced, then renamed, then the name is synced" {
  local trace="${BATS_TEST_TMPDIR}/trace" partial rename parent
  ENVIRONMENT=files
  run --separate-stderr clean strace -f -y -qq -o "${trace}" -e trace=fsync,syncfs,/^rename "$(program backup.sh)"
  assert_success
  SET="$(newest_set)"
  for name in app.tar.zst config.tar.zst ssl.tar.zst manifest.json; do
    grep -qE "(fsync|syncfs)\([0-9]+<[^>]*${SET}\.partial/${name}>\) += 0" "${trace}" || fail "${name} is not synced"
  done
  partial="$(grep -nE "fsync\([0-9]+<[^>]*${SET}\.partial(/[^>]*)?>\) += 0" "${trace}" | tail -n 1 | cut -d: -f1)"
  rename="$(grep -nE "rename.*${SET}\.partial.*${SET}\"" "${trace}" | head -n 1 | cut -d: -f1)"
  parent="$(grep -nE "fsync\([0-9]+<[^>]*/backups>\) += 0" "${trace}" | tail -n 1 | cut -d: -f1)"
  ((partial < rename && rename < parent)) || fail "order: ${partial}, ${rename}, ${parent}"
}

for turn in 'tar .*--list' 'zstd .*--decompress' 'openssl dgst' 'jq .*slurpfile' 'sync --' 'mv --no-target'; do
  bats_test_function --description "killed at '${turn}': no set is listed, and the next run sweeps and is good" -- killed_at "${turn}"
done

killed_at() { # <pattern of a call>
  local tool="${1%% *}"
  ENVIRONMENT=files
  stub "${tool}" 'if [[ ! -e "'"${BATS_TEST_TMPDIR}"'/again" && "'"${tool}"' $*" =~ '"${1// /\\ }"' ]]; then
      : >"'"${BATS_TEST_TMPDIR}"'/again"; kill_everything; fi
    exec "${real}" "$@"'
  run bash -c 'setsid --wait env -i PATH="$1" TMPDIR="$2" "$3"' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_failure 137
  assert_no_process_left
  run --separate-stderr backup --list
  assert_line --index 1 "0 set(s) in ${BACKUPS}"
  find "${SCRATCH:?}" -mindepth 1 -delete
  run --separate-stderr backup
  assert_success
  assert_equal "$(sets | wc -l)" 1
  assert_no_leftovers
}

@test "the first set of all is a full one, and nobody is warned of it" {
  run -0 --separate-stderr backup
  assert_equal "$(manifest_of "$(newest_set)" '[.type, (.warnings | length)] | join(" ")')" 'full 0'
  refute_told WARN
}

# --- What was left there

@test "where incremental sets are left and no full one can be read, the next set is a full one" {
  take_set --full
  edit_manifest '.type = "incremental"'
  run -0 --separate-stderr backup
  assert_told 'a full set is taken, and no incremental one: there is no full set yet'
  assert_told "WARN  there is no full set: what happened between ${SET} and this full set cannot be restored"
  assert_equal "$(manifest_of "$(newest_set)" .type)" full
}

@test "an empty fingerprint of the configuration counts as unknown" {
  ENVIRONMENT=files
  take_set --config
  : >"${BACKUPS}/.state/config.fingerprint"
  run -0 --separate-stderr backup --config --if-changed
  assert_equal "$(sets | wc -l)" 2
  : >"${LOG}"
  run -0 --separate-stderr backup --config --if-changed
  assert_equal "$(sets | wc -l)" 2
  assert_equal "$(<"${LOG}")" ''
}

others() { # <jq expression>
  ENVIRONMENT=sandbox
  take_set --full
  edit_manifest "$1"
  run -0 --separate-stderr backup
  assert_told 'a full set is taken, and no incremental one: there is no full set yet'
  assert_equal "$(manifest_of "$(newest_set)" '[.type, (.warnings | length)] | join(" ")')" 'full 1'
  refute_called '--collection=oplog.rs'
}

bats_test_function --description "nothing builds on a set of another environment" -- others '.environment = "other"'
bats_test_function --description "nothing builds on a set of another application" -- others '.application = "other"'
bats_test_function --description "nothing builds on a set of a format that is not known" -- others '.format = 3'

# --- What another run does while this one waits for the lock

# A run of another type publishes its set when this one has checked everything and asks for the lock.
meanwhile() { # <option>
  stub flock 'if [[ $1 == --timeout && ! -e ${STUBS}/meanwhile ]]; then
      : >"${STUBS}/meanwhile"
      "'"$(program backup.sh)"'" '"$1"' >&2 8>&- 9>&- || exit
      sleep 1
    fi
    exec "${real}" "$@"'
}

@test "a full set that another run made while the lock was awaited is built on" {
  ENVIRONMENT=files
  meanwhile --full
  run -0 --separate-stderr backup
  assert_equal "$(sets | wc -l)" 2
  SET="$(newest_set)"
  assert_equal "$(manifest_of "${SET}" '[.type, .parent, .components.app.details.follows, (.warnings | length)] | join(" ")')" \
    "incremental $(sets | head -n 1) $(sets | head -n 1) 0"
}

@test "the newer of two sets is built on, and its listing is there" {
  ENVIRONMENT=files
  take_set --full
  sleep 1
  meanwhile --full
  run -0 --separate-stderr backup --incremental
  assert_equal "$(manifest_of "$(newest_set)" .components.app.details.follows)" "$(sets | sed -n 2p)"
  run -0 --separate-stderr backup --incremental
  assert_equal "$(manifest_of "$(newest_set)" '.components.app.details.follows')" "$(sets | sed -n 3p)"
}

@test "where the chain is closed all the same, that is told once and checked again" {
  ENVIRONMENT=files
  meanwhile --config
  run -0 --separate-stderr backup
  assert_equal "$(grep -c 'there is no full set yet' <<<"${stderr}")" 1
  assert_equal "$(manifest_of "$(newest_set)" '[.type] + .warnings | join(" ")')" 'full a full set is taken, and no incremental one: there is no full set yet'
}

@test "a sync that takes its time does not hold the lock" {
  ENVIRONMENT=files
  stub sync 'if [[ " $* " == *.zst\ && -e /proc/$$/fd/9 ]]; then : >"${STUBS}/held"; fi; exec "${real}" "$@"'
  run -0 --separate-stderr backup --config
  assert_called '^sync -- .*/config.tar.zst$'
  [[ ! -e ${STUBS}/held ]]
}

# --- Changed files, after another profile was generated

change_settings() { # <sed expression>
  CHANGED="$(changed_scripts "$1")/backup.sh"
}

# The newest set builds on the one before it, and brings back the files that are named.
brings_back() { # <path...>
  local path into
  into="${BATS_TEST_TMPDIR}/into-$(newest_set)"
  assert_equal "$(manifest_of "$(newest_set)" '.components.app.details.follows')" "$(sets | tail -n 2 | head -n 1)"
  run -0 --separate-stderr restore "$(newest_set)" --app --into "${into}"
  for path in "$@"; do
    cmp "${path}" "${into}/app${path}"
  done
}

@test "what is no longer excluded is stored by the next set" {
  ENVIRONMENT=files
  take_set --full
  change_settings '/^readonly -a APP_EXCLUDES/,/^\)/{/^  /d}'
  run -0 --separate-stderr clean "${CHANGED}" --incremental
  brings_back "${APP}/cache/page" "${APP}/server.js"
}

@test "what is excluded from now on is in no later set" {
  ENVIRONMENT=files
  take_set --full
  change_settings "s|^readonly -a APP_EXCLUDES=\\($|&\n  '${APP#/}/*.js'|"
  run -0 --separate-stderr clean "${CHANGED}" --incremental
  brings_back "${APP}/uploads/photo 1.jpg"
  [[ ! -e ${BATS_TEST_TMPDIR}/into-$(newest_set)/app${APP}/server.js ]]
}

@test "a path that is new in the profile is stored, and a path may be a file" {
  ENVIRONMENT=files
  take_set --full
  printf 'settings\n' >"${APP%/*}/settings"
  change_settings "s|^readonly -a APP_PATHS=\\($|&\n  '${APP%/*}/settings'|"
  run -0 --separate-stderr clean "${CHANGED}" --incremental
  brings_back "${APP}/server.js" "${APP%/*}/settings"
  printf 'others\n' >"${APP%/*}/settings"
  run -0 --separate-stderr clean "${CHANGED}" --incremental
  brings_back "${APP}/server.js" "${APP%/*}/settings"
}
