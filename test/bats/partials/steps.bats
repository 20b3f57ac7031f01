load ../support/partials.bash

readonly PARTIALS='base'
readonly PRELUDE='
  SHOWN=FEW; install_traps; make_work_dir
  last_words() { printf "cleaned up\n"; }
  at_end last_words'

guarded() { run_program "${PARTIALS}" "${PRELUDE}; $1"; }

# Starts the program, waits until it has written its process id, sends a signal.
signalled() { # <signal> <text>
  write_program "${PARTIALS}" "${PRELUDE}; $2"
  env --default-signal=INT setsid bash "${PROGRAM}" >"${PLACE}/out" 2>"${PLACE}/err" </dev/null 3>&- &
  local pid=$!
  await_file "${PLACE}/ready"
  kill -s "$1" "${pid}"
  status=0
  wait "${pid}" || status=$?
}

assert_gone() { # <pid>
  local tries
  for tries in {1..40}; do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.05
  done
  fail "process $1 is still there after ${tries} tries"
}

@test "a step runs with nothing to read, and its output is not lost" {
  guarded 'step() { printf "%s\n" "$1"; cat; }; run_step step "an argument"; echo after'
  assert_success
  assert_output $'an argument\nafter\ncleaned up'
}

@test "a step that dies ends the script with its status and its reason, once" {
  guarded 'step() { die 6 "the reason"; }; run_step step; echo no'
  assert_failure 6
  assert_equal "$(grep -c ERROR <<<"${stderr}")" 1
  assert_output 'cleaned up'
}

@test "a step that dies deep in a substitution ends the script with its status" {
  guarded 'inner() { die 3 "deep"; }; step() { local value; value="$(inner)"; echo "${value}"; }; run_step step; echo no'
  assert_failure 3
  assert_equal "$(grep -c ERROR <<<"${stderr}")" 1
}

@test "a step in which a command fails says which, and ends with 1" {
  guarded 'step() { ls --no-such-option 2>/dev/null; }; run_step step; echo no'
  assert_failure 1
  assert_regex "${stderr}" 'stopped in step, '
}

@test "a step whose process is killed is told with the status" {
  guarded 'step() { kill -s KILL "${BASHPID}"; }; run_step step one; echo no'
  assert_failure 1
  assert_regex "${stderr}" "step 'step one' ended with status 137"
  assert_output 'cleaned up'
}

@test "an early member of a pipeline that fails makes the step fail" {
  guarded 'step() { bash -c "printf data; exit 3" | cat >/dev/null; }; run_step step; echo no'
  assert_failure 1
}

for case in TERM:143 INT:130 HUP:129; do
  bats_test_function --description "SIG${case%:*} during a step ends it and its children at once, with ${case#*:}" -- signal_during_step "${case%:*}" "${case#*:}"
done

signal_during_step() { # <signal> <status>
  local child
  signalled "$1" 'step() { sleep 300 | sleep 301 & printf "%s\n" "$!" >"${PLACE}/child"; printf ready >"${PLACE}/ready"; wait; }; run_step step; echo no'
  assert_equal "${status}" "$2"
  assert_equal "$(<"${PLACE}/out")" 'cleaned up'
  assert_equal "$(grep -c ERROR "${PLACE}/err")" 1
  assert_regex "$(<"${PLACE}/err")" "ended by SIG$1"
  child="$(<"${PLACE}/child")"
  assert_gone "${child}"
  assert_equal "$(find "${PLACE}/scratch" -mindepth 1)" ''
}

@test "a signal that comes while a step begins ends that step, too" {
  write_program "${PARTIALS}" "${PRELUDE}"'
    at_the_start() {
      [[ $1 == "CHILD=\$!" && ! -e ${PLACE}/signalled ]] || return 0
      until [[ -s ${PLACE}/child ]]; do sleep 0.02; done
      : >"${PLACE}/signalled"
      kill -s TERM "$$"
    }
    step() { printf "%s\n" "${BASHPID}" >"${PLACE}/child"; sleep 300; }
    set -T
    trap '\''at_the_start "${BASH_COMMAND}"'\'' DEBUG
    run_step step'
  local status=0
  setsid --wait bash "${PROGRAM}" </dev/null >"${PLACE}/out" 2>&1 3>&- || status=$?
  assert_equal "${status}" 143
  [[ -e ${PLACE}/signalled ]]
  assert_gone "$(<"${PLACE}/child")"
}

@test "a child that ignores SIGTERM does not keep the script from ending" {
  local child
  signalled TERM 'step() { (trap "" TERM; printf "%s\n" "${BASHPID}" >"${PLACE}/child"; printf ready >"${PLACE}/ready"; sleep 4; sleep 4); }; run_step step'
  assert_equal "${status}" 143
  child="$(<"${PLACE}/child")"
  assert_gone "${child}"
}

@test "a second signal during the clean-up does not cut it short" {
  write_program "${PARTIALS}" "${PRELUDE}; last_words() { printf ready >\"\${PLACE}/ready\"; sleep 0.5; printf 'cleaned up\n'; }; printf x >\"\${PLACE}/up\"; sleep 300 & wait"
  setsid bash "${PROGRAM}" >"${PLACE}/out" 2>"${PLACE}/err" </dev/null 3>&- &
  local pid=$! status=0
  await_file "${PLACE}/up"
  kill -s TERM "${pid}"
  await_file "${PLACE}/ready"
  kill -s TERM "${pid}"
  kill -s INT "${pid}"
  wait "${pid}" || status=$?
  assert_equal "${status}" 143
  assert_equal "$(<"${PLACE}/out")" 'cleaned up'
}

readonly LISTENER='
  tell_end() { local field; for field in action type set bytes result reason warnings; do printf "%s=%s\n" "${field}" "${OUTCOME["${field}"]}"; done; }
  RUN_ENDS+=(tell_end)'

@test "the end: what was made last is cleared away first, whatever fails in it, and the status stays" {
  guarded 'first() { printf "first, in %s\n" "${WORK_DIR:+a work directory}"; }; second() { die 3 "no"; }; third() { printf "third\n"; false; }
    at_end first; at_end second; at_end third; at_end first; die 6 "the reason"'
  assert_failure 6
  assert_output $'third\nfirst, in a work directory\ncleaned up'
  assert_equal "$(find "${PLACE}/scratch" -mindepth 1)" ''
}

@test "the end: a step cannot name what is cleared away, for its end is another" {
  guarded 'step() { at_end last_words; }; run_step step'
  assert_failure 1
  assert_regex "${stderr}" 'last_words would clear nothing away: it is named in a step'
}

@test "the end: a listener finds how the run went, with the reason and the warnings of its steps" {
  guarded "${LISTENER}"'; note type full; warn "one"; step() { warn "two"; warn "    | words of a tool"; warn "three"; die 6 "of the step"; }; run_step step'
  assert_failure 6
  assert_output $'cleaned up\naction=restore\ntype=full\nset=\nbytes=0\nresult=damaged\nreason=of the step\nwarnings=3'
}

@test "the end: what goes wrong while it is cleared away is not the reason" {
  guarded "${LISTENER}"'; late() { error "later"; }; at_end late; step() { :; }; run_step step; problem "the reason"; stop_at_problems'
  assert_failure 3
  assert_line 'result=refused'
  assert_line --regexp '^reason=preflight found 1'
}

@test "the end: a run that went well has no reason, and one that only looked is called so" {
  guarded "${LISTENER}"'; DRY_RUN=true; error "told, and gone on"; note set 20260104_030000'
  assert_success
  assert_output $'cleaned up\naction=dry-run\ntype=\nset=20260104_030000\nbytes=0\nresult=done\nreason=\nwarnings=0'
}

@test "the end: a listener is told of a signal, and one that fails keeps no other from hearing" {
  signalled INT "${LISTENER}"'; deaf() { return 1; }; RUN_ENDS=(deaf tell_end); printf ready >"${PLACE}/ready"; sleep 60 & wait'
  assert_equal "${status}" 130
  assert_regex "$(<"${PLACE}/out")" 'result=ended.reason=ended by SIGINT'
}

@test "the end: a program that stays beside the run ends with it" {
  guarded 'beside() { cd "${WORK_DIR}"; sleep 300 7>&- 8>&- 9>&- & printf "%s\n" "$!" | tee beside.pid; }; run_step beside'
  assert_success
  assert_gone "${lines[0]}"
}

@test "a signal that is held ends neither the run nor the step, and is known afterwards" {
  signalled TERM 'hold_signals; step() { printf ready >"${PLACE}/ready"; sleep 0.5; }; run_step step; printf "%s\n" "${HELD_SIGNAL}"'
  assert_equal "${status}" 0
  assert_equal "$(<"${PLACE}/out")" $'TERM\ncleaned up'
}

@test "the lock: a second run ends with 4 and says who holds it" {
  write_program "${PARTIALS}" "${PRELUDE}; take_lock; printf ready >\"\${PLACE}/ready\"; sleep 60"
  setsid bash "${PROGRAM}" </dev/null >/dev/null 2>&1 3>&- &
  local holder=$!
  await_file "${PLACE}/ready"
  write_program "${PARTIALS}" "${PRELUDE}; take_lock; echo no"
  run --separate-stderr clean_bash "${PROGRAM}"
  kill -s KILL -- "-${holder}"
  assert_failure 4
  assert_regex "${stderr}" "ERROR another run holds the lock: program.sh restore, pid ${holder}, since [0-9T:-]+Z; wait until it has ended, nothing was done"
}

@test "the lock: after the holder was killed the next run gets it" {
  write_program "${PARTIALS}" "${PRELUDE}; take_lock; printf ready >\"\${PLACE}/ready\"; sleep 60"
  setsid bash "${PROGRAM}" </dev/null >/dev/null 2>&1 3>&- &
  local holder=$!
  await_file "${PLACE}/ready"
  kill -s KILL -- "-${holder}"
  wait "${holder}" || :
  guarded 'take_lock; cat "${BACKUP_DIR}/.state/lock"'
  assert_success
  assert_regex "${output}" "^program.sh restore, pid [0-9]+, since "
}

@test "the lock: where the script alone was killed, its step is ended and the lock is free" {
  local child
  signalled KILL 'take_lock; step() { (trap "" TERM; sleep 300) & sleep 301 & printf "%s\n" "$!" >"${PLACE}/child"; printf ready >"${PLACE}/ready"; wait; }; run_step step'
  child="$(<"${PLACE}/child")"
  sleep 1
  assert_gone "${child}"
  sleep 3
  guarded 'take_lock; echo taken'
  assert_success
  assert_output --partial taken
}

@test "one watcher serves all steps, is gone at the end, and keeps nobody waiting" {
  guarded 'step() { :; }; for n in 1 2 3 4 5; do run_step step; done
    for n in 1 2 3 4 5; do # what opened the pipe to the watcher may end a moment later
      read -r children <"/proc/$$/task/$$/children" || :
      if [[ ${children} == *[0-9]" "[0-9]* ]]; then sleep 0.1; fi
    done
    printf "<%s> %s s\n" "${children}" "${SECONDS}"'
  assert_success
  assert_line --regexp '^<[0-9]+> [01] s$'
  assert_gone "$(sed --quiet 's|^<\([0-9]*\)> .*|\1|p' <<<"${output}")"
}

@test "the lock: the second run leaves the name of the holder in the file" {
  mkdir -p "${PLACE}/backups/.state"
  printf 'somebody, pid 1, since ever\n' >"${PLACE}/backups/.state/lock"
  write_program "${PARTIALS}" "${PRELUDE}; take_lock"
  run --separate-stderr flock "${PLACE}/backups/.state/lock" env -i PATH="${PATH}" bash "${PROGRAM}"
  assert_failure 4
  assert_equal "$(<"${PLACE}/backups/.state/lock")" 'somebody, pid 1, since ever'
}

@test "an interrupted restore is a problem for the preflight, unless one runs at this moment" {
  write_program "${PARTIALS}" "${PRELUDE}; preflight_interrupted; stop_at_problems; echo passed"
  printf '20260104_030000\n' >"${PLACE}/backups/.state/swapping"
  : >"${PLACE}/backups/.state/lock"
  run --separate-stderr clean_bash "${PROGRAM}"
  assert_failure 3
  assert_regex "${stderr}" "the restore 20260104_030000 was interrupted while it swapped: run 'restore.sh --undo' first"
  run --separate-stderr flock "${PLACE}/backups/.state/lock" env -i PATH="${PATH}" bash "${PROGRAM}"
  assert_success
  assert_output --partial passed
}
