# --- Remotes: places beside the backup directory, reached by rclone ---------------
#
# A set lies at <bucket>/<path>/<set>. Its manifest arrives last and leaves first:
# what has none is no set. Nothing here syncs, purges or deletes a directory;
# files are deleted one by one, by their names.

declare -A REMOTE=()      # remote.field: its value
declare -A REMOTE_FILE=() # set/file, and the head: its size, at the place that was listed last
USED_REMOTES=()           # those that are switched on
RCLONE_STATUS=0           # how rclone ended

# Memory stays bounded: two files at a time, in small pieces.
readonly -a RCLONE_FLAGS=(
  "--retries=${TRANSFER_TRIES}" --retries-sleep=5s --low-level-retries=3
  --contimeout=15s "--timeout=${TRANSFER_STALL_SECONDS}s" "--bwlimit=${TRANSFER_LIMIT}"
  --transfers=2 --checkers=4 --buffer-size=4M --multi-thread-streams=0
  --ask-password=false --stats=0
)

# For an option that names one.
known_remote() { # <name>
  if [[ -z $1 || " ${REMOTES[*]} " != *" $1 "* ]]; then
    wrong_usage "there is no remote '$1': the profile has ${REMOTES[*]}"
  fi
}

# For --help: as the profile says, which variables can override.
print_remotes() {
  local remote field
  local -A said=()
  for field in "${REMOTE_FIELDS[@]}"; do
    said["${field%%=*}"]="${field#*=}"
  done
  for remote in "${REMOTES[@]}"; do
    field='switched off'
    if [[ ${said["${remote}.enabled"]} == true ]]; then
      field='switched on'
    fi
    printf 'Remote:   %s, %s: %s/%s (%s)\n' "${remote}" "${said["${remote}.kind"]}" "${said["${remote}.bucket"]}" "${said["${remote}.path"]}" "${field}"
  done
}

# The settings, and what the variables of the guide make of them.
load_remotes() {
  local field remote enabled='' first="${REMOTES[0]}"
  for field in "${REMOTE_FIELDS[@]}"; do
    REMOTE["${field%%=*}"]="${field#*=}"
  done
  case "${REMOTE_ENABLED:-}" in
    '') ;;
    true | yes | on | 1) enabled=true ;;
    false | no | off | 0) enabled=false ;;
    *) problem "REMOTE_ENABLED is '${REMOTE_ENABLED}': write true or false" ;;
  esac
  REMOTE["${first}.bucket"]="${REMOTE_BUCKET:-${REMOTE["${first}.bucket"]}}"
  REMOTE["${first}.path"]="${REMOTE_PATH:-${REMOTE["${first}.path"]}}"
  if [[ ! ${REMOTE["${first}.path"]} =~ ^[^/]+(/[^/]+)*$ || /${REMOTE["${first}.path"]}/ =~ /\.\.?/ ]]; then
    problem "REMOTE_PATH is '${REMOTE["${first}.path"]}': write a directory within the bucket, such as production"
  fi
  for remote in "${REMOTES[@]}"; do
    refuse_overlap "${REMOTE["${remote}.path"]}/" "${REMOTE["${remote}.latest"]}/"
    if [[ ${enabled:-${REMOTE["${remote}.enabled"]}} == true ]]; then
      USED_REMOTES+=("${remote}")
    fi
  done
}

# The newest chain is trimmed to what is in it: nothing else may lie there.
refuse_overlap() { # <directory of the sets> <directory of the newest chain, each with a final slash>
  if [[ $2 != / && ($1 == "$2"* || $2 == "$1"*) ]]; then
    problem "REMOTE_PATH leads to ${1%/}, and the newest chain is kept in ${2%/}: one must not lie in the other; write another directory"
  fi
}

# --- Before anything is sent

check_rclone() {
  local version
  need_tools rclone=rclone
  version="$(RCLONE_CONFIG=/dev/null "${QUICK[@]}" rclone version 2>/dev/null | head --lines=1 || :)"
  if [[ ${version} =~ v([0-9]+)\.([0-9]+) ]] && ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] < 1053)); then
    problem "${version} is too old: install rclone 1.53 or newer"
  fi
}

# A file that others can read is no place for keys; rclone itself does not mind.
check_rclone_config() { # <remote>
  local file="${REMOTE["$1.configFile"]}" mode
  if [[ -z ${file} ]]; then
    return 0
  elif [[ ! -f ${file} || ! -r ${file} ]]; then
    problem "cannot read ${file}, the rclone.conf of remote $1: make it with 'rclone --config ${file} config', or correct configFile in the profile"
    return 0
  fi
  mode="$(stat --dereference --format='%a' -- "${file}")"
  if [[ ! ${mode} =~ ^[0-7]*00$ ]]; then
    problem "${file} holds secrets and has mode ${mode:-unknown}: run 'chmod 600 ${file}'"
  fi
  if command -v rclone >/dev/null; then
    ask_rclone_config "$1" "${file}"
  fi
}

# rclone alone can read it where it is encrypted.
ask_rclone_config() { # <remote> <file>
  RCLONE_STATUS=0
  call_rclone "$1" listremotes >"${WORK_DIR}/sections"
  if ((RCLONE_STATUS != 0)); then
    quote_rclone "$1"
    problem "rclone cannot read $2 (it ended with ${RCLONE_STATUS}): where the file is encrypted, write its password as RCLONE_CONFIG_PASS into ${ENV_FILE}; else correct it with 'rclone --config $2 config'"
  elif ! grep --quiet --fixed-strings --line-regexp -- "$1:" "${WORK_DIR}/sections"; then
    problem "$2 holds no remote of the name $1: add it with 'rclone --config $2 config', or correct the name in the profile"
  fi
}

# --- rclone

# How rclone names a directory of a remote.
place_at() { # <variable> <remote> <directory>
  local name="$2"
  if [[ -z ${REMOTE["$2.configFile"]} ]]; then
    name="${2^^}"
    name="${name//-/_}" # as in the names of its variables
  fi
  printf -v "$1" '%s' "${name}:${REMOTE["$2.bucket"]}${3:+/$3}"
}

# Why nothing may be written to a disk or a share: whether another file system begins there.
# (Asking for a mount point would not do: systemd makes one of every directory that a job
# may write to.)
look_at_mount() { # <variable> <remote>
  local disk="${REMOTE["$2.bucket"]}" inside above
  if ! inside="$(timeout --foreground 30 stat --format=%d -- "${disk}/." 2>/dev/null)"; then
    printf -v "$1" '%s' "${disk} is not there, or does not answer"
  elif ! above="$(stat --format=%d -- "${disk}/.." 2>/dev/null)" || [[ ${inside} == "${above}" ]]; then
    printf -v "$1" '%s' "nothing is mounted at ${disk}"
  elif [[ "$(stat --file-system --format=%T -- "${disk}/." 2>/dev/null || :)" == autofs ]]; then
    printf -v "$1" '%s' "nothing is mounted at ${disk} by autofs"
  fi
}

# Leaves the status of rclone in RCLONE_STATUS and in rclone.status, for who waits
# for a step, and what it said in rclone.log. A disk that is not mounted gets nothing.
run_rclone() { # <remote> <argument...>
  local not_mounted=''
  RCLONE_STATUS=0
  if [[ ${REMOTE["$1.kind"]} == directory ]]; then
    look_at_mount not_mounted "$1"
  fi
  if [[ -n ${not_mounted} ]]; then
    printf '%s: mount the disk or the share, or correct bucket in the profile\n' "${not_mounted}" >"${WORK_DIR}/rclone.log"
    RCLONE_STATUS=7
  else
    call_rclone "$@"
  fi
  printf '%s\n' "${RCLONE_STATUS}" >"${WORK_DIR}/rclone.status"
}

# Runs rclone with the variables of one remote, which no other process gets to
# see, and with none that the caller has for uses of its own.
call_rclone() { # <remote> <argument...>
  local remote="$1" prefix="RCLONE_CONFIG_${1^^}_" setting
  prefix="${prefix//-/_}"
  shift
  (
    export -n "${!RCLONE_@}"
    for setting in "${RCLONE_SETTINGS[@]}"; do
      if [[ ${setting} == "${prefix}"* && ! -v ${setting%%=*} ]]; then
        export "${setting?}"
      fi
    done
    for setting in "${!RCLONE_CONFIG_@}"; do
      if [[ ${setting} == "${prefix}"* || ${setting} == RCLONE_CONFIG_PASS ]]; then
        export "${setting?}"
      fi
    done
    # A mistyped bucket must not come into being; a key need not be able to rename or
    # to set times.
    export RCLONE_S3_NO_CHECK_BUCKET=true RCLONE_GCS_NO_CHECK_BUCKET=true
    export RCLONE_AZUREBLOB_NO_CHECK_CONTAINER=true RCLONE_INPLACE=true RCLONE_SFTP_SET_MODTIME=false
    export RCLONE_B2_CHUNK_SIZE=16M
    export RCLONE_CONFIG="${REMOTE["${remote}.configFile"]:-/dev/null}" HOME="${HOME:-${WORK_DIR}}"
    unset AWS_CA_BUNDLE # with it, rclone 1.60 cannot reach S3 at all
    exec timeout --foreground --kill-after=10 "${TRANSFER_SECONDS}" rclone "${RCLONE_FLAGS[@]}" "$@" \
      2>"${WORK_DIR}/rclone.log" 7>&- 8>&- 9>&-
  ) || RCLONE_STATUS=$?
}

# Quotes the end of what rclone said. It may repeat an address with a signature in
# it, or a key.
quote_rclone() { # <remote>
  local file="${REMOTE["$1.configFile"]}" name value
  local -a lines=() secrets=()
  local - # a trace must show no secret
  set +x
  for name in "${!RCLONE_CONFIG_@}"; do
    secrets+=("${name}=${!name}")
  done
  if [[ -r ${file} ]]; then
    mapfile -t -O "${#secrets[@]}" secrets <"${file}"
  fi
  mapfile -t lines <"${WORK_DIR}/rclone.log"
  for name in "${secrets[@]}"; do
    value="${name#*=}"
    value="${value# }"
    if [[ ${name%%=*} =~ (KEY|PASS|SECRET|TOKEN|SAS|PEM|CREDENTIALS|ACCOUNT|key|pass|secret|token|sas|pem|credentials|account) ]] && ((${#value} > 3)); then
      lines=("${lines[@]//"${value}"/***}")
    fi
  done
  printf '%s\n' "${lines[@]}" | sed --regexp-extended 's/((sig|signature|credential)=)[^&[:space:]"]*/\1***/Ig' >"${WORK_DIR}/rclone.quoted"
  quote_tool "${WORK_DIR}/rclone.quoted"
}

# A remote that fails takes nothing from what is here; the run ends with 5.
remote_failed() { # <remote> <what happened, with the cure>
  quote_rclone "$1"
  : >"${WORK_DIR}/rclone.log"
  error "remote $1: $2"
  printf '%s\n' "$1" >>"${WORK_DIR}/failed-remotes"
}

stop_at_failed_remotes() {
  local failed
  if [[ -s ${WORK_DIR}/failed-remotes ]]; then
    failed="$(sort --unique "${WORK_DIR}/failed-remotes" | paste --serial --delimiters=' ')"
    error "the sets here are complete; not everything is done at ${failed}: the next run tries again, and 'backup.sh --sync-remotes' does so at once"
    end_with 5
  fi
}

# --- What is there

# Lists the sets at a place, with one call, into a file of its own. Where nothing
# was uploaded yet there may be no directory, but there must be a bucket.
list_place() { # <remote> <directory>
  local place
  place_at place "$1" "$2"
  run_rclone "$1" lsf --recursive --fast-list --files-only --format=sp \
    --include='/[0-9]*_[0-9]*/*' --include='/head.json' --include='/head.json.new' "${place}" >"${WORK_DIR}/listing"
  if ((RCLONE_STATUS == 3)); then
    place_at place "$1" ''
    run_rclone "$1" lsf --max-depth=1 "${place}" >"${WORK_DIR}/bucket"
  fi
  load_listing
}

# A manifest is fetched before anything can judge it: one that is larger than any
# that we write (64 MiB) counts as none.
load_listing() {
  local bytes file
  REMOTE_FILE=()
  while IFS=';' read -r bytes file; do
    if [[ ${file} == */manifest.json* && ${bytes} =~ ^[0-9]+$ ]] && ((${#bytes} > 8 || bytes > 67108864)); then
      continue
    fi
    if [[ ${bytes} =~ ^[0-9]+$ && ${file} =~ ^[0-9]{8}_[0-9]{6}/[A-Za-z0-9][A-Za-z0-9._-]*$ ]] \
      || [[ ${bytes} =~ ^[0-9]{1,7}$ && ${file} =~ ^head\.json(\.new)?$ ]]; then
      REMOTE_FILE["${file}"]="${bytes}"
    fi
  done <"${WORK_DIR}/listing"
}

# A step: leaves listing, rclone.status, and the manifests.
# Lists a place and brings its manifests here, those that are not here yet in one
# call. Where that fails RCLONE_STATUS says so.
read_place() { # <remote> <directory> <directory here> [with-head]
  local remote="$1" here="$3" place left
  list_place "${remote}" "$2"
  if ((RCLONE_STATUS != 0)); then
    return 0
  fi
  mkdir --parents "${here}"
  for left in "${here}"/[0-9]*_[0-9]*; do
    if [[ ${left##*/} =~ ^[0-9]{8}_[0-9]{6}$ && -z ${REMOTE_FILE["${left##*/}/manifest.json"]:-} ]]; then
      rm --recursive --force -- "${left:?}"
    fi
  done
  find_new_manifests "${here}"
  if [[ ${4:-} == with-head ]]; then
    rm --force -- "${here:?}/head.json"
    want_head >>"${WORK_DIR}/wanted"
  fi
  if [[ -s ${WORK_DIR}/wanted ]]; then
    place_at place "${remote}" "$2"
    fetch_manifests "${remote}" "${place}" "${here}"
  fi
}

# The new one alone is there where a run was killed that exchanged them.
want_head() {
  local file
  for file in head.json head.json.new; do
    if [[ -n ${REMOTE_FILE["${file}"]:-} ]]; then
      printf '%s\n' "${file}"
      break
    fi
  done
}

# rclone may end well and bring nothing: where a directory is not there, and where
# a key may not read.
fetch_manifests() { # <remote> <place> <directory here>
  local file
  rm --recursive --force -- "${WORK_DIR:?}/fetched"
  run_rclone "$1" copy --transfers=8 --no-traverse --files-from-raw="${WORK_DIR}/wanted" "$2" "${WORK_DIR}/fetched"
  while read -r file; do
    if ((RCLONE_STATUS == 0)) && [[ ! -f ${WORK_DIR}/fetched/${file} ]]; then
      printf '%s was not sent\n' "$2/${file}" >"${WORK_DIR}/rclone.log"
      RCLONE_STATUS=4
    fi
  done <"${WORK_DIR}/wanted"
  printf '%s\n' "${RCLONE_STATUS}" >"${WORK_DIR}/rclone.status"
  if [[ -f ${WORK_DIR}/fetched/head.json.new ]]; then
    mv --no-target-directory -- "${WORK_DIR}/fetched/head.json.new" "${WORK_DIR}/fetched/head.json"
  fi
  if [[ -d ${WORK_DIR}/fetched ]]; then
    cp --recursive --remove-destination -- "${WORK_DIR}/fetched/." "$3"
  fi
}

# A manifest that has another size than the one here is read again.
find_new_manifests() { # <directory here>
  local file bytes
  local -A here=()
  while IFS=';' read -r bytes file; do
    here["${file}"]="${bytes}"
  done < <(find "$1" -mindepth 2 -maxdepth 2 -type f -printf '%s;%P\n' || :)
  for file in "${!REMOTE_FILE[@]}"; do
    if [[ ${file} =~ /manifest\.json(\.sig)?$ && -n ${REMOTE_FILE["${file%/*}/manifest.json"]:-} ]] \
      && [[ ${here["${file}"]:-} != "${REMOTE_FILE["${file}"]}" ]]; then
      printf '%s\n' "${file}"
    fi
  done >"${WORK_DIR}/wanted"
}
# 6fd6ec4b8cc52a36 backup/locations/remote.sh
