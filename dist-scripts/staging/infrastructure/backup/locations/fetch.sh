# --- From a remote: manifests first, and of the files only what is needed ---------
#
# Sets are chosen by the manifests, with the same code as here. What is downloaded
# stays until the restore has ended well: a download that was cut off goes on.

FETCH_DIR=''

# Reads the manifests into the work directory; from here on SETS_DIR is there.
open_remote() {
  local place
  load_remotes
  check_rclone
  check_rclone_config "${OPTION[from]}"
  stop_at_problems
  place_at place "${OPTION[from]}" "${REMOTE["${OPTION[from]}.path"]}"
  SETS_PLACE="${place}"
  info "reading the manifests in ${SETS_PLACE}"
  run_step read_place "${OPTION[from]}" "${REMOTE["${OPTION[from]}.path"]}" "${WORK_DIR}/from" with-head
  read -r RCLONE_STATUS <"${WORK_DIR}/rclone.status"
  if ((RCLONE_STATUS != 0)); then
    quote_rclone "${OPTION[from]}"
    die 3 "remote ${OPTION[from]} cannot be read, or has no bucket ${REMOTE["${OPTION[from]}.bucket"]} (rclone ended with ${RCLONE_STATUS}): check its settings and secrets with 'rclone lsd'; nothing was touched"
  fi
  mkdir --parents "${WORK_DIR}/from"
  load_listing
  FILES_ARE_HERE=false
  SETS_DIR="${WORK_DIR}/from"
}

# Below the backup directory, or below --into where that cannot be written to.
choose_fetch_dir() {
  local place="${STORE}/.state"
  while [[ ! -e ${place} ]]; do
    place="${place%/*}"
    place="${place:-/}"
  done
  FETCH_DIR="${STORE}/.state/from-${OPTION[from]}"
  if [[ ! (-d ${place} && -w ${place}) && -n ${OPTION[into]} ]]; then
    FETCH_DIR="${OPTION[into]}/.lifeboat-from-${OPTION[from]}"
  elif [[ ! (-d ${place} && -w ${place}) ]]; then
    problem "cannot write to ${place}, where the download would go: run as ${APP_USER} or root, or give --into a directory of your own"
  fi
  if [[ -L ${FETCH_DIR} || -L ${FETCH_DIR}/lock || -L ${STORE} || -L ${STORE}/.state ]]; then
    die 3 "${FETCH_DIR} leads through a symbolic link, which may lead anywhere: remove it; nothing was touched"
  fi
}

# What the listing says costs nothing to check: each file there, with its size.
plan_fetch() {
  local source file bytes total=0 missing=0 words missing_words
  if [[ -z ${OPTION[from]} ]]; then
    return 0
  fi
  choose_fetch_dir
  while IFS=$'\t' read -r source file bytes _; do
    file="${source%/*}/${file}"
    if [[ ! ${bytes} =~ ^[0-9]+$ || ${REMOTE_FILE["${file}"]:-} != "${bytes}" ]]; then
      tell_damage "${source}" "is not whole in ${SETS_PLACE}: ${REMOTE_FILE["${file}"]:-no} bytes are there, its manifest says ${bytes}"
      continue
    fi
    total=$((total + bytes))
    if [[ ! -f ${FETCH_DIR}/${file} || $(stat --format=%s -- "${FETCH_DIR}/${file}" || :) != "${bytes}" ]]; then
      missing=$((missing + bytes))
    fi
  done <"${WORK_DIR}/expected"
  if [[ ${DAMAGED} == true ]]; then
    refuse_set 'what was asked for is not what its manifests say: choose another set, or another location'
  fi
  need_space "${FETCH_DIR}" "${missing}"
  human words "${total}"
  human missing_words "${missing}"
  info "plan: of ${words} at remote ${OPTION[from]}, ${missing_words} are to be downloaded"
}

fetch_sources() {
  if [[ -z ${OPTION[from]} ]]; then
    return 0
  fi
  if [[ ${FETCH_DIR} == "${STORE}"/* ]]; then
    prepare_state
    FETCH_DIR="${STORE}/.state/from-${OPTION[from]}"
  fi
  mkdir --parents "${FETCH_DIR}"
  lock_download
  cp --recursive --remove-destination -- "${SETS_DIR}/." "${FETCH_DIR}"
  PROGRESS_DIR="${FETCH_DIR}"
  info "downloading from remote ${OPTION[from]}"
  run_step download_files
  SETS_DIR="${FETCH_DIR}"
  FILES_ARE_HERE=true
  check_files
  check_keys
  if [[ ${ACTION} == restore ]]; then
    know_files
    preflight_chosen
  fi
}

# Which paths a pattern means is known only now.
preflight_chosen() {
  local component
  local -a units=()
  if ((${#PATTERNS[@]} > 0)) && [[ -z ${OPTION[into]} ]]; then
    for component in "${WANTED[@]}"; do
      mapfile -t units <<<"${UNITS_OF[${component}]}"
      preflight_units "${component}" "${units[@]}"
    done
    stop_at_problems
  fi
}

# A step: leaves the files in FETCH_DIR.
# Files that an earlier run brought whole are not fetched again. One that was cut
# off may have its full size: only its checksum tells.
download_files() {
  local source file bytes sha256 sum place
  : >"${WORK_DIR}/wanted"
  while IFS=$'\t' read -r source file bytes sha256 _; do
    file="${source%/*}/${file}"
    if [[ -f ${FETCH_DIR}/${file} ]]; then
      sum="$("${BOUNDED[@]}" openssl dgst -sha256 -r "${FETCH_DIR}/${file}")"
      if [[ ${sum%% *} == "${sha256}" ]]; then
        continue
      fi
      rm --force -- "${FETCH_DIR:?}/${file:?}"
    fi
    printf '%s\n' "${file}" >>"${WORK_DIR}/wanted"
  done <"${WORK_DIR}/expected"
  if [[ -s ${WORK_DIR}/wanted ]]; then
    place_at place "${OPTION[from]}" "${REMOTE["${OPTION[from]}.path"]}"
    run_rclone "${OPTION[from]}" copy --no-traverse --files-from-raw="${WORK_DIR}/wanted" "${place}" "${FETCH_DIR}"
    if ((RCLONE_STATUS != 0)) && grep --quiet 'corrupted on transfer' "${WORK_DIR}/rclone.log"; then
      quote_rclone "${OPTION[from]}"
      die 6 "what lies at remote ${OPTION[from]} is no longer what was uploaded (see above): choose another set, or another location; nothing was touched"
    elif ((RCLONE_STATUS != 0)); then
      quote_rclone "${OPTION[from]}"
      die 1 "the download from remote ${OPTION[from]} failed (rclone ended with ${RCLONE_STATUS}): run the same command again, it goes on with the file it was at; nothing that runs was touched"
    fi
  fi
}

lock_download() {
  local held
  exec 7>>"${FETCH_DIR}/lock"
  try_lock held 7 --nonblock
  if [[ ${held} == false ]]; then
    die 4 "another restore downloads from remote ${OPTION[from]}: wait until it has ended; nothing was done"
  fi
}

drop_fetched() {
  if [[ -n ${OPTION[from]} && ${FETCH_DIR} == */*from-"${OPTION[from]}" ]]; then
    rm --recursive --force -- "${FETCH_DIR:?}"
  fi
}
# 0dc9a4c26f02cdba backup/locations/fetch.sh
