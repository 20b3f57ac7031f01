load ../support/world.bash

# Restores of files need no server: these run to their end, or are stopped in their middle.
setup_file() { take_set_for_file files --full; }
setup() {
  new_world
  ENVIRONMENT=files
  reuse_set
  printf 'changed\n' >"${APP}/server.js"
  printf 'added\n' >"${APP}/uploads/added"
  rm "${APP}/uploads/photo 1.jpg"
  printf 'changed {}\n' >"${WORLD}/etc/nginx/nginx.conf"
  printf 'changed\n' >"${WORLD}/etc/letsencrypt/archive/key1.pem"
  content >"${BATS_TEST_TMPDIR}/before-content"
}

# What the three components hold, without what a restore leaves beside.
content() {
  find "${APP}" "${WORLD}/etc" -name '.*lifeboat*' -prune -o -printf '%P %y %m %l\n' | sort
  find "${APP}" "${WORLD}/etc" -name '.*lifeboat*' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

assert_all_old() {
  content >"${BATS_TEST_TMPDIR}/after-content"
  assert_same before-content after-content
  assert_equal "$(find "${WORLD}" -name '*lifeboat-stage*')" ''
  assert_no_leftovers
}

assert_all_restored() {
  assert_equal "$(<"${APP}/server.js")" listings
  assert_equal "$(<"${APP}/uploads/photo 1.jpg")" 'photo 1'
  [[ ! -e ${APP}/uploads/added ]]
  assert_equal "$(<"${WORLD}/etc/nginx/nginx.conf")" 'events {}'
  assert_equal "$(<"${WORLD}/etc/letsencrypt/archive/key1.pem")" key
  assert_equal "$(find "${WORLD}" -name '*lifeboat-stage*')" ''
  assert_no_leftovers
}

@test "everything comes back, the application is stopped first and started last, and nginx tests before it reads" {
  run --separate-stderr restore latest --all --yes
  assert_success
  assert_told "DONE  restored config ssl app from ${SET}; 'restore.sh --undo' brings back what was there"
  assert_all_restored
  assert_equal "$(<"${WORLD}/calls")" $'app-service stop\nnginx-service test\nnginx-service reload\napp-service start'
}

@test "undo brings back what was there, and forget removes what lay beside" {
  restore latest --all --yes 2>/dev/null
  run --separate-stderr restore --undo --yes
  assert_success
  content >"${BATS_TEST_TMPDIR}/after-content"
  assert_same before-content after-content
  [[ -n $(find "${WORLD}" -name '.*lifeboat-undone-*') ]]
  run --separate-stderr restore --forget --yes
  assert_success
  assert_equal "$(find "${WORLD}" -name '*lifeboat-*')" ''
  run --separate-stderr restore --undo --yes
  assert_failure 3
}

@test "a shell that stands in the application is told that it is in the old tree" {
  cd "${APP}/uploads"
  run -0 --separate-stderr restore latest --app --yes
  assert_told "WARN  this shell stands in a directory that was replaced: 'cd ${APP}/uploads' leads to the new one"
  cd /
  run -0 --separate-stderr restore --undo --yes
  run -0 --separate-stderr restore latest --app --yes
  refute_told 'this shell'
}

@test "a dry run of undo and of forget changes nothing" {
  restore latest --all --yes 2>/dev/null
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr restore --undo --dry-run
  assert_success
  assert_told "${APP}"
  run --separate-stderr restore --forget --dry-run
  assert_success
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

# As if the last restore had been made at another time.
date_last_restore() { # <stamp>
  local record stamp
  record="$(printf '%s\n' "${BACKUPS}"/.state/restores/2* | tail -n 1)"
  stamp="${record##*/}"
  mv "${record}" "${BACKUPS}/.state/restores/$1"
  sed -i "s/lifeboat-undo-${stamp}/lifeboat-undo-$1/" "${BACKUPS}/.state/restores/$1/journal"
  find "${WORLD}" -depth -name "*.lifeboat-undo-${stamp}" -printf '%h/%f\n' | while read -r path; do mv "${path}" "${path/${stamp}/$1}"; done
}

@test "an undo says which restore it means, of when, and what that brought back" {
  restore latest --ssl --yes 2>/dev/null
  date_last_restore "$(date --utc --date='3 days ago 1 hour ago' +%Y%m%d_%H%M%S)"
  run --separate-stderr restore --undo --dry-run
  assert_regex "${stderr}" "INFO  the restore of ${SET}, made at [0-9_]+ \\(3 days ago\\), brought back ssl; it replaced:"
  refute_told 'WARN'
  run --separate-stderr restore --undo
  assert_failure 8
  assert_regex "${stderr}" 'what stood before the restore of [0-9_]+, 3 days ago, comes back in place of ssl; .*; add --yes'
}

@test "a second undo says that it goes back to before an older restore" {
  restore latest --ssl --yes 2>/dev/null
  date_last_restore "$(date --utc --date='5 hours ago 10 minutes ago' +%Y%m%d_%H%M%S)"
  restore latest --config --yes 2>/dev/null
  restore --undo --yes 2>/dev/null
  run --separate-stderr restore --undo --yes
  assert_success
  assert_regex "${stderr}" 'WARN  the last restore, [0-9_]+ \([0-9]+ seconds ago\), is undone already: what is undone is an older one, [0-9_]+ \(5 hours ago\)'
  assert_all_old
}

@test "an undo after a restore that failed before it replaced anything wants a person, who is told that it means an older one" {
  restore latest --ssl --yes 2>/dev/null
  date_last_restore "$(date --utc --date='9 days ago' +%Y%m%d_%H%M%S)"
  stub tar 'if [[ " $* " == *" --extract "* ]]; then exit 2; fi; exec "${real}" "$@"'
  run restore latest --config --yes
  assert_failure 1
  rm "${STUBS}/tar"
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr restore --undo --yes
  assert_failure 8
  assert_regex "${stderr}" 'WARN  the last restore, [0-9_]+ \([0-9]+ seconds ago\), failed before it replaced anything, and left nothing to undo: what is undone is an older one, [0-9_]+ \(9 days ago\)'
  assert_told 'run it where a person can be asked, for --yes is not enough; nothing was touched'
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  SETTING=(TERM=dumb)
  run clean script --quiet --return --command "$(program restore.sh) --undo --yes" /dev/null <<<undo
  assert_success
  assert_all_old
}

@test "a restore that worked is what an undo means, whatever failed before it" {
  stub tar 'if [[ " $* " == *" --extract "* ]]; then exit 2; fi; exec "${real}" "$@"'
  run restore latest --config --yes
  assert_failure 1
  rm "${STUBS}/tar"
  sleep 1.1
  restore latest --config --yes 2>/dev/null
  run --separate-stderr restore --undo --yes
  assert_success
  refute_told 'WARN'
  assert_all_old
}

@test "a program that is to test nginx and is missing is told before anything is touched" {
  mv "${WORLD}/bin/nginx-service" "${WORLD}/bin/another"
  remember
  run --separate-stderr restore latest --config --yes
  assert_one_problem "the command '${WORLD}/bin/nginx-service', which tests the configuration of nginx before it is used, is missing: install nginx, or correct nginx.testCommand in the profile"
  assert_nothing_changed
  run -0 --separate-stderr restore latest --app --dry-run
  run -0 --separate-stderr restore latest --config --into "${BATS_TEST_TMPDIR}/look"
}

@test "undo asks too" {
  restore latest --ssl --yes 2>/dev/null
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr restore --undo
  assert_failure 8
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "forget says what and how much, asks, and takes the stamp of one restore" {
  restore latest --ssl --yes 2>/dev/null
  mv "${BACKUPS}"/.state/restores/2* "${BACKUPS}/.state/restores/20200101_000000"
  sed -i 's/lifeboat-undo-[0-9_]*/lifeboat-undo-20200101_000000/' "${BACKUPS}/.state/restores/20200101_000000/journal"
  mv "${WORLD}"/etc/.letsencrypt.lifeboat-undo-* "${WORLD}/etc/.letsencrypt.lifeboat-undo-20200101_000000"
  restore latest --config --yes 2>/dev/null
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr restore --forget
  assert_failure 8
  assert_regex "$(<"${LOG}")" "  ${WORLD}/etc/\\.letsencrypt\\.lifeboat-undo-20200101_000000, [0-9.]+[KM]B"
  assert_regex "${stderr}" 'this removes for good what was kept for --undo, [0-9.]+[KM]B of 2 restore\(s\); add --yes'
  run --separate-stderr restore --forget 20190101_000000 --yes
  assert_failure 3
  assert_told 'there is no restore 20190101_000000 on record'
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  run --separate-stderr restore --forget 20200101_000000 --yes
  assert_success
  assert_equal "$(find "${WORLD}/etc" -maxdepth 1 -name '.letsencrypt.lifeboat-*')" ''
  run --separate-stderr restore --undo --dry-run
  assert_success
}

@test "a moment whose configuration is newer than the application: what lies in both is told" {
  local full
  ENVIRONMENT=files
  printf 'KEY=old\n' >"${APP}/.env"
  take_set --full
  full="${SET}"
  printf 'KEY=new\n' >"${APP}/.env"
  sleep 1.1
  backup --config 2>/dev/null
  sleep 1.1
  run -0 --separate-stderr restore latest --app --config --at 'now' --dry-run
  assert_regex "${stderr}" "WARN .*these come with the application, as they were in ${full}: .*${APP}/.env; to have them as in $(newest_set), run 'restore.sh $(newest_set) --config' afterwards"
  run -0 --separate-stderr restore "${full}" --app --config --dry-run
  refute_regex "${stderr}" 'these come with the application'
}

@test "an undo of what somebody has removed is refused, and says what is gone" {
  local old
  restore latest --ssl --yes 2>/dev/null
  old="$(echo "${WORLD}"/etc/.letsencrypt.lifeboat-undo-*)"
  mv "${old}" "${BATS_TEST_TMPDIR}/aside"
  snapshot >"${BATS_TEST_TMPDIR}/before"
  for options in '--dry-run' '--yes'; do
    run --separate-stderr restore --undo "${options}"
    assert_failure 3
    assert_told "is not there any more: ${old}: it cannot be undone"
    refute_regex "${stderr}" 'DONE'
  done
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  mv "${BATS_TEST_TMPDIR}/aside" "${old}"
  run --separate-stderr restore --undo --yes
  assert_success
}

@test "undo by another version of the script names the copy that is meant for it" {
  local copy
  restore latest --ssl --yes 2>/dev/null
  run --separate-stderr restore --undo --dry-run
  refute_regex "${stderr}" 'another version'
  copy="$(echo "${BACKUPS}"/.state/restores/*/infrastructure)"
  printf '# older\n' >>"${copy}/parts.sha256"
  run --separate-stderr restore --undo --dry-run
  assert_success
  assert_told "the copy that is meant to undo it is ${copy}/backup/restore.sh"
  rm -r "${copy}" # as scripts of one file left themselves
  printf '# older\n' >"${BACKUPS}/.state/restore.sh"
  run --separate-stderr restore --undo --dry-run
  assert_success
  assert_told "the copy that is meant to undo it is ${BACKUPS}/.state/restore.sh"
}

@test "a forget that was ended half-way: what is left is not put back, and the next forget removes it" {
  restore latest --all --yes 2>/dev/null
  stub rm 'case "$*" in *lifeboat-undo*) "${real}" --recursive --force "${@: -1}/uploads"; kill -s KILL $PPID; exit 1 ;; esac; exec "${real}" "$@"'
  run restore --forget --yes
  assert_failure 137
  rm "${STUBS}/rm"
  find "${SCRATCH:?}" -mindepth 1 -delete
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr restore --undo --yes
  assert_failure 3
  assert_told 'can be undone; nothing was touched'
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
  run --separate-stderr restore --forget --yes
  assert_success
  assert_equal "$(find "${WORLD}" -name '*lifeboat-*')" ''
}

# In a file system of its own, with the temporary files on it: as on a server with one disk.
ON_A_FULL_DISK='
  world="$1" copy="$2" restore="$3"
  cp -a "${world}/." "${copy}"
  mount -t tmpfs -o size=24m tmpfs "${world}"
  cp -a "${copy}/." "${world}"
  export TMPDIR="${world}/tmp"
  mkdir "${TMPDIR}"
  fill() { head -c 100M /dev/zero >"${world}/filler" 2>/dev/null || :; df --output=avail "${world}" | tail -n 1 | tr -d " "; }'

@test "on a full disk a restore can be undone, and what it replaced be forgotten" {
  mkdir "${BATS_TEST_TMPDIR}/copy"
  # shellcheck disable=SC2016 # for another Bash
  run --separate-stderr isolated "${ON_A_FULL_DISK}"'
    printf changed >"${world}/home/plugspace/plugspace/server.js"
    "${restore}" latest --app --yes 2>/dev/null
    printf "%s, with %s free\n" "$(<"${world}/home/plugspace/plugspace/server.js")" "$(fill)"
    "${restore}" --undo --yes
    printf "%s, mark: %s\n" "$(<"${world}/home/plugspace/plugspace/server.js")" "$(ls "${world}/home/plugspace/backups/.state" | grep -c swapping || :)"
    fill >/dev/null
    "${restore}" --forget --yes
    find "${world}" -name "*lifeboat-und*" -o -name "lifeboat.*"
    rm "${world}/filler"
    "${restore}" latest --app --yes 2>/dev/null
    cat "${world}/home/plugspace/plugspace/server.js"' "${WORLD}" "${BATS_TEST_TMPDIR}/copy" "$(program restore.sh)"
  assert_success
  assert_output $'listings, with 0 free\nchanged, mark: 0\nlistings'
}

@test "an undo that cannot even write its mark leaves none" {
  mkdir "${BATS_TEST_TMPDIR}/copy"
  # shellcheck disable=SC2016 # for another Bash
  run --separate-stderr isolated "${ON_A_FULL_DISK}"'
    "${restore}" latest --app --yes 2>/dev/null
    rm "${world}/home/plugspace/backups/.state/reserve"
    fill
    "${restore}" --undo --yes || printf "status %s\n" "$?"
    ls "${world}/home/plugspace/backups/.state" | grep swapping || echo "no mark"
    rm "${world}/filler"
    "${restore}" --undo --yes 2>/dev/null' "${WORLD}" "${BATS_TEST_TMPDIR}/copy" "$(program restore.sh)"
  assert_success
  assert_output $'0\nstatus 1\nno mark'
}

@test "directories that their owner cannot write are restored and undone by that owner, and no stage stays" {
  local app="${WORLD}/home/plugspace/plugspace"
  mkdir -p "${app}/vendor/deep"
  printf 'x\n' >"${app}/vendor/deep/file"
  chmod 555 "${app}/vendor/deep" "${app}/vendor" "${app}"
  as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program backup.sh)" --full 2>/dev/null
  for args in 'latest --app --yes' '--undo --yes'; do
    # shellcheck disable=SC2086 # three words
    run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" ${args}
    assert_success
    assert_equal "$(stat -c %a "${app}" "${app}/vendor/deep" | paste -sd' ')" '555 555'
    assert_equal "$(find "${WORLD}" -name '.lifeboat-stage*')" ''
  done
  # One that fails while it builds must remove what it has built.
  stub tar 'if [[ $1 == --extract ]]; then "${real}" "$@"; exit 2; fi; exec "${real}" "$@"'
  run --separate-stderr as_app_user env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" latest --app --yes
  assert_failure 1
  assert_equal "$(find "${WORLD}" -name '.lifeboat-stage*')" ''
  chmod -R u+w "${app}"
}

@test "undo means the restore that was interrupted, whatever the clock said at another one" {
  restore latest --ssl --yes 2>/dev/null
  mv "${BACKUPS}"/.state/restores/2* "${BACKUPS}/.state/restores/29991231_235959"
  stub mv 'case "$*" in *"/nginx "*) kill -s KILL $PPID; exit 1 ;; esac; exec "${real}" "$@"'
  run restore latest --config --yes
  assert_failure 137
  rm "${STUBS}/mv"
  find "${SCRATCH:?}" -mindepth 1 -delete
  run --separate-stderr restore --undo --dry-run
  assert_success
  assert_regex "${stderr}" "made at $(<"${BACKUPS}/.state/swapping") \\([0-9]+ seconds ago\\), brought back config; it replaced:"
  printf '20260104_030000\n' >"${BACKUPS}/.state/swapping"
  run --separate-stderr restore --undo --yes
  assert_failure 3
  assert_told 'the restore 20260104_030000 was interrupted while it swapped, and only who ran it can undo it'
}

@test "an undo that fails says so, starts the application all the same, and can be run again" {
  restore latest --all --yes 2>/dev/null
  : >"${WORLD}/calls"
  stub mv 'case "$*" in *"/.nginx.lifeboat-undo"*) echo "mv: Input/output error" >&2; exit 1 ;; esac; exec "${real}" "$@"'
  run --separate-stderr restore --undo --yes
  assert_failure 1
  assert_told 'ERROR not everything could be put back: see the errors above'
  assert_regex "$(<"${WORLD}/calls")" 'app-service stop.*app-service start$'
  rm "${STUBS}/mv"
  run --separate-stderr restore latest --all --yes
  assert_failure 3
  run --separate-stderr restore --undo --yes
  assert_success
  assert_all_old
}

@test "the application is started as after a login: its mask, its language and time zone, and signals reach it" {
  cat >"${WORLD}/bin/app-service" <<EOF_SERVICE
#!/bin/sh
if [ "\$1" = start ]; then { umask; echo "\${LC_ALL-}.\${TZ-}"; grep SigIgn /proc/self/status; } >'${BATS_TEST_TMPDIR}/start'; fi
EOF_SERVICE
  run --separate-stderr restore latest --app --yes
  assert_success
  assert_equal "$(<"${BATS_TEST_TMPDIR}/start")" $'0022\n.\nSigIgn:\t0000000000000000'
}

@test "a tree in which a database keeps its data is not swapped: its data would be carried away" {
  SETTING=(REDIS_DATA_DIR="${APP}/data/redis")
  run --separate-stderr restore latest --app --yes
  assert_failure 3
  assert_one_problem "a database keeps its data in ${APP}/data/redis, inside ${APP}, and it would be carried away"
  run --separate-stderr restore latest --app --into "${BATS_TEST_TMPDIR}/look"
  assert_success
}

@test "--into builds beside everything and touches nothing" {
  remember snapshot_of_sets
  run --separate-stderr restore latest --all --into "${BATS_TEST_TMPDIR}/look"
  assert_success
  assert_equal "$(<"${BATS_TEST_TMPDIR}/look/app${APP}/server.js")" listings
  assert_equal "$(<"${BATS_TEST_TMPDIR}/look/config${WORLD}/etc/nginx/nginx.conf")" 'events {}'
  assert_equal "$(readlink "${BATS_TEST_TMPDIR}/look/ssl${WORLD}/etc/letsencrypt/live/key.pem")" ../archive/key1.pem
  [[ ! -e ${WORLD}/calls ]]
  assert_sets_unchanged
}

# Runs a restore that stands still while it unpacks, and answers what backup.sh --prune would do meanwhile.
prune_during() { # <option of restore.sh...>
  stub tar 'if [[ " $* " == *" --extract "* ]]; then printf x >"'"${BATS_TEST_TMPDIR}"'/working"; until [[ -e "'"${BATS_TEST_TMPDIR}"'/go on" ]]; do sleep 0.05; done; fi; exec "${real}" "$@"'
  restore latest "$@" 2>"${BATS_TEST_TMPDIR}/restore.err" &
  local restoring=$!
  while [[ ! -s ${BATS_TEST_TMPDIR}/working ]]; do
    kill -0 "${restoring}" || fail "the restore ended: $(<"${BATS_TEST_TMPDIR}/restore.err")"
    sleep 0.05
  done
  marks="$(find "${BACKUPS}/.state/in-use" -type f -printf '%f ' -exec stat --format='%U' {} +)"
  run --separate-stderr backup --prune --dry-run
  : >"${BATS_TEST_TMPDIR}/go on"
  wait "${restoring}" || fail "$(<"${BATS_TEST_TMPDIR}/restore.err")"
}

@test "a set that --into reads is not removed by retention meanwhile, and no mark of that stays" {
  local old days
  # Full sets are kept for 28 days.
  for days in 10 29; do
    old="$(date --utc --date="${days} days ago" +%Y%m%d_%H%M%S)"
    copy_set_as "${old}"
  done
  run --separate-stderr backup --list
  assert_regex "${output}" "${old} .*to be removed"
  prune_during --app --at '28 days ago' --into "${BATS_TEST_TMPDIR}/look"
  assert_regex "${marks}" "^${old}\.[0-9]+ $(id -un)$"
  assert_success
  assert_regex "${output}" "${old} +kept: in use at this moment"
  assert_equal "$(ls -A "${BACKUPS}/.state/in-use")" ''
  assert_equal "$(<"${BATS_TEST_TMPDIR}/look/app${APP}/server.js")" listings
}

@test "a restore that swaps marks its set too" {
  stub tar 'if [[ " $* " == *" --extract "* ]]; then ls "'"${BACKUPS}"'/.state/in-use" >"'"${BATS_TEST_TMPDIR}"'/marks"; fi; exec "${real}" "$@"'
  run --separate-stderr restore latest --app --yes
  assert_success
  assert_regex "$(<"${BATS_TEST_TMPDIR}/marks")" "^${SET}\.[0-9]+$"
  assert_equal "$(ls -A "${BACKUPS}/.state/in-use")" ''
}

@test "marks are not written through a link" {
  mkdir -p "${BACKUPS}/.state"
  ln -s "${BATS_TEST_TMPDIR}" "${BACKUPS}/.state/in-use"
  run --separate-stderr restore latest --app --into "${BATS_TEST_TMPDIR}/look"
  assert_failure 3
  assert_error_lines "${BACKUPS}/.state/in-use is a symbolic link"
}

@test "a second restore at the same time ends with 4 and touches nothing" {
  mkdir -p "${BACKUPS}/.state"
  : >>"${BACKUPS}/.state/lock"
  remember
  run --separate-stderr flock "${BACKUPS}/.state/lock" env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" latest --all --yes
  assert_failure 4
  assert_error_lines 'another run holds the lock: '
  assert_nothing_changed
}

@test "--forget while something else runs ends with 4 and removes nothing" {
  restore latest --ssl --yes 2>/dev/null
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr flock "${BACKUPS}/.state/lock" env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" --forget --yes
  assert_failure 4
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

# --- Each step fails in turn ---

fails_and_puts_back() { # <part of an error> [exit status]
  run --separate-stderr restore latest --all --yes
  assert_failure "${2:-1}"
  assert_told "ERROR $1"
  assert_all_old
}

@test "tar fails to unpack" {
  stub tar 'if [[ " $* " == *" --extract "* && " $* " == *"/app "* ]]; then echo "tar: x: Cannot write: No space left on device" >&2; exit 2; fi; exec "${real}" "$@"'
  fails_and_puts_back "unpacking ${SET}/app failed (cat "
  assert_told '| tar: x: Cannot write: No space left on device'
  [[ ! -e ${WORLD}/calls ]] || fail 'a service was asked'
}

@test "zstd fails to unpack" {
  stub zstd 'if [[ " $* " == *" --decompress "* ]]; then "${real}" "$@" 2>/dev/null | head -c 100; exit 1; fi; exec "${real}" "$@"'
  fails_and_puts_back "${SET}/config.files cannot be opened to its end although its checksum is right (cat " 6
  assert_told ', zstd 1; see above)'
}

@test "a file that is no archive, with a manifest that was made to fit" {
  printf 'no archive, but long enough to be one\n' >"${BACKUPS}/${SET}/ssl.tar.zst"
  edit_manifest ".components.ssl.bytes = $(stat --format=%s "${BACKUPS}/${SET}/ssl.tar.zst") | .components.ssl.sha256 = \"$(sha256sum <"${BACKUPS}/${SET}/ssl.tar.zst" | cut -d' ' -f1)\""
  fails_and_puts_back "${SET}/ssl cannot be opened to its end although its checksum is right (cat 0, zstd 1; see above): its manifest was changed too" 6
  assert_told '| zstd: /*stdin*\: unsupported format'
  [[ ! -e ${WORLD}/calls ]] || fail 'a service was asked'
}

@test "the application cannot be stopped" {
  printf '#!/bin/sh\n[ "$1" != stop ] || { echo "no such process" >&2; exit 5; }\n' >"${WORLD}/bin/app-service"
  fails_and_puts_back 'the application could not be stopped (status 5): stop it by hand and run again; nothing was replaced'
}

for turn in 4 5 6 7 8 9 10; do
  bats_test_function --description "the ${turn}th move fails: everything is put back" -- move_fails "${turn}"
done

move_fails() { # <which move>
  # What is moved within the stages belongs to the building.
  stub mv 'if [[ $(realpath -- "${@: -1}") == */.lifeboat-stage-* ]]; then exec "${real}" "$@"; fi
    printf x >>"'"${BATS_TEST_TMPDIR}"'/moves"
    if [[ $(stat --format=%s "'"${BATS_TEST_TMPDIR}"'/moves") == '"$1"' ]]; then echo "mv: cannot move: Input/output error" >&2; exit 1; fi
    exec "${real}" "$@"'
  run --separate-stderr restore latest --all --yes
  assert_failure 1
  assert_told "ERROR stopped in "
  assert_told 'ERROR putting back everything that was swapped so far'
  assert_equal "$(grep ERROR <<<"${stderr}" | tail -n 1 | cut -d' ' -f2-)" 'ERROR nothing is restored: all that had been swapped is back in its place; remove the cause, and restore again'
  assert_all_old
  [[ ! -e ${BACKUPS}/.state/swapping ]]
  tail -n 1 "${WORLD}/calls" | grep -q 'app-service start'
}

@test "nginx refuses the restored configuration: the old one is put back, the rest stays restored" {
  printf '#!/bin/sh\nprintf "%%s %%s\\n" nginx "$*" >>%s/calls\n[ "$1" != test ] || { echo "nginx: [emerg] unexpected end of file" >&2; exit 1; }\n' "${WORLD}" >"${WORLD}/bin/nginx-service"
  run --separate-stderr restore latest --all --yes
  assert_failure 1
  assert_told 'ERROR config: nginx refuses the restored configuration: the old configuration is being put back'
  assert_told '| nginx: [emerg] unexpected end of file'
  assert_equal "$(<"${WORLD}/etc/nginx/nginx.conf")" 'changed {}'
  assert_equal "$(<"${APP}/server.js")" listings
}

@test "the application does not start again: told, and the data stays" {
  printf '#!/bin/sh\n[ "$1" != start ] || exit 7\n' >"${WORLD}/bin/app-service"
  run --separate-stderr restore latest --all --yes
  assert_failure 1
  assert_told 'ERROR application: the application could not be started (status 7): look at its log'
  assert_all_restored
}

# --- Killed, and ended ---

@test "killed while it builds: nothing has changed, and the next restore is good" {
  stub tar 'if [[ " $* " == *" --extract "* && " $* " == *"/app "* && ! -e "'"${BATS_TEST_TMPDIR}"'/again" ]]; then kill_script; sleep 0.5; exit 1; fi; exec "${real}" "$@"'
  run restore latest --all --yes
  assert_failure 137
  find "${SCRATCH:?}" -mindepth 1 -delete
  content >"${BATS_TEST_TMPDIR}/after-content"
  : >"${BATS_TEST_TMPDIR}/again"
  assert_same before-content after-content
  run --separate-stderr restore latest --all --yes
  assert_success
  assert_all_restored
}

killed_at_move() { # <which move>
  # What is moved within the stages belongs to the building.
  stub mv 'if [[ $(realpath -- "${@: -1}") == */.lifeboat-stage-* ]]; then exec "${real}" "$@"; fi
    printf x >>"'"${BATS_TEST_TMPDIR}"'/moves"
    if [[ $(stat --format=%s "'"${BATS_TEST_TMPDIR}"'/moves") == '"$1"' ]]; then kill -s KILL $PPID; exit 1; fi
    exec "${real}" "$@"'
  run restore latest --all --yes
  assert_failure 137
  find "${SCRATCH:?}" -mindepth 1 -delete
  run --separate-stderr restore latest --all --yes
  assert_one_problem "was interrupted while it swapped: run 'restore.sh --undo' first"
  run --separate-stderr backup --config
  assert_failure 3
  assert_told "was interrupted while it swapped: run 'restore.sh --undo' first"
  run --separate-stderr restore --undo --yes
  assert_success
  assert_all_old
  run --separate-stderr restore latest --all --yes
  assert_success
  assert_all_restored
}

for turn in 5 6 9; do
  bats_test_function --description "killed at the ${turn}th move: nothing else runs before the undo, which brings everything back" -- killed_at_move "${turn}"
done

for case in TERM INT HUP; do
  bats_test_function --description "SIG${case} while it swaps: everything is put back" -- signalled_while_swapping "${case}"
done

signalled_while_swapping() { # <signal>
  local status=0 stderr
  stub mv 'case "$*" in *"/nginx "*) printf x >"'"${BATS_TEST_TMPDIR}"'/swapping"; sleep 0.5 ;; esac; exec "${real}" "$@"'
  env --default-signal=INT setsid env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$(program restore.sh)" latest --all --yes </dev/null >/dev/null 2>"${BATS_TEST_TMPDIR}/err" 3>&- &
  local pid=$!
  await_file "${BATS_TEST_TMPDIR}/swapping"
  kill -s "$1" "${pid}"
  wait "${pid}" || status=$?
  stderr="$(<"${BATS_TEST_TMPDIR}/err")"
  assert_equal "${status}" 1
  assert_told "ERROR ended by SIG$1 while swapping"
  assert_all_old
}

# --- Where there is no configuration ---

@test "a host without any configuration is backed up and restored, and both say that there is none" {
  ENVIRONMENT=bare
  rm -r "${BACKUPS:?}"/* "${ENV_FILE}"
  run --separate-stderr backup --full
  assert_success
  assert_regex "$(<"${LOG}")" 'INFO  config: there is no configuration to store'
  SET="$(newest_set)"
  assert_equal "$(manifest_of "${SET}" '.components.config | [.members, .details.paths | length] | @csv')" 0,0
  printf 'changed again\n' >"${APP}/server.js"
  run --separate-stderr restore latest --all --yes
  assert_success
  assert_told "DONE  restored app from ${SET}"
  assert_regex "$(<"${LOG}")" "INFO  ${SET} holds no configuration, for there was none: nothing of it is replaced"
  assert_equal "$(<"${APP}/server.js")" changed
  assert_no_leftovers
  remember
  run --separate-stderr restore latest --config --yes
  assert_failure 3
  assert_error_lines "there is nothing to restore: ${SET} holds no configuration"
  assert_nothing_changed
}
