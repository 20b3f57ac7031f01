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
  if [[ ${TYPE} != incremental && ${TYPE} != database ]]; then
    return 0
  fi
  read_sets own
  find_newest_sets
  if ((${#LINKS[@]} == 0)); then
    begin_chain
    return 0
  elif [[ ${CHAIN_FORMAT} == 1 ]]; then
    close_chain "${LINKS[0]} was made by an older lifeboat, which left it to tar to tell what had changed; tar can be wrong about that"
    return 0
  fi
  find_weak_link
  if [[ -n ${WEAK_LINK} ]]; then
    close_chain "${WEAK_LINK}"
  elif [[ -f ${STORE}/.state/restored ]]; then
    close_chain 'the server was restored since the last set'
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

LINKS=()       # the newest full set, and what builds on it
CHAIN_FORMAT=0 # that of the full set

# Also the newest set, and the newest that holds files.
find_newest_sets() {
  local row id type format meant
  LINKS=()
  PARENT=''
  FILES_PARENT=''
  for row in "${SET_ROWS[@]}"; do
    IFS=$'\t' read -r id type format _ _ meant <<<"${row}"
    if [[ ${meant} == true && ${type} == full ]]; then
      LINKS=("${id}")
      CHAIN_FORMAT="${format}"
    elif [[ ${meant} == true && ${#LINKS[@]} -gt 0 && ${type} != config ]]; then
      LINKS+=("${id}")
    else
      continue
    fi
    PARENT="${id}"
    if [[ ${type} != database ]]; then
      FILES_PARENT="${id}"
    fi
  done
}

# A chain protects no better than the weakest of its sets. Leaves in WEAK_LINK why
# this set must not build on these.
find_weak_link() {
  local row set encryption
  WEAK_LINK=''
  find_incomplete "${LINKS[@]}"
  for set in "${!INCOMPLETE[@]}"; do
    WEAK_LINK="${set}, on which it would build, is damaged: ${INCOMPLETE["${set}"]}"
  done
  for set in "${LINKS[@]}"; do
    if [[ -n ${SIGNING_KEY:-} && ! -f ${STORE}/${set}/manifest.json.sig ]]; then
      WEAK_LINK="sets are signed from now on, and ${set} is not"
    fi
  done
  for row in "${STORED_FILES[@]}"; do
    IFS=$'\t' read -r set _ _ _ encryption _ <<<"${row}"
    if [[ ${PACKED_AS} != zst && ${encryption} == none && " ${LINKS[*]} " == *" ${set} "* ]]; then
      WEAK_LINK="sets are encrypted from now on, and ${set} is not"
    fi
  done
}

WEAK_LINK=''

# The operator asked for less than a full set, and must hear why it is one.
close_chain() { # <why>
  local text="a full set is taken, and no ${TYPE} one: $1"
  if [[ ${text} != "${CLOSED}" ]]; then
    warn "${text}"
  fi
  CLOSED="${text}"
  take_full
}
# af6acf97e8090bfa backup/sets/parent.sh
