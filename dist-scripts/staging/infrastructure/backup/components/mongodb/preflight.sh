preflight_mongodb() {
  local problem detail set_name raw_bytes tools
  need_tools mongodump=mongodb-database-tools mongosh=mongodb-mongosh
  if [[ ! -v VERSIONS["databaseTools"] ]]; then
    check_database_tools tools mongodump
    VERSIONS["databaseTools"]="${tools}"
  fi
  if ! command -v mongosh >/dev/null; then
    return 0
  fi
  write_mongodb_uri
  await_election
  mongodb_fact '.problem, .detail, .replicaSet, (.rawBytes // 0 | floor)' >"${WORK_DIR}/facts"
  {
    read -r problem
    read -r detail
    read -r set_name
    read -r raw_bytes
  } <"${WORK_DIR}/facts"
  tell_mechanism "${problem}"
  tell_mongodb_problem "${problem}" "${detail}"
  if [[ -z ${problem} ]]; then
    check_set_name "${set_name}"
    compare_versions
    need_room_for_dump "${raw_bytes}"
  fi
}

# An election takes some seconds, and in the middle of one a dump finds nobody to read from.
# A set that has lost its majority may still be read, where the account's string allows it.
await_election() {
  local election tries=0 end=$((SECONDS + 60))
  ask_mongodb facts
  election="$(mongodb_fact .election)"
  if [[ ${election} == true ]]; then
    info 'MongoDB has no primary at the moment, as in an election: waiting for one, for up to a minute'
  fi
  while [[ ${election} == true ]] && ((tries < 30 && SECONDS < end)); do
    tries=$((tries + 1))
    pause 2
    ask_mongodb facts
    election="$(mongodb_fact .election)"
  done
  if [[ ${election} == true ]]; then
    warn "MongoDB has had no primary for ${tries} looks, a minute at the most: look at rs.status(); what this member holds can only be read where MONGODB_URI says readPreference=secondaryPreferred"
  fi
}

need_room_for_dump() { # <bytes of all documents>
  if [[ ${TYPE} == full ]]; then
    add_needed_bytes "$(($1 * 2))" 'MongoDB' # the raw dump, and the packed one
  fi
}

check_set_name() { # <name of the replica set>
  if [[ $1 != "${MONGODB_REPLICA_SET}" ]]; then
    problem "MongoDB is in the replica set '$1', the profile says '${MONGODB_REPLICA_SET}': correct mongodb.replicaSet, or MONGODB_URI"
  fi
}

# Passwords and certificates were tried, and a server that asks a directory was not.
tell_mechanism() { # <problem>
  local mechanism
  if [[ -z $1 && ${DRY_RUN} == false ]]; then
    return 0
  fi
  mechanism="$(sed --quiet --regexp-extended 's/.*[?&]authMechanism=([A-Za-z0-9-]+).*/\1/Ip' "${WORK_DIR}/mongodb.uri")"
  case "${mechanism^^}" in
    '' | SCRAM-* | MONGODB-X509) ;;
    *) warn "MONGODB_URI logs in by ${mechanism}, as with LDAP or Kerberos; lifeboat was tested with passwords and certificates (MONGODB-X509) only: try a backup and a restore with it, or use an account of one of these" ;;
  esac
}

# A restore recovers everything with a mongod of the version that wrote it, on this host.
compare_versions() {
  local version installed=''
  version="$(mongodb_fact .version)"
  check_tools_for_server "${VERSIONS["databaseTools"]}" "${version}"
  if [[ ${DRY_RUN} == false ]]; then
    return 0
  fi
  if command -v mongod >/dev/null; then
    installed="$("${QUICK[@]}" mongod --version 2>/dev/null | sed --quiet 's/^db version v//p' || :)"
  fi
  if [[ ${installed%.*} != "${version%.*}" ]]; then
    warn "a restore needs mongod ${version%.*} on this host, and here is ${installed:-none}: install the package mongodb-org-server of ${version%.*}, and disable its service where MongoDB runs elsewhere"
  fi
}
# b265f3217bb57a8f backup/components/mongodb/preflight.sh
