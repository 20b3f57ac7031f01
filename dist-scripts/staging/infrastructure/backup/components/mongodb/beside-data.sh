# --- MongoDB: the files of its own ----------------------------------------------------

# As mongod and WiredTiger name them, with a directory for each database or for indexes too.
readonly MONGODB_OWN_FILES='WiredTiger[^/]*|(_mdb_catalog|sizeStorer)\.wt|storage\.bson|(mongod|\.mongod)\.lock|(journal|diagnostic\.data|rollback|_tmp|_repair)(/.*)?|([^/]+/){0,2}[^/]+\.wt'

# What is data, and lies elsewhere, goes to a list of its own (.links): journals and
# databases that were moved to another disk.
list_beside_mongodb() { # <variable for why it could not be listed> <data directory> <file>
  local name inside
  : >"$3.links"
  if [[ -L $2/journal ]]; then
    printf 'journal\0' >"$3.links"
  fi
  list_foreign "$1" "$2" "${MONGODB_OWN_FILES}" "$3.all"
  while IFS= read -r -d '' name; do
    inside=''
    if [[ -L $2/${name} && -d $2/${name} ]]; then
      inside="$(find "$2/${name}/" -maxdepth 2 -name '*.wt' -print -quit 2>/dev/null || :)"
    fi
    if [[ -n ${inside} ]]; then
      printf '%s\0' "${name}" >>"$3.links"
    else
      printf '%s\0' "${name}"
    fi
  done <"$3.all" >"$3"
}
# ac892e8f8ba051a7 backup/components/mongodb/beside-data.sh
