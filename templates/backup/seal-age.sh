# needs: lib/guards backup/pack
# --- Sealing: encrypted to the recipients --------------------------------------------
#
# This server cannot read its own backups. To prove that they can be opened, each
# run makes an age key of its own and encrypts to that one too: what was stored is
# opened once with it. Its private half goes with the work directory.

preflight_encryption() {
  local status=0 sealed_for
  local - # a trace must show no secret
  set +x
  need_tools age=age age-keygen=age
  if [[ -n ${ENCRYPTION_KEY:-} ]]; then
    problem 'ENCRYPTION_KEY is set, but backups are encrypted to the age recipients of the profile: unset it, or set backup.encryption.method in the profile to "symmetric" and generate again'
  fi
  if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null; then
    return 0
  fi
  "${BOUNDED[@]}" age-keygen >"${WORK_DIR}/identity" 2>/dev/null
  {
    printf '%s\n' "${AGE_RECIPIENTS[@]}"
    sed --quiet 's/^# public key: //p' "${WORK_DIR}/identity"
  } >"${WORK_DIR}/recipients"
  SEAL=(age --encrypt --recipients-file "${WORK_DIR}/recipients")
  UNSEAL=(age --decrypt --identity "${WORK_DIR}/identity")
  PACKED_AS=zst.age
  encrypted_to age "${AGE_RECIPIENTS[@]}"
  # age leaves out a recipient that it does not understand without a word.
  "${BOUNDED[@]}" "${SEAL[@]}" </dev/null >"${WORK_DIR}/trial.age" 2>"${WORK_DIR}/seal.log" || status=$?
  sealed_for="$(sed '/^---/q' "${WORK_DIR}/trial.age" | grep --count --text --extended-regexp '^-> (X25519|ssh-ed25519|ssh-rsa) ' || :)"
  if ((status != 0 || sealed_for != ${#AGE_RECIPIENTS[@]} + 1)); then
    quote_tool "${WORK_DIR}/seal.log"
    problem "age does not take every one of the ${#AGE_RECIPIENTS[@]} recipient(s): correct backup.encryption.recipients in the profile and generate again"
  fi
}
