# --- How a restore ends: what is restored, what is not, the way back ----------------

FAILED=() # components that were put back, or do not answer

readonly CALLED_FROM="${PWD}" # where the shell of the caller stands

fail_component() { # <component> <what happened>
  error "$1: $2"
  FAILED+=("$1")
}

finish() { # <what was done>
  if ((${#FAILED[@]} > 0)) && [[ ${ACTION} == restore ]]; then
    tell_partly_restored
    end_with 1
  elif ((${#FAILED[@]} > 0)); then
    die 1 "not everything is well: ${FAILED[*]}; see the errors above (${SECONDS} s)"
  fi
  if [[ -n ${OPTION[from]} ]]; then
    drop_fetched
  fi
  summary "$1 (${SECONDS} s)"
}

# All is in place, and somebody did not want to wait for the application.
end_unconfirmed() { # <what is not known>
  error "$1"
  if ((${#FAILED[@]} == 0)); then
    error "restored ${WANTED[*]} from ${SET_ID:-${MOMENT[words]}}, not confirmed: 'restore.sh --undo' brings back what was there"
    end_with_signal "${HELD_SIGNAL}"
  fi
}

# The last words of a restore that is whole in parts.
tell_partly_restored() {
  local component restored='' others=''
  error "not everything is well: ${FAILED[*]}; see the errors above (${SECONDS} s)"
  for component in "${WANTED[@]}"; do
    if [[ -v IN_PLACE[${component}] || (${component} == mongodb && ${MONGODB_FORM:-} == live) ]]; then
      restored+=" ${component}"
    else
      others+=" ${component}"
    fi
  done
  error "restored from ${SET_ID:-${MOMENT[words]}}:${restored:- nothing}"
  error "not restored, and as before:${others:- nothing}"
  if [[ -n ${restored} ]]; then
    error "the way back: 'restore.sh --undo' brings back what was there before"
  else
    error 'the way back: none is needed, nothing was replaced'
  fi
}

# That shell is still in what was there before, and so is the script that it finds there.
tell_old_directory() {
  local path
  while IFS= read -r path; do
    if [[ ${#PATTERNS[@]} == 0 && -n ${path} && ${CALLED_FROM}/ == "${path}"/* ]]; then
      warn "this shell stands in a directory that was replaced: 'cd ${CALLED_FROM}' leads to the new one"
    fi
  done <<<"${PATHS_OF[app]:-}"
}
# 340b2e0f186230a9 backup/swap/ending.sh
