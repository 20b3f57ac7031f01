# --- Looking into sets: what a restore would change, which versions of a file there are ---

take_pattern() { # <option> <pattern>
  if [[ -z $2 || $2 == -* || $2 == *[[:cntrl:]]* ]]; then
    wrong_usage "$1 needs a pattern, such as 'uploads/2026/*'"
  elif [[ $1 == --find ]]; then
    set_action find
  fi
  PATTERNS+=("$2")
}

# --path, --diff and --find are of files; --all means all of these.
narrow_to_files() {
  local component
  local -a files=()
  if [[ ${OPTION[json]} == true && ${ACTION} == restore ]]; then
    wrong_usage '--json belongs to --diff and --find'
  elif [[ ${ACTION} == find && ${OPTION[set]} == latest ]]; then
    wrong_usage '--find looks in every set, or in the one that is named: leave latest out'
  elif [[ ${ACTION} == restore && ${#PATTERNS[@]} == 0 ]]; then
    return 0
  elif [[ ${ACTION} != restore && -n ${OPTION[into]} ]]; then
    wrong_usage "--${ACTION} changes nothing and takes no --into"
  fi
  for component in "${WANTED[@]}"; do
    if [[ ${component} != mongodb && ${component} != redis ]]; then
      files+=("${component}")
    fi
  done
  if ((${#files[@]} == 0)) || [[ ${ACTION} == restore && ${#files[@]} != "${#WANTED[@]}" ]]; then
    wrong_usage '--path, --diff and --find are of files: give --app, --config or --ssl'
  fi
  WANTED=("${files[@]}")
}

# Listings of sets that were made here are kept here, where no key is needed to read
# them. Of the others a restore would read, the rest is left in SOURCES.
take_kept_listings() { # <set/component...>
  local source kept
  SOURCES=()
  : >"${WORK_DIR}/expected"
  for source in "$@"; do
    kept=''
    if [[ ${SETS_DIR} == "${STORE}" ]]; then
      find_kept_listing kept "${source#*/}" "${source%/*}"
    fi
    if [[ -n ${kept} ]]; then
      cp -- "${kept}" "${WORK_DIR}/listing.${source%/*}.${source#*/}"
    else
      SOURCES+=("${source}.files")
    fi
  done
}

lines_in() { # <set> <component>
  if [[ -f ${WORK_DIR}/listing.$1.$2 ]]; then
    zstd -q --decompress --stdout "${WORK_DIR}/listing.$1.$2"
  else
    unpack_to "$1/$2.files" cat
  fi
}

# Lets through what matches --path or --find, or everything.
matching_lines() { # <component>
  local patterns
  if ((${#PATTERNS[@]} == 0)); then
    sed '/^#path\t/d'
    return 0
  fi
  patterns="$(printf '%s\n' "${PATTERNS[@]}")"
  patterns="${patterns}" roots="${PATHS_OF[$1]}" awk "${WRITTEN_AS_TAR}${MATCHES}${MATCHING}"
}

IFS= read -r -d '' MATCHING <<'EOF_AWK' || :
/^#path\t/ { next }
{
  parent = $1
  sub(/\/[^\/]*$/, "", parent)
  if (!matches($1) && !(parent in whole)) next
  if ($2 ~ /^d/) whole[$1] = 1
  print
}
EOF_AWK

# restore.sh SET --app --diff
show_difference() { # <component>
  local component="$1"
  local -a paths=()
  mapfile -t paths <<<"${PATHS_OF[${component}]}"
  list_tree "${component}" "${paths[@]#/}" | matching_lines "${component}" >"${WORK_DIR}/now"
  lines_in "${SET_OF[${component}]}" "${component}" | matching_lines "${component}" >"${WORK_DIR}/then"
  differences "${WORK_DIR}/now" "${WORK_DIR}/then" | tell_file_differences "${component}"
}

# Every set that is searched, as set/component; the others are told.
sources_to_search() {
  local older
  older="$(jq --slurp 'map(select(.format == 1 and (.components | any(IN("app", "config", "ssl"))))) | length' <<<"${SETS}")"
  if ((older > 0)); then
    warn "${older} set(s) of an older lifeboat list no files and are not searched"
  fi
  jq --raw-output --arg wanted "${WANTED[*]}" --arg set "${OPTION[set]}" '
    select(.format == 2 and ($set == "" or .id == $set))
    | .id as $id | .components[] | select(IN($wanted | split(" ")[])) | "\($id)/\(.)"' <<<"${SETS}" >"${WORK_DIR}/searched"
}

# restore.sh --find PATTERN. A version is a file in the set that holds it; the listings
# of later sets name that one too, as long as it stays the same.
find_versions() {
  local source set component
  while IFS= read -r source; do
    set="${source%/*}"
    component="${source#*/}"
    SET_OF["${component}"]="${set}"
    PATHS_OF["${component}"]="$(of_component "${component}" '.details.paths[]')"
    lines_in "${set}" "${component}" | matching_lines "${component}" | set="${set}" component="${component}" awk '
      BEGIN { FS = OFS = "\t" }
      $2 !~ /^d/ { print $1, ENVIRON["component"], $13, ENVIRON["set"], $3, $4 }'
  done <"${WORK_DIR}/searched" >"${WORK_DIR}/found"
  sort "${WORK_DIR}/found" | awk "${VERSIONS}" >"${WORK_DIR}/versions"
  if [[ ! -s ${WORK_DIR}/versions ]]; then
    tell_losses
    die 1 "no set in ${SETS_PLACE} that was searched lists a file like '${PATTERNS[*]}'"
  fi
  tell_versions
}

# Input sorted by path, component and the set that holds the file.
IFS= read -r -d '' VERSIONS <<'EOF_AWK' || :
BEGIN { FS = OFS = "\t" }
function tell() { if (NR > 1) print version, first, last, rest }
{
  if ($1 FS $2 FS $3 != version) { tell(); version = $1 FS $2 FS $3; first = $4 }
  last = $4
  rest = $5 FS $6
}
END { if (NR) { NR++; tell() } }
EOF_AWK

tell_versions() {
  if [[ ${OPTION[json]} == true ]]; then
    awk "${SHOWN_NAMES}${SHOWN_VERSIONS}" "${WORK_DIR}/versions" | jq --raw-input --slurp '
      [split("\n")[] | select(. != "") | split("\t")
        | {path: ("/" + .[0]), component: .[1], heldBy: .[2], firstSet: .[3], lastSet: .[4], bytes: (.[5] | tonumber), modified: (.[6] | sub("\\+"; "T") + "Z")}]'
  else
    awk "${SHOWN_NAMES}${VERSIONS_IN_WORDS}" "${WORK_DIR}/versions"
  fi
}

IFS= read -r -d '' SHOWN_VERSIONS <<'EOF_AWK' || :
BEGIN { FS = OFS = "\t" }
{ $1 = shown($1); print }
EOF_AWK

IFS= read -r -d '' VERSIONS_IN_WORDS <<'EOF_AWK' || :
BEGIN { FS = "\t" }
$1 != path { path = $1; print "/" shown(path) }
{ printf "  %10s  of %s  in %s  (--%s)\n", size($6), second($7), ($4 != $5 ? $4 " to " $5 : $4), $2 }
END { print "to bring one back: restore.sh SET --COMPONENT --path PATH" }
EOF_AWK

diff_files() {
  local component
  check_tools
  load_env_file
  choose_sources
  refuse_older
  read_listings "${SOURCES[@]%.files}"
  for component in "${WANTED[@]}"; do
    show_difference "${component}"
  done
  if [[ -n ${OPTION[from]} ]]; then
    drop_fetched
  fi
}

find_files() {
  local -a searched=()
  check_tools
  load_env_file
  look_for_sets
  sources_to_search
  mapfile -t searched <"${WORK_DIR}/searched"
  read_listings "${searched[@]}"
  find_versions
  if [[ -n ${OPTION[from]} ]]; then
    drop_fetched
  fi
  tell_losses
}
# 994e02183718cc5b backup/components/files/look.sh
