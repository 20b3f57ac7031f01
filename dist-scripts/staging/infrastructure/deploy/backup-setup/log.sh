# --- The log: who may read it, and how long it is kept ------------------------------------------

# Who may read the directory of the log may read the log.
ensure_log_directory() {
  local group
  group="$(id --group --name -- "${APP_USER}")"
  ensure_directory "${LOG_FILE%/*}" root "${group}" 750
}

# logrotate writes as root, so only where nobody else can lead it astray.
ensure_rotation() {
  local way='' place="${LOG_FILE%/*}"
  if [[ ${LOG_FILE} == *[]*?[{}\"\\]* ]]; then
    info "${LOG_FILE} is not rotated: logrotate would take a character of its name for a pattern"
    return 0
  fi
  if [[ -e ${place} ]]; then
    find_way_in way "${place}"
  fi
  if [[ -n ${way} ]]; then
    info "${LOG_FILE} is not rotated: others than root may change ${way}"
    return 0
  fi
  print_rotation >"${WORK_DIR}/rotation"
  ensure_file "${WORK_DIR}/rotation" "/etc/logrotate.d/${APP_NAME}-backup" 644 check_rotation
}

# Each run opens the log by its name, and makes it anew; one that goes on over the rotation
# writes on in the old one, which is therefore compressed a month later.
print_rotation() {
  cat <<EOF
# Written by backup-setup.sh of ${APP_NAME} (${ENVIRONMENT}); --rollback takes it away.
"${LOG_FILE}" {
    monthly
    maxsize 20M
    rotate 12
    compress
    delaycompress
    missingok
    notifempty
    nocreate
}
EOF
}

check_rotation() { # <file>
  local status=0
  "${QUICK[@]}" logrotate --debug --state /dev/null -- "$1" >"${WORK_DIR}/rotation.said" 2>&1 || status=$?
  if ((status != 0)) || grep --quiet '^error:' "${WORK_DIR}/rotation.said"; then
    quote_tool "${WORK_DIR}/rotation.said"
    die 1 "logrotate refuses what would be /etc/logrotate.d/${APP_NAME}-backup: see above"
  fi
}
# 3ae40abc77d8d0c8 deploy/backup-setup/log.sh
