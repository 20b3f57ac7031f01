load ../support/world.bash

# A full set and one that builds on it, made once: photo, letter and the directory 2026 are in both, each in two versions.
setup_file() {
  local BATS_TEST_TMPDIR="${BATS_FILE_TMPDIR}"
  new_world
  ENVIRONMENT=files
  mkdir -p "${APP}/uploads/2026/deep"
  printf 'one\n' >"${APP}/uploads/2026/letter.txt"
  printf 'deep\n' >"${APP}/uploads/2026/deep/file"
  printf 'ü\n' >"${APP}/uploads/2026/grün.txt"
  ln "${APP}/uploads/2026/letter.txt" "${APP}/uploads/2026/same.txt"
  touch -d '2 hours ago' "${APP}"/uploads/2026/{letter.txt,grün.txt,deep/file}
  sleep 1.1
  take_set --full
  printf 'two, and longer\n' >"${APP}/uploads/2026/letter.txt"
  take_set --incremental
  cp -a "${BACKUPS}" "${BATS_FILE_TMPDIR}/backups"
  cp -a "${APP}" "${BATS_FILE_TMPDIR}/app"
}

setup() {
  new_world
  ENVIRONMENT=files
  reuse_set
  rm -r "${APP}"
  cp -a "${BATS_FILE_TMPDIR}/app" "${APP}"
  FULL="$(sets | head -n 1)"
  LETTERS="${APP}/uploads/2026"
}

# --- One file, or a pattern ---

@test "one file comes back in its place; all beside it stays, and the undo brings back what was there" {
  printf 'spoilt\n' >"${LETTERS}/letter.txt"
  printf 'new\n' >"${LETTERS}/new.txt"
  run -0 --separate-stderr restore latest --app --path uploads/2026/letter.txt --yes
  assert_equal "$(<"${LETTERS}/letter.txt")" 'two, and longer'
  assert_equal "$(<"${LETTERS}/new.txt")" new
  assert_regex "$(<"${LOG}")" 'app: 1 paths, 16.0B: as listed'
  [[ ! -e ${WORLD}/calls ]] || fail 'a service was asked'
  run -0 --separate-stderr restore --undo --yes
  assert_equal "$(<"${LETTERS}/letter.txt")" spoilt
  [[ ! -e ${WORLD}/calls ]] || fail 'a service was asked by the undo'
}

@test "from the set below, by a pattern, by whole paths, and by a directory" {
  local pattern
  for pattern in 'uploads/2026/*.txt' "${LETTERS}/letter.txt" uploads/2026 'uploads/20??' '**/letter.txt' 'uploads/[0-9]*/l*'; do
    rm -rf "${BATS_TEST_TMPDIR}/look"
    run -0 --separate-stderr restore "${FULL}" --app --path "${pattern}" --into "${BATS_TEST_TMPDIR}/look"
    assert_equal "$(<"${BATS_TEST_TMPDIR}/look/app${LETTERS}/letter.txt")" one
    [[ ! -e ${BATS_TEST_TMPDIR}/look/app${APP}/server.js ]]
  done
}

@test "a star does not go through directories, and what lies beside is left out" {
  run -0 --separate-stderr restore latest --app --path 'uploads/2026/*.txt' --into "${BATS_TEST_TMPDIR}/look"
  assert_equal "$(cd "${BATS_TEST_TMPDIR}/look/app${LETTERS}" && echo *)" 'grün.txt letter.txt same.txt'
  [[ "${BATS_TEST_TMPDIR}/look/app${LETTERS}/letter.txt" -ef "${BATS_TEST_TMPDIR}/look/app${LETTERS}/same.txt" ]]
}

@test "a name beyond ASCII, and one name of a file that has two" {
  rm "${LETTERS}/grün.txt" "${LETTERS}/same.txt"
  run -0 --separate-stderr restore latest --app --path 'uploads/2026/gr?n.txt' --path uploads/2026/same.txt --yes
  assert_equal "$(<"${LETTERS}/grün.txt")" ü
  assert_equal "$(<"${LETTERS}/same.txt")" 'two, and longer'
  assert_equal "$(stat --format=%h "${LETTERS}/same.txt")" 1
}

@test "two names of one file in different directories come back as names of one file" {
  ln "${LETTERS}/letter.txt" "${APP}/uploads/elsewhere.txt"
  take_set --incremental
  rm "${LETTERS}/letter.txt" "${LETTERS}/same.txt" "${APP}/uploads/elsewhere.txt"
  run -0 --separate-stderr restore latest --app --path uploads/elsewhere.txt --path uploads/2026/letter.txt --yes
  [[ "${LETTERS}/letter.txt" -ef "${APP}/uploads/elsewhere.txt" ]]
  assert_equal "$(stat --format=%h "${LETTERS}/letter.txt")" 2
}

@test "a directory that is gone comes back with its mode, and its parents too" {
  chmod 2750 "${LETTERS}"
  take_set --incremental
  local listed
  listed="$(stat --format='%a %y' "${LETTERS}")"
  rm -r "${APP}/uploads"
  run -0 --separate-stderr restore latest --app --path 'uploads/2026/letter.txt' --yes
  assert_equal "$(<"${LETTERS}/letter.txt")" 'two, and longer'
  assert_equal "$(stat --format='%a' "${LETTERS}")" "${listed%% *}"
}

@test "a path of the configuration, by its whole name" {
  run -0 --separate-stderr restore latest --ssl --path "${WORLD}/etc/letsencrypt/archive/*" --into "${BATS_TEST_TMPDIR}/look"
  [[ -f ${BATS_TEST_TMPDIR}/look/ssl${WORLD}/etc/letsencrypt/archive/key1.pem ]]
  [[ ! -e ${BATS_TEST_TMPDIR}/look/ssl${WORLD}/etc/letsencrypt/live ]]
}

@test "the dry run names what is replaced and what is put back, and changes nothing" {
  rm "${LETTERS}/grün.txt"
  remember
  run -0 --separate-stderr restore latest --app --path 'uploads/2026/*.txt' --dry-run
  assert_told "plan:   replaces ${LETTERS}/letter.txt"
  assert_told "plan:   puts back ${LETTERS}/grün.txt, which is not there"
  refute_told 'stops the application'
  assert_nothing_changed
}

@test "after one path, its undo, and a restore of all files the chain goes on" {
  restore latest --app --path uploads/2026/letter.txt --yes 2>/dev/null
  restore --undo --yes 2>/dev/null
  restore latest --app --config --yes 2>/dev/null
  run -0 --separate-stderr backup
  assert_equal "$(manifest_of "$(newest_set)" .type)" incremental
}

@test "a pattern that nothing matches, with the pattern" {
  remember
  run --separate-stderr restore latest --app --path 'uploads/2025/*' --path server.js --yes
  assert_failure 3
  assert_error_lines "${SET} holds no path of app that matches 'uploads/2025/*': look with 'restore.sh --find PATTERN'; nothing was touched"
  assert_nothing_changed
}

@test "a directory on the way that became a link is not followed" {
  mkdir "${WORLD}/elsewhere"
  mv "${LETTERS}" "${WORLD}/elsewhere/2026"
  ln -s "${WORLD}/elsewhere/2026" "${LETTERS}"
  remember
  run --separate-stderr restore latest --app --path uploads/2026/letter.txt --yes
  assert_one_problem "${LETTERS}, above ${LETTERS}/letter.txt, leads through a symbolic link to ${WORLD}/elsewhere/2026"
  assert_nothing_changed
}

wrong_use() { # <message> <argument...>
  run --separate-stderr restore "${@:2}"
  assert_failure 2
  assert_told "$1"
}

bats_test_function --description "--path without a pattern" -- wrong_use "--path needs a pattern, such as 'uploads/2026/*'" latest --app --path ''
bats_test_function --description "--path without a component" -- wrong_use 'what is to be restored?' latest --path x
bats_test_function --description "--find in latest" -- wrong_use '--find looks in every set, or in the one that is named' latest --find server.js
bats_test_function --description "--json without a look" -- wrong_use '--json belongs to --diff and --find' latest --app --json
bats_test_function --description "--find with --into" -- wrong_use '--find changes nothing and takes no --into' --find x --into /tmp/x

# --- Which versions there are ---

@test "--find tells each version of a file, with its set, its size and its time" {
  run -0 --separate-stderr restore --find 'uploads/2026/letter.txt'
  assert_line --regexp "^${LETTERS}/letter.txt$"
  assert_line --regexp "^ +4 B  of .*  in ${FULL}  \(--app\)$"
  assert_line --regexp "^ +16 B  of .*  in ${SET}  \(--app\)$"
}

@test "--find names the sets in which a file stayed the same, and is JSON where that is wanted" {
  run -0 --separate-stderr restore --find "${LETTERS}/deep/*" --json
  assert_equal "$(jq --raw-output '.[] | [.path, .component, .heldBy, .firstSet, .lastSet, .bytes] | map(tostring) | join(" ")' <<<"${output}")" \
    "${LETTERS}/deep/file app ${FULL} ${FULL} ${SET} 5"
}

@test "--find where nothing is found" {
  run --separate-stderr restore --find 'nothing/like/it'
  assert_failure 1
  assert_told "no set in ${BACKUPS} that was searched lists a file like 'nothing/like/it'"
}

@test "--find reads the listing in the set where the kept one is lost or changed" {
  rm "${BACKUPS}/.state/listings/${FULL}.app.zst"
  printf 'x' >>"${BACKUPS}/.state/listings/${SET}.app.zst"
  run -0 --separate-stderr restore --find 'uploads/2026/letter.txt'
  assert_line --partial "in ${FULL}"
  assert_line --partial "in ${SET}"
}

# --- What a restore would change, and what changed between two sets ---

@test "--diff of a restore: what it would add, change and remove; nothing is changed" {
  rm "${LETTERS}/deep/file"
  printf 'new\n' >"${LETTERS}/new.txt"
  printf 'spoilt\n' >"${APP}/server.js"
  chmod 600 "${LETTERS}/grün.txt"
  remember
  run -0 --separate-stderr restore latest --app --diff
  assert_line --partial "+ ${LETTERS}/deep/file  5 B, of "
  assert_line --partial "- ${LETTERS}/new.txt  4 B, of "
  assert_line --partial "~ ${APP}/server.js  content: 7 B of "
  assert_line "~ ${LETTERS}/grün.txt  mode"
  assert_line 'app: 1 added, 2 changed, 1 removed'
  assert_nothing_changed
  run -0 --separate-stderr restore latest --app --diff --path 'uploads/**' --json
  assert_equal "$(jq --raw-output '"\(.change) \(.path)"' <<<"${output}" | sort)" \
    "added ${LETTERS}/deep/file"$'\n'"changed ${LETTERS}/grün.txt"$'\n'"removed ${LETTERS}/new.txt"
}

@test "--diff of a restore of what is there says that nothing would change" {
  run -0 --separate-stderr restore latest --app --diff
  assert_output 'app: 0 added, 0 changed, 0 removed'
}

@test "backup.sh --diff: the newest two sets, or the ones that are named" {
  run -0 --separate-stderr backup --diff
  assert_line --partial "~ ${LETTERS}/letter.txt  content: 4 B of "
  assert_line 'app: 0 added, 2 changed, 0 removed'
  run -0 --separate-stderr backup --diff "${SET}" "${FULL}" --json
  assert_equal "$(jq --raw-output '"\(.change) \(.path) \(.after.bytes)"' <<<"${output}" | sort)" \
    "changed ${LETTERS}/letter.txt 4"$'\n'"changed ${LETTERS}/same.txt 4"
  run --separate-stderr backup --diff "${SET}"
  assert_failure 2
  run --separate-stderr backup --diff "${SET}" 20200101_000000
  assert_failure 3
}

@test "backup.sh --show-sizes: what each directory takes, and what could be left out at which price" {
  mkdir -p "${APP}/shop/node_modules/express"
  head -c 300000 /dev/zero >"${APP}/shop/node_modules/express/index.js"
  printf '{}' >"${APP}/shop/package-lock.json"
  take_set --incremental
  run -0 --separate-stderr backup --show-sizes
  assert_line --regexp "^ +293.0 KiB +293.0 KiB  ${APP}/shop$"
  assert_line --regexp "^ +[0-9]+ B +[0-9]+ B  ${APP}/uploads$"
  assert_line --partial "could be left out (app.exclude): ${APP}/shop/node_modules, 293.0 KiB: a restore then needs the registry and npm ci"
}
