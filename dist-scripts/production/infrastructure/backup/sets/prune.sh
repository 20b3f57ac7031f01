# --- Prune: removing the sets that retention no longer keeps --------------------

# After a backup: the new set is complete whatever happens here.
prune_sets() {
  local trouble
  decide_retention
  tell_unusable
  renew_local_head
  if [[ -n ${DECIDED[doubt]} ]]; then
    warn "no set is removed: ${DECIDED[doubt]}"
    return 0
  fi
  remove_sets trouble
  if [[ -n ${trouble} ]]; then
    warn "not every old set was removed: ${trouble}"
  fi
}

# The newest first, so that no set is ever there without the ones it needs. A set
# leaves by a rename: what is half removed is no set.
remove_sets() { # <variable, for why it stopped early>
  local removal id said
  local -a in_use=() removals=()
  printf -v "$1" '%s' ''
  sweep_removed "$1"
  list_removals removals
  for removal in "${removals[@]}"; do
    id="${removal%% *}"
    find_sets_in_use in_use
    if [[ " ${in_use[*]} " == *" ${id} "* ]]; then
      printf -v "$1" '%s' "${id} has just come into use"
      break
    fi
    info "removing ${id}: ${removal#* }"
    if ! said="$(mv --no-target-directory -- "${STORE}/${id}" "${STORE}/${id}.removing" 2>&1)" || [[ -e ${STORE}/${id} ]]; then
      printf -v "$1" '%s' "${said:-${id} is still there}"
      break
    fi
  done
  sweep_removed "$1"
}

# Also what an earlier run renamed, and did not live to remove.
sweep_removed() { # <variable, for what could not be removed>
  local place said
  local -a places=()
  for place in "${STORE}"/[0-9]*_[0-9]*.removing; do
    if [[ ${place##*/} =~ ^[0-9]{8}_[0-9]{6}\.removing$ && -d ${place} && ! -L ${place} ]]; then
      places+=("${place:?}")
    fi
  done
  if ((${#places[@]} > 0)) \
    && { ! said="$(printf '%s\0' "${places[@]}" | xargs --null rm --recursive --force -- 2>&1)" || [[ -e ${places[-1]} ]]; }; then
    said="${said:-${places[-1]##*/} is still there}"
    printf -v "$1" '%s' "${said%%$'\n'*}"
  fi
}

# backup.sh --prune
prune() {
  local verdict removed sets bytes words trouble
  make_work_dir /tmp "${STORE}/.state"
  need_tools jq=jq flock=util-linux
  stop_at_problems
  preflight_backup_dir
  if [[ ! -d ${STORE} ]]; then
    problem "there is no ${BACKUP_DIR}: correct backup.directory in the profile, or make a backup first"
  fi
  stop_at_problems
  if [[ ${DRY_RUN} == false ]]; then
    TYPE='prune' # for who finds the lock taken
    take_lock
  fi
  decide_retention
  tell_unusable
  if [[ -n ${DECIDED[doubt]} ]]; then
    problem "${DECIDED[doubt]}"
  fi
  stop_at_problems
  jq --raw-output "${DECISION_IN_WORDS}"' "\(.id)  \(.retention | decision)"' <<<"${DECIDED[sets]}"
  read -r removed sets bytes <<<"$(jq --slurp --raw-output 'map(select(.retention.keep | not)) as $gone
    | "\($gone | length) \(length) \($gone | map(.bytes) | add // 0)"' <<<"${DECIDED[sets]}" || :)"
  human words "${bytes}"
  verdict="${removed} of ${sets} set(s), ${words}"
  if [[ ${DRY_RUN} == true ]]; then
    summary "dry run: ${verdict}, would be removed; nothing was changed"
    return 0
  fi
  renew_local_head
  remove_sets trouble
  if [[ -n ${trouble} ]]; then
    die 1 "not every old set was removed: ${trouble}"
  fi
  summary "removed ${verdict}, in ${SECONDS} s"
}

# backup.sh --prune, here or at a remote.
prune_asked() {
  if [[ -n ${OPTION[remote]} ]]; then
    prune_at_remote
  else
    prune
  fi
}
# aae207952b618d40 backup/sets/prune.sh
