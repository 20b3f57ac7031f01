mark_sources() {
  local place="${STORE}/.state/in-use"
  if [[ ${SETS_DIR} != "${STORE}" ]]; then
    return 0 # what was downloaded or copied is removed by no backup
  fi
  if [[ ! -w ${STORE} || (-d ${place} && ! -w ${place}) ]]; then
    warn "cannot write to ${place}: a backup run may remove the sets that are read here, once their time is over"
    return 0
  fi
  prepare_state
  at_end unmark_sets
  mark_in_use "${SOURCES[@]%/*}"
}
# c9f212574e270f5e backup/sets/mark-in-use.sh
