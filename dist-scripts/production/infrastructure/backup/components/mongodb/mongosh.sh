# --- mongosh: started once a run -------------------------------------------------
#
# A start takes most of a second, an answer little. So one mongosh stays beside the
# run: it finds a question in the work directory, and leaves the answer there. It
# ends with the run, however that ends, and by itself when nobody asks any more.

MONGOSH_PID=''

# What it can be asked, and what the questions share; a part adds its own. mongosh works on
# copies in the work directory, so that one run never meets with modules of two versions.
MONGOSH_MODULES=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/loop.js")

# What mongosh is given to run it rewrites, which takes time: so that is one line, and the
# modules that it reads run as they are.
start_mongosh() {
  if [[ ! -p ${WORK_DIR}/answered ]]; then
    mkfifo "${WORK_DIR}/answered"
    cp -- "${MONGOSH_MODULES[@]}" "${WORK_DIR}/"
    printf '%s\n' "require(process.cwd() + '/loop.js').answerQuestions({ Mongo, EJSON, NumberDecimal, Timestamp, UUID, sleep });" >"${WORK_DIR}/mongosh.js"
  fi
  cd -- "${WORK_DIR}" # where it is from its first moment on, by which it is known again
  HOME="${WORK_DIR}" RUN="$$" mongosh --nodb --norc --quiet --file "${WORK_DIR}/mongosh.js" \
    </dev/null >"${WORK_DIR}/mongosh.log" 2>&1 7>&- 8>&- 9>&- &
  MONGOSH_PID=$!
  cd /
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
# 0743ab58f08b980b backup/components/mongodb/mongosh.sh
