# --- The application: stopped for the swaps, asked afterwards -------------------

preflight_app() {
  preflight_control "${APP_STOP[@]}"
}

# pm2 keeps a list for each user: it must be asked as the one who owns the app.
control_app() { # <what, for the log> <command...>
  local what="$1" home
  shift
  account_for "${APP_USER}"
  # A unit of the system is root's to stop; as the application's user systemctl is denied it.
  if [[ ${1:-} == systemctl && ${2:-} != --user ]]; then AS_USER=(); fi
  if ((${#AS_USER[@]} > 0)); then
    home="$(getent passwd "${APP_USER}")"
    home="${home%:*}"
    # Without a terminal: what runs as another user could type into that of root.
    AS_USER=(setsid --wait "${AS_USER[@]}" env "HOME=${home##*:}" "USER=${APP_USER}" "LOGNAME=${APP_USER}")
  fi
  if (($# > 0)); then
    control "${what}" "${AS_USER[@]}" "$@"
  fi
}

stop_app() {
  local list
  CONTROL_STATUS=0
  control_app 'stopping the application' "${APP_STOP[@]}"
  if ((CONTROL_STATUS != 0)) && [[ ${APP_STOP[0]} == pm2 ]]; then
    # pm2 fails where it has nothing to stop, as on a new host.
    list="$(timeout --foreground --kill-after=10 60 "${AS_USER[@]}" pm2 jlist 2>/dev/null 7>&- 8>&- 9>&- || :)"
    if [[ ${list} == '[]' ]]; then
      CONTROL_STATUS=0
    fi
  fi
  if ((CONTROL_STATUS != 0)); then
    die 1 "the application could not be stopped (status ${CONTROL_STATUS}): stop it by hand and run again; nothing was replaced"
  fi
}

start_app() {
  CONTROL_STATUS=0
  control_app 'starting the application' "${APP_START[@]}"
  if ((CONTROL_STATUS != 0)) && [[ ${APP_START[0]} == pm2 ]]; then
    # Nor does it start what it does not know: its saved list may have come back.
    control_app 'starting the application' pm2 resurrect
  fi
  if ((CONTROL_STATUS != 0)); then
    fail_component application "the application could not be started (status ${CONTROL_STATUS}): look at its log"
  fi
}
