# --- MongoDB: built beside by a private server, then swapped in ------------------

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/primary.js")

preflight_mongodb() {
  need_tools mongorestore=mongodb-database-tools mongosh=mongodb-mongosh mongod=mongodb-org-server
  check_database_tools mongorestore RESTORE_TOOLS
  preflight_mongod
  choose_mongodb_form
  if [[ ${MONGODB_FORM} == live ]]; then
    preflight_mongodb_live
  else
    preflight_mongodb_beside
  fi
}

RESTORE_TOOLS='' # the version of mongorestore

# Whatever is restored, and wherever it goes: a mongod here recovers it first.
preflight_mongod() {
  local installed
  if ! command -v mongod >/dev/null; then
    return 0 # need_tools has told
  fi
  installed="$("${QUICK[@]}" mongod --version | sed --quiet 's/^db version v//p')"
  check_mongodb_version "${installed}"
  check_tools_for_server "${RESTORE_TOOLS}" "${installed}"
}

preflight_mongodb_beside() {
  local parent user
  user="$(id --user --name)"
  parent="${MONGODB_LIVE_DIR%/*}"
  if [[ -z ${INTO}${COLLECTION} ]]; then
    if [[ ! -w ${parent:-/} ]]; then
      problem "cannot replace ${MONGODB_LIVE_DIR}: ${parent:-/} is not writable for ${user}: run with sudo"
    fi
    preflight_control "${MONGODB_STOP[@]}"
    preflight_members
    preflight_beside mongodb "${MONGODB_LIVE_DIR}"
    tell_mongodb_links
  fi
  need_recovery_space "${INTO:-${BACKUP_DIR}}" "${INTO:-${MONGODB_LIVE_DIR}}"
}

# The old data goes on being reached by its links, so nothing new may be written there.
tell_mongodb_links() {
  local names
  if ((${#MONGODB_LINKS[@]} > 0)); then
    printf -v names '%s, ' "${MONGODB_LINKS[@]//[[:cntrl:]]/?}"
    warn "in ${MONGODB_LIVE_DIR} these lead elsewhere, as to another disk: ${names%, }; what is restored lies in the directory itself. Move it and link it again if you want that, and after --forget remove what the links led to"
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

MONGODB_FORM='beside' # or live: into the running server
MONGODB_LIVE_DIR=''
MONGODB_HOSTS=''

# Data that lies on this host is built beside and swapped. A server elsewhere, in
# the profile or by a MONGODB_URI that leads away, is restored over its connection.
choose_mongodb_form() {
  local host usual
  MONGODB_FORM='beside'
  MONGODB_LIVE_DIR="$(realpath --canonicalize-missing -- "${MONGODB_DATA_DIR:-/nowhere}")"
  MONGODB_HOSTS="$(current_servers)"
  usual="$(hosts_of "${MONGODB_DEFAULT_URI}")"
  if [[ -n ${INTO} || -n ${COLLECTION} || (-n ${MONGODB_DATA_DIR} && ${MONGODB_HOSTS} == "${usual}") ]]; then
    return 0
  fi
  if [[ -z ${MONGODB_DATA_DIR} ]]; then
    MONGODB_FORM='live'
  fi
  for host in ${MONGODB_HOSTS//,/ }; do
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
  local stage data_dir dump
  stage_for stage "${STORE}/dump"
  dump="${stage}/dump"
  unpack_dump "${dump}"
  stage_for stage "${MONGODB_LIVE_DIR}"
  data_dir="${stage}/mongodb"
  of_component mongodb .details >"${WORK_DIR}/expected.json"
  recover_mongodb "${dump}" "${data_dir}" "${LIMIT}" "${SLICES[@]}"
  rm --recursive --force -- "${dump:?}"
  try_account
  stop_private_mongod
  end_private_mongod
  printf '%s\t%s\n' "${MONGODB_LIVE_DIR}" "${data_dir}" >"${WORK_DIR}/swaps.mongodb"
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
  dress_directory mongodb "${live}" "${new}"
  if ((CARRY_STATUS != 0)); then
    return 0
  fi
  record_members
  stop_mongodb status
  if ((status != 0)); then
    fail_component mongodb 'MongoDB could not be stopped; its data was left as it is'
    return 0
  fi
  swap_in mongodb "${live}" "${new}"
  start_mongodb status
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
  local status
  fail_component mongodb 'MongoDB does not run on the restored data: the old data is being put back'
  stop_mongodb status
  if ((status != 0)); then
    die 1 'MongoDB could not be stopped'
  fi
  swap_back_all mongodb
  recall_members
  start_mongodb status
}

# What counts is the process, not what the stop command says: it may fail for a
# server that died before, and do nothing for one that was started by hand.
stop_mongodb() { # <variable: 0, or that it still runs>
  printf -v "$1" '%s' 0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0 # a server elsewhere goes on running
  fi
  control "$1" 'stopping MongoDB' "${MONGODB_STOP[@]}"
  find_mongod
  printf -v "$1" '%s' 0
  if [[ -n ${MONGOD_PID} ]]; then
    error "process ${MONGOD_PID} still holds ${MONGODB_LIVE_DIR:-${MONGODB_DATA_DIR}}: stop it by hand"
    printf -v "$1" '%s' 1
  fi
}

MONGOD_PID=''

# The mongod that holds the data directory, if one lives.
find_mongod() {
  local lock="${MONGODB_LIVE_DIR:-${MONGODB_DATA_DIR}}/mongod.lock" name=''
  MONGOD_PID=''
  if [[ -s ${lock} ]]; then
    read -r MONGOD_PID <"${lock}" || :
    read -r name 2>/dev/null <"/proc/${MONGOD_PID}/comm" || :
    if [[ ${name} != mongod ]]; then
      MONGOD_PID=''
    fi
  fi
}

start_mongodb() { # <variable: 0, or that it does not serve>
  printf -v "$1" '%s' 0
  if grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    return 0
  fi
  control "$1" 'starting MongoDB' "${MONGODB_START[@]}"
  if ((${!1} == 0)); then
    wait_for_primary "$1"
  fi
}

# The server answers on its own address, as a primary, or as a member where others are
# needed for one; asking that takes no login. On a busy host that may take minutes, and the data is no worse for it.
wait_for_primary() { # <variable that becomes 1 where it does not>
  local detail
  info 'waiting until MongoDB is primary, for up to five minutes'
  write_mongodb_uri
  ask_mongodb primary "member=${THIS_MEMBER}" "enough=${MEMBER_IS_ENOUGH}"
  detail="$(jq --raw-output 'if .primary then "" else .detail end' "${WORK_DIR}/primary.json")"
  if [[ -n ${detail} ]]; then
    error "MongoDB started, but does not become primary: ${detail}"
    printf -v "$1" '%s' 1
  fi
}

# A server that keeps its data elsewhere would be a primary too, on the old data.
check_data_is_served() { # <variable that becomes 1 where it is not>
  find_mongod
  if [[ -z ${MONGOD_PID} && -s ${MONGODB_LIVE_DIR}/mongod.lock ]]; then
    return 0 # in a container the number means nothing here
  elif [[ -z ${MONGOD_PID} ]]; then
    error "the MongoDB that answers does not keep its data in ${MONGODB_LIVE_DIR}: correct mongodb.dataDirectory in the profile"
    printf -v "$1" '%s' 1
  fi
}

plan_mongodb() {
  if [[ ${MONGODB_FORM} == live ]]; then
    plan_mongodb_live
  elif [[ -n ${COLLECTION} ]]; then
    plan_collection
  elif [[ -z ${INTO} ]]; then
    info "plan:   builds a data directory beside ${MONGODB_LIVE_DIR}, stops MongoDB for the swap (${MONGODB_STOP[*]:-no command}) and starts it again (${MONGODB_START[*]:-no command})"
    plan_beside mongodb "${MONGODB_LIVE_DIR}"
    plan_members
  fi
}
