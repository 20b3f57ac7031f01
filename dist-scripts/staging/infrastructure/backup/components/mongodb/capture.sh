# A step: leaves the packed dump in the set, and component.mongodb.json.
# A base for recovery to a moment must be a directory dump, so the raw dump is
# written first, then packed and removed.
capture_mongodb() {
  take_mongodb_dump "${PARTIAL}/dump"
  pack_mongodb_dump
}

pack_mongodb_dump() {
  local raw_bytes entries stored
  local -a statuses=(0 0 0)
  "${BOUNDED[@]}" tar --create --file=- --format=posix --totals --directory="${PARTIAL}/dump" . \
    2>"${WORK_DIR}/tar.log" | "${BOUNDED_NEXT[@]}" zstd -q "-${ZSTD_LEVEL}" --threads=0 \
    | "${BOUNDED_LAST[@]}" "${ENCRYPT[@]}" 2>"${WORK_DIR}/encrypt.log" >"${PARTIAL}/mongodb.tar.${PACKED_AS}" || statuses=("${PIPESTATUS[@]}")
  judge_pipeline 'packing the dump' "${statuses[@]}"
  entries="$(find "${PARTIAL}/dump" -printf x | wc --bytes)"
  rm --recursive --force -- "${PARTIAL:?}/dump"
  archive_bytes raw_bytes "${WORK_DIR}/tar.log"
  read_back stored mongodb.tar "${raw_bytes}" count_members "${entries}"
  jq --argjson stored "${stored}" --slurpfile members "${WORK_DIR}/members" --slurpfile beside "${WORK_DIR}/mongodb.beside" '
    {mongodb: ($stored + {members: $members[0], details: (.details + $beside[0])})}' "${WORK_DIR}/dump.json" >"${WORK_DIR}/component.mongodb.json"
}

# tar stops at the end of the archive; what follows must be readable too.
count_members() { # <entries that were packed>
  {
    "${BOUNDED_LAST[@]}" tar --list --quoting-style=escape
    cat >/dev/null
  } | wc --lines >"${WORK_DIR}/members"
  if [[ ! $1 =~ ^[1-9][0-9]*$ || $(<"${WORK_DIR}/members") != "$1" ]]; then
    die 1 "the dump reads back as an archive of $(<"${WORK_DIR}/members") entries, and ${1:-an unknown number} were packed"
  fi
}

# Of a server elsewhere no directory is exchanged.
look_beside_mongodb() {
  if [[ -z ${MONGODB_DATA_DIR} ]]; then
    printf '{}' >"${WORK_DIR}/mongodb.beside"
  else
    jq .files "${WORK_DIR}/facts.json" >"${WORK_DIR}/mongodb.files"
    look_beside mongodb "${MONGODB_DATA_DIR}"
  fi
}
# 697b067295897e8c backup/components/mongodb/capture.sh
