load ../support/world.bash

# Each test has a /usr/local/lib of its own, which only what it starts sees. The folder that is installed lies at /mnt, where by
# itself nobody but root may write. (Who is not root cannot install anything.)
setup() {
  LIB="${BATS_TEST_TMPDIR}/lib"
  TREE="${BATS_TEST_TMPDIR}/tree"
  STUBS="${BATS_TEST_TMPDIR}/stubs"
  CALLS="${BATS_TEST_TMPDIR}/calls"
  HERE="${LIB}/plugspace"
  mkdir "${LIB}" "${STUBS}"
  cp -r "${SUITE}/generated/files" "${TREE}"
  chmod 755 "${LIB}" "${TREE}"
}

# Runs a program with these places; the umask is the worst that root may have.
inside() { # <command...>
  isolated 'mount --bind "$1" /usr/local/lib; mount --bind "$2" /mnt; shift 2; umask 000; exec "$@"' "${LIB}" "${TREE}" \
    env -i PATH="${STUBS}:${PATH}" "$@"
}

install() { run --separate-stderr inside /mnt/infrastructure/install.sh "$@"; }
installed() { run --separate-stderr inside /usr/local/lib/plugspace/current/infrastructure/install.sh "$@"; }

renew_sums() { (cd "${TREE}" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS); }
build_of() { sha256sum "${1:-${TREE}}/SHA256SUMS" | cut -c 1-12; }
current() { readlink "${HERE}/current"; }
builds() { find "${HERE}" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

# The folder of another generation, of which BUILD is the name.
new_build() { # <word>
  printf '# %s\n' "$1" >>"${TREE}/infrastructure/backup/backup.env.example"
  renew_sums
  BUILD="$(build_of)"
}

# What runs is whole: what SHA256SUMS names and nothing else, of root's, as plain files.
assert_whole() { # [build]
  local release="${HERE}/${1:-$(current)}"
  assert_equal "$(build_of "${release}")" "${release##*/}"
  (cd "${release}" && sha256sum --check --strict --quiet SHA256SUMS) || fail "${release} is not what its SHA256SUMS says"
  assert_equal "$(cd "${release}" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort)" "$(grep -v '^#' "${release}/SHA256SUMS" | cut -c 67- | sort)"
  assert_equal "$(find "${release}" ! \( -type d -perm 755 -o -type f -perm 644 -o -type f -perm 755 \) -o ! -uid 0 -o ! -gid 0)" ''
}

assert_nothing_half_done() { assert_equal "$(find "${HERE}" -maxdepth 1 \( -name '*.partial' -o -name '*.new' \))" ''; }

@test "a fresh install makes the release, of root's, with the modes of what it holds" {
  ((EUID == 0)) || return 0
  find "${TREE}" -type f -exec chmod 600 {} +
  install
  assert_failure 126
  chmod 700 "${TREE}/infrastructure/install.sh"
  install
  assert_success
  assert_told "DONE  build $(build_of) runs now, from /usr/local/lib/plugspace/current"
  assert_equal "$(current)" "$(build_of)"
  assert_whole
  assert_nothing_half_done
  assert_equal "$(cd "${HERE}/current" && find . -type f -perm 755 | sort)" './deploy/backup-setup.sh
./infrastructure/backup/backup.sh
./infrastructure/backup/restore.sh
./infrastructure/install.sh'
  assert_equal "$(stat --format=%a "${HERE}")" 755
}

@test "the same folder again changes nothing, and says so" {
  ((EUID == 0)) || return 0
  install
  snapshot "${HERE}" | grep -v $'^\t' >"${BATS_TEST_TMPDIR}/before"
  install
  assert_success
  assert_told "DONE  build $(build_of) is what runs already"
  refute_told WARN
  snapshot "${HERE}" | grep -v $'^\t' >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "a new folder takes the place of the old, and three are kept" {
  ((EUID == 0)) || return 0
  local word
  local -a made=()
  for word in one two three four five; do
    new_build "${word}"
    made+=("${BUILD}")
    install
    assert_success
    assert_equal "$(current)" "${BUILD}"
    assert_whole
  done
  assert_told "before it ran ${made[3]}, and --rollback goes back to that"
  assert_equal "$(builds)" "$(printf '%s\n' "${made[@]:2}" | sort)"
  assert_equal "$(find "${HERE}" -name '*.before' -printf '%f\n' | sort)" "$(printf '%s.before\n' "${made[@]:2}" | sort)"
  install --list
  assert_equal "${#lines[@]}" 3
  assert_regex "${output}" "\* ${made[4]}  installed 20.*Z"
}

@test "--rollback goes back to what ran before, release by release, and says to which" {
  ((EUID == 0)) || return 0
  local -a made=()
  for word in one two three; do
    new_build "${word}"
    made+=("${BUILD}")
    install
  done
  installed --rollback
  assert_success
  assert_told "DONE  rolled back: build ${made[1]} runs again, in place of ${made[2]}"
  # What is installed now goes back to what ran before it, not to what was rolled back.
  new_build four
  install
  installed --rollback
  assert_told "rolled back: build ${made[1]} runs again, in place of ${BUILD}"
  installed --rollback
  assert_told "rolled back: build ${made[0]} runs again"
  assert_whole
  installed --rollback
  assert_failure 3
  assert_told "there is no release before ${made[0]}"
  # Each release puts itself back.
  run --separate-stderr inside "/usr/local/lib/plugspace/${BUILD}/infrastructure/install.sh"
  assert_success
  assert_equal "$(current)" "${BUILD}"
}

@test "--rollback does not go back to a release that was changed" {
  ((EUID == 0)) || return 0
  local first
  install
  first="$(current)"
  new_build two
  install
  printf '# by hand\n' >>"${HERE}/${first}/infrastructure/backup/restore.sh"
  install --rollback
  assert_failure 6
  assert_told "/usr/local/lib/plugspace/${first} is not as it was installed: infrastructure/backup/restore.sh"
  assert_equal "$(current)" "${BUILD}"
}

@test "--check lists what would change, with the differences, and ends with 7; with 0 where nothing would" {
  ((EUID == 0)) || return 0
  install --check
  assert_failure 7
  assert_line '+ infrastructure/backup/backup.sh'
  assert_told "build $(build_of) would run: "
  assert_equal "$(find "${LIB}" -mindepth 1)" ''
  install
  snapshot "${LIB}" >"${BATS_TEST_TMPDIR}/before"
  install --check
  assert_success
  assert_output ''
  assert_told "build $(build_of) is what runs; nothing would change"
  printf 'a bell \a and a title \033]0;owned\033\\\n' >"${TREE}/infrastructure/backup/new.txt"
  rm "${TREE}/infrastructure/cron/plugspace-backup"
  new_build two
  install --check
  assert_failure 7
  assert_line '~ infrastructure/backup/backup.env.example'
  assert_line '+# two'
  assert_line '+ infrastructure/backup/new.txt'
  assert_line '+a bell ? and a title ?]0;owned?\'
  assert_line '- infrastructure/cron/plugspace-backup'
  refute_line --partial restore.sh
  snapshot "${LIB}" >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "--check tells a release that was changed by hand, and the next install puts it back, file by file" {
  ((EUID == 0)) || return 0
  install
  printf '# by hand\n' >>"${HERE}/current/infrastructure/backup/restore.sh"
  chmod 777 "${HERE}/current/infrastructure/cron"
  chown 65534 "${HERE}/current/infrastructure/backup/backup.sh"
  install --check
  assert_failure 7
  assert_line '~ infrastructure/backup/restore.sh'
  assert_line '-# by hand'
  assert_line '~ infrastructure/backup/backup.sh'
  assert_line '- infrastructure/cron'
  install
  assert_success
  assert_told 'was changed after it was installed, and is put back: '
  assert_told 'is what runs already, and is whole again'
  assert_whole
  : >"${HERE}/current/infrastructure/stranger"
  install
  assert_failure 6
  assert_told 'is what does not belong there: infrastructure/stranger; move it away'
}

@test "a file that is damaged, missing or no plain file installs nothing" {
  ((EUID == 0)) || return 0
  local file="${TREE}/infrastructure/backup/backup.env.example" damage
  install
  new_build two
  cp -a "${TREE}" "${TREE}.kept"
  for damage in 'printf x >>"${file}"' 'rm "${file}"' 'mv "${file}" "${file}.aside"; ln -s backup.env.example.aside "${file}"' \
    'rm "${file}"; mkfifo "${file}"' 'rm "${file}"; mkdir "${file}"' 'mv "${file%/*}" "${TREE}/aside"; ln -s ../aside "${file%/*}"; printf x >>"${file}"' \
    'printf "# edited\n" >>"${file%/*}/restore.sh"'; do
    source /dev/stdin <<<"${damage}"
    for option in --yes --check; do
      install "${option}"
      assert_failure 6
      assert_regex "${stderr}" 'infrastructure/backup/(backup.env.example|restore.sh)'
    done
    assert_whole
    refute [ "$(current)" = "${BUILD}" ]
    find "${TREE}" -mindepth 1 -delete
    cp -a "${TREE}.kept/." "${TREE}"
  done
  install
  assert_success
  assert_nothing_half_done
}

@test "a part of the scripts that is missing is waited for, as where a copy is under way, and then refused" {
  ((EUID == 0)) || return 0
  rm "${TREE}/infrastructure/lib/opened.sh"
  install
  assert_failure 3
  assert_told 'lib/opened.sh'
  assert_equal "$(find "${LIB}" -mindepth 1)" ''
}

@test "what is not named in SHA256SUMS is told and not installed; around the folder there may be an application" {
  ((EUID == 0)) || return 0
  mkdir "${TREE}/node_modules"
  : >"${TREE}/server.js"
  : >"${TREE}/infrastructure/backup/old.sh"
  install
  assert_success
  assert_told 'INFO  not named in SHA256SUMS, and not installed: infrastructure/backup/old.sh'
  refute_told server.js
  assert_whole
}

@test "a SHA256SUMS that names what is not below it, is cut off, or is not there, installs nothing" {
  ((EUID == 0)) || return 0
  local sum
  cp "${TREE}/SHA256SUMS" "${BATS_TEST_TMPDIR}/sums"
  sum="$(printf '%064d' 0)"
  for line in "${sum}  ../secret" "${sum}  /etc/shadow" "${sum}  a/../../secret" "${sum}  -rf" "${sum}  .hidden" "${sum}  a//b" "${sum:1}  a" 'a'; do
    { cat "${BATS_TEST_TMPDIR}/sums"; printf '%s\n' "${line}"; } >"${TREE}/SHA256SUMS"
    install
    assert_failure 6
    assert_told 'which is no checksum of a file below it'
  done
  head --bytes=-20 "${BATS_TEST_TMPDIR}/sums" >"${TREE}/SHA256SUMS"
  install
  assert_failure 6
  grep -v backup/backup.sh "${BATS_TEST_TMPDIR}/sums" >"${TREE}/SHA256SUMS"
  install
  assert_failure 6
  assert_told 'does not name infrastructure/backup/backup.sh'
  rm "${TREE}/SHA256SUMS"
  install
  assert_failure 3
  assert_told 'there is no SHA256SUMS in /mnt'
  ln -s /etc/hostname "${TREE}/SHA256SUMS"
  install
  assert_failure 3
  assert_equal "$(find "${LIB}" -mindepth 1)" ''
}

@test "who is not root is told how, and may look" {
  ((EUID == 0)) || return 0
  local nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --'
  for option in --yes --rollback; do
    run --separate-stderr inside ${nobody} /mnt/infrastructure/install.sh "${option}"
    assert_failure 3
    assert_told 'run this with sudo'
  done
  assert_equal "$(find "${LIB}" -mindepth 1)" ''
  install
  run --separate-stderr inside ${nobody} /mnt/infrastructure/install.sh --check
  assert_success
  run --separate-stderr inside ${nobody} /mnt/infrastructure/install.sh --list
  assert_success
  assert_output --partial "* $(build_of)"
}

@test "a place that somebody else may change is refused, with the cure" {
  ((EUID == 0)) || return 0
  local spoiled
  install
  new_build two
  for spoiled in 'chmod 775 "${LIB}"' 'chmod 777 "${LIB}"' 'chown 65534 "${LIB}"' 'chmod 775 "${HERE}"' 'chown 65534 "${HERE}"'; do
    source /dev/stdin <<<"${spoiled}"
    install
    assert_failure 3
    assert_regex "${stderr}" "others than root may change /usr/local/lib(/plugspace)?, .*'chown root: /usr/local/lib(/plugspace)? && chmod go-w "
    refute [ "$(current)" = "${BUILD}" ]
    chown root: "${LIB}" "${HERE}"
    chmod 755 "${LIB}" "${HERE}"
  done
  mv "${HERE}" "${HERE}.aside"
  chmod 1777 "${LIB}" # whoever comes first makes it
  install
  assert_failure 3
  install --check
  assert_failure 7
}

@test "a folder that others may change is asked about: once, and not without an answer" {
  ((EUID == 0)) || return 0
  local spoiled
  for spoiled in 'chown 65534 "${TREE}"' 'chmod 777 "${TREE}/infrastructure"' 'chown 65534 "${TREE}/infrastructure/cron/plugspace-backup"' 'chmod 664 "${TREE}/SHA256SUMS"'; do
    source /dev/stdin <<<"${spoiled}"
    install </dev/null
    assert_failure 8
    assert_regex "${stderr}" 'WARN  whoever may change /mnt[^ ]* decides what root will run: better copy the folder to /root/plugspace, and install it from there'
    assert_told 'nobody can be asked here: add --yes'
    assert_equal "$(find "${LIB}" -mindepth 1)" ''
    install --yes
    assert_success
    assert_whole
    rm -r "${HERE}"
    chown -R root: "${TREE}"
    chmod -R u=rwX,go=rX "${TREE}"
  done
  install </dev/null
  assert_success
  refute_told WARN
}

@test "the folder of another environment is refused, unless it is meant" {
  ((EUID == 0)) || return 0
  local first
  install
  first="$(current)"
  sed -i 's/^\(# For plugspace, environment \)files\.$/\1other./' "${TREE}"/infrastructure/backup/backup.sh
  new_build two
  install
  assert_failure 3
  assert_told "are of the environment 'files', and this folder is of 'other'"
  assert_equal "$(current)" "${first}"
  assert_nothing_half_done
  install --yes
  assert_success
  assert_equal "$(current)" "${BUILD}"
}

@test "at a terminal it asks, and takes nothing but yes" {
  ((EUID == 0)) || return 0
  chown 65534 "${TREE}"
  for answer in no yes; do
    run inside script --quiet --return --command /mnt/infrastructure/install.sh /dev/null <<<"${answer}"
    assert_output --partial 'Type yes to go on: '
    if [[ ${answer} == no ]]; then
      assert_failure 8
      assert_equal "$(find "${LIB}" -mindepth 1)" ''
    fi
  done
  assert_success
  assert_whole
}

@test "two at once: the second does nothing, and says why" {
  ((EUID == 0)) || return 0
  stub tar 'if [[ $1 == --extract && ! -e "'"${LIB}.go"'" ]]; then printf x >>"'"${LIB}.waits"'"; while [[ ! -e "'"${LIB}.go"'" ]]; do sleep 0.02; done; fi; exec "${real}" "$@"'
  : >"${LIB}.go"
  install
  assert_success
  new_build two
  stub sync 'printf x >>"'"${LIB}.waits"'"; while [[ -e "'"${LIB}.go"'" ]]; do sleep 0.02; done; exec "${real}" "$@"'
  inside /mnt/infrastructure/install.sh 2>"${BATS_TEST_TMPDIR}/first" 3>&- &
  await_file "${LIB}.waits"
  install
  assert_failure 4
  assert_told 'another install.sh is at work in /usr/local/lib/plugspace: wait until it has ended; nothing was done'
  rm "${LIB}.go"
  wait "$!"
  assert_equal "$(current)" "${BUILD}"
  assert_whole
}

@test "a flock that is silent has locked nothing" {
  ((EUID == 0)) || return 0
  stub flock ''
  install
  assert_failure 1
  assert_told 'flock does not lock'
  assert_equal "$(find "${HERE}" -mindepth 1 2>/dev/null)" ''
}

# Each program that changes something counts itself, and at its turn the script is killed.
kill_at() { # <turn>
  local name
  for name in mkdir cp tar chmod sync mv ln rm; do
    stub "${name}" 'turn="$(exec 5>>"'"${LIB}.turns"'"; flock 5; printf x >&5; stat --format=%s "'"${LIB}.turns"'")"
      if ((turn == '"$1"')); then kill_script; exit 1; fi
      exec "${real}" "$@"'
  done
}

@test "killed at any moment, what runs is whole, and the next run goes on" {
  ((EUID == 0)) || return 0
  local turn old
  install
  old="$(current)"
  cp -a "${LIB}" "${LIB}.old"
  new_build two
  for ((turn = 1; turn < 100; turn++)); do
    find "${LIB}" -mindepth 1 -delete
    cp -a "${LIB}.old/." "${LIB}"
    rm -f "${LIB}.turns"
    kill_at "${turn}"
    install --yes
    [[ ${status} != 0 ]] || break
    assert_equal "${status}" 137
    assert_regex "$(current)" "^(${old}|${BUILD})$"
    assert_whole
    rm "${STUBS}"/*
    until install --yes && [[ ${status} != 4 ]]; do :; done
    assert_success
    assert_equal "$(current)" "${BUILD}"
    assert_equal "$(readlink "${HERE}/${BUILD}.before")" "${old}"
    assert_whole
    assert_nothing_half_done
  done
  assert [ "${turn}" -gt 10 ]
}

# The application's user, to whom the folder belongs here.
OWNER='setpriv --reuid=65534 --regid=65534 --clear-groups --'

@test "a file that is exchanged while it is copied comes into no release" {
  ((EUID == 0)) || return 0
  local act
  install
  cp -a "${TREE}" "${TREE}.kept"
  mkdir -m 700 "${BATS_TEST_TMPDIR}/roots"
  cp "${TREE}/infrastructure/backup/restore.sh" "${BATS_TEST_TMPDIR}/roots/restore.sh"
  printf 'secret\n' >>"${BATS_TEST_TMPDIR}/roots/restore.sh"
  chmod 711 "${BATS_RUN_TMPDIR}" "${SUITE}" "${SUITE%/*}" "${BATS_TEST_TMPDIR}"
  for act in 'echo evil >>"$1/restore.sh"' 'rm "$1/restore.sh"; ln -s /etc/shadow "$1/restore.sh"' 'rm "$1/restore.sh"; mkfifo "$1/restore.sh"' \
    'mv "$1" "$1.aside"; ln -s '"${BATS_TEST_TMPDIR}/roots"' "$1"' 'rm "$1/restore.sh"; truncate --size=1T "$1/restore.sh"' 'rm "$1/restore.sh"; mkdir "$1/restore.sh"'; do
    find "${TREE}" -mindepth 1 -delete
    cp -a "${TREE}.kept/." "${TREE}"
    new_build "${act:0:10}"
    chown -R 65534:65534 "${TREE}"
    printf '%s\n' "${act}" >"${STUBS}/act"
    # The second call is that of the files; the first one read SHA256SUMS.
    stub tar 'if [[ $1 == --create && -e "${STUBS}/once" ]]; then '"${OWNER}"' bash -eu -c "$(<"${STUBS}/act")" owner "'"${TREE}/infrastructure/backup"'"; fi
      if [[ $1 == --create ]]; then : >"${STUBS}/once"; fi
      exec "${real}" "$@"'
    rm -f "${STUBS}/once"
    install --yes
    assert_failure
    assert_regex "${status}" '^(1|6)$'
    assert_whole
    refute [ "$(current)" = "${BUILD}" ]
    assert_equal "$(builds)" "$(current)"
  done
}

@test "an owner who exchanges files all the time never gets a release that is not what its SHA256SUMS says" {
  ((EUID == 0)) || return 0
  local round meddler good=0
  chmod 711 "${BATS_RUN_TMPDIR}" "${SUITE}" "${SUITE%/*}" "${BATS_TEST_TMPDIR}"
  chown -R 65534:65534 "${TREE}"
  ${OWNER} bash -c 'cd "$1"; cp backup.env.example ../good; { cat ../good; echo evil; } >../evil
    while sleep 0.0$((RANDOM % 6)); do cp ../evil ../next; mv ../next backup.env.example; sleep 0.0$((RANDOM % 6)); ln -sf /etc/shadow ../next
      mv ../next backup.env.example; cp ../good ../next; mv ../next backup.env.example; done' meddler "${TREE}/infrastructure/backup" 3>&- &
  meddler=$!
  for round in {1..20}; do
    find "${LIB}" -mindepth 1 -delete
    install --yes
    assert_regex "${status}" '^(0|1|6)$'
    if [[ -e ${HERE}/current ]]; then
      assert_whole
      good=$((good + 1))
    fi
  done
  kill "${meddler}"
  wait "${meddler}" || :
  assert [ "${good}" -gt 0 ]
}

@test "a tool that says nothing proves nothing" {
  ((EUID == 0)) || return 0
  stub sha256sum 'if [[ ${@: -1} == SHA256SUMS ]]; then exit 0; fi; exec "${real}" "$@"'
  install
  assert_failure 1
  assert_told 'sha256sum found 0 of '
  stub sha256sum 'if (($# == 0)); then exit 0; fi; exec "${real}" "$@"'
  install
  assert_failure 1
  assert_told 'sha256sum does not say what the checksum of SHA256SUMS is'
  rm "${STUBS}/sha256sum"
  stub tar 'exit 0'
  install
  assert_failure 6
  assert_equal "$(find "${HERE}" -name current)" ''
}

@test "a schedule that is not that of the release is told" {
  ((EUID == 0)) || return 0
  mkdir "${BATS_TEST_TMPDIR}/cron.d"
  with_schedule() { run --separate-stderr isolated 'mount --bind "$1" /etc/cron.d; shift; mount --bind "$1" /usr/local/lib; mount --bind "$2" /mnt; exec /mnt/infrastructure/install.sh' "${BATS_TEST_TMPDIR}/cron.d" "${LIB}" "${TREE}"; }
  with_schedule
  assert_told 'INFO  nothing starts the backups yet: /usr/local/lib/plugspace/current/infrastructure/cron/plugspace-backup belongs to /etc/cron.d/plugspace-backup'
  cp "${TREE}/infrastructure/cron/plugspace-backup" "${BATS_TEST_TMPDIR}/cron.d"
  with_schedule
  refute_told plugspace-backup
  printf '# older\n' >>"${BATS_TEST_TMPDIR}/cron.d/plugspace-backup"
  with_schedule
  assert_success
  assert_told 'WARN  /etc/cron.d/plugspace-backup is not the one of this release: install /usr/local/lib/'
}

@test "options that contradict each other, and unknown ones, are wrong usage" {
  install --check --list
  assert_failure 2
  assert_told '--check and --list contradict each other'
  install --force
  assert_failure 2
  install --help
  assert_success
  assert_output --partial '7  --check: something would change'
}
