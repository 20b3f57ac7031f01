# needs: lib/guards restore/select-set
# --- The plan, and the consent to it ---------------------------------------------

declare -A SPACE_NEEDED=() SPACE_PATH=()

# Adds up what is needed on each file system.
need_space() { # <path> <bytes>
  local path="$1" bytes="$2" device
  while [[ ! -e ${path} ]]; do
    path="${path%/*}"
    path="${path:-/}"
  done
  device="$(stat --format='%d' -- "${path}")"
  SPACE_NEEDED[${device}]=$((${SPACE_NEEDED[${device}]:-0} + bytes))
  SPACE_PATH[${device}]="${path}"
}

check_space() {
  local device free free_words needed_words
  for device in "${!SPACE_NEEDED[@]}"; do
    free="$(free_bytes "${SPACE_PATH[${device}]}")"
    if ((free < SPACE_NEEDED[${device}])); then
      human free_words "${free}"
      human needed_words "${SPACE_NEEDED[${device}]}"
      problem "too little space on the file system of ${SPACE_PATH[${device}]}: ${free_words} are free, ${needed_words} are needed to build beside what is there: make room, or restore fewer components at a time"
    fi
  done
}

print_plan() {
  local component bytes device free_words needed_words source read=''
  for source in "${SOURCES[@]}"; do
    if [[ ${source} != *.files ]]; then
      read+=" ${source}"
    fi
  done
  info "plan: back to ${POINT}"
  info "plan: reads${read}"
  for component in "${WANTED[@]}"; do
    if [[ ${component} == mongodb ]]; then
      bytes="$(raw_bytes_of mongodb oplog bridge)"
    elif [[ ${component} == redis ]]; then
      bytes="$(raw_bytes_of redis)"
    else
      bytes="$(bytes_on_disk "${component}")"
    fi
    human needed_words "${bytes}"
    info "plan: ${component}, ${needed_words} unpacked"
    plan_proof "${component}"
    if [[ -n ${INTO} ]]; then
      info "plan:   builds it in ${INTO}; replaces nothing and stops nothing"
    else
      plan_component "${component}"
    fi
  done
  plan_services
  for device in "${!SPACE_NEEDED[@]}"; do
    human needed_words "${SPACE_NEEDED[${device}]}"
    free_words="$(free_bytes "${SPACE_PATH[${device}]}")"
    human free_words "${free_words}"
    info "plan: needs ${needed_words} of ${free_words} free on the file system of ${SPACE_PATH[${device}]}"
  done
}

# What is stopped, started or reloaded, beside the servers whose data is replaced.
plan_services() {
  if [[ -n ${INTO}${COLLECTION:-} ]]; then
    return 0
  fi
  if ((${#APP_STOP[@]} > 0)); then
    info "plan: stops the application meanwhile (${APP_STOP[*]}), and starts it again (${APP_START[*]})"
  fi
  if [[ -n ${NGINX_RELOAD[*]:-} && (" ${WANTED[*]} " == *' config '* || " ${WANTED[*]} " == *' ssl '*) ]]; then
    info "plan: tests the configuration of nginx (${NGINX_TEST[*]:-}) and reloads it (${NGINX_RELOAD[*]})"
  fi
}

# A person is asked; a script must have said --yes.
confirm() {
  local answer='' what="this replaces ${COLLECTION:-${WANTED[*]}}" word='restore'
  if ((${#PATTERNS[@]} > 0)); then
    what="this replaces what matches ${PATTERNS[*]} of ${WANTED[*]}"
  fi
  if [[ ${YES} == true || -n ${INTO} ]]; then
    return 0
  elif [[ ${ACTION} == undo ]]; then
    what="what stood before ${STAMP} comes back in place of ${WANTED[*]}; all that was written since is put aside"
    word='undo'
  elif [[ ${ACTION} == forget ]]; then
    what="this removes for good what was kept for --undo, ${FORGET_WORDS:-}"
    word='forget'
  elif [[ -n ${COLLECTION:-} && ${REPLACE:-} == false ]]; then
    what="${COLLECTION} comes back beside the original, which stays as it is"
  elif [[ ${MONGODB_FORM:-beside} == live && " ${WANTED[*]} " == *' mongodb '* ]]; then
    what="this drops and writes anew the collections of ${MONGODB_HOSTS:-}"
    word="${MONGODB_HOSTS:-}"
  fi
  if [[ ! -t 0 ]]; then
    error "on ${HOSTNAME}: ${what}; add --yes to say that it is meant; nothing was touched"
    exit 8
  fi
  printf 'On %s: %s. Type %s to go on: ' "${HOSTNAME}" "${what}" "${word}" >&2
  read -r answer || :
  if [[ ${answer} != "${word}" ]]; then
    error 'not confirmed; nothing was touched'
    exit 8
  fi
}
