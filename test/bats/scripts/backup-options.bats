load ../support/world.bash

setup() { new_world; }

@test "--help explains itself on stdout and ends with 0" {
  remember
  run --separate-stderr backup --help
  assert_success
  assert_line --index 0 --partial 'Usage: backup.sh [--full | --incremental | --database | --config [--if-changed]]'
  assert_equal "${stderr}" ''
  for option in --full --incremental --database --config --if-changed --dry-run --quiet --list --json --show-settings; do assert_output --partial "${option}"; done
  assert_nothing_changed
}

@test "--help and -h end with where everything is" {
  for option in --help -h; do
    run --separate-stderr backup "${option}"
    assert_success
    assert_line '  3  the checks beforehand found something; nothing was touched'
    assert_equal "$(printf '%s\n' "${lines[@]: -4}")" "Sets:     ${BACKUPS}
Log:      ${LOG}
Secrets:  ${ENV_FILE}
Settings: ${SUITE}/generated/sandbox/infrastructure/settings.sh; --show-settings prints them"
  done
}

bad_usage() { # <part of the message> <option...>
  local wanted="$1"
  shift
  remember
  run --separate-stderr backup "$@"
  assert_failure 2
  assert_error_lines "${wanted}"
  assert_equal "${stderr_lines[-1]}" "'backup.sh --help' lists what can be given"
  refute_regex "${stderr}" 'Usage:'
  assert_output ''
  assert_equal "$(<"${CALLS}")" ''
  assert_nothing_changed
}

bats_test_function --description "an unknown option" -- bad_usage "unknown argument '--fulll'" --fulll
bats_test_function --description "an argument that is no option" -- bad_usage "unknown argument 'full'" full
bats_test_function --description "an empty argument" -- bad_usage "unknown argument ''" ''
bats_test_function --description "two types" -- bad_usage '--full and --config contradict each other' --full --config
bats_test_function --description "two types, the other way round" -- bad_usage '--config and --full contradict each other' --config --full
bats_test_function --description "--json without --list" -- bad_usage '--json belongs to --list' --json
bats_test_function --description "--list with a type" -- bad_usage '--list changes nothing and takes no type' --list --full
bats_test_function --description "--list with --dry-run" -- bad_usage '--list changes nothing and takes no type' --list --dry-run
bats_test_function --description "--list with --show-settings" -- bad_usage '--list and --show-settings contradict each other' --list --show-settings
bats_test_function --description "an unknown option after a good one" -- bad_usage "unknown argument '--yes'" --full --yes

@test "the same option twice is no contradiction" {
  run --separate-stderr backup --full --full --dry-run
  assert_success
}

@test "a dry run of a full backup asks everything, writes nothing, and says that it can be made" {
  remember
  run --separate-stderr backup --full --dry-run
  assert_success
  assert_told 'DONE  dry run: the full backup can be made; nothing was changed'
  refute_called '^mongodump --config'
  refute_called ' --rdb '
  [[ ! -s ${LOG} && ! -e ${BACKUPS}/.state ]]
  assert_nothing_changed
}

@test "a dry run of a config backup asks no database" {
  remember
  run --separate-stderr backup --config --dry-run
  assert_success
  assert_told 'the config backup can be made'
  assert_equal "$(<"${CALLS}")" ''
  assert_nothing_changed
}

@test "a dry run does not even make the backup directory" {
  rm -r "${BACKUPS}"
  remember
  run --separate-stderr backup --dry-run
  assert_success
  assert_nothing_changed
}

@test "a dry run leaves what a killed run left" {
  mkdir -p "${BACKUPS}/20260104_030000.partial"
  snapshot >"${BATS_TEST_TMPDIR}/before"
  run --separate-stderr backup --dry-run
  assert_success
  snapshot >"${BATS_TEST_TMPDIR}/after"
  assert_same before after
}

@test "--show-settings prints the settings and no secret" {
  printf 'REDIS_PASSWORD=the-secret\nMONGODB_URI=mongodb://u:the-secret@h/\n' >"${ENV_FILE}"
  remember
  SETTING=(ENCRYPTION_KEY=the-secret)
  run --separate-stderr backup --show-settings
  assert_success
  assert_line "readonly BACKUP_DIR='${BACKUPS}'"
  assert_line "readonly REDIS_PASSWORD_VARIABLE='REDIS_PASSWORD'"
  refute_output --partial 'the-secret'
  assert_nothing_changed
}

@test "--list of nothing" {
  remember
  run --separate-stderr backup --list
  assert_success
  assert_line --index 1 "0 set(s) in ${BACKUPS}"
  assert_nothing_changed
}

@test "--list of a directory that is not there" {
  rm -r "${BACKUPS}"
  run --separate-stderr backup --list
  assert_success
  assert_line --index 1 "0 set(s) in ${BACKUPS}"
}

@test "--list shows each set, and nothing that is none" {
  take_set --config
  mkdir "${BACKUPS}/20260104_030000.partial" "${BACKUPS}/lost+found" "${BACKUPS}/20260105_030000"
  remember
  run --separate-stderr backup --list
  assert_success
  assert_line --index 1 --regexp "^${SET} +config +- +[0-9]+ KiB +0 +complete +kept until 2[0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}, or longer: "
  assert_line --index 2 --regexp "^1 set\(s\) in ${BACKUPS}, [0-9]+ KiB: 1 config [0-9]+ KiB$"
  assert_equal "${#lines[@]}" 3
}

@test "--list ends with how many sets there are of each type, and what they take" {
  take_set --config
  cp -r "${BACKUPS}/${SET}" "${BACKUPS}/20260101_000000"
  jq '.id = "20260101_000000" | .started = "2026-01-01T00:00:00Z" | .ended = "2026-01-01T00:00:01Z" | .components[].bytes = 1048576' \
    "${BACKUPS}/${SET}/manifest.json" >"${BACKUPS}/20260101_000000/manifest.json"
  run --separate-stderr backup --list
  assert_success
  assert_line --index 3 --regexp "^2 set\(s\) in ${BACKUPS}, 5 MiB: 2 config 5 MiB$"
}

@test "--list --json is one JSON array" {
  run --separate-stderr backup --list --json
  assert_success
  assert_equal "$(jq --compact-output . <<<"${output}")" '[]'
  take_set --config
  run --separate-stderr backup --list --json
  assert_equal "$(jq --raw-output '.[] | [.id, .type, (.components | join("+")), (.bytes > 0), .warnings] | map(tostring) | join(" ")' <<<"${output}")" \
    "${SET} config config+ssl true 0"
}

@test "--list works with an environment file that is refused otherwise" {
  chmod 644 "${ENV_FILE}"
  run --separate-stderr backup --list
  assert_success
}

@test "--quiet says nothing of a backup that went well, and the log file says it all" {
  run --separate-stderr backup --config --quiet
  assert_success
  assert_output ''
  assert_equal "${stderr}" ''
  assert_regex "$(<"${LOG}")" 'DONE  config backup'
}

@test "--quiet still says what is wrong" {
  chmod 644 "${ENV_FILE}"
  run --separate-stderr backup --config --quiet
  assert_one_problem 'has mode 644'
}

@test "cron sees one closing line of a good backup" {
  run --separate-stderr backup --config
  assert_success
  assert_output ''
  assert_equal "$(wc -l <<<"${stderr}")" 1
  assert_told "is complete: "
}
