# --- mongosh: started once a run -------------------------------------------------
#
# A start takes most of a second, an answer little. So one mongosh stays beside the
# run: it finds a question in the work directory, and leaves the answer there. It
# ends with the run, however that ends, and by itself when nobody asks any more.

# What it can be asked, and what the questions share: each part adds its own while the
# script is read, start_mongosh reads it. mongosh works on copies in the work directory, so
# that one run never meets with modules of two versions.
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
  HOME="${WORK_DIR}" run="$$" mongosh --nodb --norc --quiet --file "${WORK_DIR}/mongosh.js" \
    </dev/null >"${WORK_DIR}/mongosh.log" 2>&1 7>&- 8>&- 9>&- &
  printf '%s\n' "$!" >"${WORK_DIR}/mongosh.pid"
  cd /
}

# Called before it is needed, so that it starts while other things are looked at.
warm_mongosh() {
  if command -v mongosh >/dev/null; then
    start_mongosh
  fi
}

# The process of the one of this run, which another step may have started; a number that
# another process has got meanwhile does not count.
find_mongosh() { # <variable>
  local process=''
  if [[ -s ${WORK_DIR}/mongosh.pid ]]; then
    read -r process <"${WORK_DIR}/mongosh.pid"
    if [[ ! /proc/${process}/cwd -ef ${WORK_DIR} ]]; then
      process=''
    fi
  fi
  printf -v "$1" '%s' "${process}"
}

end_mongosh() {
  local running
  if [[ -z ${WORK_DIR} ]]; then
    return 0
  fi
  find_mongosh running
  if [[ -n ${running} ]]; then
    kill -KILL "${running}" 2>/dev/null || :
    { wait "${running}"; } 2>/dev/null || :
  fi
}

# Waits for the end of a script. A mongosh that was about to end by itself when it was
# asked is started again, once.
await_mongosh() { # <variable for how mongosh ended, if it did> <script> <seconds>
  local name="$2" end=$((SECONDS + $3)) process status='' whose='' answers again=true
  exec {answers}<>"${WORK_DIR}/answered"
  while [[ ${whose} != "${name}" && -z ${status} ]]; do
    read -r -t 0.5 -u "${answers}" whose || :
    read -r process <"${WORK_DIR}/mongosh.pid"
    if [[ ${whose} == "${name}" ]]; then
      continue
    elif ((SECONDS > end)); then
      status=124
      end_mongosh
    elif [[ ! /proc/${process}/cwd -ef ${WORK_DIR} ]]; then
      status=0
      { wait "${process}"; } 2>/dev/null || status=$?
      if [[ ${again} == true && -f ${WORK_DIR}/question ]]; then
        again=false
        status=''
        start_mongosh
      fi
    fi
  done
  exec {answers}>&-
  printf -v "$1" '%s' "${status}"
}
# aaa65c8a0997fbf1 backup/components/mongodb/mongosh.sh
