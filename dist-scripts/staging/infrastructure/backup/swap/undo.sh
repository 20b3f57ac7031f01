# --- Undo: what a restore replaced lies beside and can be put back ----------------

# Leaves the restore that --undo or --forget means in RECORD_DIR: the one that was
# interrupted while it swapped, else the newest.
find_record() { # <status that is over...>
  local record status interrupted='' over=" $* "
  RECORD_DIR=''
  if [[ -s ${STORE}/.state/swapping ]]; then
    read -r interrupted <"${STORE}/.state/swapping" || :
  fi
  for record in "${STORE}/.state/restores"/[0-9]*; do
    if [[ -n ${interrupted} && ${record##*/} != "${interrupted}" ]]; then
      continue
    fi
    if [[ -f ${record}/status && -f ${record}/journal && -O ${record} && ! -L ${record} ]]; then
      read -r status <"${record}/status"
      if [[ ${over} != *" ${status} "* ]]; then
        RECORD_DIR="${record}"
      fi
    fi
  done
  if [[ -z ${RECORD_DIR} && -n ${interrupted} ]]; then
    die 3 "the restore ${interrupted} was interrupted while it swapped, and only who ran it can undo it: look at the owner of ${BACKUP_DIR}/.state/restores/${interrupted}, and run --undo as that user; nothing was touched"
  elif [[ -z ${RECORD_DIR} ]]; then
    die 3 "no restore on record in ${BACKUP_DIR}/.state/restores can be undone; nothing was touched"
  fi
  mapfile -t WANTED <"${RECORD_DIR}/components"
  read_patterns
}

# For single paths nothing was stopped, nor is it now.
read_patterns() {
  local first=''
  if [[ -f ${RECORD_DIR}/patterns ]]; then # older records have none
    IFS= read -r first <"${RECORD_DIR}/patterns" || :
  fi
  if [[ -n ${first} ]]; then
    mapfile -t PATTERNS <"${RECORD_DIR}/patterns"
  fi
}

undo_restore() {
  local how_long later='' question status
  load_env_file
  stop_at_problems
  find_record building undone forgetting forgotten
  tell_own_copy
  ago how_long "${RECORD_DIR##*/}"
  tell_later_runs later "${how_long}"
  plan_undo "${how_long}"
  refuse_lost
  if [[ ${DRY_RUN} == true ]]; then
    summary 'dry run: all of this can be put back; nothing was changed'
    return 0
  fi
  question="what stood before the restore of ${RECORD_DIR##*/}, ${how_long}, comes back in place of ${WANTED[*]}; all that was written since is put aside"
  confirm "${question}" undo "${later}"
  take_lock
  free_reserve
  sweep_stages
  hold_signals
  mark_swapping
  put_back status
  if ((status != 0)); then
    die 1 "not everything could be put back: see the errors above, remove the cause, and run --undo again; nothing else goes on until then"
  fi
  end_undo
}

end_undo() {
  end_swapping undone
  keep_reserve
  if [[ " ${WANTED[*]} " == *' mongodb '* ]]; then
    tell_old_members
  fi
  finish "what was there before ${RECORD_DIR##*/} is back; what the restore had put there lies beside as .*.lifeboat-undone-${RECORD_DIR##*/} until --forget"
}

# How long ago that was, in words.
ago() { # <variable> <stamp>
  local now made seconds
  printf -v now '%(%s)T' -1
  made="$(date --date="${2:0:8} ${2:9:2}:${2:11:2}:${2:13:2}" +%s 2>/dev/null || printf '%s' "${now}")"
  seconds=$((now - made))
  if ((seconds < 0)); then
    printf -v "$1" 'in the future by this clock'
  elif ((seconds < 120)); then
    printf -v "$1" '%d seconds ago' "${seconds}"
  elif ((seconds < 7200)); then
    printf -v "$1" '%d minutes ago' $((seconds / 60))
  elif ((seconds < 172800)); then
    printf -v "$1" '%d hours ago' $((seconds / 3600))
  else
    printf -v "$1" '%d days ago' $((seconds / 86400))
  fi
}

# Whoever says --undo means the last run. Where another one is undone by it, that is told;
# where the last one left nothing to undo, a person must say that the older one is meant.
tell_later_runs() { # <variable for whether a person must> <how long ago what is undone was made>
  local last='' words='' when
  if [[ -s ${STORE}/.state/swapping ]]; then
    return 0 # that one is meant
  fi
  find_last_run last words
  if [[ ${last} > ${RECORD_DIR##*/} ]]; then
    ago when "${last}"
    warn "the last restore, ${last} (${when}), ${words}: what is undone is an older one, ${RECORD_DIR##*/} ($2)"
    if [[ ${words} != is* ]]; then
      printf -v "$1" '%s' true
    fi
  fi
}

# The newest record, or the note of a run that removed its own.
find_last_run() { # <variable> <variable for what became of it>
  local record status stamp='' text=''
  for record in "${STORE}/.state/restores"/[0-9]*; do
    if [[ -f ${record}/status && -O ${record} && ! -L ${record} ]]; then
      read -r status <"${record}/status" || :
      printf -v "$1" '%s' "${record##*/}"
      case "${status}" in
        building) printf -v "$2" '%s' 'was killed before it replaced anything' ;;
        undone) printf -v "$2" '%s' 'is undone already' ;;
        *) printf -v "$2" '%s' 'is forgotten already' ;;
      esac
    fi
  done
  if [[ -s ${STORE}/.state/no-undo ]]; then
    read -r stamp text <"${STORE}/.state/no-undo" || :
  fi
  if [[ ${stamp} =~ ^[0-9]{8}_[0-9]{6}$ && ${stamp} > ${!1} ]]; then
    printf -v "$1" '%s' "${stamp}"
    printf -v "$2" '%s' "${text}, and left nothing to undo"
  fi
}

# What a finished restore replaced lies beside it until --forget, unless somebody removed it.
# (Where a restore or an undo was interrupted, the disk alone tells how far it had come.)
refuse_lost() {
  local status kind live old away
  local -a lives=() lost=()
  read -r status <"${RECORD_DIR}/status"
  if [[ ${status} != finished || -s ${STORE}/.state/swapping ]]; then
    return 0
  fi
  mapfile -t lives < <(cut --fields=3 "${RECORD_DIR}/journal" || :)
  while IFS=$'\t' read -r _ kind _ old; do
    away="$(undone_path "${old}")" # the restore itself put it back
    if [[ ${kind} == create || ${kind} == moved || -e ${old} || -L ${old} || -e ${away} || -L ${away} ]]; then
      continue
    fi
    for live in "${lives[@]}"; do
      if [[ ${old} == "${live}"/* ]]; then
        continue 2 # it lies in what was replaced as a whole afterwards
      fi
    done
    lost+=("${old}")
  done <"${RECORD_DIR}/journal"
  if ((${#lost[@]} > 0)); then
    die 3 "what the restore ${RECORD_DIR##*/} replaced is not there any more: ${lost[*]}: it cannot be undone; bring back what you need from a set, or run --forget ${RECORD_DIR##*/}; nothing was touched"
  fi
}

# The script that made a restore knows best how to undo it; it left a copy of itself.
tell_own_copy() {
  local copy="${RECORD_DIR}/infrastructure/backup/restore.sh"
  if [[ ! -f ${copy} ]]; then
    copy="${STORE}/.state/restore.sh" # older versions were one file
  fi
  if [[ -f ${copy} ]] && ! cmp --quiet -- "${copy%/backup/*}/parts.sha256" "${INFRASTRUCTURE}/parts.sha256"; then
    warn "the last restore was made by another version of this script: the copy that is meant to undo it is ${copy}; run 'bash ${copy} --undo' if this one fails"
  fi
}

plan_undo() { # <how long ago it was made>
  local set_name live
  read -r set_name <"${RECORD_DIR}/set"
  info "the restore of ${set_name}, made at ${RECORD_DIR##*/} ($1), brought back ${WANTED[*]}; it replaced:"
  while IFS=$'\t' read -r _ _ live _; do
    info "  ${live}"
  done < <(sort --unique "${RECORD_DIR}/journal" || :)
  plan_services
  if [[ " ${WANTED[*]} " == *' redis '* ]]; then
    info "plan: stops Redis meanwhile (${REDIS_STOP[*]:-no command}), and starts it again (${REDIS_START[*]:-no command})"
  fi
  if [[ " ${WANTED[*]} " == *' mongodb '* ]] && ! grep --quiet $'^mongodb\tlive\t' "${RECORD_DIR}/journal"; then
    info "plan: stops MongoDB meanwhile (${MONGODB_STOP[*]:-no command}), and starts it again (${MONGODB_START[*]:-no command})"
  fi
}

# Removes what undo would need, and what an undo put aside.
forget_restores() {
  local bytes=0 words record
  local -a forgotten=()
  find_record building forgotten
  preflight_interrupted
  stop_at_problems
  choose_forgotten forgotten
  weigh_kept bytes "${forgotten[@]}"
  human words "${bytes}"
  if [[ ${DRY_RUN} == true ]]; then
    summary "dry run: ${words} of ${#forgotten[@]} restore(s) would be removed; nothing was changed"
    return 0
  fi
  confirm "this removes for good what was kept for --undo, ${words} of ${#forgotten[@]} restore(s)" forget
  take_lock
  free_reserve
  for record in "${forgotten[@]}"; do
    RECORD_DIR="${record}"
    set_record_status forgetting # what is half removed must not be put back
    remove_kept
    set_record_status forgotten
  done
  keep_reserve
  summary "what earlier restores replaced is removed, ${words}: they can no longer be undone"
}

# All of them, or the one whose stamp is given; those of this user alone.
choose_forgotten() { # <array>
  local -n going="$1"
  local record
  for record in "${STORE}/.state/restores"/[0-9]*; do
    if [[ -f ${record}/journal && -O ${record} && ! -L ${record} && (-z ${OPTION[set]} || ${record##*/} == "${OPTION[set]}") ]]; then
      going+=("${record}")
    fi
  done
  if ((${#going[@]} == 0)); then
    die 3 "there is no restore ${OPTION[set]} on record in ${BACKUP_DIR}/.state/restores; 'restore.sh --forget --dry-run' lists them; nothing was touched"
  fi
}

# Says what would go, each with its size, and adds up.
weigh_kept() { # <variable> <record...>
  local record path size words sum=0
  for record in "${@:2}"; do
    RECORD_DIR="${record}"
    list_kept >"${WORK_DIR}/kept"
    info "kept of the restore ${record##*/}:"
    while IFS= read -r path; do
      size="$("${BOUNDED[@]}" du --summarize --block-size=1 -- "${path}" 2>/dev/null | cut --fields=1 || :)"
      sum=$((sum + ${size:-0}))
      human words "${size:-0}"
      info "  ${path}, ${words}"
    done <"${WORK_DIR}/kept"
  done
  printf -v "$1" '%s' "${sum}"
}

# What one restore left beside, by its journal.
list_kept() {
  local old away
  local -A told=()
  while IFS=$'\t' read -r _ _ _ old; do
    away="$(undone_path "${old}")"
    for old in "${old}" "${away}" "${away}.part"; do
      if [[ ${old} == */.*lifeboat-undo* && ${old} != */../* && -z ${told["${old}"]:-} ]] && [[ -e ${old} || -L ${old} ]]; then
        told["${old}"]=true
        printf '%s\n' "${old}"
      fi
    done
  done <"${RECORD_DIR}/journal"
}

remove_kept() {
  local path
  list_kept >"${WORK_DIR}/kept"
  while IFS= read -r path; do
    info "removing ${path}"
    rm --recursive --force --one-file-system -- "${path:?}"
    if [[ -e ${path} || -L ${path} ]]; then
      die 1 "rm did not remove ${path}: look at the disk, and for lsattr's i; it can no longer be undone, run --forget again"
    fi
  done <"${WORK_DIR}/kept"
  rm --recursive --force -- "${RECORD_DIR:?}/infrastructure"
}
# 119facd6247507bf backup/swap/undo.sh
