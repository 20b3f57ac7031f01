load ../support/world.bash

# Two remotes that are directories, so that a test can look into them and meddle with them.
setup() {
  new_world
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  ONE="${WORLD}/remote/one"
  TWO="${WORLD}/remote/two"
  mkdir -p "${ONE}" "${TWO}"
}

# rclone as it is, with something before it.
watch_rclone() { # <Bash text>
  stub rclone "$1"'
exec "${real}" "$@"'
}

same_set_at() { # <directory> <set>
  diff -r "${BACKUPS}/$2" "$1/$2"
}

# Moves the time of every set that is here and there into the past.
age_sets() { # <days>
  local manifest
  for manifest in "${BACKUPS}"/*/manifest.json "${WORLD}"/remote/*/*/*/manifest.json "${BACKUPS}"/.state/remotes/*/*/manifest.json; do
    jq ".ended |= (fromdateiso8601 - $1 * 86400 | todateiso8601)" "${manifest}" >"${manifest}.new"
    mv "${manifest}.new" "${manifest}"
  done
  rm -rf "${BACKUPS}/head.json" "${BACKUPS}/.state/heads" "${WORLD}"/remote/*/*/head.json # they name other manifests
}

# --- Upload

@test "every remote gets the set, its manifest after everything else" {
  watch_rclone 'ls "'"${ONE}"'"/remotes/*/manifest.json >>"'"${BATS_TEST_TMPDIR}"'/published" 2>/dev/null; printf "%s\n" "$*" >>"'"${BATS_TEST_TMPDIR}"'/published"'
  run -0 --separate-stderr backup --full
  SET="$(newest_set)"
  same_set_at "${ONE}/remotes" "${SET}"
  same_set_at "${TWO}/remotes" "${SET}"
  # Nothing was published before the first copy had been compared.
  run -0 awk '/ check /{checked=1} /^\/.*manifest.json$/{exit !checked}' "${BATS_TEST_TMPDIR}/published"
  assert_no_leftovers
  assert_equal "$(ls "${BACKUPS}/.state/in-use")" ''
}

@test "a set that is there already is not sent again, and nothing is ever synced or purged" {
  take_set --full
  watch_rclone ''
  run -0 --separate-stderr backup --sync-remotes
  refute_called '^rclone .* copy --immutable'
  refute_called '^rclone .* (sync|move|purge|delete|cleanup) '
}

@test "--no-remote leaves the set here, and the next run sends both" {
  run -0 backup --full --no-remote
  assert_equal "$(ls "${ONE}")" ''
  run -0 backup --config
  same_set_at "${ONE}/remotes" "$(sets | head -n 1)"
  same_set_at "${ONE}/remotes" "$(newest_set)"
}

@test "a remote that is gone takes nothing from the set or from the other remote" {
  rm -r "${ONE}"
  run -5 --separate-stderr backup --full
  SET="$(newest_set)"
  assert_error_lines "remote off-site: cannot be read, or has no bucket ${ONE}" 'not everything is done at off-site'
  same_set_at "${TWO}/remotes" "${SET}"
  [[ ! -e ${ONE} ]] # no bucket by accident
  mkdir "${ONE}"
  run -0 backup --sync-remotes
  same_set_at "${ONE}/remotes" "${SET}"
}

@test "what lies there under the name of a set is never overwritten" {
  take_set --full --no-remote
  mkdir -p "${ONE}/remotes/${SET}"
  tr '\0-\377' '\1-\377\0' <"${BACKUPS}/${SET}/app.tar.zst" >"${ONE}/remotes/${SET}/app.tar.zst"
  cp "${ONE}/remotes/${SET}/app.tar.zst" "${BATS_TEST_TMPDIR}/theirs"
  run -5 --separate-stderr backup --sync-remotes
  assert_told "${SET} was not uploaded: something else lies there"
  cmp "${BATS_TEST_TMPDIR}/theirs" "${ONE}/remotes/${SET}/app.tar.zst"
  [[ ! -e ${ONE}/remotes/${SET}/manifest.json ]]
  same_set_at "${TWO}/remotes" "${SET}"
}

@test "a set that cannot be uploaded does not keep the others from it" {
  take_set --full --no-remote
  mkdir -p "${ONE}/remotes/${SET}"
  printf 'x%.0s' {1..9} >"${ONE}/remotes/${SET}/app.tar.zst"
  run -5 backup --config
  same_set_at "${ONE}/remotes" "$(newest_set)"
}

@test "a file that was cut off there is sent again" {
  take_set --full --no-remote
  mkdir -p "${ONE}/remotes/${SET}"
  head -c 50 "${BACKUPS}/${SET}/app.tar.zst" >"${ONE}/remotes/${SET}/app.tar.zst"
  : >"${ONE}/remotes/${SET}/manifest.json"
  run -0 --separate-stderr backup --sync-remotes
  assert_regex "$(<"${LOG}")" "${SET} was cut off there"
  same_set_at "${ONE}/remotes" "${SET}"
}

@test "a file that was lost there is sent again" {
  take_set --full
  rm "${ONE}/remotes/${SET}/app.tar.zst"
  run -0 backup --sync-remotes
  same_set_at "${ONE}/remotes" "${SET}"
}

@test "a copy that fails midway leaves no manifest" {
  watch_rclone 'if [[ " $* " == *" copy "* ]] && ! grep -q manifest.json "'"${SCRATCH}"'"/lifeboat.*/files; then
    for last; do :; done; [[ ${last} != OFF_SITE:* ]] || { mkdir -p "${last#OFF_SITE:}"; printf half >"${last#OFF_SITE:}/app.tar.zst"; printf "disk full\n" >&2; exit 1; }; fi'
  run -5 --separate-stderr backup --full
  SET="$(newest_set)"
  assert_told 'copying failed (rclone ended with 1)'
  assert_told '    | disk full'
  [[ ! -e ${ONE}/remotes/${SET}/manifest.json ]]
  same_set_at "${TWO}/remotes" "${SET}"
}

@test "what arrived otherwise than it was sent is no set" {
  watch_rclone 'if [[ " $* " == *" check "*OFF_SITE:* ]]; then printf "1 differences found\n" >&2; exit 1; fi'
  run -5 --separate-stderr backup --full
  assert_told 'what arrived is not what was sent'
  [[ ! -e ${ONE}/remotes/$(newest_set)/manifest.json ]]
}

@test "where the store has no checksum, what arrived is read back" {
  watch_rclone 'if [[ " $* " == *" check "* && " $* " != *" --download "* ]]; then printf "NOTICE: 2 hashes could not be checked\n" >&2; exit 0; fi'
  run -0 backup --full
  assert_called '^rclone .*check --one-way --download .*OFF_SITE:'
  same_set_at "${ONE}/remotes" "$(newest_set)"
}

@test "a run that finds another upload leaves its set to that one" {
  mkdir -p "${BACKUPS}/.state"
  exec 6>"${BACKUPS}/.state/upload.lock"
  flock 6
  run -0 --separate-stderr backup --full
  exec 6>&-
  assert_regex "$(<"${LOG}")" 'another run is uploading'
  assert_equal "$(ls "${ONE}")" ''
  [[ -e ${BACKUPS}/.state/upload.wanted ]]
}

@test "--sync-remotes that finds another upload ends with 4, and claims nothing" {
  take_set --full --no-remote
  exec 6>"${BACKUPS}/.state/upload.lock"
  flock 6
  run -4 --separate-stderr backup --sync-remotes
  exec 6>&-
  assert_told 'ERROR another run is uploading'
  refute_told 'holds what it should'
}

@test "--prune --remote uploads what a backup left to it" {
  take_set --full --no-remote
  # The backup comes while the remote is pruned.
  watch_rclone 'if [[ $1 != version && ! -e ${STUBS}/wanted ]]; then : >"${STUBS}/wanted"; "'"$(program backup.sh)"'" --config >&2 || exit; fi'
  run -0 --separate-stderr backup --prune --remote off-site
  assert_regex "$(<"${LOG}")" 'another run is uploading: it takes this set too'
  same_set_at "${ONE}/remotes" "${SET}"
  same_set_at "${ONE}/remotes" "$(newest_set)"
  same_set_at "${TWO}/remotes" "$(newest_set)"
}

@test "a set that another run removes after it was chosen for upload is no failure" {
  take_set --full --no-remote
  sleep 1
  backup --config --no-remote
  stub tr 'if [[ $1 == "\n" && -d "'"${BACKUPS}/${SET}"'" ]]; then mv "'"${BACKUPS}/${SET}"'" "'"${BACKUPS}/${SET}"'.removing"; fi; exec "${real}" "$@"'
  run -0 --separate-stderr backup --sync-remotes
  same_set_at "${ONE}/remotes" "$(newest_set)"
  [[ ! -e ${ONE}/remotes/${SET} ]]
}

@test "a set that another run removes while it is uploaded is no failure" {
  take_set --full --no-remote
  sleep 1
  backup --config --no-remote
  stub sha256sum 'if [[ -d "'"${BACKUPS}/${SET}"'" ]]; then mv "'"${BACKUPS}/${SET}"'" "'"${BACKUPS}/${SET}"'.removing"; fi; exec "${real}" "$@"'
  run -0 --separate-stderr backup --sync-remotes
  same_set_at "${ONE}/remotes" "$(newest_set)"
  [[ ! -e ${ONE}/remotes/${SET}/manifest.json ]]
}

@test "the next backup need not wait for an upload, and a set that is uploaded stays" {
  watch_rclone 'if [[ " $* " == *" copy "* ]]; then flock --nonblock "'"${BACKUPS}"'/.state/lock" true || exit 99; ls "'"${BACKUPS}"'/.state/in-use" >>"'"${BATS_TEST_TMPDIR}"'/marks"; fi'
  run -0 backup --full
  grep -qE "^$(newest_set)\.[0-9]+$" "${BATS_TEST_TMPDIR}/marks"
}

@test "a signal ends the upload at once, and the set stays" {
  watch_rclone 'if [[ " $* " == *" copy "* ]]; then echo begun >"'"${BATS_TEST_TMPDIR}"'/uploading"; exec sleep 60; fi'
  clean "$(program backup.sh)" --full 2>"${BATS_TEST_TMPDIR}/err" &
  local run=$!
  await_file "${BATS_TEST_TMPDIR}/uploading"
  kill -TERM "$(pgrep --oldest --full "^bash $(program backup.sh)")"
  local status=0
  wait "${run}" || status=$?
  assert_equal "${status}" 143
  [[ -d ${BACKUPS}/$(newest_set) ]]
  assert_equal "$(ls "${BACKUPS}/.state/in-use")" ''
  assert_no_leftovers
}

@test "a dry run asks the remotes and changes nothing" {
  take_set --full --no-remote
  run_and_compare() {
    snapshot >"${BATS_TEST_TMPDIR}/before"
    run -0 --separate-stderr backup --dry-run
    assert_nothing_changed
  }
  run_and_compare
  assert_told 'remote off-site lacks 1 of 1 set(s)'
}

# --- latest

@test "latest holds the newest chain, and the old one leaves when the new one is there" {
  local first second
  backup --full
  first="$(newest_set)"
  printf 'more\n' >>"${APP}/server.js"
  backup --incremental
  assert_equal "$(ls "${ONE}/latest")" "$(sets)"
  # At no time is there a manifest whose parents are not there, nor none at all.
  watch_rclone 'cd "'"${ONE}"'/latest"; found=0; for one in */manifest.json; do
    [[ -e ${one} ]] || continue; found=1
    parent="$(jq -r ".components.app.details.follows // empty" "${one}")"
    jq -r ".components[].file" "${one}" | while read -r file; do [[ -e ${one%/*}/${file} || " $* " == *" deletefile "* ]] || printf "%s lacks %s\n" "${one}" "${file}" >>"'"${BATS_TEST_TMPDIR}"'/broken"; done
    [[ -z ${parent} || -e ${parent}/manifest.json ]] || printf "%s lacks %s\n" "${one}" "${parent}" >>"'"${BATS_TEST_TMPDIR}"'/broken"; done
    ((found)) || printf "nothing\n" >>"'"${BATS_TEST_TMPDIR}"'/broken"'
  backup --full
  second="$(newest_set)"
  assert_equal "$(ls "${ONE}/latest")" "${second}"
  [[ ! -e ${BATS_TEST_TMPDIR}/broken ]] || fail "$(<"${BATS_TEST_TMPDIR}/broken")"
  [[ -e ${ONE}/remotes/${first}/manifest.json ]]
}

@test "a newer chain of another environment there is not taken for ours" {
  local theirs=20990101_000000
  take_set --full --no-remote
  mkdir -p "${ONE}/remotes"
  cp -r "${BACKUPS}/${SET}" "${ONE}/remotes/${theirs}"
  jq ".id = \"${theirs}\" | .environment = \"other\"" "${BACKUPS}/${SET}/manifest.json" >"${ONE}/remotes/${theirs}/manifest.json"
  run -0 --separate-stderr backup --sync-remotes
  assert_equal "$(ls "${ONE}/latest")" "${SET}"
}

@test "what rclone copies from latest is restored here" {
  backup --full
  printf 'more\n' >>"${APP}/server.js"
  backup --incremental
  rm -r "${BACKUPS}"
  cp -r "${ONE}/latest" "${BACKUPS}"
  chmod 700 "${BACKUPS}"
  printf 'ruined\n' >"${APP}/server.js"
  run -0 restore latest --app --yes
  assert_equal "$(<"${APP}/server.js")" $'listings\nmore'
}

# --- Retention there

@test "each remote has a retention of its own, and only what it does not keep leaves" {
  local old
  backup --full
  old="$(newest_set)"
  printf 'of somebody else\n' >"${TWO}/remotes/${old}/notes"
  age_sets 1
  run -0 backup --full
  same_set_at "${ONE}/remotes" "${old}"
  assert_equal "$(ls "${TWO}/remotes/${old}")" 'notes'
  same_set_at "${TWO}/remotes" "$(newest_set)"
}

@test "nothing leaves as long as a set that is kept is not whole there" {
  local old
  backup --full --no-remote
  old="$(newest_set)"
  REMOTE_SET="${TWO}/remotes/${old}"
  run -0 backup --sync-remotes
  age_sets 1
  backup --full --no-remote
  cp -r "${BACKUPS}/$(newest_set)" "${TWO}/remotes/"
  rm "${TWO}/remotes/$(newest_set)/app.tar.zst"
  run -3 --separate-stderr backup --prune --remote second
  assert_told 'no set is removed at second'
  assert_told 'nothing was removed at remote second'
  refute_regex "${stderr}" 'DONE'
  [[ -e ${REMOTE_SET}/manifest.json ]]
}

@test "a manifest that is larger than any of ours is not fetched, and hides no other" {
  take_set --full
  mkdir "${ONE}/remotes/20990101_000000"
  truncate --size=65M "${ONE}/remotes/20990101_000000/manifest.json"
  run -0 --separate-stderr backup --list --remote off-site
  assert_output --partial "${SET}"
  refute_output --partial 20990101_000000
  assert_equal "$(find "${BACKUPS}/.state/remotes" -size +1M)" ''
}

@test "what the caller tells rclone for purposes of their own changes nothing" {
  SETTING+=(RCLONE_DRY_RUN=true RCLONE_CONFIG_OFF_SITE_NOUNC=false RCLONE_MAX_SIZE=1)
  take_set --full
  same_set_at "${ONE}/remotes" "${SET}"
}

@test "a key that may not delete is told, and the set stays a set or is brought to its end" {
  local old
  backup --full
  old="$(newest_set)"
  age_sets 1
  watch_rclone 'if [[ " $* " == *" deletefile "*app.tar.zst* ]]; then printf "Forbidden\n" >&2; exit 1; fi'
  run -5 --separate-stderr backup --full
  assert_told "${old}/app.tar.zst could not be deleted"
  [[ ! -e ${TWO}/remotes/${old}/manifest.json ]]
  rm "${STUBS}/rclone"
  run -0 --separate-stderr backup --prune --remote second
  assert_equal "$(find "${TWO}/remotes" -path "*/${old}*")" ''
}

@test "--prune --remote --dry-run says what would go" {
  backup --full
  age_sets 1
  backup --full --no-remote
  run -0 --separate-stderr backup --prune --remote off-site --dry-run
  assert_output --partial 'kept until '
  snapshot "${ONE}" >"${BATS_TEST_TMPDIR}/before"
  run -0 --separate-stderr backup --prune --remote second --dry-run
  assert_told '0 set(s) would be removed at remote second'
}

# --- Lists

@test "--list --remote shows what is there with one listing, without what has no manifest" {
  backup --full
  mkdir "${ONE}/remotes/20200101_000000" "${ONE}/remotes/holiday"
  cp "${ONE}/remotes/$(newest_set)/app.tar.zst" "${ONE}/remotes/20200101_000000"
  cp -r "${ONE}/remotes/$(newest_set)/." "${ONE}/remotes/holiday"
  backup --list --remote off-site >/dev/null
  watch_rclone ''
  run -0 --separate-stderr backup --list --remote off-site
  assert_line --partial "$(newest_set)"
  assert_line --regexp "^1 set\(s\) in OFF_SITE:${ONE}/remotes, .*: 1 full "
  assert_equal "$(grep -c '^rclone .*--retries' "${CALLS}")" 1
}

@test "--list --remote tells what is not whole there" {
  backup --full
  rm "${ONE}/remotes/$(newest_set)/app.tar.zst"
  run -0 --separate-stderr backup --list --remote off-site
  assert_told "$(newest_set) lacks app.tar.zst there"
  assert_line --regexp "^$(newest_set) +full .* damaged: app\.tar\.zst +kept"
}

@test "--list --remote goes by what is there, not by what is left here" {
  backup --full
  rm -r "${BACKUPS:?}/$(newest_set)"/app.*
  run -0 --separate-stderr backup --list --remote off-site
  assert_line --regexp "^$(newest_set) +full .* complete +kept"
  refute [ "${stderr}" != "${stderr/damaged/}" ]
}

@test "--list --compare shows which set is where" {
  backup --full
  SET="$(newest_set)"
  backup --config --no-remote
  rm "${TWO}/remotes/${SET}/config.tar.zst"
  run -0 backup --list --compare
  assert_line --regexp "^${SET} +full +complete +complete +damaged$"
  assert_line --regexp "^$(newest_set) +config +complete +- +-$"
  run -0 --separate-stderr backup --list --compare --json
  assert_equal "$(jq -r '.[0].places.second' <<<"${output}")" damaged
}

@test "a remote that does not answer ends a list with 5" {
  rm -r "${ONE}"
  run -5 --separate-stderr backup --list --remote off-site
  assert_told 'remote off-site: cannot be read'
  run -5 backup --list --compare
}

# --- Before anything is touched

refused() { # <part of the problem> [option...]
  local text="$1"
  shift
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr backup "$@"
  assert_one_problem "${text}"
  assert_nothing_changed
}

@test "nothing leaves in the clear" {
  ENVIRONMENT=closed
  run -0 backup --full --no-remote
  SETTING+=(REMOTE_ENABLED=true)
  refused 'remote off-site is switched on, and sets are not encrypted' --full
  run -0 backup --config --no-remote
}

@test "REMOTE_ENABLED switches remotes on and off" {
  SETTING+=(REMOTE_ENABLED=false)
  run -0 backup --full
  assert_equal "$(find "${ONE}" "${TWO}" -mindepth 1)" ''
  SETTING+=(REMOTE_ENABLED=perhaps)
  refused "REMOTE_ENABLED is 'perhaps'" --full
}

@test "REMOTE_BUCKET and REMOTE_PATH lead the first remote elsewhere" {
  mkdir "${WORLD}/remote/three"
  printf '%s\n' "REMOTE_BUCKET=${WORLD}/remote/three" REMOTE_PATH=a/b >"${ENV_FILE}"
  run -0 backup --full
  same_set_at "${WORLD}/remote/three/a/b" "$(newest_set)"
  same_set_at "${TWO}/remotes" "$(newest_set)"
  SETTING+=(REMOTE_PATH=../b)
  refused "REMOTE_PATH is '../b'" --full
}

@test "an rclone that is too old" {
  stub rclone 'printf "rclone v1.50.2\n"'
  refused 'rclone v1.50.2 is too old: install rclone 1.53 or newer' --full
}

@test "rclone.conf must be private and hold the remote" {
  ENVIRONMENT=configured
  refused 'etc/rclone.conf, the rclone.conf of remote off-site' --full
  (umask 077 && printf '[another]\ntype = local\n' >"${WORLD}/etc/rclone.conf")
  refused 'holds no remote of the name off-site' --full
  printf '[off-site]\ntype = local\n' >"${WORLD}/etc/rclone.conf"
  chmod 640 "${WORLD}/etc/rclone.conf"
  refused 'holds secrets and has mode 640' --full
  chmod 600 "${WORLD}/etc/rclone.conf"
  SETTING=()
  run -0 backup --full
  same_set_at "${ONE}/configured" "$(newest_set)"
}

@test "an encrypted rclone.conf is opened with RCLONE_CONFIG_PASS, for uploads and downloads" {
  ENVIRONMENT=configured
  local conf="${WORLD}/etc/rclone.conf" line
  (umask 077 && printf '[off-site]\ntype = local\n' >"${conf}")
  # rclone takes a password from a terminal alone.
  for line in s a 'secret words' 'secret words' q q; do
    sleep 0.5
    printf '%s\n' "${line}"
  done | script --quiet --return --command "rclone --config '${conf}' config" /dev/null >/dev/null
  assert_regex "$(<"${conf}")" RCLONE_ENCRYPT_V0
  refused 'where the file is encrypted, write its password as RCLONE_CONFIG_PASS' --full
  SETTING=()
  printf "RCLONE_CONFIG_PASS='secret words'\n" >"${ENV_FILE}"
  chmod 600 "${ENV_FILE}"
  run -0 --separate-stderr backup --full
  same_set_at "${ONE}/configured" "$(newest_set)"
  refute_regex "${stderr}$(<"${LOG}")" 'secret words'
  rm -r "${BACKUPS:?}"
  run -0 --separate-stderr restore --from off-site latest --ssl --into "${WORLD}/look"
}

@test "wrong usage of the options for remotes" {
  local options
  for options in '--list --remote nowhere' '--list --remote' '--remote off-site' '--compare' '--sync-remotes --full' '--prune --no-remote' '--list --sync-remotes'; do
    # shellcheck disable=SC2086 # the options are words
    run -2 backup ${options}
  done
}

# --- Secrets

@test "a secret is known to rclone alone, and to no argument and no log" {
  local secret='s3cr3t/with+signs'
  printf 'RCLONE_CONFIG_OFF_SITE_PASS=%s\n' "${secret}" >"${ENV_FILE}"
  watch_rclone 'env | grep -q "OFF_SITE_PASS=s3cr3t" && printf "%s\n" "$*" >>"'"${BATS_TEST_TMPDIR}"'/knew"
    env | grep -q "SECOND" && printf "%s\n" "$*" >>"'"${BATS_TEST_TMPDIR}"'/second"
    if [[ " $* " == *" copy "*" OFF_SITE:"* ]]; then printf "login with s3cr3t/with+signs refused, https://x.example/?sv=1&sig=abc%%2Bdef&x=1\n" >&2; exit 1; fi'
  stub jq 'env | grep -q s3cr3t && touch "'"${BATS_TEST_TMPDIR}"'/leaked"; exec "${real}" "$@"'
  run -5 --separate-stderr backup --full
  assert_told 'login with *** refused, https://x.example/?sv=1&sig=***&x=1'
  refute_told "${secret}"
  run ! grep -rqF "${secret}" "${LOG}" "${CALLS}" "${BACKUPS}"
  grep -q OFF_SITE: "${BATS_TEST_TMPDIR}/knew"
  run ! grep -q SECOND: "${BATS_TEST_TMPDIR}/knew"
  run ! grep -q OFF_SITE: "${BATS_TEST_TMPDIR}/second"
  [[ ! -e ${BATS_TEST_TMPDIR}/leaked ]]
}

@test "links in .state are not followed" {
  backup --full --no-remote
  ln -s "${WORLD}/etc" "${BACKUPS}/.state/remotes"
  run -3 --separate-stderr backup --sync-remotes
  assert_told '.state/remotes is a symbolic link'
}

# --- What is not whole, and what overlaps

@test "a set that lacks a file here, or has one that rotted, is not called a copy" {
  take_set --full --no-remote
  rm "${BACKUPS}/${SET}/config.tar.zst"
  run -5 --separate-stderr backup --sync-remotes
  assert_told "${SET} was not uploaded: it is damaged here"
  [[ ! -e ${ONE}/remotes/${SET}/manifest.json ]]
  cp -r "${BACKUPS}/${SET}/app.tar.zst" "${BACKUPS}/${SET}/config.tar.zst"
  run -5 --separate-stderr backup --sync-remotes
  [[ ! -e ${ONE}/remotes/${SET}/manifest.json ]]
}

@test "REMOTE_PATH may not lead to where the newest chain is trimmed" {
  local path
  for path in latest latest/sets; do
    SETTING+=("REMOTE_PATH=${path}")
    run -3 --separate-stderr backup --full
    assert_told "REMOTE_PATH leads to ${path}, and the newest chain is kept in latest"
  done
}

@test "a manifest there that cannot be read hides no damage of others" {
  take_set --full
  mkdir "${ONE}/remotes/20200101_000000"
  printf '{"id": "2020' >"${ONE}/remotes/20200101_000000/manifest.json"
  rm "${ONE}/remotes/${SET}/app.tar.zst"
  run -0 --separate-stderr backup --list --remote off-site
  assert_told 'the manifest 20200101_000000/manifest.json that lies there cannot be read'
  assert_told "${SET} lacks app.tar.zst there"
}

@test "when encryption begins a new chain does too, and what is not encrypted stays here" {
  ENVIRONMENT=closed
  take_set --full
  SETTING+=(ENCRYPTION_KEY=a-passphrase-of-length REMOTE_ENABLED=true)
  run -0 --separate-stderr backup
  assert_told "a full set is taken, and no incremental one: sets are encrypted from now on, and ${SET} is not"
  assert_told 'remote off-site: 1 set(s) stay here, for they are not encrypted'
  assert_equal "$(ls "${ONE}/closed")" "$(newest_set)"$'\nhead.json'
  run -0 --separate-stderr backup --sync-remotes
  assert_told 'every remote holds what may leave this host: off-site'
  refute_told 'holds what it should'
}

@test "a set in the middle of a chain that is not encrypted closes it too" {
  local key=ENCRYPTION_KEY=a-passphrase-of-length
  SETTING+=("${key}")
  backup --full --no-remote
  SETTING=("${SETTING[@]/"${key}"/ENCRYPTION_KEY=}")
  take_set --incremental --no-remote
  SETTING+=("${key}")
  run -0 --separate-stderr backup --incremental --no-remote
  assert_told "a full set is taken, and no incremental one: sets are encrypted from now on, and ${SET} is not"
}
