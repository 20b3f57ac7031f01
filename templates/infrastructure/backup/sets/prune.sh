# --- Prune: removing the sets that retention no longer keeps --------------------

PRUNE_TROUBLE='' # why the removal stopped early

# After a backup: the new set is complete whatever happens here.
prune_sets() {
  decide_retention
  tell_unusable
  renew_local_head
  if [[ -n ${CLOCK_DOUBT} ]]; then
    warn "no set is removed: ${CLOCK_DOUBT}"
    return 0
  fi
  remove_sets
  if [[ -n ${PRUNE_TROUBLE} ]]; then
    warn "not every old set was removed: ${PRUNE_TROUBLE}"
  fi
}

# The newest first, so that no set is ever there without the ones it needs. A set
# leaves by a rename: what is half removed is no set.
remove_sets() {
  local removal id trouble
  sweep_removed
  for removal in "${REMOVALS[@]}"; do
    id="${removal%% *}"
    find_sets_in_use
    if [[ " ${IN_USE[*]} " == *" ${id} "* ]]; then
      PRUNE_TROUBLE="${id} has just come into use"
      break
    fi
    info "removing ${id}: ${removal#* }"
    if ! trouble="$(mv --no-target-directory -- "${STORE}/${id}" "${STORE}/${id}.removing" 2>&1)" || [[ -e ${STORE}/${id} ]]; then
      PRUNE_TROUBLE="${trouble:-${id} is still there}"
      break
    fi
  done
  sweep_removed
}

# Also what an earlier run renamed, and did not live to remove.
sweep_removed() {
  local place trouble
  local -a places=()
  for place in "${STORE}"/[0-9]*_[0-9]*.removing; do
    if [[ ${place##*/} =~ ^[0-9]{8}_[0-9]{6}\.removing$ && -d ${place} && ! -L ${place} ]]; then
      places+=("${place:?}")
    fi
  done
  if ((${#places[@]} > 0)) \
    && { ! trouble="$(printf '%s\0' "${places[@]}" | xargs --null rm --recursive --force -- 2>&1)" || [[ -e ${places[-1]} ]]; }; then
    trouble="${trouble:-${places[-1]##*/} is still there}"
    PRUNE_TROUBLE="${trouble%%$'\n'*}"
  fi
}

# backup.sh --prune
prune() {
  local verdict removed sets bytes words
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
  if [[ -n ${CLOCK_DOUBT} ]]; then
    problem "${CLOCK_DOUBT}"
  fi
  stop_at_problems
  jq --raw-output "${DECISION_IN_WORDS}"' "\(.id)  \(.retention | decision)"' <<<"${DECISIONS}"
  read -r removed sets bytes <<<"$(jq --slurp --raw-output 'map(select(.retention.keep | not)) as $gone
    | "\($gone | length) \(length) \($gone | map(.bytes) | add // 0)"' <<<"${DECISIONS}" || :)"
  human words "${bytes}"
  verdict="${removed} of ${sets} set(s), ${words}"
  if [[ ${DRY_RUN} == true ]]; then
    summary "dry run: ${verdict}, would be removed; nothing was changed"
    return 0
  fi
  renew_local_head
  remove_sets
  if [[ -n ${PRUNE_TROUBLE} ]]; then
    die 1 "not every old set was removed: ${PRUNE_TROUBLE}"
  fi
  summary "removed ${verdict}, in ${SECONDS} s"
}

# backup.sh --prune, here or at a remote.
prune_asked() {
  if [[ -n ${ONE_REMOTE} ]]; then
    prune_at_remote
  else
    prune
  fi
}
