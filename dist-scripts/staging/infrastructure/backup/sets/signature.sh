# --- Signature: who wrote a file ---------------------------------------------------------

# Why a file is not taken for one that a key of the profile signed; empty where it is.
# (The namespace keeps what was signed as one kind of file from being shown as another.)
verify_signature() { # <variable> <file> <its signature> <namespace>
  local status=0
  printf -v "$1" '%s' ''
  if [[ ! -f $3 ]]; then
    printf -v "$1" '%s' 'is not signed'
    return 0
  fi
  printf 'lifeboat %s\n' "${SIGNERS[@]}" >"${WORK_DIR}/signers"
  "${QUICK[@]}" ssh-keygen -Y verify -f "${WORK_DIR}/signers" -I lifeboat -n "$4" -s "$3" <"$2" >"${WORK_DIR}/signature.log" 2>&1 || status=$?
  # A tool that says nothing has verified nothing.
  if ((status != 0)) || ! grep --quiet "^Good \"$4\" signature for lifeboat " "${WORK_DIR}/signature.log"; then
    printf -v "$1" '%s' 'does not bear the signature of a key that the profile names'
  fi
}
# 731bd9f9169fc20b backup/sets/signature.sh
