# needs: lib/listing lib/sets
# --- Kept listings: a copy of each set's, readable without a key ------------------------
#
# .state/listings/<set>.<component>.zst, made with the set and removed with it. It holds
# names, and counts only while it is the very one that the set's manifest means.

KEPT_LISTING='' # the file; none where it is lost, damaged or changed
KEPT_SHA256=''  # what the manifest says of it; none where the set has no such listing

find_kept_listing() { # <component> <set>
  local file="${BACKUP_DIR}/.state/listings/$2.$1.zst" found
  KEPT_LISTING=''
  KEPT_SHA256="$(jq --raw-output --arg listing "$1.files" '.components[$listing].details.sha256 // ""' "${SETS_DIR}/$2/manifest.json")"
  if [[ ! -f ${file} || ! -r ${file} ]]; then
    return 0
  fi
  found="$(zstd -q --decompress --stdout "${file}" 2>/dev/null | openssl dgst -sha256 -r)" || found=''
  if [[ -n ${KEPT_SHA256} && ${found%% *} == "${KEPT_SHA256}" ]]; then
    KEPT_LISTING="${file}"
  fi
}
