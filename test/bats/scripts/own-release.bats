load ../support/world.bash
load ../support/profiles.bash

# Root runs a script that the application's user, here nobody, can exchange. Where the folder lies, at /mnt, only root may write as
# long as a test does not change that; the release that takes its place has a /usr/local/lib of its own. (Who is not root need not care.)
setup_file() {
  vary foreign '.app.user = "nobody" | .mongodb.enabled = false | .redis.enabled = false'
  node "${PROJECT}/bin/lifeboat.mjs" generate "${SUITE}/profiles/foreign.json" --out "${SUITE}/generated" 3>&- >/dev/null
}

setup() {
  new_world
  TREE="${BATS_TEST_TMPDIR}/tree"
  LIB="${BATS_TEST_TMPDIR}/lib"
  mkdir "${LIB}"
  cp -r "${SUITE}/generated/foreign" "${TREE}"
  chmod 755 "${TREE}" "${LIB}"
}

inside() { # <command...>
  run --separate-stderr isolated 'mount --bind "$1" /usr/local/lib; mount --bind "$2" /mnt; shift 2; exec "$@"' "${LIB}" "${TREE}" \
    env -i PATH="${STUBS}:${PATH}" TMPDIR="${SCRATCH}" "$@"
}

WORDS='root runs this script, and whoever may change'
warnings() { grep -c "${WORDS}" <<<"${stderr}" || :; }

@test "a script that root starts where only root may write says nothing of it" {
  ((EUID == 0)) || return 0
  for words in 'backup.sh --full --dry-run' 'backup.sh --list' 'restore.sh latest --app --dry-run'; do
    inside /mnt/infrastructure/backup/${words}
    refute_told "${WORDS}"
  done
}

@test "where others may change it, or a directory above it, it says so once, with what to use" {
  ((EUID == 0)) || return 0
  local spoiled name
  for spoiled in 'chown nobody "${TREE}"' 'chown nobody "${TREE}/infrastructure/lib/log.sh"' 'chmod 777 "${TREE}/infrastructure"' 'chmod 775 "${TREE}/infrastructure/backup"' \
    'chown nobody "${TREE}"/infrastructure/backup/*.sh' 'chmod 666 "${TREE}"/infrastructure/backup/*.sh; chmod u+x "${TREE}"/infrastructure/backup/*.sh'; do
    source /dev/stdin <<<"${spoiled}"
    for words in 'backup.sh --full --dry-run' 'backup.sh --list' 'backup.sh --prune --dry-run' 'restore.sh latest --app --dry-run'; do
      name="${words%% *}"
      inside /mnt/infrastructure/backup/${words}
      assert_equal "$(warnings)" 1
      assert_regex "${stderr}" "WARN  ${WORDS} /mnt[^ ]* can exchange it: run infrastructure/install.sh once, then /usr/local/lib/plugspace/current/infrastructure/backup/${name}"
    done
    chown -R root: "${TREE}"
    chmod -R u=rwX,go=rX "${TREE}"
  done
}

@test "from the release that install.sh made of the same folder it says nothing, and elsewhere it leads there" {
  ((EUID == 0)) || return 0
  chown nobody "${TREE}"
  inside /mnt/infrastructure/install.sh --yes
  assert_success
  inside /usr/local/lib/plugspace/current/infrastructure/backup/backup.sh --full --dry-run
  assert_success
  refute_told "${WORDS}"
  inside /mnt/infrastructure/backup/backup.sh --full --dry-run
  assert_told 'can exchange it: use /usr/local/lib/plugspace/current/infrastructure/backup/backup.sh'
}

@test "a link of root's leads nobody past that" {
  ((EUID == 0)) || return 0
  chown nobody "${TREE}/infrastructure"
  mkdir "${LIB}/bin"
  ln -s /mnt/infrastructure/backup/backup.sh "${LIB}/bin/backup.sh"
  inside /usr/local/lib/bin/backup.sh --list
  assert_told "${WORDS} /mnt/infrastructure can exchange it"
}

@test "a sticky directory is safe for what is root's in it, and for nothing else" {
  ((EUID == 0)) || return 0
  chmod 1777 "${TREE}"
  inside /mnt/infrastructure/backup/backup.sh --list
  refute_told "${WORDS}"
  chown nobody "${TREE}/infrastructure"
  inside /mnt/infrastructure/backup/backup.sh --list
  assert_told "${WORDS} /mnt can exchange it"
}

@test "a run every few minutes leaves it to the others, and who is not root has nobody to fear" {
  ((EUID == 0)) || return 0
  chown nobody "${TREE}"
  inside /mnt/infrastructure/backup/backup.sh --config --if-changed --dry-run
  refute_told "${WORDS}"
  inside /mnt/infrastructure/backup/backup.sh --config --often --dry-run
  refute_told "${WORDS}"
  inside setpriv --reuid=65534 --regid=65534 --clear-groups -- /mnt/infrastructure/backup/backup.sh --list
  refute_told "${WORDS}"
}
