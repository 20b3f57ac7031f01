# --- MongoDB: the files of its own ----------------------------------------------------

# As mongod and WiredTiger name them, with a directory for each database or for indexes too.
readonly MONGODB_OWN_FILES='WiredTiger[^/]*|(_mdb_catalog|sizeStorer)\.wt|storage\.bson|(mongod|\.mongod)\.lock|(journal|diagnostic\.data|rollback|_tmp|_repair)(/.*)?|([^/]+/){0,2}[^/]+\.wt'

MONGODB_LINKS=() # what is data, and lies elsewhere: journals and databases that were moved to another disk

list_beside_mongodb() { # <data directory> <file>
  local name inside
  MONGODB_LINKS=()
  if [[ -L $1/journal ]]; then
    MONGODB_LINKS=(journal)
  fi
  list_foreign "$1" "${MONGODB_OWN_FILES}" "$2.all"
  while IFS= read -r -d '' name; do
    inside=''
    if [[ -L $1/${name} && -d $1/${name} ]]; then
      inside="$(find "$1/${name}/" -maxdepth 2 -name '*.wt' -print -quit 2>/dev/null || :)"
    fi
    if [[ -n ${inside} ]]; then
      MONGODB_LINKS+=("${name}")
    else
      printf '%s\0' "${name}"
    fi
  done <"$2.all" >"$2"
}
# f1fe6c61a3a6e150 backup/components/mongodb/beside-data.sh
