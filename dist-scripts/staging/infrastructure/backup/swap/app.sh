# --- The application: stopped for the swaps, asked afterwards -------------------

preflight_app() {
  preflight_control "${APP_STOP[@]}"
}

# pm2 keeps a list for each user: it must be asked as the one who owns the app.
account_of_app() { # <array>
  local -n log_in_as="$1"
  local home
  account_for "$1" "${APP_USER}"
  if ((${#log_in_as[@]} > 0)); then
    home="$(getent passwd "${APP_USER}")"
    home="${home%:*}"
    local -a login=("HOME=${home##*:}" "USER=${APP_USER}" "LOGNAME=${APP_USER}")
    # Without a terminal: what runs as another user could type into that of root.
    log_in_as=(setsid --wait "${log_in_as[@]}" env "${login[@]}")
  fi
}

control_app() { # <variable for its exit status> <what, for the log> <command...>
  local -a as_user=()
  # A unit of the system is root's to stop; the application's user may not.
  if [[ ${3:-} != systemctl || ${4:-} == --user ]]; then
    account_of_app as_user
  fi
  printf -v "$1" '%s' 0
  if (($# > 2)); then
    control "$1" "$2" "${as_user[@]}" "${@:3}"
  fi
}

stop_app() {
  local list status
  local -a as_user=()
  control_app status 'stopping the application' "${APP_STOP[@]}"
  if ((status != 0)) && [[ ${APP_STOP[0]} == pm2 ]]; then
    # pm2 fails where it has nothing to stop, as on a new host.
    account_of_app as_user
    list="$(timeout --foreground --kill-after=10 60 "${as_user[@]}" pm2 jlist 2>/dev/null 7>&- 8>&- 9>&- || :)"
    if [[ ${list} == '[]' ]]; then
      status=0
    fi
  fi
  if ((status != 0)); then
    die 1 "the application could not be stopped (status ${status}): stop it by hand and run again; nothing was replaced"
  fi
}

start_app() {
  local status
  control_app status 'starting the application' "${APP_START[@]}"
  if ((status != 0)) && [[ ${APP_START[0]} == pm2 ]]; then
    # Nor does it start what it does not know: its saved list may have come back.
    control_app status 'starting the application' pm2 resurrect
  fi
  if ((status != 0)); then
    fail_component application "the application could not be started (status ${status}): look at its log"
  fi
}
# 9df87050af3ed8bb backup/swap/app.sh
