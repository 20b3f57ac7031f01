load ../support/partials.bash

guarded() { run_program 'base' "install_traps; $1"; }

assert_said_once() { # <text>
  assert_equal "$(grep -c 'ERROR' <<<"${stderr}")" 1
  assert_regex "${stderr}" "ERROR $1"
}

@test "die ends with the status and the reason" {
  guarded 'die 3 "the reason"; echo not reached'
  assert_failure 3
  assert_said_once 'the reason'
  assert_output ''
}

@test "die in a command substitution ends the script with the status, and the reason once" {
  guarded 'inner() { die 4 "deep down"; }; value="$(inner)"; echo "not reached ${value}"'
  assert_failure 4
  assert_said_once 'deep down'
  assert_output ''
}

@test "die in subshells within subshells keeps its status" {
  guarded 'inner() { die 6 "deep down"; }; outer() { local value; value="$( ( (inner); echo no ) )"; echo "${value}"; }; value="$(outer)"; echo no'
  assert_failure 6
  assert_said_once 'deep down'
}

@test "die in the middle of a pipeline ends the script" {
  guarded 'inner() { die 3 "in a pipe"; }; inner | cat; echo not reached'
  assert_failure 3
  assert_said_once 'in a pipe'
  assert_output ''
}

@test "a command that fails is named with its function, line and status" {
  guarded 'work() { ls --no-such-option 2>/dev/null; }; work'
  assert_failure 1
  assert_said_once "stopped in work, .*program.sh:[0-9]+: 'ls --no-such-option"
  assert_regex "${stderr}" 'ended with status 2'
}

@test "a command that fails in nested command substitutions is told once" {
  guarded 'work() { false; }; outer() { local value; value="$(work)"; echo "${value}"; }; value="$(outer)"; echo no'
  assert_failure 1
  assert_said_once 'stopped in work'
}

@test "a tool that ends with a status in the range of die is told all the same" {
  guarded 'work() { bash -c "exit 101"; }; work'
  assert_failure 1
  assert_said_once 'stopped in work'
}

@test "a step that ends with a tool's status in the range of die is told all the same" {
  guarded 'make_work_dir; step() { bash -c "exit 103"; }; run_step step'
  assert_failure 1
  assert_regex "${stderr}" 'ERROR '
}

@test "an unset variable is an error and not an empty text" {
  guarded 'echo "${no_such_name}"'
  assert_failure
  assert_output ''
}

@test "every problem of the preflight is told, then the exit status is 3" {
  guarded 'problem one; problem two; stop_at_problems; echo no'
  assert_failure 3
  assert_regex "${stderr}" 'ERROR one'
  assert_regex "${stderr}" 'ERROR two'
  assert_regex "${stderr}" 'preflight found 2 problem\(s\); nothing was touched'
  assert_output ''
}

@test "no problem lets the preflight pass" {
  guarded 'stop_at_problems; echo passed'
  assert_success
  assert_output passed
}

@test "a missing tool is named with the package that holds it" {
  guarded 'need_tools bash=bash no-such-tool=its-package; stop_at_problems'
  assert_failure 3
  assert_regex "${stderr}" "the command 'no-such-tool' is missing: .*apt-get install its-package"
  refute_regex "${stderr}" "command 'bash'"
}

@test "the work directory is private, and gone at the end, also after an error" {
  guarded 'make_work_dir; stat --format="%a %n" "${WORK_DIR}"; false'
  assert_failure 1
  assert_regex "${output}" '^700 '
  assert_equal "$(find "${PLACE}/scratch" -mindepth 1)" ''
}

@test "free_bytes measures where a path will be" {
  guarded 'free_bytes "${PLACE}/not/yet/there"'
  assert_success
  assert_regex "${output}" '^[0-9]+$'
}

@test "human says a size in words" {
  guarded 'for bytes in 0 1023 1024 1536 1048576 1500000000 5000000000000; do human words "${bytes}"; printf "%s " "${words}"; done'
  assert_success
  assert_output '0.0B 1023.0B 1.0KB 1.5KB 1.0MB 1.4GB 4.6TB '
}

@test "wrong usage says what is wrong, and not the whole usage after it, and ends with 2" {
  guarded 'usage() { echo "the usage"; }; wrong_usage "--odd is odd"'
  assert_failure 2
  assert_output ''
  assert_regex "${stderr}" 'ERROR --odd is odd'
  assert_regex "${stderr}" "--help' lists what can be given"
  refute_regex "${stderr}" 'the usage'
}
