# --- Signature: who wrote a file ---------------------------------------------------------

FORGED='' # why a file is not taken for one that a key of the profile signed; empty where it is

# (The namespace keeps what was signed as one kind of file from being shown as another.)
verify_signature() { # <file> <its signature> <namespace>
  local status=0
  FORGED=''
  if [[ ! -f $2 ]]; then
    FORGED='is not signed'
    return 0
  fi
  printf 'lifeboat %s\n' "${SIGNERS[@]}" >"${WORK_DIR}/signers"
  "${QUICK[@]}" ssh-keygen -Y verify -f "${WORK_DIR}/signers" -I lifeboat -n "$3" -s "$2" <"$1" >"${WORK_DIR}/signature.log" 2>&1 || status=$?
  # A tool that says nothing has verified nothing.
  if ((status != 0)) || ! grep --quiet "^Good \"$3\" signature for lifeboat " "${WORK_DIR}/signature.log"; then
    FORGED='does not bear the signature of a key that the profile names'
  fi
}
# 8c3cae86eaf15001 backup/sets/signature.sh
