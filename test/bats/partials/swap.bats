load ../support/partials.bash

readonly PARTIALS='base backup/swap/swap'

# A record of a restore, as begin_record makes it.
readonly RECORD='
  keep_scripts() { :; } # partials have no list of parts
  end_record() { :; }   # what is left at the end is looked at here
  install_traps; declare -A OPTION=([into]=""); SET_ID=20260104_030000; begin_record
  record() { printf "%s" "${RECORD_DIR}"; }'

swapped() { run_program "${PARTIALS}" "${RECORD}; $1"; }

assert_every_interruption_is_undone() { # <kind>
  run bash "${PROJECT}/test/bats/support/interrupt-swaps.bash" "${PLACE}" "$1"
  assert_success
  assert_output --regexp '^[0-9]+ stories$'
}

@test "a directory: wherever the swap or its undo is killed, an undo brings back what was there" {
  assert_every_interruption_is_undone rename-directory
}

@test "a file: wherever the swap or its undo is killed, an undo brings back what was there" {
  assert_every_interruption_is_undone rename-file
}

@test "a dangling symlink: wherever the swap or its undo is killed, an undo brings back what was there" {
  assert_every_interruption_is_undone rename-link
}

@test "a path that was not there: wherever the swap or its undo is killed, an undo takes it away" {
  assert_every_interruption_is_undone create
}

@test "a mount point: wherever the swap or its undo is killed, an undo brings back every entry" {
  run isolated '
    mkdir "$2/live"; mount -t tmpfs -o size=4m tmpfs "$2/live"
    bash "$1/test/bats/support/interrupt-swaps.bash" "$2" entries' "${PROJECT}" "${PLACE}"
  assert_success
  assert_output --regexp '^[0-9]+ stories$'
}

@test "what was there lies beside, under the time of the restore" {
  mkdir "${PLACE}/live" "${PLACE}/new"
  printf old >"${PLACE}/live/file"
  printf new >"${PLACE}/new/file"
  swapped 'swap_in app "${PLACE}/live" "${PLACE}/new"; printf "%s" "${RECORD_DIR##*/}"'
  assert_success
  assert_equal "$(<"${PLACE}/live/file")" new
  assert_equal "$(<"${PLACE}/.live.lifeboat-undo-${output}/file")" old
  assert_equal "$(cat "${PLACE}/backups/.state/restores/${output}/journal")" \
    "app"$'\t'"rename"$'\t'"${PLACE}/live"$'\t'"${PLACE}/.live.lifeboat-undo-${output}"
}

@test "a path with the words of the undo in it is put back all the same" {
  mkdir -p "${PLACE}/lifeboat-undo/live" "${PLACE}/lifeboat-undo/new"
  printf old >"${PLACE}/lifeboat-undo/live/file"
  swapped 'swap_in app "${PLACE}/lifeboat-undo/live" "${PLACE}/lifeboat-undo/new"; swap_back_all'
  assert_success
  assert_equal "$(<"${PLACE}/lifeboat-undo/live/file")" old
}

@test "a name with blanks, quotes and a leading dash is swapped and put back" {
  local name=$'-a "b" $(c) \'d\' \\ e'
  mkdir "${PLACE}/${name}" "${PLACE}/new"
  printf old >"${PLACE}/${name}/file"
  write_program "${PARTIALS}" "${RECORD}; swap_in app \"\${PLACE}/\${NAME}\" \"\${PLACE}/new\"; [[ ! -e \${PLACE}/\${NAME}/file ]]; swap_back_all"
  NAME="${name}" run bash "${PROGRAM}"
  assert_success
  assert_equal "$(<"${PLACE}/${name}/file")" old
}

@test "the journal is on the disk before anything is moved" {
  mkdir "${PLACE}/live" "${PLACE}/new" "${PLACE}/stubs"
  for tool in mv sync; do
    printf '#!/bin/sh\nprintf "%%s\\n" "%s $*" >>"%s"\nexec %s "$@"\n' "${tool}" "${PLACE}/calls" "$(type -P "${tool}")" >"${PLACE}/stubs/${tool}"
    chmod 755 "${PLACE}/stubs/${tool}"
  done
  write_program "${PARTIALS}" "${RECORD}; : >\"\${PLACE}/calls\"; swap_in app \"\${PLACE}/live\" \"\${PLACE}/new\""
  PATH="${PLACE}/stubs:${PATH}" run bash "${PROGRAM}"
  assert_success
  run head -n 2 "${PLACE}/calls"
  assert_line --index 0 --regexp '^sync .*journal'
  assert_line --index 1 --regexp '^mv .*/live '
}

@test "a line of the journal that is not understood stops the undo" {
  swapped 'printf "app\tbend\t/a\t/b\n" >"${RECORD_DIR}/journal"; swap_back_all'
  assert_failure 1
  assert_regex "${stderr}" "holds a line that is not understood: 'bend'"
}

@test "only the named component is put back" {
  mkdir "${PLACE}"/{a,b,new-a,new-b}
  printf old >"${PLACE}/a/file"
  printf old >"${PLACE}/b/file"
  swapped 'swap_in app "${PLACE}/a" "${PLACE}/new-a"; swap_in ssl "${PLACE}/b" "${PLACE}/new-b"; swap_back_all ssl'
  assert_success
  [[ ! -e ${PLACE}/a/file ]]
  assert_equal "$(<"${PLACE}/b/file")" old
}

@test "the staging place lies beside the live path, and within a mount point" {
  run isolated '
    mkdir "$2/live" "$2/mounted"; mount -t tmpfs -o size=1m tmpfs "$2/mounted"; bash "$1"' \
    "$(write_program "${PARTIALS}" "${RECORD}"'
      stage_for stage "${PLACE}/live"; printf "%s\n" "${stage%-*}"; stage_for stage "${PLACE}/mounted"; printf "%s\n" "${stage%-*}"
      remove_staging "${RECORD_DIR}"; find "${PLACE}/live" "${PLACE}/mounted" -mindepth 1; ls -A "${PLACE}" | grep stage || :'
      printf '%s' "${PROGRAM}")" "${PLACE}"
  assert_success
  assert_line --index 0 "${PLACE}/.lifeboat-stage"
  assert_line --index 1 "${PLACE}/mounted/.lifeboat-stage"
  assert_equal "${#lines[@]}" 2
}

@test "a staging list that names other places, or a symlink, removes nothing there" {
  mkdir -p "${PLACE}/precious" "${PLACE}/record"
  printf x >"${PLACE}/precious/file"
  ln -s precious "${PLACE}/.lifeboat-stage-1"
  printf '%s\n' "${PLACE}/precious" "${PLACE}/.lifeboat-stage-1" / '' >"${PLACE}/record/staging"
  run_program "${PARTIALS}" 'install_traps; remove_staging "${PLACE}/record"'
  assert_success
  assert_equal "$(<"${PLACE}/precious/file")" x
}
