# --- Marks: no run removes a set while another one reads it --------------------------

# A set is marked as .state/in-use/<set>.<process>; the mark of a process that is
# gone means nothing.
mark_in_use() { # <set...>
  local set place="${STORE}/.state/in-use"
  mkdir --parents "${place}"
  for set in "$@"; do
    : >"${place}/${set}.$$"
  done
}

unmark_sets() {
  if [[ -d ${STORE}/.state/in-use ]]; then
    rm --force -- "${STORE:?}/.state/in-use"/[0-9]*_[0-9]*."$$"
  fi
}
# aa9fb412f015f627 backup/sets/in-use.sh
