load ../support/world.bash

# A program that hangs, whatever it is and wherever it is started: the run ends, says which program and where, and frees the
# lock. (brief: backup.timeout is 8 s; what has no bound of its own gets twice that.)
setup_file() { take_set_for_file brief --full; }
setup() {
  new_world
  reuse_set
  ENVIRONMENT=brief
}

# A pipe that it leaves unread must not hang whoever writes to it.
hangs() { # <tool> <part of the arguments with which it hangs>
  stub "$1" 'if [[ " $* " == *'"$(printf '%q' "$2")"'* ]]; then trap "" TERM; exec sleep 300; fi; exec "${real}" "$@"'
}

ended_by() { # <tool> <where, in the message> <command...>
  local begun="${SECONDS}"
  run --separate-stderr "${@:3}"
  assert_failure
  assert_told 'sleep took longer than backup.timeout (8 s) and is ended'
  assert_told "ERROR $2"
  ((SECONDS - begun < 40)) || fail "it took $((SECONDS - begun)) s"
  rm "${STUBS}/$1"
  assert_equal "$(sets)" "${SET}"
  assert_no_leftovers
}

@test "backup: a sort that hangs in a step" {
  hangs sort --buffer-size
  ended_by sort 'stopped in list_tree, ' backup --full
}

@test "backup: a jq that hangs outside of any step, under the lock" {
  hangs jq '--slurpfile warnings'
  ended_by jq 'stopped in write_manifest, ' backup --full
}

@test "backup: a chmod that hangs" {
  hangs chmod .state
  ended_by chmod 'stopped in prepare_state, ' backup --full
}

@test "restore: an awk that hangs in a step" {
  hangs awk 'expected=/'
  ended_by awk 'app, as it was built' restore latest --app --yes
}

@test "restore: an mv that hangs in the swap, where signals wait; all is put back" {
  printf 'newer\n' >"${APP}/server.js"
  hangs mv "/./${APP##*/} /proc/"
  ended_by mv 'nothing is restored: all that had been swapped is back in its place' restore latest --app --config --yes
  assert_equal "$(<"${APP}/server.js")" newer
}

@test "what a run waits for while its clean-up hangs is ended, too" {
  stub tar 'if [[ " $* " == *" --create "* ]]; then exit 3; fi; exec "${real}" "$@"'
  hangs rm .partial
  run --separate-stderr backup --full
  assert_failure
  assert_told 'sleep took longer than backup.timeout'
  rm "${STUBS}"/{rm,tar}
  assert_no_process_left
}
