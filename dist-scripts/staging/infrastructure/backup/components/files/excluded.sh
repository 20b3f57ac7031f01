# The application's listings leave out what the profile excludes.
leave_out_excluded() {
  local pattern
  PRUNED=()
  for pattern in "${APP_EXCLUDES[@]}"; do
    PRUNED+=(-o -path "${pattern}")
  done
}
# 3750ea35efd11523 backup/components/files/excluded.sh
