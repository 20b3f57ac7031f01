# needs: backup/capture
# Files are stored by their whole path, as an archive with its own listing of
# each directory (--listed-incremental), with ACLs, attributes and holes. An
# empty list of names is what makes tar write an archive of nothing.
TAR_EXCLUDES=()
TAR_DETAILS='{"level": 0}' # for the manifest: 0 for all files, more for those changed since the level below

capture_files() { # <component> <path...>
  local component="$1" path raw_bytes
  shift
  local -a statuses=(0 0 0) members=()
  for path in "$@"; do
    members+=("${path#/}")
  done
  "${BOUNDED[@]}" tar --create --file=- --format=posix --sparse --totals --directory=/ \
    --acls --xattrs --xattrs-include='*' --listed-incremental="${WORK_DIR}/${component}.snar" \
    --exclude='.lifeboat-*' --exclude='.*.lifeboat-undo*' --anchored "${TAR_EXCLUDES[@]}" \
    --files-from=/dev/null -- "${members[@]}" \
    2>"${WORK_DIR}/tar.log" | "${BOUNDED_NEXT[@]}" zstd -q "-${ZSTD_LEVEL}" --threads=0 \
    | "${BOUNDED_LAST[@]}" "${SEAL[@]}" 2>"${WORK_DIR}/seal.log" >"${PARTIAL}/${component}.tar.${PACKED_AS}" || statuses=("${PIPESTATUS[@]}")
  judge_pipeline "reading ${component}" "${statuses[@]}"
  tell_what_changed "${component}"
  raw_bytes="$(archive_bytes "${WORK_DIR}/tar.log")"
  read_back "${component}.tar" "${raw_bytes}" "$#"
  jq --null-input --arg component "${component}" --argjson stored "${STORED}" --argjson details "${TAR_DETAILS}" '
    {($component): ($stored + {details: ($details + {paths: $ARGS.positional})})}' --args -- "$@" >"${WORK_DIR}/component.${component}.json"
}

# A file that changed, shrank or went away while it was read is named; the archive
# is good all the same.
tell_what_changed() { # <component>
  local component="$1" line
  while IFS= read -r line; do
    case "${line}" in
      *'changed as we read it' | *'File shrank by'* | *'File removed before we read it' | *'socket ignored')
        note_warning "${component}: ${line#tar: }"
        ;;
      *) ;;
    esac
  done <"${WORK_DIR}/tar.log"
}
