# --- Where everything is: the end of --help, and --show-settings -------------------------

show_help() {
  usage
  printf '\nSets:     %s\nLog:      %s\nSecrets:  %s\nSettings: %s/settings.sh; --show-settings prints them\n' \
    "${BACKUP_DIR}" "${LOG_FILE}" "${ENV_FILE}" "${INFRASTRUCTURE}"
  if [[ -v HAS[remotes] ]]; then
    print_remotes
  fi
  exit 0
}

# They hold no secret.
show_settings() {
  printf '%s\n' "$(<"${INFRASTRUCTURE}/settings.sh")"
}
# 06df84e0c19d98c5 backup/show.sh
