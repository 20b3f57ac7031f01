# --- At a remote: the newest chain once more, and what retention no longer keeps ---
#
# Both judge by the manifests that are there, not by what is here: a set may be
# there that is no longer here, and another host may do this.

# A step: leaves what is then at the remote.
tidy_remote() { # <remote>
  local remote="$1" allowed="${REMOTE["$1.prune"]}" trouble=''
  if [[ -n ${REMOTE["${remote}.latest"]} ]]; then
    update_latest trouble "${remote}" "${allowed}"
  fi
  if [[ -n ${trouble} ]]; then
    remote_failed "${remote}" "${trouble}"
    trouble=''
    allowed=false
  fi
  settle_remote trouble "${remote}" "${allowed}"
  if [[ -n ${trouble} ]]; then
    remote_failed "${remote}" "${trouble}"
  fi
}

# From here on SETS is what of ours is there.
open_place() { # <variable, for why not> <associative array, for what is damaged> <remote> <directory> <name of the cache>
  local cache
  cache_for cache "$5"
  read_place "$3" "$4" "${cache}"
  if ((RCLONE_STATUS != 0)); then
    printf -v "$1" '%s' "the sets in $4 cannot be read (rclone ended with ${RCLONE_STATUS})"
  fi
  find_damaged_sets "$2" "${cache}"
  SETS_DIR="${cache}"
  read_sets own
}

# The new chain is there in whole, oldest set first, before the first set of an
# older one leaves, newest first: at no time does a set stand without its parents.
update_latest() { # <variable, for why not> <remote> <whether it may delete>
  local -n not_done="$1"
  local remote="$2" from="${REMOTE["$2.path"]}" to="${REMOTE["$2.latest"]}" damage ids set future
  local -a chain=()
  local -A damaged=()
  open_place "$1" damaged "${remote}" "${from}" "${remote}"
  find_future_set future
  if [[ -n ${future} ]]; then
    warn "remote ${remote}: ${to} stays as it is, for ${future} at ${from} bears a time that is still to come: correct the clock (timedatectl), or remove that set there"
    return 0
  fi
  damage="$(damage_as_json damaged)"
  ids="$(ask_chains newest_whole --argjson damaged "${damage}")"
  mapfile -t chain < <(printf '%s' "${ids:+${ids}$'\n'}")
  if [[ -z ${not_done} ]]; then
    open_place "$1" damaged "${remote}" "${to}" "${remote}.latest"
  fi
  for set in "${chain[@]}"; do
    if [[ -z ${not_done} && (-z ${REMOTE_FILE["${set}/manifest.json"]:-} || -n ${damaged["${set}"]:-}) ]]; then
      copy_to_latest "$1" "${remote}" "${set}"
    fi
  done
  if [[ $3 == true && -z ${not_done} && ${#chain[@]} -gt 0 ]]; then
    trim_latest "$1" "${remote}" "${chain[@]}"
  fi
}

# Within a store its own copy does; SFTP has none, and the way leads through here.
copy_to_latest() { # <variable, for why not> <remote> <set>
  local -n not_done="$1"
  local remote="$2" set="$3" from to cache manifest listed
  local -a files=()
  cache_for cache "${remote}"
  manifest="${cache}/${set}/manifest.json"
  listed="$(jq --raw-output '.components[].file' "${manifest}")"
  mapfile -t files <<<"${listed}"
  if [[ -f ${manifest}.sig ]]; then
    files+=(manifest.json.sig)
  fi
  place_at from "${remote}" "${REMOTE["${remote}.path"]}/${set}"
  if [[ ${REMOTE["${remote}.kind"]} == sftp && -d ${STORE}/${set} ]]; then
    from="${STORE}/${set}"
  fi
  info "remote ${remote}: ${set} comes to ${REMOTE["${remote}.latest"]}"
  place_at to "${remote}" "${REMOTE["${remote}.latest"]}/${set}"
  mark_in_use "${set}"
  send_files "$1" "${remote}" "${from}" "${to}" "${files[@]}"
  if [[ -z ${not_done} ]]; then
    send_files "$1" "${remote}" "${from}" "${to}" manifest.json
  fi
  unmark_sets
}

# SETS holds only ours: others may keep theirs there too.
trim_latest() { # <variable, for why not> <remote> <set of the newest chain...>
  local -n not_done="$1"
  local remote="$2" wanted=" ${*:3} " set
  local -a ours=()
  mapfile -t ours < <(jq --raw-output --slurp 'map(.id) | sort | reverse | .[]' <<<"${SETS}" || :)
  for set in "${ours[@]}"; do
    if [[ ${wanted} != *" ${set} "* && -z ${not_done} ]]; then
      info "remote ${remote}: ${set} leaves ${REMOTE["${remote}.latest"]}"
      remove_remote_set "$1" "${remote}" "${REMOTE["${remote}.latest"]}" "${set}"
    fi
  done
  finish_removals "$1" "${remote}" "${REMOTE["${remote}.latest"]}"
}

# The head no longer names what is removed afterwards.
settle_remote() { # <variable, for why not> <remote> <whether it may delete>
  local cache
  cache_for cache "$2"
  read_place "$2" "${REMOTE["$2.path"]}" "${cache}" with-head
  if ((RCLONE_STATUS != 0)); then
    printf -v "$1" '%s' "the sets in ${REMOTE["$2.path"]} cannot be read (rclone ended with ${RCLONE_STATUS})"
    return 0
  fi
  SETS_DIR="${cache}"
  decide_retention "${REMOTE["$2.retention"]}"
  renew_remote_head "$1" "$2"
  if [[ $3 == true ]]; then
    prune_remote "$1" "$2"
  fi
}

prune_remote() { # <variable, for why not> <remote>
  local -n not_done="$1"
  local remote="$2" removal set
  local -a removals=()
  local -A damaged=()
  find_damaged_sets damaged "${SETS_DIR}"
  list_removals removals
  if [[ -n ${DECIDED[doubt]} ]]; then
    warn "no set is removed at remote ${remote}: ${DECIDED[doubt]}"
    : >"${WORK_DIR}/nothing-removed"
    return 0
  fi
  for set in "${!damaged[@]}"; do
    if [[ $'\n'${DECIDED[removals]} != *$'\n'"${set} "* ]]; then
      warn "remote ${remote}: ${set} lacks ${damaged["${set}"]} there: no set is removed at ${remote} as long as one that is kept is not whole"
      : >"${WORK_DIR}/nothing-removed"
      return 0
    fi
  done
  for removal in "${removals[@]}"; do
    if [[ -z ${not_done} ]]; then
      info "remote ${remote}: removing ${removal%% *}: ${removal#* }"
      remove_remote_set "$1" "${remote}" "${REMOTE["${remote}.path"]}" "${removal%% *}"
    fi
  done
  finish_removals "$1" "${remote}" "${REMOTE["${remote}.path"]}"
}

# The manifest leaves first; from then on there is no set. It stays here until the
# rest is gone, so that a run that was killed is brought to its end by the next.
remove_remote_set() { # <variable, for why not> <remote> <directory> <set>
  rm --recursive --force -- "${SETS_DIR:?}/$4.removing"
  mv --no-target-directory -- "${SETS_DIR}/$4" "${SETS_DIR}/$4.removing"
  remove_remote_files "$1" "$2" "$3" "$4"
}

finish_removals() { # <variable, for why not> <remote> <directory>
  local -n not_done="$1"
  local left set
  for left in "${SETS_DIR}"/[0-9]*_[0-9]*.removing; do
    set="${left##*/}"
    set="${set%.removing}"
    if [[ -n ${REMOTE_FILE["${set}/manifest.json"]:-} ]]; then
      rm --recursive --force -- "${left:?}" # nothing was removed: it is judged anew
    elif [[ ${set} =~ ^[0-9]{8}_[0-9]{6}$ && -f ${left}/manifest.json && -z ${not_done} ]]; then
      remove_remote_files "$1" "$2" "$3" "${set}"
    fi
  done
}

# Only what the manifest names.
remove_remote_files() { # <variable, for why not> <remote> <directory> <set>
  local remote="$2" set="$4" file listed place
  local -a names=()
  listed="$(jq --raw-output '.components[].file' "${SETS_DIR}/${set}.removing/manifest.json")"
  mapfile -t names <<<"manifest.json"$'\n'"manifest.json.sig"$'\n'"${listed}"
  place_at place "${remote}" "$3/${set}"
  for file in "${names[@]}"; do
    if [[ -n ${REMOTE_FILE["${set}/${file}"]:-} && ${file} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]]; then
      run_rclone "${remote}" deletefile "${place}/${file}"
      if ((RCLONE_STATUS != 0)); then
        printf -v "$1" '%s' "${set}/${file} could not be deleted (rclone ended with ${RCLONE_STATUS}): where its key may not, write prune: false and prune from another host"
        return 0
      fi
      REMOTE_FILE["${set}/${file}"]=''
    fi
  done
  if [[ ${REMOTE["${remote}.kind"]} == sftp ]]; then
    run_rclone "${remote}" rmdir "${place}" # refuses one that is not empty
  fi
  rm --recursive --force -- "${SETS_DIR:?}/${set:?}.removing"
}
# ec3fff0883ffec8f backup/locations/tidy.sh
