# A step: leaves what capture_files leaves.
capture_app() {
  capture_files app "${APP_PATHS[@]}"
}
# dcdb7bbfbe82d154 backup/components/files/capture-app.sh
