# --- Is what is there older than it was? --------------------------------------------------

IN_DOUBT=''        # stale: older than it was; forged: not ours, or altered
declare -A LOST=() # set that must be there: what is wrong with it

# Everything that is not as the heads say is told; refuse_losses decides what of it
# stands in the way.
find_losses() {
  local place="${HERE}" finding kind id text unsummed
  local -a findings=()
  if [[ -n ${OPTION[from]:-} ]]; then
    place="${OPTION[from]}"
  elif [[ ${SETS_DIR} != "${STORE}" ]]; then
    place='--sets' # a copy, of which nothing is remembered
  fi
  note_head unsummed "${place}" "${SETS_DIR}"
  if [[ -n ${unsummed} ]]; then
    warn "${SETS_PLACE}: ${unsummed}"
  fi
  judge_heads findings "${SETS%%$'\n'*}"
  for finding in "${findings[@]}"; do
    IFS=$'\t' read -r _ kind id text <<<"${finding}"
    if [[ ${place} != --sets || ${kind} != new ]]; then # a copy need not have one
      keep_finding "${kind}" "${id}" "${text}"
    fi
  done
  refuse_what_is_gone
}

keep_finding() { # <kind> <set> <text>
  warn "${SETS_PLACE}: $3"
  case "$1" in
    lost) LOST["$2"]="$3" ;;
    stale | forged) IN_DOUBT="$1" ;;
    *) ;;
  esac
}

# What was asked for by its name, or all there was.
refuse_what_is_gone() {
  if [[ -n ${OPTION[set]} && -n ${LOST["${OPTION[set]}"]:-} && ! -d ${SETS_DIR}/${OPTION[set]} && ! -d ${SETS_DIR}/${OPTION[set]}.partial ]]; then
    refuse_set "${OPTION[set]} is not in ${SETS_PLACE} any more: look for it in another location ('backup.sh --list --compare'), or choose another set"
  elif [[ -z ${SETS} && ${OPTION[set]} == latest && ${#LOST[@]} -gt 0 ]]; then
    refuse_set "no set that can be used is left in ${SETS_PLACE}: look in another location"
  fi
}

# A set that is there as its head says can be restored, whatever else is missing. What
# latest or a moment means is known only where nothing newer is missing.
refuse_losses() {
  local id reason='' asked=" ${SOURCES[*]/%\/*/} ${SET_ID} "
  for id in "${!LOST[@]}"; do
    if [[ ${asked} == *" ${id} "* ]]; then
      reason="${id} is not the set that was stored under that name"
    fi
    if [[ -z ${reason} ]]; then
      mean_lost_set reason "${id}"
    fi
  done
  if [[ ${IN_DOUBT} == forged || (${IN_DOUBT} == stale && ${OPTION[set]} == latest) ]]; then
    reason="${reason:-what ${SETS_PLACE} holds may be older than it was, and ${OPTION[set]} another set than the one you mean}"
  fi
  if [[ -z ${reason} && -n "${IN_DOUBT}${!LOST[*]}" ]]; then
    warn "${SET_ID:-${MOMENT[words]}} is there as it was stored, and the restore goes on: only what is named above is missing or in doubt"
  elif [[ -n ${reason} && ${OPTION["accept-older"]} == true ]]; then
    warn "going on because of --accept-older: ${reason}"
  elif [[ -n ${reason} ]]; then
    refuse_set "${reason} (see above): look in another location ('backup.sh --list --compare', --from another remote), name a set that is there, or add --accept-older to restore what is there"
  fi
}

# For who only looks: what was shown is what is there now.
tell_losses() {
  local gone="${!LOST[*]}" what="what ${SETS_PLACE} holds may be older than it was"
  if [[ -n ${gone} ]]; then
    what="${SETS_PLACE} lacks sets, or holds others under their names: ${gone// /, }"
  fi
  if [[ -n ${OPTION[set]} && -n ${SETS} && ${IN_DOUBT} != forged && -z ${LOST["${OPTION[set]}"]:-} ]]; then
    return 0 # that one set is there as it was stored
  elif [[ -n ${IN_DOUBT}${gone} && ${OPTION["accept-older"]} == true ]]; then
    warn "accepted because of --accept-older: ${what}"
  elif [[ -n ${IN_DOUBT}${gone} ]]; then
    error "${what} (see above), and this is not all that there was: look in another location ('backup.sh --list --compare', --from another remote), or add --accept-older"
    end_with 6
  fi
}

# Why a set that is lost may be the one that is meant.
mean_lost_set() { # <variable> <set>
  local component until='~'
  if [[ ${OPTION[set]} != latest ]]; then
    return 0
  elif [[ -z ${SET_ID} ]]; then
    printf -v until '%(%Y%m%d_%H%M%S)T' "${LIMIT%:*}"
  fi
  for component in "${!SET_OF[@]}"; do
    if [[ ${component} != mongodb || -n ${SET_ID} ]] && [[ $2 > ${SET_ID:-${SET_OF[${component}]}} && ${until} > $2 ]]; then
      printf -v "$1" '%s' "$2 is newer than ${SET_ID:-${SET_OF[${component}]}}, and may be what is meant"
    fi
  done
}
# 308379af88f2c911 backup/sets/losses.sh
