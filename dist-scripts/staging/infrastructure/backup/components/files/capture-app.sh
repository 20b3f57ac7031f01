capture_app() {
  leave_out_excluded
  capture_files app "${APP_PATHS[@]}"
}
# 5dfe2c59cf8708f5 backup/components/files/capture-app.sh
