load ../support/world.bash

# Each test has a host of its own, as far as the script changes one: what it starts sees these in the place of the real ones. The
# folder that is copied lies at /mnt, where by itself nobody but root may write. (Who is not root cannot set up anything.)
setup() {
  ENVIRONMENT=files
  new_world
  HOST="${BATS_TEST_TMPDIR}/host"
  mkdir -p "${HOST}"/{lib,cron.d,logrotate.d,var,tree}
  cp -r "${SUITE}/generated/files/." "${HOST}/tree"
  chmod 755 "${HOST}" "${HOST}"/*
  printf 'ID=debian\nVERSION_ID="12"\n' >"${HOST}/os-release"
  rm -r "${WORLD}/etc/plugspace" "${WORLD}/var/log/plugspace"
  stub logrotate 'exit 0'
  stub crontab 'exit 0'
}

MOUNTS='
  mount --bind "$1/lib" /usr/local/lib; mount --bind "$1/cron.d" /etc/cron.d; mount --bind "$1/logrotate.d" /etc/logrotate.d
  mount --bind "$1/var" /var/lib; mount --bind "$1/os-release" /etc/os-release; mount --bind "$1/tree" /mnt
  if [[ -d /run/systemd ]]; then mount -t tmpfs tmpfs /run/systemd; fi
  shift'

inside() { # <command...>
  isolated 'mkdir -p /etc/cron.d /etc/logrotate.d; '"${MOUNTS}"'; exec "$@"' "${HOST}" env -i HOME=/root PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$@"
}

set_up() { run --separate-stderr inside /mnt/deploy/backup-setup.sh "$@"; }

# What the script may change, without the times of directories, of the log and of what each run notes.
state() {
  (cd "${BATS_TEST_TMPDIR}" && find host "${WORLD}" ! -path "*/runs*" ! -path "${LOG}" -printf '%p\t%y\t%m\t%U:%G\t%s\t%l\n' | sort)
}

the_run() { basename "$(find "${HOST}/var/lifeboat/plugspace/runs" -mindepth 1 -maxdepth 1 | sort | tail -n 1)"; }

# --- The first run ---

@test "one command makes the release, the files and the schedule, and takes the first full backup" {
  ((EUID == 0)) || return 0
  set_up --yes
  assert_success
  assert_told 'changes made; --rollback '
  assert_equal "$(sets | wc -l)" 1
  assert_equal "$(manifest_of "$(newest_set)" .type)" full
  cmp "${HOST}/cron.d/plugspace-backup" "${HOST}/tree/infrastructure/cron/plugspace-backup"
  assert_equal "$(stat --format='%a %U' "${HOST}/cron.d/plugspace-backup" "${ENV_FILE}" "${WORLD}/var/log/plugspace")" $'644 root\n600 root\n750 root'
  assert_equal "$(head -n 2 "${HOST}/logrotate.d/plugspace-backup" | tail -n 1)" "\"${LOG}\" {"
  [[ -x ${HOST}/lib/plugspace/current/infrastructure/backup/backup.sh && -x ${HOST}/lib/plugspace/current/deploy/backup-setup.sh ]]
}

@test "a second run changes nothing, and says so; --check too" {
  ((EUID == 0)) || return 0
  set_up --yes
  state >"${BATS_TEST_TMPDIR}/before"
  set_up
  assert_success
  assert_told 'DONE  all is as it should be; nothing to change'
  assert_output ''
  set_up --check
  assert_success
  state >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "--check says what would change, ends with 7, and changes nothing" {
  ((EUID == 0)) || return 0
  state >"${BATS_TEST_TMPDIR}/before"
  set_up --check
  assert_failure 7
  assert_line "+ release of root's own in /usr/local/lib/plugspace"
  assert_line "+ directory ${WORLD}/var/log/plugspace, of root:root, mode 750"
  assert_line "+ ${ENV_FILE}"
  assert_line '+ /etc/logrotate.d/plugspace-backup'
  assert_line '+ /etc/cron.d/plugspace-backup'
  assert_line "+ first full backup, of what is on this host now, in ${BACKUPS}"
  assert_told 'DONE  6 things would change; nothing was changed'
  state >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "on a new server, before the restore, it makes what that needs: no schedule, no backup" {
  ((EUID == 0)) || return 0
  rm -r "${APP}"
  set_up --yes --before-restore
  assert_success
  assert_told 'restore now, then run this again without --before-restore'
  assert_equal "$(sets)$(find "${HOST}/cron.d" -type f)" ''
  [[ -f ${ENV_FILE} && -x ${HOST}/lib/plugspace/current/infrastructure/backup/restore.sh ]]
  set_up --check --before-restore
  assert_success
  set_up --yes
  assert_failure 1 # there is nothing to back up yet
  assert_equal "$(find "${HOST}/cron.d" -type f)" ''
}

@test "a set of another type is no first backup" {
  ((EUID == 0)) || return 0
  set_up --yes --before-restore
  run -0 --separate-stderr inside /usr/local/lib/plugspace/current/infrastructure/backup/backup.sh --config
  set_up --check
  assert_failure 7
  assert_line "+ first full backup, of what is on this host now, in ${BACKUPS}"
}

@test "that no run changed anything is said" {
  ((EUID == 0)) || return 0
  set_up --runs
  assert_success
  assert_output ''
  assert_told 'no run is kept in /var/lib/lifeboat/plugspace/runs'
}

@test "without an answer, or with another one, nothing is changed" {
  ((EUID == 0)) || return 0
  state >"${BATS_TEST_TMPDIR}/before"
  set_up </dev/null
  assert_failure 8
  assert_told 'nobody can be asked here: add --yes to make these 6 changes; nothing was touched'
  state >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

# --- What is there already ---

@test "a file that was edited by hand is shown, kept, and comes back with --rollback" {
  ((EUID == 0)) || return 0
  set_up --yes
  printf '# mine\n' >>"${HOST}/cron.d/plugspace-backup"
  cp "${HOST}/cron.d/plugspace-backup" "${BATS_TEST_TMPDIR}/mine"
  set_up --check
  assert_failure 7
  assert_line '~ /etc/cron.d/plugspace-backup'
  assert_line '    -# mine'
  set_up --yes
  assert_success
  cmp "${HOST}/cron.d/plugspace-backup" "${HOST}/tree/infrastructure/cron/plugspace-backup"
  set_up --rollback "$(the_run)"
  assert_success
  cmp "${HOST}/cron.d/plugspace-backup" "${BATS_TEST_TMPDIR}/mine"
}

@test "secrets and a log that are there stay as they are" {
  ((EUID == 0)) || return 0
  mkdir -p "${WORLD}/etc/plugspace" "${WORLD}/var/log/plugspace"
  (umask 077 && printf 'ENCRYPTION_KEY=mine\n' >"${ENV_FILE}")
  printf 'yesterday\n' >"${LOG}"
  set_up --yes
  assert_success
  assert_equal "$(<"${ENV_FILE}")" 'ENCRYPTION_KEY=mine'
  assert_equal "$(head -n 1 "${LOG}")" yesterday
  assert_equal "$(stat --format=%a "${ENV_FILE}")" 600
}

@test "what cannot be replaced is refused before anything is changed" {
  ((EUID == 0)) || return 0
  ln -s /dev/null "${HOST}/cron.d/plugspace-backup"
  mkdir "${HOST}/logrotate.d/plugspace-backup"
  state >"${BATS_TEST_TMPDIR}/before"
  set_up --yes
  assert_failure 3
  assert_told '/etc/logrotate.d/plugspace-backup has to be a file, and is none'
  state >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "root writes no file where somebody else could lead it astray" {
  ((EUID == 0)) || return 0
  mkdir -p "${WORLD}/etc/plugspace"
  chown 65534 "${WORLD}/etc/plugspace"
  set_up --yes
  assert_failure 3
  assert_told "${ENV_FILE} would be root's, and others than root may change ${WORLD}/etc/plugspace"
  assert_equal "$(find "${HOST}/lib" "${HOST}/cron.d" "${WORLD}/etc/plugspace" -mindepth 1)" ''
}

# --- The way back ---

@test "--rollback takes away what a run made, and the next run makes it again" {
  ((EUID == 0)) || return 0
  set_up --yes
  set_up --rollback "$(the_run)"
  assert_success
  assert_equal "$(sets | wc -l)" 1
  assert_told 'the release stays: /usr/local/lib/plugspace/current/infrastructure/install.sh --rollback'
  assert_equal "$(find "${HOST}/cron.d" "${HOST}/logrotate.d" -type f)" ''
  refute [ -e "${ENV_FILE}" ]
  refute [ -e "${WORLD}/var/log/plugspace/backup.log.lifeboat" ]
  set_up --yes
  assert_success
  [[ -f ${HOST}/cron.d/plugspace-backup ]]
}

@test "--rollback touches nothing where somebody has changed one thing since" {
  ((EUID == 0)) || return 0
  set_up --yes --before-restore
  printf 'RCLONE_BWLIMIT=1M\n' >>"${ENV_FILE}"
  state >"${BATS_TEST_TMPDIR}/before"
  set_up --rollback "$(the_run)"
  assert_failure 3
  assert_told "${ENV_FILE} was changed since"
  state >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  set_up --rollback 20260101_000000-backup-setup
  assert_failure 3
  assert_told "there is no run '20260101_000000-backup-setup'"
  set_up --runs
  assert_success
  assert_output --regexp '^[0-9]{8}_[0-9]{6}-backup-setup  [0-9]+ changes$'
}

@test "a run that was killed at any of its changes is finished by the next" {
  ((EUID == 0)) || return 0
  local tool place
  for place in /usr/local/lib/plugspace "${ENV_FILE}" /etc/logrotate.d/plugspace-backup /etc/cron.d/plugspace-backup; do
    rm -rf "${HOST:?}"/{lib,cron.d,logrotate.d,var}/* "${WORLD}/etc/plugspace" "${WORLD}/var/log/plugspace" "${BACKUPS:?}"/*
    stub mv 'if [[ ${*: -1} == '"${place}"'* ]]; then kill -KILL "${PPID}"; exit 1; fi; exec "${real}" "$@"'
    set_up --yes
    assert_failure
    rm "${STUBS}/mv"
    set_up --yes
    while ((status == 4)); do # what the killed run had started holds its lock a moment longer
      sleep 0.2
      set_up --yes
    done
    assert_success
    set_up --check
    assert_success
    assert_equal "$(sets | wc -l)" 1
    assert_equal "$(find "${HOST}" "${WORLD}/etc" -name '*.lifeboat-new')" ''
  done
}

# --- What is wrong is said before anything is touched ---

@test "a system on which it was not tried is refused by name, unless it is meant" {
  ((EUID == 0)) || return 0
  printf 'ID=fedora\nVERSION_ID=43\n' >"${HOST}/os-release"
  set_up --yes
  assert_failure 3
  assert_told "this system is 'fedora 43', and was tried on none but debian 12, debian 13, ubuntu 22.04, ubuntu 24.04, ubuntu 26.04"
  assert_equal "$(find "${HOST}/lib" "${HOST}/var" -mindepth 1)" ''
  set_up --yes --any-system
  assert_success
}

@test "where a backup cannot be made nothing is scheduled" {
  ((EUID == 0)) || return 0
  mkdir -p "${WORLD}/etc/plugspace"
  (umask 077 && printf 'no value\n' >"${ENV_FILE}")
  set_up --yes
  assert_failure 1
  assert_told 'has a line that is not NAME=value'
  assert_told 'a backup cannot be made yet'
  assert_equal "$(find "${HOST}/cron.d" -type f)" ''
  printf '# none\n' >"${ENV_FILE}"
  set_up --yes
  assert_success
}

@test "a package that no source has is told before anything is installed" {
  ((EUID == 0)) || return 0
  rm "${STUBS}/logrotate"
  stub apt-get 'exit 0'
  stub apt-cache 'exit 0'
  run --separate-stderr isolated "${HIDE_TOOLS}"'
    keep="$1"; shift
    hide logrotate "${keep}"
    '"${MOUNTS}"'; exec env -i PATH="$1" TMPDIR="$2" /mnt/deploy/backup-setup.sh --yes' "${BATS_TEST_TMPDIR}" "${HOST}" "${STUBS}:${PATH}" "${SCRATCH}"
  assert_failure 3
  assert_told 'no package source of this host has logrotate: add the one that has it'
  refute_called '^apt-get .*install'
  assert_equal "$(find "${HOST}/lib" -mindepth 1)" ''
}

@test "apt that fails is quoted, and what it had to bring is tried again by the next run" {
  ((EUID == 0)) || return 0
  rm "${STUBS}/logrotate"
  stub apt-cache 'printf "logrotate:\n  Candidate: 3.21\n"'
  stub apt-get 'case "$*" in *install*) echo "E: Unable to fetch some archives" >&2; exit 100 ;; esac'
  run --separate-stderr isolated "${HIDE_TOOLS}"'
    keep="$1"; shift
    hide logrotate "${keep}"
    '"${MOUNTS}"'; exec env -i PATH="$1" TMPDIR="$2" /mnt/deploy/backup-setup.sh --yes' "${BATS_TEST_TMPDIR}" "${HOST}" "${STUBS}:${PATH}" "${SCRATCH}"
  assert_failure 1
  assert_told 'E: Unable to fetch some archives'
  assert_told 'apt-get install ended with status 100'
  assert_equal "$(find "${HOST}/lib" "${HOST}/cron.d" -mindepth 1)" ''
}

@test "who is not root is told so" {
  run --separate-stderr as_app_user "${SUITE}/generated/files/deploy/backup-setup.sh" --check
  assert_failure 3
  assert_told 'this sets up the host, which only root can'
}

@test "a setup script of another version than its parts does not run" {
  ((EUID == 0)) || return 0
  sed -i 's/^# [0-9a-f]\{16\} \(..\/deploy\)/true\n# 0123456789abcdef \1/' "${HOST}/tree/deploy/backup-setup.sh"
  set_up --yes
  assert_failure 3
  assert_told 'the parts of this script are of different versions'
}

@test "wrong arguments are named" {
  local arguments
  for arguments in --frobnicate --rollback; do
    run --separate-stderr "${SUITE}/generated/files/deploy/backup-setup.sh" ${arguments}
    assert_failure 2
  done
}
