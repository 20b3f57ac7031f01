# --- Damage that costs nothing to see: names and sizes ----------------------------------

readonly AS_DAMAGED='is missing or has not the size that its manifest says'

find_damage() { # <associative array, for a file of each set that is damaged> <set...>
  local -n file_of_damaged="$1"
  local row set file bytes path
  local -A there=()
  file_of_damaged=()
  if (($# == 1)); then
    return 0
  fi
  while IFS=$'\t' read -r path bytes; do
    there["${path}"]="${bytes}"
  done < <(cd -- "${STORE}" && find "${@:2}" -mindepth 1 -maxdepth 1 -type f -printf '%p\t%s\n' 2>/dev/null || :)
  for row in "${STORED_FILES[@]}"; do
    IFS=$'\t' read -r set _ file bytes _ <<<"${row}"
    if [[ " ${*:2} " == *" ${set} "* && ${there["${set}/${file}"]:-} != "${bytes}" ]]; then
      file_of_damaged+=(["${set}"]="${file}")
    fi
  done
}
# c66a0ab93b0397a3 backup/sets/damage.sh
