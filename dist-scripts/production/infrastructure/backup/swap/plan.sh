# --- The plan, and the consent to it ---------------------------------------------

SPACE_NEEDED=() # each as file system, bytes, path on it

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
  SPACE_NEEDED+=("${device} ${bytes} ${path}")
}

# Adds up what is needed on each file system.
sum_space() { # <map: file system to bytes> <map: file system to a path on it>
  local -n bytes_on="$1"
  local entry device bytes path
  for entry in "${SPACE_NEEDED[@]}"; do
    read -r device bytes path <<<"${entry}"
    bytes_on["${device}"]=$((${bytes_on["${device}"]:-0} + bytes))
    printf -v "$2[${device}]" '%s' "${path}"
  done
}

check_space() {
  local device free free_words needed_words
  local -A needed=() place_of=()
  sum_space needed place_of
  for device in "${!needed[@]}"; do
    free="$(free_bytes "${place_of["${device}"]}")"
    if ((free < needed["${device}"])); then
      human free_words "${free}"
      human needed_words "${needed["${device}"]}"
      problem "too little space on the file system of ${place_of["${device}"]}: ${free_words} are free, ${needed_words} are needed to build beside what is there: make room, or restore fewer components at a time"
    fi
  done
}

print_plan() {
  local component bytes all_bytes=0 words source read=''
  for source in "${SOURCES[@]}"; do
    if [[ ${source} != *.files ]]; then
      read+=" ${source}"
    fi
  done
  info "plan: back to ${SET_ID:-${MOMENT[words]}}"
  info "plan: reads${read}"
  for component in "${WANTED[@]}"; do
    unpacked_bytes bytes "${component}"
    all_bytes=$((all_bytes + bytes))
    human words "${bytes}"
    info "plan: ${component}, ${words} unpacked"
    plan_proof "${component}"
    if [[ -n ${OPTION[into]} ]]; then
      info "plan:   builds it in ${OPTION[into]}; replaces nothing and stops nothing"
    else
      plan_component "${component}"
    fi
  done
  note bytes "${all_bytes}"
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
  local -A needed=() place_of=()
  sum_space needed place_of
  for device in "${!needed[@]}"; do
    human needed_words "${needed["${device}"]}"
    free_words="$(free_bytes "${place_of["${device}"]}")"
    human free_words "${free_words}"
    info "plan: needs ${needed_words} of ${free_words} free on the file system of ${place_of["${device}"]}"
  done
}

# What is stopped, started or reloaded, beside the servers whose data is replaced.
plan_services() {
  if [[ -n ${OPTION[into]}${OPTION[collection]:-} ]]; then
    return 0
  fi
  if ((${#APP_STOP[@]} > 0 && ${#PATTERNS[@]} == 0)); then
    info "plan: stops the application meanwhile (${APP_STOP[*]}), and starts it again (${APP_START[*]})"
  fi
  if [[ -n ${NGINX_RELOAD[*]:-} && (" ${WANTED[*]} " == *' config '* || " ${WANTED[*]} " == *' ssl '*) ]]; then
    info "plan: tests the configuration of nginx (${NGINX_TEST[*]:-}) and reloads it (${NGINX_RELOAD[*]})"
  fi
}

word_consent() { # <variable for the question> <variable for what is to be typed>
  local servers
  printf -v "$1" '%s' "this replaces ${OPTION[collection]:-${WANTED[*]}}"
  printf -v "$2" '%s' restore
  if ((${#PATTERNS[@]} > 0)); then
    printf -v "$1" '%s' "this replaces what matches ${PATTERNS[*]} of ${WANTED[*]}"
  elif [[ -n ${OPTION[collection]:-} && ${OPTION[replace]:-} == false ]]; then
    printf -v "$1" '%s' "${OPTION[collection]} comes back beside the original, which stays as it is"
  elif [[ ${MONGODB_FORM:-beside} == live && " ${WANTED[*]} " == *' mongodb '* ]]; then
    servers="$(current_servers)"
    printf -v "$1" '%s' "this drops and writes anew the collections of ${servers}"
    printf -v "$2" '%s' "${servers}"
  fi
}

confirm_restore() {
  local asked wanted
  word_consent asked wanted
  confirm "${asked}" "${wanted}"
}

# A person is asked; a script must have said --yes, where that is enough.
confirm() { # <what is done, as the question says it> <what is to be typed> [true: --yes is not enough]
  local question answer='' way='add --yes to say that it is meant'
  if [[ ${OPTION[yes]} == true && ${3:-} != true ]] || [[ -n ${OPTION[into]} ]]; then
    return 0
  elif [[ ${3:-} == true ]]; then
    way='run it where a person can be asked, for --yes is not enough'
  fi
  plain question "$1"
  if [[ ! -t 0 ]]; then
    error "on ${HOSTNAME}: ${question}; ${way}; nothing was touched"
    end_with 8
  fi
  printf 'On %s: %s. Type %s to go on: ' "${HOSTNAME}" "${question}" "$2" >&2
  read -r answer || :
  if [[ ${answer} != "$2" ]]; then
    error 'not confirmed; nothing was touched'
    end_with 8
  fi
}
# 5658b97255943f73 backup/swap/plan.sh
