# --- MongoDB: from the private server to one that runs -----------------------------

MONGOSH_MODULES+=(
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/clear.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/decode.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/part.js"
  "${INFRASTRUCTURE}/backup/components/mongodb/mongosh/place.js"
)

dump_private_mongod() { # <new directory> [option of mongodump...]
  local directory="$1" uri status=0
  shift
  uri="$(private_uri)"
  "${BOUNDED[@]}" mongodump --uri="${uri}" "$@" --out="${directory}" >"${WORK_DIR}/mongodump.log" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "mongodump could not read the private server (status ${status}); see above"
  fi
}

# What was held is written as it was, also where a validator would refuse it today.
# mongorestore passes over failed documents and still ends with 0.
copy_to_server() { # <copy> <namespace for its only collection, or nothing> [option of mongorestore...]
  local copy="$1" to="$2" workers=4 status=0 parted
  shift 2
  if grep --quiet --recursive --include='*.metadata.json' '"capped":' "${copy}"; then
    workers=1 # several would mix up the order of a capped collection
  fi
  if [[ " $* " == *' --drop '* ]]; then
    ask_mongodb clear "copy=${copy}"
  fi
  ask_mongodb part "copy=${copy}"
  parted="$(jq --raw-output '.parted | join(", ")' "${WORK_DIR}/part.json")"
  "${BOUNDED[@]}" mongorestore --config="${WORK_DIR}/mongodb.yaml" "$@" --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection="${workers}" --dir="${copy}" >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  if ((status != 0)) || ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore could not write everything (status ${status}); see above, and what it wrote is not whole"
  fi
  if [[ -n ${parted} ]]; then
    info "mongorestore would take hours for some large documents of ${parted}: they are written one by one"
    ask_mongodb place "copy=${copy}" "to=${to}"
  fi
}
# 10c7d5e65f89bf86 backup/components/mongodb/copy.sh
