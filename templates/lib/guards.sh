# needs: lib/messages lib/store
# --- Guard rails ------------------------------------------------------------

WORK_DIR=''     # private scratch directory, removed at the end
CHILD=''        # process group of the step that is running
WATCHER=''      # the process that watches over the run
WATCHED=''      # leads to it
STARTING=false  # whether one begins, and its number is not known yet
PENDING=()      # the signal that came meanwhile
PROGRESS_DIR='' # what show_progress measures
STEP_LIVES=false

on_error() { # <status> <line> <command>
  local status="$1" line="$2" command="${3%%$'\n'*}"
  if [[ $- != *e* ]]; then
    return 0 # set +e: here nothing may stand in the way of what follows
  fi
  if ((status > 200 && status < 208)); then
    if ((BASHPID == $$)); then
      status=$((status - 200))
    fi
    exit "${status}" # a step that ended with die has given its reason
  fi
  die 1 "stopped in ${FUNCNAME[1]:-main}, line ${line}: '${command%%$'\n'*}' ended with status ${status}"
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

LOCK_HELD=false

# A lock that a second flock can take as well is none.
try_lock() { # <descriptor> <option of flock...>
  local first=0 second=0
  flock "${@:2}" "$1" || first=$?
  if ((first == 0)); then
    flock --nonblock "/proc/self/fd/$1" true || second=$?
  fi
  LOCK_HELD=false
  if ((first == 0 && second == 1)); then
    LOCK_HELD=true
  elif ((first != 1)); then
    die 1 "flock does not lock (it ended with ${first}, and where it had to be refused with ${second}): try 'flock --version', install util-linux again, or look whether the file system of ${BACKUP_DIR} knows locks; nothing was done"
  fi
}

LOCKED=false

take_lock() {
  local holder='' patience=0
  prepare_state
  exec 9<>"${STORE}/.state/lock" # descriptor 9 is the lock
  read -r holder <"${STORE}/.state/lock" || :
  if [[ ${holder} == 'backup.sh database,'* || ${holder} == 'backup.sh config,'* ]]; then
    patience=120 # such a run is short, and a longer one should not be lost to it
  fi
  try_lock 9 --timeout "${patience}"
  if [[ ${LOCK_HELD} == false ]]; then
    if [[ ${OFTEN} == true ]]; then
      exit 4
    fi
    tell_old_lock "${holder}"
    if [[ ${IF_CHANGED:-false} == true ]]; then
      # A run that looks again in a few minutes bothers nobody, least of all by mail.
      info "another run holds the lock: ${holder:-unknown}; the configuration is looked at next time"
      exit 4
    fi
    die 4 "another run holds the lock: ${holder:-unknown}; wait until it has ended, nothing was done"
  fi
  LOCKED=true
  # What is held by a restore that is dying looks whole until it is gone.
  if [[ ${ACTION} != undo ]]; then
    preflight_interrupted
    stop_at_problems
  fi
  # On a full disk the lock holds without these words: --undo and --forget must run.
  { printf '%s %s, pid %s, since %(%Y-%m-%dT%H:%M:%SZ)T\n' "${0##*/}" "${TYPE:-restore}" "$$" -1 >"${STORE}/.state/lock"; } 2>/dev/null || :
}

# A lock that is held for longer than any program may run is none of a run that works.
tell_old_lock() { # <holder>
  local since now
  if [[ $1 =~ since\ ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$ ]]; then
    since="$(date --date="${BASH_REMATCH[1]}" +%s 2>/dev/null || printf '0')"
    printf -v now '%(%s)T' -1
    if ((since > 0 && now - since > TIMEOUT_SECONDS)); then
      warn "another run has held the lock for $(((now - since) / 60)) minutes (${1//[[:cntrl:]]/?}), longer than backup.timeout lets any program run: look whether it hangs, and end it; no backup is made until then"
    fi
  fi
}

# Without the usage, which would push the reason off the screen.
wrong_usage() { # <what is wrong>
  error "$1"
  printf "'%s --help' lists what can be given\n" "${0##*/}" >&2
  exit 2
}

# --- Preflight: every problem is collected, then all are told at once ---------

PROBLEMS=()

problem() { # <what is wrong, with the value and the cure>
  PROBLEMS+=("$1")
}

need_tools() { # <name=Debian package...>
  local entry
  for entry in "$@"; do
    if ! command -v "${entry%%=*}" >/dev/null; then
      problem "the command '${entry%%=*}' is missing: install it, on Debian and Ubuntu with 'apt-get install ${entry#*=}'"
    fi
  done
}

stop_at_problems() {
  local text
  if ((${#PROBLEMS[@]} == 0)); then
    return 0
  fi
  for text in "${PROBLEMS[@]}"; do
    error "${text}"
  done
  error "preflight found ${#PROBLEMS[@]} problem(s); nothing was touched"
  exit 3
}

# A restore that was killed while it swapped left things half old, half new.
preflight_interrupted() {
  local stamp
  if [[ -f ${STORE}/.state/swapping ]] && { [[ ${LOCKED} == true ]] || flock --nonblock "${STORE}/.state/lock" true; }; then
    read -r stamp <"${STORE}/.state/swapping" || stamp='unknown'
    problem "the restore ${stamp} was interrupted while it swapped: run 'restore.sh --undo' first"
  fi
}

INSIDE=false

# Whether a path lies in a directory, as both are written or where they really are. (The
# directory itself is not followed: what is renamed or stored by that name is the link.)
look_inside() { # <path> <directory>
  local -a real=()
  mapfile -d '' -t real < <(realpath --zero --canonicalize-missing -- "$1" "${2%/*}/" || :)
  if ((${#real[@]} != 2)); then
    die 1 "realpath does not say where $1 and $2 really are; nothing was touched"
  fi
  INSIDE=false
  if [[ $1/ == "$2"/* || ${real[0]}/ == "${real[1]%/}/${2##*/}"/* ]]; then
    INSIDE=true
  fi
}

free_bytes() { # <path, or a path that will exist>
  local path="$1" line
  while [[ ! -e ${path} ]]; do
    path="${path%/*}"
    path="${path:-/}"
  done
  line="$(df --block-size=1 --output=avail -- "${path}")"
  line="${line##*$'\n'}"
  if [[ ! ${line} =~ ^\ *([0-9]{1,17})$ ]]; then
    die 1 "df does not say how much is free at ${path} (it said '${line}'): try 'df ${path}'"
  fi
  printf '%s' "${BASH_REMATCH[1]}"
}

# Leaves a size in words in the named variable, rounded up.
human() { # <variable> <bytes>
  local units='KMGTP' unit='' shift=0 tenths
  if [[ ! $2 =~ ^[0-9]{1,17}$ ]]; then
    die 1 "'$2' is no number of bytes"
  fi
  while ((${#units} > 0 && 10#$2 * 10 > 10239 << shift)); do
    shift=$((shift + 10))
    unit="${units::1}"
    units="${units:1}"
  done
  tenths=$(((10#$2 >> shift) * 10 + ((10#$2 & (1 << shift) - 1) * 10 + (1 << shift) - 1 >> shift)))
  printf -v "$1" '%d.%d%sB' "$((tenths / 10))" "$((tenths % 10))" "${unit}"
}

# The settings block as it stands in this file: it holds no secret.
show_settings() {
  sed --quiet '/^# --- Settings/,/^# --- State/{/^# ---/d;p}' "${BASH_SOURCE[0]}"
}
