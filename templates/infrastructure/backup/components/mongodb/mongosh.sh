# --- mongosh: started once a run -------------------------------------------------
#
# A start takes most of a second, an answer little. So one mongosh stays beside the
# run: it finds a question in the work directory, and leaves the answer there. It
# ends with the run, however that ends, and by itself when nobody asks any more.

MONGOSH_PID=''

start_mongosh() {
  mongosh_loop >"${WORK_DIR}/loop.js"
  printf '%s\n' "require(process.cwd() + '/loop.js')({ Mongo, EJSON, NumberDecimal, Timestamp, UUID }, load, sleep);" >"${WORK_DIR}/mongosh.js"
  if [[ ! -p ${WORK_DIR}/answered ]]; then
    mkfifo "${WORK_DIR}/answered"
  fi
  env --chdir="${WORK_DIR}" HOME="${WORK_DIR}" RUN="$$" \
    mongosh --nodb --norc --quiet --file "${WORK_DIR}/mongosh.js" \
    </dev/null >"${WORK_DIR}/mongosh.log" 2>&1 7>&- 8>&- 9>&- &
  MONGOSH_PID=$!
  printf '%s\n' "${MONGOSH_PID}" >"${WORK_DIR}/mongosh.pid"
}

# Called before it is needed, so that it starts while other things are looked at.
warm_mongosh() {
  if command -v mongosh >/dev/null; then
    start_mongosh
  fi
}

# Leaves in MONGOSH_PID the one of this run, which another step may have started; a
# number that another process has got meanwhile does not count.
find_mongosh() {
  MONGOSH_PID=''
  if [[ -s ${WORK_DIR}/mongosh.pid ]]; then
    read -r MONGOSH_PID <"${WORK_DIR}/mongosh.pid"
    if [[ ! /proc/${MONGOSH_PID}/cwd -ef ${WORK_DIR} ]]; then
      MONGOSH_PID=''
    fi
  fi
}

end_mongosh() {
  if [[ -z ${WORK_DIR} ]]; then
    return 0
  fi
  find_mongosh
  if [[ -n ${MONGOSH_PID} ]]; then
    kill -KILL "${MONGOSH_PID}" 2>/dev/null || :
    { wait "${MONGOSH_PID}"; } 2>/dev/null || :
  fi
}

# mongosh rewrites what it loads, so that no await has to be written; that takes time.
# So a script that says await itself, or that asks no server, is run as it is. Others
# run in a function of their own, so that none sees the names of another.
mongosh_loop() {
  cat <<'EOF_JS'
const fs = require('fs');
const Script = Object.getPrototypeOf(async () => {}).constructor;

async function answer(name, settings, shell, load) {
  const kept = { ...process.env };
  for (const setting of settings) process.env[setting.split('=', 1)[0]] = setting.slice(setting.indexOf('=') + 1);
  try {
    const text = fs.readFileSync(name + '.js', 'utf8');
    if (/\bawait\b/.test(text) || !text.includes('new Mongo(')) await new Script('require', ...Object.keys(shell), text)(require, ...Object.values(shell));
    else {
      fs.writeFileSync('loaded.js', '(() => {\n' + text + '\n})();\n');
      await load('loaded.js');
    }
  } catch (error) {
    fs.writeFileSync(name + '.log', String(error.message || error) + '\n');
  }
  for (const variable of Object.keys(process.env)) if (!(variable in kept)) delete process.env[variable];
  Object.assign(process.env, kept);
}

module.exports = async (shell, load, sleep) => {
  const answered = fs.openSync('answered', 'r+');
  let since = Date.now();
  while (fs.existsSync('/proc/' + process.env.RUN) && Date.now() - since < 5000) {
    if (fs.existsSync('question')) {
      const [name, ...settings] = fs.readFileSync('question', 'utf8').split('\0').slice(0, -1);
      fs.unlinkSync('question');
      await answer(name, settings, shell, load);
      fs.writeSync(answered, name + '\n');
      since = Date.now();
    } else {
      await sleep(10);
    }
  }
};
EOF_JS
}

MONGOSH_STATUS='' # how it ended, where it did

# Waits for the end of a script. A mongosh that was about to end by itself when it was
# asked is started again, once.
await_mongosh() { # <script> <seconds>
  local name="$1" end=$((SECONDS + $2)) whose='' answers again=true
  MONGOSH_STATUS=''
  exec {answers}<>"${WORK_DIR}/answered"
  while [[ ${whose} != "${name}" && -z ${MONGOSH_STATUS} ]]; do
    read -r -t 0.5 -u "${answers}" whose || :
    if [[ ${whose} == "${name}" ]]; then
      continue
    elif ((SECONDS > end)); then
      MONGOSH_STATUS=124
      end_mongosh
    elif [[ ! /proc/${MONGOSH_PID}/cwd -ef ${WORK_DIR} ]]; then
      MONGOSH_STATUS=0
      { wait "${MONGOSH_PID}"; } 2>/dev/null || MONGOSH_STATUS=$?
      if [[ ${again} == true && -f ${WORK_DIR}/question ]]; then
        again=false
        MONGOSH_STATUS=''
        start_mongosh
      fi
    fi
  done
  exec {answers}>&-
}
