# --- Back to what was there, whatever goes wrong ------------------------------------

# What MongoDB was until now is no part of what it is from here on: a full set comes next.
# Files and keys are compared with the last set by what they are.
note_restored() {
  if [[ " ${WANTED[*]} " == *' mongodb '* ]]; then
    : >"${STORE}/.state/restored"
  fi
}

# What holds the data that is put back is stopped meanwhile. Whatever goes wrong,
# the services are started again; only what was put back whole counts as undone.
put_back() { # <variable for how that ended>
  local running ended
  local - # set +e ends with this function
  set +e
  if ((${#PATTERNS[@]} == 0)); then
    control_app ended 'stopping the application' "${APP_STOP[@]}"
  fi
  stop_servers running
  put_data_back ended "${running}"
  printf -v "$1" '%s' "${ended}"
  start_servers "${running}"
  note_restored
  if [[ -v HAS[nginx] ]]; then
    reload_old_nginx
  fi
  if ((${#PATTERNS[@]} == 0)); then
    start_app
  fi
}

put_data_back() { # <variable for how that ended> <server that still runs>
  if [[ -n $2 ]]; then
    error "$2 could not be stopped: nothing is put back below a server that runs"
    printf -v "$1" '%s' 1
    return 0
  fi
  (
    trap '' TERM INT HUP
    set -e
    swap_back_all
  )
  printf -v "$1" '%s' $?
}

# What was there may have been what nginx refuses: then it serves what it read before.
reload_old_nginx() {
  local status
  if [[ " ${WANTED[*]} " == *' config '* || " ${WANTED[*]} " == *' ssl '* ]]; then
    control status 'reloading nginx' "${NGINX_RELOAD[@]}"
    if ((status != 0)); then
      warn 'nginx could not be reloaded with what is back, and serves what it read before: test it with nginx -t'
    fi
  fi
}

# The server that could not be stopped, and whose data was replaced.
stop_servers() { # <variable>
  local status answers
  printf -v "$1" '%s' ''
  if [[ -v HAS[mongodb] && " ${WANTED[*]} " == *' mongodb '* ]]; then
    stop_mongodb status
    if ((status != 0)) && grep --quiet $'^mongodb\t' "${RECORD_DIR}/journal"; then
      printf -v "$1" '%s' MongoDB
    fi
  fi
  if [[ -v HAS[redis] && " ${WANTED[*]} " == *' redis '* ]]; then
    stop_redis answers
    if [[ ${answers} == true ]] && grep --quiet $'^redis\t' "${RECORD_DIR}/journal"; then
      printf -v "$1" '%s' Redis
    fi
  fi
  return 0 # also where neither is part of the set
}

start_servers() { # <server that still runs>
  local status answers=false enough
  if [[ -v HAS[redis] && " ${WANTED[*]} " == *' redis '* ]]; then
    if [[ $1 == Redis ]]; then
      answers=true
    fi
    start_redis answers
  fi
  if [[ -v HAS[mongodb] && " ${WANTED[*]} " == *' mongodb '* ]]; then
    recall_members enough
    start_mongodb status "${enough}"
    if ((status != 0)); then
      fail_component mongodb 'MongoDB does not run'
    fi
  fi
  return 0
}

# A restore that fails while it builds has changed nothing; one that fails while
# it swaps puts everything back.
end_record() {
  local state status
  if [[ ! -f ${RECORD_DIR}/status ]]; then
    return 0 # it was never begun
  fi
  read -r state <"${RECORD_DIR}/status"
  remove_staging "${RECORD_DIR}"
  if [[ ${state} == building ]]; then
    note_nothing_to_undo
    rm --recursive --force -- "${RECORD_DIR:?}"
  elif [[ ${state} == swapping ]]; then
    error 'putting back everything that was swapped so far'
    put_back status
    if ((status == 0)); then
      end_swapping undone
      error "nothing is restored: all that had been swapped is back in its place; remove the cause, and restore again"
    else
      error "not everything could be put back: remove the cause and run 'restore.sh --undo'; nothing else goes on until then"
    fi
  fi
}
# 68ebfc265ad2ad5a backup/swap/put-back.sh
