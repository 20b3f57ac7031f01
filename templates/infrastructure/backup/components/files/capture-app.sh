capture_app() {
  capture_files app "${APP_PATHS[@]}"
}
