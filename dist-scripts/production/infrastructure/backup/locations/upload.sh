# --- Upload: what is complete here is copied to every remote ----------------------
#
# After the lock is released: an upload may take hours, and the next backup must
# not wait for it. One run uploads at a time; it takes whatever is missing by
# then, so a run that finds another one at it can leave its set to that one.

declare -A LOCAL_FILE=() # set/file: its size, of the sets that a remote should have

preflight_remotes() {
  local remote
  load_remotes
  if [[ ${OPTION[upload]} == false || ${#USED_REMOTES[@]} -eq 0 ]]; then
    return 0
  fi
  check_rclone
  need_tools cmp=diffutils
  for remote in "${USED_REMOTES[@]}"; do
    check_rclone_config "${remote}"
    if [[ ${ACTION} == backup && ${PACKED_AS} == zst && ${REMOTE["${remote}.plaintext"]} == false ]]; then
      problem "remote ${remote} is switched on, and sets are not encrypted: set ENCRYPTION_KEY in ${ENV_FILE}, or backup.encryption in the profile and generate again, or run with --no-remote"
    fi
  done
}

# A step: leaves nothing.
# A dry run says what would be sent, and whether the remotes answer.
look_at_remotes() {
  local remote staying
  local -a sets=() uploads=()
  for remote in "${USED_REMOTES[@]}"; do
    list_place "${remote}" "${REMOTE["${remote}.path"]}"
    if ((RCLONE_STATUS != 0)); then
      quote_rclone "${remote}"
      warn "remote ${remote} cannot be read (rclone ended with ${RCLONE_STATUS}): sets would stay here until it can be"
    else
      find_local_sets sets staying "${remote}"
      choose_uploads uploads "${sets[*]}"
      info "remote ${remote} lacks ${#uploads[@]} of ${#sets[@]} set(s), and would get the new one"
    fi
  done
}

upload_sets() {
  if [[ ${OPTION[upload]} == false || ${#USED_REMOTES[@]} -eq 0 ]]; then
    return 0
  fi
  mkdir --parents "${STORE}/.state/remotes"
  : >"${STORE}/.state/upload.wanted"
  exec 9</dev/null # the lock is free
  PROGRESS_DIR=''
  upload_wanted
  stop_at_failed_remotes
}

# Whoever holds the lock of uploads serves also a backup that found it taken: that
# one has left its wish.
upload_wanted() {
  local remote held
  at_end unmark_sets # of those that a step sends
  while [[ -e ${STORE}/.state/upload.wanted ]]; do
    exec 7>>"${STORE}/.state/upload.lock"
    try_lock held 7 --nonblock
    if [[ ${held} == false ]]; then
      if [[ ${ACTION} == sync-remotes ]]; then
        die 4 'another run is uploading, and takes what is missing by then: wait until it has ended, and run this again to be sure'
      fi
      info 'another run is uploading: it takes this set too'
      return 0
    fi
    rm --force -- "${STORE:?}/.state/upload.wanted"
    for remote in "${USED_REMOTES[@]}"; do
      run_step upload_to_remote "${remote}"
    done
    exec 7>&-
  done
}

# A step: leaves what is then at the remote.
# Everything that the remote lacks, oldest first, until nothing is missing; a set
# that fails is left for the next run, unless the remote is gone altogether.
upload_to_remote() { # <remote>
  local remote="$1" directory="${REMOTE["$1.path"]}" staying trouble
  local -a sets=() uploads=()
  local -A failed=()
  list_place "${remote}" "${directory}"
  find_local_sets sets staying "${remote}"
  choose_uploads uploads "${sets[*]}"
  while ((RCLONE_STATUS == 0 && ${#uploads[@]} > 0)); do
    upload_set trouble "${remote}" "${uploads[0]}"
    if [[ -n ${trouble} ]]; then
      failed["${uploads[0]}"]=true
      remote_failed "${remote}" "${uploads[0]} was not uploaded: ${trouble}"
      list_place "${remote}" "${directory}"
    fi
    find_local_sets sets staying "${remote}"
    choose_uploads uploads "${sets[*]}" "${!failed[@]}"
  done
  if ((RCLONE_STATUS != 0)); then
    remote_failed "${remote}" "cannot be read, or has no bucket ${REMOTE["${remote}.bucket"]} (rclone ended with ${RCLONE_STATUS})"
  elif ((${#failed[@]} == 0)); then
    if ((staying > 0)); then
      warn "remote ${remote}: ${staying} set(s) stay here, for they are not encrypted"
      printf '%s\n' "${remote}" >>"${WORK_DIR}/lacking-remotes"
    fi
    tidy_remote "${remote}"
  fi
}

# The sets that retention at the remote would keep, by what is here; one that is not
# encrypted only where the remote is meant for such, and counted.
find_local_sets() { # <array, oldest first> <variable, for how many stay here> <remote>
  local application environment set method file bytes
  local -A kind_of=() # ours, plain (ours, to stay here) or other
  LOCAL_FILE=()
  SETS_DIR="${STORE}"
  decide_retention "${REMOTE["$3.retention"]}"
  list_components >"${WORK_DIR}/local-components"
  while IFS=$'\t' read -r application environment set method file bytes; do
    if [[ ${application} != "${APP_NAME}" || ${environment} != "${ENVIRONMENT}" ]]; then
      kind_of["${set}"]='other'
    elif [[ ${method} == none && ${REMOTE["$3.plaintext"]} == false ]]; then
      kind_of["${set}"]='plain'
    else
      kind_of["${set}"]='ours'
      LOCAL_FILE["${set}/${file}"]="${bytes}"
    fi
  done <"${WORK_DIR}/local-components"
  while IFS=/ read -r set file bytes; do
    if [[ ${kind_of["${set}"]:-} == ours ]]; then
      LOCAL_FILE["${set}/${file}"]="${bytes}"
    fi
  done < <(find "${STORE}" -mindepth 2 -maxdepth 2 \( -name manifest.json -o -name manifest.json.sig \) -printf '%P/%s\n' || :)
  sort_local_sets "$1" "$2" kind_of
}

# What no tool has told anything of must not be taken for sent.
sort_local_sets() { # <array> <variable, for how many stay here> <associative array: what the sets are>
  local -n sorted="$1" stay="$2" kinds="$3"
  local manifest set
  sorted=()
  stay=0
  while IFS= read -r manifest; do
    set="${manifest%/*}"
    set="${set##*/}"
    if [[ ! -f ${manifest} ]]; then
      continue # another run has removed it
    fi
    case "${kinds["${set}"]:-}${LOCAL_FILE["${set}/manifest.json"]:+, whole}" in
      other) ;;
      plain) stay=$((stay + 1)) ;;
      'ours, whole') sorted+=("${set}") ;;
      *) die 1 "what ${set} holds could not be listed, and nothing is known of what a remote lacks: look at ${manifest}, and whether jq, xargs, cat and find work" ;;
    esac
  done <"${WORK_DIR}/kept-manifests"
}

# Reads the manifests of the sets that are kept, with one jq. Another run may have
# removed one since the decision: cat passes over it.
list_components() {
  jq --raw-output --slurp --arg directory "${STORE}" 'map(select(.retention.keep)) | sort_by(.id)[] | "\($directory)/\(.id)/manifest.json"' \
    <<<"${DECIDED[sets]}" >"${WORK_DIR}/kept-manifests"
  tr '\n' '\0' <"${WORK_DIR}/kept-manifests" | { xargs --null --no-run-if-empty cat -- 2>/dev/null || :; } \
    | jq --raw-output "${MANIFEST_VALUES}"'
      select(all(.components[]; (.bytes | whole) and (.file | stored_name)))
      | [.application, .environment, .id] + (.components[] | [.encryption.method, .file, .bytes]) | @tsv'
}

# Of these sets, in their order, those of which the remote lacks something.
choose_uploads() { # <array> <sets> [set to pass over...]
  local -n lacked="$1"
  local file passed=" ${*:3} "
  local -A chosen=()
  for file in "${!LOCAL_FILE[@]}"; do
    if [[ ${REMOTE_FILE["${file}"]:-} != "${LOCAL_FILE["${file}"]}" && ${passed} != *" ${file%/*} "* ]]; then
      chosen["${file%/*}"]=true
    fi
  done
  lacked=()
  for file in $2; do
    if [[ -n ${chosen["${file}"]:-} ]]; then
      lacked+=("${file}")
    fi
  done
}

# The manifest goes last, by itself, when everything else has been checked: only
# then is there a set.
upload_set() { # <variable, for why it was not> <remote> <set>
  local -n not_done="$1"
  local remote="$2" set="$3" file
  local -a files=()
  not_done=''
  for file in "${!LOCAL_FILE[@]}"; do
    if [[ ${file} == "${set}"/* && ${file} != */manifest.json ]]; then
      files+=("${file#*/}")
    fi
  done
  mark_in_use "${set}"
  if [[ -d ${STORE}/${set} ]]; then
    info "remote ${remote}: uploading ${set}"
    send_set "$1" "${remote}" "${set}" "${files[@]}"
  fi
  if [[ ! -d ${STORE}/${set} ]]; then
    not_done='' # another run removed it, as retention wants
  fi
  unmark_sets
  for file in "${files[@]}" manifest.json; do
    if [[ -z ${not_done} ]]; then
      REMOTE_FILE["${set}/${file}"]="${LOCAL_FILE["${set}/${file}"]}"
    fi
  done
}

send_set() { # <variable, for why it was not> <remote> <set> <file...>
  local -n not_done="$1"
  local remote="$2" set="$3" place
  check_local_set "$1" "${set}"
  if [[ -z ${not_done} ]]; then
    replace_truncated "${remote}" "${set}"
    place_at place "${remote}" "${REMOTE["${remote}.path"]}/${set}"
    send_files "$1" "${remote}" "${STORE}/${set}" "${place}" "${@:4}"
  fi
  if [[ -z ${not_done} ]]; then
    send_files "$1" "${remote}" "${STORE}/${set}" "${place}" manifest.json
  fi
}

# What has rotted here must not be called a copy. (What sha256sum says stands where
# remote_failed looks for a reason.)
check_local_set() { # <variable, for why not> <set>
  local status=0 listed sound
  jq --raw-output '.components[] | "\(.sha256) *\(.file)"' "${STORE}/$2/manifest.json" >"${WORK_DIR}/local-sums" 2>/dev/null || :
  (cd -- "${STORE}/$2" && "${BOUNDED[@]}" sha256sum --check --strict -- "${WORK_DIR}/local-sums") >"${WORK_DIR}/rclone.log" 2>&1 || status=$?
  listed="$(wc --lines <"${WORK_DIR}/local-sums")"
  sound="$(grep --count ': OK$' "${WORK_DIR}/rclone.log" || :)"
  sed --in-place '/: OK$/d' "${WORK_DIR}/rclone.log"
  if ((status != 0 || listed == 0 || sound != listed)); then
    printf -v "$1" '%s' 'it is damaged here: its files are not what its manifest says'
  fi
}

# Copies files and compares what arrived: by the checksums of the store,
# or where it has none that fit by reading it back. What is there already is never
# overwritten. (rclone passes over a name that its source does not have.)
send_files() { # <variable, for why not> <remote> <from> <to> <file...>
  local -n not_done="$1"
  local remote="$2" from="$3" to="$4"
  printf '%s\n' "${@:5}" >"${WORK_DIR}/files"
  run_rclone "${remote}" copy --immutable --checksum --files-from-raw="${WORK_DIR}/files" "${from}" "${to}"
  if ((RCLONE_STATUS == 6)); then
    not_done="something else lies there under the name ${to##*/}, and is left as it is: look at it, and move it away"
  elif ((RCLONE_STATUS != 0)); then
    not_done="copying failed (rclone ended with ${RCLONE_STATUS})"
  else
    compare_files "$1" "${remote}" "${from}" "${to}"
  fi
  RCLONE_STATUS=0 # it has been told
  if [[ -z ${not_done} && ${REMOTE["${remote}.kind"]} == directory ]]; then
    sync_disk "$1" "${REMOTE["${remote}.bucket"]}"
  fi
}

# What was written to a disk may still be in memory alone, and disks are unplugged.
sync_disk() { # <variable, for why not> <mount point>
  if ! sync --file-system -- "$2" 2>"${WORK_DIR}/rclone.log"; then
    printf -v "$1" '%s' 'what was written did not reach the disk'
  fi
}

compare_files() { # <variable, for why not> <remote> <from> <to>
  local -n not_done="$1"
  : >"${WORK_DIR}/matched"
  run_rclone "$2" check --one-way --match="${WORK_DIR}/matched" --files-from-raw="${WORK_DIR}/files" "$3" "$4"
  if ((RCLONE_STATUS == 0)) && grep --quiet 'could not be checked' "${WORK_DIR}/rclone.log"; then
    run_rclone "$2" check --one-way --download --match="${WORK_DIR}/matched" --files-from-raw="${WORK_DIR}/files" "$3" "$4"
  fi
  sort --output="${WORK_DIR}/files" -- "${WORK_DIR}/files"
  sort --output="${WORK_DIR}/matched" -- "${WORK_DIR}/matched"
  if ((RCLONE_STATUS != 0)); then
    not_done="what arrived is not what was sent, or could not be compared (rclone ended with ${RCLONE_STATUS})"
  elif [[ $(<"${WORK_DIR}/files") != "$(<"${WORK_DIR}/matched")" ]]; then
    not_done='not every file of it was there to be sent'
  fi
}

# An upload over SFTP that was cut off leaves the beginning of a file under its
# name. Only what proves to be the beginning of ours is written anew.
replace_truncated() { # <remote> <set>
  local remote="$1" set="$2" file size piece place
  local -a truncated=()
  place_at place "${remote}" "${REMOTE["${remote}.path"]}/${set}"
  for file in "${!LOCAL_FILE[@]}"; do
    size="${REMOTE_FILE["${file}"]:-}"
    if [[ ${file} == "${set}"/* && -n ${size} ]] && ((size < LOCAL_FILE["${file}"])); then
      piece=$((size < 65536 ? size : 65536))
      run_rclone "${remote}" cat --offset=$((size - piece)) --count="${piece}" "${place}/${file#*/}" >"${WORK_DIR}/truncated"
      if cmp --quiet --bytes="${piece}" --ignore-initial=$((size - piece)):0 -- "${STORE}/${file}" "${WORK_DIR}/truncated"; then
        truncated+=("${file#*/}")
      fi
    fi
  done
  if ((${#truncated[@]} > 0)); then
    warn "remote ${remote}: ${set} was cut off there (${truncated[*]}): sending it again"
    printf '%s\n' "${truncated[@]}" >"${WORK_DIR}/files"
    run_rclone "${remote}" copy --ignore-times --files-from-raw="${WORK_DIR}/files" "${STORE}/${set}" "${place}"
  fi
}
# e5e3a9f27cc35831 backup/locations/upload.sh
