# --- MongoDB: a dump, and whether it is whole ------------------------------------

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/read-dump.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/kinds.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/cover.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/dump.js"
)

# A dump whose own oplog cannot be recovered is no base; another try is likely to be.
take_mongodb_dump() { # <new directory>
  local directory="$1" try problem
  for try in 1 2 3; do
    dump_mongodb "${directory}"
    check_mongodb_dump "${directory}"
    problem="$(jq --raw-output .problem "${WORK_DIR}/dump.json")"
    if [[ -z ${problem} ]]; then
      return 0
    elif ((try < 3)); then
      warn "the dump could not be recovered, for ${problem}: dumping again"
      rm --recursive --force -- "${directory:?}"
    fi
  done
  die 1 "the dump could not be recovered: ${problem}"
}

# A collection that is renamed during the dump ends it; the next try is likely
# to find a quieter moment.
dump_mongodb() { # <new directory>
  local directory="$1" try status=0
  for try in 1 2 3; do
    status=0
    "${BOUNDED[@]}" mongodump --config="${WORK_DIR}/mongodb.yaml" --oplog --out="${directory}" \
      2>"${WORK_DIR}/mongodump.log" || status=$?
    if ((status == 0)); then
      return 0
    fi
    quote_tool "${WORK_DIR}/mongodump.log"
    if ((try == 3)) || ! grep --quiet --ignore-case 'rename' "${WORK_DIR}/mongodump.log"; then
      break
    fi
    warn "a collection was renamed while MongoDB was dumped, which ends a dump: trying again in $((try * 10)) s"
    rm --recursive --force -- "${directory:?}"
    pause $((try * 10))
  done
  if grep --quiet 'renames occur' "${WORK_DIR}/mongodump.log"; then
    die 1 "in each of ${try} dumps a collection was renamed, as \$out does it: a dump needs a while without that. Take full sets at a quieter hour (backup.types.full.schedule), from a secondary where that makes the dump shorter, or let the application use \$merge, which renames nothing"
  fi
  if ((status == 124 || status == 137)); then
    die 1 "mongodump took longer than ${TIMEOUT_SECONDS} s: raise backup.timeout in the profile, or look why MongoDB is slow"
  fi
  die 1 "mongodump ended with status ${status}; see above"
}

# mongodump ends well although a collection is missing, and a full disk can
# shorten a file: so every file is walked, and the list is compared with what
# the server had at the start and still has.
check_mongodb_dump() { # <directory>
  local missing broken
  ask_mongodb dump "dump=$1"
  broken="$(jq --raw-output '.broken | join(", ")' "${WORK_DIR}/dump.json")"
  missing="$(jq --raw-output '.missing | join(", ")' "${WORK_DIR}/dump.json")"
  if [[ -n ${broken} ]]; then
    die 1 "the dump is cut off or damaged in: ${broken}"
  fi
  if [[ -n ${missing} ]]; then
    die 1 "the server holds these collections, but the dump does not: ${missing}; check the rights of the account in MONGODB_URI"
  fi
}
# 66da9c02709b283b backup/components/mongodb/dump.sh
