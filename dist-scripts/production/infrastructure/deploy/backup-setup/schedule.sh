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
  local file before
  local -a units=() changed=()
  check_units
  for file in "${SOURCE}"/infrastructure/systemd/*; do
    before="${CHANGED}"
    ensure_file "${file}" "/etc/systemd/system/${file##*/}" 644
    if [[ ${file} != *.service ]]; then
      units+=("${file##*/}")
      if ((CHANGED > before)); then
        changed+=("${file##*/}")
      fi
    fi
  done
  remove_units
  if [[ ${PLANNING} == false ]]; then
    systemctl daemon-reload
    if ((${#changed[@]} > 0)); then
      systemctl try-restart -- "${changed[@]}"
    fi
  fi
  for file in "${units[@]}"; do
    ensure_unit_on "${file}"
  done
}

# Under their own names, for these decide what a unit is.
check_units() {
  local status=0
  if [[ ${PLANNING} == true ]]; then
    return 0 # what they start is not there yet
  fi
  "${QUICK[@]}" systemd-analyze verify -- "${SOURCE}"/infrastructure/systemd/* >"${WORK_DIR}/units.said" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/units.said"
    die 1 "systemd refuses these units (systemd-analyze verify ended with ${status}): see above; nothing was scheduled"
  fi
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
  local state
  find_unit_state state "$1"
  if [[ ${state} == on ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan - "$1 is enabled and started"
    return 0
  fi
  note_change unit off on "$1"
  systemctl enable --now --quiet -- "$1"
  find_unit_state state "$1"
  if [[ ${state} != on ]]; then
    die 1 "$1 does not run although it was started: 'systemctl status $1' says why"
  fi
}

ensure_unit_off() { # <unit>
  local state
  if [[ ${PLANNING} == true ]]; then
    plan gone "$1 is stopped and disabled"
    return 0
  fi
  find_unit_state state "$1"
  note_change unit "${state}" off "$1"
  systemctl disable --now --quiet -- "$1"
}

# On is a unit that is enabled and runs; off is all else.
find_unit_state() { # <variable> <unit>
  local enabled active
  enabled="$(systemctl is-enabled -- "$2" 2>/dev/null || :)"
  active="$(systemctl is-active -- "$2" 2>/dev/null || :)"
  printf -v "$1" '%s' off
  if [[ ${enabled} == enabled && ${active} == active ]]; then
    printf -v "$1" '%s' on
  fi
}
# dabbe6931e9504fa deploy/backup-setup/schedule.sh
