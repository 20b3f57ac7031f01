# --- The way back: what one run changed is put back ---------------------------------------------

# Nothing is touched before all of it is known to be as the run left it.
roll_back_run() { # <run>
  local line number=0 kind before after what
  local -a lines=()
  if [[ ! $1 =~ ^[0-9]{8}_[0-9]{6}-[a-z-]+$ || ! -f ${RUNS}/$1/changes ]]; then
    die 3 "there is no run '$1' that could be put back: --runs lists those that are kept; nothing was touched"
  fi
  mapfile -t lines <"${RUNS}/$1/changes"
  for line in "${lines[@]}"; do
    IFS=$'\t' read -r kind before after what <<<"${line}"
    check_undoable "${kind}" "${before}" "${after}" "${what}"
  done
  stop_at_problems
  for ((number = ${#lines[@]}; number > 0; number--)); do
    IFS=$'\t' read -r kind before after what <<<"${lines[number - 1]}"
    put_back_change "${RUNS}/$1/kept/${number}" "${kind}" "${before}" "${after}" "${what}"
  done
  if [[ -d ${SYSTEMD} ]]; then
    systemctl daemon-reload
  fi
  mv --no-target-directory -- "${RUNS}/$1" "${RUNS}/$1.rolled-back"
  summary "what $1 changed is put back: ${#lines[@]} changes"
}

# As before, as the run left it, or neither: then somebody else has changed it since.
check_undoable() { # <kind> <state before> <state after> <what>
  local state
  case "$1" in
    file | directory)
      state_of state "$4"
      if [[ ${state} != "$2" && ${state} != "$3" ]]; then
        problem "$4 was changed since: look what it is, and put it where you want it by hand"
      fi
      ;;
    unit | package | release | set) ;;
    *) problem "the list of changes holds '$1', which this script does not know: use the script that made that run" ;;
  esac
}

put_back_change() { # <what was kept> <kind> <state before> <state after> <what>
  local state
  case "$2" in
    file | directory)
      state_of state "$5"
      if [[ ${state} == "$4" && ${state} != "$3" ]]; then
        "put_back_$2" "$1" "$3" "$5"
      fi
      ;;
    unit) put_back_unit "$3" "$5" ;;
    package) info "the packages stay: $5" ;;
    release) info "the release stays: ${RELEASES}/current/infrastructure/install.sh --rollback goes back to the one before" ;;
    *) info "stays: $5" ;;
  esac
}

put_back_file() { # <what was kept> <state before> <path>
  local new
  if [[ $2 == - ]]; then
    rm --force -- "${3:?}"
  else
    name_beside new "$3"
    cp --preserve=all --no-dereference --no-target-directory -- "$1" "${new}"
    mv --no-target-directory -- "${new}" "$3"
  fi
  info "put back: $3"
}

put_back_directory() { # <nothing> <state before> <path>
  local mode owner group
  if [[ $2 == - ]]; then
    rmdir -- "$3" 2>/dev/null || info "$3 is not empty, and stays"
    return 0
  fi
  read -r _ mode owner group <<<"$2"
  chown "${owner}:${group}" -- "$3"
  chmod "${mode}" -- "$3"
  info "put back: owner and mode of $3"
}

put_back_unit() { # <state before: on or off> <unit>
  if [[ $1 == on ]]; then
    systemctl enable --now --quiet -- "$2"
  else
    systemctl disable --now --quiet -- "$2"
  fi
  info "put back: $2 is $1"
}

print_runs() {
  local path count none=true
  if ((EUID != 0)); then
    die 3 "${RUNS} is root's: run this with sudo"
  fi
  for path in "${RUNS}"/*/; do
    if [[ -f ${path}changes ]]; then
      none=false
      path="${path%/}"
      count="$(wc --lines <"${path}/changes")"
      printf '%s  %s changes\n' "${path##*/}" "${count}"
    fi
  done
  if [[ ${none} == true ]]; then
    info "no run is kept in ${RUNS}"
  fi
}
# aefc73d9650d9249 lib/rollback.sh
