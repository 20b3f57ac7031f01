# --- What a run changes, and the way back ------------------------------------------------------
#
# Every step is gone through twice: first it says what it would change, and then, when
# somebody has agreed, it changes that. What is as it should be is passed over in silence, so
# the second run has nothing to say, and one that was cut off is finished by the next.
#
# A run is a directory of root's in RUNS. "changes" has a line for each change, written before
# that is made: kind, state before, state after, and what it is. "kept" holds what was there.

readonly RUNS="/var/lib/lifeboat/${APP_NAME}/runs"

PLANNING=true # whether the steps only say what they would change
CHANGED=0     # how many things they would change, or have changed
RUN_DIR=''    # of this run, once it changes something

lock_runs() {
  local directory held
  (umask 077 && mkdir --parents -- "${RUNS}")
  exec {directory}<"${RUNS}"
  try_lock held "${directory}" --nonblock
  if [[ ${held} == false ]]; then
    die 4 "another setup is at work on this host: wait until it has ended; nothing was done"
  fi
}

# What a step would do, as a line of the plan; the differences of a file follow it.
plan() { # <state before, "gone" for what goes> <words>
  local mark="$1"
  CHANGED=$((CHANGED + 1))
  case "${mark}" in
    -) mark='+' ;; # nothing is there
    gone) mark='-' ;;
    *) mark='~' ;;
  esac
  printf '%s %s\n' "${mark}" "$2"
}

# It is named by its second, so one that comes at once waits for the next.
begin_changes() { # <name of the script>
  local stamp=''
  while [[ -z ${stamp} || -e ${RUNS}/${stamp}-$1 ]]; do
    sleep 0.1
    printf -v stamp '%(%Y%m%d_%H%M%S)T' -1
  done
  PLANNING=false
  CHANGED=0
  RUN_DIR="${RUNS}/${stamp}-$1"
  mkdir -- "${RUN_DIR}" "${RUN_DIR}/kept"
  : >"${RUN_DIR}/changes"
  sync --file-system -- "${RUN_DIR}"
}

# Before the change itself: what was changed without a note could not be put back.
note_change() { # <kind> <state before> <state after> <what>
  CHANGED=$((CHANGED + 1))
  printf '%s\t%s\t%s\t%s\n' "$@" >>"${RUN_DIR}/changes"
  if [[ $1 == file && $2 != - ]]; then
    cp --preserve=all --no-dereference -- "$4" "${RUN_DIR}/kept/${CHANGED}"
  fi
  sync -- "${RUN_DIR}/changes"
}

# Leaves in the named variable what is there: "-" for nothing; kind, mode, owner and group of a
# file or a directory, and the checksum of a file; "other" for what is neither.
state_of() { # <variable> <path>
  local found sum=''
  if [[ ! -e $2 && ! -L $2 ]]; then
    printf -v "$1" '%s' -
    return 0
  fi
  found="$(stat --format='%F %a %u %g' -- "$2")"
  case "${found}" in
    'regular file '* | 'regular empty file '*)
      checksum_of sum "$2"
      printf -v "$1" '%s' "file ${found##*file } ${sum}"
      ;;
    'directory '*) printf -v "$1" '%s' "${found}" ;;
    *) printf -v "$1" '%s' other ;;
  esac
}

# By what somebody else than root could exchange what is to stand there; nothing, where only
# root can.
find_way_above() { # <variable> <path>
  local above="${2%/*}"
  while [[ ! -e ${above:=/} ]]; do
    above="${above%/*}"
  done
  find_way_in "$1" "${above}"
}

# Brings a directory to this owner, group and mode. Only where nobody but root may exchange it.
ensure_directory() { # <path> <owner> <group> <mode>
  local before after owner group way=''
  state_of before "$1"
  owner="$(id --user -- "$2")"
  group="$(id --group -- "$3")"
  after="directory $4 ${owner} ${group}"
  if [[ ${before} == "${after}" ]]; then
    return 0
  elif [[ ${before} != - && ${before} != directory\ * ]]; then
    die 3 "$1 has to be a directory, and is none: look what it is, and move it away"
  fi
  find_way_above way "$1"
  if [[ -n ${way} ]]; then
    info "$1 is left as it is: others than root may change ${way}"
  elif [[ ${PLANNING} == true ]]; then
    plan "${before}" "directory $1, of $2:$3, mode $4"
  else
    note_change directory "${before}" "${after}" "$1"
    (umask 022 && mkdir --parents -- "$1")
    chown "$2:$3" -- "$1"
    chmod "$4" -- "$1"
  fi
}
# f92a217282091795 lib/changes.sh
