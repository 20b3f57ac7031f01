# needs: backup/capture-files
capture_config() {
  local path
  local -a present=("${CONFIG_PATHS[@]}")
  for path in "${CONFIG_OPTIONAL_PATHS[@]}"; do
    if [[ -e ${path} || -L ${path} ]]; then
      present+=("${path}")
    else
      info "config: ${path} does not exist and is left out"
    fi
  done
  if ((${#present[@]} == 0)); then
    info 'config: there is no configuration to store; the set says so'
  fi
  capture_files config "${present[@]}"
}

CONFIG_FINGERPRINT=''
CONFIG_CHANGED=true

look_for_changes() {
  local before=''
  CONFIG_FINGERPRINT="$(fingerprint_config "${CONFIG_PATHS[@]}" "${CONFIG_OPTIONAL_PATHS[@]}" "${SSL_PATHS[@]:-}")"
  if [[ -f ${BACKUP_DIR}/.state/config.fingerprint ]]; then
    read -r before <"${BACKUP_DIR}/.state/config.fingerprint" || : # one that is empty is not known
  fi
  if [[ ${CONFIG_FINGERPRINT} == "${before}" ]]; then
    CONFIG_CHANGED=false
  fi
}

# Beside and by a rename, so that a full disk leaves none that is cut off.
keep_fingerprint() {
  local file="${BACKUP_DIR}/.state/config.fingerprint"
  printf '%s\n' "${CONFIG_FINGERPRINT}" >"${file}.new"
  own_by_app_user "${file}.new"
  mv --no-target-directory -- "${file}.new" "${file}"
}

# A look at every file, to find out whether --if-changed has anything to do.
fingerprint_config() {
  local path
  local -a members=()
  for path in "$@"; do
    if [[ -e ${path} || -L ${path} ]]; then
      members+=("${path#/}")
    fi
  done
  {
    "${BOUNDED[@]}" tar --sort=name --create --file=- --directory=/ --format=posix \
      --pax-option=delete=atime,delete=ctime -- "${members[@]}" 2>/dev/null || :
  } | "${BOUNDED_NEXT[@]}" openssl dgst -sha256 -r
}

preflight_config() {
  local path
  preflight_tree "${CONFIG_PATHS[@]}"
  for path in "${CONFIG_OPTIONAL_PATHS[@]}"; do
    if [[ -e ${path} ]]; then
      preflight_tree "${path}"
    fi
  done
}
