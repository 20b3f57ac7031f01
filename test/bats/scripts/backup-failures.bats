load ../support/world.bash

# A good set lies there already: whatever fails afterwards must leave it alone.
setup_file() { take_set_for_file sandbox --full; }
setup() { new_world; reuse_set; }

# The backup fails with 1, says why, leaves no set and no partial set, and everything that was there.
fails() { # <part of the last error> [option...]
  local wanted="$1"
  shift
  remember snapshot_of_sets
  run --separate-stderr backup "${@:---full}"
  assert_failure 1
  assert_told "ERROR ${wanted}"
  assert_equal "$(sets)" "${SET}"
  assert_sets_unchanged
  assert_regex "$(<"${LOG}")" "ERROR ${wanted:0:12}"
}

# --- Each step in turn ---

@test "mongodump ends with 3 in the middle" {
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    mkdir -p "${3#--out=}/plugspace"; head -c 1000 /dev/zero >"${3#--out=}/plugspace/listings.bson"
    echo "Failed: error reading collection: connection reset" >&2; exit 3'
  fails 'mongodump ended with status 3; see above'
  assert_told '| Failed: error reading collection: connection reset'
  refute_called ' --rdb '
}

@test "a collection is renamed during each dump: the cure is told" {
  stub sleep 'exit 0'
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    echo "Failed: error dumping oplog: oplog dump: cannot dump with oplog while renames occur" >&2; exit 1'
  fails 'in each of 3 dumps a collection was renamed, as $out does it: a dump needs a while without that. Take full sets at a quieter hour'
}

@test "mongodump is killed, as for want of memory" {
  stub mongodump 'if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi; kill -s KILL $$'
  fails 'mongodump '
}

@test "mongodump ends well, but the last file is cut off" {
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    cp -r "${FIXTURE}/dump" "${3#--out=}"; truncate --size=-7 "${3#--out=}/plugspace/listings.bson"'
  fails 'the dump is cut off or damaged in: plugspace.listings'
}

@test "mongodump ends well, but a file is empty inside a document" {
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    cp -r "${FIXTURE}/dump" "${3#--out=}"; printf "\x20\0\0" >"${3#--out=}/plugspace/users.bson"'
  fails 'the dump is cut off or damaged in: plugspace.users'
}

@test "mongodump ends well, but the oplog is cut off" {
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    cp -r "${FIXTURE}/dump" "${3#--out=}"; truncate --size=-1 "${3#--out=}/oplog.bson"'
  fails 'the dump is cut off or damaged in: oplog.bson'
}

@test "mongodump ends well, but the oplog is empty" {
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    cp -r "${FIXTURE}/dump" "${3#--out=}"; : >"${3#--out=}/oplog.bson"'
  fails 'the dump is cut off or damaged in: oplog.bson'
}

@test "mongodump ends well, but a collection is not in the dump" {
  describe_mongodb '.namespaces += ["plugspace.orders"]'
  fails 'the server holds these collections, but the dump does not: plugspace.orders; check the rights of the account in MONGODB_URI'
}

@test "mongodump ends well, and wrote nothing" {
  stub mongodump 'if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi; mkdir "${3#--out=}"'
  fails ''
}

@test "mongodump that stalls is ended at the time limit" {
  ENVIRONMENT=brief
  stub mongodump 'if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi; exec sleep 1000'
  fails 'mongodump took longer than 8 s: raise backup.timeout in the profile, or look why MongoDB is slow'
}

@test "redis-cli fails to fetch the snapshot" {
  stub redis-cli '
    case " $* " in
      *" --rdb "*) head -c 20 "${FIXTURE}/dump.rdb" >"${@: -1}"; echo "Fail to fsync: I/O error" >&2; exit 1 ;;
      *" CONFIG GET "*) printf "dbfilename\ndump.rdb\n" ;;
      *) printf "redis_version:7.0.15\r\nused_memory:1000000\r\n" ;;
    esac'
  fails 'redis-cli could not fetch the snapshot (status 1); see above'
}

@test "redis-cli ends well, but the snapshot is cut off" {
  stub redis-cli '
    case " $* " in
      *" --rdb "*) head -c 40 "${FIXTURE}/dump.rdb" >"${@: -1}" ;;
      *" CONFIG GET "*) printf "dbfilename\ndump.rdb\n" ;;
      *) printf "redis_version:7.0.15\r\nused_memory:1000000\r\n" ;;
    esac'
  fails 'redis-check-rdb finds the snapshot damaged'
}

@test "redis-cli ends well, but a bit of the snapshot is wrong" {
  stub redis-cli '
    case " $* " in
      *" --rdb "*) cp "${FIXTURE}/dump.rdb" "${@: -1}"; printf "\377" | dd of="${@: -1}" bs=1 seek=60 conv=notrunc status=none ;;
      *" CONFIG GET "*) printf "dbfilename\ndump.rdb\n" ;;
      *) printf "redis_version:7.0.15\r\nused_memory:1000000\r\n" ;;
    esac'
  fails 'redis-check-rdb finds the snapshot damaged'
}

@test "redis-cli that stalls is ended at the time limit" {
  ENVIRONMENT=brief
  stub redis-cli 'case " $* " in *" --rdb "*) exec sleep 1000 ;; *" CONFIG GET "*) printf "dbfilename\ndump.rdb\n" ;; *) printf "redis_version:7.0.15\r\nused_memory:1000000\r\n" ;; esac'
  fails 'redis-cli could not fetch the snapshot (status 124)'
}

@test "tar ends with 2" {
  stub tar 'if [[ $1 == --create ]]; then echo "tar: uploads: Cannot open: Input/output error" >&2; exit 2; fi; exec "${real}" "$@"'
  fails 'reading config failed (tar 2, zstd 0, cat 0); see above' --config
  assert_told '| tar: uploads: Cannot open: Input/output error'
}

@test "tar is killed in the middle of its stream" {
  stub tar 'if [[ $1 == --create ]]; then head -c 3000 /dev/zero; kill -s KILL $$; fi; exec "${real}" "$@"'
  fails 'reading config failed (tar 137, zstd 0, cat 0)' --config
}

@test "tar that stalls is ended at the time limit" {
  ENVIRONMENT=brief
  stub tar 'if [[ $1 == --create ]]; then exec sleep 1000; fi; exec "${real}" "$@"'
  fails 'reading config failed (tar 124, zstd 0, cat 0)' --config
}

# Each of the programs of a pipeline, while it packs and while it reads back.
@test "a program that hangs is ended at the time limit, is named with the cure, and leaves the lock free: zstd, which packs" {
  ENVIRONMENT=brief
  stub zstd 'case " $* " in *" --threads=0 "*) exec sleep 1000 ;; esac; exec "${real}" "$@"'
  fails 'reading config failed (tar ' --config
  assert_told 'zstd 124, cat 0); see above; 124 is one that took longer than backup.timeout (8 s): raise it in the profile'
}

@test "a program that hangs is ended at the time limit, and with it what it had started: zstd, which packs" {
  ENVIRONMENT=brief
  stub zstd 'case " $* " in *" --threads=0 "*) sleep 1000; exit ;; esac; exec "${real}" "$@"'
  fails 'reading config failed (tar ' --config
}

@test "a program that hangs is ended at the time limit: zstd, which reads back" {
  ENVIRONMENT=brief
  stub zstd 'case " $* " in *" --decompress "*) exec sleep 1000 ;; esac; exec "${real}" "$@"'
  fails 'stopped in ' --config
  assert_told 'status 124'
}

@test "a program that hangs is ended at the time limit: openssl, which takes the checksum" {
  ENVIRONMENT=brief
  stub openssl 'case "$1" in dgst) exec sleep 1000 ;; esac; exec "${real}" "$@"'
  fails 'stopped in ' --config
  assert_told 'status 124'
}

@test "zstd is killed" {
  stub zstd 'case " $* " in *" --threads=0 "*) head -c 100 >/dev/null; kill -s KILL $$ ;; esac; exec "${real}" "$@"'
  fails 'reading config failed (tar ' --config
  assert_told 'zstd 137'
}

@test "zstd cannot read back what it wrote" {
  stub zstd 'case " $* " in *" --decompress "*) exit 1 ;; esac; exec "${real}" "$@"'
  fails 'stopped in ' --config
}

@test "zstd ends well, but what it wrote is damaged" {
  stub zstd 'case " $* " in *" --threads=0 "*) "${real}" "$@" | head -c 200; exit 0 ;; esac; exec "${real}" "$@"'
  fails '' --config
}

@test "openssl fails" {
  stub openssl 'exit 1'
  fails 'stopped in ' --config
}

@test "openssl cannot be trusted to say nothing" {
  stub openssl 'exit 0'
  fails '' --config
}

@test "jq fails while the manifest is written" {
  stub jq 'case " $* " in *" --slurpfile warnings "*) echo "jq: error: out of memory" >&2; exit 5 ;; esac; exec "${real}" "$@"'
  fails 'stopped in write_manifest' --config
}

@test "a stored file does not reach the disk" {
  stub sync 'exit 1'
  fails 'config.tar.zst could not be written to the disk (sync)' --config
}

@test "sync fails before the set is published" {
  stub sync 'case " $* " in *"/manifest.json "*) exit 1 ;; esac; exec "${real}" "$@"'
  fails 'stopped in publish_set' --config
}

@test "mv fails while the set is published" {
  stub mv 'exit 1'
  fails 'stopped in publish_set' --config
}

# --- The system calls themselves ---

injected() { # <strace's -e inject=...> <system calls>
  local trace="${BATS_TEST_TMPDIR}/trace"
  remember snapshot_of_sets
  run --separate-stderr clean strace -f -qq -o "${trace}" -e trace="$2" -e inject="$1" "$(program backup.sh)" --config
  grep -q INJECTED "${trace}" || fail "strace injected nothing: $(tail -n 3 "${trace}")"
  assert_failure 1
  assert_told 'ERROR '
  assert_equal "$(sets)" "${SET}"
  assert_sets_unchanged
}

bats_test_function --description "the rename that publishes the set fails" -- injected '/^rename:error=EIO' '/^rename'
bats_test_function --description "an fsync fails" -- injected 'fsync,syncfs:error=EIO:when=1' 'fsync,syncfs'

@test "no file handle is left" {
  remember snapshot_of_sets
  run --separate-stderr bash -c 'ulimit -n 10; exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --full' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_failure
  assert_told 'ERROR '
  assert_equal "$(sets)" "${SET}"
  assert_sets_unchanged
}

# --- Full disks ---

@test "the disk fills up while the set is written" {
  head -c 3000000 /dev/urandom >"${APP}/uploads/large"
  run --separate-stderr isolated '
    mount -t tmpfs -o size=24m tmpfs "$4"
    mkdir "$4/20260104_030000"; printf "old\n" >"$4/20260104_030000/file"
    env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --full; status=$?
    find "$4" -mindepth 1 -path "$4/.state" -prune -o -mindepth 1 -printf "%P\n" >"$5"; exit "${status}"' \
    "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}" "${BATS_TEST_TMPDIR}/left"
  # 24 MB satisfy the preflight; a dump that grows in between does not fit.
  assert_success
  stub mongodump '
    if [[ $1 == --version ]]; then printf "mongodump version: 100.16.1\n"; exit; fi
    cp -r "${FIXTURE}/dump" "${3#--out=}" && head -c 30000000 /dev/zero >"${3#--out=}/plugspace/more.bson" || { echo "no space left on device" >&2; exit 1; }'
  run --separate-stderr isolated '
    mount -t tmpfs -o size=24m tmpfs "$4"
    mkdir "$4/20260104_030000"; printf "old\n" >"$4/20260104_030000/file"
    status=0
    env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --full || status=$?
    find "$4" -mindepth 1 -path "$4/.state" -prune -o -mindepth 1 -printf "%P\n" | sort >"$5"; exit "${status}"' \
    "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}" "${BATS_TEST_TMPDIR}/left"
  assert_failure 1
  assert_told '| no space left on device'
  assert_equal "$(<"${BATS_TEST_TMPDIR}/left")" $'20260104_030000\n20260104_030000/file'
}

@test "the disk fills up while an archive is written" {
  stub df 'printf "Avail\n900000000000\n"'
  head -c 3000000 /dev/urandom >"${WORLD}/etc/nginx/large"
  run --separate-stderr isolated '
    mount -t tmpfs -o size=1m tmpfs "$4"
    status=0
    env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --config || status=$?
    find "$4" -mindepth 1 -name "2*" >"$5"; exit "${status}"' \
    "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}" "${BATS_TEST_TMPDIR}/left"
  assert_failure 1
  assert_told 'ERROR reading config failed'
  assert_equal "$(<"${BATS_TEST_TMPDIR}/left")" ''
}

@test "no inode is left" {
  stub df 'printf "Avail\n900000000000\n"'
  run --separate-stderr isolated '
    mount -t tmpfs -o nr_inodes=6 tmpfs "$4"
    status=0
    env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --config || status=$?
    find "$4" -mindepth 1 -name "2*" >"$5"; exit "${status}"' \
    "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)" "${BACKUPS}" "${BATS_TEST_TMPDIR}/left"
  assert_failure 1
  assert_equal "$(<"${BATS_TEST_TMPDIR}/left")" ''
}

@test "files may not grow beyond a limit" {
  head -c 300000 /dev/urandom >"${WORLD}/etc/nginx/large"
  remember snapshot_of_sets
  run --separate-stderr bash -c 'ulimit -f 100; exec env -i HOME=/ PATH="$1" TMPDIR="$2" "$3" --config' bash "${STUBS}:${PATH}" "${SCRATCH}" "$(program backup.sh)"
  assert_failure 1
  assert_told 'ERROR reading config failed'
  assert_sets_unchanged
}

@test "the scratch directory is full: no short answer is taken for a whole one" {
  remember snapshot_of_sets
  run --separate-stderr isolated '
    mkdir "$4"; mount -t tmpfs -o size=16k tmpfs "$4"; head -c 20000 /dev/zero >"$4/full" 2>/dev/null || :
    exec env -i HOME=/ PATH="$1" TMPDIR="$4" "$3" --full' "${STUBS}:${PATH}" - "$(program backup.sh)" "${BATS_TEST_TMPDIR}/tiny"
  assert_failure
  assert_told 'ERROR '
  assert_equal "$(sets)" "${SET}"
}

@test "there is no scratch directory" {
  remember snapshot_of_sets
  SETTING=(TMPDIR="${BATS_TEST_TMPDIR}/nowhere")
  run --separate-stderr backup --config
  assert_failure 1
  assert_told 'ERROR stopped in make_private_dir'
  assert_sets_unchanged
}
