# A step: leaves what capture_files leaves.
capture_app() {
  capture_files app "${APP_PATHS[@]}"
}
