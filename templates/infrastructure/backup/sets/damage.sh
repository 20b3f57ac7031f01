# --- Damage that costs nothing to see: names and sizes ----------------------------------

declare -A INCOMPLETE=() # set: what of it is missing, or of another size

find_incomplete() { # <set...>
  local row set file bytes path
  local -A there=()
  INCOMPLETE=()
  if (($# == 0)); then
    return 0
  fi
  while IFS=$'\t' read -r path bytes; do
    there["${path}"]="${bytes}"
  done < <(cd -- "${STORE}" && find "$@" -mindepth 1 -maxdepth 1 -type f -printf '%p\t%s\n' 2>/dev/null || :)
  for row in "${STORED_FILES[@]}"; do
    IFS=$'\t' read -r set _ file bytes _ <<<"${row}"
    if [[ " $* " == *" ${set} "* && ${there["${set}/${file}"]:-} != "${bytes}" ]]; then
      INCOMPLETE["${set}"]="${file} is missing or has not the size that its manifest says"
    fi
  done
}
