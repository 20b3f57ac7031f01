load ../support/world.bash

setup_file() { take_set_for_file sandbox --config; }
setup() { new_world; reuse_set; }

@test "--help explains itself on stdout and ends with 0" {
  remember
  run --separate-stderr restore --help
  assert_success
  assert_line --index 0 --partial 'Usage: restore.sh <set | latest>'
  assert_equal "${stderr}" ''
  for option in --sets --all --mongodb --redis --app --config --ssl --dry-run --into --yes --quiet --undo --forget --show-settings; do
    assert_output --partial "${option}"
  done
  assert_nothing_changed
}

@test "--help and -h end with where everything is, and say what the exit codes mean" {
  for option in --help -h; do
    run --separate-stderr restore "${option}"
    assert_success
    assert_line '  6  a set is damaged or was altered, or a newer one is gone; nothing was touched'
    assert_line '  8  a question was not answered with yes; nothing was touched'
    assert_equal "$(printf '%s\n' "${lines[@]: -4}")" "Sets:     ${BACKUPS}
Log:      ${LOG}
Secrets:  ${ENV_FILE}
Settings: ${SUITE}/generated/sandbox/infrastructure/settings.sh; --show-settings prints them"
  done
}

@test "--list names the script that has it" {
  bad_usage "sets are listed by 'backup.sh --list'; restore.sh takes their names" --list
}

# --- --sets: a directory that is not the backup directory

@test "--sets restores from a copy that cannot be written to, where there is no backup directory and no log" {
  mkdir "${BATS_TEST_TMPDIR}/disk"
  mv "${BACKUPS}" "${BATS_TEST_TMPDIR}/disk/the copy"
  rm -r "${WORLD}/var/log" "${ENV_FILE}"
  chmod -R a-w "${BATS_TEST_TMPDIR}/disk"
  remember
  run --separate-stderr restore latest --config --ssl --sets "${BATS_TEST_TMPDIR}/disk/the copy" --into "${BATS_TEST_TMPDIR}/look"
  assert_success
  assert_told "DONE  built config ssl of ${SET} in ${BATS_TEST_TMPDIR}/look"
  [[ ! -e ${BACKUPS} && ! -e ${LOG} && ! -e ${WORLD}/var/log ]]
  assert_nothing_changed
  found="$(find "${BATS_TEST_TMPDIR}/look" -path '*letsencrypt/archive/key1.pem')"
  diff "${found}" "${WORLD}/etc/letsencrypt/archive/key1.pem"
}

@test "--sets restores in place, and the backup directory holds what can undo it" {
  mv "${BACKUPS}" "${BATS_TEST_TMPDIR}/copy"
  printf 'changed\n' >"${WORLD}/etc/letsencrypt/archive/key1.pem"
  run --separate-stderr restore latest --ssl --yes --sets "${BATS_TEST_TMPDIR}/copy"
  assert_success
  assert_equal "$(<"${WORLD}/etc/letsencrypt/archive/key1.pem")" key
  assert_equal "$(find "${BATS_TEST_TMPDIR}/copy" -newer "${BATS_TEST_TMPDIR}/copy/${SET}/manifest.json" -name '*in-use*')" ''
  run --separate-stderr restore --undo --yes
  assert_success
  assert_equal "$(<"${WORLD}/etc/letsencrypt/archive/key1.pem")" changed
}

bats_test_function --description "--sets without a directory" -- bad_usage "--sets '' is no directory" latest --all --sets
bats_test_function --description "--sets with a path that is none" -- bad_usage "--sets '/nowhere' is no directory" latest --all --sets /nowhere
bats_test_function --description "--undo with --sets" -- bad_usage '--undo looks at what is here and takes no --sets' --undo --sets /tmp

@test "--sets with a set itself says what it wants" {
  bad_usage "--sets '${BACKUPS}/${SET}' is a set: give the directory that it lies in" latest --all --sets "${BACKUPS}/${SET}"
}

bad_usage() { # <part of the message> <argument...>
  local wanted="$1"
  shift
  remember
  run --separate-stderr restore "$@"
  assert_failure 2
  assert_error_lines "${wanted}"
  assert_equal "${stderr_lines[-1]}" "'restore.sh --help' lists what can be given"
  refute_regex "${stderr}" 'Usage:'
  assert_output ''
  assert_nothing_changed
}

bats_test_function --description "an unknown option" -- bad_usage "unknown option '--everything'" latest --everything
bats_test_function --description "an option of one dash" -- bad_usage "unknown option '-y'" latest --all -y
bats_test_function --description "no set" -- bad_usage 'which set? give YYYYMMDD_HHMMSS' --all
bats_test_function --description "nothing at all" -- bad_usage 'or latest'
bats_test_function --description "no component" -- bad_usage 'what is to be restored? give --all' latest
bats_test_function --description "two sets" -- bad_usage "two sets are given, 'latest' and '20260104_030000': give one" latest 20260104_030000 --all
bats_test_function --description "a name that no set can have" -- bad_usage "'yesterday' is no name of a set" yesterday --all
bats_test_function --description "a path in place of a name" -- bad_usage "'../20260104_030000' is no name of a set" ../20260104_030000 --all
bats_test_function --description "--all with a component" -- bad_usage '--all already means every component' latest --all --redis
bats_test_function --description "--into without a directory" -- bad_usage '--into needs a directory' latest --all --into
bats_test_function --description "--into followed by an option" -- bad_usage '--into needs a directory' latest --all --into --yes
bats_test_function --description "--undo with a set" -- bad_usage '--undo takes no set, no component, no moment and no --into' latest --undo
bats_test_function --description "--undo with a component" -- bad_usage '--undo takes no set, no component, no moment and no --into' --undo --redis
bats_test_function --description "--forget with --into" -- bad_usage '--forget takes no set, no component, no moment and no --into' --forget --into /tmp/x
bats_test_function --description "--since without --suspects" -- bad_usage '--since and --ns belong to --suspects' latest --all --at @1 --since '2 days ago'
bats_test_function --description "--ns without --suspects" -- bad_usage '--since and --ns belong to --suspects' latest --mongodb --ns shop.orders
bats_test_function --description "--collection with --into" -- bad_usage '--collection writes to the server and takes no --into' latest --collection shop.orders --into /tmp/x
bats_test_function --description "--collection with files" -- bad_usage '--collection is of MongoDB alone: restore --app in a run of its own' latest --app --collection shop.orders
bats_test_function --description "--threshold without --suspects" -- bad_usage '--since and --ns belong to --suspects, as does --threshold' latest --mongodb --threshold 5
bats_test_function --description "--threshold that is no number" -- bad_usage "--threshold 'many' is not a number of documents" --suspects --threshold many
for stray in '--suspects --reseed' 'latest --ssl --reseed' 'latest --mongodb --reseed --into /tmp/look' 'latest --collection shop.orders --reseed'; do
  # shellcheck disable=SC2086 # each is several arguments
  bats_test_function --description "${stray}" -- bad_usage '--reseed belongs to a restore of MongoDB in its place' ${stray}
done
bats_test_function --description "--undo with --forget" -- bad_usage '--undo and --forget contradict each other' --undo --forget

@test "a component that the profile does not have" {
  ENVIRONMENT=files
  bad_usage '--mongodb: the profile of this environment has no such component' latest --mongodb
}

@test "a dry run prints the plan and changes nothing" {
  remember
  run --separate-stderr restore latest --config --ssl --dry-run
  assert_success
  assert_told "plan: reads ${SET}/config ${SET}/ssl"
  assert_told "plan:   replaces ${WORLD}/etc/nginx"
  assert_told "plan:   replaces ${WORLD}/etc/letsencrypt"
  assert_told 'plan: needs '
  assert_told "DONE  dry run: ${SET} can be restored; nothing was changed"
  [[ ! -s ${LOG} && ! -e ${WORLD}/calls ]]
  assert_nothing_changed
}

@test "a dry run with --into does not make the directory" {
  remember
  run --separate-stderr restore latest --ssl --into "${WORLD}/look" --dry-run
  assert_success
  assert_nothing_changed
}

@test "--show-settings prints the settings and no secret" {
  printf 'REDIS_PASSWORD=the-secret\n' >"${ENV_FILE}"
  remember
  run --separate-stderr restore --show-settings
  assert_success
  assert_line "readonly BACKUP_DIR='${BACKUPS}'"
  refute_output --partial 'the-secret'
  assert_nothing_changed
}

@test "no terminal and no --yes: nothing is replaced" {
  remember
  run --separate-stderr restore latest --ssl
  assert_failure 8
  assert_error_lines ": this replaces ssl; add --yes to say that it is meant; nothing was touched"
  assert_nothing_changed
}

# Types an answer on a terminal.
at_terminal() { # <answer> <argument...>
  local answer="$1"
  shift
  run bash -c 'printf "%s\n" "$1" | script --quiet --return --command "$2" /dev/null' bash "${answer}" \
    "env -i PATH='${STUBS}:${PATH}' TMPDIR='${SCRATCH}' '$(program restore.sh)' $*" 3>&-
}

for answer in '' yes y RESTORE 'restore it' no; do
  bats_test_function --description "at a terminal '${answer}' is no consent" -- no_consent "${answer}"
done

no_consent() {
  remember
  at_terminal "$1" latest --ssl
  assert_failure 8
  assert_output --partial ': this replaces ssl. Type restore to go on: '
  assert_output --partial 'ERROR not confirmed; nothing was touched'
  assert_nothing_changed
}

@test "at a terminal the word restore is consent" {
  printf 'changed\n' >"${WORLD}/etc/letsencrypt/archive/key1.pem"
  at_terminal restore latest --ssl
  assert_success
  assert_equal "$(<"${WORLD}/etc/letsencrypt/archive/key1.pem")" key
}

@test "--forget with nothing to forget, and --undo with nothing to undo" {
  remember
  for action in --forget --undo; do
    run --separate-stderr restore "${action}" --yes
    assert_failure 3
    assert_error_lines "no restore on record in ${BACKUPS}/.state/restores can be undone; nothing was touched"
  done
  assert_nothing_changed
}

@test "what only MongoDB can answer is not offered where there is none" {
  ENVIRONMENT=files
  run -0 restore --help
  refute_output --partial --window
  for option in --window --suspects; do
    run -2 --separate-stderr restore "${option}"
    assert_told "unknown option '${option}'"
  done
}
