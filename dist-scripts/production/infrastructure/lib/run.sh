# --- A run: its steps, its signals, and its one end --------------------------------

WORK_DIR=''     # private scratch directory, removed last
CHILD=''        # process group of the step that is running
PROGRESS_DIR='' # what show_progress measures
HELD_SIGNAL=''  # empty: a signal ends the run at once; else it waits: none yet, or its name
CLEANUPS=()     # functions that clear away what was made meanwhile; what was made last goes first
RUN_ENDS=()     # functions that listen: each finds in OUTCOME how the run went

# action: of the command line, or dry-run; type and set of a backup, once there is one, or the
# set that is restored; bytes: written, or unpacked; seconds; result: a word of RESULTS;
# reason: the last error; warnings: how many were told
declare -A OUTCOME=([action]='' [type]='' [set]='' [bytes]=0 [seconds]=0 [result]='' [reason]='' [warnings]=0)

# By exit status; any other one is that of a signal, which ended it.
readonly -a RESULTS=('done' failed usage refused busy remote-failed damaged would-change not-confirmed)

install_traps() {
  note action "${ACTION}"
  trap 'on_error "$?" "${LINENO}" "${BASH_COMMAND}"' ERR
  trap end_run EXIT
  trap 'on_signal TERM' TERM
  trap 'on_signal INT' INT
  trap 'on_signal HUP' HUP
  trap '' PIPE # a reader that went away is an error to handle, not a death
}

note() { # <field of OUTCOME> <value>
  OUTCOME["$1"]="$2"
}

at_end() { # <function that clears away>
  if ((BASHPID != $$)); then
    die 1 "$1 would clear nothing away: it is named in a step, of which nothing is known at the end; this is a mistake in these scripts"
  elif [[ " ${CLEANUPS[*]} " != *" $1 "* ]]; then
    CLEANUPS+=("$1")
  fi
}

end_run() {
  local status=$? listener i
  trap - EXIT ERR
  trap '' TERM INT HUP
  set +e # nothing here may hide the status of the run
  stop_child
  settle_outcome "${status}"
  for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
    ("${CLEANUPS[i]}") # what dies in it must not keep the rest from being cleared away
  done
  for listener in "${RUN_ENDS[@]}"; do
    ("${listener}")
  done
  remove_work_dir
  exit "${status}"
}

settle_outcome() { # <exit status>
  hear_step
  note seconds "${SECONDS}"
  note result "${RESULTS[$1]:-ended}"
  if (($1 == 0)); then
    note reason ''
  fi
  if [[ ${DRY_RUN} == true ]]; then
    note action dry-run
  fi
}

# Each warning and each error is part of the outcome. (The words of a tool are not.)
note_said() { # <WARN or ERROR> <text>
  if [[ $2 == '    | '* || ($$ != "${BASHPID}" && -z ${WORK_DIR}) ]]; then
    return 0
  elif ((BASHPID != $$)); then
    { printf '%s %s\n' "$1" "$2" >>"${WORK_DIR}/said"; } 2>/dev/null || : # for hear_step
  elif [[ $1 == ERROR ]]; then
    note reason "$2"
  else
    note warnings $((OUTCOME["warnings"] + 1))
  fi
}

hear_step() {
  local level text
  if [[ -n ${WORK_DIR} && -s ${WORK_DIR}/said ]]; then
    while read -r level text; do
      note_said "${level}" "${text}"
    done <"${WORK_DIR}/said"
    : >"${WORK_DIR}/said"
  fi
}

# The one way out, once the reason has been told. In a subshell the status is raised by 200,
# where no tool's status lies: on_error then knows that. (One that is raised is passed on.)
end_with() { # <exit status>
  local status="$1"
  if ((BASHPID != $$ && status < 9)); then
    status=$((status + 200))
  fi
  exit "${status}"
}

die() { # <exit status> <text>
  error "$2"
  end_with "$1"
}

on_error() { # <status> <line> <command>
  local status="$1" line="$2" command="${3%%$'\n'*}" file="${BASH_SOURCE[1]#"${INFRASTRUCTURE}"/}"
  if [[ $- != *e* ]]; then
    return 0 # set +e: here nothing may stand in the way of what follows
  fi
  if ((status > 200 && status < 209)); then
    if ((BASHPID == $$)); then
      status=$((status - 200))
    fi
    exit "${status}" # a step that ended with die has given its reason
  fi
  die 1 "stopped in ${FUNCNAME[1]:-main}, ${file}:${line}: '${command%%$'\n'*}' ended with status ${status}${WHEN_STOPPED:-}"
}

on_signal() { # <name>
  if [[ -n ${HELD_SIGNAL} ]]; then
    HELD_SIGNAL="$1"
    return 0
  fi
  trap '' TERM INT HUP
  error "ended by SIG$1: what was unfinished is being removed"
  end_with_signal "$1"
}

end_with_signal() { # <name>
  case "$1" in
    HUP) end_with 129 ;;
    INT) end_with 130 ;;
    *) end_with 143 ;;
  esac
}

# From here on a signal waits; who holds it looks what HELD_SIGNAL is, when that can be.
hold_signals() {
  HELD_SIGNAL="${HELD_SIGNAL:-none}"
}

# Its name tells whose it is: a run that was killed leaves it, and passwords in it.
make_work_dir() { # <place where one may have been left, beside that of temporary files...>
  local place left process
  start_watcher
  for place in "${TMPDIR:-/tmp}" "$@"; do
    for left in "${place}"/lifeboat.[0-9]*.??????; do
      process="${left##*/lifeboat.}"
      if [[ -d ${left} && ! -L ${left} && -O ${left} && ! -d /proc/${process%.*} ]]; then
        end_companions "${left}"
        rm --recursive --force -- "${left:?}"
      fi
    done
  done
  make_private_dir WORK_DIR "${TMPDIR:-/tmp}/lifeboat.$$"
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

# What stays beside a run works in its directory, where <name>.pid tells its number: by then
# that may be another's. It would make the directory anew, which is removed next.
end_companions() { # <work directory>
  local file process
  for file in "$1"/*.pid; do
    process=''
    if [[ -s ${file} ]]; then
      read -r process <"${file}" || :
    fi
    if [[ ${process} =~ ^[0-9]+$ && /proc/${process}/cwd -ef $1 ]]; then
      kill -KILL "${process}" 2>/dev/null || :
      { wait "${process}"; } 2>/dev/null || :
    fi
  done
}

remove_work_dir() {
  if [[ -n ${WORK_DIR} ]]; then
    end_companions "${WORK_DIR}"
    rm --recursive --force -- "${WORK_DIR:?}"
  fi
  end_watcher
}

# Runs a step in a process group of its own and waits for it, so that a signal
# is acted on at once and reaches every process of the step.
run_step() { # <function> [argument...]
  local status held="${HELD_SIGNAL}"
  set -m
  hold_signals # until the number of the step is known
  "$@" </dev/null &
  CHILD=$!
  set +m
  tell_watcher "${CHILD}"
  if [[ -z ${held} ]]; then
    held="${HELD_SIGNAL}" HELD_SIGNAL='' # at once, or a signal between the two were lost
    if [[ ${held} != none ]]; then
      on_signal "${held}"
    fi
  fi
  show_progress
  await_step status
  hear_step
  if ((status == 0)); then
    CHILD=''
    tell_watcher ''
    return 0
  fi
  # What a step that failed has left running is ended by the clean-up.
  if ((status > 200 && status < 209)); then
    end_with $((status - 200)) # the step has said why
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

# Whether a process of the step runs. One that has ended and only waits to be collected
# does not count.
look_at_step() { # <variable>
  local file line state group
  printf -v "$1" '%s' false
  for file in /proc/[0-9]*/stat; do
    if { read -r line <"${file}"; } 2>/dev/null; then
      read -r state _ group _ <<<"${line##*) }"
      if [[ ${group} == "${CHILD}" && ${state} != Z ]]; then
        printf -v "$1" '%s' true
      fi
    fi
  done
}

# Waits for every process of the step, for one that still writes would undo the
# clean-up. (timeout must run with --foreground, or it leaves the group.)
stop_child() {
  local tries lives
  if [[ -n ${CHILD} ]]; then
    kill -TERM -- "-${CHILD}" 2>/dev/null || :
    look_at_step lives
    for ((tries = 0; tries < 150; tries++)); do
      if [[ ${lives} == true ]]; then
        pause 0.1
        look_at_step lives
      fi
    done
    kill -KILL -- "-${CHILD}" 2>/dev/null || :
    { wait "${CHILD}"; } 2>/dev/null || :
    CHILD=''
  fi
}
# 1a813c6a96b9ec9c lib/run.sh
