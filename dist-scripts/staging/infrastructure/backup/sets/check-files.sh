# --- Are the files of these sets what their manifests say? -----------------------------

# Sizes first, for they cost nothing; then the checksum of every stored file. All that
# is wrong is told. However long a chain is, each tool is started once.
check_files() {
  begin_sums
  judge_sums
  refuse_damage
}

SUMMING='' # the process that takes the checksums

# The checksums are taken beside what comes next, up to judge_sums: nothing may be
# believed of a file, nor said of what it holds, before that.
begin_sums() {
  local source file bytes sha256 trouble
  local -a files=()
  : >"${WORK_DIR}/summed" # of what the checksums are taken, and what the manifests say they are
  refuse_unknown_lengths
  if [[ ${FILES_ARE_HERE} == false ]]; then
    return 0
  fi
  DAMAGED=false
  while IFS=$'\t' read -r source file bytes sha256 _; do
    judge_size trouble "${source}" "${file}" "${bytes}"
    if [[ -n ${trouble} ]]; then
      tell_damage "${source}" "${trouble}"
    else
      printf '%s\t%s\n' "${source}" "${sha256}" >>"${WORK_DIR}/summed"
      files+=("${SETS_DIR}/${source%/*}/${file}")
    fi
  done <"${WORK_DIR}/expected"
  if ((${#files[@]} > 0)); then
    "${BOUNDED[@]}" openssl dgst -sha256 -r "${files[@]}" >"${WORK_DIR}/sums.files" 8>&- 9>&- &
    SUMMING=$!
    at_end end_sums
  fi
}

judge_size() { # <variable, for what is wrong> <set/component> <file> <bytes>
  local path="${SETS_DIR}/${2%/*}/$3" found
  printf -v "$1" '%s' ''
  if [[ $3 == -* || ! -f ${path} ]]; then
    printf -v "$1" '%s' "is missing (${3#-})"
    return 0
  fi
  found="$(wc --bytes <"${path}")"
  if [[ ${found} != "$4" ]]; then
    printf -v "$1" '%s' "has ${found} bytes, its manifest says $4: it was cut off or changed"
  fi
}

judge_sums() {
  local found source expected overtime i=0 status=0
  local -a summed=()
  if [[ -z ${SUMMING} ]]; then
    return 0
  fi
  wait "${SUMMING}" || status=$?
  SUMMING=''
  mapfile -t summed <"${WORK_DIR}/summed"
  while read -r found _; do
    IFS=$'\t' read -r source expected <<<"${summed[i]:-}"
    if [[ ${found} != "${expected}" ]]; then
      tell_damage "${source:-more}" "has the checksum ${found}, its manifest says ${expected:-none}: it was changed"
    fi
    i=$((i + 1))
  done <"${WORK_DIR}/sums.files"
  if ((i != ${#summed[@]} || status != 0)); then
    look_at_time overtime "${status}"
    die 1 "openssl (status ${status}) gave ${i} checksums of ${#summed[@]} files, so that nothing is known of the others: try 'openssl version', or install it again; nothing was touched${overtime}"
  fi
  refuse_damage
}

end_sums() {
  if [[ -n ${SUMMING} ]]; then
    kill -TERM "${SUMMING}" 2>/dev/null || :
  fi
}

# A key that does not fit is found at the beginning of a file, before anything is built.
check_keys() {
  local source method stored
  local -a opening=()
  while IFS=$'\t' read -r source _ _ _ _ method _; do
    if [[ ${method} == none ]]; then
      continue
    fi
    find_stored stored _ opening "${source}"
    "${BOUNDED[@]}" "${opening[@]}" <"${stored}" 2>"${WORK_DIR}/decrypt.log" | head --bytes=1 >"${WORK_DIR}/beginning" || :
    if [[ ! -s ${WORK_DIR}/beginning ]]; then
      judge_sums
      quote_tool "${WORK_DIR}/decrypt.log"
      tell_unopened "${source}" "${method}"
    fi
  done <"${WORK_DIR}/expected"
  judge_sums
  refuse_damage
}

# A dry run builds nothing: it opens every file to its end, for what no checksum tells,
# and measures it.
check_contents() {
  local source method measured stored raw_bytes
  local -a statuses opening
  while IFS=$'\t' read -r source _ _ _ _ method _; do
    statuses=(0 0 0)
    find_stored stored raw_bytes opening "${source}"
    "${BOUNDED[@]}" "${opening[@]}" <"${stored}" 2>"${WORK_DIR}/decrypt.log" \
      | "${BOUNDED_NEXT[@]}" zstd -q --decompress --stdout 2>"${WORK_DIR}/zstd.log" \
      | dd bs=1M iflag=fullblock,count_bytes count="$((raw_bytes + 1))" of=/dev/null 2>"${WORK_DIR}/measure.log" || statuses=("${PIPESTATUS[@]}")
    copied_bytes measured "${WORK_DIR}/measure.log"
    if ((measured != raw_bytes || statuses[0] + statuses[1] + statuses[2] != 0)); then
      judge_sums
      judge_content "${source}" "${method}" "${measured}" $((statuses[0] + statuses[1])) "${raw_bytes}"
    fi
  done <"${WORK_DIR}/expected"
  judge_sums
  refuse_damage
}

judge_content() { # <set/component> <method> <bytes that it holds> <status of the tools> <bytes that it must hold>
  if (($3 > $5)); then
    tell_damage "$1" "holds more than the $5 bytes that its manifest says: its manifest was changed too"
  elif (($4 != 0)); then
    quote_tool "${WORK_DIR}/decrypt.log"
    quote_tool "${WORK_DIR}/zstd.log"
    tell_unopened "$1" "$2"
  else
    tell_damage "$1" "holds $3 bytes, its manifest says $5: its manifest was changed too"
  fi
}

# The last line of dd tells.
copied_bytes() { # <variable> <file with its messages>
  local line copied=''
  while IFS= read -r line; do
    copied="${line%% *}"
  done <"$2"
  if [[ ! ${copied} =~ ^[0-9]+$ ]]; then
    die 1 "dd does not say how many bytes it read ('${copied}'), so that nothing is known of them; nothing was touched"
  fi
  printf -v "$1" '%s' "${copied}"
}

# A key that does not fit is the operator's to change; anything else is damage.
tell_unopened() { # <set/component> <method>
  if grep --quiet --extended-regexp 'no identity matched|No secret key|Bad session key|[Bb]ad passphrase' "${WORK_DIR}/decrypt.log"; then
    die 3 "$1 cannot be opened with ${KEYS["identity"]:-${KEYS["key-file"]:-the passphrase in ${PASSPHRASE_VARIABLE}}}: it is encrypted with another key ($2); nothing was touched"
  fi
  if grep --quiet --extended-regexp 'error: (reading "|.*passphrase)' "${WORK_DIR}/decrypt.log"; then
    die 3 "${KEYS["identity"]} holds no private key of age or SSH that can be used without a passphrase; nothing was touched"
  fi
  tell_damage "$1" 'cannot be opened to its end although its checksum is right: its manifest was changed too'
}

refuse_damage() {
  if [[ ${DAMAGED} == true ]]; then
    refuse_set 'what was asked for is not what its manifests say: choose another set, or fetch this one again from another location'
  fi
}

DAMAGED=false

tell_damage() { # <set/component> <what is wrong>
  error "$1 $2"
  DAMAGED=true
}

# For each source: set/component, file, bytes, checksum, bytes unpacked, encryption,
# and to whom. From here on the manifests are not asked for these again.
expected_files() {
  local source
  printf '%s\n' "${SOURCES[@]}" >"${WORK_DIR}/sources"
  for source in "${SOURCES[@]}"; do
    printf '%s\0' "${SETS_DIR}/${source%/*}/manifest.json"
  done | sort --zero-terminated --unique | xargs --null cat -- >"${WORK_DIR}/manifests"
  jq --null-input --raw-output --rawfile sources "${WORK_DIR}/sources" "${MANIFEST_VALUES}"'
    def bytes: if whole then . else -1 end; # which no file has
    def method: if . == null then "none" elif IN("none", "age", "gpg", "symmetric") then . else "unknown" end;
    def ending: {none: "", age: ".age", gpg: ".gpg", symmetric: ".gpg"}[.];
    def name($component; $ending):
      if stored_name and startswith($component + ".") and ($ending == null or (. / ".zst")[-1] == $ending)
      then . else "-" + (. // "-" | tostring | gsub("[[:cntrl:]]"; "?")) end; # a name that no file has
    (reduce inputs as $set ({}; .[$set.id] = {components: $set.components | map_values({file, bytes, rawBytes, sha256, encryption})})) as $sets
    | $sources | split("\n")[] | select(. != "")
    | split("/") as [$set, $component] | $sets[$set].components[$component] as $stored
    | ($stored.encryption.method | method) as $method
    | [., ($stored.file | name($component; $method | ending)), ($stored.bytes | bytes), $stored.sha256 // "-", ($stored.rawBytes | bytes),
       $method, ($stored.encryption.recipients // [] | join(","))] | @tsv' "${WORK_DIR}/manifests"
}

# What a component takes once unpacked, over all its sets; after check_files.
raw_bytes_of() { # <component...>
  local source bytes sum=0 wanted=" $* "
  while IFS=$'\t' read -r source _ _ _ bytes _; do
    if [[ ${wanted} == *" ${source#*/} "* ]]; then
      sum=$((sum + bytes))
    fi
  done <"${WORK_DIR}/expected"
  printf '%s' "${sum}"
}
# 3ee78085c557e013 backup/sets/check-files.sh
