# --- The releases ---------------------------------------------------------------

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

# Which release runs; nothing, before the first.
read_current() { # <variable>
  local led_to=''
  if [[ -L ${RELEASES}/current ]]; then
    led_to="$(readlink -- "${RELEASES}/current")"
  fi
  if [[ (-e ${RELEASES}/current && -z ${led_to}) || (-n ${led_to} && ! ${led_to} =~ ^[0-9a-f]{12}$) ]]; then
    die 3 "${RELEASES}/current is no link to a release: look what it is, and move it away; nothing was touched"
  fi
  printf -v "$1" '%s' "${led_to}"
}

lock_releases() {
  local directory held
  exec {directory}<"${RELEASES}"
  try_lock held "${directory}" --nonblock
  if [[ ${held} == false ]]; then
    die 4 "another install.sh is at work in ${RELEASES}: wait until it has ended; nothing was done"
  fi
}

# The releases that are here, the newest first.
list_builds() { # <array>
  mapfile -t "$1" < <(find "${RELEASES}/" -mindepth 1 -maxdepth 1 -type d -regextype posix-extended -regex '.*/[0-9a-f]{12}' -printf '%T@ %f\n' \
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
  local build="${BUILD}"
  local -a kept=() builds=()
  while [[ -n ${build} && " ${kept[*]} " != *" ${build} "* ]]; do
    kept+=("${build}")
    find_before build "${build}"
  done
  list_builds builds
  for build in "${builds[@]}"; do
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
refuse_other_environment() { # <copy> <build that runs>
  local here='' there=''
  if [[ -n $2 ]]; then
    find_environment here "${RELEASES}/$2"
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
keep_copy() { # <variable for what had been changed> <copy> <release>
  local -a wrong=()
  sync --file-system -- "$2"
  if [[ ! -e $3 && ! -L $3 ]]; then
    chmod 755 -- "$2"
    mv --no-target-directory -- "$2" "$3"
    return 0
  fi
  judge_tree wrong "$3" "${BUILD}" 0
  if ((${#wrong[@]} > 0)); then
    some_of "$1" "${wrong[@]}"
    warn "build ${BUILD} was changed after it was installed, and is put back: ${!1}"
    mend_release "$2" "$3"
  fi
  sweep
}

mend_release() { # <copy> <release>
  local name words
  local -a wrong=()
  find "$2" -type d -exec chown root: {} + -exec chmod 755 {} +
  for name in "${MEMBERS[@]}" SHA256SUMS; do
    (umask 022 && mkdir --parents -- "$2/${name%"${name##*/}"}")
    mv --no-target-directory -- "$1/${name}" "$2/${name}"
  done
  sync --file-system -- "$2"
  judge_tree wrong "$2" "${BUILD}" 0
  if ((${#wrong[@]} > 0)); then
    some_of words "${wrong[@]}"
    die 6 "in $2 is what does not belong there: ${words}; move it away, and run this again"
  fi
}

# What runs is the one build or the other, at any moment.
run_build() { # <build that ran>
  if [[ -n $1 ]]; then
    link_to "$1" "${BUILD}.before"
  fi
  link_to "${BUILD}" current
  sync --file-system -- "${RELEASES}"
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
# b3aa9ee3061674fc release/releases.sh
