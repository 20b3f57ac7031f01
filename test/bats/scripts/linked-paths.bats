load ../support/world.bash

# The directory above the application is a symbolic link: what lies inside is found where it is, not where it is said to be.
setup() {
  new_world
  ENVIRONMENT=files
  mkdir "${WORLD}/srv"
}

link_above_app() {
  mv "${WORLD}/home/plugspace" "${WORLD}/srv/plugspace"
  ln -s ../srv/plugspace "${WORLD}/home/plugspace"
}

@test "a file system that is mounted inside is not carried off by a restore" {
  link_above_app
  take_set --full
  run --separate-stderr isolated '
    mount -t tmpfs tmpfs "$1/srv/plugspace/plugspace/uploads"
    printf "there\n" >"$1/srv/plugspace/plugspace/uploads/mounted"
    status=0
    env -i HOME=/ PATH="$2" TMPDIR="$3" "$4" latest --app --yes || status=$?
    cat "$1/srv/plugspace/plugspace/uploads/mounted"
    exit "${status}"' "${WORLD}" "${STUBS}:${PATH}" "${SCRATCH}" "$(program restore.sh)"
  assert_failure 3
  assert_output 'there'
  assert_one_problem "other file systems are mounted inside ${APP} (${WORLD}/srv/plugspace/plugspace/uploads) and would be carried away"
}

@test "a database that keeps its data inside, by another name of the place" {
  link_above_app
  take_set --full
  mkdir "${APP}/redis"
  SETTING=(REDIS_DATA_DIR="${WORLD}/srv/plugspace/plugspace/redis")
  run --separate-stderr restore latest --app --yes
  assert_failure 3
  assert_told "a database keeps its data in ${WORLD}/srv/plugspace/plugspace/redis, inside ${APP}"
}

@test "backups that lie inside of what is stored, by another name of the place" {
  ENVIRONMENT=linked
  ln -s ../home/plugspace/plugspace "${WORLD}/srv/plugspace"
  remember
  run --separate-stderr backup --full
  assert_one_problem "the backups lie in ${WORLD}/srv/plugspace/backups, inside ${APP}, and each set would hold the sets before it"
  assert_nothing_changed
}

@test "a restore that would carry the backups off, by another name of the place" {
  ENVIRONMENT=linked
  take_set_in_srv
  mv "${WORLD}/srv/plugspace/backups" "${APP}/backups"
  rmdir "${WORLD}/srv/plugspace"
  ln -s ../home/plugspace/plugspace "${WORLD}/srv/plugspace"
  run --separate-stderr restore latest --app --yes
  assert_failure 3
  assert_one_problem "the backups lie in ${WORLD}/srv/plugspace/backups, inside ${APP}, and would be carried away"
}

take_set_in_srv() {
  mkdir "${WORLD}/srv/plugspace"
  run -0 --separate-stderr backup --full
}

@test "a link elsewhere is no obstacle: backup, restore and undo" {
  link_above_app
  run -0 --separate-stderr backup --full
  printf 'spoilt\n' >"${APP}/server.js"
  run -0 --separate-stderr restore latest --app --yes
  assert_equal "$(<"${APP}/server.js")" 'listings'
  run -0 --separate-stderr restore --undo --yes
  assert_equal "$(<"${APP}/server.js")" 'spoilt'
}

@test "a backup directory on a disk that is not mounted, which /etc/fstab names by a link" {
  link_above_app
  printf '%s\n' "/dev/sdb1 ${WORLD}/srv/plugspace/backups ext4 defaults 0 2" >"${BATS_TEST_TMPDIR}/fstab"
  SETTING=(LIBMOUNT_FSTAB="${BATS_TEST_TMPDIR}/fstab")
  run --separate-stderr backup --full
  assert_one_problem "${WORLD}/srv/plugspace/backups, where ${BACKUPS} lies, stands in /etc/fstab and is not mounted"
}
