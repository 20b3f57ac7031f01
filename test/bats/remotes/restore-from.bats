load ../support/world.bash

# A host whose backups lie at a remote only: a full set, and a level of changed files on it.
setup_file() {
  local BATS_TEST_TMPDIR="${BATS_FILE_TMPDIR}"
  new_world
  prepare
  sleep 1.1 # what changed in the second of a listing is stored again by the next set
  backup --full 2>/dev/null
  printf 'more\n' >>"${APP}/server.js"
  backup --incremental 2>/dev/null
  cp -r "${WORLD}/remote" "${BATS_FILE_TMPDIR}/remote"
}

setup() {
  new_world
  prepare
  cp -r "${BATS_FILE_TMPDIR}/remote/." "${WORLD}/remote"
  printf 'ruined\n' >"${APP}/server.js"
  local -a sets=("${ONE}"/remotes/[0-9]*_[0-9]*)
  FULL="${sets[0]##*/}"
  CHANGED="${sets[-1]##*/}"
}

prepare() {
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  ONE="${WORLD}/remote/one"
  mkdir -p "${ONE}" "${WORLD}/remote/two"
}

fetched() { find "${BACKUPS}/.state/from-off-site" -name '*.zst' -printf '%P\n' 2>/dev/null | sort; }

@test "an empty server gets back what the remote holds, and keeps nothing of the download" {
  rm -r "${BACKUPS}"
  run -0 restore --from off-site latest --app --yes
  assert_equal "$(<"${APP}/server.js")" $'listings\nmore'
  [[ ! -e ${BACKUPS}/.state/from-off-site ]]
  run -0 restore --undo --yes
  assert_equal "$(<"${APP}/server.js")" 'ruined'
}

@test "only what is needed is downloaded" {
  stub rclone 'exec "${real}" "$@"'
  # A download that is stopped before the build shows what it brought.
  stub zstd 'exit 1'
  run -6 restore --from off-site "${FULL}" --config --yes
  assert_equal "$(fetched)" "${FULL}/config.files.zst"$'\n'"${FULL}/config.tar.zst"
}

@test "one path comes back from a remote, in its place" {
  printf 'beside\n' >"${APP}/beside"
  run -0 restore --from off-site latest --app --path server.js --yes
  assert_equal "$(<"${APP}/server.js")" $'listings\nmore'
  assert_equal "$(<"${APP}/beside")" beside
  run -3 --separate-stderr restore --from off-site latest --app --path 'nothing*' --yes
  assert_told "${CHANGED} holds no path of app that matches 'nothing*'"
}

@test "--find and --diff read the listings of a remote, and bring nothing else" {
  stub rclone 'exec "${real}" "$@"'
  rm -r "${BACKUPS}"
  run -0 --separate-stderr restore --from off-site --find server.js
  assert_line --partial "in ${FULL}"
  assert_line --partial "in ${CHANGED}"
  run -0 --separate-stderr restore --from off-site latest --app --diff
  assert_line --partial "~ ${APP}/server.js  content: "
  assert_equal "$(fetched)" ''
}

@test "a program with the rights of its owner comes from a signed or a local set only" {
  printf 'program\n' >"${APP}/program"
  chmod 4755 "${APP}/program"
  backup --full 2>/dev/null
  SET="$(newest_set)"
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told "| -rwsr-xr-x ${APP#/}/program"
  assert_told "the manifest of ${SET} comes from a remote or a directory of somebody else, is not signed, and app holds what can give somebody rights (above)"
  run -0 restore --from off-site latest --app --accept-unsigned --into "${BATS_TEST_TMPDIR}/look"
  run -0 restore latest --app --into "${BATS_TEST_TMPDIR}/look-here"
  assert_equal "$(stat --format=%a "${BATS_TEST_TMPDIR}/look-here/app${APP}/program")" 4755
}

@test "a dry run tells sizes and brings nothing" {
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run -0 --separate-stderr restore --from off-site latest --app --dry-run
  assert_told "plan: reads ${FULL}/app ${CHANGED}/app"
  assert_told 'are to be downloaded'
  assert_nothing_changed
}

@test "a download that was cut off goes on, and fetches again what is not whole" {
  stub rclone 'if [[ " $* " == *" copy "*from-off-site* ]]; then for last; do :; done; cp -r "'"${ONE}"'/remotes/'"${FULL}"'/." "${last}/'"${FULL}"'/"; exit 1; fi; exec "${real}" "$@"'
  run -1 --separate-stderr restore --from off-site latest --app --yes
  assert_told 'run the same command again'
  assert_equal "$(<"${APP}/server.js")" 'ruined'
  stub rclone 'exec "${real}" "$@"'
  cp "${BACKUPS}/.state/from-off-site/${FULL}/app.tar.zst" "${BACKUPS}/.state/from-off-site/${CHANGED}/app.tar.zst"
  run -0 restore --from off-site latest --app --yes
  assert_equal "$(<"${APP}/server.js")" $'listings\nmore'
}

@test "a set that is altered, cut or lost there is refused" {
  local file="${ONE}/remotes/${FULL}/app.tar.zst"
  cp "${file}" "${BATS_TEST_TMPDIR}/whole"
  printf 'X' | dd of="${file}" bs=1 seek=40 conv=notrunc status=none
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told "${FULL}/app has the checksum"
  head -c 40 "${BATS_TEST_TMPDIR}/whole" >"${file}"
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told "${FULL}/app is not whole"
  rm "${file}"
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told 'no bytes are there'
  rm -r "${ONE}/remotes/${FULL}"
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told "${FULL} is missing"
  assert_equal "$(<"${APP}/server.js")" 'ruined'
}

@test "a set without a manifest is none" {
  rm "${ONE}/remotes/${CHANGED}/manifest.json"
  run -6 --separate-stderr restore --from off-site "${CHANGED}" --app --yes
  assert_told "${CHANGED} is not in OFF_SITE:${ONE}/remotes any more"
  run -0 restore --from off-site latest --app --yes --accept-older
  assert_equal "$(<"${APP}/server.js")" 'listings'
}

@test "a remote that does not answer, and one that brings nothing" {
  mv "${ONE}" "${ONE}.away"
  run -3 --separate-stderr restore --from off-site latest --app --yes
  assert_told 'remote off-site cannot be read'
  mv "${ONE}.away" "${ONE}"
  stub rclone 'if [[ " $* " == *" copy "* ]]; then exit 0; fi; exec "${real}" "$@"'
  run -3 --separate-stderr restore --from off-site latest --app --yes
  assert_told 'was not sent'
}

# A set of MongoDB as far as its manifest tells.
say_set_at_remote() { # <set> <type> <components>
  mkdir -p "${ONE}/distant/$1"
  jq --null-input --arg id "$1" --arg type "$2" --argjson components "$3" \
    '{format: 1, $id, application: "plugspace", environment: "distant", $type, started: "", ended: "", warnings: [], $components}' \
    >"${ONE}/distant/$1/manifest.json"
}

@test "--window --from tells which moments can be had there, and changes nothing" {
  ENVIRONMENT=distant
  say_set_at_remote 20260101_000000 full '{"mongodb": {"bytes": 1, "details": {"server": {"replicaSetId": "a"},
    "oplog": {"first": {"t": 1767225600, "i": 1}, "last": {"t": 1767225601, "i": 1}}}}}'
  say_set_at_remote 20260101_010000 database '{"oplog": {"bytes": 1, "details": {"replicaSetId": "a",
    "first": {"t": 1767225601, "i": 1}, "last": {"t": 1767229200, "i": 1}}}}'
  remember
  run -0 --separate-stderr restore --window --from off-site
  assert_output 'can be reached     2026-01-01T00:00:01Z to 2026-01-01T00:59:59Z'
  assert_nothing_changed
  rm -r "${ONE}"
  run -3 --separate-stderr restore --window --from off-site
  assert_told 'remote off-site cannot be read'
}

@test "--from names a remote of the profile, and goes with a restore or --window" {
  run -2 --separate-stderr restore --from nowhere latest --app
  assert_told "there is no remote 'nowhere': the profile has off-site second"
  run -2 restore --from
  run -2 restore --from off-site --undo
}

@test "--into takes the download with it where the backup directory cannot be written to" {
  if ((EUID == 0)); then
    chmod 755 "${BATS_TEST_TMPDIR}"
  fi
  rm -r "${BACKUPS}"
  touch "${BACKUPS}" # nothing can be made below a file, whoever asks
  run --separate-stderr restore --from off-site latest --app --into "${BATS_TEST_TMPDIR}/look" --yes
  rm "${BACKUPS}"
  assert_equal "${status}" 0
  assert_equal "$(find "${BATS_TEST_TMPDIR}/look" -name server.js -exec cat {} +)" $'listings\nmore'
  [[ ! -e ${BATS_TEST_TMPDIR}/look/.lifeboat-from-off-site ]]
}

# --- What a manifest at a remote may say

# Changes the manifest of the full set there, where no head tells of it.
forge() { # <jq expression>
  rm -f "${ONE}/remotes/head.json"
  jq "$1" "${ONE}/remotes/${FULL}/manifest.json" >"${BATS_TEST_TMPDIR}/forged"
  cp "${BATS_TEST_TMPDIR}/forged" "${ONE}/remotes/${FULL}/manifest.json"
}

@test "a text where a number belongs is never run" {
  local canary="${BATS_TEST_TMPDIR}/canary"
  forge ".components.app.rawBytes = \"BASH_VERSINFO[0\$(touch '${canary}')]\""
  run restore --from off-site "${FULL}" --app --dry-run
  [[ ! -e ${canary} ]]
  forge ".components.app.bytes = \"BASH_VERSINFO[0\$(touch '${canary}')]\""
  run restore --from off-site "${FULL}" --app --yes
  assert_failure
  [[ ! -e ${canary} ]]
}

@test "a name that leads elsewhere reaches no file of this host" {
  printf 'precious\n' >"${BATS_TEST_TMPDIR}/precious"
  forge ".components.app.bytes = \"missing\" | .components.app.file = \"../../../../../../../../../../..${BATS_TEST_TMPDIR}/precious\""
  run restore --from off-site "${FULL}" --app --yes
  assert_failure
  assert_equal "$(<"${BATS_TEST_TMPDIR}/precious")" precious
}

@test "a set that says it is not encrypted is not believed where nothing is sent like that" {
  ENVIRONMENT=closed
  forge '.environment = "closed"'
  mv "${ONE}/remotes" "${ONE}/closed"
  run --separate-stderr restore --from off-site "${FULL}" --app --into "${WORLD}/look"
  assert_failure 6
  assert_told 'says that it is not encrypted, and nothing is sent there like that'
  run -0 restore --from off-site "${FULL}" --app --into "${WORLD}/look" --accept-unsigned
}

@test "a method of encryption that the name of the file belies is not believed" {
  forge '.components.app.encryption.method = "age"'
  run --separate-stderr restore --from off-site "${FULL}" --app --yes
  assert_failure 6
  assert_told "${FULL}/app is not whole"
}
