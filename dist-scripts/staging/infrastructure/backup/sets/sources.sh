# --- Which files of which sets a restore reads --------------------------------------

# Which sets there are, and whether that is all that should be there.
look_for_sets() {
  begin_heads
  if [[ -n ${OPTION[from]} ]]; then
    open_remote
    note_other_heads
  fi
  read_sets
  keep_own_sets
  find_losses
}

# Which files of which sets are read.
choose_sources() {
  look_for_sets
  choose_sets
  stop_at_problems
  leave_out_what_was_not_there
  read_figures
  if [[ " ${WANTED[*]} " == *' mongodb '* ]]; then
    choose_chain
  fi
  refuse_losses
  expected_files >"${WORK_DIR}/expected"
}

check_sources() {
  if [[ -n ${OPTION[from]} ]]; then
    plan_fetch
  fi
  begin_sums
  preflight_keys
  if [[ ${FILES_ARE_HERE} == false || ${DAMAGED} == true || ${#PROBLEMS[@]} -gt 0 ]]; then
    judge_sums
    refuse_damage
  elif [[ ${ACTION} == restore && ${DRY_RUN} == true ]]; then
    check_contents
  else
    check_keys
  fi
  if [[ ${FILES_ARE_HERE} == true && ${ACTION} == restore && ${#PROBLEMS[@]} == 0 ]]; then
    know_files
  fi
}

# What --diff and --find read is a listing, and no more.
read_listings() { # <set/component...>
  take_kept_listings "$@"
  if ((${#SOURCES[@]} == 0)); then
    return 0
  fi
  expected_files >"${WORK_DIR}/expected"
  check_sources
  stop_at_problems
  if [[ -n ${OPTION[from]} ]]; then
    fetch_sources
  fi
}
# aa42bad3cbe17a52 backup/sets/sources.sh
