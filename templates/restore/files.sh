# needs: restore/swap restore/select-set restore/unseal
# --- Files: application, configuration, certificates ----------------------------

declare -A PATHS_OF=() # component: its paths, each on a line

read_paths() {
  local component
  for component in "${WANTED[@]}"; do
    if [[ ${component} != mongodb && ${component} != redis ]]; then
      PATHS_OF[${component}]="$(of_component "${component}" '.details.paths[]')"
    fi
  done
}

# Where there was no configuration at all, the set says so: nothing is replaced.
leave_out_what_was_not_there() {
  local component
  local -a there=()
  read_paths
  for component in "${WANTED[@]}"; do
    if [[ ${component} != config || -n ${PATHS_OF[config]} ]]; then
      there+=("${component}")
    else
      info "${SET_OF[config]} holds no configuration, for there was none: nothing of it is replaced"
    fi
  done
  if ((${#there[@]} == 0)); then
    die 3 "there is nothing to restore: ${SET_OF[config]} holds no configuration, for there was none; nothing was touched"
  fi
  WANTED=("${there[@]}")
}

# Unpacks an archive of whole paths beside the first of them; what lies on
# another file system is copied beside its own place. Each line of the list of
# swaps says: this live path, that new one.
build_files() { # <component>
  local component="$1" path source staged stage
  local -a paths=()
  mapfile -t paths <<<"${PATHS_OF[${component}]}"
  stage_for "${paths[0]}"
  stage="${STAGE}/${component}"
  mkdir --parents "${stage}"
  for source in "${SOURCES[@]}"; do
    if [[ ${source} == */"${component}" ]]; then
      unpack_files "${source}" "${stage}"
    fi
  done
  for path in "${paths[@]}"; do
    staged="${stage}${path}"
    if [[ ! -e ${staged} && ! -L ${staged} ]]; then
      die 6 "${SET_OF[${component}]}: the archive of ${component} does not hold ${path}, although its manifest names it"
    fi
    stage_for "${path}"
    if [[ ${STAGE}/${component} != "${stage}" ]]; then
      mkdir --parents "${STAGE}/${component}${path%/*}"
      cp --archive --sparse=auto --no-target-directory -- "${staged}" "${STAGE}/${component}${path}"
      staged="${STAGE}/${component}${path}"
    fi
    printf '%s\t%s\n' "${path}" "${staged}" >>"${WORK_DIR}/swaps.${component}"
  done
}

# Levels are unpacked one over the other: tar brings what changed, and removes
# what each directory no longer held.
unpack_files() { # <set/component> <directory>
  unpack_to "$1" tar --extract --file=- --directory="$2" --preserve-permissions --delay-directory-restore \
    --acls --xattrs --xattrs-include='*' --listed-incremental=/dev/null
}

swap_files() { # <component>
  local component="$1" live new
  while IFS=$'\t' read -r live new; do
    swap_in "${component}" "${live}" "${new}"
  done <"${WORK_DIR}/swaps.${component}"
}

# What cannot be swapped is told before anything is built.
preflight_files() { # <component>
  local component="$1" path raw_bytes
  local -a paths=()
  mapfile -t paths <<<"${PATHS_OF[${component}]}"
  for path in "${paths[@]}"; do
    if [[ ! ${path} =~ ^(/[^/[:cntrl:]]+)+$ || ${path}/ == */./* || ${path}/ == */../* ]]; then
      refuse_set "${SET_OF[${component}]}: the manifest names a path that is not absolute and plain: ${path}"
    elif [[ -z ${INTO} ]]; then
      preflight_swap "${path}"
    fi
  done
  raw_bytes="$(raw_bytes_of "${component}")"
  need_space "${INTO:-${paths[0]:-/}}" "${raw_bytes}"
}

# Only what its owner may write can be renamed. A tree that holds the backups, or
# another file system, would carry them away with the undo.
preflight_swap() { # <path>
  local path="$1" parent="${1%/*}" user mounts backups data
  user="$(id --user --name)"
  backups="$(realpath --canonicalize-missing -- "${BACKUP_DIR}")"
  while [[ ! -d ${parent:-/} ]]; do
    parent="${parent%/*}"
  done
  if [[ ! -w ${parent:-/} ]]; then
    problem "cannot replace ${path}: ${parent:-/} is not writable for ${user}; run with sudo"
  fi
  if [[ " ${KNOWN_PATHS[*]} " != *" ${path} "* ]]; then
    problem "the set holds ${path}, which the profile of this script does not name: restore it with --into, or add it to the profile and generate again"
  fi
  if [[ ${backups}/ == "${path}"/* ]]; then
    problem "the backups lie in ${backups}, inside ${path}, and would be carried away: move them out first"
  fi
  for data in "${MONGODB_DATA_DIR:-}" "${REDIS_DATA_DIR:-}"; do
    if [[ -n ${data} && ${data}/ == "${path}"/* ]]; then
      problem "a database keeps its data in ${data}, inside ${path}, and it would be carried away: restore ${path} with --into"
    fi
  done
  mounts="$(findmnt --noheadings --list --output TARGET 2>/dev/null | PREFIX="${path}/" awk 'index($0, ENVIRON["PREFIX"]) == 1' | head --lines=3 || :)"
  if [[ -n ${mounts} ]]; then
    problem "other file systems are mounted inside ${path} (${mounts//$'\n'/, }) and would be carried away: unmount them first, or restore with --into"
  fi
}

plan_files() { # <component>
  info "plan:   replaces ${PATHS_OF[$1]//$'\n'/, }"
  if [[ $1 == app && -n ${APP_EXCLUDES[*]:-} ]]; then
    info "plan:   what the profile excludes is not in the set, and stays with the undo: ${APP_EXCLUDES[*]}"
  fi
}
