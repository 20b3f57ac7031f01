# --- Files: what is checked and told before anything is built ---------------------

preflight_files() { # <component>
  local component="$1" path bytes
  local -a paths=() units=()
  mapfile -t paths <<<"${PATHS_OF[${component}]}"
  for path in "${paths[@]}"; do
    if [[ -z ${OPTION[into]} && " ${KNOWN_PATHS[*]} " != *" ${path} "* ]]; then
      problem "the set holds ${path}, which the profile of this script does not name: restore it with --into, or add it to the profile and generate again"
    fi
  done
  mapfile -t units <<<"${UNITS_OF[${component}]}"
  if [[ -z ${OPTION[into]} ]]; then
    preflight_units "${component}" "${units[@]}"
  fi
  bytes="$(bytes_on_disk "${component}")"
  need_space "${OPTION[into]:-${paths[0]:-/}}" "${bytes}"
}

preflight_units() { # <component> <path...>
  local component="$1" path
  shift
  if ((${#PATTERNS[@]} > 0 && $# > 1000)); then
    problem "$# paths of ${component} match: name the directory that holds them, or give --into"
    return 0
  fi
  for path in "$@"; do
    preflight_swap "${path}"
  done
}

# Only what its owner may write can be renamed. A tree that holds the backups, or
# another file system, would carry them away with the undo.
preflight_swap() { # <path>
  local path="$1" parent user mounts data inside
  user="$(id --user --name)"
  find_swap_place parent "${path}"
  if [[ ! -w ${parent:-/} ]]; then
    problem "cannot replace ${path}: ${parent:-/} is not writable for ${user}; run with sudo, or look whether it is mounted read-only"
  fi
  look_inside inside "${BACKUP_DIR}" "${path}"
  if [[ ${inside} == true ]]; then
    problem "the backups lie in ${BACKUP_DIR}, inside ${path}, and would be carried away: move them out first"
  fi
  for data in ${MONGODB_DATA_DIR:+"${MONGODB_DATA_DIR}"} ${REDIS_DATA_DIR:+"${REDIS_DATA_DIR}"}; do
    look_inside inside "${data}" "${path}"
    if [[ ${inside} == true ]]; then
      problem "a database keeps its data in ${data}, inside ${path}, and it would be carried away: restore ${path} with --into"
    fi
  done
  mounts="$(mounts_inside "${path}")"
  if [[ -n ${mounts} ]]; then
    problem "other file systems are mounted inside ${path} (${mounts//$'\n'/, }) and would be carried away: unmount them first, or restore with --into"
  fi
  if ((${#PATTERNS[@]} > 0)); then
    preflight_way_to "${path}" "${parent}"
  fi
}

# The directory that is written to: the nearest above, or a mount point itself.
find_swap_place() { # <variable> <path>
  local place="${2%/*}"
  while [[ ! -d ${place:-/} ]]; do
    place="${place%/*}"
  done
  if [[ ! -L $2 ]] && mountpoint --quiet -- "$2" 2>/dev/null; then
    place="$2"
  fi
  printf -v "$1" '%s' "${place}"
}

# Prints the first three. The kernel names a mount point by where it is, not by the links
# that lead there, and with \040 for a blank.
mounts_inside() { # <path>
  local above target place
  local -a found=()
  above="$(realpath --canonicalize-missing -- "${1%/*}/")"
  place="${above%/}/${1##*/}"
  while read -r _ _ _ _ target _; do
    printf -v target '%b' "${target}"
    if [[ ${target} == "${place}"/* ]]; then
      found+=("${target}")
    fi
  done </proc/self/mountinfo
  printf '%s\n' "${found[@]:0:3}"
}

# A directory on the way that became a link leads to where nothing may be written.
preflight_way_to() { # <path> <the directory above it that is there>
  local resolved
  resolved="$(realpath --canonicalize-missing -- "$2")"
  if [[ ${resolved} != "$2" ]]; then
    problem "$2, above $1, leads through a symbolic link to ${resolved}: restore with --into, and put it into place by hand"
  fi
}

# What the component takes once it is built: a block at least for each path.
bytes_on_disk() { # <component>
  local listed bytes
  if [[ -v FIGURES[$1] ]]; then
    read -r listed bytes <<<"${FIGURES["$1"]}"
    printf '%s' $((bytes + 4096 * listed))
  else
    raw_bytes_of "$1"
  fi
}

# How far the result can be trusted.
plan_proof() { # <component>
  if [[ $1 == mongodb || $1 == redis ]]; then
    return 0
  elif [[ -v FIGURES[$1] ]]; then
    info "plan:   ${FIGURES["$1"]% *} paths by the listing of ${SET_OF[$1]}, with which the result is compared"
  else
    plan_older "$1"
  fi
}

plan_files() { # <component>
  local component="$1" path count=0
  local -a units=()
  mapfile -t units <<<"${UNITS_OF[${component}]}"
  for path in "${units[@]}"; do
    if ((++count <= 20)); then
      plan_unit "${path}"
    fi
  done
  if ((count > 20)); then
    info "plan:   and $((count - 20)) more"
  fi
  if [[ ${component} == app && ${#PATTERNS[@]} == 0 && -n ${APP_EXCLUDES[*]:-} ]]; then
    info "plan:   what the profile excludes is not in the set, and stays with the undo: ${APP_EXCLUDES[*]}"
  fi
}

plan_unit() { # <path>
  if [[ -e $1 || -L $1 ]]; then
    info "plan:   replaces $1"
  else
    info "plan:   puts back $1, which is not there"
  fi
}
# dcc57c925b598280 backup/components/files/plan.sh
