# A restore that left the application dead must not pass for a good one. This host
# is asked, wherever the name leads at the moment.
check_health() {
  local tries code=''
  for ((tries = 0; tries < 30; tries++)); do
    code="$(curl --silent --noproxy '*' --connect-to '::127.0.0.1:' --max-time 10 --output /dev/null --write-out '%{http_code}' -- "${HEALTH_URL}" || :)"
    if [[ ${code} == 2?? ]]; then
      info "${HEALTH_URL} answers ${code}"
      return 0
    fi
    pause 1
  done
  fail_component health "${HEALTH_URL} does not answer well (last answer: ${code}): look at the application's log; 'restore.sh --undo' brings back what was there"
}
# a88eabc97cd6ebe8 backup/swap/health.sh
