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
  if [[ -z ${device} ]]; then
    die 1 "stat does not say on which file system ${path} lies, so that its room is not known; nothing was touched"
  fi
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
  local component bytes words source read=''
  for source in "${SOURCES[@]}"; do
    if [[ ${source} != *.files ]]; then
      read+=" ${source}"
    fi
  done
  info "plan: back to ${SET_ID:-${MOMENT[words]}}"
  info "plan: reads${read}"
  for component in "${WANTED[@]}"; do
    unpacked_bytes bytes "${component}"
    human words "${bytes}"
    info "plan: ${component}, ${words} unpacked"
    plan_proof "${component}"
    if [[ -n ${INTO} ]]; then
      info "plan:   builds it in ${INTO}; replaces nothing and stops nothing"
    else
      plan_component "${component}"
    fi
  done
  plan_services
  plan_space
}

unpacked_bytes() { # <variable> <component>
  local found
  case "$2" in
    mongodb) found="$(raw_bytes_of mongodb oplog bridge)" ;;
    redis) found="$(raw_bytes_of redis)" ;;
    *) found="$(bytes_on_disk "$2")" ;;
  esac
  printf -v "$1" '%s' "${found}"
}

plan_space() {
  local device free_words needed_words
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
  if ((${#APP_STOP[@]} > 0 && ${#PATTERNS[@]} == 0)); then
    info "plan: stops the application meanwhile (${APP_STOP[*]}), and starts it again (${APP_START[*]})"
  fi
  if [[ -n ${NGINX_RELOAD[*]:-} && (" ${WANTED[*]} " == *' config '* || " ${WANTED[*]} " == *' ssl '*) ]]; then
    info "plan: tests the configuration of nginx (${NGINX_TEST[*]:-}) and reloads it (${NGINX_RELOAD[*]})"
  fi
}

CONSENT=''      # what is done, as the question says it
CONSENT_WORD='' # what is to be typed

word_consent() {
  CONSENT="this replaces ${COLLECTION:-${WANTED[*]}}"
  CONSENT_WORD='restore'
  if ((${#PATTERNS[@]} > 0)); then
    CONSENT="this replaces what matches ${PATTERNS[*]} of ${WANTED[*]}"
  elif [[ ${ACTION} == undo ]]; then
    CONSENT="what stood before ${STAMP} comes back in place of ${WANTED[*]}; all that was written since is put aside"
    CONSENT_WORD='undo'
  elif [[ ${ACTION} == forget ]]; then
    CONSENT="this removes for good what was kept for --undo, ${FORGET_WORDS:-}"
    CONSENT_WORD='forget'
  elif [[ -n ${COLLECTION:-} && ${REPLACE:-} == false ]]; then
    CONSENT="${COLLECTION} comes back beside the original, which stays as it is"
  elif [[ ${MONGODB_FORM:-beside} == live && " ${WANTED[*]} " == *' mongodb '* ]]; then
    CONSENT="this drops and writes anew the collections of ${MONGODB_HOSTS:-}"
    CONSENT_WORD="${MONGODB_HOSTS:-}"
  fi
  plain CONSENT "${CONSENT}"
}

# A person is asked; a script must have said --yes.
confirm() {
  local answer=''
  if [[ ${YES} == true || -n ${INTO} ]]; then
    return 0
  fi
  word_consent
  if [[ ! -t 0 ]]; then
    error "on ${HOSTNAME}: ${CONSENT}; add --yes to say that it is meant; nothing was touched"
    exit 8
  fi
  printf 'On %s: %s. Type %s to go on: ' "${HOSTNAME}" "${CONSENT}" "${CONSENT_WORD}" >&2
  read -r answer || :
  if [[ ${answer} != "${CONSENT_WORD}" ]]; then
    error 'not confirmed; nothing was touched'
    exit 8
  fi
}
