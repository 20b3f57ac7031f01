# --- Sets: what is in the backup directory --------------------------------------

# Leaves one line of JSON for each set in SETS, oldest first. A directory without
# a readable manifest of its own is not a set, whatever its name, nor is one with a
# text where a number belongs. Holders are other sets that hold files of this one; sets
# of format 1 have tar's increments instead, each of which follows another. Stamps are MongoDB's: {t: second, i: ordinal within it}.
SETS=''

# What a value of a manifest must be before a shell reckons with it or opens a file
# of that name, as functions for jq.
readonly MANIFEST_VALUES='
  def whole: type == "number" and . >= 0 and . < 1e15 and . == floor;
  def stored_name: type == "string" and test("\\A[a-z]+\\.(tar|files|rdb|bson)\\.zst(\\.age|\\.gpg)?\\z");
  def plain: if tojson | test("\\\\[bfnrtu]|[[:cntrl:]]") then (.. | strings) |= gsub("[[:cntrl:]]"; "?") else . end;'

# What else was read with them: every file of each set that can be read, whether it was meant
# or not, as set, component, file, bytes, encryption, sha256 of the listing if it is one.
STORED_FILES=()

IFS= read -r -d '' ROWS_OF_SETS <"${INFRASTRUCTURE}/backup/sets/sets.jq" || :

# Own are those of this application and environment: what another one made in the same
# directory is nothing that a restore would put together with ours.
read_sets() { # [own]
  local -a manifests=() read_each=(jq --raw-output --arg whose "${1:-any}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" "${MANIFEST_VALUES}${ROWS_OF_SETS}")
  local file rows='' set
  if [[ -d ${SETS_DIR} && ! (-r ${SETS_DIR} && -x ${SETS_DIR}) ]]; then
    die 3 "cannot read ${SETS_PLACE}: run as its owner or with sudo; nothing was touched"
  fi
  for set in "${SETS_DIR}"/[0-9]*_[0-9]*; do
    if [[ ${set##*/} =~ ^[0-9]{8}_[0-9]{6}$ && ! -L ${set} && (-e ${set}/manifest.json || -L ${set}/manifest.json) ]]; then
      manifests+=("${set}/manifest.json")
    fi
  done
  # One jq for all of them; only if one is broken are they read one by one.
  if ((${#manifests[@]} > 0)) && { ! rows="$(printf '%s\0' "${manifests[@]}" | xargs --null "${read_each[@]}" 2>/dev/null)" || [[ -z ${rows} ]]; }; then
    rows="$(for file in "${manifests[@]}"; do
      "${read_each[@]}" "${file}" 2>/dev/null || :
    done)"
  fi
  part_rows "${rows}"
}

part_rows() { # <what jq said>
  local row
  SETS=''
  STORED_FILES=()
  while IFS= read -r row; do
    if [[ ${row} == file$'\t'* ]]; then
      STORED_FILES+=("${row#*$'\t'}")
    else
      SETS+="${SETS:+$'\n'}${row}"
    fi
  done <<<"$1"
}

# Directories with the name of a set that cannot be read: they are told, and never taken as not there.
find_unusable() { # <array>
  local -n unreadable="$1"
  local path id row
  local -A known=()
  unreadable=()
  for row in "${STORED_FILES[@]}"; do
    known["${row%%$'\t'*}"]=true
  done
  for path in "${SETS_DIR}"/[0-9]*_[0-9]*; do
    id="${path##*/}"
    if [[ ${id} =~ ^[0-9]{8}_[0-9]{6}$ && -d ${path} && -z ${known["${id}"]:-} ]]; then
      unreadable+=("${id}")
    fi
  done
}

tell_unusable() {
  local id
  local -a unusable=()
  tell_clock
  find_unusable unusable
  for id in "${unusable[@]}"; do
    warn "${id} in ${SETS_PLACE} has the name of a set and is none, for its manifest.json is missing or damaged: fetch it again from another location, or move it away"
  done
}
# 2d865fe8116223cd backup/sets/sets.sh
