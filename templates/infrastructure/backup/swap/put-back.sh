# --- Back to what was there, whatever goes wrong ------------------------------------

PUT_BACK_STATUS=0
STILL_RUNNING='' # the server that could not be stopped, and whose data was replaced

# What MongoDB was until now is no part of what it is from here on: a full set comes next.
# Files and keys are compared with the last set by what they are.
note_restored() {
  if [[ " ${WANTED[*]} " == *' mongodb '* ]]; then
    : >"${STORE}/.state/restored"
  fi
}

# What holds the data that is put back is stopped meanwhile. Whatever goes wrong,
# the services are started again; only what was put back whole counts as undone.
put_back() {
  local - # set +e ends with this function
  set +e
  if ((${#PATTERNS[@]} == 0)); then
    control_app 'stopping the application' "${APP_STOP[@]}"
  fi
  stop_servers
  if [[ -n ${STILL_RUNNING} ]]; then
    error "${STILL_RUNNING} could not be stopped: nothing is put back below a server that runs"
    PUT_BACK_STATUS=1
  else
    (
      trap '' TERM INT HUP
      set -e
      swap_back_all
    )
    PUT_BACK_STATUS=$?
  fi
  start_servers
  note_restored
  if [[ -v HAS[nginx] ]]; then
    reload_old_nginx
  fi
  if ((${#PATTERNS[@]} == 0)); then
    start_app
  fi
}

# What was there may have been what nginx refuses: then it serves what it read before.
reload_old_nginx() {
  if [[ " ${WANTED[*]} " == *' config '* || " ${WANTED[*]} " == *' ssl '* ]]; then
    control 'reloading nginx' "${NGINX_RELOAD[@]}"
    if ((CONTROL_STATUS != 0)); then
      warn 'nginx could not be reloaded with what is back, and serves what it read before: test it with nginx -t'
    fi
  fi
}

stop_servers() {
  local answers
  STILL_RUNNING=''
  if [[ -v HAS[mongodb] && " ${WANTED[*]} " == *' mongodb '* ]]; then
    stop_mongodb
    if ((CONTROL_STATUS != 0)) && grep --quiet $'^mongodb\t' "${RECORD_DIR}/journal"; then
      STILL_RUNNING='MongoDB'
    fi
  fi
  if [[ -v HAS[redis] && " ${WANTED[*]} " == *' redis '* ]]; then
    stop_redis answers
    if [[ ${answers} == true ]] && grep --quiet $'^redis\t' "${RECORD_DIR}/journal"; then
      STILL_RUNNING='Redis'
    fi
  fi
  return 0 # also where neither is part of the set
}

start_servers() {
  local answers=false enough
  if [[ -v HAS[redis] && " ${WANTED[*]} " == *' redis '* ]]; then
    if [[ ${STILL_RUNNING} == Redis ]]; then
      answers=true
    fi
    start_redis answers
  fi
  if [[ -v HAS[mongodb] && " ${WANTED[*]} " == *' mongodb '* ]]; then
    recall_members enough
    start_mongodb "${enough}"
    if ((CONTROL_STATUS != 0)); then
      fail_component mongodb 'MongoDB does not run'
    fi
  fi
  return 0
}

# A restore that fails while it builds has changed nothing; one that fails while
# it swaps puts everything back.
end_record() {
  local state
  read -r state <"${RECORD_DIR}/status"
  remove_staging "${RECORD_DIR}"
  if [[ ${state} == building ]]; then
    rm --recursive --force -- "${RECORD_DIR:?}"
  elif [[ ${state} == swapping ]]; then
    error 'putting back everything that was swapped so far'
    put_back
    if ((PUT_BACK_STATUS == 0)); then
      end_swapping undone
      error "nothing is restored: all that had been swapped is back in its place; remove the cause, and restore again"
    else
      error "not everything could be put back: remove the cause and run 'restore.sh --undo'; nothing else goes on until then"
    fi
  fi
}
