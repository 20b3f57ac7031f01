# --- MongoDB: asking a server ------------------------------------------------

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/connection.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/listing.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/facts.js"
)

# The connection string may hold a password: the tools read it from files in
# the private work directory, so it stands in no argument list.
write_mongodb_uri() {
  local uri escaped
  local - # a trace must show no secret
  set +x
  uri="$(uri_without_database "${MONGODB_URI:-${MONGODB_DEFAULT_URI}}")"
  escaped="${uri//\\/\\\\}"
  escaped="${escaped//\"/\\\"}"
  printf '%s' "${uri}" >"${WORK_DIR}/mongodb.uri"
  printf 'uri: "%s"\n' "${escaped}" >"${WORK_DIR}/mongodb.yaml"
}

# A dump with its oplog is of all databases, so the tools refuse a string that
# names one; what the name meant for the login is said by authSource.
uri_without_database() { # <uri>
  local uri="$1" database source=''
  if [[ ${uri} =~ ^(mongodb(\+srv)?://[^/?]+)/([^/?]+)(\?.*)?$ ]]; then
    uri="${BASH_REMATCH[1]}/${BASH_REMATCH[4]}"
    database="${BASH_REMATCH[3]}"
    if [[ ${uri} == *@* && ${uri} != *authSource=* ]]; then
      source="authSource=${database}"
      if [[ ${uri} == *\?* ]]; then
        source="&${source}"
      else
        source="?${source}"
      fi
    fi
  fi
  printf '%s%s' "${uri}" "${source}"
}

put_question() { # <name> [name=value...]
  local running
  rm --force -- "${WORK_DIR:?}/$1".{json,log}
  find_mongosh running
  if [[ -z ${running} ]]; then
    start_mongosh
  fi
  printf '%s\0' "$@" >"${WORK_DIR}/question.new"
  mv --no-target-directory -- "${WORK_DIR}/question.new" "${WORK_DIR}/question"
}

# Asks mongosh the question of this name, a module mongosh/<name>.js. It finds its input in
# the work directory, and its answer stands there as <name>.json.
ask_mongodb() { # <name> [name=value...]
  local name="$1" limit=90 ended
  case "${name}" in
    dump | load | plain | part | place | slice | settle | suspects) limit="${TIMEOUT_SECONDS}" ;; # reads all the data
    primary) limit=360 ;;                                                                         # waits
    *) ;;
  esac
  put_question "$@"
  await_mongosh ended "${name}" "${limit}"
  if [[ ! -s ${WORK_DIR}/${name}.json ]]; then
    quote_tool "${WORK_DIR}/mongosh.log"
    quote_tool "${WORK_DIR}/${name}.log"
    if [[ ${name} == facts ]]; then
      die 3 "mongosh gave no answer${ended:+ and ended with status ${ended}}: try 'mongosh --version', or install it again; nothing was touched"
    fi
    die 1 "mongosh gave no answer to '${name}'${ended:+ and ended with status ${ended}}"
  fi
  case "${name}" in
    members | primary | stopped) end_mongosh ;; # it would go on trying to reach who did not answer
    *) ;;
  esac
}

mongodb_fact() { # <jq expression>
  jq --raw-output "$1" "${WORK_DIR}/facts.json"
}

tell_mongodb_problem() { # <kind> <detail>
  local kind="$1" detail="$2"
  case "${kind}" in
    '') ;;
    mongos) problem "MONGODB_URI leads to a mongos; sharded clusters are not supported: use Percona Backup for MongoDB" ;;
    standalone) problem "MongoDB is a standalone server and has no oplog: set replication.replSetName to '${MONGODB_REPLICA_SET}' in its configuration, restart it, then run rs.initiate()" ;;
    state) problem "MongoDB is neither primary nor secondary at the moment: look at rs.status(), and run again when it is" ;;
    login) problem "MongoDB refused the login (${detail}): correct the user and password of MONGODB_URI in ${ENV_FILE}" ;;
    rights) problem "the MongoDB account lacks rights (${detail}): grant it the roles 'backup' and 'clusterMonitor' on the database admin" ;;
    *) problem "MongoDB cannot be reached (${detail}): start it with '${MONGODB_START[*]:-its service}', or correct mongodb.uri in the profile (MONGODB_URI in ${ENV_FILE} wins over it)" ;;
  esac
}
# fca6ea721cbe7d25 backup/components/mongodb/client.sh
