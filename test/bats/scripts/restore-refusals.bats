load ../support/world.bash

# One good full set, made once. Each test damages its copy, and nothing may be restored from it.
setup_file() { take_set_for_file sandbox --full; }
setup() { new_world; reuse_set; DAMAGED="${BACKUPS}/${SET}"; }

# The restore ends with this status and these errors, and nothing was touched: not the sets, not what runs, not a service.
refused() { # <status> <part of each error...>
  local wanted="$1"
  shift
  remember
  run --separate-stderr restore "${WANTED_SET:-${SET}}" --all --yes
  assert_equal "${status}" "${wanted}"
  assert_error_lines "$@"
  assert_told 'nothing was touched'
  [[ ! -e ${WORLD}/calls ]] || fail "a service was asked: $(<"${WORLD}/calls")"
  assert_nothing_changed
}

damaged() { # <part of each error...>
  refused 6 "$@" "what was asked for is not what its manifests say: choose another set, or fetch this one again from another location" 'nothing was touched'
}

# --- Which set ---

@test "a set that does not exist, with the names of those that do" {
  WANTED_SET=20260104_030000
  refused 3 "there is no set 20260104_030000 in ${BACKUPS}; the newest are: ${SET}; nothing was touched"
}

@test "a set that does not exist, where there is none at all" {
  rm -r "${BACKUPS:?}"/2*
  WANTED_SET=20260104_030000
  refused 3 "there is no set 20260104_030000 in ${BACKUPS}; the newest are: none; nothing was touched"
}

@test "latest where there is no set, and never was one" {
  rm -r "${BACKUPS:?}"/{2*,head.json,.state/heads}
  WANTED_SET=latest
  refused 3 "no set in ${BACKUPS} holds config ssl app redis mongodb: look with 'backup.sh --list', or copy a set there from another location"
}

@test "latest where no backup directory is" {
  rm -r "${BACKUPS}"
  WANTED_SET=latest
  refused 3 "no set in ${BACKUPS} holds "
}

@test "latest passes over newer sets without the component" {
  edit_manifest '.'
  cp -a "${DAMAGED}" "${BACKUPS}/20990101_000000"
  jq '.id = "20990101_000000" | .components |= {config}' "${DAMAGED}/manifest.json" >"${BACKUPS}/20990101_000000/manifest.json"
  run --separate-stderr restore latest --app --dry-run
  assert_success
  assert_told "latest means ${SET}"
}

@test "a partial set, by its name" {
  mv "${DAMAGED}" "${DAMAGED}.partial"
  remember
  run --separate-stderr restore "${SET}" --all --yes
  assert_failure 6
  assert_error_lines "${SET} was never finished: there is only ${SET}.partial; choose another set with 'backup.sh --list'" 'nothing was touched'
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "a partial set, by the name of its directory" {
  mv "${DAMAGED}" "${DAMAGED}.partial"
  remember
  run --separate-stderr restore "${SET}.partial" --all --yes
  assert_failure 6
  assert_told "${SET} was never finished"
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "a component that the set does not hold" {
  edit_manifest 'del(.components.ssl)'
  refused 3 "${SET} holds no ssl, only app config mongodb redis: choose a set that does with 'backup.sh --list', or leave --ssl out" 'preflight found 1 problem(s)'
}

# --- Its files ---

for component in mongodb.tar redis.rdb app.tar; do
  bats_test_function --description "${component}.zst is missing" -- missing_file "${component}"
  bats_test_function --description "${component}.zst has one bit that is wrong" -- flipped_bit "${component}"
  bats_test_function --description "${component}.zst was cut off" -- cut_off "${component}"
  bats_test_function --description "${component}.zst has zero bytes" -- emptied "${component}"
done

missing_file() {
  rm "${DAMAGED}/$1.zst"
  damaged "${SET}/${1%.*} is missing ($1.zst)"
}

flipped_bit() {
  local byte
  byte="$(od --address-radix=n --format=u1 --skip-bytes=50 --read-bytes=1 "${DAMAGED}/$1.zst")"
  printf "\\x$(printf %x $((byte ^ 1)))" | dd of="${DAMAGED}/$1.zst" bs=1 seek=50 conv=notrunc status=none
  damaged "${SET}/${1%.*} has the checksum "
}

cut_off() {
  truncate --size=-10 "${DAMAGED}/$1.zst"
  damaged "${SET}/${1%.*} has "
  assert_told 'it was cut off or changed'
}

emptied() {
  : >"${DAMAGED}/$1.zst"
  damaged "${SET}/${1%.*} has 0 bytes, its manifest says "
}

@test "two files are swapped" {
  mv "${DAMAGED}/app.tar.zst" "${DAMAGED}/x"
  mv "${DAMAGED}/ssl.tar.zst" "${DAMAGED}/app.tar.zst"
  mv "${DAMAGED}/x" "${DAMAGED}/ssl.tar.zst"
  damaged "${SET}/ssl has " "${SET}/app has "
}

@test "two files are swapped, and the manifest says so" {
  edit_manifest '.components |= (. as $old | .app.file = $old.ssl.file | .ssl.file = $old.app.file)'
  damaged "${SET}/ssl is missing (app.tar.zst)" "${SET}/app is missing (ssl.tar.zst)"
}

@test "every damaged file is told, not the first alone" {
  rm "${DAMAGED}/redis.rdb.zst"
  : >"${DAMAGED}/app.tar.zst"
  truncate --size=-1 "${DAMAGED}/mongodb.tar.zst"
  damaged '/app has 0 bytes' '/redis is missing' '/mongodb has '
}

@test "a file that is no archive, with a manifest that was made to fit" {
  printf 'no archive, but long enough to be one\n' >"${DAMAGED}/ssl.tar.zst"
  edit_manifest ".components.ssl.bytes = $(stat --format=%s "${DAMAGED}/ssl.tar.zst") | .components.ssl.sha256 = \"$(sha256sum <"${DAMAGED}/ssl.tar.zst" | cut -d' ' -f1)\""
  remember
  run --separate-stderr restore "${SET}" --all --dry-run
  assert_failure 6
  assert_told "${SET}/ssl cannot be opened to its end although its checksum is right: its manifest was changed too"
  assert_told "| zstd: "
  assert_nothing_changed
}

# --- What is unpacked is measured ---

# 64 MiB behind what a component held, in a few kB; the manifest fits, but for the length that it always said.
inflate() { # <component>
  local file
  file="${DAMAGED}/$(manifest_of "${SET}" ".components.$1.file")"
  { zstd -dc "${file}"; head -c 64M /dev/zero; } | zstd -q -19 >"${BATS_TEST_TMPDIR}/bomb"
  replace "$1" "${BATS_TEST_TMPDIR}/bomb"
}

# Puts another file in the place of a component, with a manifest that was made to fit.
replace() { # <component> <file>
  cp "$2" "${DAMAGED}/$(manifest_of "${SET}" ".components.$1.file")"
  edit_manifest ".components.$1 |= (.bytes = $(stat -c %s "$2") | .sha256 = \"$(sha256sum "$2" | cut -d' ' -f1)\")"
}

for component in config ssl app redis mongodb; do
  bats_test_function --description "a bomb in ${component} is stopped at the length that its manifest says, on a disk that could not hold it" -- bomb_is_stopped "${component}"
  bats_test_function --description "${component} that is shorter than its manifest says" -- short_is_refused "${component}"
done

bomb_is_stopped() { # <component>
  local length
  inflate "$1"
  length="$(manifest_of "${SET}" ".components.$1.rawBytes")"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" "--$1" --dry-run
  assert_equal "${status}" 6
  assert_told "${SET}/$1 holds more than the ${length} bytes that its manifest says"
  run --separate-stderr restore "${SET}" "--$1" --into "${WORLD}/into" --yes
  assert_equal "${status}" 6
  assert_told "ERROR ${SET}/$1 holds more than the ${length} bytes that its manifest says, and was not unpacked further"
  refute_told DONE
  (($(du --summarize --block-size=1M "${WORLD}/into" | cut -f1) < 8)) || fail "$(du -h "${WORLD}/into")"
  rm -r "${WORLD}/into"
  run --separate-stderr restore "${SET}" "--$1" --yes
  assert_equal "${status}" 6
  assert_sets_unchanged
}

short_is_refused() { # <component>
  edit_manifest ".components.$1.rawBytes += 1"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" "--$1" --dry-run
  assert_equal "${status}" 6
  assert_told ' bytes, its manifest says '
  run --separate-stderr restore "${SET}" "--$1" --yes
  assert_equal "${status}" 6
  assert_told ' bytes, its manifest says '
  assert_sets_unchanged
}

@test "a manifest that does not say how much a file holds" {
  edit_manifest '.components.config.rawBytes = -1'
  refused 6 "the manifest of ${SET} does not say how much its config holds, unpacked: it was changed" 'nothing was touched'
}

@test "a file that is a directory" {
  rm "${DAMAGED}/ssl.tar.zst"
  mkdir "${DAMAGED}/ssl.tar.zst"
  damaged "${SET}/ssl is missing (ssl.tar.zst)"
}

@test "damage in a component that is not asked for is no obstacle" {
  : >"${DAMAGED}/mongodb.tar.zst"
  run --separate-stderr restore "${SET}" --ssl --dry-run
  assert_success
}

# --- Its manifest ---

@test "the manifest is missing" {
  rm "${DAMAGED}/manifest.json"
  refused 6 "${SET} has no manifest.json, so nothing says what it should hold: choose another set" 'nothing was touched'
}

broken_manifest() { # <content>
  printf '%s' "$1" >"${DAMAGED}/manifest.json"
  refused 6 "${DAMAGED}/manifest.json is not a manifest: it is damaged or cut off; choose another set" 'nothing was touched'
}

bats_test_function --description "the manifest is not JSON" -- broken_manifest 'hello'
bats_test_function --description "the manifest has zero bytes" -- broken_manifest ''
bats_test_function --description "the manifest is a list" -- broken_manifest '[]'
bats_test_function --description "the manifest has no components" -- broken_manifest '{"format": 1}'
bats_test_function --description "the manifest has components that are a text" -- broken_manifest '{"format":1,"components":"x"}'

@test "the manifest was cut off" {
  truncate --size=-30 "${DAMAGED}/manifest.json"
  refused 6 "${DAMAGED}/manifest.json is not a manifest: it is damaged or cut off; choose another set" 'nothing was touched'
}

@test "the manifest is of a newer format" {
  edit_manifest '.format = 3'
  refused 3 "${SET} has format 3, this restore.sh reads formats 1 and 2: use the restore.sh that was generated with a newer lifeboat; nothing was touched"
}

@test "the manifest says no format" {
  edit_manifest 'del(.format)'
  refused 3 "${SET} has format null, this restore.sh reads formats 1 and 2"
}

@test "the manifest is of another set" {
  edit_manifest '.id = "20260104_030000"'
  refused 6 "is the manifest of 20260104_030000" 'nothing was touched'
}

@test "the set is of another application" {
  edit_manifest '.application = "shop"'
  refused 3 "${SET} is of the application 'shop', this script restores 'plugspace': use that application's restore.sh; nothing was touched"
}

@test "the set was made in another environment: that is a warning" {
  edit_manifest '.environment = "staging"'
  run --separate-stderr restore "${SET}" --ssl --dry-run
  assert_success
  assert_told "WARN  ${SET} was made in the environment 'staging', this is 'sandbox'"
}

outside_file() { # <file as the manifest names it>
  mkdir -p "${WORLD}/outside"
  cp "${DAMAGED}/ssl.tar.zst" "${WORLD}/outside/ssl.tar.zst"
  cp "${DAMAGED}/ssl.tar.zst" "${BACKUPS}/ssl.tar.zst"
  edit_manifest ".components.ssl.file = \"$1\""
  damaged "${SET}/ssl is missing ($1)"
}

bats_test_function --description "the manifest names a file above the set" -- outside_file ../ssl.tar.zst
bats_test_function --description "the manifest names a file by a path that climbs" -- outside_file ssl.tar.zst/../../ssl.tar.zst
bats_test_function --description "the manifest names an absolute file" -- outside_file /etc/passwd

outside_path() { # <path as the manifest names it>
  # A dry run: a guard that fails must not be let loose on this machine.
  edit_manifest ".components.ssl.details.paths = [\"$1\"]"
  remember
  run --separate-stderr restore "${SET}" --ssl --dry-run
  assert_failure 6
  assert_error_lines "${SET}: the manifest names a path that is not absolute and plain: " 'nothing was touched'
  assert_nothing_changed
}

bats_test_function --description "the manifest names a relative path" -- outside_path ../x
bats_test_function --description "the manifest names a path that climbs" -- outside_path /etc/../x
bats_test_function --description "the manifest names a path that ends in a climb" -- outside_path /etc/..
bats_test_function --description "the manifest names a path with a dot" -- outside_path /etc/./x
bats_test_function --description "the manifest names the root" -- outside_path /

bats_test_function --description "the manifest names a path with two slashes" -- outside_path /etc//x
bats_test_function --description "the manifest names a path with a slash at its end" -- outside_path /etc/x/
bats_test_function --description "the manifest names a path with a tab" -- outside_path '/etc/a\tb'
bats_test_function --description "the manifest names a path with a line feed" -- outside_path '/etc/a\nb'

@test "the manifest names no path" {
  edit_manifest '.components.ssl.details.paths = []'
  remember
  run --separate-stderr restore "${SET}" --ssl --dry-run
  assert_failure 6
  assert_nothing_changed
}

@test "the manifest names a path that the listing does not" {
  edit_manifest ".components.ssl.details.paths += [\"${WORLD}/etc/nginx\"]"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" --ssl --yes
  assert_failure 6
  assert_told "| it does not list ${WORLD}/etc/nginx, which the manifest names"
  assert_error_lines "the listing of ssl in ${SET} is none that a backup writes; see above: choose another set" 'nothing was touched'
  assert_sets_unchanged
}

# --- A newest set that cannot be used ---

newest_unusable() { # <command that spoils the set, run in its directory>
  local old="${SET}"
  copy_set_as 20200101_000000
  (cd "${DAMAGED}" && "$@")
  WANTED_SET=latest
  refused 6 "${old} in ${BACKUPS} is newer than 20200101_000000 and cannot be used, for its manifest.json is missing or damaged: what latest means is not known; name the set" 'nothing was touched'
  run --separate-stderr restore 20200101_000000 --ssl --into "${BATS_TEST_TMPDIR}/look"
  assert_success
  run --separate-stderr backup --list
  assert_told "WARN  ${old} in ${BACKUPS} has the name of a set and is none"
  run --separate-stderr backup --prune --dry-run
  assert_told "WARN  ${old} in ${BACKUPS} has the name of a set and is none"
  [[ -d ${DAMAGED} ]]
}

bats_test_function --description "latest, where the newest set has no manifest" -- newest_unusable rm manifest.json
bats_test_function --description "latest, where one byte of the newest manifest is wrong" -- newest_unusable sed -i '1s/{/[/' manifest.json
bats_test_function --description "latest, where the newest directory is empty" -- newest_unusable find . -type f -delete

@test "a backup builds on no set that lacks a file, and the list tells it" {
  rm "${DAMAGED}/app.tar.zst"
  run -0 --separate-stderr backup --incremental
  assert_told "WARN  a full set is taken, and no incremental one: ${SET}, on which it would build, is damaged: app.tar.zst is missing or has not the size that its manifest says"
  run -0 --separate-stderr backup --list
  assert_told "WARN  ${SET} is damaged: app.tar.zst is missing or has not the size that its manifest says"
  assert_line --regexp "^${SET} +full .* damaged: app\\.tar\\.zst +kept"
  run -0 --separate-stderr backup --list --json
  assert_equal "$(jq --raw-output '.[0].chain, .[1].chain' <<<"${output}")" $'damaged: app.tar.zst\ncomplete'
}

# --- A listing, or an archive, that somebody made to fit its manifest ---

# Changes what a file of the set holds, unpacked, by a filter, and what the manifest says of it.
forge() { # <component of the manifest> <filter...>
  local component="$1" file="${DAMAGED}/$1.zst"
  shift
  if [[ ! -f ${file} ]]; then
    file="${DAMAGED}/${component}.tar.zst"
  fi
  zstd -qdc "${file}" | "$@" >"${BATS_TEST_TMPDIR}/forged"
  zstd -qfc "${BATS_TEST_TMPDIR}/forged" >"${file}"
  edit_manifest ".components[\"${component}\"] += {bytes: $(stat --format=%s "${file}"), rawBytes: $(stat --format=%s "${BATS_TEST_TMPDIR}/forged"), sha256: \"$(sha256sum <"${file}" | cut -d' ' -f1)\"}"
}

forged_listing() { # <reason> <sed expression>
  forge ssl.files sed "$2"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" --ssl --yes
  assert_failure 6
  assert_told "$1"
  assert_told "the listing of ssl in ${SET} is none that a backup writes"
  assert_sets_unchanged
  [[ ! -e /tmp/lifeboat-outside ]]
}

bats_test_function --description "a listing with an absolute path" -- forged_listing 'names a path that is not plain: /tmp/lifeboat-outside' '$ s|^[^\t]*|/tmp/lifeboat-outside|'
bats_test_function --description "a listing with a path that climbs" -- forged_listing 'names a path that is not plain' '$ s|letsencrypt/|letsencrypt/../|'
bats_test_function --description "a listing with a path outside its component" -- forged_listing 'lies in no directory of the listing' '$ s|^[^\t]*|zzz/lifeboat-outside|'
bats_test_function --description "a listing with a path behind a link" -- forged_listing 'lies in no directory of the listing' '$ { p; s|^[^\t]*|&/passwd|; s|\tl|\t-| }'
bats_test_function --description "a listing with a set that the manifest does not name" -- forged_listing 'names a set that the manifest does not' '$ s|[0-9_]*$|20200101_000000|'
bats_test_function --description "a listing that leaves a link to another set" -- forged_listing 'names a set that the manifest does not' '2,$ { /\tl/ s|[0-9_]*$|20200101_000000| }'
bats_test_function --description "a listing out of order" -- forged_listing 'is out of order' '$ { p; s|.*|&| }'
bats_test_function --description "a listing of another form" -- forged_listing 'its first line is not that of a listing' '1 s|size|bytes|'
bats_test_function --description "a listing without its first path" -- forged_listing 'lies in no directory of the listing' '2d'

@test "a set without its listing" {
  rm "${DAMAGED}/app.files.zst"
  damaged "${SET}/app.files is missing (app.files.zst)"
}

# An archive in the place of that of the certificates, with members that a listing did not ask for, or asked for as something else.
forged_archive() { # <Python statements that change the member m; return None to leave it out>
  forge ssl python3 -c '
import io, sys, tarfile
source = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
target = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)
def member(name, type=tarfile.REGTYPE, link="", mode=0o644):
    m = tarfile.TarInfo(name)
    m.type, m.linkname, m.mode = type, link, mode
    target.addfile(m, io.BytesIO(b""))
for m in source:
    data = source.extractfile(m) if m.isreg() else None
    exec(sys.argv[1])
    if m is not None: target.addfile(m, data)
target.close()' "$1"
}

hostile_archive() { # <Python statements>
  mkdir "${WORLD}/outside"
  printf 'secret\n' >"${WORLD}/outside/file"
  forged_archive "$1"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" --ssl --yes
  [[ ${status} == 1 || ${status} == 6 ]] || fail "ended with ${status}: ${stderr}"
  assert_sets_unchanged
  run --separate-stderr restore "${SET}" --ssl --into "${BATS_TEST_TMPDIR}/look"
  [[ ${status} == 1 || ${status} == 6 ]] || fail "ended with ${status}: ${stderr}"
  rm -r "${BATS_TEST_TMPDIR}/look"
  assert_sets_unchanged
}

bats_test_function --description "a file that is a link to elsewhere" -- hostile_archive 'if m.isreg(): m.type, m.linkname, m.size, data = tarfile.SYMTYPE, "/etc/passwd", 0, None'
bats_test_function --description "a file that is a hard link to elsewhere, through a link" -- hostile_archive '
if m.isdir() and m.name.endswith("letsencrypt"): outside = m.name[:-len("etc/letsencrypt")] + "outside"; member(m.name + "/way", tarfile.SYMTYPE, "/" + outside)
if m.isreg(): m.type, m.linkname, m.size, data = tarfile.LNKTYPE, outside.replace("outside", "etc/letsencrypt/way/file"), 0, None'
bats_test_function --description "a directory that is a link to elsewhere" -- hostile_archive '
if m.isdir() and m.name.endswith("letsencrypt"): outside = m.name[:-len("etc/letsencrypt")] + "outside"
if m.isdir() and m.name.endswith("archive"): m.type, m.linkname = tarfile.SYMTYPE, "/" + outside'
bats_test_function --description "a file that is a device" -- hostile_archive 'if m.isreg(): m.type, m.size, m.devmajor, m.devminor, data = tarfile.CHRTYPE, 0, 1, 3, None'
bats_test_function --description "a file with the rights of root" -- hostile_archive 'if m.isreg(): m.mode = 0o4755'
bats_test_function --description "a file that is missing" -- hostile_archive 'if m.isreg(): m = None'
bats_test_function --description "a file of another size" -- hostile_archive 'if m.isreg(): m.size = 1'
bats_test_function --description "a link with another target" -- hostile_archive 'if m.issym(): m.linkname = "/etc/shadow"'
bats_test_function --description "a directory of another mode" -- hostile_archive 'if m.isdir(): m.mode = 0o777'

bats_test_function --description "a directory that follows the files" -- hostile_archive '
if m.isdir() and m.name.endswith("archive"): late = m; m = None
elif m.isreg() and late: target.addfile(m, data); m, data, late = late, None, None'

hostile_leading() { # <bytes> <reason>
  edit_manifest ".components.ssl.details.leading = $1"
  remember snapshot_of_sets
  run --separate-stderr restore "${SET}" --ssl --yes
  assert_failure 6
  assert_told "$2"
  assert_sets_unchanged
}

bats_test_function --description "directories that end before their time" -- hostile_leading 512 'the directories and links of'
bats_test_function --description "more directories than there is archive" -- hostile_leading 99999999 'bytes of ssl are directories and links'
bats_test_function --description "directories that have no number" -- hostile_leading '"a[$(touch /tmp/lifeboat-outside)]"' 'holds no number where one belongs'

@test "a set that does not say where its directories end is restored by a second look at its archive" {
  edit_manifest 'del(.components[].details.leading?)'
  run -0 --separate-stderr restore "${SET}" --ssl --into "${BATS_TEST_TMPDIR}/look"
  diff --recursive --no-dereference "${WORLD}/etc/letsencrypt" "${BATS_TEST_TMPDIR}/look/ssl${WORLD}/etc/letsencrypt"
}

@test "members that no listing asks for are not unpacked" {
  forged_archive 'if m.isdir() and m.name.endswith("letsencrypt"): member("../lifeboat-outside"); member("/tmp/lifeboat-outside"); member(m.name + "/stranger", mode=0o4755)'
  edit_manifest '.components.ssl |= (.details.leading = .rawBytes)'
  run -0 --separate-stderr restore "${SET}" --ssl --into "${BATS_TEST_TMPDIR}/look"
  assert_equal "$(find "${BATS_TEST_TMPDIR}" /tmp -maxdepth 6 \( -name lifeboat-outside -o -name stranger \) 2>/dev/null)" ''
}
