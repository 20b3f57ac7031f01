# --- Files of format 1: increments of tar ------------------------------------------
#
# Sets of older scripts hold what tar found to have changed, with its own records of
# what was renamed and removed (--listed-incremental). tar takes a directory that was
# removed and made anew for a renamed one: what it puts together may be wrong.

# Levels are unpacked one over the other: tar brings what changed, and removes what each
# directory no longer held. Then what the last level lists must be what is there.
unpack_older() { # <component> <directory>
  local component="$1" directory="$2" source last=''
  for source in "${SOURCES[@]}"; do
    if [[ ${source} == */"${component}" ]]; then
      unpack_to "${source}" tar --extract --file=- --directory="${directory}" --preserve-permissions --delay-directory-restore \
        --acls --xattrs --xattrs-include='*' --listed-incremental=/dev/null
      last="${source}"
    fi
  done
  unpack_to "${last}" "${LIST_OLDER[@]}" >"${WORK_DIR}/older"
  compare_older "${component}" "${directory}"
}

readonly -a LIST_OLDER=(tar --list --file=- --verbose --verbose --quoting-style=c --listed-incremental=/dev/null)

# What each directory holds (D a directory, Y a file of this level, N one of a level
# below), and the files that were named themselves. These names are as they are: one
# with a line feed takes two lines.
IFS= read -r -d '' OLDER_NAMES <<'EOF_AWK' || :
function flush() { if (entry != "") print inside written(entry); entry = "" }
/^[-dlhpcb][-rwxsStT]+ .*"/ {
  flush()
  path = name_in($0)
  sub(/\/$/, "", path)
  inside = $0 ~ /^d/ ? path "/" : ""
  print path
  next
}
inside != "" && /^$/ { flush(); inside = ""; next }
inside != "" && /^[DYNRTX] / { flush(); if (/^[DYN]/) entry = substr($0, 3); next }
inside != "" && entry != "" { entry = entry "\n" $0 }
END { flush() }
EOF_AWK

compare_older() { # <component> <directory>
  local component="$1" directory="$2" differences
  awk "${WRITTEN_AS_TAR}${QUOTED_NAMES}${OLDER_NAMES}" "${WORK_DIR}/older" | sort --unique >"${WORK_DIR}/older.listed"
  (
    cd -- "${directory}"
    mapfile -t roots < <(find . -mindepth 1 -maxdepth 1 -printf '%P\n' || :)
    list_tree '' "${roots[@]}"
  ) | cut --fields=1 >"${WORK_DIR}/older.built"
  # The directories above the paths are in no archive.
  differences="$(comm -3 "${WORK_DIR}/older.listed" "${WORK_DIR}/older.built" \
    | roots="${PATHS_OF[${component}]}" awk "${WRITTEN_AS_TAR}${WITHOUT_ABOVE}" | head --lines=6)"
  if [[ -n ${differences} ]]; then
    printf '%s\n' "${differences}" >"${WORK_DIR}/compared"
    quote_tool "${WORK_DIR}/compared"
    die 6 "${component}, as tar put it together from its increments, is not what the last of them lists (above): choose another set, a full one at best; nothing that runs was touched"
  fi
}

IFS= read -r -d '' WITHOUT_ABOVE <<'EOF_AWK' || :
BEGIN { count = split(ENVIRON["roots"], roots, "\n") }
{
  path = $0
  sub(/^\t/, "", path)
  for (i = 1; i <= count; i++) if (index(written(substr(roots[i], 2)) "/", path "/") == 1 && path != written(substr(roots[i], 2))) next
  print ($0 ~ /^\t/ ? "built, and not listed: " : "listed, and not built: ") path
}
EOF_AWK

# An increment with records of renames may have been put together wrong by tar, and the
# comparison sees names only.
plan_older() { # <component>
  local component="$1" source renames
  if [[ ${FILES_ARE_HERE} == false ]]; then
    info "plan:   ${SET_OF[${component}]} was made by an older lifeboat, with increments of tar: what they bring is compared by name only"
    return 0
  fi
  for source in "${SOURCES[@]}"; do
    if [[ ${source} == */"${component}" ]]; then
      unpack_to "${source}" "${LIST_OLDER[@]}" >"${WORK_DIR}/older"
      renames="$(grep --count --extended-regexp '^[RTX] ' "${WORK_DIR}/older" || :)"
      if ((renames > 0)); then
        warn "plan:   ${source} holds ${renames} record(s) of renames by tar, which may be wrong: do not trust what it brings before you have looked at it (--into), or restore a full set"
      fi
    fi
  done
}
# feca43834095f0b4 backup/components/files/older.sh
