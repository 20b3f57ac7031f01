# A restore that left the application dead must not pass for a good one. This host
# is asked, wherever the name leads at the moment. All data is in place by now, so that a
# signal ends the wait, for up to five minutes, and no more than that.
check_health() { # <variable for what is not known then>
  local tries code=''
  for ((tries = 0; tries < 30; tries++)); do
    if [[ ${HELD_SIGNAL} != none ]]; then
      printf -v "$1" '%s' "ended by SIG${HELD_SIGNAL} before ${HEALTH_URL} answered well${code:+ (last answer: ${code})}: whether the application works is not known, look at its log"
      return 0
    fi
    code="$(curl --silent --noproxy '*' --connect-to '::127.0.0.1:' --max-time 10 --output /dev/null --write-out '%{http_code}' -- "${HEALTH_URL}" || :)"
    if [[ ${code} == 2?? ]]; then
      info "${HEALTH_URL} answers ${code}"
      return 0
    fi
    pause 1
  done
  fail_component health "${HEALTH_URL} does not answer well (last answer: ${code}): look at the application's log; 'restore.sh --undo' brings back what was there"
}
# 3a8aaac507d2c109 backup/swap/health.sh
