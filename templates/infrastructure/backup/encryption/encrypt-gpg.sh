# --- Encryption: to the recipients ------------------------------------------------------
#
# This server cannot read its own backups. To prove that they can be opened, each
# run makes a random passphrase and encrypts to that one too: what was stored is
# opened once with it. It goes with the work directory.

preflight_encryption() {
  local file
  local -a files=() fingerprints=()
  local - # a trace must show no secret
  set +x
  prepare_gpg "${WORK_DIR}/gnupg"
  PACKED_AS=zst.gpg
  if [[ -n ${ENCRYPTION_KEY:-} ]]; then
    problem 'ENCRYPTION_KEY is set, but backups are encrypted to the GnuPG keys of the profile: unset it, or set backup.encryption.method in the profile to "symmetric" and generate again'
  fi
  if ! command -v gpg >/dev/null; then
    return 0
  fi
  "${QUICK[@]}" openssl rand -hex 32 >"${WORK_DIR}/passphrase"
  write_recipient_files files
  for file in "${files[@]}"; do
    check_recipient fingerprints "${file}"
  done
  ENCRYPT=("${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart --passphrase-file "${WORK_DIR}/passphrase" --encrypt "${files[@]/#/--recipient-file=}"
    --symmetric --cipher-algo AES256 --s2k-count 65536)
  DECRYPT=("${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart --passphrase-file "${WORK_DIR}/passphrase" --decrypt)
  encrypted_to gpg "${fingerprints[@]}"
}

# One key in each, for gpg takes no more than the first.
write_recipient_files() { # <array for their paths>
  local -n written="$1"
  local line file=''
  for line in "${GPG_KEYS[@]}"; do
    if [[ ${line} == '-----BEGIN '* ]]; then
      file="${WORK_DIR}/recipient.${#written[@]}.asc"
      written+=("${file}")
    fi
    printf '%s\n' "${line}" >>"${file}"
  done
}

# A key that has expired, is revoked, or only signs would end a run in its middle;
# one that soon expires would end every run from then on.
check_recipient() { # <array that gets its fingerprint> <key file>
  local -n recipients="$1"
  local listing keys fingerprint owner state abilities expires now
  listing="$("${QUICK[@]}" "${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart --with-colons --show-keys "$2" 2>"${WORK_DIR}/encrypt.log" || :)"
  keys="$(grep --count '^pub:' <<<"${listing}" || :)"
  if ((keys != 1)); then
    quote_tool "${WORK_DIR}/encrypt.log"
    problem "key ${#recipients[@]} of backup.encryption.keyFiles is ${keys} keys to gpg: write exactly one into each file and generate again"
    return 0
  fi
  about_key <<<"${listing}" >"${WORK_DIR}/key"
  IFS=$'\t' read -r state abilities expires fingerprint owner <"${WORK_DIR}/key"
  recipients+=("${fingerprint}")
  printf -v now '%(%s)T' -1
  if [[ ${state} == r ]]; then
    problem "the GnuPG key ${fingerprint} of ${owner} is revoked: take another one into the profile and generate again"
  elif [[ ${state} == e ]]; then
    problem "the GnuPG key ${fingerprint} of ${owner} has expired: extend it, export it anew, and generate again; what is encrypted to it can still be opened"
  elif [[ ${abilities} != *E* ]]; then
    problem "the GnuPG key ${fingerprint} of ${owner} cannot encrypt: give it a subkey that can, export it anew, and generate again"
  elif ((expires > 0 && expires < now + 30 * 86400)); then
    note_warning "the GnuPG key ${fingerprint} of ${owner} expires in $(((expires - now) / 86400)) day(s), and no backup can be made from then on: extend it, export it anew, and generate again"
  fi
}

# What gpg says of a key: its state, what it can do, when it can no longer be
# encrypted to (0 for never), its fingerprint, and whose it is.
about_key() {
  awk -F: '
    $1 == "pub" {state = $2; abilities = $12; limit = $7 + 0}
    ($1 == "pub" || $1 == "sub") && $12 ~ /e/ && $2 !~ /[er]/ {
      if ($7 == "") forever = 1
      else if ($7 + 0 > last) last = $7 + 0
    }
    $1 == "fpr" && !fingerprint {fingerprint = $10}
    $1 == "uid" && !owner {owner = $10}
    END {
      if (!forever && last && (!limit || last < limit)) limit = last
      printf "%s\t%s\t%d\t%s\t%s\n", state == "" ? "-" : state, abilities, limit, fingerprint, owner
    }'
}
