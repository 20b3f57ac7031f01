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
  if [[ -z ${problem} && ${TYPE} == full ]]; then
    add_needed_bytes $((raw_bytes * 2)) # the raw dump, and the packed one
  fi
}
