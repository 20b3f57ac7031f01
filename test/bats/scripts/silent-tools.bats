load ../support/world.bash

# A tool that says nothing and ends well has proven nothing: no set comes into being by it, and nothing is restored.
setup_file() { take_set_for_file sandbox --full; }
setup() { new_world; reuse_set; }

silent() { # <tool>
  printf '#!/bin/sh\nexit 0\n' >"${STUBS}/$1"
  chmod 755 "${STUBS}/$1"
}

never_done() {
  assert_failure
  refute_regex "${stderr}" ' DONE '
  assert_regex "${stderr}" ' ERROR '
}

no_set_by() { # <tool> [option...]
  silent "$1"
  run --separate-stderr backup "${@:2}"
  never_done
  assert_equal "$(sets)" "${SET}"
}

# Were the work directory no directory, its files would come to lie in / .
@test "a silent mktemp leads nowhere" {
  silent mktemp
  run --separate-stderr backup --full
  assert_failure 1
  assert_told 'mktemp made no directory'
  [[ ! -e /warnings.json ]]
}

@test "a flock that says that it locks, and does not: no second run beside the first" {
  silent flock
  run --separate-stderr backup --full
  assert_failure 1
  assert_told 'flock does not lock (it ended with 0, and where it had to be refused with 0)'
  stub flock 'if [[ $1 == --timeout ]]; then exit 66; fi; exec "${real}" "$@"'
  run --separate-stderr restore latest --app --yes
  assert_failure 1
  assert_told 'flock does not lock (it ended with 66'
}

@test "an undo by a silent mv is none, nor is removal by a silent rm" {
  printf 'newer\n' >"${APP}/server.js"
  restore latest --app --yes 2>/dev/null
  silent mv
  run --separate-stderr restore --undo --yes
  never_done
  assert_equal "$(<"${APP}/server.js")" listings
  rm "${STUBS}/mv"
  run -0 restore --undo --yes
  assert_equal "$(<"${APP}/server.js")" newer
  silent rm
  run --separate-stderr restore --forget --yes
  never_done
  assert_told 'rm did not remove'
}

@test "what is to be removed by retention and stays is told" {
  local tool days
  for days in 5 12 19 26 33 40; do
    copy_set_as "$(date --utc --date="${days} days ago" +%Y%m%d_%H%M%S)"
  done
  for tool in mv rm; do
    rm -rf "${BACKUPS}"/{head.json,.state/heads} "${STUBS:?}"/{mv,rm}
    silent "${tool}"
    run --separate-stderr backup --prune
    never_done
    assert_told 'is still there'
  done
}

for tool in tar zstd jq openssl find sort awk sed stat wc cmp flock mktemp grep df du xargs cat tr mv mkdir timeout realpath \
  mongosh mongodump redis-cli redis-check-rdb; do
  bats_test_function --description "backup with a silent ${tool}" -- backup_with "${tool}"
done

# cmp is not needed for a backup; were it, its silence would say that all is well.
backup_with() { # <tool>
  if [[ $1 == cmp ]]; then
    silent cmp
    run -0 --separate-stderr backup --full
    refute_called '^cmp '
  else
    no_set_by "$1" --full
  fi
}

for tool in tar zstd jq openssl find sort awk sed stat wc tail dd flock mktemp grep df xargs cat tr cp mv mkdir timeout realpath; do
  bats_test_function --description "restore with a silent ${tool}" -- nothing_restored_by "${tool}"
done

# grep is not needed for a restore of files: what it would say is known by then.
nothing_restored_by() { # <tool>
  printf 'newer\n' >"${APP}/server.js"
  silent "$1"
  if [[ $1 == grep ]]; then
    run -0 --separate-stderr restore latest --app --yes
    assert_equal "$(<"${APP}/server.js")" listings
  else
    run --separate-stderr restore latest --app --yes
    never_done
    assert_equal "$(<"${APP}/server.js")" newer
  fi
}

@test "encryption with a silent gpg" {
  SETTING=(ENCRYPTION_KEY=a-passphrase-that-is-long)
  no_set_by gpg --full
}

@test "encryption with a silent age, and a silent age-keygen" {
  local tool
  for tool in age age-keygen; do
    rm -f "${STUBS}"/age*
    silent "${tool}"
    PLACE="${BATS_TEST_TMPDIR}" run --separate-stderr clean bash -c 'set -euo pipefail
      WORK_DIR="$1/scratch" TIMEOUT_SECONDS=10 AGE_RECIPIENTS=(age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq) PROBLEMS=()
      LOG_FILE=/dev/null ENV_FILE=/dev/null BACKUP_DIR=/nowhere
      for partial in lib/log lib/opened backup/sets/store lib/run lib/watcher lib/preflight lib/paths lib/lock backup/sets/lock lib/quick lib/bounded backup/capture/pack backup/encryption/encrypt-age; do source "$2/templates/infrastructure/${partial}.sh"; done
      preflight_encryption; stop_at_problems; echo encrypted' bash "${BATS_TEST_TMPDIR}" "${PROJECT}"
    assert_failure 3
    assert_output ''
  done
}

@test "a signature that a silent ssh-keygen has looked at is none" {
  silent ssh-keygen
  : >"${BACKUPS}/${SET}/manifest.json.sig"
  run --separate-stderr clean bash -c 'set -euo pipefail
    declare -A OPTION=(["accept-unsigned"]=false)
    WORK_DIR="$1/scratch" SIGNERS=("ssh-ed25519 AAAA") SETS_DIR="$3" LOG_FILE=/dev/null ENV_FILE=/dev/null BACKUP_DIR="$3" TIMEOUT_SECONDS=10
    for partial in lib/log lib/opened backup/sets/store lib/run lib/watcher lib/preflight lib/paths lib/lock backup/sets/lock lib/quick lib/bounded backup/sets/signature backup/sets/check-signature; do source "$2/templates/infrastructure/${partial}.sh"; done
    refuse_set() { error "$1"; exit 6; }
    check_signature "$4"; echo trusted' bash "${BATS_TEST_TMPDIR}" "${PROJECT}" "${BACKUPS}" "${SET}"
  assert_failure 6
  assert_output ''
  assert_told "the manifest of ${SET} does not bear the signature"
}

@test "a copy at a remote that a silent rclone has made, or a silent sha256sum or cmp has judged" {
  local tool
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  mkdir -p "${WORLD}"/remote/{one,two}
  for tool in rclone sha256sum; do
    rm -f "${STUBS}"/{rclone,sha256sum}
    silent "${tool}"
    if [[ ${tool} == sha256sum ]]; then # the parts of the script are another matter
      stub sha256sum 'if [[ ${PWD} == */infrastructure ]]; then exec "${real}" "$@"; fi'
    fi
    run --separate-stderr backup --full
    assert_equal "${status}" 5
    assert_equal "$(find "${WORLD}/remote" -name manifest.json)" ''
  done
}

@test "where a tool is silent about what is here, nothing is said to be at every remote" {
  local tool
  ENVIRONMENT=remotes
  SETTING=(RCLONE_CONFIG_OFF_SITE_TYPE=local RCLONE_CONFIG_SECOND_TYPE=local)
  mkdir -p "${WORLD}"/remote/{one,two}
  take_set --full --no-remote
  for tool in find sort xargs cat tr jq; do
    silent "${tool}"
    run --separate-stderr backup --sync-remotes
    never_done
    assert_equal "$(find "${WORLD}/remote" -name manifest.json)" ''
    rm "${STUBS:?}/${tool}"
  done
}
