# --- Upload: what is complete here is copied to every remote ----------------------
#
# After the lock is released: an upload may take hours, and the next backup must
# not wait for it. One run uploads at a time; it takes whatever is missing by
# then, so a run that finds another one at it can leave its set to that one.

declare -A LOCAL_FILE=() # set/file: its size, of the sets that a remote should have
LOCAL_SETS=()            # those sets, oldest first
UPLOAD_RESULT=''         # whether the last upload went well, and why not

preflight_remotes() {
  local remote
  load_remotes
  if [[ ${UPLOAD} == false || ${#USED_REMOTES[@]} -eq 0 ]]; then
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
  local remote
  for remote in "${USED_REMOTES[@]}"; do
    list_place "${remote}" "${REMOTE["${remote}.path"]}"
    if ((RCLONE_STATUS != 0)); then
      quote_rclone "${remote}"
      warn "remote ${remote} cannot be read (rclone ended with ${RCLONE_STATUS}): sets would stay here until it can be"
    else
      find_local_sets "${remote}"
      choose_uploads
      info "remote ${remote} lacks ${#UPLOADS[@]} of ${#LOCAL_SETS[@]} set(s), and would get the new one"
    fi
  done
}

upload_sets() {
  if [[ ${UPLOAD} == false || ${#USED_REMOTES[@]} -eq 0 ]]; then
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
  local remote="$1" directory="${REMOTE["$1.path"]}" set
  local -A failed=()
  list_place "${remote}" "${directory}"
  find_local_sets "${remote}"
  choose_uploads
  while ((RCLONE_STATUS == 0 && ${#UPLOADS[@]} > 0)); do
    set="${UPLOADS[0]}"
    upload_set "${remote}" "${set}"
    if [[ -n ${UPLOAD_RESULT} ]]; then
      failed["${set}"]=true
      remote_failed "${remote}" "${set} was not uploaded: ${UPLOAD_RESULT}"
      list_place "${remote}" "${directory}"
    fi
    find_local_sets "${remote}"
    choose_uploads "${!failed[@]}"
  done
  if ((RCLONE_STATUS != 0)); then
    remote_failed "${remote}" "cannot be read, or has no bucket ${REMOTE["${remote}.bucket"]} (rclone ended with ${RCLONE_STATUS})"
  elif ((${#failed[@]} == 0)); then
    if ((STAYING > 0)); then
      warn "remote ${remote}: ${STAYING} set(s) stay here, for they are not encrypted"
      printf '%s\n' "${remote}" >>"${WORK_DIR}/lacking-remotes"
    fi
    tidy_remote "${remote}"
  fi
}

declare -A LISTED=() # sets that list_components knows: ours, plain (ours, to stay here) or other

# The sets that retention at the remote would keep, by what is here; one that is not
# encrypted only where the remote is meant for such.
find_local_sets() { # <remote>
  local application environment set method file bytes
  LOCAL_FILE=()
  LISTED=()
  SETS_DIR="${STORE}"
  RETENTION="${REMOTE["$1.retention"]}"
  decide_retention
  list_components >"${WORK_DIR}/local-components"
  while IFS=$'\t' read -r application environment set method file bytes; do
    if [[ ${application} != "${APP_NAME}" || ${environment} != "${ENVIRONMENT}" ]]; then
      LISTED["${set}"]='other'
    elif [[ ${method} == none && ${REMOTE["$1.plaintext"]} == false ]]; then
      LISTED["${set}"]='plain'
    else
      LISTED["${set}"]='ours'
      LOCAL_FILE["${set}/${file}"]="${bytes}"
    fi
  done <"${WORK_DIR}/local-components"
  while IFS=/ read -r set file bytes; do
    if [[ ${LISTED["${set}"]:-} == ours ]]; then
      LOCAL_FILE["${set}/${file}"]="${bytes}"
    fi
  done < <(find "${STORE}" -mindepth 2 -maxdepth 2 \( -name manifest.json -o -name manifest.json.sig \) -printf '%P/%s\n' || :)
  sort_local_sets
}

# What no tool has told anything of must not be taken for sent.
sort_local_sets() {
  local manifest set
  LOCAL_SETS=()
  STAYING=0
  while IFS= read -r manifest; do
    set="${manifest%/*}"
    set="${set##*/}"
    if [[ ! -f ${manifest} ]]; then
      continue # another run has removed it
    fi
    case "${LISTED["${set}"]:-}${LOCAL_FILE["${set}/manifest.json"]:+, whole}" in
      other) ;;
      plain) STAYING=$((STAYING + 1)) ;;
      'ours, whole') LOCAL_SETS+=("${set}") ;;
      *) die 1 "what ${set} holds could not be listed, and nothing is known of what a remote lacks: look at ${manifest}, and whether jq, xargs, cat and find work" ;;
    esac
  done <"${WORK_DIR}/kept-manifests"
}

# Reads the manifests of the sets that are kept, with one jq. Another run may have
# removed one since the decision: cat passes over it.
list_components() {
  jq --raw-output --slurp --arg directory "${STORE}" 'map(select(.retention.keep)) | sort_by(.id)[] | "\($directory)/\(.id)/manifest.json"' \
    <<<"${DECISIONS}" >"${WORK_DIR}/kept-manifests"
  tr '\n' '\0' <"${WORK_DIR}/kept-manifests" | { xargs --null --no-run-if-empty cat -- 2>/dev/null || :; } \
    | jq --raw-output "${MANIFEST_VALUES}"'
      select(all(.components[]; (.bytes | whole) and (.file | stored_name)))
      | [.application, .environment, .id] + (.components[] | [.encryption.method, .file, .bytes]) | @tsv'
}

UPLOADS=()
STAYING=0 # sets that are not encrypted

choose_uploads() { # [set to pass over...]
  local file passed=" $* "
  local -A chosen=()
  for file in "${!LOCAL_FILE[@]}"; do
    if [[ ${REMOTE_FILE["${file}"]:-} != "${LOCAL_FILE["${file}"]}" && ${passed} != *" ${file%/*} "* ]]; then
      chosen["${file%/*}"]=true
    fi
  done
  UPLOADS=()
  for file in "${LOCAL_SETS[@]}"; do
    if [[ -n ${chosen["${file}"]:-} ]]; then
      UPLOADS+=("${file}")
    fi
  done
}

# The manifest goes last, by itself, when everything else has been checked: only
# then is there a set. Where this does not end well UPLOAD_RESULT says why.
upload_set() { # <remote> <set>
  local remote="$1" set="$2" file
  local -a files=()
  UPLOAD_RESULT=''
  for file in "${!LOCAL_FILE[@]}"; do
    if [[ ${file} == "${set}"/* && ${file} != */manifest.json ]]; then
      files+=("${file#*/}")
    fi
  done
  mark_in_use "${set}"
  if [[ -d ${STORE}/${set} ]]; then
    info "remote ${remote}: uploading ${set}"
    send_set "${remote}" "${set}" "${files[@]}"
  fi
  if [[ ! -d ${STORE}/${set} ]]; then
    UPLOAD_RESULT='' # another run removed it, as retention wants
  fi
  unmark_sets
  for file in "${files[@]}" manifest.json; do
    if [[ -z ${UPLOAD_RESULT} ]]; then
      REMOTE_FILE["${set}/${file}"]="${LOCAL_FILE["${set}/${file}"]}"
    fi
  done
}

send_set() { # <remote> <set> <file...>
  local remote="$1" set="$2"
  check_local_set "${set}"
  if [[ -z ${UPLOAD_RESULT} ]]; then
    replace_truncated "${remote}" "${set}"
    place_at "${remote}" "${REMOTE["${remote}.path"]}/${set}"
    send_files "${remote}" "${STORE}/${set}" "${@:3}"
  fi
  if [[ -z ${UPLOAD_RESULT} ]]; then
    send_files "${remote}" "${STORE}/${set}" manifest.json
  fi
}

# What has rotted here must not be called a copy. (What sha256sum says stands where
# remote_failed looks for a reason.)
check_local_set() { # <set>
  local status=0 listed sound
  jq --raw-output '.components[] | "\(.sha256) *\(.file)"' "${STORE}/$1/manifest.json" >"${WORK_DIR}/local-sums" 2>/dev/null || :
  (cd -- "${STORE}/$1" && "${BOUNDED[@]}" sha256sum --check --strict -- "${WORK_DIR}/local-sums") >"${WORK_DIR}/rclone.log" 2>&1 || status=$?
  listed="$(wc --lines <"${WORK_DIR}/local-sums")"
  sound="$(grep --count ': OK$' "${WORK_DIR}/rclone.log" || :)"
  sed --in-place '/: OK$/d' "${WORK_DIR}/rclone.log"
  if ((status != 0 || listed == 0 || sound != listed)); then
    UPLOAD_RESULT='it is damaged here: its files are not what its manifest says'
  fi
}

# Copies files to PLACE and compares what arrived: by the checksums of the store,
# or where it has none that fit by reading it back. What is there already is never
# overwritten. (rclone passes over a name that its source does not have.)
send_files() { # <remote> <from> <file...>
  local remote="$1" from="$2"
  shift 2
  printf '%s\n' "$@" >"${WORK_DIR}/files"
  run_rclone "${remote}" copy --immutable --checksum --files-from-raw="${WORK_DIR}/files" "${from}" "${PLACE}"
  if ((RCLONE_STATUS == 6)); then
    UPLOAD_RESULT="something else lies there under the name ${PLACE##*/}, and is left as it is: look at it, and move it away"
  elif ((RCLONE_STATUS != 0)); then
    UPLOAD_RESULT="copying failed (rclone ended with ${RCLONE_STATUS})"
  else
    compare_files "${remote}" "${from}"
  fi
  RCLONE_STATUS=0 # it has been told
  if [[ -z ${UPLOAD_RESULT} && ${REMOTE["${remote}.kind"]} == directory ]]; then
    sync_disk "${REMOTE["${remote}.bucket"]}"
  fi
}

# What was written to a disk may still be in memory alone, and disks are unplugged.
sync_disk() { # <mount point>
  if ! sync --file-system -- "$1" 2>"${WORK_DIR}/rclone.log"; then
    UPLOAD_RESULT='what was written did not reach the disk'
  fi
}

compare_files() { # <remote> <from>
  : >"${WORK_DIR}/matched"
  run_rclone "$1" check --one-way --match="${WORK_DIR}/matched" --files-from-raw="${WORK_DIR}/files" "$2" "${PLACE}"
  if ((RCLONE_STATUS == 0)) && grep --quiet 'could not be checked' "${WORK_DIR}/rclone.log"; then
    run_rclone "$1" check --one-way --download --match="${WORK_DIR}/matched" --files-from-raw="${WORK_DIR}/files" "$2" "${PLACE}"
  fi
  sort --output="${WORK_DIR}/files" -- "${WORK_DIR}/files"
  sort --output="${WORK_DIR}/matched" -- "${WORK_DIR}/matched"
  if ((RCLONE_STATUS != 0)); then
    UPLOAD_RESULT="what arrived is not what was sent, or could not be compared (rclone ended with ${RCLONE_STATUS})"
  elif [[ $(<"${WORK_DIR}/files") != "$(<"${WORK_DIR}/matched")" ]]; then
    UPLOAD_RESULT='not every file of it was there to be sent'
  fi
}

# An upload over SFTP that was cut off leaves the beginning of a file under its
# name. Only what proves to be the beginning of ours is written anew.
replace_truncated() { # <remote> <set>
  local remote="$1" set="$2" file size piece
  local -a truncated=()
  place_at "${remote}" "${REMOTE["${remote}.path"]}/${set}"
  for file in "${!LOCAL_FILE[@]}"; do
    size="${REMOTE_FILE["${file}"]:-}"
    if [[ ${file} == "${set}"/* && -n ${size} ]] && ((size < LOCAL_FILE["${file}"])); then
      piece=$((size < 65536 ? size : 65536))
      run_rclone "${remote}" cat --offset=$((size - piece)) --count="${piece}" "${PLACE}/${file#*/}" >"${WORK_DIR}/truncated"
      if cmp --quiet --bytes="${piece}" --ignore-initial=$((size - piece)):0 -- "${STORE}/${file}" "${WORK_DIR}/truncated"; then
        truncated+=("${file#*/}")
      fi
    fi
  done
  if ((${#truncated[@]} > 0)); then
    warn "remote ${remote}: ${set} was cut off there (${truncated[*]}): sending it again"
    printf '%s\n' "${truncated[@]}" >"${WORK_DIR}/files"
    run_rclone "${remote}" copy --ignore-times --files-from-raw="${WORK_DIR}/files" "${STORE}/${set}" "${PLACE}"
  fi
}
