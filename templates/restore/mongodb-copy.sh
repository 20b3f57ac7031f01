# needs: lib/mongodb-client restore/mongodb-private
# --- MongoDB: from the private server to one that runs -----------------------------

dump_private_mongod() { # <new directory> [option of mongodump...]
  local directory="$1" status=0
  shift
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongodump --uri="${PRIVATE_URI}" "$@" --out="${directory}" >"${WORK_DIR}/mongodump.log" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/mongodump.log"
    die 1 "mongodump could not read the private server (status ${status}); its last lines stand above"
  fi
}

# What was held is written as it was, also where a validator would refuse it today.
# mongorestore passes over failed documents and still ends with 0.
copy_to_server() { # <copy> [option of mongorestore...]
  local copy="$1" workers=4 status=0
  shift
  if grep --quiet --recursive --include='*.metadata.json' '"capped":' "${copy}"; then
    workers=1 # several would mix up the order of a capped collection
  fi
  if [[ " $* " == *' --drop '* ]]; then
    ask_mongodb clear "COPY=${copy}"
  fi
  timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" \
    mongorestore --config="${WORK_DIR}/mongodb.yaml" "$@" --stopOnError --bypassDocumentValidation \
    --numInsertionWorkersPerCollection="${workers}" --dir="${copy}" >"${WORK_DIR}/mongorestore.log" 2>&1 || status=$?
  if ((status != 0)) || ! grep --quiet --extended-regexp 'successfully\. 0 document\(s\) failed' "${WORK_DIR}/mongorestore.log"; then
    quote_tool "${WORK_DIR}/mongorestore.log"
    die 1 "mongorestore could not write everything (status ${status}); its last lines stand above, and what it wrote is not whole"
  fi
}

# mongorestore --drop leaves collections of the system, such as system.js, and would
# fail on what stands in them: those that the copy brings are emptied by name.
mongodb_clear_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const client = new Mongo(fs.readFileSync('mongodb.uri', 'utf8'));
const cleared = [];
for (const database of fs.readdirSync(process.env.COPY)) {
  if (!fs.statSync(process.env.COPY + '/' + database).isDirectory()) continue;
  for (const file of fs.readdirSync(process.env.COPY + '/' + database)) {
    const [, name] = /^(system\..*)\.bson$/.exec(file) || [];
    if (!name || name.startsWith('system.buckets.') || (database === 'admin' && ['system.users', 'system.roles', 'system.version'].includes(name))) continue;
    client.getDB(database).getCollection(name).deleteMany({});
    cleared.push(database + '.' + name);
  }
}
fs.writeFileSync('clear.json', JSON.stringify({ cleared }));
EOF_JS
}
