# --- What would change ------------------------------------------------------------

# What an install would change, and how.
compare_releases() { # <array> <build that runs>
  local -n would_change="$1"
  local name current="${RELEASES}/$2" wanted present=''
  local -a members=("${MEMBERS[@]}") wrong=()
  wanted=" SHA256SUMS ${MEMBERS[*]} " # no name of a file there holds a blank
  if [[ -n $2 ]]; then
    judge_tree wrong "${current}" "$2" 0
    if [[ ${wrong[*]} != SHA256SUMS ]]; then # else it tells nothing
      read_members members "${current}"
    fi
    present=" SHA256SUMS ${members[*]} "
  fi
  for name in ${wanted}; do
    if [[ ${present} != *" ${name} "* ]]; then
      would_change+=("+ ${name}")
    elif [[ " ${wrong[*]} " == *" ${name} "* ]] || ! cmp --quiet -- "${WORK_DIR}/new/${name}" "${current}/${name}"; then
      would_change+=("~ ${name}")
    fi
  done
  for name in ${present} "${wrong[@]}"; do
    if [[ ${wanted} != *" ${name} "* && " ${would_change[*]} " != *" - ${name} "* ]]; then
      would_change+=("- ${name}")
    fi
  done
}

check_release() {
  local current
  local -a changes=()
  take_copy "${WORK_DIR}/new"
  read_current current
  compare_releases changes "${current}"
  if ((${#changes[@]} == 0)); then
    summary "build ${BUILD} is what runs; nothing would change"
    return 0
  fi
  printf '%s\n' "${changes[@]}"
  if [[ -n ${current} ]]; then
    ln --symbolic -- "${RELEASES}/${current}" "${WORK_DIR}/current"
    show_difference
  fi
  summary "build ${BUILD} would run${current:+ in place of ${current}}: ${#changes[@]} files would change; nothing was changed"
  end_with 7
}

show_difference() {
  (cd -- "${WORK_DIR}" && "${QUICK[@]}" diff --recursive --unified --new-file --exclude=SHA256SUMS current/ new/ || :) | plain_lines
}
# fdfa5e38db3966b6 release/check.sh
