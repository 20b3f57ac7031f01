# --- The first backup ------------------------------------------------------------------------

# A schedule that can only fail is none: so the dry run comes before it.
try_backup() {
  local status=0
  if [[ ${PLANNING} == true ]]; then
    return 0
  fi
  info 'checking what a backup needs: backup.sh --dry-run'
  "${RELEASES}/current/infrastructure/backup/backup.sh" --dry-run || status=$?
  if ((status != 0)); then
    die 1 "a backup cannot be made yet: see above; mend that (secrets belong into ${ENV_FILE}), and run this again. Nothing is scheduled"
  fi
}

# A set of another type may come first, by the schedule; by itself it brings nothing back.
find_full_set() { # <variable: true where there is one>
  local path
  printf -v "$1" '%s' false
  for path in "${BACKUP_DIR}"/[0-9]*_[0-9]*/manifest.json; do
    if [[ -e ${path} ]] && grep --quiet --fixed-strings '"type": "full"' -- "${path}"; then
      printf -v "$1" '%s' true
    fi
  done
}

# By the unit, where there is one: so it is proven in its sandbox, too.
ensure_first_backup() {
  local found
  find_full_set found
  if [[ ${found} == true ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan - "first full backup, of what is on this host now, in ${BACKUP_DIR}"
    return 0
  fi
  note_change set - - "the first full backup in ${BACKUP_DIR}"
  if [[ -d ${SOURCE}/infrastructure/systemd ]]; then
    systemctl start --wait -- "${APP_NAME}-backup-full.service" \
      || die 1 "the first full backup failed: 'journalctl -u ${APP_NAME}-backup-full' says why; the schedule is in place, and will try again"
  else
    "${RELEASES}/current/infrastructure/backup/backup.sh" --full \
      || die 1 'the first full backup failed: see above; the schedule is in place, and will try again'
  fi
}
