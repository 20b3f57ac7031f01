# --- Signature: so that a manifest that somebody alters is found out -------------------

preflight_signing() {
  local mode kind key signer known=false
  need_tools ssh-keygen=openssh-client
  if [[ ! -f ${SIGNING_KEY} || ! -r ${SIGNING_KEY} ]]; then
    problem "cannot read the signing key ${SIGNING_KEY}: make it with 'ssh-keygen -t ed25519 -N \"\" -f ${SIGNING_KEY}', and write the line in ${SIGNING_KEY}.pub into backup.signing.publicKeys"
    return 0
  fi
  mode="$(stat --format='%a' -- "${SIGNING_KEY}")"
  if [[ ! ${mode} =~ ^[0-7]*00$ ]]; then
    problem "the signing key ${SIGNING_KEY} has mode ${mode:-unknown}: run 'chmod 600 ${SIGNING_KEY}'"
    return 0
  fi
  read -r kind key _ <<<"$("${QUICK[@]}" ssh-keygen -y -P '' -f "${SIGNING_KEY}" </dev/null 2>/dev/null || :)"
  if [[ -z ${key:-} ]]; then
    problem "${SIGNING_KEY} is no private SSH key without a passphrase, and nobody could type one: make another one with 'ssh-keygen -t ed25519 -N \"\" -f ${SIGNING_KEY}'"
    return 0
  fi
  for signer in "${SIGNERS[@]}"; do
    if [[ "${signer} " == "${kind} ${key} "* ]]; then
      known=true
    fi
  done
  if [[ ${known} == false ]]; then
    problem "the signing key ${SIGNING_KEY} is not listed in backup.signing.publicKeys, and no restore would accept what it signs: write '${kind} ${key}' into backup.signing.publicKeys and generate again"
  fi
}

sign_set() {
  local trouble
  sign_file trouble "${PARTIAL}/manifest.json" lifeboat
  if [[ -n ${trouble} ]]; then
    die 1 "the manifest could not be signed (${trouble})"
  fi
}
