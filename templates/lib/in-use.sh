# needs: lib/guards
# --- Marks: no run removes a set while another one reads it --------------------------

# A set is marked as .state/in-use/<set>.<process>; the mark of a process that is
# gone means nothing.
mark_in_use() { # <set...>
  local set place="${BACKUP_DIR}/.state/in-use"
  mkdir --parents "${place}"
  for set in "$@"; do
    : >"${place}/${set}.$$"
  done
  own_by_app_user "${place}"
}

unmark_sets() {
  if [[ -d ${BACKUP_DIR}/.state/in-use ]]; then
    rm --force -- "${BACKUP_DIR:?}/.state/in-use"/[0-9]*_[0-9]*."$$"
  fi
}
