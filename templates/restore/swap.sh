# needs: lib/guards
# --- Swap: rename what was built into place, keep what was there ----------------
#
# Each swap is written to a journal before it begins. What was there keeps lying
# beside, as .<name>.lifeboat-undo-<stamp>, until --forget.

SELF=''       # this script, by its whole path
STAMP=''      # names this restore and everything that it leaves
RECORD_DIR='' # where it is written down: journal, staging places, status
HELD_SIGNAL=''

begin_record() {
  mkdir --parents "${BACKUP_DIR}/.state/restores"
  printf -v STAMP '%(%Y%m%d_%H%M%S)T' -1
  while [[ -e ${BACKUP_DIR}/.state/restores/${STAMP} ]]; do
    pause 1
    printf -v STAMP '%(%Y%m%d_%H%M%S)T' -1
  done
  RECORD_DIR="${BACKUP_DIR}/.state/restores/${STAMP}"
  mkdir "${RECORD_DIR}"
  : >"${RECORD_DIR}/journal"
  : >"${RECORD_DIR}/staging"
  printf '%s\n' "${POINT}" >"${RECORD_DIR}/set"
  printf '%s\n' "${WANTED[@]}" >"${RECORD_DIR}/components"
  sync -- "${RECORD_DIR}"/{journal,staging,set,components}
  # The script may lie in the tree that is swapped: one that can undo stays here.
  cp -- "${SELF}" "${BACKUP_DIR}/.state/restore.sh.new"
  mv --no-target-directory -- "${BACKUP_DIR}/.state/restore.sh.new" "${BACKUP_DIR}/.state/restore.sh"
  set_record_status building
}

# As long as this mark is there, nothing but an undo goes on.
mark_swapping() {
  printf '%s\n' "${STAMP}" >"${BACKUP_DIR}/.state/swapping"
  sync -- "${BACKUP_DIR}/.state/swapping" "${BACKUP_DIR}/.state"
}

# The mark goes first: were the record closed before, nothing could be undone, and
# nothing else would go on.
end_swapping() { # <finished or undone>
  rm --force -- "${BACKUP_DIR:?}/.state/swapping"
  set_record_status "$1"
}

set_record_status() { # <building, swapping, finished, undone, forgetting or forgotten>
  printf '%s\n' "$1" >"${RECORD_DIR}/status.new"
  sync -- "${RECORD_DIR}/status.new"
  mv --no-target-directory -- "${RECORD_DIR}/status.new" "${RECORD_DIR}/status"
}

# Where a path can be built so that one rename puts it into place: beside it, or
# inside it where it is a mount point, which cannot be renamed.
stage_for() { # <live path>; leaves the directory in STAGE
  local live="$1" parent="${1%/*}"
  if [[ -n ${INTO} ]]; then
    STAGE="${INTO}"
    return 0
  fi
  if [[ ! -L ${live} ]] && mountpoint --quiet "${live}" 2>/dev/null; then
    parent="${live}"
  fi
  STAGE="${parent:-}/.lifeboat-stage-${STAMP}"
  if [[ ! -d ${STAGE} ]]; then
    (umask 022 && mkdir --parents "${parent:-/}")
    printf '%s\n' "${STAGE}" >>"${RECORD_DIR}/staging"
    mkdir "${STAGE}"
  fi
}

remove_staging() { # <record directory>
  local record="$1" stage
  if [[ ! -f ${record}/staging ]]; then
    return 0
  fi
  while IFS= read -r stage; do
    if [[ ${stage} == */.lifeboat-stage-* && ${stage} != */../* && -d ${stage} && ! -L ${stage} ]]; then
      rm --recursive --force -- "${stage:?}"
    fi
  done <"${record}/staging"
  rm --force -- "${record:?}/staging"
}

# What a component was built in is empty once it is in place. It goes at once: it
# may lie inside a tree that is swapped next.
clear_stages() { # <component>
  local component="$1" stage
  while IFS= read -r stage; do
    if [[ -d ${stage} ]]; then
      rm --recursive --force -- "${stage:?}/${component:?}"
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

# A restore that was killed while it was building has changed nothing; what it
# built is in the way.
sweep_stages() {
  local record status
  for record in "${BACKUP_DIR}/.state/restores"/*; do
    if [[ -f ${record}/staging && -O ${record} && ! -L ${record} ]]; then
      read -r status <"${record}/status" || status='unknown'
      info "removing what the restore ${record##*/} (${status}) left half built"
      stop_private_servers "${record}"
      remove_staging "${record}"
    fi
  done
}

hold_signals() {
  trap 'HELD_SIGNAL=TERM' TERM
  trap 'HELD_SIGNAL=INT' INT
  trap 'HELD_SIGNAL=HUP' HUP
}

# A new data directory gets the owner and the mode of the old one.
match_owner() { # <live directory> <new directory>
  if [[ -d $1 ]]; then
    chown --recursive --reference="$1" -- "$2"
    chmod --reference="$1" -- "$2"
  fi
}

declare -A IN_PLACE=() # components that are restored, as things stand

swap_in() { # <component> <live path> <new path>
  local component="$1" live="$2" new="$3" name="${2##*/}" kind='rename' old
  IN_PLACE["${component}"]=true
  old="${live%/*}/.${name}.lifeboat-undo-${STAMP}"
  if [[ ! -e ${live} && ! -L ${live} ]]; then
    kind='create'
  elif [[ ! -L ${live} ]] && mountpoint --quiet "${live}" 2>/dev/null; then
    kind='entries'
    old="${live}/.lifeboat-undo-${STAMP}"
  fi
  printf '%s\t%s\t%s\t%s\n' "${component}" "${kind}" "${live}" "${old}" >>"${RECORD_DIR}/journal"
  sync -- "${RECORD_DIR}/journal"
  case "${kind}" in
    rename) mv --no-target-directory -- "${live}" "${old}" ;;
    entries)
      mkdir "${old}"
      move_entries "${live}" "${old}"
      printf '%s\tmoved\t%s\t%s\n' "${component}" "${live}" "${old}" >>"${RECORD_DIR}/journal"
      sync -- "${RECORD_DIR}/journal"
      move_entries "${new}" "${live}"
      return 0
      ;;
    *) ;;
  esac
  mv --no-target-directory -- "${new}" "${live}"
}

# Moves what a directory holds, except lifeboat's own directories, into another.
move_entries() { # <from> <to>
  local left
  find "$1" -mindepth 1 -maxdepth 1 ! -name '.lifeboat-*' \
    -exec mv --no-clobber --target-directory="$2" -- {} +
  left="$(find "$1" -mindepth 1 -maxdepth 1 ! -name '.lifeboat-*' -print -quit)"
  if [[ -n ${left} ]]; then
    die 1 "${left} could not be moved into $2, where something of that name has come up meanwhile"
  fi
}

# Where an undo puts what it takes away; the stamp stands at the end of the path.
undone_path() { # <old path>
  printf '%slifeboat-undone-%s' "${1%lifeboat-undo-*}" "${1##*lifeboat-undo-}"
}

# Puts back what one line of the journal replaced. The disk tells how far the
# swap had come, so that it can be undone from anywhere, and the undo repeated.
swap_back() { # <kind> <live path> <old path>
  local kind="$1" live="$2" old="$3" away
  away="$(undone_path "${old}")"
  case "${kind}" in
    rename)
      if [[ -e ${old} || -L ${old} ]]; then
        if [[ -e ${live} || -L ${live} ]]; then
          mv --no-target-directory -- "${live}" "${away}"
        fi
        mv --no-target-directory -- "${old}" "${live}"
      fi
      ;;
    create)
      if [[ -e ${live} || -L ${live} ]]; then
        mv --no-target-directory -- "${live}" "${away}"
      fi
      ;;
    moved)
      if [[ ! -d ${away} ]]; then # else this much of the undo is done
        mkdir --parents "${away}.part"
        move_entries "${live}" "${away}.part"
        mv --no-target-directory -- "${away}.part" "${away}"
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
  local only="${1:-}" name kind live old
  if [[ -n ${only} ]]; then
    unset 'IN_PLACE[${only}]'
  fi
  while IFS=$'\t' read -r name kind live old; do
    if [[ -z ${only} || ${only} == "${name}" ]]; then
      info "${name}: putting back ${live}"
      swap_back "${kind}" "${live}" "${old}"
    fi
  done < <(tac -- "${RECORD_DIR}/journal" || :)
}
