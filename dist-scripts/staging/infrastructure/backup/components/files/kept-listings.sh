# --- Kept listings: a copy of each set's, readable without a key ------------------------
# .state/listings/<set>.<component>.zst counts while it is the one its manifest means.

KEPT_LISTING='' # the file; none where it is lost, damaged or changed
KEPT_SHA256=''  # what the manifest says of it; none where the set has no such listing

find_kept_listing() { # <component> <set>
  local file="${STORE}/.state/listings/$2.$1.zst" row found
  KEPT_LISTING=''
  KEPT_SHA256=''
  for row in "${STORED_FILES[@]}"; do
    if [[ ${row} == "$2"$'\t'"$1.files"$'\t'* ]]; then
      KEPT_SHA256="${row##*$'\t'}"
    fi
  done
  if [[ ! -f ${file} || ! -r ${file} ]]; then
    return 0
  fi
  found="$("${BOUNDED[@]}" zstd -q --decompress --stdout "${file}" 2>/dev/null | "${BOUNDED_NEXT[@]}" openssl dgst -sha256 -r)" || found=''
  if [[ -n ${KEPT_SHA256} && ${found%% *} == "${KEPT_SHA256}" ]]; then
    KEPT_LISTING="${file}"
  fi
}
# b1be2eeef68a99cd backup/components/files/kept-listings.sh
