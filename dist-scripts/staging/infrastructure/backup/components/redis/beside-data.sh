# --- Redis: the files of its own ------------------------------------------------------

# Snapshots and append-only files, also those of names that were in use before: the
# server must never find an old one beside what was restored.
readonly REDIS_OWN_FILES='.*\.(rdb|aof)(\.[^/]*)?|[^/]+/[^/]+\.manifest|temp-[^/]*'

list_beside_redis() { # <variable for why it could not be listed> <data directory> <file>
  local name begins
  list_foreign "$1" "$2" "${REDIS_OWN_FILES}" "$3.all"
  while IFS= read -r -d '' name; do
    begins=''
    if [[ -f $2/${name} && -r $2/${name} ]]; then
      begins="$(head --bytes=9 -- "$2/${name}" | tr '\0\r\n' '???')"
    fi
    # A snapshot of any name; commands, as a Redis before 7 appends them to a file of any name.
    if [[ ! ${begins} =~ ^(REDIS[0-9]{4}|VALKEY[0-9]{3}|\*[0-9]+\?\?\$) ]]; then
      printf '%s\0' "${name}"
    fi
  done <"$3.all" >"$3"
}
# 77dfbaefedad83cd backup/components/redis/beside-data.sh
