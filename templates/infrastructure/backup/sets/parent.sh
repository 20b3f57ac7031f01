# --- Chain: what this set builds on -----------------------------------------------
#
# A chain is a full set and everything that builds on it. A chain that cannot go
# on is closed, and a full set is taken in the same run.

PARENT=''       # the set that this one builds on; none for a full set
FILES_PARENT='' # the newest full or incremental set: changed files build on it
CLOSED=''       # the warning that a full set is taken in the place of another one

SEEN='' # the sets, and whether a restore was made since: what the choice depends on

look_around() {
  printf -v SEEN '%s\n' "${STORE}"/[0-9]*_[0-9]* "${STORE}/.state/restored"*
}

choose_parent() {
  local said why=''
  local -a chain=()
  if [[ ${TYPE} != incremental && ${TYPE} != database ]]; then
    return 0
  fi
  read_sets own
  said="$(ask_chains 'newest_chain | select(. != []) | .[0].format, (map(select(.type != "database")) | last.id), .[].id')"
  if [[ -z ${said} ]]; then
    begin_chain
    return 0
  fi
  mapfile -t chain <<<"${said}"
  FILES_PARENT="${chain[1]}" PARENT="${chain[-1]}"
  why_not_extend why "${chain[0]}" "${chain[@]:2}"
  if [[ -n ${why} ]]; then
    close_chain "${why}"
  elif [[ ${TYPE} == incremental ]]; then
    PARENT="${FILES_PARENT}"
  fi
}

# The first set of all is a full one, which surprises nobody.
begin_chain() {
  local -a named=("${STORE}"/[0-9]*_[0-9]*)
  if [[ -e ${named[0]} ]]; then
    close_chain 'there is no full set yet'
    return 0
  fi
  info 'there is no set yet, and the first one is a full set'
  take_full
}

take_full() {
  TYPE='full'
  PARENT=''
  FILES_PARENT=''
}

why_not_extend() { # <variable> <format of the full set> <set of the newest chain...>
  local -n reason="$1"
  if [[ $2 == 1 ]]; then
    reason="$3 was made by an older lifeboat, which left it to tar to tell what had changed; tar can be wrong about that"
    return 0
  fi
  find_weakness "$1" "${@:3}"
  if [[ -z ${reason} ]]; then
    try_passphrase "$1"
  fi
  if [[ -z ${reason} && -f ${STORE}/.state/restored ]]; then
    reason='the server was restored since the last set'
  fi
}

# A chain protects no better than the weakest of its sets.
find_weakness() { # <variable> <set of the newest chain...>
  local row set encryption
  local -A damaged=()
  find_damage damaged "${@:2}"
  for set in "${!damaged[@]}"; do
    printf -v "$1" '%s' "${set}, on which it would build, is damaged: ${damaged["${set}"]} ${AS_DAMAGED}"
  done
  for set in "${@:2}"; do
    if [[ -n ${SIGNING_KEY:-} && ! -f ${STORE}/${set}/manifest.json.sig ]]; then
      printf -v "$1" '%s' "sets are signed from now on, and ${set} is not"
    fi
  done
  for row in "${STORED_FILES[@]}"; do
    IFS=$'\t' read -r set _ _ _ encryption _ <<<"${row}"
    if [[ ${PACKED_AS} != zst && ${encryption} == none && " ${*:2} " == *" ${set} "* ]]; then
      printf -v "$1" '%s' "sets are encrypted from now on, and ${set} is not"
    fi
  done
}

# A restore takes one passphrase for a whole chain: this one must open the set below.
try_passphrase() { # <variable, for why not>
  local row set file bytes encryption smallest='' least=0
  for row in "${STORED_FILES[@]}"; do
    IFS=$'\t' read -r set _ file bytes encryption _ <<<"${row}"
    if [[ ${set} == "${PARENT}" && ${encryption} == symmetric && (-z ${smallest} || ${bytes} -lt ${least}) ]]; then
      smallest="${file}" least="${bytes}"
    fi
  done
  if [[ -n ${smallest} && ${PACKED_AS} == zst ]]; then
    warn "${PARENT} is encrypted with a passphrase, and what is stored now is not, for ${PASSPHRASE_VARIABLE} is not set: write it into ${ENV_FILE}"
  elif [[ -n ${smallest} && ${ENCRYPTION} == *symmetric* ]] && ! "${BOUNDED[@]}" "${DECRYPT[@]}" <"${STORE}/${PARENT}/${smallest}" >/dev/null 2>"${WORK_DIR}/decrypt.log"; then
    printf -v "$1" '%s' "the passphrase in ${PASSPHRASE_VARIABLE} does not open ${PARENT}, and a restore takes one passphrase for all that it reads"
  fi
}

# The operator asked for less than a full set, and must hear why it is one.
close_chain() { # <why>
  local text="a full set is taken, and no ${TYPE} one: $1"
  if [[ ${text} != "${CLOSED}" ]]; then
    warn "${text}"
  fi
  CLOSED="${text}"
  take_full
}
