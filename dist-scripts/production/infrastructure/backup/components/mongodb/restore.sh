# --- MongoDB: built beside by a private server, then swapped in ------------------

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/primary.js")

preflight_mongodb() {
  local tools
  need_tools mongorestore=mongodb-database-tools mongosh=mongodb-mongosh mongod=mongodb-org-server
  check_database_tools tools mongorestore
  preflight_mongod "${tools}"
  choose_mongodb_form
  if [[ ${MONGODB_FORM} == live ]]; then
    preflight_mongodb_live "${tools}"
  else
    preflight_mongodb_beside
  fi
}

# Whatever is restored, and wherever it goes: a mongod here recovers it first.
preflight_mongod() { # <version of the Database Tools>
  local installed
  if ! command -v mongod >/dev/null; then
    return 0 # need_tools has told
  fi
  installed="$("${QUICK[@]}" mongod --version | sed --quiet 's/^db version v//p')"
  check_mongodb_version "${installed}"
  check_tools_for_server "$1" "${installed}"
}

preflight_mongodb_beside() {
  local live parent user
  user="$(id --user --name)"
  live="$(mongodb_directory)"
  parent="${live%/*}"
  if [[ -z ${OPTION[into]}${OPTION[collection]} ]]; then
    if [[ ! -w ${parent:-/} ]]; then
      problem "cannot replace ${live}: ${parent:-/} is not writable for ${user}: run with sudo"
    fi
    preflight_control "${MONGODB_STOP[@]}"
    preflight_members
    preflight_beside mongodb "${live}"
    tell_mongodb_links "${live}"
  fi
  need_recovery_space "${OPTION[into]:-${BACKUP_DIR}}" "${OPTION[into]:-${live}}"
}

# The old data goes on being reached by its links, so nothing new may be written there.
tell_mongodb_links() { # <data directory>
  local names
  local -a links=()
  if [[ -s ${WORK_DIR}/mongodb.names.links ]]; then
    mapfile -d '' -t links <"${WORK_DIR}/mongodb.names.links"
    printf -v names '%s, ' "${links[@]//[[:cntrl:]]/?}"
    warn "in $1 these lead elsewhere, as to another disk: ${names%, }; what is restored lies in the directory itself. Move it and link it again if you want that, and after --forget remove what the links led to"
  fi
}

# The dump is unpacked, and laid into the data directory; the oplog stands there twice,
# as entries and as what they make.
need_recovery_space() { # <for the dump> <for the data>
  local dump oplog
  dump="$(raw_bytes_of mongodb)"
  oplog="$(raw_bytes_of oplog bridge)"
  need_space "$1" "${dump}"
  need_space "$2" $((dump + 2 * oplog + 64 * 1024 * 1024))
}

# State of the run: the preflight sets it, the plan, building and swapping go by it.
MONGODB_FORM='beside' # or live: into the running server

# Where the data directory really is: that is what is renamed.
mongodb_directory() {
  realpath --canonicalize-missing -- "${MONGODB_DATA_DIR:-/nowhere}"
}

# Data that lies on this host is built beside and swapped. A server elsewhere, in
# the profile or by a MONGODB_URI that leads away, is restored over its connection.
choose_mongodb_form() {
  local host servers usual
  MONGODB_FORM='beside'
  servers="$(current_servers)"
  usual="$(hosts_of "${MONGODB_DEFAULT_URI}")"
  if [[ -n ${OPTION[into]} || -n ${OPTION[collection]} || (-n ${MONGODB_DATA_DIR} && ${servers} == "${usual}") ]]; then
    return 0
  fi
  if [[ -z ${MONGODB_DATA_DIR} ]]; then
    MONGODB_FORM='live'
  fi
  for host in ${servers//,/ }; do
    case "${host%:*}" in
      localhost | 127.* | '[::1]' | "${HOSTNAME}" | *.sock) ;;
      *) MONGODB_FORM='live' ;;
    esac
  done
}

current_servers() {
  local - # a trace must show no secret
  set +x
  hosts_of "${MONGODB_URI:-${MONGODB_DEFAULT_URI}}"
}

hosts_of() { # <connection string>
  local hosts="${1#*://}"
  hosts="${hosts%%[/?]*}"
  printf '%s' "${hosts##*@}"
}

# Replaying is only sound on the version that wrote: major and minor must agree.
check_mongodb_version() { # <version of the server that is restored to>
  local found="$1" recorded
  recorded="$(of_component mongodb .details.server.version)"
  if [[ ${recorded%.*} != "${found%.*}" ]]; then
    problem "${SET_OF[mongodb]} was made with MongoDB ${recorded}, the server to restore to is ${found}: install MongoDB ${recorded%.*}"
  fi
}

build_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    build_mongodb_live
  else
    build_mongodb_beside
  fi
}

build_mongodb_beside() {
  local live stage data_dir dump
  stage_for stage "${STORE}/dump"
  dump="${stage}/dump"
  unpack_dump "${dump}"
  live="$(mongodb_directory)"
  stage_for stage "${live}"
  data_dir="${stage}/mongodb"
  of_component mongodb .details >"${WORK_DIR}/expected.json"
  recover_mongodb "${dump}" "${data_dir}" "${LIMIT}" "${SLICES[@]}"
  rm --recursive --force -- "${dump:?}"
  try_account
  stop_private_mongod
  end_private_mongod
  printf '%s\t%s\n' "${live}" "${data_dir}" >"${WORK_DIR}/swaps.mongodb"
}

unpack_dump() { # <directory>
  mkdir "$1"
  unpack_to "${SET_OF[mongodb]}/mongodb" tar --extract --file=- --directory="$1" --no-same-owner
}

swap_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    swap_mongodb_live
  else
    swap_mongodb_beside
  fi
}

swap_mongodb_beside() {
  local live new status
  IFS=$'\t' read -r live new <"${WORK_DIR}/swaps.mongodb"
  dress_directory status mongodb "${live}" "${new}"
  if ((status != 0)); then
    return 0
  fi
  record_members
  stop_mongodb status
  if ((status != 0)); then
    fail_component mongodb 'MongoDB could not be stopped; its data was left as it is'
    return 0
  fi
  swap_in mongodb "${live}" "${new}"
  start_mongodb status false
  if ((status == 0)); then
    check_data_is_served status
  fi
  if ((status != 0)); then
    return_old_mongodb
  else
    stop_other_members
  fi
}

return_old_mongodb() {
  local status enough
  fail_component mongodb 'MongoDB does not run on the restored data: the old data is being put back'
  stop_mongodb status
  if ((status != 0)); then
    die 1 'MongoDB could not be stopped'
  fi
  swap_back_all mongodb
  recall_members enough
  start_mongodb status "${enough}"
}

# What counts is the process, not what the stop command says: it may fail for a
# server that died before, and do nothing for one that was started by hand.
stop_mongodb() { # <variable: 0, or that it still runs>
  local process live
  printf -v "$1" '%s' 0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0 # a server elsewhere goes on running
  fi
  control "$1" 'stopping MongoDB' "${MONGODB_STOP[@]}"
  find_mongod process
  printf -v "$1" '%s' 0
  if [[ -n ${process} ]]; then
    live="$(mongodb_directory)"
    error "process ${process} still holds ${live}: stop it by hand"
    printf -v "$1" '%s' 1
  fi
}

# The mongod that holds the data directory, if one lives.
find_mongod() { # <variable>
  local lock="${MONGODB_DATA_DIR}/mongod.lock" name='' holder=''
  if [[ -s ${lock} ]]; then
    read -r holder <"${lock}" || :
    read -r name 2>/dev/null <"/proc/${holder}/comm" || :
    if [[ ${name} != mongod ]]; then
      holder=''
    fi
  fi
  printf -v "$1" '%s' "${holder}"
}

start_mongodb() { # <variable: 0, or that it does not serve> <whether it is enough that it answers as one member of several>
  printf -v "$1" '%s' 0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0
  fi
  control "$1" 'starting MongoDB' "${MONGODB_START[@]}"
  if ((${!1} == 0)); then
    wait_for_primary "$1" "$2"
  fi
}

# The server answers on its own address, as a primary, or as a member where others are
# needed for one; asking that takes no login. On a busy host that may take minutes, and the data is no worse for it.
wait_for_primary() { # <variable that becomes 1 where it does not> <whether a member is enough>
  local detail
  info 'waiting until MongoDB is primary, for up to five minutes'
  write_mongodb_uri
  ask_mongodb primary "member=${THIS_MEMBER}" "enough=$2"
  detail="$(jq --raw-output 'if .primary then "" else .detail end' "${WORK_DIR}/primary.json")"
  if [[ -n ${detail} ]]; then
    error "MongoDB started, but does not become primary: ${detail}"
    printf -v "$1" '%s' 1
  fi
}

# A server that keeps its data elsewhere would be a primary too, on the old data.
check_data_is_served() { # <variable that becomes 1 where it is not>
  local process live
  find_mongod process
  live="$(mongodb_directory)"
  if [[ -z ${process} && -s ${live}/mongod.lock ]]; then
    return 0 # in a container the number means nothing here
  elif [[ -z ${process} ]]; then
    error "the MongoDB that answers does not keep its data in ${live}: correct mongodb.dataDirectory in the profile"
    printf -v "$1" '%s' 1
  fi
}

plan_mongodb() {
  local live
  if [[ ${MONGODB_FORM} == live ]]; then
    plan_mongodb_live
  elif [[ -n ${OPTION[collection]} ]]; then
    plan_collection
  elif [[ -z ${OPTION[into]} ]]; then
    live="$(mongodb_directory)"
    info "plan:   builds a data directory beside ${live}, stops MongoDB for the swap (${MONGODB_STOP[*]:-no command}) and starts it again (${MONGODB_START[*]:-no command})"
    plan_beside mongodb "${live}"
    plan_members
  fi
}
# d8fee52d62c08c58 backup/components/mongodb/restore.sh
