# --- What would change ------------------------------------------------------------

CHANGES=() # which files would change, and how

# Leaves in CHANGES what an install would change.
compare_releases() {
  local name
  local -a wanted=(SHA256SUMS "${MEMBERS[@]}") present=()
  if [[ -n ${CURRENT} ]]; then
    judge_tree "${RELEASES}/${CURRENT}" "${CURRENT}" 0
    present=(SHA256SUMS "${MEMBERS[@]}")
  fi
  for name in "${wanted[@]}"; do
    if [[ " ${present[*]} " != *" ${name} "* ]]; then
      CHANGES+=("+ ${name}")
    elif [[ " ${WRONG[*]} " == *" ${name} "* ]] || ! cmp --quiet -- "${WORK_DIR}/new/${name}" "${RELEASES}/${CURRENT}/${name}"; then
      CHANGES+=("~ ${name}")
    fi
  done
  for name in "${present[@]}"; do
    if [[ " ${wanted[*]} " != *" ${name} "* ]]; then
      CHANGES+=("- ${name}")
    fi
  done
  for name in "${WRONG[@]}"; do
    if [[ " ${wanted[*]} ${present[*]} " != *" ${name} "* ]]; then
      CHANGES+=("- ${name}")
    fi
  done
}

check_release() {
  take_copy "${WORK_DIR}/new"
  read_current
  compare_releases
  if ((${#CHANGES[@]} == 0)); then
    summary "build ${BUILD} is what runs; nothing would change"
    return 0
  fi
  printf '%s\n' "${CHANGES[@]}"
  if [[ -n ${CURRENT} ]]; then
    ln --symbolic -- "${RELEASES}/${CURRENT}" "${WORK_DIR}/current"
    show_difference
  fi
  summary "build ${BUILD} would run${CURRENT:+ in place of ${CURRENT}}: ${#CHANGES[@]} files would change; nothing was changed"
  exit 7
}

show_difference() {
  (cd -- "${WORK_DIR}" && "${QUICK[@]}" diff --recursive --unified --new-file --exclude=SHA256SUMS current/ new/ || :) | plain_lines
}
