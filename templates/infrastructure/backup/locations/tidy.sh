# --- At a remote: the newest chain once more, and what retention no longer keeps ---
#
# Both judge by the manifests that are there, not by what is here: a set may be
# there that is no longer here, and another host may do this.

tidy_remote() { # <remote>
  local remote="$1" allowed="${REMOTE["$1.prune"]}"
  UPLOAD_RESULT=''
  if [[ -n ${REMOTE["${remote}.latest"]} ]]; then
    update_latest "${remote}" "${allowed}"
  fi
  if [[ -n ${UPLOAD_RESULT} ]]; then
    remote_failed "${remote}" "${UPLOAD_RESULT}"
    UPLOAD_RESULT=''
    allowed=false
  fi
  settle_remote "${remote}" "${allowed}"
  if [[ -n ${UPLOAD_RESULT} ]]; then
    remote_failed "${remote}" "${UPLOAD_RESULT}"
  fi
}

# Leaves in SETS what of ours is there, and in DAMAGED_SETS what is not whole.
open_place() { # <remote> <directory> <name of the cache>
  cache_for "$3"
  read_place "$1" "$2" "${CACHE}"
  if ((RCLONE_STATUS != 0)); then
    UPLOAD_RESULT="the sets in $2 cannot be read (rclone ended with ${RCLONE_STATUS})"
  fi
  find_damaged_sets "${CACHE}"
  SETS_DIR="${CACHE}"
  read_sets own
}

# The new chain is there in whole, oldest set first, before the first set of an
# older one leaves, newest first: at no time does a set stand without its parents.
update_latest() { # <remote> <whether it may delete>
  local remote="$1" allowed="$2" from="${REMOTE["$1.path"]}" to="${REMOTE["$1.latest"]}" damage ids set
  local -a chain=()
  open_place "${remote}" "${from}" "${remote}"
  find_future_set
  if [[ -n ${FUTURE_SET} ]]; then
    warn "remote ${remote}: ${to} stays as it is, for ${FUTURE_SET} at ${from} bears a time that is still to come: correct the clock (timedatectl), or remove that set there"
    return 0
  fi
  damage="$(damage_as_json DAMAGED_SETS)"
  ids="$(ask_chains newest_whole --argjson damaged "${damage}")"
  mapfile -t chain < <(printf '%s' "${ids:+${ids}$'\n'}")
  if [[ -z ${UPLOAD_RESULT} ]]; then
    open_place "${remote}" "${to}" "${remote}.latest"
  fi
  for set in "${chain[@]}"; do
    if [[ -z ${UPLOAD_RESULT} && (-z ${REMOTE_FILE["${set}/manifest.json"]:-} || -n ${DAMAGED_SETS["${set}"]:-}) ]]; then
      copy_to_latest "${remote}" "${set}"
    fi
  done
  if [[ ${allowed} == true && -z ${UPLOAD_RESULT} && ${#chain[@]} -gt 0 ]]; then
    trim_latest "${remote}" "${chain[@]}"
  fi
}

# Within a store its own copy does; SFTP has none, and the way leads through here.
copy_to_latest() { # <remote> <set>
  local remote="$1" set="$2" from manifest listed
  local -a files=()
  cache_for "${remote}"
  manifest="${CACHE}/${set}/manifest.json"
  listed="$(jq --raw-output '.components[].file' "${manifest}")"
  mapfile -t files <<<"${listed}"
  if [[ -f ${manifest}.sig ]]; then
    files+=(manifest.json.sig)
  fi
  place_at "${remote}" "${REMOTE["${remote}.path"]}/${set}"
  from="${PLACE}"
  if [[ ${REMOTE["${remote}.kind"]} == sftp && -d ${STORE}/${set} ]]; then
    from="${STORE}/${set}"
  fi
  info "remote ${remote}: ${set} comes to ${REMOTE["${remote}.latest"]}"
  place_at "${remote}" "${REMOTE["${remote}.latest"]}/${set}"
  mark_in_use "${set}"
  send_files "${remote}" "${from}" "${files[@]}"
  if [[ -z ${UPLOAD_RESULT} ]]; then
    send_files "${remote}" "${from}" manifest.json
  fi
  unmark_sets
}

# SETS holds only ours: others may keep theirs there too.
trim_latest() { # <remote> <set of the newest chain...>
  local remote="$1" wanted=" ${*:2} " set
  local -a ours=()
  mapfile -t ours < <(jq --raw-output --slurp 'map(.id) | sort | reverse | .[]' <<<"${SETS}" || :)
  for set in "${ours[@]}"; do
    if [[ ${wanted} != *" ${set} "* && -z ${UPLOAD_RESULT} ]]; then
      info "remote ${remote}: ${set} leaves ${REMOTE["${remote}.latest"]}"
      remove_remote_set "${remote}" "${REMOTE["${remote}.latest"]}" "${set}"
    fi
  done
  finish_removals "${remote}" "${REMOTE["${remote}.latest"]}"
}

# The head no longer names what is removed afterwards.
settle_remote() { # <remote> <whether it may delete>
  WITH_HEAD=true
  cache_for "$1"
  read_place "$1" "${REMOTE["$1.path"]}" "${CACHE}"
  WITH_HEAD=false
  if ((RCLONE_STATUS != 0)); then
    UPLOAD_RESULT="the sets in ${REMOTE["$1.path"]} cannot be read (rclone ended with ${RCLONE_STATUS})"
    return 0
  fi
  SETS_DIR="${CACHE}"
  RETENTION="${REMOTE["$1.retention"]}"
  decide_retention
  renew_remote_head "$1"
  if [[ $2 == true ]]; then
    find_damaged_sets "${CACHE}"
    prune_remote "$1"
  fi
}

prune_remote() { # <remote>
  local remote="$1" removal removals set
  printf -v removals '%s\n' "${REMOVALS[@]}"
  if [[ -n ${CLOCK_DOUBT} ]]; then
    warn "no set is removed at remote ${remote}: ${CLOCK_DOUBT}"
    : >"${WORK_DIR}/nothing-removed"
    return 0
  fi
  for set in "${!DAMAGED_SETS[@]}"; do
    if [[ $'\n'${removals} != *$'\n'"${set} "* ]]; then
      warn "remote ${remote}: ${set} lacks ${DAMAGED_SETS["${set}"]} there: no set is removed at ${remote} as long as one that is kept is not whole"
      : >"${WORK_DIR}/nothing-removed"
      return 0
    fi
  done
  for removal in "${REMOVALS[@]}"; do
    if [[ -z ${UPLOAD_RESULT} ]]; then
      info "remote ${remote}: removing ${removal%% *}: ${removal#* }"
      remove_remote_set "${remote}" "${REMOTE["${remote}.path"]}" "${removal%% *}"
    fi
  done
  finish_removals "${remote}" "${REMOTE["${remote}.path"]}"
}

# The manifest leaves first; from then on there is no set. It stays here until the
# rest is gone, so that a run that was killed is brought to its end by the next.
remove_remote_set() { # <remote> <directory> <set>
  rm --recursive --force -- "${SETS_DIR:?}/$3.removing"
  mv --no-target-directory -- "${SETS_DIR}/$3" "${SETS_DIR}/$3.removing"
  remove_remote_files "$1" "$2" "$3"
}

finish_removals() { # <remote> <directory>
  local left set
  for left in "${SETS_DIR}"/[0-9]*_[0-9]*.removing; do
    set="${left##*/}"
    set="${set%.removing}"
    if [[ -n ${REMOTE_FILE["${set}/manifest.json"]:-} ]]; then
      rm --recursive --force -- "${left:?}" # nothing was removed: it is judged anew
    elif [[ ${set} =~ ^[0-9]{8}_[0-9]{6}$ && -f ${left}/manifest.json && -z ${UPLOAD_RESULT} ]]; then
      remove_remote_files "$1" "$2" "${set}"
    fi
  done
}

# Only what the manifest names.
remove_remote_files() { # <remote> <directory> <set>
  local remote="$1" set="$3" file listed
  local -a names=()
  listed="$(jq --raw-output '.components[].file' "${SETS_DIR}/${set}.removing/manifest.json")"
  mapfile -t names <<<"manifest.json"$'\n'"manifest.json.sig"$'\n'"${listed}"
  place_at "${remote}" "$2/${set}"
  for file in "${names[@]}"; do
    if [[ -n ${REMOTE_FILE["${set}/${file}"]:-} && ${file} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]]; then
      run_rclone "${remote}" deletefile "${PLACE}/${file}"
      if ((RCLONE_STATUS != 0)); then
        UPLOAD_RESULT="${set}/${file} could not be deleted (rclone ended with ${RCLONE_STATUS}): where its key may not, write prune: false and prune from another host"
        return 0
      fi
      REMOTE_FILE["${set}/${file}"]=''
    fi
  done
  if [[ ${REMOTE["${remote}.kind"]} == sftp ]]; then
    run_rclone "${remote}" rmdir "${PLACE}" # refuses one that is not empty
  fi
  rm --recursive --force -- "${SETS_DIR:?}/${set:?}.removing"
}
