load ../support/world.bash

# What others wrote - manifests, listings, names of files - reaches a terminal only as words, and no number of theirs a tool.
setup_file() { take_set_for_file files --full; }
setup() {
  new_world
  ENVIRONMENT=files
  reuse_set
}

# Colours, a new title and a line that was never said, in one byte and in two.
HOSTILE='\u001b[31mred\u001b]0;title\u0007\u009b2J\r\nforged\u007f\b'

assert_plain() {
  local seen
  seen="$(printf '%s\n%s' "${output}" "${stderr}" | LC_ALL=C grep --text --line-number $'[\x01-\x08\x0b-\x1f\x7f]\\|\xc2[\x80-\x9f]' || :)"
  assert_equal "${seen}" ''
  refute_regex "${output}"$'\n'"${stderr}" $'\nforged'
}

# Each text of the manifest that --list shows.
hostile_manifest() { # <file>
  jq '.application = "'"${HOSTILE}"'" | .type = "x'"${HOSTILE}"'" | .parent = "'"${HOSTILE}"'" | .started = "'"${HOSTILE}"'"
    | .ended = "'"${HOSTILE}"'" | .format = "'"${HOSTILE}"'"' "$1" >"${BATS_TEST_TMPDIR}/hostile.json"
  cat "${BATS_TEST_TMPDIR}/hostile.json" >"$1"
}

@test "--list and --prune of a manifest with control characters show them as question marks" {
  copy_set_as 20260104_030000
  hostile_manifest "${BACKUPS}/20260104_030000/manifest.json"
  run -0 --separate-stderr backup --list
  assert_line --regexp '^20260104_030000  +x\?\[31mred'
  assert_plain
  run -0 --separate-stderr backup --list --json
  assert_plain
  run --separate-stderr backup --prune --dry-run
  assert_output --partial '20260104_030000'
  assert_plain
}

@test "a restore of a manifest with control characters says what is wrong, and nothing that a terminal obeys" {
  edit_manifest '.application = "'"${HOSTILE}"'"'
  run --separate-stderr restore "${SET}" --app --dry-run
  assert_equal "${status}" 3
  assert_told "of the application '?[31mred"
  assert_plain
  refute_regex "$(<"${LOG}")" $'\e'
}

@test "--list --remote and --compare of a hostile remote" {
  ENVIRONMENT=remotes
  mkdir -p "${WORLD}/remote/one/remotes" "${WORLD}/remote/two"
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  cp -a "${BACKUPS}/${SET}" "${WORLD}/remote/one/remotes"
  hostile_manifest "${WORLD}/remote/one/remotes/${SET}/manifest.json"
  run -0 --separate-stderr backup --list --remote off-site
  assert_line --partial '?[31mred'
  assert_plain
  run -0 --separate-stderr backup --list --compare --remote off-site
  assert_line --partial "${SET}"
  assert_plain
  run --separate-stderr restore --from off-site latest --app --dry-run
  assert_failure
  assert_plain
}

@test "names of files with control characters, in --diff, --find and the plan" {
  printf 'a\n' >"${APP}/"$'\e[31mred\nforged'
  printf 'b\n' >"${APP}/"$'\xc2\x9b2J grün'
  take_set --full
  run -0 --separate-stderr backup --diff
  assert_output --partial 'grün'
  assert_plain
  run -0 --separate-stderr restore --find '*red*'
  assert_output --partial 'red'
  assert_plain
  run -0 --separate-stderr restore --find '*grün'
  assert_output --partial '?2J grün'
  assert_plain
  run --separate-stderr restore latest --app --path '*red*' --dry-run
  assert_equal "${status}" 3
  assert_error_lines 'the name of /' 'preflight found 1 problem'
  assert_plain
  run -0 --separate-stderr restore latest --app --diff
  assert_plain
}

# With a checksum that fits, as who writes a manifest has it.
@test "a listing that no backup wrote, in --find and --diff" {
  local listing="${BACKUPS}/${SET}/app.files.zst" kept="${BACKUPS}/.state/listings/${SET}.app.zst"
  zstd -qdc "${listing}" | sed $'s/photo\\\\040/\e[31mred/; s/photo/\e[31mred/; 3s/\t-/\t\e]0;x\a-/' >"${BATS_TEST_TMPDIR}/listing"
  zstd -qc "${BATS_TEST_TMPDIR}/listing" | tee "${listing}" >"${kept}"
  edit_manifest '.components["app.files"] |= (.sha256 = "'"$(sha256sum <"${listing}" | cut -d' ' -f1)"'" | .bytes = '"$(stat --format=%s "${listing}")"'
    | .rawBytes = '"$(stat --format=%s "${BATS_TEST_TMPDIR}/listing")"' | .details.sha256 = "'"$(sha256sum <"${BATS_TEST_TMPDIR}/listing" | cut -d' ' -f1)"'")'
  run -0 --separate-stderr restore --find '**'
  assert_output --partial '?[31mred'
  assert_plain
  run -0 --separate-stderr restore "${SET}" --app --diff
  assert_output --partial '?[31mred'
  assert_plain
}

@test "numbers that no file has are refused in plain words, and end in no message of a tool" {
  local number
  for number in -1 1e30 1.5 '"7"' '"\u001b[31m"' null '[]' '{"a":1}' true; do
    edit_manifest ".components.app.rawBytes = ${number}"
    run --separate-stderr restore "${SET}" --app --dry-run
    assert_equal "${status}" 6
    assert_told "the manifest of ${SET} does not say how much its app holds, unpacked"
    refute_regex "${stderr}" 'numfmt|jq:'
    assert_plain
    run -0 --separate-stderr backup --show-sizes
    assert_output --partial ': ? bytes were packed'
    assert_plain
    edit_manifest '.components.app.rawBytes = 10240'
    edit_manifest ".components.app.bytes = ${number}"
    run --separate-stderr backup --list
    assert_told "${SET} in ${BACKUPS} has the name of a set and is none"
    assert_plain
    edit_manifest ".components.app.bytes = 1 | .components.app.details.bytes = ${number}"
    run --separate-stderr restore "${SET}" --app --dry-run
    assert_equal "${status}" 6
    refute_regex "${stderr}" 'numfmt|jq:'
    cp "${BATS_FILE_TMPDIR}/backups/${SET}/manifest.json" "${BACKUPS}/${SET}/manifest.json"
  done
}

# To the patterns of jq a text with a line feed at its end would be the same.
@test "the name of a file that ends with a line feed is no name" {
  edit_manifest '.components.app.file = "app.tar.zst\n"'
  run --separate-stderr restore "${SET}" --app --dry-run
  assert_equal "${status}" 6
  assert_told "${SET}/app is missing (app.tar.zst?)"
}
