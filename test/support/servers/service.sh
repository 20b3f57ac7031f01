# What systemd does for a service, inside one sandbox: start returns when the server answers, stop when it is gone, and both are
# content with a server that is already in that state. The server gets no descriptor of the caller's, above all not its lock.
set -euo pipefail

readonly START_SECONDS=60 STOP_SECONDS=60

# The number in the pid file, as long as that process lives in this sandbox: a number is soon given to another process.
running_pid() {
  local pid cwd
  [[ -s ${PID_FILE} ]] || return 1
  pid="$(<"${PID_FILE}")"
  cwd="$(readlink "/proc/${pid}/cwd" 2>/dev/null)" || return 1
  [[ ${cwd} == "${ROOT}"* ]] || return 1
  printf '%s\n' "${pid}"
}

close_inherited_descriptors() {
  local path descriptor
  for path in "/proc/${BASHPID}/fd/"*; do
    descriptor="${path##*/}"
    # 255 is where bash reads this script; exec closes it by itself.
    if ((descriptor > 2 && descriptor != 255)); then exec {descriptor}>&-; fi
  done
}

launch() {
  (
    close_inherited_descriptors
    cd -- "${WORK_DIR}"
    exec setsid -- "${COMMAND[@]}"
  ) </dev/null >>"${OUTPUT_FILE}" 2>&1 &
  printf '%s\n' "$!" >"${PID_FILE}"
}

start() {
  local deadline=$((SECONDS + START_SECONDS))
  if running_pid >/dev/null; then return 0; fi
  launch
  until ready; do
    if ((SECONDS > deadline)) || ! kill -0 "$(<"${PID_FILE}")" 2>/dev/null; then
      printf '%s did not come up; the end of %s:\n' "${NAME}" "${OUTPUT_FILE}" >&2
      tail -n 5 -- "${OUTPUT_FILE}" >&2
      return 1
    fi
    sleep 0.05
  done
}

stop() {
  local pid deadline=$((SECONDS + STOP_SECONDS))
  pid="$(running_pid)" || return 0
  kill -s "${STOP_SIGNAL}" "${pid}"
  while running_pid >/dev/null; do
    if ((SECONDS > deadline)); then kill -s KILL "${pid}" || true; fi
    sleep 0.05
  done
  rm -f -- "${PID_FILE}"
}

reload() {
  local pid
  pid="$(running_pid)" || {
    printf '%s is not running\n' "${NAME}" >&2
    return 1
  }
  kill -s HUP "${pid}"
}

status() {
  if running_pid; then return 0; fi
  printf '%s is not running\n' "${NAME}"
  return 3
}

case "${1:-}" in
  start | stop | reload | status) "$1" ;;
  restart)
    stop
    start
    ;;
  *)
    printf 'usage: %s start|stop|restart|reload|status\n' "${0##*/}" >&2
    exit 2
    ;;
esac
