# --- Encryption: with a passphrase, where there is one ----------------------------------

# The passphrase stands in a file of the private work directory, never in an argument.
preflight_encryption() {
  local passphrase
  local - # a trace must show no secret
  set +x
  passphrase="${!PASSPHRASE_VARIABLE:-}"
  if [[ -z ${passphrase} && ${PASSPHRASE_NEEDED} == true ]]; then
    problem "${PASSPHRASE_VARIABLE} is not set, and backups are to be encrypted with it: write it into ${ENV_FILE}, and keep a copy where this server cannot be lost with it"
  elif [[ ${passphrase} == *[[:cntrl:]]* ]]; then
    problem "${PASSPHRASE_VARIABLE} holds more than one line, of which gpg would use the first: write a passphrase of one line"
  elif [[ -n ${passphrase} ]]; then
    prepare_gpg "${WORK_DIR}/gnupg"
    printf '%s\n' "${passphrase}" >"${WORK_DIR}/passphrase"
    ENCRYPT=("${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart --passphrase-file "${WORK_DIR}/passphrase" --symmetric --cipher-algo AES256 --s2k-count 65011712)
    DECRYPT=("${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart --passphrase-file "${WORK_DIR}/passphrase" --decrypt)
    PACKED_AS=zst.gpg
    ENCRYPTION='{"method": "symmetric"}'
    if ((${#passphrase} < 16)); then
      warn "${PASSPHRASE_VARIABLE} has only ${#passphrase} characters: whoever gets hold of a backup can try them all; take a longer one, as from 'openssl rand -base64 24'"
    fi
  fi
}
# 8c10de50662098e1 backup/encryption/encrypt-passphrase.sh
