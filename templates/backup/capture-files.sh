# needs: backup/capture
# Files are stored by their whole path, as an archive with its own listing of
# each directory (--listed-incremental), with ACLs, attributes and holes. An
# empty list of names is what makes tar write an archive of nothing.
TAR_EXCLUDES=()
TAR_LEVEL=0    # 0 for all files, more for those changed since the level below
TAR_FOLLOWS='' # the set that holds the level below

capture_files() { # <component> <path...>
  local component="$1" path raw_bytes
  shift
  local -a statuses=(0 0) members=()
  for path in "$@"; do
    members+=("${path#/}")
  done
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    tar --create --file=- --format=posix --sparse --totals --directory=/ \
    --acls --xattrs --xattrs-include='*' --listed-incremental="${WORK_DIR}/${component}.snar" \
    --exclude='.lifeboat-*' --exclude='.*.lifeboat-undo*' --anchored "${TAR_EXCLUDES[@]}" \
    --files-from=/dev/null -- "${members[@]}" \
    2>"${WORK_DIR}/tar.log" | zstd -q "-${ZSTD_LEVEL}" --threads=0 >"${PARTIAL}/${component}.tar.zst" || statuses=("${PIPESTATUS[@]}")
  judge_tar "${component}" "${statuses[0]}" "${statuses[1]}"
  raw_bytes="$(archive_bytes "${WORK_DIR}/tar.log")"
  read_back "${component}.tar.zst" "${raw_bytes}" "$#"
  files_details "$@" >"${WORK_DIR}/details.json"
  record_component "${component}" "${WORK_DIR}/details.json"
}

# tar ends with 1 when a file changed, shrank or went away while it was read: the
# archive is good, and the file is named. Everything above that is a failure.
judge_tar() { # <component> <tar's status> <zstd's status>
  local component="$1" tar_status="$2" zstd_status="$3" line
  if ((tar_status > 1 || zstd_status != 0)); then
    quote_tool "${WORK_DIR}/tar.log"
    die 1 "reading ${component} failed (tar ${tar_status}, zstd ${zstd_status}); the last lines stand above"
  fi
  while IFS= read -r line; do
    case "${line}" in
      *'changed as we read it' | *'File shrank by'* | *'File removed before we read it' | *'socket ignored')
        note_warning "${component}: ${line#tar: }"
        ;;
      *) ;;
    esac
  done <"${WORK_DIR}/tar.log"
}

files_details() { # <path...>
  jq --null-input --argjson level "${TAR_LEVEL}" --arg follows "${TAR_FOLLOWS}" '
    {level: $level, paths: $ARGS.positional}
    + if $follows == "" then {} else {follows: $follows} end' --args -- "$@"
}
