# --- Keys: opening what is encrypted --------------------------------------------------

# State of the run. KEYS is what the command line names: identity, a private key of age or
# SSH, or an exported one of GnuPG; key-file, the passphrase of the set, or that of the
# GnuPG key. GPG_HOME is where gpg keeps the private key from preflight_keys to the end.
declare -A KEYS=([identity]='' ["key-file"]='')
GPG_HOME=''

take_key_option() { # <option> <file>
  local path
  if [[ ! -f $2 || ! -r $2 ]]; then
    wrong_usage "$1 '$2' is not a file that can be read"
  fi
  path="$(realpath -- "$2")" # the script is about to leave this directory
  KEYS["${1#--}"]="${path}"
}

# Everything that the keys must open is known now. What is missing is told with the
# method and the recipients, for that is what tells which key to look for.
preflight_keys() {
  local method recipients
  local -A told=()
  while IFS=$'\t' read -r _ _ _ _ _ method recipients; do
    if [[ -v told[${method}] ]]; then
      continue
    fi
    told[${method}]=true
    case "${method}" in
      none) distrust_plain ;;
      age) need_identity age "${recipients}" ;;
      gpg) need_identity gpg "${recipients}" ;;
      symmetric) need_passphrase ;;
      *) problem "the encryption '${method}' is not known here: use the restore.sh that was generated with a newer lifeboat" ;;
    esac
  done <"${WORK_DIR}/expected"
}

# Nothing leaves for a remote in the clear unless the profile says so.
distrust_plain() {
  if [[ -n ${OPTION[from]:-} && ${REMOTE["${OPTION[from]:-}.plaintext"]:-} == false ]]; then
    distrust_set "${SET_ID:-what was asked for}" 'says that it is not encrypted, and nothing is sent there like that'
  fi
}

need_identity() { # <tool> <recipients>
  need_tools "$1=$1"
  if [[ -z ${KEYS["identity"]} ]]; then
    problem "what was asked for is encrypted with $1 to ${2//,/, }: give --identity FILE, with the private key of one of them"
  elif [[ $1 == gpg ]] && command -v gpg >/dev/null; then
    write_passphrase
    import_identity
  fi
}

need_passphrase() {
  local passphrase
  local - # a trace must show no secret
  set +x
  if [[ -z ${GPG_HOME} ]]; then
    prepare_gpg "${WORK_DIR}/gnupg"
  fi
  write_passphrase
  IFS= read -r passphrase <"${WORK_DIR}/passphrase"
  if [[ -z ${passphrase} ]]; then
    problem "what was asked for is encrypted with a passphrase: set ${PASSPHRASE_VARIABLE}, also in ${ENV_FILE}, or give --key-file FILE"
  fi
}

# From the key file, or the environment, into the file 'passphrase'. gpg takes the first line.
write_passphrase() {
  local passphrase
  local - # a trace must show no secret
  set +x
  passphrase="${!PASSPHRASE_VARIABLE:-}"
  if [[ -n ${KEYS["key-file"]} ]]; then
    IFS= read -r passphrase <"${KEYS["key-file"]}" || :
    passphrase="${passphrase%$'\r'}"
  fi
  printf '%s\n' "${passphrase}" >"${WORK_DIR}/passphrase"
}

# A private key needs gpg's agent, and that a short path for its socket. (The agent
# must inherit neither the log nor the lock.)
import_identity() {
  local status=0
  make_private_dir GPG_HOME "/tmp/lifeboat.$$"
  at_end forget_keys
  prepare_gpg "${GPG_HOME}"
  "${QUICK[@]}" "${GPG[@]}" --homedir "${GPG_HOME}" --import "${KEYS["identity"]}" </dev/null >"${WORK_DIR}/decrypt.log" 2>&1 7>&- 8>&- 9>&- || status=$?
  if ((status != 0)) || [[ ! -d ${GPG_HOME}/private-keys-v1.d ]]; then
    quote_tool "${WORK_DIR}/decrypt.log"
    problem "${KEYS["identity"]} is not a private key of GnuPG: make it where the key lives, with 'gpg --armor --export-secret-keys'"
  fi
}

# The agent would stay, and the key with it.
forget_keys() {
  if [[ -n ${GPG_HOME} ]]; then
    "${QUICK[@]}" gpgconf --homedir "${GPG_HOME}" --kill all 2>/dev/null
    rm --recursive --force -- "${GPG_HOME:?}"
  fi
}

# Fills them by what was checked. What opens the file goes from its input to its output.
find_stored() { # <variable for the file> <for how much it holds, unpacked> <array for what opens it> <set/component>
  local -n opened_by="$3"
  local each name bytes
  while IFS=$'\t' read -r each name _ _ bytes _; do
    if [[ ${each} == "$4" ]]; then
      break
    fi
  done <"${WORK_DIR}/expected"
  printf -v "$1" '%s' "${SETS_DIR}/${4%/*}/${name}"
  printf -v "$2" '%s' "${bytes}"
  opened_by=(cat)
  if [[ ${name} == *.age ]]; then
    opened_by=(age --decrypt --identity "${KEYS["identity"]}")
  elif [[ ${name} == *.gpg ]]; then
    opened_by=("${GPG[@]}" --homedir "${WORK_DIR}/gnupg" --no-autostart)
    if [[ -n ${GPG_HOME} ]]; then
      opened_by=("${GPG[@]}" --homedir "${GPG_HOME}")
    fi
    opened_by=("${opened_by[@]}" --passphrase-file "${WORK_DIR}/passphrase" --decrypt)
  fi
}

# Gives what a component holds to a command, and no more than its manifest says: a
# few bytes may unpack to more than any disk. What the command makes of it lies
# beside what runs, and may be used only afterwards: until its end, no tool knows
# that nothing was altered.
unpack_to() { # <set/component> <command> [argument...]
  unpack_within "${WORK_DIR}" 0 "$@"
}

# Of several at a time, each has a directory of its own for the words of its tools. So much
# of the beginning is also left there, in the file 'kept'.
unpack_within() { # <directory> <bytes to keep> <set/component> <command> [argument...]
  local logs="$1" kept_bytes="$2" source="$3" stored raw_bytes
  local -a opening=() statuses=(0 0 0 0)
  shift 3
  find_stored stored raw_bytes opening "${source}"
  : >"${logs}/excess"
  "${BOUNDED[@]}" "${opening[@]}" <"${stored}" 2>"${logs}/decrypt.log" \
    | "${BOUNDED_NEXT[@]}" zstd -q --decompress --stdout 2>"${logs}/zstd.log" \
    | { head --bytes="${kept_bytes}" | tee "${logs}/kept" \
      && dd bs=128K iflag=fullblock,count_bytes count="$((raw_bytes - kept_bytes))" 2>"${logs}/measure.log" \
      && head --bytes=1 >"${logs}/excess"; } \
    | "${BOUNDED_LAST[@]}" "$@" 2>"${logs}/reader.log" || statuses=("${PIPESTATUS[@]}")
  if [[ -s ${logs}/excess ]]; then
    die 6 "${source} holds more than the ${raw_bytes} bytes that its manifest says, and was not unpacked further: it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
  judge_unpacking "${logs}" "${source}" "${opening[0]}" "$1" "${statuses[@]}"
  judge_length "${logs}" "${source}" "${raw_bytes}"
}

judge_length() { # <directory of the words> <set/component> <bytes that it must hold>
  local found kept
  found="$(tail --lines=1 "$1/measure.log")"
  found="${found%% *}"
  kept="$(stat --format='%s' "$1/kept")"
  if [[ ${found} =~ ^[0-9]+$ ]]; then
    found="$((found + kept))"
  fi
  if [[ ${found} != "$3" ]]; then
    die 6 "$2 holds ${found} bytes, its manifest says $3: it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
}

# A tool that has nobody left to write to ends with SIGPIPE (141), or says so: then
# what comes after it has failed. Any other failure is one of what it read, or one of
# a program that hangs.
judge_unpacking() { # <directory of the words> <set/component> <what opened it> <command> <status of opening> <of zstd> <of measuring> <of the command>
  local logs="$1" source="$2" tool overtime damaged=false
  local -A ended=([decrypt]="$5" [zstd]="$6")
  if (($5 + $6 + $7 + $8 == 0)); then
    return 0
  fi
  for tool in decrypt zstd; do
    if ((ended[${tool}] % 141 != 0 && ended[${tool}] != 124)) && ! grep --quiet --ignore-case 'broken pipe' "${logs}/${tool}.log"; then
      damaged=true
    fi
    quote_tool "${logs}/${tool}.log"
  done
  quote_tool "${logs}/reader.log"
  if [[ ${damaged} == false ]] && grep --quiet ': Not found in archive$' "${logs}/reader.log"; then
    die 6 "${source} does not hold every file that the listing names (see above): it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
  look_at_time overtime "$5" "$6" "$8"
  if [[ ${damaged} == true && -z ${overtime} ]]; then
    die 6 "${source} cannot be opened to its end although its checksum is right ($3 $5, zstd $6; see above): its manifest was changed too; choose another set; nothing that runs was touched"
  fi
  die 1 "unpacking ${source} failed ($3 $5, zstd $6, $4 $8); see above${overtime}"
}
# e1ebdab28d70100e backup/encryption/decrypt.sh
