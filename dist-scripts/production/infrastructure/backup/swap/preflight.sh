# --- What a restore needs, before it touches anything -------------------------------

# What the settings name; only that is replaced.
readonly -a KNOWN_PATHS=("${APP_PATHS[@]}" "${CONFIG_PATHS[@]}" "${CONFIG_OPTIONAL_PATHS[@]}" "${SSL_PATHS[@]}")

check_tools() {
  need_tools tar=tar zstd=zstd jq=jq openssl=openssl flock=util-linux setpriv=util-linux \
    mountpoint=util-linux awk=mawk dd=coreutils timeout=coreutils curl=curl
  if ((${#SIGNERS[@]} > 0)); then
    need_tools ssh-keygen=openssh-client
  fi
  stop_at_problems
}

preflight_target() {
  local component
  for component in "${WANTED[@]}"; do
    preflight_component "${component}"
  done
  if [[ -n ${OPTION[collection]} ]]; then
    preflight_collection
  fi
  if [[ -n ${OPTION[into]} ]]; then
    preflight_into
    return 0
  fi
  if [[ -z ${OPTION[collection]} ]]; then
    preflight_app
    if [[ -v HAS[nginx] ]]; then
      preflight_nginx
    fi
  fi
  preflight_interrupted
}

preflight_into() {
  local place="${OPTION[into]}"
  while [[ ! -e ${place} ]]; do
    place="${place%/*}"
    place="${place:-/}"
  done
  if [[ ! -w ${place} ]]; then
    problem "cannot write to ${place}: give --into a directory of your own, or run with sudo"
  fi
  if [[ -e ${OPTION[into]} && ! -d ${OPTION[into]} ]]; then
    problem "${OPTION[into]} is not a directory: --into needs an empty or a new one"
  elif [[ -d ${OPTION[into]} ]] && find "${OPTION[into]}" -mindepth 1 -maxdepth 1 ! -name '.lifeboat-from-*' -printf 'x' -quit | grep --quiet x; then
    problem "${OPTION[into]} is not empty: --into needs an empty or a new directory"
  fi
}
# 1b5fe0aa4523ab8a backup/swap/preflight.sh
