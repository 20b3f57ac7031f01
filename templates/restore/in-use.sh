# needs: lib/guards restore/select-set
# --- Marks: no backup run removes a set while it is read --------------------------

# A set is marked as .state/in-use/<set>.<process>; the mark of a process that is
# gone means nothing.
mark_sets_in_use() {
  local source place="${BACKUP_DIR}/.state/in-use"
  if [[ -n ${FROM:-} ]]; then
    return 0 # what was downloaded is nobody else's
  fi
  if [[ ! -w ${BACKUP_DIR} || (-d ${place} && ! -w ${place}) ]]; then
    warn "cannot write to ${place}: a backup run may remove the sets that are read here, once their time is over"
    return 0
  fi
  prepare_state
  mkdir --parents "${place}"
  for source in "${SOURCES[@]}"; do
    : >"${place}/${source%/*}.$$"
  done
  own_by_app_user "${place}"
}

unmark_sets() {
  if [[ -d ${BACKUP_DIR}/.state/in-use ]]; then
    rm --force -- "${BACKUP_DIR:?}/.state/in-use"/[0-9]*_[0-9]*."$$"
  fi
}
