# needs: backup/capture-files backup/chain
# Changed files only, where the set builds on another one. What tar knows of each
# directory is kept as .state/<set>.snar.zst; it becomes the base of the next set
# only because that set's name stands in this set's manifest.
capture_app() {
  local known="${BACKUP_DIR}/.state/${FILES_PARENT:-none}.snar.zst" level=0
  TAR_EXCLUDES=("${APP_EXCLUDES[@]/#/--exclude=}")
  TAR_FOLLOWS=''
  if [[ ${TYPE} == incremental ]]; then
    if zstd -q --decompress --stdout "${known}" >"${WORK_DIR}/app.snar" 2>/dev/null; then
      TAR_FOLLOWS="${FILES_PARENT}"
      level="$(jq '.components.app.details.level + 1' "${BACKUP_DIR}/${FILES_PARENT}/manifest.json")"
    else
      rm --force -- "${WORK_DIR:?}/app.snar"
      note_warning "app: what tar knew of the files of ${FILES_PARENT} is lost or damaged (${known}): all files are stored, not only changed ones"
    fi
  fi
  TAR_LEVEL="${level}"
  capture_files app "${APP_PATHS[@]}"
  zstd -q "-${ZSTD_LEVEL}" --stdout "${WORK_DIR}/app.snar" >"${BACKUP_DIR}/.state/${SET_ID}.snar.zst"
  own_by_app_user "${BACKUP_DIR}/.state/${SET_ID}.snar.zst"
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
