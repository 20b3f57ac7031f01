# A step: leaves what capture_files leaves.
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

# Whether the configuration, or a certificate, is another one than that of the last set. Its
# fingerprint stays in the work directory.
look_for_changes() { # <variable>
  local fingerprint before='' set=''
  fingerprint="$(fingerprint_config "${CONFIG_PATHS[@]}" "${CONFIG_OPTIONAL_PATHS[@]}" "${SSL_PATHS[@]:-}")"
  if [[ -f ${STORE}/.state/config.fingerprint ]]; then
    read -r before _ set <"${STORE}/.state/config.fingerprint" || : # one that is empty is not known
  fi
  printf '%s\n' "${fingerprint}" >"${WORK_DIR}/fingerprint"
  printf -v "$1" '%s' true
  # The set may have been moved away since, as after a clock that was ahead.
  if [[ ${fingerprint%% *} == "${before}" && -n ${set} && -d ${STORE}/${set} ]]; then
    printf -v "$1" '%s' false
  fi
}

keep_fingerprint() {
  keep_note config.fingerprint "$(<"${WORK_DIR}/fingerprint") ${SET_ID}"
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
# 01bc293f0af02e12 backup/components/files/capture-config.sh
