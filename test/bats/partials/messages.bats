load ../support/partials.bash

@test "a line holds the UTC time, the level and the text, whatever the time zone of the caller" {
  local before after
  write_program 'lib/messages' 'info "one text"'
  before="$(date --utc +%FT%TZ)"
  run --separate-stderr env -i PATH="${PATH}" TZ=Asia/Tokyo bash "${PROGRAM}"
  after="$(date --utc +%FT%TZ)"
  assert_success
  assert_regex "${stderr}" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z INFO  one text$'
  [[ ! ${stderr%% *} < ${before} && ! ${stderr%% *} > ${after} ]]
}

@test "what stderr sees stands in the log file too, in the same words" {
  run_program 'lib/messages' 'open_log; warn "a warning"; error "an error"; summary "the end"'
  assert_success
  assert_equal "$(<"${PLACE}/log/backup.log")" "${stderr}"
}

@test "a pipe sees no INFO, the log file does" {
  run_program 'lib/messages' 'open_log; info "a step"; summary "the end"'
  refute_regex "${stderr}" 'a step'
  assert_regex "${stderr}" 'DONE  the end'
  assert_regex "$(<"${PLACE}/log/backup.log")" 'INFO  a step'
}

@test "a terminal sees every level" {
  write_program 'lib/messages' 'open_log; info "a step"; summary "the end"'
  run script --quiet --return --command "bash '${PROGRAM}'" /dev/null </dev/null 3>&-
  assert_success
  assert_output --partial 'INFO  a step'
  assert_output --partial 'DONE  the end'
}

@test "--quiet leaves warnings and errors, and does not touch the log file" {
  run_program 'lib/messages' 'QUIET=true; open_log; info one; summary two; warn three; error four'
  refute_regex "${stderr}" 'one|two'
  assert_regex "${stderr}" 'WARN  three'
  assert_regex "${stderr}" 'ERROR four'
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 4
}

@test "a dry run writes no log file" {
  run_program 'lib/messages' 'DRY_RUN=true; open_log; warn "only said"'
  assert_success
  [[ ! -e ${PLACE}/log ]]
}

@test "stderr that is closed loses nothing of the log file and no status" {
  write_program 'lib/messages' 'open_log; info one; warn two; summary three; printf "still here\n" >"${PLACE}/end"'
  run bash -c 'exec bash "$1" 2>&-' bash "${PROGRAM}"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 3
  assert_equal "$(<"${PLACE}/end")" 'still here'
}

@test "a reader of stderr that went away stops nothing" {
  write_program 'lib/messages lib/store lib/guards' 'install_traps; open_log; sleep 0.3; for n in 1 2 3; do warn "line ${n}"; done; printf "%s\n" "${SHOWN}" >"${PLACE}/end"'
  run bash -c 'set -o pipefail; bash "$1" 2>&1 >/dev/null | true' bash "${PROGRAM}"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 3
  assert_equal "$(<"${PLACE}/end")" NONE
}

@test "stderr that is the log file gets each line once" {
  mkdir -p "${PLACE}/log"
  write_program 'lib/messages' 'open_log; info one; warn two'
  run bash -c 'bash "$1" 2>>"$2"' bash "${PROGRAM}" "${PLACE}/log/backup.log"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 2
}

@test "a log file that cannot be written is told, and the run goes on" {
  mkdir -p "${PLACE}/log/backup.log"
  run_program 'lib/messages' 'open_log; summary "the end"'
  assert_success
  assert_regex "${stderr}" "WARN  cannot write the log file ${PLACE}/log/backup.log"
  assert_regex "${stderr}" 'DONE  the end'
}

@test "a full disk under the log file does not hide a message or stop the run" {
  run isolated '
    mkdir -p "$2/log"; mount -t tmpfs -o size=4k tmpfs "$2/log"; head -c 4096 /dev/zero >"$2/log/backup.log" || :
    bash "$1" 2>"$2/stderr"' "$(write_program 'lib/messages lib/store lib/guards' 'install_traps; open_log; warn one; summary two'; printf '%s' "${PROGRAM}")" "${PLACE}"
  assert_success
  assert_regex "$(<"${PLACE}/stderr")" 'WARN  one'
  assert_regex "$(<"${PLACE}/stderr")" 'DONE  two'
}

@test "the log file that is made can be read by its owner alone" {
  run_program 'lib/messages' 'open_log; info one'
  assert_equal "$(stat --format=%a "${PLACE}/log/backup.log")" 600
}

@test "quote_tool shows the last eight lines of a tool, and nothing of an empty file" {
  run_program 'lib/messages' 'seq 12 >"${PLACE}/tool"; quote_tool "${PLACE}/tool"; : >"${PLACE}/none"; quote_tool "${PLACE}/none"; quote_tool "${PLACE}/missing"'
  assert_success
  assert_equal "$(grep -c 'WARN      | ' <<<"${stderr}")" 8
  assert_regex "${stderr}" '\| 5'
  assert_regex "${stderr}" '\| 12$'
}

@test "quote_tool hides passwords in connection strings" {
  run_program 'lib/messages' '
    printf "%s\n" "failed: mongodb://u:p%40ss@h:1/?a=b: gone" "mongodb+srv://u:o@t/her@h/ and mongodb://v:third@h" "mongodb://h/ has none" >"${PLACE}/tool"
    quote_tool "${PLACE}/tool"'
  assert_success
  refute_regex "${stderr}" 'p%40ss|o@t|third'
  assert_regex "${stderr}" '\| failed: mongodb://u:\*\*\*@h:1/\?a=b: gone'
  assert_regex "${stderr}" '\| mongodb://h/ has none'
}

@test "what a terminal would obey is said as a question mark, letters beyond ASCII as they are" {
  run_program 'lib/messages' 'open_log; warn $'"'"'a\e[31mb\x07\xc2\x9bc\td\ne\x7f äöü € f'"'"
  assert_success
  assert_regex "${stderr}" 'WARN  a\?\[31mb\?\?c d\?e\? äöü € f$'
  assert_equal "$(<"${PLACE}/log/backup.log")" "${stderr}"
}
