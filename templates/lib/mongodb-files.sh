# needs: lib/data-directory
# --- MongoDB: the files of its own ----------------------------------------------------

# As mongod and WiredTiger name them, with a directory for each database or for indexes too.
readonly MONGODB_OWN_FILES='WiredTiger[^/]*|(_mdb_catalog|sizeStorer)\.wt|storage\.bson|(mongod|\.mongod)\.lock|(journal|diagnostic\.data|rollback|_tmp|_repair)(/.*)?|([^/]+/){0,2}[^/]+\.wt'

list_beside_mongodb() { # <data directory> <file>
  list_foreign "$1" "${MONGODB_OWN_FILES}" "$2"
}
