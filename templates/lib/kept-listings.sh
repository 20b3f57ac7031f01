# needs: lib/listing lib/sets lib/bounded
# --- Kept listings: a copy of each set's, readable without a key ------------------------
# .state/listings/<set>.<component>.zst counts while it is the one its manifest means.

KEPT_LISTING=''       # the file; none where it is lost, damaged or changed
KEPT_SHA256=''        # what the manifest says of it; none where the set has no such listing
declare -A SAID_OF=() # set/component: the same, of the sets whose manifest was read for it

# One jq a set; what a step is to know must be read before it begins.
read_said() { # <set>
  local component sha256
  if [[ -n ${SAID_OF["$1"]:-} ]]; then
    return 0
  fi
  SAID_OF["$1"]=true
  while IFS=$'\t' read -r component sha256; do
    SAID_OF["$1/${component%.files}"]="${sha256}"
  done < <(jq --raw-output '.components | to_entries[] | select(.key | endswith(".files")) | [.key, .value.details.sha256 // ""] | @tsv' \
    "${SETS_DIR}/$1/manifest.json" || :)
}

find_kept_listing() { # <component> <set>
  local file="${BACKUP_DIR}/.state/listings/$2.$1.zst" found
  KEPT_LISTING=''
  read_said "$2"
  KEPT_SHA256="${SAID_OF["$2/$1"]:-}"
  if [[ ! -f ${file} || ! -r ${file} ]]; then
    return 0
  fi
  found="$("${BOUNDED[@]}" zstd -q --decompress --stdout "${file}" 2>/dev/null | "${BOUNDED_NEXT[@]}" openssl dgst -sha256 -r)" || found=''
  if [[ -n ${KEPT_SHA256} && ${found%% *} == "${KEPT_SHA256}" ]]; then
    KEPT_LISTING="${file}"
  fi
}
