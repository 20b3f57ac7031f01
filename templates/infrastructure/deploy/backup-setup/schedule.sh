# --- The schedule: what starts the backups ---------------------------------------------------

# One of the two: where the profile changed from one to the other, both would run.
ensure_schedule() {
  if [[ -d ${SOURCE}/infrastructure/cron ]]; then
    ensure_cron
    remove_units
  else
    ensure_units
    ensure_absent "/etc/cron.d/${APP_NAME}-backup"
  fi
}

ensure_cron() {
  ensure_file "${SOURCE}/infrastructure/cron/${APP_NAME}-backup" "/etc/cron.d/${APP_NAME}-backup" 644
  if [[ -d ${SYSTEMD} ]]; then
    ensure_unit_on cron.service
  fi
}

ensure_units() {
  local file
  for file in "${SOURCE}"/infrastructure/systemd/*; do
    ensure_file "${file}" "/etc/systemd/system/${file##*/}" 644
  done
  remove_units
  if [[ ${PLANNING} == false ]]; then
    systemctl daemon-reload
  fi
  for file in "${SOURCE}"/infrastructure/systemd/*.{timer,path}; do
    if [[ -e ${file} ]]; then
      ensure_unit_on "${file##*/}"
    fi
  done
}

# Units of ours that this profile does not have (any more).
remove_units() {
  local path name
  for path in /etc/systemd/system/"${APP_NAME}"-backup-{full,incremental,database,config}.{timer,path,service}; do
    name="${path##*/}"
    if [[ -e ${path} && ! -e ${SOURCE}/infrastructure/systemd/${name} ]]; then
      if [[ ${name} != *.service ]]; then
        ensure_unit_off "${name}"
      fi
      ensure_absent "${path}"
    fi
  done
}

ensure_unit_on() { # <unit>
  if [[ $(unit_state "$1") == on ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan + "$1 is enabled and started"
    return 0
  fi
  note_change unit off on "$1"
  systemctl enable --now --quiet -- "$1"
  if [[ $(unit_state "$1") != on ]]; then
    die 1 "$1 does not run although it was started: 'systemctl status $1' says why"
  fi
}

ensure_unit_off() { # <unit>
  if [[ ${PLANNING} == true ]]; then
    plan - "$1 is stopped and disabled"
    return 0
  fi
  note_change unit on off "$1"
  systemctl disable --now --quiet -- "$1"
}

# Prints on where a unit is enabled and runs; off for all else.
unit_state() { # <unit>
  local enabled active
  enabled="$(systemctl is-enabled -- "$1" 2>/dev/null || :)"
  active="$(systemctl is-active -- "$1" 2>/dev/null || :)"
  if [[ ${enabled} == enabled && ${active} == active ]]; then
    printf 'on\n'
  else
    printf 'off\n'
  fi
}
