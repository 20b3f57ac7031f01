load ../support/partials.bash

# Reads an environment file of these lines, then shows what came of it.
read_env_file() { # <lines, as for printf '%b'> [variable=value...]
  local content="$1"
  shift
  printf '%b' "${content}" >"${PLACE}/backup.env"
  chmod 600 "${PLACE}/backup.env"
  write_program 'base lib/env-file' '
    install_traps; load_env_file; stop_at_problems
    for name in "${ENV_NAMES[@]}" OTHER; do if [[ -v ${name} ]]; then printf "%s=%s\n" "${name}" "${!name}"; fi; done'
  run --separate-stderr env -i PATH="${PATH}" PLACE="${PLACE}" "$@" bash "${PROGRAM}"
}

assert_value() { # <MONGODB_URI as read>
  assert_success
  assert_output "MONGODB_URI=$1"
}

@test "a file that is not there is no error" {
  run_program 'base lib/env-file' 'load_env_file; stop_at_problems; echo fine'
  assert_success
  assert_output fine
}

@test "a plain value" {
  read_env_file 'MONGODB_URI=mongodb://u:p@h/?replicaSet=rs0&a=b\n'
  assert_value 'mongodb://u:p@h/?replicaSet=rs0&a=b'
}

@test "a value in double quotes" {
  read_env_file 'MONGODB_URI="a b # c"\n'
  assert_value 'a b # c'
}

@test "a value in single quotes, with double quotes within" {
  read_env_file "MONGODB_URI='say \"x\"'\\n"
  assert_value 'say "x"'
}

@test "one quote alone is part of the value" {
  read_env_file "MONGODB_URI=it's\\n"
  assert_value "it's"
}

@test "export before the name, and spaces before that" {
  read_env_file '  export   MONGODB_URI=x\n'
  assert_value x
}

@test "lines that end as on Windows" {
  read_env_file '# a comment\r\n\r\nMONGODB_URI="x y"\r\n'
  assert_value 'x y'
}

@test "a last line without an end" {
  read_env_file 'MONGODB_URI=x'
  assert_value x
}

@test "comments and empty lines are passed over" {
  read_env_file '\n# MONGODB_URI=no\n   # nor this\n\t\nMONGODB_URI=yes\n'
  assert_value yes
}

@test "blanks after a plain value are no part of it" {
  read_env_file 'MONGODB_URI=x  \t\nREDIS_PASSWORD="y"  \n'
  assert_success
  assert_output $'MONGODB_URI=x\nREDIS_PASSWORD=y'
}

@test "an empty value" {
  read_env_file 'MONGODB_URI=\n'
  assert_value ''
}

@test "a name that nothing here uses is passed over, also one that Bash uses itself" {
  read_env_file 'OTHER=x\nPATH=/nowhere\nBASH_ENV=/nowhere\nIFS=x\nMONGODB_URI=y\n'
  assert_value y
}

@test "what stands in the environment wins" {
  read_env_file 'MONGODB_URI=file\nREDIS_PASSWORD=file\n' MONGODB_URI=environment
  assert_success
  assert_output $'MONGODB_URI=environment\nREDIS_PASSWORD=file'
}

@test "an empty value in the environment wins too" {
  read_env_file 'MONGODB_URI=file\n' MONGODB_URI=
  assert_value ''
}

@test "nothing is executed or expanded" {
  read_env_file 'MONGODB_URI=$(touch "${PLACE}/owned")`touch "${PLACE}/owned"`${HOME}\nREDIS_PASSWORD="$(touch "${PLACE}/owned");$x"\n'
  assert_success
  assert_line --index 0 'MONGODB_URI=$(touch "${PLACE}/owned")`touch "${PLACE}/owned"`${HOME}'
  assert_line --index 1 'REDIS_PASSWORD=$(touch "${PLACE}/owned");$x'
  [[ ! -e ${PLACE}/owned ]]
}

@test "every printable character survives" {
  read_env_file "REDIS_PASSWORD=r#:@/%\"'\\\\\\\\s &*?[]{}~!\\n"
  assert_success
  assert_output "REDIS_PASSWORD=r#:@/%\"'\\\\s &*?[]{}~!"
}

@test "a line that is no assignment is told, without a secret that it may hold" {
  read_env_file 'MONGODB_URI: mongodb://u:the-secret@h\n'
  assert_failure 3
  assert_regex "${stderr}" "has a line that is not NAME=value: correct line 1"
  refute_regex "${stderr}" 'the-secret'
  read_env_file 'x\nhunter2\n'
  assert_failure 3
  assert_regex "${stderr}" 'correct line 2'
  refute_regex "${stderr}" 'hunter2'
}

for mode in 644 640 604 660 620 602; do
  bats_test_function --description "mode ${mode} is refused, with the cure" -- refused_mode "${mode}"
done

refused_mode() {
  printf 'MONGODB_URI=x\n' >"${PLACE}/backup.env"
  chmod "$1" "${PLACE}/backup.env"
  run_program 'base lib/env-file' 'load_env_file; stop_at_problems'
  assert_failure 3
  assert_regex "${stderr}" "${PLACE}/backup.env holds secrets and has mode $1: run 'chmod 600 ${PLACE}/backup.env'"
}

@test "modes 600 and 400 are accepted" {
  printf 'MONGODB_URI=x\n' >"${PLACE}/backup.env"
  for mode in 600 400; do
    chmod "${mode}" "${PLACE}/backup.env"
    run_program 'base lib/env-file' 'load_env_file; stop_at_problems; printf "%s" "${MONGODB_URI}"'
    assert_success
    assert_output x
  done
}

@test "a file that another user owns and closed is told, not taken for empty" {
  printf 'MONGODB_URI=x\n' >"${PLACE}/backup.env"
  chmod 000 "${PLACE}/backup.env"
  write_program 'base lib/env-file' 'load_env_file; stop_at_problems; echo no'
  run --separate-stderr as_app_user bash "${PROGRAM}"
  assert_failure 3
  assert_regex "${stderr}" "cannot read ${PLACE}/backup.env"
}

@test "a directory in place of the file is a problem, not an empty file" {
  mkdir -m 700 "${PLACE}/backup.env"
  run_program 'base lib/env-file' 'install_traps; load_env_file; stop_at_problems; echo no'
  assert_failure 3
  assert_regex "${stderr}" "${PLACE}/backup.env is not a file"
}

@test "children do not inherit a secret, wherever it came from" {
  printf 'REDIS_PASSWORD=from-file\n' >"${PLACE}/backup.env"
  chmod 600 "${PLACE}/backup.env"
  write_program 'base lib/env-file' 'keep_secrets_here; load_env_file; env; printf "%s %s\n" "${MONGODB_URI}" "${REDIS_PASSWORD}"'
  run env -i PATH="${PATH}" MONGODB_URI=from-environment bash "${PROGRAM}"
  assert_success
  refute_output --regexp 'MONGODB_URI=|REDIS_PASSWORD='
  assert_line 'from-environment from-file'
}

@test "REMOTE_ENABLED stops a script that cannot keep the promise" {
  run_program 'base lib/env-file' 'REMOTE_ENABLED=true; refuse_unkept_promises; stop_at_problems'
  assert_failure 3
  assert_regex "${stderr}" 'REMOTE_ENABLED is .true.'
}

for value in false 0 no off ''; do
  bats_test_function --description "REMOTE_ENABLED='${value}' asks for nothing" -- remote_setting "${value}" 0
done
for value in true TRUE True 1 yes on maybe; do
  bats_test_function --description "REMOTE_ENABLED='${value}' is no wish that may be passed over" -- remote_setting "${value}" 3
done

remote_setting() { # <value> <exit status>
  run_program 'base lib/env-file' "REMOTE_ENABLED='$1'; refuse_unkept_promises; stop_at_problems"
  assert_equal "${status}" "$2"
}

@test "a name that ends with _ stands for all that begin with it, and none of them reaches other programs" {
  printf 'RCLONE_CONFIG_FAR_KEY=secret\nRCLONE_CONFIG_FARTHER_KEY=no\nRCLONE_OTHER=no\n' >"${PLACE}/backup.env"
  chmod 600 "${PLACE}/backup.env"
  run_program 'base lib/env-file' '
    ENV_NAMES+=(RCLONE_CONFIG_FAR_)
    export RCLONE_CONFIG_FAR_TOKEN=exported
    keep_secrets_here; load_env_file; stop_at_problems
    printf "%s\n" "${RCLONE_CONFIG_FAR_KEY-unset} ${RCLONE_CONFIG_FARTHER_KEY-unset} ${RCLONE_OTHER-unset}"
    env | grep RCLONE || printf "nothing exported\n"'
  assert_success
  assert_output $'secret unset unset\nnothing exported'
}
