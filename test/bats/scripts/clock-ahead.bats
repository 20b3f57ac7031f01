load ../support/world.bash

# A backup is made while the clock is ahead; then the clock is right again.
setup() {
  new_world
  ENVIRONMENT=files
}

# The scripts have another time, and files the real one.
ahead() { # <offset> <command...>
  local -a SETTING=("${SETTING[@]}" LD_PRELOAD="$(library)" FAKETIME="$1" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
  "${@:2}"
}

library() {
  local program
  program="$(sed -n 's/^# target: //p' "$(type -P faketime)")"
  find "$(realpath "${program%/*}/../lib")" -path '*faketime/libfaketime.so.1'
}

@test "a set of the future stops a backup, and is not what latest means" {
  ahead +2h take_set --full
  run --separate-stderr backup --full
  assert_failure 3
  assert_told "but the newest set is ${SET}: correct the clock"
  run --separate-stderr restore latest --app --yes
  assert_failure 3
  assert_told "${SET} in ${BACKUPS} bears a time that is still to come, so that what latest means is not known"
  run -0 --separate-stderr restore "${SET}" --app --yes
  ahead +3h restore latest --app --yes
}

@test "what a set of the future held is stored again when it was moved away, and is told until a full set has it" {
  local away
  take_set --full
  printf 'changed\n' >"${APP}/server.js"
  printf 'changed {}\n' >"${WORLD}/etc/nginx/nginx.conf"
  ahead +2h take_set --incremental
  away="${SET}"
  mv "${BACKUPS}/${away}" "${BATS_TEST_TMPDIR}/away"

  run -0 --separate-stderr backup --config --if-changed
  assert_equal "$(sets | wc -l)" 2
  assert_told "WARN  the clock was ahead here, up to ${away}:"
  run -0 --separate-stderr backup --config --if-changed
  assert_equal "$(sets | wc -l)" 2
  take_set --incremental
  zstd -qdc "${BACKUPS}/${SET}/app.tar.zst" | tar -xO --wildcards '*/server.js' | grep -x changed
  for action in --list --prune; do
    run -0 --separate-stderr backup "${action}"
    assert_told "WARN  the clock was ahead here, up to ${away}:"
  done
  run -0 --separate-stderr backup --full
  run -0 --separate-stderr backup
  refute_told 'the clock was ahead'
  run -0 --separate-stderr backup --list
  refute_told 'the clock was ahead'
}

@test "a set of the future at a remote is not the newest chain there, and removes nothing" {
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  mkdir -p "${WORLD}"/remote/{one,two}
  take_set --full
  cp -a "${BACKUPS}" "${BATS_TEST_TMPDIR}/backups"
  ahead +2h take_set --full
  rm -r "${BACKUPS}"
  mv "${BATS_TEST_TMPDIR}/backups" "${BACKUPS}"
  rm -r "${WORLD}"/remote/one/latest/*
  cp -a "${BACKUPS}"/2* "${WORLD}/remote/one/latest"
  run -0 --separate-stderr backup
  assert_told "remote off-site: latest stays as it is, for ${SET} at remotes bears a time that is still to come"
  assert_equal "$(ls "${WORLD}/remote/one/latest")" "$(sets | head -n 1)"
  run --separate-stderr restore --from off-site latest --app --dry-run
  assert_failure 3
  assert_told "${SET} in OFF_SITE:${WORLD}/remote/one/remotes bears a time that is still to come"
}
