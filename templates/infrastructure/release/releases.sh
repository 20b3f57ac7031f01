# --- The releases ---------------------------------------------------------------

BUILDS=() # the releases that are here, the newest first
MENDED='' # what of the release that is there had been changed

need_root() {
  local way='' place="${RELEASES}"
  if ((EUID != 0)); then
    die 3 "${RELEASES} is root's: run this with sudo; nothing was touched"
  fi
  while [[ ! -e ${place} && ! -L ${place} ]]; do
    place="${place%/*}"
  done
  find_way_in way "${place}"
  if [[ -z ${way} ]]; then
    place="$(realpath -- "${place}")"
    find_way_in way "${place}"
  fi
  if [[ -n ${way} ]]; then
    die 3 "others than root may change ${way}, and with it what root runs: 'chown root: ${way} && chmod go-w ${way}' takes that from them; nothing was touched"
  fi
}

# Leaves in CURRENT which release runs.
read_current() {
  CURRENT=''
  if [[ -L ${RELEASES}/current ]]; then
    CURRENT="$(readlink -- "${RELEASES}/current")"
  fi
  if [[ (-e ${RELEASES}/current && -z ${CURRENT}) || (-n ${CURRENT} && ! ${CURRENT} =~ ^[0-9a-f]{12}$) ]]; then
    die 3 "${RELEASES}/current is no link to a release: look what it is, and move it away; nothing was touched"
  fi
}

lock_releases() {
  local directory
  exec {directory}<"${RELEASES}"
  try_lock "${directory}" --nonblock
  if [[ ${LOCK_HELD} == false ]]; then
    die 4 "another install.sh is at work in ${RELEASES}: wait until it has ended; nothing was done"
  fi
}

list_builds() {
  mapfile -t BUILDS < <(find "${RELEASES}/" -mindepth 1 -maxdepth 1 -type d -regextype posix-extended -regex '.*/[0-9a-f]{12}' -printf '%T@ %f\n' \
    | sort --reverse --numeric-sort | cut --delimiter=' ' --fields=2 || :)
}

# Leaves in the named variable the release that ran before one; nothing, where it is gone.
find_before() { # <variable> <build>
  local before=''
  if [[ -L ${RELEASES}/$2.before ]]; then
    before="$(readlink -- "${RELEASES}/$2.before")"
  fi
  if [[ ! ${before} =~ ^[0-9a-f]{12}$ || ! -d ${RELEASES}/${before} ]]; then
    before=''
  fi
  printf -v "$1" '%s' "${before}"
}

# A link that is there under its name, or not at all.
link_to() { # <build> <name of the link>
  ln --symbolic --force --no-dereference -- "$1" "${RELEASES}/$2.new"
  mv --no-target-directory -- "${RELEASES}/$2.new" "${RELEASES}/$2"
}

sweep() {
  rm --recursive --force -- "${RELEASES:?}"/*.partial "${RELEASES:?}"/*.new
}

# Those that ran last stay; then the newest.
remove_old() {
  local build="${CURRENT}"
  local -a kept=()
  while [[ -n ${build} && " ${kept[*]} " != *" ${build} "* ]]; do
    kept+=("${build}")
    find_before build "${build}"
  done
  list_builds
  for build in "${BUILDS[@]}"; do
    if [[ " ${kept[*]} " != *" ${build} "* ]]; then
      kept+=("${build}")
    fi
  done
  for build in "${kept[@]:3}"; do
    mv --no-target-directory -- "${RELEASES}/${build}" "${RELEASES}/${build}.partial"
    rm --recursive --force -- "${RELEASES:?}/${build:?}.partial"
    rm --force -- "${RELEASES:?}/${build:?}.before"
    info "removed ${build}, which is older than the last three"
  done
}

# The scripts of staging on the server of production would be a silent end of its backups.
refuse_other_environment() { # <copy>
  local here='' there=''
  if [[ -n ${CURRENT} ]]; then
    find_environment here "${RELEASES}/${CURRENT}"
    find_environment there "$1"
  fi
  if [[ ${here} != "${there}" && ${YES} == false ]]; then
    die 3 "the scripts that run here are of the environment '${here}', and this folder is of '${there}': look whether it is the right one, and add --yes if it is; nothing was touched"
  fi
}

# Leaves in the named variable the environment that stands in the header of the scripts.
find_environment() { # <variable> <directory>
  local line
  printf -v "$1" '%s' ''
  while IFS= read -r line && [[ ${line} == '#'* ]]; do
    if [[ ${line} =~ ^'# For '.*', environment '([a-z0-9-]+)'.'$ ]]; then
      printf -v "$1" '%s' "${BASH_REMATCH[1]}"
    fi
  done <"$2/infrastructure/backup/backup.sh"
}

# The copy becomes the release by one rename. A release of this build that is there already
# stays, and what of it is not as it was is put back file by file, for it may be running.
keep_copy() { # <copy> <release>
  sync --file-system -- "$1"
  if [[ ! -e $2 && ! -L $2 ]]; then
    chmod 755 -- "$1"
    mv --no-target-directory -- "$1" "$2"
    return 0
  fi
  judge_tree "$2" "${BUILD}" 0
  if ((${#WRONG[@]} > 0)); then
    some_of MENDED "${WRONG[@]}"
    warn "build ${BUILD} was changed after it was installed, and is put back: ${MENDED}"
    mend_release "$1" "$2"
  fi
  sweep
}

mend_release() { # <copy> <release>
  local name words
  read_members "$1"
  find "$2" -type d -exec chown root: {} + -exec chmod 755 {} +
  for name in "${MEMBERS[@]}" SHA256SUMS; do
    (umask 022 && mkdir --parents -- "$2/${name%"${name##*/}"}")
    mv --no-target-directory -- "$1/${name}" "$2/${name}"
  done
  sync --file-system -- "$2"
  judge_tree "$2" "${BUILD}" 0
  if ((${#WRONG[@]} > 0)); then
    some_of words "${WRONG[@]}"
    die 6 "in $2 is what does not belong there: ${words}; move it away, and run this again"
  fi
}

# What runs is the one build or the other, at any moment.
run_build() {
  if [[ -n ${CURRENT} ]]; then
    link_to "${CURRENT}" "${BUILD}.before"
  fi
  link_to "${BUILD}" current
  sync --file-system -- "${RELEASES}"
  CURRENT="${BUILD}"
}

# A schedule that was installed before may still name another script.
tell_schedule() {
  local file place
  for file in "${RELEASES}"/current/infrastructure/{cron,systemd}/*; do
    case "${file}" in
      */cron/*) place="/etc/cron.d/${file##*/}" ;;
      *) place="/etc/systemd/system/${file##*/}" ;;
    esac
    if [[ -f ${file} && ! -e ${place} ]]; then
      info "nothing starts the backups yet: ${file} belongs to ${place}"
      return 0
    elif [[ -f ${file} ]] && ! cmp --quiet -- "${file}" "${place}"; then
      warn "${place} is not the one of this release: install ${file} there"
      return 0
    fi
  done
}
