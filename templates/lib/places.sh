# --- Where everything is: the end of --help ----------------------------------------

show_places() {
  printf '\nSets:     %s\nLog:      %s\nSecrets:  %s\nSettings: at the head of this file; --show-settings prints them\n' \
    "${BACKUP_DIR}" "${LOG_FILE}" "${ENV_FILE}"
}
