# --- What is at a remote: shown, compared, pruned on demand -----------------------

# For the options that name a remote, switched on or not.
begin_remote() { # <remote...>
  local remote
  make_work_dir /tmp "${STORE}/.state"
  need_tools jq=jq timeout=coreutils
  stop_at_problems
  load_env_file
  load_remotes
  check_rclone
  for remote in "$@"; do
    check_rclone_config "${remote}"
  done
  stop_at_problems
}

# A step: leaves listings/<remote>, and the manifests in the cache.
# The part that may take its time: the listing, and manifests that are new.
fetch_place() { # <remote> [with-head]
  local cache
  cache_for cache "$1"
  read_place "$1" "${REMOTE["$1.path"]}" "${cache}" "${@:2}"
  mkdir --parents "${WORK_DIR}/listings"
  mv --no-target-directory -- "${WORK_DIR}/listing" "${WORK_DIR}/listings/$1"
  if ((RCLONE_STATUS != 0)); then
    remote_failed "$1" "cannot be read, or has no bucket ${REMOTE["$1.bucket"]} (rclone ended with ${RCLONE_STATUS})"
  fi
}

# backup.sh --list --remote NAME
list_remote() {
  local set place
  local -A damaged=()
  begin_remote "${OPTION[remote]}"
  run_step fetch_place "${OPTION[remote]}"
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    end_with 5
  fi
  look_at_place damaged "${OPTION[remote]}"
  place_at place "${OPTION[remote]}" "${REMOTE["${OPTION[remote]}.path"]}"
  SETS_PLACE="${place}"
  decide_retention "${REMOTE["${OPTION[remote]}.retention"]}"
  tell_unusable
  print_sets damaged
  for set in "${!damaged[@]}"; do
    warn "${set} lacks ${damaged["${set}"]} there, or has it in another size: it cannot be restored from there"
  done
}

# What fetch_place found, for this process.
look_at_place() { # <associative array, for what is damaged> <remote>
  local cache
  cache_for cache "$2"
  cp -- "${WORK_DIR}/listings/$2" "${WORK_DIR}/listing"
  load_listing
  mkdir --parents "${cache}"
  find_damaged_sets "$1" "${cache}"
  SETS_DIR="${cache}"
}

# backup.sh --list --compare: each set, and where it is, and whether it should be. What
# looks wrong is looked at twice, for a backup may be at work there.
compare_places() {
  local -a asked=("${REMOTES[@]}") findings=()
  if [[ -n ${OPTION[remote]} ]]; then
    asked=("${OPTION[remote]}")
  fi
  begin_remote "${asked[@]}"
  look_at_places findings "${asked[@]}"
  if [[ "${findings[*]}" =~ $'\t'(lost|stale|forged)$'\t' ]]; then
    look_at_places findings "${asked[@]}"
  fi
  print_places here "${asked[@]}"
  tell_findings "${findings[@]}"
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    end_with 5
  fi
}

look_at_places() { # <array, for what is not as its head says> <remote...>
  local remote ids unread=''
  local -A damaged=()
  begin_heads
  note_place "${HERE}" "${STORE}"
  SETS_DIR="${STORE}"
  read_sets
  jq --compact-output '{id, type, place: "here", state: "complete"}' <<<"${SETS}" >"${WORK_DIR}/places"
  for remote in "${@:2}"; do
    read_failed_remotes unread
    if [[ " ${unread} " != *" ${remote} "* ]]; then
      run_step fetch_place "${remote}" with-head
    fi
    read_failed_remotes unread
    if [[ " ${unread} " != *" ${remote} "* ]]; then
      look_at_place damaged "${remote}"
      note_place "${remote}" "${SETS_DIR}"
      read_sets
      ids="${!damaged[*]}"
      jq --compact-output --arg place "${remote}" --arg damaged "${ids}" '($damaged | split(" ")) as $damaged
        | {id, type, $place, state: (if .id as $id | $damaged | index($id) then "damaged" else "complete" end)}' <<<"${SETS}" >>"${WORK_DIR}/places"
    fi
  done
  judge_heads "$1" ''
}

note_place() { # <place> <directory with its sets>
  local unsummed
  note_head unsummed "$@"
  if [[ -n ${unsummed} ]]; then
    warn "$1: ${unsummed}; a set without one counts as gone"
  fi
}

read_failed_remotes() { # <variable>
  local -a lines=()
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    mapfile -t lines <"${WORK_DIR}/failed-remotes"
  fi
  printf -v "$1" '%s' "${lines[*]}"
}

tell_findings() { # <finding...>
  local finding place kind text older=0
  for finding in "$@"; do
    IFS=$'\t' read -r place kind _ text <<<"${finding}"
    if [[ ${kind} != newer ]]; then # the table shows that
      warn "${place}: ${text}"
    fi
    if [[ ${kind} == lost || ${kind} == stale || ${kind} == forged ]]; then
      older=$((older + 1))
    fi
  done
  if ((older > 0)) && [[ ${OPTION["accept-older"]} == true ]]; then
    warn 'what is there is older than it was, or lacks a set (above), and is accepted because of --accept-older'
  elif ((older > 0)); then
    error 'what is there is older than it was, or lacks a set (above): find out who put it back or removed the set; what is here is sent there again by the next backup'
    end_with 6
  fi
}

print_places() { # <place...>
  jq --slurp --raw-output --argjson json "${OPTION[json]}" '
    ($ARGS.positional) as $places
    | group_by(.id) | map({id: .[0].id, type: .[0].type, places: (map({(.place): .state}) | add)})
    | if $json then .
      else
        def left($width): . + " " * ([$width - length, 1] | max);
        def row: map(left(17)) | join("") | sub(" +$"; "");
        ((["SET", "TYPE"] + ($places | map(ascii_upcase))) | row),
        (.[] | . as $set | [.id, .type] + [$places[] | $set.places[.] // "-"] | row)
      end' "${WORK_DIR}/places" --args "$@"
}

# backup.sh --prune --remote NAME, from any host whose key may delete there. Its
# copy of the newest chain is brought up to date first.
prune_at_remote() {
  local held
  begin_remote "${OPTION[remote]}"
  if [[ ${DRY_RUN} == true ]]; then
    tell_removals
    return 0
  fi
  prepare_state
  exec 7>>"${STORE}/.state/upload.lock"
  try_lock held 7 --nonblock
  if [[ ${held} == false ]]; then
    die 4 'another run is uploading: wait until it has ended; nothing was done'
  fi
  mkdir --parents "${STORE}/.state/remotes"
  REMOTE["${OPTION[remote]}.prune"]=true
  at_end unmark_sets
  run_step tidy_remote "${OPTION[remote]}"
  exec 7>&-
  upload_wanted
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    end_with 5
  elif [[ -e ${WORK_DIR}/nothing-removed ]]; then
    die 3 "nothing was removed at remote ${OPTION[remote]}: see above"
  fi
  summary "remote ${OPTION[remote]} holds what its retention keeps, in ${SECONDS} s"
}

tell_removals() {
  local -a removals=()
  local -A damaged=()
  run_step fetch_place "${OPTION[remote]}"
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    end_with 5
  fi
  look_at_place damaged "${OPTION[remote]}"
  decide_retention "${REMOTE["${OPTION[remote]}.retention"]}"
  list_removals removals
  if [[ -n ${DECIDED[doubt]} ]]; then
    problem "${DECIDED[doubt]}"
  fi
  stop_at_problems
  jq --raw-output "${DECISION_IN_WORDS}"' "\(.id)  \(.retention | decision)"' <<<"${DECIDED[sets]}"
  summary "dry run: ${#removals[@]} set(s) would be removed at remote ${OPTION[remote]}; nothing was changed"
}

# backup.sh --sync-remotes: no new set, only what the remotes lack.
sync_remotes() {
  make_work_dir /tmp "${STORE}/.state"
  preflight_tools
  load_env_file
  preflight_remotes
  if ((${#USED_REMOTES[@]} == 0)); then
    problem 'no remote is switched on: write enabled: true in the profile and generate again, or set REMOTE_ENABLED=true'
  fi
  preflight_backup_dir
  stop_at_problems
  if [[ ${DRY_RUN} == true ]]; then
    run_step look_at_remotes
    return 0
  fi
  prepare_state
  upload_sets
  if [[ -s ${WORK_DIR}/lacking-remotes ]]; then
    summary "every remote holds what may leave this host: ${USED_REMOTES[*]}, in ${SECONDS} s; what stays here is told above"
  else
    summary "every remote holds what it should: ${USED_REMOTES[*]}, in ${SECONDS} s"
  fi
}
# 749c7554a380878d backup/locations/list.sh
