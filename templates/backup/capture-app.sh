# needs: backup/capture-files
capture_app() {
  TAR_EXCLUDES=("${APP_EXCLUDES[@]/#/--exclude=}")
  capture_files app "${APP_PATHS[@]}"
}
