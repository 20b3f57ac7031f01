load ../support/partials.bash

# A program that hangs would hold the lock for ever: each that reads data, or asks another process, is started under a bound.
unbounded() {
  local file programs='tar|du|age|age-keygen|gpgconf|openssl|sha256sum|ssh-keygen|findmnt|rclone|mongod|mongodump|mongorestore'
  programs+='|"\$\{program\}"|"\$\{(GPG|opening|ENCRYPT|DECRYPT)\[@\]\}"|"\$\{REDIS_KIND\}-(cli|check-rdb)"'
  while IFS= read -r file; do
    sed -e ':a' -e '/\\$/N; s/\\\n */ /; ta' "${file}" | grep -E "(^|[|]|[$<]\\() *([A-Za-z_]+=[^ \"]+ )*(${programs}) " || :
  done < <(find "${PROJECT}/templates" -name '*.sh')
}

@test "no such program is started without a bound" {
  run unbounded
  assert_output ''
}

hanging() { # <program> <partials> <Bash text>
  mkdir "${PLACE}/bin"
  printf '#!/bin/sh\nexec sleep 300 7>&- 8>&- 9>&- 3>&-\n' >"${PLACE}/bin/$1"
  chmod 755 "${PLACE}/bin/$1"
  PATH="${PLACE}/bin:${PATH}" run_program "$2" "$3"
}

@test "Database Tools that hang when they are asked for their version are told" {
  hanging mongodump 'base lib/quick lib/bounded backup/components/mongodb/versions' 'check_database_tools found mongodump; stop_at_problems'
  assert_failure 3
  assert_regex "${stderr}" "cannot read the version of mongodump from ''"
}

@test "a redis-check-rdb that hangs is ended, and the snapshot is none" {
  hanging redis-check-rdb 'base lib/quick lib/bounded' 'REDIS_KIND=redis REDIS_SOCKET=/s; install_traps; make_work_dir
    source "'"${PROJECT}"'/templates/infrastructure/backup/components/redis/client.sh"; check_rdb /dev/null'
  assert_failure 1
  assert_regex "${stderr}" 'redis-check-rdb finds the snapshot damaged \(status 124\)'
}
