load ../support/world.bash

# A server that has sent a full set, and one that builds on it, to two remotes; and both as they were between the two.
setup_file() {
  local BATS_TEST_TMPDIR="${BATS_FILE_TMPDIR}"
  new_world
  prepare
  sleep 1.1 # what changed in the second of a listing is stored again by the next set
  backup --full 2>/dev/null
  cp -a "${ONE}" "${BATS_FILE_TMPDIR}/one-before"
  cp -a "${BACKUPS}" "${BATS_FILE_TMPDIR}/backups-before"
  printf 'more\n' >>"${APP}/server.js"
  backup --incremental 2>/dev/null
  cp -a "${WORLD}" "${BATS_FILE_TMPDIR}/world"
}

setup() {
  new_world
  rm -r "${WORLD}"
  cp -a "${BATS_FILE_TMPDIR}/world" "${WORLD}"
  prepare
  FULL="$(sets | head -n 1)"
  CHANGED="$(newest_set)"
  printf 'ruined\n' >"${APP}/server.js"
}

prepare() {
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  ONE="${WORLD}/remote/one"
  TWO="${WORLD}/remote/two"
  mkdir -p "${ONE}" "${TWO}"
}

head_at() { # <directory> <jq expression>
  head -n 1 "$1/head.json" | jq --raw-output "$2"
}

# A server that remembers nothing.
fresh_server() {
  rm -r "${BACKUPS}"
}

put_back() { # <directory> <as it was>
  rm -r "$1"
  cp -a "$2" "$1"
}

refused_as_older() { # <part of the reason> [argument of restore.sh...]
  local reason="$1"
  shift
  remember snapshot_of_sets
  run -6 --separate-stderr restore "$@"
  assert_told "${reason}"
  assert_told 'ERROR nothing was touched'
  assert_sets_unchanged
}

# --- What is written

@test "each location names what it holds, with a number that only rises" {
  local place
  for place in "${BACKUPS}" "${ONE}/remotes" "${TWO}/remotes"; do
    assert_equal "$(head_at "${place}" '[.sets[].id] | join(" ")')" "${FULL} ${CHANGED}"
    assert_equal "$(head_at "${place}" '.sets[-1].sha256')" "$(sha256sum <"${BACKUPS}/${CHANGED}/manifest.json" | cut -d' ' -f1)"
    assert_equal "$(head_at "${place}" '"\(.counter) \(.application) \(.environment) \(.server)"')" "2 plugspace remotes ${HOSTNAME}"
  done
  assert_equal "$(head_at "${TWO}/remotes" '"\(.location) \(.known)"')" 'second {"off-site":2}'
  cmp "${ONE}/remotes/head.json" "${BACKUPS}/.state/heads/remotes.off-site.json"
  assert_equal "$(find "${WORLD}" -name 'head.json.*')" ''
  run -0 --separate-stderr backup --list --compare
  refute_told WARN
  run -0 --separate-stderr backup --sync-remotes
  assert_equal "$(head_at "${ONE}/remotes" .counter)" 2 # nothing was new
}

@test "the head follows the schema, and nothing but that" {
  run -0 node "${PROJECT}/test/bats/support/follows-schema.mjs" "${PROJECT}/schema/head.schema.json" "${ONE}/remotes/head.json"
  head_at "${ONE}/remotes" '.sets[0].sha256 = "x"' >"${BATS_TEST_TMPDIR}/wrong"
  run -1 node "${PROJECT}/test/bats/support/follows-schema.mjs" "${PROJECT}/schema/head.schema.json" "${BATS_TEST_TMPDIR}/wrong"
}

@test "no head is written where a manifest was not summed, and that is told" {
  stub sha256sum 'for last; do :; done; "${real}" "$@" | if [[ ${last} == */manifest.json ]]; then tail -n +2; else cat; fi'
  run --separate-stderr backup --config --no-remote
  assert_success
  assert_told 'keeps the head that it has: of 3 manifests sha256sum told the checksums of 2'
  assert_equal "$(head_at "${BACKUPS}" .counter)" 2
}

# Moves the time of every set that is here and there into the past, as if it had been written then.
age_sets() { # <days>
  local manifest
  for manifest in "${BACKUPS}"/*/manifest.json "${WORLD}"/remote/*/*/*/manifest.json; do
    jq ".ended |= (fromdateiso8601 - $1 * 86400 | todateiso8601)" "${manifest}" >"${manifest}.new"
    mv "${manifest}.new" "${manifest}"
  done
  forget_heads
}

forget_heads() {
  rm -rf "${BACKUPS}/.state/remotes" "${BACKUPS}/.state/heads" "${BACKUPS}/head.json" "${ONE}/remotes/head.json" "${TWO}/remotes/head.json"
}

@test "what is removed because it is wanted is no loss, and neither is what may go by now" {
  age_sets 1
  run -0 --separate-stderr backup --full # the second remote keeps nothing for longer than a second
  assert_equal "$(head_at "${TWO}/remotes" '[.sets[].id] | join(" ")')" "$(newest_set)"
  assert_equal "$(ls "${TWO}/remotes" | head -n -1)" "$(newest_set)"
  run -0 --separate-stderr backup --list --compare
  refute_told 'is not there'
  jq --compact-output --arg set "${CHANGED}" '(.sets[] | select(.id == $set)).until = "2020-01-01T00:00:00Z"' "${ONE}/remotes/head.json" >"${BATS_TEST_TMPDIR}/head"
  cp "${BATS_TEST_TMPDIR}/head" "${ONE}/remotes/head.json"
  cp "${BATS_TEST_TMPDIR}/head" "${BACKUPS}/.state/heads/remotes.off-site.json"
  rm -r "${ONE}/remotes/${CHANGED}"
  run -0 --separate-stderr backup --list --compare
  refute_told 'is not there'
}

# --- A set that is gone

@test "a remote that lost its newest set: latest is refused, and says which; --accept-older goes on" {
  rm -r "${ONE}/remotes/${CHANGED}"
  refused_as_older "${CHANGED} is newer than ${FULL}, and may be what is meant" --from off-site latest --app --yes
  assert_told "${CHANGED} (incremental) is not there, and the head, number 2 of "
  run -0 --separate-stderr restore --from off-site latest --app --yes --accept-older
  assert_told "going on because of --accept-older: ${CHANGED} is newer than ${FULL}"
  assert_equal "$(<"${APP}/server.js")" listings
}

@test "a set that is named and there is restored, with a warning that another one is missing" {
  rm -r "${ONE}/remotes/${CHANGED}"
  run -0 --separate-stderr restore --from off-site "${FULL}" --app --yes
  assert_told "${CHANGED} (incremental) is not there"
  assert_told "WARN  ${FULL} is there as it was stored, and the restore goes on"
  assert_equal "$(<"${APP}/server.js")" listings
  refused_as_older "${CHANGED} is not in OFF_SITE:${ONE}/remotes any more" --from off-site "${CHANGED}" --app --yes --accept-older
}

@test "a moment is refused only where a set that is missing may be the one before it" {
  local seconds
  seconds="$(date --utc --date="${CHANGED:0:8} ${CHANGED:9:2}:${CHANGED:11:2}:${CHANGED:13:2}" +%s)"
  rm -r "${BACKUPS:?}/${CHANGED}"
  run -0 --separate-stderr restore latest --app --at "@$((seconds - 1))" --dry-run
  assert_told "${CHANGED} (incremental) is not there"
  run -6 --separate-stderr restore latest --app --at "@$((seconds + 1))" --dry-run
  assert_told "${CHANGED} is newer than ${FULL}, and may be what is meant"
}

@test "where every set is gone the head still says what there was" {
  rm -r "${ONE}/remotes/"[0-9]*
  refused_as_older 'no set that can be used is left in ' --from off-site latest --app --yes
}

@test "a manifest that was exchanged for another one is found out, also by the name of its set" {
  local file="${ONE}/remotes/${CHANGED}/manifest.json"
  jq '.warnings = ["older"]' "${file}" >"${BATS_TEST_TMPDIR}/older"
  cp "${BATS_TEST_TMPDIR}/older" "${file}"
  refused_as_older "${CHANGED} is not the set that was stored under that name" --from off-site "${CHANGED}" --app --yes
  run -6 --separate-stderr backup --list --compare
  assert_told "off-site: ${CHANGED} (incremental) is another set than the one of that name"
  run -0 --separate-stderr restore --from off-site "${FULL}" --app --dry-run
}

@test "a set that is gone here: latest is refused, and the next backup tells it and mends the head" {
  rm -r "${BACKUPS:?}/${CHANGED}"
  refused_as_older "${CHANGED} is newer than ${FULL}" latest --app --yes
  assert_told "${CHANGED} (incremental) is newer than all that is here; it was at off-site"
  run -0 --separate-stderr backup --full --no-remote
  assert_told "${CHANGED} (incremental) is not there"
  run -0 --separate-stderr restore latest --app --dry-run
  refute_told "is not there"
}

@test "a set that only the remote had and lost: told once, by the backup, which ends with 5" {
  rm -r "${BACKUPS:?}/${CHANGED}" "${ONE}/remotes/${CHANGED}"
  run -5 --separate-stderr backup --config
  assert_told "ERROR remote off-site: ${CHANGED} (incremental) is not there"
  assert_equal "$(head_at "${ONE}/remotes" '[.sets[].id] | join(" ")')" "${FULL} $(newest_set)"
  run -0 backup --list --compare
}

@test "a set that is still here is sent again, and nobody is alarmed afterwards" {
  rm -r "${ONE}/remotes/${CHANGED}"
  run -6 --separate-stderr backup --list --compare
  assert_line --regexp "^${CHANGED} +incremental +complete +- +complete$"
  assert_told "off-site: ${CHANGED} (incremental) is not there"
  run -0 --separate-stderr backup --sync-remotes
  run -0 --separate-stderr backup --list --compare
  refute_told WARN
}

@test "--find shows what is there, tells that a set is gone, and ends with 6; for a set that is named only where it is that one" {
  rm -r "${ONE}/remotes/${CHANGED}"
  run -6 --separate-stderr restore --from off-site --find server.js
  assert_output --partial "in ${FULL}"
  assert_told "${CHANGED} (incremental) is not there"
  assert_told "lacks sets, or holds others under their names: ${CHANGED}"
  run -0 --separate-stderr restore --from off-site --find server.js --accept-older
  assert_told 'accepted because of --accept-older'
  run -0 --separate-stderr restore --from off-site "${FULL}" --find server.js
  assert_told "${CHANGED} (incremental) is not there"
  run -0 --separate-stderr restore --find server.js
  refute_told WARN
  rm -r "${BACKUPS:?}/${CHANGED}"
  run -6 --separate-stderr restore --find 'no such file'
  assert_told "lacks sets, or holds others under their names: ${CHANGED}"
  run -6 --separate-stderr restore "${CHANGED}" --find server.js
  assert_told "${CHANGED} is not in ${BACKUPS} any more"
}

# A set of MongoDB as far as its manifest tells.
say_set() { # <set> <type> <components>
  mkdir -p "${BACKUPS}/$1"
  jq --null-input --arg id "$1" --arg type "$2" --argjson components "$3" \
    '{format: 1, $id, application: "plugspace", environment: "distant", $type, started: "", ended: "", warnings: [], $components}' \
    >"${BACKUPS}/$1/manifest.json"
}

@test "--window shows what is there, tells that a set is gone, and ends with 6" {
  ENVIRONMENT=distant
  rm -r "${BACKUPS:?}"
  say_set 20260101_000000 full '{"mongodb": {"bytes": 1, "details": {"server": {"replicaSetId": "a"},
    "oplog": {"first": {"t": 1767225600, "i": 1}, "last": {"t": 1767225601, "i": 1}}}}}'
  say_set 20260101_010000 database '{"oplog": {"bytes": 1, "details": {"replicaSetId": "a",
    "first": {"t": 1767225601, "i": 1}, "last": {"t": 1767229200, "i": 1}}}}'
  (cd "${BACKUPS}" && sha256sum ./*/manifest.json) | jq --raw-input --slurp --compact-output '
    {format: 1, counter: 1, written: "2026-01-01T02:00:00Z", application: "plugspace", environment: "distant", server: "s", location: "BACKUP_DIR",
     known: {}, sets: (split("\n") | map(select(. != "") | {id: .[68:83], type: "full", sha256: .[:64], until: null}))}' >"${BATS_TEST_TMPDIR}/head"
  cp "${BATS_TEST_TMPDIR}/head" "${BACKUPS}/head.json"
  run -0 --separate-stderr restore --window
  assert_output 'can be reached     2026-01-01T00:00:01Z to 2026-01-01T00:59:59Z'
  refute_told WARN
  rm -r "${BACKUPS:?}/20260101_010000"
  run -6 --separate-stderr restore --window
  assert_output --partial 'no moment can be reached yet'
  assert_told '20260101_010000 (full) is not there, and the head, number 1 of 2026-01-01T02:00:00Z, names it'
  assert_told 'lacks sets, or holds others under their names: 20260101_010000'
  run -0 --separate-stderr restore --window --accept-older
}

@test "latest from here tells that a remote is remembered to have a newer set, and asks no remote" {
  stub rclone 'exit 9'
  rm -r "${BACKUPS:?}/${CHANGED}" "${BACKUPS}/head.json" "${BACKUPS}/.state/heads/remotes.BACKUP_DIR.json"
  run -0 --separate-stderr restore latest --app --dry-run
  assert_told "${CHANGED} (incremental) is newer than all that is here; it was at off-site"
  refute_called '^rclone '
}

# --- A place that was put back

@test "a remote that was put back as a whole is found out by what this server remembers" {
  put_back "${ONE}" "${BATS_FILE_TMPDIR}/one-before"
  refused_as_older "${CHANGED} is newer than ${FULL}, and may be what is meant" --from off-site latest --app --yes
  assert_told 'its head is number 1 of '
  assert_told 'number 2 of '
  assert_told "${CHANGED} (incremental) is not there"
  run -0 --separate-stderr restore --from off-site "${FULL}" --app --dry-run
  run -6 --separate-stderr backup --list --compare
  assert_told 'off-site: its head is number 1 of '
  run -0 --separate-stderr backup --list --compare --accept-older
  assert_told 'accepted because of --accept-older'
  run -2 backup --list --accept-older
}

@test "a backup tells that a remote was put back, and its number goes on from the highest" {
  put_back "${ONE}" "${BATS_FILE_TMPDIR}/one-before"
  run -5 --separate-stderr backup --sync-remotes
  assert_told 'remote off-site: its head is number 1 of '
  assert_equal "$(head_at "${ONE}/remotes" '"\(.counter) \([.sets[].id] | join(" "))"')" "3 ${FULL} ${CHANGED}"
  run -0 backup --list --compare
}

@test "on a server that remembers nothing, another remote knows the number" {
  fresh_server
  put_back "${ONE}" "${BATS_FILE_TMPDIR}/one-before"
  run -6 --separate-stderr restore --from off-site latest --app --yes
  assert_told 'its head is number 1 of '
  assert_told "${CHANGED} (incremental) is newer than all that is here; it was at second"
  rm -r "${TWO}"
  run -0 --separate-stderr restore --from off-site latest --app --dry-run # nothing is left that knows
}

@test "a restore from a remote remembers the head that it saw" {
  fresh_server
  run -0 restore --from off-site latest --app --yes
  cmp "${ONE}/remotes/head.json" "${BACKUPS}/.state/heads/remotes.off-site.json"
}

@test "the backup directory that was put back is found out as long as .state was not" {
  local state="${BATS_TEST_TMPDIR}/state"
  mv "${BACKUPS}/.state" "${state}"
  put_back "${BACKUPS}" "${BATS_FILE_TMPDIR}/backups-before"
  rm -r "${BACKUPS}/.state"
  mv "${state}" "${BACKUPS}/.state"
  refused_as_older "${CHANGED} is newer than ${FULL}, and may be what is meant" latest --app --yes
  assert_told 'its head is number 1 of '
}

# --- The head itself

@test "a head that is gone, cut off, or another one of the same number is no head" {
  cp "${ONE}/remotes/head.json" "${BATS_TEST_TMPDIR}/good"
  head -c 100 "${BATS_TEST_TMPDIR}/good" >"${ONE}/remotes/head.json"
  run -6 --separate-stderr restore --from off-site "${FULL}" --app --dry-run
  assert_told 'its head is damaged'
  jq --compact-output '.sets = []' "${BATS_TEST_TMPDIR}/good" >"${ONE}/remotes/head.json"
  run -6 --separate-stderr restore --from off-site "${FULL}" --app --dry-run
  assert_told 'its head bears the same number as the one that is remembered'
  rm "${ONE}/remotes/head.json"
  run -6 --separate-stderr restore --from off-site latest --app --dry-run
  assert_told 'its head is missing, and number 2 of '
  mv "${BATS_TEST_TMPDIR}/good" "${ONE}/remotes/head.json.new" # a run was killed while it exchanged them
  run -0 --separate-stderr restore --from off-site latest --app --dry-run
}

@test "a place that never had a head is told as such and accepted, and the next backup writes one" {
  forget_heads
  run -0 --separate-stderr restore --from off-site latest --app --dry-run
  assert_told 'it never had a head'
  run -0 --separate-stderr backup --config
  assert_equal "$(head_at "${ONE}/remotes" '"\(.counter) \(.sets | length)"')" '1 3'
}

@test "the head of another environment is left as it is" {
  jq --compact-output '.environment = "other"' "${ONE}/remotes/head.json" >"${BATS_TEST_TMPDIR}/theirs"
  cp "${BATS_TEST_TMPDIR}/theirs" "${ONE}/remotes/head.json"
  run -0 --separate-stderr backup --config
  assert_told 'remote off-site: the head there is that of another application or environment'
  cmp "${BATS_TEST_TMPDIR}/theirs" "${ONE}/remotes/head.json"
}

@test "a run that is killed before it writes the head alarms nobody, and the next one mends it" {
  stub rclone 'if [[ " $* " == *" copyto "* ]]; then kill_everything; fi; exec "${real}" "$@"'
  run --separate-stderr backup --config
  assert_failure
  rm "${STUBS}/rclone"
  run -0 --separate-stderr backup --list --compare
  assert_equal "$(head_at "${ONE}/remotes" .counter)" 2
  run -0 --separate-stderr backup --sync-remotes
  assert_equal "$(head_at "${ONE}/remotes" '"\(.counter) \(.sets | length)"')" '3 3'
}

@test "where a head cannot be written the sets are safe all the same, and it is told" {
  stub rclone 'if [[ " $* " == *" copyto "* ]]; then printf "Forbidden\n" >&2; exit 1; fi; exec "${real}" "$@"'
  run -0 --separate-stderr backup --config
  assert_told 'remote off-site keeps the head that it has, for a new one could not be written'
  [[ -e ${ONE}/remotes/$(newest_set)/manifest.json ]]
  rm "${STUBS}/rclone"
  run -0 --separate-stderr backup --list --compare
}

@test "a head is signed, and one that is altered or not signed counts as none" {
  ENVIRONMENT=signed
  cp "${SUITE}/signing.key" "${WORLD}/etc/plugspace/backup-signing.key"
  rm -r "${BACKUPS}"
  backup --full 2>/dev/null
  SET="$(newest_set)"
  cp "${ONE}/signed/head.json" "${BATS_TEST_TMPDIR}/good"
  run -0 --separate-stderr restore --from off-site latest --app --dry-run
  fresh_server
  sed 's/"counter":1/"counter":9/' "${BATS_TEST_TMPDIR}/good" >"${ONE}/signed/head.json"
  run -6 --separate-stderr restore --from off-site "${SET}" --app --dry-run
  assert_told 'its head does not bear the signature of a key that the profile names'
  head -n 1 "${BATS_TEST_TMPDIR}/good" >"${ONE}/signed/head.json"
  run -6 --separate-stderr restore --from off-site "${SET}" --app --dry-run
  assert_told 'its head is not signed'
  cp "${BATS_TEST_TMPDIR}/good" "${ONE}/signed/head.json"
  run -0 --separate-stderr restore --from off-site "${SET}" --app --dry-run
}
