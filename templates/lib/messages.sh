# --- Messages ---------------------------------------------------------------
#
# Every line goes to the log file. A terminal sees every line too; cron and
# pipes see warnings, errors and the closing summary only.

LOGGING=false # true once descriptor 8 is the log file
SHOWN='ALL'   # which levels stderr sees: ALL, FEW (no INFO) or NONE
QUIET=false   # --quiet: warnings and errors only
OFTEN=false   # --often: in the log file, too
DRY_RUN=false # --dry-run: say what would be done, change nothing

STORE="${BACKUP_DIR}" # once it is opened, the directory itself; messages call it by its name

info() { say INFO "$1"; }
warn() { say WARN "$1"; }
error() { say ERROR "$1"; }
summary() { say DONE "$1"; }

# Others speak here too, and a terminal obeys control characters, those of two bytes as well.
plain() { # <variable> <text>
  local words="${2//$'\t'/ }"
  words="${words//[[:cntrl:]]/?}"
  printf -v "$1" '%s' "${words//$'\xc2'[$'\x80'-$'\x9f']/?}"
}

say() { # <level> <text>
  local level="$1" text line
  plain text "${2//"${STORE}"/${BACKUP_DIR}}"
  if [[ ${OFTEN} == true && (${level} == INFO || ${level} == DONE) ]]; then
    return 0
  fi
  printf -v line '%(%Y-%m-%dT%H:%M:%SZ)T %-5s %s' -1 "${level}" "${text}"
  if [[ ${LOGGING} == true ]] && ! printf '%s\n' "${line}" >&8 2>/dev/null; then
    LOGGING=false # a full disk there must not stop a backup that goes elsewhere
    warn "cannot write the log file ${LOG_FILE}: from here on this is told on stderr only"
  fi
  if [[ ${SHOWN} == NONE || (${SHOWN} == FEW && ${level} == INFO) ]]; then
    return 0
  fi
  if [[ ${QUIET} == true && (${level} == INFO || ${level} == DONE) ]]; then
    return 0
  fi
  # Nobody may be listening any more; that must not stop a backup.
  printf '%s\n' "${line}" >&2 2>/dev/null || SHOWN='NONE'
}

# In a subshell the exit status is raised by 200, where no tool's status lies:
# on_error then knows that the reason has been given.
die() { # <exit status> <text>
  local status="$1" text="$2"
  error "${text}"
  if ((BASHPID != $$)); then
    status=$((status + 200))
  fi
  exit "${status}"
}

# Quotes the last lines of what a tool printed, so that its reason is in the log.
# The Database Tools print the whole connection string where they cannot connect.
quote_tool() { # <file with the tool's output>
  local file="$1" line
  local -a lines=()
  local - # a trace must show no secret
  set +x
  if [[ -s ${file} ]]; then
    mapfile -t lines < <(tail --lines=8 "${file}" \
      | sed --regexp-extended 's|(mongodb(\+srv)?://[^:@/[:space:]]*:)[^[:space:]]*@|\1***@|g' || :)
  fi
  for line in "${lines[@]}"; do
    if [[ ${line} =~ ^(.*mongodb[^[:space:]]*)[:/][^[:space:]@/]*@(.*)$ ]]; then
      line="${BASH_REMATCH[1]}:***@${BASH_REMATCH[2]}" # a tool may quote a login
    fi
    warn "    | ${line}"
  done
}

open_log() {
  if [[ ${DRY_RUN} == true || (-n ${INTO:-} && ! -d ${LOG_FILE%/*}) ]]; then
    return 0 # also where somebody only looks, on a machine that is not the server
  fi
  if [[ ! -e ${LOG_FILE} && ! -L ${LOG_FILE} ]]; then
    mkdir --parents "${LOG_FILE%/*}" 2>/dev/null || :
    { : >>"${LOG_FILE}"; } 2>/dev/null || :
    if ((EUID == 0)) && [[ -f ${LOG_FILE} ]]; then
      chown --no-dereference "${APP_USER}:" "${LOG_FILE}" 2>/dev/null || :
    fi
  fi
  if [[ ! -t 2 ]]; then
    SHOWN='FEW'
  fi
  if [[ -f ${LOG_FILE} && ! -L ${LOG_FILE} && -w ${LOG_FILE} ]]; then
    exec 8>>"${LOG_FILE}"
    LOGGING=true
    if [[ /proc/self/fd/2 -ef ${LOG_FILE} ]]; then
      SHOWN='NONE' # cron already sends stderr there: say each thing once
    fi
  else
    warn "cannot write the log file ${LOG_FILE}: this run is told on stderr only"
  fi
}
