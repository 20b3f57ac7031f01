# needs: lib/mongodb-client
preflight_mongodb() {
  local problem detail set_name raw_bytes
  need_tools mongodump=mongodb-database-tools mongosh=mongodb-mongosh
  if [[ -z ${DATABASE_TOOLS} ]]; then
    check_database_tools mongodump DATABASE_TOOLS
  fi
  if ! command -v mongosh >/dev/null; then
    return 0
  fi
  write_mongodb_uri
  ask_mongodb facts
  mongodb_fact '.problem, .detail, .replicaSet, (.rawBytes // 0 | floor)' >"${WORK_DIR}/facts"
  {
    read -r problem
    read -r detail
    read -r set_name
    read -r raw_bytes
  } <"${WORK_DIR}/facts"
  tell_mongodb_problem "${problem}" "${detail}"
  if [[ -z ${problem} && ${set_name} != "${MONGODB_REPLICA_SET}" ]]; then
    problem "MongoDB is in the replica set '${set_name}', the profile says '${MONGODB_REPLICA_SET}': correct mongodb.replicaSet, or MONGODB_URI"
  fi
  if [[ -z ${problem} ]]; then
    compare_versions
    need_room_for_dump "${raw_bytes}"
  fi
}

need_room_for_dump() { # <bytes of all documents>
  if [[ ${TYPE} == full ]]; then
    add_needed_bytes $(($1 * 2)) # the raw dump, and the packed one
  fi
}

# A restore recovers everything with a mongod of the version that wrote it, on this host.
compare_versions() {
  local version installed=''
  version="$(mongodb_fact .version)"
  check_tools_for_server "${DATABASE_TOOLS}" "${version}"
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
