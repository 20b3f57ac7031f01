load ../support/partials.bash

# A restore whose swaps are done, and an application that answers as the function curl does.
readonly SWAPPED='
  unknown="" HEALTH_URL=http://app.test/health SET_ID=20260104_030000 WANTED=(app)
  install_traps; make_work_dir; hold_signals
  end() { if [[ -n ${unknown} ]]; then end_unconfirmed "${unknown}"; fi; printf "to the end, failed: %s\n" "${FAILED[*]}"; }'
readonly PARTS='base backup/swap/ending backup/swap/health'

@test "an application that answers well is known to work" {
  run_program "${PARTS}" "${SWAPPED}"'; curl() { printf 204; }; check_health unknown; end'
  assert_success
  assert_output 'to the end, failed: '
}

@test "an application that does not answer well in time is told" {
  run_program "${PARTS}" "${SWAPPED}"'; curl() { printf 503; }; pause() { :; }; check_health unknown; end'
  assert_output 'to the end, failed: health'
  assert_regex "${stderr}" 'ERROR health: http://app.test/health does not answer well \(last answer: 503\)'
}

for case in INT:130 TERM:143 HUP:129; do
  bats_test_function --description "SIG${case%:*} ends the wait for the application, says what is not known, and ends with ${case#*:}" -- wait_ended "${case%:*}" "${case#*:}"
done

wait_ended() { # <signal> <status>
  run_program "${PARTS}" "${SWAPPED}"'; curl() { printf 503; }; pause() { kill -s '"$1"' "$$"; }; check_health unknown; end'
  assert_failure "$2"
  assert_output ''
  assert_regex "${stderr}" "ERROR ended by SIG$1 before http://app.test/health answered well \(last answer: 503\): whether the application works is not known, look at its log"
  assert_regex "${stderr}" "ERROR restored app from 20260104_030000, not confirmed: 'restore.sh --undo' brings back what was there"
}

@test "a signal that came while it swapped ends the wait before it begins, and a component that failed counts for more" {
  run_program "${PARTS}" "${SWAPPED}"'; FAILED=(config); HELD_SIGNAL=INT; curl() { printf "asked\n" >&2; }; check_health unknown; end'
  assert_success
  assert_output 'to the end, failed: config'
  assert_regex "${stderr}" 'ERROR ended by SIGINT before http://app.test/health answered well: whether'
  refute_regex "${stderr}" asked
}
