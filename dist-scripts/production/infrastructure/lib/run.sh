# --- A run: its traps, its scratch files, its steps, its watcher -------------------

WORK_DIR=''     # private scratch directory, removed at the end
CHILD=''        # process group of the step that is running
WATCHER=''      # the process that watches over the run
WATCHED=''      # leads to it
STARTING=false  # whether one begins, and its number is not known yet
PENDING=()      # the signal that came meanwhile
PROGRESS_DIR='' # what show_progress measures
STEP_LIVES=false

on_error() { # <status> <line> <command>
  local status="$1" line="$2" command="${3%%$'\n'*}" file="${BASH_SOURCE[1]#"${INFRASTRUCTURE}"/}"
  if [[ $- != *e* ]]; then
    return 0 # set +e: here nothing may stand in the way of what follows
  fi
  if ((status > 200 && status < 208)); then
    if ((BASHPID == $$)); then
      status=$((status - 200))
    fi
    exit "${status}" # a step that ended with die has given its reason
  fi
  die 1 "stopped in ${FUNCNAME[1]:-main}, ${file}:${line}: '${command%%$'\n'*}' ended with status ${status}"
}

on_signal() { # <name> <exit status>
  local name="$1" status="$2"
  if [[ ${STARTING} == true ]]; then
    PENDING=("$@")
    return 0
  fi
  trap '' TERM INT HUP
  error "ended by SIG${name}: what was unfinished is being removed"
  exit "${status}"
}

install_traps() {
  trap 'on_error "$?" "${LINENO}" "${BASH_COMMAND}"' ERR
  trap cleanup EXIT
  trap 'on_signal TERM 143' TERM
  trap 'on_signal INT 130' INT
  trap 'on_signal HUP 129' HUP
  trap '' PIPE # a reader that went away is an error to handle, not a death
}

# Its name tells whose it is: a run that was killed leaves it, and passwords in it.
make_work_dir() {
  local left process
  start_watcher
  for left in {"${TMPDIR:-/tmp}",/tmp,"${STORE}/.state"}/lifeboat.[0-9]*.??????; do
    process="${left##*/lifeboat.}"
    if [[ -d ${left} && ! -L ${left} && -O ${left} && ! -d /proc/${process%.*} ]]; then
      end_mongosh_in "${left}"
      rm --recursive --force -- "${left:?}"
    fi
  done
  make_private_dir WORK_DIR "${TMPDIR:-/tmp}/lifeboat.$$"
  : >"${WORK_DIR}/warnings.json"
}

# Without one that is there, what is meant for it would be written to / .
make_private_dir() { # <variable> <beginning of its path>
  local made
  made="$(mktemp --directory "$2.XXXXXX")"
  if [[ ! -d ${made} || ! -O ${made} ]]; then
    die 1 "mktemp made no directory $2.XXXXXX: try 'mktemp --version', or install coreutils again"
  fi
  printf -v "$1" '%s' "${made}"
}

# What a run that was killed had started would make its directory anew.
end_mongosh_in() { # <work directory>
  local process=''
  if [[ -s $1/mongosh.pid ]]; then
    read -r process <"$1/mongosh.pid" || :
  fi
  if [[ ${process} =~ ^[0-9]+$ && /proc/${process}/cwd -ef $1 ]]; then
    kill -KILL "${process}" 2>/dev/null || :
  fi
}

remove_work_dir() {
  if [[ -n ${WORK_DIR} ]]; then
    rm --recursive --force -- "${WORK_DIR:?}"
  fi
  end_watcher
}

# Runs a step in a process group of its own and waits for it, so that a signal
# is acted on at once and reaches every process of the step.
run_step() { # <function> [argument...]
  local status
  set -m
  STARTING=true
  "$@" </dev/null &
  CHILD=$!
  set +m
  tell_watcher "${CHILD}"
  STARTING=false
  if ((${#PENDING[@]} > 0)); then
    on_signal "${PENDING[@]}"
  fi
  show_progress
  await_step status
  if ((status == 0)); then
    CHILD=''
    tell_watcher ''
    return 0
  fi
  # What a step that failed has left running is ended by the clean-up.
  if ((status > 200 && status < 208)); then
    exit $((status - 200)) # the step has said why
  fi
  die 1 "step '$*' ended with status ${status}"
}

await_step() { # <variable for its status>
  local ended=0
  wait "${CHILD}" || ended=$?
  # A signal that is held ends the wait, not the step.
  while ((ended > 128)) && kill -0 "${CHILD}" 2>/dev/null; do
    ended=0
    wait "${CHILD}" || ended=$?
  done
  printf -v "$1" '%s' "${ended}"
}

# --- The watcher: beside the run, from its first file to its last ------------------
#
# No program may hold the lock for ever. What is started with a bound of its own, such as
# BOUNDED, is named where it exceeds it; whatever else hangs is ended here.

LONGEST=0 # seconds
LOOKS=0   # two a second; a clock may be put right meanwhile
SEEN=''   # programs of this run, each as process:name:the look that saw it first

# Descriptor 9 is to become the lock. Servers and transfers, which may take longer, are
# started without it.
start_watcher() {
  LONGEST=$((TIMEOUT_SECONDS + (TIMEOUT_SECONDS < 60 ? TIMEOUT_SECONDS : 60)))
  exec 9</dev/null
  exec {WATCHED}<> <(: || :) # a pipe, open at both ends
  watch_run <&"${WATCHED}" >/dev/null 7>&- 9>&- &
  WATCHER=$!
}

tell_watcher() { # <process group of the step that begins, or nothing>
  printf '%s\n' "$1" >&"${WATCHED}"
}

# A script that was killed cannot end its step, which would hold the lock and go on writing
# where the next run sweeps.
watch_run() {
  local step='' told own=''
  set +e
  trap - ERR EXIT
  trap '' TERM INT HUP
  read -r own </proc/$$/comm
  while [[ -d /proc/$$ ]]; do
    if read -r -t 0.5 told; then
      step="${told}"
    fi
    LOOKS=$((LOOKS + 1))
    end_what_hangs "${own}"
  done
  if [[ -n ${step} ]]; then
    kill -TERM -- "-${step}" && pause 3
    kill -KILL -- "-${step}"
  fi 2>/dev/null
}

# Looks at all that this script has started, and what that has.
end_what_hangs() { # <name of this script>
  local process name since seen='' i=0
  local -a family=("$$") children=()
  while ((i < ${#family[@]})); do
    process="${family[i]}"
    since="${LOOKS}"
    name=''
    children=()
    { read -r name <"/proc/${process}/comm" && read -r -a children <"/proc/${process}/task/${process}/children"; } 2>/dev/null
    family+=("${children[@]}")
    if [[ ${SEEN} =~ " ${process}:${name}:"([0-9]+)" " ]]; then
      since="${BASH_REMATCH[1]}"
    fi
    if [[ ${name} != "$1" && -e /proc/${process}/fd/9 ]] && ((LOOKS - since > 2 * LONGEST)); then
      end_program "${process}" "${name}"
    fi
    seen+=" ${process}:${name}:${since} "
    i=$((i + 1))
  done
  SEEN="${seen}"
}

end_program() { # <process> <name>
  error "$2 took longer than backup.timeout (${TIMEOUT_SECONDS} s) and is ended: raise it in the profile, or look why that program hangs"
  kill -TERM "$1" 2>/dev/null && pause 3
  kill -KILL "$1" 2>/dev/null
}

end_watcher() {
  if [[ -n ${WATCHER} ]]; then
    kill -KILL "${WATCHER}" 2>/dev/null || :
    { wait "${WATCHER}"; } 2>/dev/null || :
    WATCHER=''
  fi
}

# What sleeps on after its script was killed must hold neither a lock (9, and 7 of a
# download) nor the log (8).
pause() { # <seconds>
  sleep "$1" 7>&- 8>&- 9>&-
}

# A terminal sees how far the step has come; everything else sees nothing.
show_progress() {
  local seconds=0 written
  if [[ ! -t 2 || ${SHOWN} != ALL || ${QUIET} == true || -z ${PROGRESS_DIR} ]]; then
    return 0
  fi
  while kill -0 "${CHILD}" 2>/dev/null; do
    pause 0.5
    seconds=$((seconds + 1))
    if ((seconds % 2 == 0)); then
      written="$(timeout --foreground 30 du --summarize --human-readable "${PROGRESS_DIR}" 2>/dev/null || :)"
      printf '\r  %3d s  %s written \033[K' "$((seconds / 2))" "${written%%[[:space:]]*}" >&2
    fi
  done
  printf '\r\033[K' >&2
}

# Leaves in STEP_LIVES whether a process of the step runs. One that has ended and
# only waits to be collected does not count.
look_at_step() {
  local file line state group
  STEP_LIVES=false
  for file in /proc/[0-9]*/stat; do
    if { read -r line <"${file}"; } 2>/dev/null; then
      read -r state _ group _ <<<"${line##*) }"
      if [[ ${group} == "${CHILD}" && ${state} != Z ]]; then
        STEP_LIVES=true
      fi
    fi
  done
}

# Waits for every process of the step, for one that still writes would undo the
# clean-up. (timeout must run with --foreground, or it leaves the group.)
stop_child() {
  local tries
  if [[ -n ${CHILD} ]]; then
    kill -TERM -- "-${CHILD}" 2>/dev/null || :
    look_at_step
    for ((tries = 0; tries < 150; tries++)); do
      if [[ ${STEP_LIVES} == true ]]; then
        pause 0.1
        look_at_step
      fi
    done
    kill -KILL -- "-${CHILD}" 2>/dev/null || :
    { wait "${CHILD}"; } 2>/dev/null || :
    CHILD=''
  fi
}
# 10fcdbc3aa39459a lib/run.sh
