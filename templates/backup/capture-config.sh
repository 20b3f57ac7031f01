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
  capture_files config "${present[@]}"
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
