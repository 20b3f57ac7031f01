load ../support/world.bash

# Somebody has broken into the application and is its user, here nobody (65534): the home, the application and the directory of the
# log are that user's. Root runs the scripts; what is in the directory "roots" must stay as it is. (Who is not root has nobody to fear.)
setup_file() { take_set_for_file files --full; }
setup() {
  new_world
  ENVIRONMENT=files
  reuse_set
  HOMES="${WORLD}/home/plugspace"
  PRECIOUS="${WORLD}/roots"
  mkdir -p "${PRECIOUS}"/{plugspace/uploads,uploads,.state,2026}
  printf 'only root\n' | tee "${PRECIOUS}"/{secret,server.js,"photo 1.jpg","uploads/photo 1.jpg"} >/dev/null
  chmod 700 "${PRECIOUS}"
  if ((EUID == 0)); then
    chmod 711 "${BATS_RUN_TMPDIR}" "${SUITE}" "${SUITE%/*}" "${BATS_TEST_TMPDIR}"
    chown -Rh 65534:65534 "${HOMES}" "${WORLD}/var/log/plugspace"
    chown -Rh root: "${BACKUPS}"
  fi
  snapshot "${PRECIOUS}" >"${BATS_TEST_TMPDIR}/precious"
}

teardown() {
  snapshot "${PRECIOUS}" >"${BATS_TEST_TMPDIR}/precious-after"
  assert_same precious precious-after
}

INTRUDER='setpriv --reuid=65534 --regid=65534 --clear-groups --'

as_intruder() { # <Bash text> [argument...]
  ${INTRUDER} bash -euc "$1" intruder "${@:2}"
}

# A tool of which each call whose last word has this form lets the intruder act: once, before or after the tool's own work.
intrude() { # <tool> <pattern> <before or after> <Bash text of the intruder>
  printf '%s\n' "$4" >"${BATS_TEST_TMPDIR}/intrusion"
  stub "$1" '
    act() { if [[ (${@: -1} == '"$2"' || $(readlink --canonicalize-missing -- "${@: -1}") == '"$2"') && ! -e "'"${SCRATCH}.acted"'" ]]; then
      : >"'"${SCRATCH}.acted"'"; HOMES="'"${HOMES}"'" PRECIOUS="'"${PRECIOUS}"'" '"${INTRUDER}"' bash -eu "'"${BATS_TEST_TMPDIR}/intrusion"'"; fi; }
    if [[ '"$3"' == before ]]; then act "$@"; exec "${real}" "$@"; fi
    "${real}" "$@"; status=$?; act "$@"; exit "${status}"'
}

assert_acted() { [[ -e ${SCRATCH}.acted ]] || fail 'the intruder did nothing'; }

@test "root's backups are root's alone, and the application's user sees nothing of them" {
  ((EUID == 0)) || return 0
  run --separate-stderr backup --full
  assert_success
  assert_equal "$(find "${BACKUPS}" ! -uid 0)" ''
  assert_equal "$(stat --format=%a "${BACKUPS}")" 700
  run as_intruder 'ls "$1"' "${BACKUPS}"
  assert_failure
}

@test "what another user could have written is told with the cure, believed by nobody, and good once it has been handed over" {
  ((EUID == 0)) || return 0
  local command
  for path in . "${SET}" .state; do
    chown -Rh root: "${BACKUPS}"
    chown -h 65534 "${BACKUPS}/${path}"
    [[ ${path} != . ]] || chown -h 65534 "${BACKUPS}/head.json"
    remember
    for command in 'backup --full' 'backup --list' 'restore latest --app --yes' 'restore --undo --yes'; do
      run --separate-stderr ${command}
      assert_failure 3
      assert_told "belongs to nobody, who could have written it: see that all in there is what you expect, then run 'chown -Rh root: ${BACKUPS}' (or run this as nobody); nothing was touched"
      assert_nothing_changed
    done
  done
  chown -Rh root: "${BACKUPS}"
  run --separate-stderr restore latest --app --yes
  assert_success
}

@test "the guide's chown of the backup directory alone is taken back, and told once" {
  ((EUID == 0)) || return 0
  chown nobody: "${BACKUPS}"
  run -0 --separate-stderr backup --list
  assert_equal "$(stat --format=%U "${BACKUPS}")" nobody # it only looks
  run --separate-stderr backup --config
  assert_success
  assert_told "WARN  ${BACKUPS} belonged to another user, who could have exchanged what root reads there: it belongs to root now"
  assert_equal "$(stat --format='%u %a' "${BACKUPS}")" '0 700'
  run --separate-stderr backup --config
  refute_told 'belonged to'
}

@test "a link in place of the backup directory, or of its .state, leads root nowhere" {
  ((EUID == 0)) || return 0
  as_intruder 'mv "$1/backups" "$1/aside"; ln -s "$2" "$1/backups"' "${HOMES}" "${PRECIOUS}"
  for command in 'backup --full' 'restore latest --app --yes'; do
    run --separate-stderr ${command}
    assert_failure 3
    assert_told "ERROR ${BACKUPS} leads to ${PRECIOUS}, by a link that is not root's or was put there meanwhile"
  done
  as_intruder 'rm "$1/backups"; mkdir "$1/backups"; ln -s "$2" "$1/backups/.state"' "${HOMES}" "${PRECIOUS}"
  run --separate-stderr backup --full
  assert_failure 3
  assert_told "ERROR ${BACKUPS}/.state is a symbolic link"
}

@test "backups that are exchanged in the middle of a run are written where the run began" {
  ((EUID == 0)) || return 0
  intrude mkdir '*.partial' after 'mv "${HOMES}/backups" "${HOMES}/aside"; ln -s "${PRECIOUS}" "${HOMES}/backups"'
  run --separate-stderr backup --full
  assert_acted
  rm "${HOMES}/backups"
  mv "${HOMES}/aside" "${HOMES}/backups"
  assert_equal "$(sets | wc -l)" 2
  run --separate-stderr restore latest --all --into "${WORLD}/look"
  assert_success
}

@test "a directory of the application that becomes a link while it is read brings no file of root's into a set" {
  ((EUID == 0)) || return 0
  intrude tar '--files-from=*/app.names' before 'mv "${HOMES}/plugspace/uploads" "${HOMES}/plugspace/aside"; ln -s "${PRECIOUS}/uploads" "${HOMES}/plugspace/uploads"'
  run --separate-stderr backup --full
  assert_failure 1
  assert_acted
  assert_told 'belonged to user 65534 when it was listed, and to user 0 when it was read: look who exchanges files there, and run again'
  assert_equal "$(sets | wc -l)" 1
}

@test "a staging place that is exchanged as soon as it is there is found, and nothing is built elsewhere" {
  ((EUID == 0)) || return 0
  local kind
  for kind in 'ln -s "${PRECIOUS}" "${stage}"' 'mkdir -p "${stage}/app${HOMES}"; ln -s "${PRECIOUS}" "${stage}/app${HOMES}/plugspace"'; do
    rm -f "${SCRATCH}.acted"
    intrude mkdir '*/home/plugspace/.lifeboat-stage-*' after 'for stage in "${HOMES}"/.lifeboat-stage-*; do mv "${stage}" "${HOMES}/aside"; '"${kind}"'; done'
    run --separate-stderr restore latest --app --yes
    assert_failure 3
    assert_acted
    rm -rf "${HOMES}"/{aside,.lifeboat-stage-*}
  done
  restore latest --app --yes
}

@test "a staging place that is exchanged while it is filled is filled where it was" {
  ((EUID == 0)) || return 0
  intrude tar '--files-from=*app.names*' before 'for stage in "${HOMES}"/.lifeboat-stage-*; do mv "${stage}" "${HOMES}/aside"; mkdir -p "${stage}/app${HOMES}"; ln -s "${PRECIOUS}" "${stage}/app${HOMES}/plugspace"; done'
  run --separate-stderr restore latest --app --yes
  assert_acted
}

@test "a directory on the way to a single file that becomes a link is not followed, before the swap nor at it" {
  ((EUID == 0)) || return 0
  local tool
  local exchange='mv "${HOMES}/plugspace/uploads" "${HOMES}/plugspace/aside"; ln -s "${PRECIOUS}/uploads" "${HOMES}/plugspace/uploads"'
  for tool in sync mv; do
    rm -rf "${SCRATCH}.acted" "${STUBS}"/{sync,mv}
    printf 'changed\n' >"${APP}/uploads/photo 1.jpg"
    if [[ ${tool} == sync ]]; then
      intrude sync '*/journal' after "${exchange}"
    else
      intrude mv '*photo*lifeboat-undo-*' before "${exchange}"
    fi
    run --separate-stderr restore latest --app --path 'uploads/photo 1.jpg' --yes
    assert_acted
    assert_failure 1 # something was touched
    rm -rf "${STUBS}"/{sync,mv} "${APP}/uploads"
    mv "${APP}/aside" "${APP}/uploads"
    assert_told "ERROR ${APP}/uploads leads to ${PRECIOUS}/uploads, by a link that is not root's or was put there meanwhile"
    restore --undo --yes # nothing else goes on until then
    assert_equal "$(<"${APP}/uploads/photo 1.jpg")" changed
  done
}

@test "sets in a directory of somebody else are told, and give nobody any rights" {
  ((EUID == 0)) || return 0
  local usb="${WORLD}/usb"
  cp -a "${BACKUPS}" "${usb}"
  chown -Rh nobody "${usb}"
  run --separate-stderr restore latest --app --sets "${usb}" --into "${WORLD}/look"
  assert_success
  assert_told "WARN  ${usb} belongs to nobody, or something in it, who could exchange what is read there"
  chmod 4755 "${APP}/server.js"
  take_set --full
  rm -rf "${usb}"
  cp -a "${BACKUPS}" "${usb}"
  run --separate-stderr restore latest --app --sets "${usb}" --into "${WORLD}/look again"
  assert_success
  refute_told 'could exchange'
  chown -Rh nobody "${usb}"
  run --separate-stderr restore latest --app --sets "${usb}" --into "${WORLD}/not here"
  assert_failure 6
  assert_told 'comes from a remote or a directory of somebody else, is not signed, and app holds what can give somebody rights'
  [[ ! -e ${WORLD}/not\ here ]]
}

@test "what starts the application as its user has no terminal that it could type into" {
  ((EUID == 0)) || return 0
  local copy
  copy="$(changed_scripts "s/^readonly APP_USER=.*/readonly APP_USER='nobody'/")/restore.sh"
  printf '#!/bin/bash\n{ : </dev/tty; } 2>/dev/null && echo terminal >>%q || echo none >>%q\n' "${HOMES}/terminal" "${HOMES}/terminal" >"${WORLD}/bin/app-service"
  run script --quiet --return --command "env -i PATH='${STUBS}:${PATH}' TMPDIR='${SCRATCH}' bash '${copy}' latest --app --yes" /dev/null </dev/null 3>&-
  assert_success
  assert_equal "$(sort -u "${HOMES}/terminal")" none
}

@test "whatever is exchanged again and again beside real runs, root writes nowhere else, and the good set stays good" {
  ((EUID == 0)) || return 0
  local turn
  as_intruder '
    flip() { if [[ -e $1 && ! -L $1 ]]; then mv -T "$1" "$1.aside" && ln -s "$2" "$1"; elif [[ -L $1 ]]; then rm "$1" && mv -T "$1.aside" "$1"; fi; }
    while [[ ! -e $4 ]]; do
      for path in "$1/backups" "$1/plugspace/uploads" "$2/backup.log" "$1"/.lifeboat-stage-*; do flip "${path}" "$3" 2>/dev/null || :; done
    done' "${HOMES}" "${WORLD}/var/log/plugspace" "${PRECIOUS}" "${SCRATCH}.enough" 3>&- &
  for turn in 1 2 3 4 5 6; do
    run --separate-stderr backup --full
    run --separate-stderr restore "${SET}" --app --yes
    run --separate-stderr restore --undo --yes
  done
  : >"${SCRATCH}.enough"
  wait
  for path in "${BACKUPS}" "${APP}/uploads"; do
    if [[ -e ${path}.aside ]]; then
      rm -rf "${path:?}" # root may have made a new one meanwhile
      mv -T "${path}.aside" "${path}"
    fi
  done
  run --separate-stderr restore "${SET}" --all --into "${WORLD}/look"
  assert_success
  assert_equal "$(<"${WORLD}/look/app${APP}/uploads/photo 1.jpg")" 'photo 1'
}
