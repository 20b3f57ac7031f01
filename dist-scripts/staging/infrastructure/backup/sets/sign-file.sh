SIGN_TROUBLE=''

sign_file() { # <file> <namespace>
  local status=0
  SIGN_TROUBLE=''
  "${QUICK[@]}" ssh-keygen -Y sign -q -f "${SIGNING_KEY:-}" -n "$2" "$1" </dev/null 2>"${WORK_DIR}/sign.log" || status=$?
  if ((status != 0)) || [[ ! -s $1.sig ]]; then
    quote_tool "${WORK_DIR}/sign.log"
    SIGN_TROUBLE="status ${status}"
  fi
}
# 7ee4016b28f7ea51 backup/sets/sign-file.sh
