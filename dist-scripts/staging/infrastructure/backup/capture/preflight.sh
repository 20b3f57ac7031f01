# --- Preflight: nothing is written before all of this holds --------------------

# State of the run: preflight_type adds up what the components need, preflight_space reads
# it; VERSIONS is for the manifest.
NEEDED_BYTES=0
declare -A VERSIONS=() # program, as the manifest calls it: what it says of itself

add_needed_bytes() { # <bytes> <how they were measured>
  if [[ ! $1 =~ ^[0-9]{1,17}$ ]]; then
    problem "how much space is needed is not known: $2 said '$1' where a number of bytes was expected; look why"
    return 0
  fi
  NEEDED_BYTES=$((NEEDED_BYTES + $1))
}

preflight_tools() {
  local tar version
  need_tools tar=tar zstd=zstd jq=jq openssl=openssl flock=util-linux \
    timeout=coreutils df=coreutils
  stop_at_problems
  tar="$("${QUICK[@]}" tar --version 2>&1 || :)"
  tar="${tar%%$'\n'*}"
  if [[ ${tar} != *'GNU tar'* ]]; then
    problem "tar is not GNU tar ('${tar}'): install GNU tar"
  fi
  VERSIONS["tar"]="${tar##* }"
  version="$("${QUICK[@]}" jq --version 2>&1 || :)"
  if [[ ${version} == jq-1.[0-5] || ${version} == jq-1.[0-5].* ]]; then
    problem "${version} is too old: install jq 1.6 or newer"
  fi
  stop_at_problems
}

preflight_backup_dir() {
  local place="${STORE}"
  preflight_mounts
  while [[ ! -e ${place} ]]; do
    place="${place%/*}"
    place="${place:-/}"
  done
  if [[ -L ${BACKUP_DIR} ]]; then
    problem "${BACKUP_DIR} is a symlink: backup.directory must be the directory itself"
  elif [[ ! -d ${place} ]]; then
    problem "${place} is not a directory: backup.directory must be one"
  elif [[ ! -w ${place} ]]; then
    problem "cannot write to ${place}: run as ${APP_USER} or root, or check that the file system is not mounted read-only"
  elif [[ -d ${STORE} ]] && ((EUID != 0)) && [[ ! -O ${STORE} ]]; then
    problem "${BACKUP_DIR} belongs to another user: run as its owner or as root"
  fi
}

# Where the backup disk is not mounted its directory is one of the system's disk:
# sets would fill that, and vanish beneath the mount. Without findmnt nothing is known.
preflight_mounts() {
  local target options inside
  while read -r target options; do
    printf -v target '%b' "${target}" # findmnt writes a space as \x20
    target="$(realpath --canonicalize-missing -- "${target}")"
    look_inside inside "${BACKUP_DIR}" "${target%/}"
    if [[ ${inside} == true && ,${options}, != *,noauto,* ]] && ! mountpoint --quiet -- "${target}"; then
      problem "${target}, where ${BACKUP_DIR} lies, stands in /etc/fstab and is not mounted: run 'mount ${target}', or take it out of /etc/fstab"
    fi
  done < <("${QUICK[@]}" findmnt --fstab --noheadings --raw --output TARGET,OPTIONS 2>/dev/null || :)
}

preflight_readable() { # <path...>
  local path user target inside
  for path in "$@"; do
    if [[ -L ${path} ]]; then
      target="$(realpath --canonicalize-missing -- "${path}")"
      problem "${path} is a symbolic link, and only the link would be stored: write its target ${target} into the profile"
    elif [[ ! -e ${path} ]]; then
      problem "${path} does not exist: create it, or correct the path in the profile"
    elif [[ ! -r ${path} ]]; then
      user="$(id --user --name)"
      problem "cannot read ${path} as user ${user}: run with sudo"
    fi
    look_inside inside "${BACKUP_DIR}" "${path}"
    if [[ ${inside} == true ]]; then
      problem "the backups lie in ${BACKUP_DIR}, inside ${path}, and each set would hold the sets before it: move them out, and correct backup.directory in the profile"
    fi
  done
}

# A file that the user of this run may not read would end the run in its middle.
preflight_tree() { # <path...>
  local found user
  preflight_readable "$@"
  if ((EUID == 0)); then
    return 0
  fi
  found="$("${BOUNDED[@]}" find "$@" \( -type d ! -executable -o \( -type f -o -type d \) ! -readable \) -prune -printf '%p\n' 2>/dev/null | head --lines=5 || :)"
  if [[ -n ${found} ]]; then
    user="$(id --user --name)"
    problem "cannot read ${found//$'\n'/, } as user ${user}: run with sudo"
  fi
}

# A tree is measured by what it takes on disk; compressed it takes less.
need_room_for() { # <path...>
  local line
  line="$("${BOUNDED[@]}" du --summarize --total --block-size=1 -- "$@" 2>/dev/null | tail --lines=1 || :)"
  line="${line%%[[:space:]]*}"
  add_needed_bytes "${line}" "du of $*"
}

preflight_space() {
  local free wanted free_words needed_words reserve_words
  free="$(free_bytes "${STORE}")"
  wanted=$((NEEDED_BYTES + MINIMUM_FREE_BYTES))
  if ((free < wanted)); then
    human free_words "${free}"
    human needed_words "${NEEDED_BYTES}"
    human reserve_words "${MINIMUM_FREE_BYTES}"
    problem "too little space in ${BACKUP_DIR}: ${free_words} are free, about ${needed_words} are needed and ${reserve_words} must stay free: remove old sets, or enlarge the disk"
  fi
}
# 6ec8af45ed02692b backup/capture/preflight.sh
