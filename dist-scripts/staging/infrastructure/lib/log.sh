# --- Messages ---------------------------------------------------------------
#
# Every line goes to the log file. A terminal sees every line too; cron and
# pipes see warnings, errors and the closing summary only.

LOGGING=false # true once descriptor 8 is the log file
SHOWN='ALL'   # which levels stderr sees: ALL, FEW (no INFO) or NONE
QUIET=false   # --quiet: warnings and errors only
OFTEN=false   # --often: in the log file, too
DRY_RUN=false # --dry-run: say what would be done, change nothing

declare -A SAID_AS=() # what is reached by a descriptor: its name, for messages

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

plain_lines() {
  sed $'s/[\x01-\x08\x0b-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g'
}

say() { # <level> <text>
  local level="$1" text="$2" line place
  for place in "${!SAID_AS[@]}"; do
    text="${text//"${place}"/${SAID_AS["${place}"]}}"
  done
  plain text "${text}"
  if [[ ${level} == WARN || ${level} == ERROR ]]; then
    note_said "${level}" "${text}"
  fi
  if [[ ${OFTEN} == true && (${level} == INFO || ${level} == DONE) ]]; then
    return 0
  fi
  printf -v line '%(%Y-%m-%dT%H:%M:%SZ)T %-5s %s' -1 "${level}" "${text}"
  if [[ ${LOGGING} == true ]]; then
    write_to_log "${line}"
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

write_to_log() { # <line>
  local status=0
  if ((${#LOG_WRITER[@]} == 0)); then
    printf '%s\n' "$1" >&8 2>/dev/null || status=$?
  else
    printf '%s\n' "$1" | "${LOG_WRITER[@]}" tee --append -- "${LOG_FILE}" >/dev/null 2>&1 || status=$?
  fi
  if ((status != 0)); then
    LOGGING=false # a full disk there must not stop a backup that goes elsewhere
    warn "cannot write the log file ${LOG_FILE}: from here on this is told on stderr only"
  fi
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
      | sed --regexp-extended '/^[[:space:]]*$/d; s|(mongodb(\+srv)?://[^:@/[:space:]]*:)[^[:space:]]*@|\1***@|g' || :)
  fi
  for line in "${lines[@]}"; do
    if [[ ${line} =~ ^(.*mongodb[^[:space:]]*)[:/][^[:space:]@/]*@(.*)$ ]]; then
      line="${BASH_REMATCH[1]}:***@${BASH_REMATCH[2]}" # a tool may quote a login
    fi
    warn "    | ${line}"
  done
}

# The words by which a line is written as whoever may change the directory of the log: a
# link that somebody puts there leads nobody else astray. Empty: nobody but root may.
LOG_WRITER=()

choose_log_writer() {
  local place path owner group mode groups user='' looked=0
  local -a directories=()
  place="$(realpath -- "${LOG_FILE%/*}/")"
  path="${place}"
  while [[ -n ${path%/} ]]; do
    directories=("${path}" "${directories[@]}")
    path="${path%/*}"
  done
  groups=" $(id --groups "${APP_USER}" 2>/dev/null || :) "
  while read -r owner group mode; do
    looked=$((looked + 1))
    mode=$((8#${mode}))
    if ((owner != 0)); then
      user="${owner}"
    elif (((mode & 8#1002) == 8#2)) || { (((mode & 8#1020) == 8#20)) && [[ ${groups} == *" ${group} "* ]]; }; then
      user="${APP_USER}"
    fi
    if [[ -n ${user} ]]; then
      LOG_WRITER=(timeout --kill-after=1 5 setpriv "--reuid=${user}" "--regid=${group}" --clear-groups --)
      return 0
    fi
  done < <(stat --format='%u %g %a' -- / "${directories[@]}" || :)
  if [[ -z ${place} ]] || ((looked != ${#directories[@]} + 1)); then
    LOG_WRITER=(false) # who may change it is not known
  fi
}

# By this script, not by a redirection in root's crontab: a shell follows any link.
open_log() {
  if [[ ${DRY_RUN} == true || (-n ${OPTION[into]:-} && ! -d ${LOG_FILE%/*}) ]]; then
    return 0 # also where somebody only looks, on a machine that is not the server
  fi
  if [[ ! -t 2 ]]; then
    SHOWN='FEW'
  fi
  mkdir --parents "${LOG_FILE%/*}" 2>/dev/null || :
  if ((EUID == 0)) && [[ -d ${LOG_FILE%/*} ]]; then
    choose_log_writer
  fi
  make_log
  if [[ ${LOGGING} == false ]]; then
    warn "cannot write the log file ${LOG_FILE}${LOG_WRITER[*]:+ as the user who may change its directory}: this run is told on stderr only"
  elif [[ /proc/self/fd/2 -ef ${LOG_FILE} ]]; then
    SHOWN='NONE' # an older crontab sends stderr there: say each thing once
  fi
}

make_log() {
  local new=false
  if ((${#LOG_WRITER[@]} > 0)); then
    if "${LOG_WRITER[@]}" tee --append -- "${LOG_FILE}" </dev/null >/dev/null 2>&1; then
      LOGGING=true
    fi
    return 0
  fi
  if [[ ! -e ${LOG_FILE} ]]; then
    new=true
  fi
  if [[ ! -L ${LOG_FILE} && (${new} == true || -f ${LOG_FILE}) ]] && { : >>"${LOG_FILE}"; } 2>/dev/null; then
    exec 8>>"${LOG_FILE}"
    LOGGING=true
    if [[ ${new} == true ]]; then
      chgrp --reference="${LOG_FILE%/*}" -- "${LOG_FILE}" 2>/dev/null || :
      chmod 640 -- "${LOG_FILE}"
    fi
  fi
}

tell_edited_parts() {
  if ((${#EDITED_PARTS[@]} > 0)); then
    warn "edited here, and not what was generated: ${EDITED_PARTS[*]} (in ${INFRASTRUCTURE}); the next copy of the scripts takes that away, so change the profile or report it"
  fi
}
# 51940fdbcbdfa859 lib/log.sh
