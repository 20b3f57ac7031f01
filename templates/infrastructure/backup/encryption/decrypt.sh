# --- Keys: opening what is encrypted --------------------------------------------------

IDENTITY=''   # --identity: a private key of age or SSH, or an exported one of GnuPG
KEY_FILE=''   # --key-file: the passphrase of the set, or that of the GnuPG key
PASSPHRASE='' # from the key file, or the environment
GPG_HOME=''   # where gpg keeps the private key meanwhile

take_key_option() { # <option> <file>
  local path
  if [[ ! -f $2 || ! -r $2 ]]; then
    wrong_usage "$1 '$2' is not a file that can be read"
  fi
  path="$(realpath -- "$2")" # the script is about to leave this directory
  if [[ $1 == --identity ]]; then
    IDENTITY="${path}"
  else
    KEY_FILE="${path}"
  fi
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
  if [[ -n ${FROM:-} && ${REMOTE["${FROM:-}.plaintext"]:-} == false ]]; then
    distrust_set "${SET_ID:-what was asked for}" 'says that it is not encrypted, and nothing is sent there like that'
  fi
}

need_identity() { # <tool> <recipients>
  need_tools "$1=$1"
  if [[ -z ${IDENTITY} ]]; then
    problem "what was asked for is encrypted with $1 to ${2//,/, }: give --identity FILE, with the private key of one of them"
  elif [[ $1 == gpg ]] && command -v gpg >/dev/null; then
    read_passphrase
    import_identity
  fi
}

need_passphrase() {
  local - # a trace must show no secret
  set +x
  if [[ -z ${GPG_HOME} ]]; then
    prepare_gpg "${WORK_DIR}/gnupg" --no-autostart
  fi
  read_passphrase
  if [[ -z ${PASSPHRASE} ]]; then
    problem "what was asked for is encrypted with a passphrase: set ${PASSPHRASE_VARIABLE}, also in ${ENV_FILE}, or give --key-file FILE"
  fi
}

# gpg takes the first line.
read_passphrase() {
  local - # a trace must show no secret
  set +x
  PASSPHRASE="${!PASSPHRASE_VARIABLE:-}"
  if [[ -n ${KEY_FILE} ]]; then
    IFS= read -r PASSPHRASE <"${KEY_FILE}" || :
    PASSPHRASE="${PASSPHRASE%$'\r'}"
  fi
  printf '%s\n' "${PASSPHRASE}" >"${WORK_DIR}/passphrase"
}

# A private key needs gpg's agent, and that a short path for its socket. (The agent
# must inherit neither the log nor the lock.)
import_identity() {
  local status=0
  make_private_dir GPG_HOME "/tmp/lifeboat.$$"
  at_end forget_keys
  prepare_gpg "${GPG_HOME}"
  "${QUICK[@]}" "${GPG[@]}" --import "${IDENTITY}" </dev/null >"${WORK_DIR}/decrypt.log" 2>&1 7>&- 8>&- 9>&- || status=$?
  if ((status != 0)) || [[ ! -d ${GPG_HOME}/private-keys-v1.d ]]; then
    quote_tool "${WORK_DIR}/decrypt.log"
    problem "${IDENTITY} is not a private key of GnuPG: make it where the key lives, with 'gpg --armor --export-secret-keys'"
  fi
}

# The agent would stay, and the key with it.
forget_keys() {
  if [[ -n ${GPG_HOME} ]]; then
    "${QUICK[@]}" gpgconf --homedir "${GPG_HOME}" --kill all 2>/dev/null
    rm --recursive --force -- "${GPG_HOME:?}"
  fi
}

TOOL_LOGS=''  # where the tools of one unpacking leave their words; the work directory, if nothing is said
STORED=''     # the file that holds a component
DECRYPT=(cat) # what opens it, from its input to its output
RAW_BYTES=0   # how much it holds, unpacked
KEPT_BYTES=0  # how much of its beginning is also left in the file 'kept', beside the words of the tools

# Leaves all three for one component, by what was checked.
find_stored() { # <set/component>
  local file logs="${TOOL_LOGS:-${WORK_DIR}}"
  awk -F '\t' -v OFS='\t' -v source="$1" '$1 == source {print $2, $5; exit}' "${WORK_DIR}/expected" >"${logs}/stored"
  IFS=$'\t' read -r file RAW_BYTES <"${logs}/stored"
  STORED="${SETS_DIR}/${1%/*}/${file}"
  case "${file}" in
    *.age) DECRYPT=(age --decrypt --identity "${IDENTITY}") ;;
    *.gpg) DECRYPT=("${GPG[@]}" --passphrase-file "${WORK_DIR}/passphrase" --decrypt) ;;
    *) DECRYPT=(cat) ;;
  esac
}

# Gives what a component holds to a command, and no more than its manifest says: a
# few bytes may unpack to more than any disk. What the command makes of it lies
# beside what runs, and may be used only afterwards: until its end, no tool knows
# that nothing was altered.
unpack_to() { # <set/component> <command> [argument...]
  local source="$1" logs="${TOOL_LOGS:-${WORK_DIR}}"
  local -a statuses=(0 0 0 0)
  shift
  find_stored "${source}"
  : >"${logs}/excess"
  "${BOUNDED[@]}" "${DECRYPT[@]}" <"${STORED}" 2>"${logs}/decrypt.log" \
    | "${BOUNDED_NEXT[@]}" zstd -q --decompress --stdout 2>"${logs}/zstd.log" \
    | { head --bytes="${KEPT_BYTES}" | tee "${logs}/kept" \
      && dd bs=128K iflag=fullblock,count_bytes count="$((RAW_BYTES - KEPT_BYTES))" 2>"${logs}/measure.log" \
      && head --bytes=1 >"${logs}/excess"; } \
    | "${BOUNDED_LAST[@]}" "$@" 2>"${logs}/reader.log" || statuses=("${PIPESTATUS[@]}")
  if [[ -s ${logs}/excess ]]; then
    die 6 "${source} holds more than the ${RAW_BYTES} bytes that its manifest says, and was not unpacked further: it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
  judge_unpacking "${source}" "$1" "${statuses[@]}"
  judge_length "${source}"
}

judge_length() { # <set/component>
  local found kept logs="${TOOL_LOGS:-${WORK_DIR}}"
  found="$(tail --lines=1 "${logs}/measure.log")"
  found="${found%% *}"
  kept="$(stat --format='%s' "${logs}/kept")"
  if [[ ${found} =~ ^[0-9]+$ ]]; then
    found="$((found + kept))"
  fi
  if [[ ${found} != "${RAW_BYTES}" ]]; then
    die 6 "$1 holds ${found} bytes, its manifest says ${RAW_BYTES}: it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
}

# A tool that has nobody left to write to ends with SIGPIPE (141), or says so: then
# what comes after it has failed. Any other failure is one of what it read, or one of
# a program that hangs.
judge_unpacking() { # <set/component> <command> <status of decrypting> <of zstd> <of measuring> <of the command>
  local tool overtime damaged=false logs="${TOOL_LOGS:-${WORK_DIR}}"
  local -A ended=([decrypt]="$3" [zstd]="$4")
  if (($3 + $4 + $5 + $6 == 0)); then
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
    die 6 "$1 does not hold every file that the listing names (see above): it was changed, and its manifest too; choose another set; nothing that runs was touched"
  fi
  look_at_time overtime "$3" "$4" "$6"
  if [[ ${damaged} == true && -z ${overtime} ]]; then
    die 6 "$1 cannot be opened to its end although its checksum is right (${DECRYPT[0]} $3, zstd $4; see above): its manifest was changed too; choose another set; nothing that runs was touched"
  fi
  die 1 "unpacking $1 failed (${DECRYPT[0]} $3, zstd $4, $2 $6); see above${overtime}"
}
