load ../support/partials.bash

@test "a line holds the UTC time, the level and the text, whatever the time zone of the caller" {
  local before after
  write_program 'lib/log lib/run' 'info "one text"'
  before="$(date --utc +%FT%TZ)"
  run --separate-stderr env -i PATH="${PATH}" TZ=Asia/Tokyo bash "${PROGRAM}"
  after="$(date --utc +%FT%TZ)"
  assert_success
  assert_regex "${stderr}" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z INFO  one text$'
  [[ ! ${stderr%% *} < ${before} && ! ${stderr%% *} > ${after} ]]
}

@test "what stderr sees stands in the log file too, in the same words" {
  run_program 'lib/log lib/run' 'open_log; warn "a warning"; error "an error"; summary "the end"'
  assert_success
  assert_equal "$(<"${PLACE}/log/backup.log")" "${stderr}"
}

@test "a pipe sees no INFO, the log file does" {
  run_program 'lib/log lib/run' 'open_log; info "a step"; summary "the end"'
  refute_regex "${stderr}" 'a step'
  assert_regex "${stderr}" 'DONE  the end'
  assert_regex "$(<"${PLACE}/log/backup.log")" 'INFO  a step'
}

@test "a terminal sees every level" {
  write_program 'lib/log lib/run' 'open_log; info "a step"; summary "the end"'
  run script --quiet --return --command "bash '${PROGRAM}'" /dev/null </dev/null 3>&-
  assert_success
  assert_output --partial 'INFO  a step'
  assert_output --partial 'DONE  the end'
}

@test "--quiet leaves warnings and errors, and does not touch the log file" {
  run_program 'lib/log lib/run' 'QUIET=true; open_log; info one; summary two; warn three; error four'
  refute_regex "${stderr}" 'one|two'
  assert_regex "${stderr}" 'WARN  three'
  assert_regex "${stderr}" 'ERROR four'
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 4
}

@test "a dry run writes no log file" {
  run_program 'lib/log lib/run' 'DRY_RUN=true; open_log; warn "only said"'
  assert_success
  [[ ! -e ${PLACE}/log ]]
}

@test "stderr that is closed loses nothing of the log file and no status" {
  write_program 'lib/log lib/run' 'open_log; info one; warn two; summary three; printf "still here\n" >"${PLACE}/end"'
  run bash -c 'exec bash "$1" 2>&-' bash "${PROGRAM}"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 3
  assert_equal "$(<"${PLACE}/end")" 'still here'
}

@test "a reader of stderr that went away stops nothing" {
  write_program 'base' 'install_traps; open_log; sleep 0.3; for n in 1 2 3; do warn "line ${n}"; done; printf "%s\n" "${SHOWN}" >"${PLACE}/end"'
  run bash -c 'set -o pipefail; bash "$1" 2>&1 >/dev/null | true' bash "${PROGRAM}"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 3
  assert_equal "$(<"${PLACE}/end")" NONE
}

@test "stderr that is the log file gets each line once" {
  mkdir -p "${PLACE}/log"
  write_program 'lib/log lib/run' 'open_log; info one; warn two'
  run bash -c 'bash "$1" 2>>"$2"' bash "${PROGRAM}" "${PLACE}/log/backup.log"
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 2
}

@test "a log file that cannot be written is told, and the run goes on" {
  mkdir -p "${PLACE}/log/backup.log"
  run_program 'lib/log lib/run' 'open_log; summary "the end"'
  assert_success
  assert_regex "${stderr}" "WARN  cannot write the log file ${PLACE}/log/backup.log"
  assert_regex "${stderr}" 'DONE  the end'
}

@test "a full disk under the log file does not hide a message or stop the run" {
  run isolated '
    mkdir -p "$2/log"; mount -t tmpfs -o size=4k tmpfs "$2/log"; head -c 4096 /dev/zero >"$2/log/backup.log" || :
    bash "$1" 2>"$2/stderr"' "$(write_program 'base' 'install_traps; open_log; warn one; summary two'; printf '%s' "${PROGRAM}")" "${PLACE}"
  assert_success
  assert_regex "$(<"${PLACE}/stderr")" 'WARN  one'
  assert_regex "$(<"${PLACE}/stderr")" 'DONE  two'
}

@test "the log file that is made can be read by those who may read its directory" {
  mkdir "${PLACE}/log"
  chmod 750 "${PLACE}/log"
  if ((EUID == 0)); then chgrp 65534 "${PLACE}/log"; fi
  run_program 'lib/log lib/run' 'open_log; info one'
  assert_equal "$(stat --format='%a %g' "${PLACE}/log/backup.log")" "640 $(stat --format=%g "${PLACE}/log")"
}

# --- A directory of somebody else: only root is led astray there ---

@test "where another user owns the directory of the log, its lines are written as that user" {
  ((EUID == 0)) || return 0 # nobody else can be had
  mkdir "${PLACE}/log"
  chown 65534:65534 "${PLACE}/log"
  chmod 711 "${PLACE}" "${BATS_RUN_TMPDIR}" "${BATS_RUN_TMPDIR}/test"
  run_program 'lib/log lib/run' 'open_log; info one; warn two'
  assert_success
  assert_equal "$(wc -l <"${PLACE}/log/backup.log")" 2
  assert_equal "$(stat --format=%u "${PLACE}/log/backup.log")" 65534
}

@test "a link in place of the log, or of its directory, leads root nowhere, and the run goes on" {
  ((EUID == 0)) || return 0 # nobody else can be had
  local kind
  chmod 711 "${PLACE}" "${BATS_RUN_TMPDIR}" "${BATS_RUN_TMPDIR}/test"
  mkdir -m 700 "${PLACE}/root"
  for kind in file dangling directory; do
    rm -rf "${PLACE}/log" "${PLACE}/root"/*
    : >"${PLACE}/root/profile"
    mkdir "${PLACE}/log"
    case "${kind}" in
      file) ln -s "${PLACE}/root/profile" "${PLACE}/log/backup.log" ;;
      dangling) ln -s "${PLACE}/root/new" "${PLACE}/log/backup.log" ;;
      *) mkdir "${PLACE}/log/deep" && ln -s "${PLACE}/root" "${PLACE}/log/deep/link" ;;
    esac
    chown -Rh 65534:65534 "${PLACE}/log"
    run_program 'lib/log lib/run' "LOG_WRITER=(); open_log; warn 'a line of the log'; summary 'the end'"
    assert_success
    assert_equal "$(find "${PLACE}/root" -type f -size +0)" ''
    [[ ! -e ${PLACE}/root/new ]]
  done
}

@test "a group of the application's user that may write there is such a user, too, and a hanging writer stops nothing" {
  ((EUID == 0)) || return 0 # nobody else can be had
  chmod 711 "${PLACE}" "${BATS_RUN_TMPDIR}" "${BATS_RUN_TMPDIR}/test"
  mkdir -m 770 "${PLACE}/log"
  chgrp 65534 "${PLACE}/log"
  write_program 'lib/log lib/run' 'open_log; warn one; printf "%s\n" "${LOG_WRITER[*]}"'
  sed -i 's/APP_USER=[^ ]*/APP_USER=nobody/' "${PROGRAM}"
  run --separate-stderr clean_bash "${PROGRAM}"
  assert_output --partial '--reuid=nobody --regid=65534'
  rm "${PLACE}/log/backup.log"
  mkfifo "${PLACE}/log/backup.log"
  chown 65534 "${PLACE}/log" "${PLACE}/log/backup.log"
  run --separate-stderr clean_bash "${PROGRAM}"
  assert_success
  assert_regex "${stderr}" 'WARN  cannot write the log file .* as the user who may change its directory: this run is told on stderr only'
}

@test "quote_tool shows the last eight lines of a tool, and nothing of an empty file" {
  run_program 'lib/log lib/run' 'seq 12 >"${PLACE}/tool"; quote_tool "${PLACE}/tool"; : >"${PLACE}/none"; quote_tool "${PLACE}/none"; quote_tool "${PLACE}/missing"'
  assert_success
  assert_equal "$(grep -c 'WARN      | ' <<<"${stderr}")" 8
  assert_regex "${stderr}" '\| 5'
  assert_regex "${stderr}" '\| 12$'
}

@test "quote_tool passes over lines that say nothing" {
  run_program 'lib/log lib/run' 'printf "one\n\n  \ntwo\n" >"${PLACE}/tool"; quote_tool "${PLACE}/tool"'
  assert_success
  assert_equal "$(grep -c 'WARN      | ' <<<"${stderr}")" 2
}

@test "quote_tool hides passwords in connection strings" {
  run_program 'lib/log lib/run' '
    printf "%s\n" "failed: mongodb://u:p%40ss@h:1/?a=b: gone" "mongodb+srv://u:o@t/her@h/ and mongodb://v:third@h" "mongodb://h/ has none" >"${PLACE}/tool"
    quote_tool "${PLACE}/tool"'
  assert_success
  refute_regex "${stderr}" 'p%40ss|o@t|third'
  assert_regex "${stderr}" '\| failed: mongodb://u:\*\*\*@h:1/\?a=b: gone'
  assert_regex "${stderr}" '\| mongodb://h/ has none'
}

@test "what a terminal would obey is said as a question mark, letters beyond ASCII as they are" {
  run_program 'lib/log lib/run' 'open_log; warn $'"'"'a\e[31mb\x07\xc2\x9bc\td\ne\x7f äöü € f'"'"
  assert_success
  assert_regex "${stderr}" 'WARN  a\?\[31mb\?\?c d\?e\? äöü € f$'
  assert_equal "$(<"${PLACE}/log/backup.log")" "${stderr}"
}
