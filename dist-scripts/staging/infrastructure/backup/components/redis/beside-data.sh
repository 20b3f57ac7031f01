# --- Redis: the files of its own ------------------------------------------------------

# Snapshots and append-only files, also those of names that were in use before: the
# server must never find an old one beside what was restored.
readonly REDIS_OWN_FILES='.*\.(rdb|aof)(\.[^/]*)?|[^/]+/[^/]+\.manifest|temp-[^/]*'

list_beside_redis() { # <data directory> <file>
  local name begins
  list_foreign "$1" "${REDIS_OWN_FILES}" "$2.all"
  while IFS= read -r -d '' name; do
    begins=''
    if [[ -f $1/${name} && -r $1/${name} ]]; then
      begins="$(head --bytes=9 -- "$1/${name}" | tr '\0\r\n' '???')"
    fi
    # A snapshot of any name; commands, as a Redis before 7 appends them to a file of any name.
    if [[ ! ${begins} =~ ^(REDIS[0-9]{4}|VALKEY[0-9]{3}|\*[0-9]+\?\?\$) ]]; then
      printf '%s\0' "${name}"
    fi
  done <"$2.all" >"$2"
}
# b10b9f097a42cba1 backup/components/redis/beside-data.sh
