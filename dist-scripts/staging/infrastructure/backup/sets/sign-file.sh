sign_file() { # <variable, for why not> <file> <namespace>
  local status=0
  printf -v "$1" '%s' ''
  "${QUICK[@]}" ssh-keygen -Y sign -q -f "${SIGNING_KEY:-}" -n "$3" "$2" </dev/null 2>"${WORK_DIR}/sign.log" || status=$?
  if ((status != 0)) || [[ ! -s $2.sig ]]; then
    quote_tool "${WORK_DIR}/sign.log"
    printf -v "$1" 'status %s' "${status}"
  fi
}
# bdbbb37e01b68c7a backup/sets/sign-file.sh
