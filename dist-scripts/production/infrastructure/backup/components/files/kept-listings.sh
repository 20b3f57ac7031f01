# --- Kept listings: a copy of each set's, readable without a key ------------------------
# .state/listings/<set>.<component>.zst counts while it is the one its manifest means.

# The checksum in the manifest; none where the set has no such listing.
listing_meant() { # <variable> <component> <set>
  local row sum=''
  for row in "${STORED_FILES[@]}"; do
    if [[ ${row} == "$3"$'\t'"$2.files"$'\t'* ]]; then
      sum="${row##*$'\t'}"
    fi
  done
  printf -v "$1" '%s' "${sum}"
}

# The kept file; none where it is lost, damaged or changed.
find_kept_listing() { # <variable> <component> <set>
  local path="${STORE}/.state/listings/$3.$2.zst" expected found=''
  printf -v "$1" '%s' ''
  listing_meant expected "$2" "$3"
  if [[ -f ${path} && -r ${path} ]]; then
    found="$("${BOUNDED[@]}" zstd -q --decompress --stdout "${path}" 2>/dev/null | "${BOUNDED_NEXT[@]}" openssl dgst -sha256 -r)" || found=''
  fi
  if [[ -n ${expected} && ${found%% *} == "${expected}" ]]; then
    printf -v "$1" '%s' "${path}"
  fi
}
# 9e3ee9e96ae4b515 backup/components/files/kept-listings.sh
