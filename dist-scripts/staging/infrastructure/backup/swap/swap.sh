# --- Swap: rename what was built into place, keep what was there ----------------
#
# Each swap is written to a journal before it begins. What was there keeps lying
# beside, as .<name>.lifeboat-undo-<stamp>, until --forget.

# Where this restore is written down: journal, staging places, status. Its last part is the
# time, which names everything that the restore leaves.
RECORD_DIR=''

# What --undo and --forget need to write on a disk that is full by then.
readonly RESERVE_BYTES=1048576

keep_reserve() {
  local reserve="${STORE}/.state/reserve"
  if [[ -e ${reserve} ]]; then
    return 0
  fi
  if ! { head --bytes="${RESERVE_BYTES}" /dev/zero >"${reserve}"; } 2>/dev/null; then
    rm --force -- "${reserve:?}"
    warn "there is no room in ${BACKUP_DIR} for the megabyte that an undo may need: make some"
  fi
}

free_reserve() {
  rm --force -- "${STORE:?}/.state/reserve"
}

# Where the place for temporary files is full, there is room beside the sets.
find_room() {
  local trial
  if [[ (${ACTION} != undo && ${ACTION} != forget) || ${DRY_RUN} == true ]]; then
    return 0
  fi
  trial="$(mktemp --directory "${TMPDIR:-/tmp}/lifeboat.$$.XXXXXX" 2>/dev/null || :)"
  if [[ -z ${trial} ]] || ! { head --bytes=65536 /dev/zero >"${trial}/trial"; } 2>/dev/null; then
    free_reserve
    export -n TMPDIR # it is for this script alone, and for no service that it starts
    TMPDIR="${STORE}/.state"
  fi
  if [[ -n ${trial} ]]; then
    rm --recursive --force -- "${trial:?}"
  fi
}

begin_record() {
  local stamp
  mkdir --parents "${STORE}/.state/restores"
  keep_reserve
  printf -v stamp '%(%Y%m%d_%H%M%S)T' -1
  while [[ -e ${STORE}/.state/restores/${stamp} ]]; do
    pause 1
    printf -v stamp '%(%Y%m%d_%H%M%S)T' -1
  done
  RECORD_DIR="${STORE}/.state/restores/${stamp}"
  mkdir "${RECORD_DIR}"
  : >"${RECORD_DIR}/journal"
  : >"${RECORD_DIR}/staging"
  printf '%s\n' "${SET_ID:-${MOMENT[words]}}" >"${RECORD_DIR}/set"
  printf '%s\n' "${WANTED[@]}" >"${RECORD_DIR}/components"
  printf '%s\n' "${PATTERNS[@]}" >"${RECORD_DIR}/patterns"
  sync -- "${RECORD_DIR}"/{journal,staging,set,components,patterns}
  keep_scripts
  set_record_status building
  at_end end_record
}

# The scripts may lie in the tree that is swapped: those that can undo this stay here.
keep_scripts() {
  local line
  local -a parts=(parts.sha256)
  while IFS= read -r line; do
    if [[ ${line} != '#'* ]]; then
      parts+=("${line#*  }")
    fi
  done <<<"${PARTS}"
  mkdir "${RECORD_DIR}/infrastructure"
  (cd -- "${INFRASTRUCTURE}" && cp --parents -- "${parts[@]}" "${RECORD_DIR}/infrastructure/")
}

# What --undo means afterwards is an older restore: it has to say so.
note_nothing_to_undo() {
  local words='failed before it replaced anything'
  if [[ -n ${OPTION[collection]:-} && ${OUTCOME["result"]} == 'done' ]]; then
    words="brought back ${OPTION[collection]} alone"
  elif [[ -n ${OPTION[collection]:-} ]]; then
    words="failed to bring back ${OPTION[collection]}"
  fi
  { printf '%s %s\n' "${RECORD_DIR##*/}" "${words}" >"${STORE}/.state/no-undo"; } 2>/dev/null || : # a full disk
}

# As long as this mark is there, nothing but an undo goes on.
# It is there whole, or not at all: an empty one would stop every backup and name
# nothing to undo.
mark_swapping() {
  local mark="${STORE}/.state/swapping" marked=''
  if [[ -s ${mark} ]]; then
    read -r marked <"${mark}" || :
  fi
  if [[ ${marked} == "${RECORD_DIR##*/}" ]]; then
    return 0 # this undo goes on
  fi
  if ! { printf '%s\n' "${RECORD_DIR##*/}" >"${mark}.new" && sync -- "${mark}.new"; } 2>"${WORK_DIR}/mark.log"; then
    rm --force -- "${mark:?}.new"
    quote_tool "${WORK_DIR}/mark.log"
    die 1 "cannot write ${mark}: make some room in ${BACKUP_DIR}, and run again; nothing was replaced"
  fi
  mv --no-target-directory -- "${mark}.new" "${mark}"
  sync -- "${STORE}/.state"
}

# The mark goes first: were the record closed before, nothing could be undone, and
# nothing else would go on.
end_swapping() { # <finished or undone>
  rm --force -- "${STORE:?}/.state/swapping"
  if [[ -e ${STORE}/.state/swapping ]]; then
    die 1 "rm did not remove ${BACKUP_DIR}/.state/swapping, so that the next run would take this one for interrupted: try 'rm --version'"
  fi
  set_record_status "$1"
}

set_record_status() { # <building, swapping, finished, undone, forgetting or forgotten>
  local status="${RECORD_DIR}/status"
  if { printf '%s\n' "$1" >"${status}.new" && sync -- "${status}.new"; } 2>/dev/null; then
    mv --no-target-directory -- "${status}.new" "${status}"
  else
    # On a full disk it is written over, which takes no room; the first line counts.
    rm --force -- "${status:?}.new"
    printf '%s\n' "$1" 1<>"${status}"
    sync -- "${status}"
  fi
}

# Where a path can be built so that one rename puts it into place: beside it, or
# inside it where it is a mount point, which cannot be renamed. It is root's alone until it
# is in place, so that nobody can write to what has been compared.
stage_for() { # <variable for the directory by its name> <live path> [variable for it as it is opened]
  local live="$2" parent="${2%/*}" made="${OPTION[into]}" entered
  if [[ -z ${OPTION[into]} ]]; then
    if [[ ! -L ${live} ]] && mountpoint --quiet "${live}" 2>/dev/null; then
      parent="${live}"
    fi
    made="${parent:-}/.lifeboat-stage-${RECORD_DIR##*/}"
    if [[ ! -d ${made} ]]; then
      (umask 022 && mkdir --parents "${parent:-/}")
      printf '%s\n' "${made/#"${STORE}"/${BACKUP_DIR}}" >>"${RECORD_DIR}/staging"
      mkdir "${made}"
    fi
  fi
  open_directory entered "${made/#"${STORE}"/${BACKUP_DIR}}"
  if ((EUID == 0)) && [[ ! -O ${entered} ]]; then
    die 3 "${made} belongs to another user, who could change what is built there: give --into a directory of your own, or look who exchanged it; nothing was replaced"
  fi
  printf -v "$1" '%s' "${made}"
  if (($# > 2)); then
    printf -v "$3" '%s' "${entered}"
  fi
}

remove_staging() { # <record directory>
  local record="$1" stage
  if [[ ! -f ${record}/staging ]]; then
    return 0
  fi
  while IFS= read -r stage; do
    if [[ ${stage} == */.lifeboat-stage-* && ${stage} != */../* && -d ${stage} && ! -L ${stage} ]]; then
      remove_built "${stage}"
    fi
  done <"${record}/staging"
  rm --force -- "${record:?}/staging"
}

# What was restored may be directories that their owner cannot write either. What
# cannot be removed is in nobody's way, so it is told, once, and left.
remove_built() { # <path below a stage, or the stage>
  local status=0
  if ((EUID != 0)) && [[ -d $1 ]]; then
    find "$1" -type d ! -perm -u=rwx -exec chmod u+rwx -- {} ';' 2>/dev/null || :
  fi
  rm --recursive --force -- "${1:?}" 2>"${WORK_DIR}/remove.log" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/remove.log"
    warn "what was built in $1 cannot be removed: run 'sudo rm --recursive $1'; it is in nobody's way"
  fi
}

# What a component was built in is empty once it is in place. It goes at once: it
# may lie inside a tree that is swapped next.
clear_stages() { # <component>
  local component="$1" stage
  while IFS= read -r stage; do
    if [[ -d ${stage} ]]; then
      remove_built "${stage}/${component}"
      rmdir --ignore-fail-on-non-empty -- "${stage}"
    fi
  done <"${RECORD_DIR}/staging"
}

record_private_server() { # <process>
  if [[ -n ${RECORD_DIR} ]]; then
    printf '%s\n' "$1" >>"${RECORD_DIR}/servers"
  fi
}

# Private servers of a restore that was killed. A number may long belong to another
# process: only one that works in a staging place is ours.
stop_private_servers() { # <record directory>
  local record="$1" pid words
  if [[ ! -f ${record}/servers ]]; then
    return 0
  fi
  while read -r pid; do
    words="$(tr '\0' ' ' 2>/dev/null <"/proc/${pid}/cmdline" || :)"
    if [[ ${words} == *"/.lifeboat-stage-${record##*/}/"* ]]; then
      kill -TERM "${pid}"
      timeout 60 tail --pid="${pid}" --follow /dev/null 7>&- 8>&- 9>&-
    fi
  done <"${record}/servers"
}

# A signal may end a step before it has cleared away, and one that was killed clears
# nothing away; the name tells whose it is.
remove_private_dirs() {
  local left process
  for left in /tmp/lifeboat-{redis,mongod}.[0-9]*.*; do
    process="${left#/tmp/lifeboat-*.}"
    process="${process%%.*}"
    if [[ ${process} != "$$" && (${LOCKED} == false || -d /proc/${process}) ]]; then
      continue # another's; or its step may still be at work, and hold the lock
    elif [[ -d ${left} && ! -L ${left} ]] && { [[ -O ${left} ]] || ((EUID == 0)); }; then
      rm --recursive --force --one-file-system -- "${left:?}"
    fi
  done
}

# A restore that was killed while it was building has changed nothing; what it
# built is in the way.
sweep_stages() {
  local record status
  for record in "${STORE}/.state/restores"/*; do
    if [[ -f ${record}/staging && -O ${record} && ! -L ${record} ]]; then
      read -r status <"${record}/status" || status='unknown'
      info "removing what the restore ${record##*/} (${status}) left half built"
      stop_private_servers "${record}"
      remove_staging "${record}"
    fi
  done
  remove_private_dirs
}

# A new data directory gets the owner and the mode of the old one.
match_owner() { # <live directory> <new directory>
  chown --recursive --reference="$1" -- "$2"
  chmod --reference="$1" -- "$2"
}

declare -A IN_PLACE=() # components that are restored, as things stand

swap_in() { # <component> <live path> <new path>
  local component="$1" live="$2" new="$3" parent="${2%/*}" kind='rename' old opened
  IN_PLACE["${component}"]=true
  old="${parent}/.${live##*/}.lifeboat-undo-${RECORD_DIR##*/}"
  if [[ ! -e ${live} && ! -L ${live} ]]; then
    kind='create'
  elif [[ ! -L ${live} ]] && mountpoint --quiet "${live}" 2>/dev/null; then
    kind='entries'
    old="${live}/.lifeboat-undo-${RECORD_DIR##*/}"
  fi
  note_in_journal "${component}" "${kind}" "${live}" "${old}"
  if [[ ${kind} == entries ]]; then
    mkdir "${old}"
    move_entries "${live}" "${old}"
    note_in_journal "${component}" moved "${live}" "${old}"
    move_entries "${new}" "${live}"
    return 0
  fi
  open_directory opened "${parent:-/}" 1 # the swaps have begun
  if [[ ${kind} == rename ]]; then
    move "${opened}/${live##*/}" "${opened}/${old##*/}"
  fi
  move_built "${new}" "${opened}/${live##*/}"
  close_directory "${opened}"
}

note_in_journal() { # <component> <kind> <live path> <old path>
  printf '%s\t%s\t%s\t%s\n' "$@" >>"${RECORD_DIR}/journal"
  sync -- "${RECORD_DIR}/journal"
}

# A program that says that it moved something must have done so.
move() { # <from> <to>
  mv --no-target-directory -- "$1" "$2"
  if [[ -e $1 || -L $1 ]]; then
    die 1 "mv did not move $1 to $2: try 'mv --version', or install coreutils again"
  fi
}

# A directory that is moved elsewhere must be writable for who moves it, but for root.
move_built() { # <from> <to>
  local mode=''
  if [[ -d $1 && ! -L $1 && ! -w $1 ]]; then
    mode="$(stat --format='%a' -- "$1")"
    chmod u+w -- "$1"
  fi
  move "$1" "$2"
  if [[ -n ${mode} ]]; then
    chmod "${mode}" -- "$2"
  fi
}

# Moves what a directory holds, except lifeboat's own directories, into another.
move_entries() { # <from> <to>
  local left
  find "$1" -mindepth 1 -maxdepth 1 ! -name '.lifeboat-*' \
    -exec mv --no-clobber --target-directory="$2" -- {} +
  for left in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [[ ${left} != "$1"/.lifeboat-* ]] && [[ -e ${left} || -L ${left} ]]; then
      die 1 "${left} could not be moved into $2: something of that name has come up there meanwhile, or find or mv does not work"
    fi
  done
}

# Where an undo puts what it takes away; the stamp stands at the end of the path.
undone_path() { # <old path>
  printf '%slifeboat-undone-%s' "${1%lifeboat-undo-*}" "${1##*lifeboat-undo-}"
}

# Puts back what one line of the journal replaced. The disk tells how far the
# swap had come, so that it can be undone from anywhere, and the undo repeated.
swap_back() { # <kind> <live path> <old path>
  local kind="$1" live="$2" old="$3" parent="${2%/*}" opened
  if [[ ${kind} != rename && ${kind} != create ]]; then
    swap_back_within "$@"
  elif [[ -d ${parent:-/} ]]; then # else neither of the two is there
    open_directory opened "${parent:-/}" 1
    swap_back_within "${kind}" "${opened}/${live##*/}" "${opened}/${old##*/}"
    close_directory "${opened}"
  fi
}

swap_back_within() { # <kind> <live path> <old path>
  local kind="$1" live="$2" old="$3" away
  away="$(undone_path "${old}")"
  case "${kind}" in
    rename)
      if [[ -e ${old} || -L ${old} ]]; then
        if [[ -e ${live} || -L ${live} ]]; then
          move "${live}" "${away}"
        fi
        move "${old}" "${live}"
      fi
      ;;
    create)
      if [[ -e ${live} || -L ${live} ]]; then
        move "${live}" "${away}"
      fi
      ;;
    moved)
      if [[ ! -d ${away} ]]; then # else this much of the undo is done
        mkdir --parents "${away}.part"
        move_entries "${live}" "${away}.part"
        move "${away}.part" "${away}"
      fi
      ;;
    entries)
      if [[ -d ${old} ]]; then
        move_entries "${old}" "${live}"
        rmdir -- "${old}"
      fi
      ;;
    live) swap_back_mongodb "${live}" "${old}" ;;
    *) die 1 "the journal ${RECORD_DIR}/journal holds a line that is not understood: '${kind}'" ;;
  esac
}

# Undoes the swaps of all components, or of one, newest first.
swap_back_all() { # [component]
  local only="${1:-}" name kind live old i
  local -a lines=()
  if [[ -n ${only} ]]; then
    unset 'IN_PLACE[${only}]'
  fi
  mapfile -t lines <"${RECORD_DIR}/journal"
  for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
    IFS=$'\t' read -r name kind live old <<<"${lines[i]}"
    if [[ -z ${only} || ${only} == "${name}" ]]; then
      info "${name}: putting back ${live}"
      swap_back "${kind}" "${live}" "${old}"
    fi
  done
}
# f1ef2be04a160759 backup/swap/swap.sh
