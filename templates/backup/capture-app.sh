# needs: backup/capture-files backup/chain
# Changed files only, where the set builds on another one. What tar knows of each
# directory is kept as .state/<set>.snar.zst; it becomes the base of the next set
# only because that set's name stands in this set's manifest.
capture_app() {
  local known="${BACKUP_DIR}/.state/${FILES_PARENT:-none}.snar.zst"
  TAR_EXCLUDES=("${APP_EXCLUDES[@]/#/--exclude=}")
  TAR_DETAILS="$(jq --null-input --compact-output '{level: 0, excludes: $ARGS.positional}' --args -- "${APP_EXCLUDES[@]}")"
  if [[ ${TYPE} == incremental ]]; then
    compare_app
    if [[ -n ${APP_CHANGE} ]]; then
      info "app: ${APP_CHANGE}: all files are stored, not only changed ones"
    elif zstd -q --decompress --stdout "${known}" >"${WORK_DIR}/app.snar" 2>/dev/null; then
      TAR_DETAILS="$(jq --compact-output --argjson own "${TAR_DETAILS}" \
        '$own + {level: (.components.app.details.level + 1), follows: .id}' "${BACKUP_DIR}/${FILES_PARENT}/manifest.json")"
    else
      rm --force -- "${WORK_DIR:?}/app.snar"
      note_warning "app: what tar knew of the files of ${FILES_PARENT} is lost or damaged (${known}): all files are stored, not only changed ones"
    fi
  fi
  capture_files app "${APP_PATHS[@]}"
  zstd -q "-${ZSTD_LEVEL}" --stdout "${WORK_DIR}/app.snar" >"${BACKUP_DIR}/.state/${SET_ID}.snar.zst"
  own_by_app_user "${BACKUP_DIR}/.state/${SET_ID}.snar.zst"
}

APP_CHANGE=''

# Leaves in APP_CHANGE why tar would leave out files that no set below holds: it
# takes what was excluded there as known, and does not store an unchanged file that
# is named itself.
compare_app() {
  local path
  APP_CHANGE="$(jq --raw-output --argjson own "${TAR_DETAILS}" 'select(.components.app.details
    | .excludes != $own.excludes or .paths != $ARGS.positional)
    | "the paths of the application, or what is excluded, are others than in \(.id)"' \
    "${BACKUP_DIR}/${FILES_PARENT}/manifest.json" --args -- "${APP_PATHS[@]}")"
  for path in "${APP_PATHS[@]}"; do
    if [[ ! -d ${path} ]]; then
      APP_CHANGE="${path} is no directory"
    fi
  done
}

# Only the newest set that holds files can be built on.
forget_old_snapshots() {
  local file
  if [[ ${TYPE} != full && ${TYPE} != incremental ]]; then
    return 0
  fi
  for file in "${BACKUP_DIR}"/.state/[0-9]*_[0-9]*.snar.zst; do
    if [[ ${file##*/} != "${SET_ID}.snar.zst" ]]; then
      rm --force -- "${file:?}"
    fi
  done
}
