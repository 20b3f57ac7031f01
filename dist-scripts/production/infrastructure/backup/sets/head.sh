# --- Heads: what each location should hold -----------------------------------------------
#
# head.json beside the sets holds a number that only rises, and the sets that must be
# there. A set is named once it is there, and no longer before it is removed: whenever
# a run is killed, what is named is there. A place that was put back is found out by
# the number, which .state/heads and the heads of other places remember.

readonly HERE='BACKUP_DIR' # how heads name it; no remote is called that

IFS= read -r -d '' HEAD_VALUES <"${INFRASTRUCTURE}/backup/sets/head.jq" || :

# Gathers for judge_heads what this server remembers.
begin_heads() {
  local file line
  : >"${WORK_DIR}/heads"
  for file in "${STORE}/.state/heads/${ENVIRONMENT}".*.json; do
    if [[ -f ${file} && -r ${file} && ! -L ${file} ]]; then
      read -r line <"${file}" || :
      file="${file##*/"${ENVIRONMENT}".}"
      printf 'place\t%s\nmemory\t%s\n' "${file%.json}" "${line}" >>"${WORK_DIR}/heads"
    fi
  done
}

# What was not summed proves nothing.
note_head() { # <variable, for what was not summed> <place> <directory with its head and its manifests>
  local -a sums_of=()
  note_number "$2" "$3"
  sum_manifests "$1" sums_of "$3"
  printf 'judged\ttrue\n' >>"${WORK_DIR}/heads"
  if ((${#sums_of[@]} > 0)); then
    printf 'sum\t%s\n' "${sums_of[@]}" >>"${WORK_DIR}/heads"
  fi
}

# Of a place that only tells how far others had come.
note_number() { # <place> <directory with its head>
  local -a lines=()
  local forged=''
  printf 'place\t%s\n' "$1" >>"${WORK_DIR}/heads"
  if [[ -f $2/head.json && ! -r $2/head.json ]]; then
    forged='cannot be read'
  elif [[ -f $2/head.json ]]; then
    mapfile -t -n 3 lines <"$2/head.json"
    check_head forged "${lines[@]}"
  fi
  if [[ -n ${forged} ]]; then
    printf 'fault\t%s\n' "${forged}" >>"${WORK_DIR}/heads"
  fi
  if [[ -f $2/head.json ]]; then
    printf 'head\t%s\n' "${lines[0]:-}" >>"${WORK_DIR}/heads"
  fi
}

# The signature is a line of the same file: no run that is killed parts them.
check_head() { # <variable, for why it is not ours> <line> [signature]
  if ((${#SIGNERS[@]} > 0)); then
    rm --force -- "${WORK_DIR:?}/head.signature"
    printf '%s\n' "${2:-}" >"${WORK_DIR}/head.text"
    if [[ ${3:-} =~ ^\{\"signature\":\"([A-Za-z0-9+/=\ \\-]+)\"\}$ ]]; then
      printf '%s\n' "${BASH_REMATCH[1]//\\n/$'\n'}" >"${WORK_DIR}/head.signature"
    fi
    verify_signature "$1" "${WORK_DIR}/head.text" "${WORK_DIR}/head.signature" lifeboat-head
  fi
}

sum_manifests() { # <variable, for how many are lacking> <array, for checksum and set> <directory>
  local -n sums="$2"
  local manifest line
  local -a manifests=()
  printf -v "$1" '%s' ''
  for manifest in "$3"/[0-9]*_[0-9]*/manifest.json; do
    manifest="${manifest#"$3"/}"
    if [[ ${manifest} =~ ^[0-9]{8}_[0-9]{6}/manifest\.json$ ]]; then
      manifests+=("${manifest}")
    fi
  done
  : >"${WORK_DIR}/sums"
  if ((${#manifests[@]} > 0)); then
    (cd -- "$3" && printf '%s\0' "${manifests[@]}" | xargs --null sha256sum --) >"${WORK_DIR}/sums" 2>"${WORK_DIR}/sums.log" || :
  fi
  while IFS= read -r line; do
    if [[ ${line} =~ ^([0-9a-f]{64})\ [\ *]([0-9]{8}_[0-9]{6})/manifest\.json$ ]]; then
      sums+=("${BASH_REMATCH[1]}  ${BASH_REMATCH[2]}")
    fi
  done <"${WORK_DIR}/sums"
  if ((${#sums[@]} != ${#manifests[@]})); then
    quote_tool "${WORK_DIR}/sums.log"
    printf -v "$1" 'of %s manifests sha256sum told the checksums of %s' "${#manifests[@]}" "${#sums[@]}"
  fi
}

# What is not as the heads say, as place, kind, set and text.
judge_heads() { # <array> <a set as JSON, whose application and environment are meant>
  local found now
  printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  printf 'set\t%s\n' "${2:-null}" >>"${WORK_DIR}/heads"
  found="$(jq --null-input --raw-input --raw-output --arg now "${now}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" \
    "${MANIFEST_VALUES}${HEAD_VALUES}"'
    gathered | (.sets[0] // {$application, $environment}) as $meant
    | .places | map_values(ours($meant.application; $meant.environment)) | newest_numbers as $numbers
    | .[] as $place | select($place.judged)
    | ($place | judged($numbers; $now)), newer($place) | finding' "${WORK_DIR}/heads")"
  mapfile -t "$1" < <(printf '%s' "${found:+${found}$'\n'}")
}

# A link there would lead astray: what is written is always a new file.
put_file() { # <file> <its place>
  cp --remove-destination --no-target-directory -- "$1" "$2.new"
  sync -- "$2.new"
  mv --no-target-directory -- "$2.new" "$2"
}

remember_head() { # <place> <file>
  mkdir --parents "${STORE}/.state/heads"
  put_file "$2" "${STORE}/.state/heads/${ENVIRONMENT}.$1.json"
}
# c1b002f4acc0cf46 backup/sets/head.sh
