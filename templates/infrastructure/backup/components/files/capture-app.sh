capture_app() {
  leave_out_excluded
  capture_files app "${APP_PATHS[@]}"
}
