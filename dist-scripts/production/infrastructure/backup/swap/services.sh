# --- Services ------------------------------------------------------------------

# A service must not inherit a lock (9, and 7 of a download) or the log (8): the
# next run would find the lock held. Nor what this script has changed for itself.
control() { # <variable for its exit status> <what, for the log> <command...>
  local code=0
  printf -v "$1" '%s' 0
  if (($# == 2)); then
    return 0
  fi
  info "$2: ${*:3}"
  (
    trap - TERM INT HUP PIPE
    umask 022
    unset LC_ALL TZ
    exec timeout --kill-after=10 180 "${@:3}" </dev/null 7>&- 8>&- 9>&-
  ) >"${WORK_DIR}/control.log" 2>&1 || code=$?
  if ((code != 0)); then
    quote_tool "${WORK_DIR}/control.log"
  fi
  printf -v "$1" '%s' "${code}"
}

# The words that run a command as a service's own account, so that its files get the
# right owner. With --into everything stays ours.
account_for() { # <array> <user>
  local user="$2" group words=''
  if ((EUID == 0)) && [[ ${user} != root && -z ${OPTION[into]} ]]; then
    group="$(id --group -- "${user}" 2>/dev/null || printf '%s' "${user}")" # it may have another name
    words="setpriv --reuid=${user} --regid=${group} --init-groups --"
  fi
  read -r -a "$1" <<<"${words}"
}

preflight_control() { # <command...>
  if (($# > 0)) && ! command -v "$1" >/dev/null; then
    problem "the command '$1', which starts and stops a service, is missing: install it, or correct the service in the profile"
  elif [[ ${1:-} == systemctl ]] && ((EUID != 0)); then
    problem "stopping and starting services ($*) needs root: run with sudo"
  fi
}
# 0b0c95eb419751ce backup/swap/services.sh
