# --- Encryption: to the recipients ------------------------------------------------------
#
# This server cannot read its own backups. To prove that they can be opened, each
# run makes an age key of its own and encrypts to that one too: what was stored is
# opened once with it. Its private half goes with the work directory.

preflight_encryption() {
  local encrypted_for status=0
  local - # a trace must show no secret
  set +x
  need_tools age=age age-keygen=age
  PACKED_AS=zst.age
  if [[ -n ${ENCRYPTION_KEY:-} ]]; then
    problem 'ENCRYPTION_KEY is set, but backups are encrypted to the age recipients of the profile: unset it, or set backup.encryption.method in the profile to "symmetric" and generate again'
  fi
  if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null; then
    return 0
  fi
  "${BOUNDED[@]}" age-keygen >"${WORK_DIR}/identity" 2>/dev/null
  write_recipients
  ENCRYPT=(age --encrypt --recipients-file "${WORK_DIR}/recipients")
  DECRYPT=(age --decrypt --identity "${WORK_DIR}/identity")
  encrypted_to age "${AGE_RECIPIENTS[@]}"
  # age leaves out a recipient that it does not understand without a word.
  "${BOUNDED[@]}" "${ENCRYPT[@]}" </dev/null >"${WORK_DIR}/trial.age" 2>"${WORK_DIR}/encrypt.log" || status=$?
  count_recipients encrypted_for "${WORK_DIR}/trial.age"
  if ((status != 0 || encrypted_for != ${#AGE_RECIPIENTS[@]} + 1)); then
    quote_tool "${WORK_DIR}/encrypt.log"
    problem "age does not take every one of the ${#AGE_RECIPIENTS[@]} recipient(s): correct backup.encryption.recipients in the profile and generate again"
  fi
}

# Those of the profile, and the one of this run.
write_recipients() {
  local line
  printf '%s\n' "${AGE_RECIPIENTS[@]}" >"${WORK_DIR}/recipients"
  while IFS= read -r line; do
    if [[ ${line} == '# public key: '* ]]; then
      printf '%s\n' "${line#'# public key: '}" >>"${WORK_DIR}/recipients"
    fi
  done <"${WORK_DIR}/identity"
}

# How many the head of a file names.
count_recipients() { # <variable> <encrypted file>
  local line count=0
  while IFS= read -r line && [[ ${line} != ---* ]]; do
    if [[ ${line} =~ ^'-> '(X25519|ssh-ed25519|ssh-rsa)' ' ]]; then
      count=$((count + 1))
    fi
  done <"$2"
  printf -v "$1" '%s' "${count}"
}
