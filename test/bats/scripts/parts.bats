load ../support/world.bash

# The scripts read their parts from the folder that they were copied with. A copy may be under way, cut off, or edited by hand.
setup() {
  new_world
  ENVIRONMENT=files
  COPY="${BATS_TEST_TMPDIR}/infrastructure"
  cp -a "${SUITE}/generated/files/infrastructure" "${COPY}"
}

copied() { clean "${COPY}/backup/backup.sh" "$@"; }

# One that is as it was generated, for another environment.
other_settings() { cp "${SUITE}/generated/sandbox/infrastructure/settings.sh" "${COPY}/settings.sh"; }

# Nothing waits for a copy that never ends.
refused() { # <the part that is named> <command...>
  stub sleep ''
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr "${@:2}"
  assert_failure 3
  assert_regex "${stderr}" "ERROR .*\\($1( and [0-9]+ more)? in ${COPY}\\): copy the whole folder anew; nothing was touched"
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "a part that was edited by hand is told on every run, in the log too, and runs" {
  printf 'info "by hand"\n' >>"${COPY}/lib/env-file.sh"
  sed -i 's/^readonly ZSTD_LEVEL=.*/readonly ZSTD_LEVEL=1/' "${COPY}/settings.sh"
  run --separate-stderr copied --full
  assert_success
  assert_told "edited here, and not what was generated: lib/env-file.sh settings.sh (in ${COPY})"
  grep -q 'WARN .*edited here, and not what was generated: lib/env-file.sh settings.sh' "${LOG}"
  run --separate-stderr clean "${COPY}/backup/restore.sh" latest --app --dry-run
  assert_success
  assert_told 'edited here'
}

@test "what is as it was generated is not told" {
  run --separate-stderr copied --full
  assert_success
  refute_regex "${stderr}" 'edited'
}

@test "a part of another version never runs with the others" {
  other_settings
  refused settings.sh copied --full
  refused settings.sh clean "${COPY}/backup/restore.sh" latest --app --yes
}

@test "a part that was cut off" {
  head -c 300 "${SUITE}/generated/files/infrastructure/lib/log.sh" >"${COPY}/lib/log.sh"
  refused lib/log.sh copied --full
}

@test "a part that is missing" {
  rm "${COPY}/lib/log.sh"
  refused lib/log.sh copied --full
}

@test "no list of the parts, an empty one, and one of other words" {
  rm "${COPY}/parts.sha256"
  refused parts.sha256 copied --full
  : >"${COPY}/parts.sha256"
  refused parts.sha256 copied --full
  printf 'not found\n' >"${COPY}/parts.sha256"
  refused parts.sha256 copied --full
}

@test "a sha256sum that tells nothing has compared nothing" {
  stub sha256sum ''
  refused parts.sha256 copied --full
}

@test "a copy that is under way is waited for" {
  other_settings
  { sleep 2 && cp "${SUITE}/generated/files/infrastructure/settings.sh" "${COPY}/settings.sh"; } 3>&- &
  run --separate-stderr copied --full
  assert_success
  wait
}

@test "parts that are exchanged while they are read never run" {
  stub sha256sum '"${real}" "$@"; status=$?; cp -r '"${SUITE}/generated/sandbox/infrastructure/."' '"${COPY}"'; exit "${status}"'
  run --separate-stderr copied --full
  assert_failure 3
  assert_regex "${stderr}" 'the parts of this script are of different versions'
  assert_equal "$(sets)" ''
}

@test "a script without its parts says so" {
  cp "${COPY}/backup/restore.sh" "${BATS_TEST_TMPDIR}/restore.sh"
  run --separate-stderr clean "${BATS_TEST_TMPDIR}/restore.sh" --help
  assert_failure 3
  assert_equal "${stderr}" "${BATS_TEST_TMPDIR}/restore.sh lacks its parts: copy the whole folder infrastructure, not this file alone"
}

@test "a script finds its parts from any directory, by any name" {
  ln -s "${COPY}/backup/backup.sh" "${BATS_TEST_TMPDIR}/nightly"
  run --separate-stderr clean "${BATS_TEST_TMPDIR}/nightly" --full
  assert_success
  cd "${COPY}/backup"
  run --separate-stderr clean bash backup.sh --list
  assert_success
}

@test "an error names the file and the line in it" {
  sed -i 's/^load_env_file() {$/&\n  false/' "${COPY}/lib/env-file.sh"
  run --separate-stderr copied --full
  assert_failure 1
  assert_told 'stopped in load_env_file, lib/env-file.sh:'
}

@test "a restore leaves the scripts that can undo it, until it is forgotten" {
  local kept
  copied --full 2>/dev/null
  clean "${COPY}/backup/restore.sh" latest --app --yes 2>/dev/null
  kept="$(echo "${BACKUPS}"/.state/restores/*/infrastructure)"
  cmp "${kept}/parts.sha256" "${COPY}/parts.sha256"
  rm -rf "${COPY}"
  run --separate-stderr clean bash "${kept}/backup/restore.sh" --undo --yes
  assert_success
  run --separate-stderr restore --forget --yes
  assert_success
  [[ ! -e ${kept} ]]
}
