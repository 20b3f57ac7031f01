# needs: lib/sets backup/damage backup/capture backup/pack
# --- Chain: what this set builds on -----------------------------------------------
#
# A chain is a full set and everything that builds on it. A chain that cannot go
# on is closed, and a full set is taken in the same run.

PARENT=''       # the set that this one builds on; none for a full set
FILES_PARENT='' # the newest full or incremental set: changed files build on it
CLOSED=''       # the warning that a full set is taken in the place of another one

# The sets that may be built on: what another application, environment or version
# made in the same directory is nothing that a restore would put together with ours.
read_own_sets() {
  read_sets
  SETS="$(jq --compact-output --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" \
    'select(.application == $application and .environment == $environment and (.format == 1 or .format == 2))' <<<"${SETS}")"
}

SEEN='' # the sets, and whether a restore was made since: what the choice depends on

look_around() {
  printf -v SEEN '%s\n' "${BACKUP_DIR}"/[0-9]*_[0-9]* "${BACKUP_DIR}/.state/restored"*
}

# Finds the newest full set, the newest set that holds files, and the newest set.
choose_parent() {
  local full format links
  local -a sets=()
  if [[ ${TYPE} != incremental && ${TYPE} != database ]]; then
    return 0
  fi
  read_own_sets
  read -r full format FILES_PARENT PARENT links <<<"$(jq --slurp --raw-output '
    (map(select(.type == "full")) | last // {id: "-", format: 0}) as $full
    | map(select(.id >= $full.id and .type != "config"))
    | "\($full.id) \($full.format) \(map(select(.type != "database")) | last.id // "-") \(last.id // "-") \(map(.id) | join(" "))"' <<<"${SETS}" || :)"
  if [[ ${full:--} == '-' ]]; then
    close_chain 'there is no full set yet'
    return 0
  elif [[ ${format} == 1 ]]; then
    close_chain "${full} was made by an older lifeboat, which left it to tar to tell what had changed; tar can be wrong about that"
    return 0
  fi
  read -r -a sets <<<"${links}"
  find_weak_link "${sets[@]}"
  if [[ -n ${WEAK_LINK} ]]; then
    close_chain "${WEAK_LINK}"
  elif [[ -f ${BACKUP_DIR}/.state/restored ]]; then
    close_chain 'the server was restored since the last set'
  elif [[ ${TYPE} == incremental ]]; then
    PARENT="${FILES_PARENT}"
  fi
}

# A chain protects no better than the weakest of its sets. Leaves in WEAK_LINK why
# this set must not build on these.
find_weak_link() { # <set...>
  local set plain
  local -a manifests=()
  WEAK_LINK=''
  find_incomplete "$@"
  for set in "${!INCOMPLETE[@]}"; do
    WEAK_LINK="${set}, on which it would build, is damaged: ${INCOMPLETE["${set}"]}"
  done
  for set in "$@"; do
    if [[ -n ${SIGNING_KEY:-} && ! -f ${BACKUP_DIR}/${set}/manifest.json.sig ]]; then
      WEAK_LINK="sets are signed from now on, and ${set} is not"
    fi
    manifests+=("${BACKUP_DIR}/${set}/manifest.json")
  done
  if [[ ${PACKED_AS} != zst ]]; then
    plain="$(printf '%s\0' "${manifests[@]}" | xargs --null jq --raw-output \
      'select(any(.components[]; .encryption.method == "none")) | .id')"
    if [[ -n ${plain} ]]; then
      WEAK_LINK="sets are encrypted from now on, and ${plain%%$'\n'*} is not"
    fi
  fi
}

WEAK_LINK=''

# The operator asked for less than a full set, and must hear why it is one.
close_chain() { # <why>
  local text="a full set is taken, and no ${TYPE} one: $1"
  if [[ ${text} != "${CLOSED}" ]]; then
    warn "${text}"
  fi
  CLOSED="${text}"
  TYPE='full'
  PARENT=''
  FILES_PARENT=''
}
