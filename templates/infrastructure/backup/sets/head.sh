# --- Heads: what each location should hold -----------------------------------------------
#
# head.json beside the sets holds a number that only rises, and the sets that must be
# there. A set is named once it is there, and no longer before it is removed: whenever
# a run is killed, what is named is there. A place that was put back is found out by
# the number, which .state/heads and the heads of other places remember.

readonly HERE='BACKUP_DIR' # how heads name it; no remote is called that
SUMS=()                    # of manifests: checksum and set
UNSUMMED=''                # what was not summed proves nothing
FINDINGS=()                # as place, kind, set and text

IFS= read -r -d '' HEAD_VALUES <<'EOF_JQ' || :
def short_text: type == "string" and length < 1000 and (test("[[:cntrl:]]") | not);
def head: fromjson? // null
  | if type == "object" and .format == 1 and (.counter | whole) and all(.written, .application, .environment, .server, .location; short_text)
      and (.known | type == "object" and all(.[]; whole))
      and (.sets | type == "array" and all(.[]; type == "object" and all(.id, .type, .sha256, .until // ""; short_text)
        and (.id | test("\\A[0-9]{8}_[0-9]{6}\\z"))))
    then . else null end;
def gathered: reduce inputs as $line ({at: "", places: {}, sets: []};
  ($line | index("\t")) as $tab | $line[:$tab] as $kind | $line[$tab + 1:] as $value | .at as $at
  | if $kind == "place" then .at = $value | .places[$value].name = $value
    elif $kind == "sum" then .places[$at].sums[$value[66:]] = $value[:64]
    elif $kind == "set" then .sets += [$value]
    elif $kind == "head" then .places[$at].text = $value | .places[$at].head = ($value | head)
    elif $kind == "memory" then .places[$at].remembered = $value | .places[$at].memory = ($value | head)
    else .places[$at][$kind] = $value end)
  | .sets |= map(fromjson)
  | .places |= map_values(if .fault and .text != .remembered then del(.head) else del(.fault) end); # what is remembered needs no proof
def newest_numbers: [.[] | .name as $name | .head, .memory | select(.)
    | {key: $name, value: .counter}, (.known | del(.BACKUP_DIR) | to_entries[])] # a new server has another one
  | group_by(.key) | map({key: .[0].key, value: (map(.value) | max)}) | from_entries;
def number: "number \(.counter) of \(.written)";
def doubt($last): (.memory | if . and .counter == $last then number else "number \($last)" end) as $remembered
  | if .fault then ["forged", "its head \(.fault)"]
    elif .text and .head == null then ["forged", "its head is damaged, or was written by a newer lifeboat"]
    elif .head == null and $last then ["stale", "its head is missing, and \($remembered) is remembered"]
    elif .head == null then empty
    elif .head.location != .name and .memory then ["stale", "its head is that of another location (\(.head.location)), and \($remembered) is remembered"]
    elif .head.location != .name then empty
    elif .head.counter < $last then ["stale", "its head is \(.head | number), and \($remembered) is remembered: it was put back to an older state"]
    elif .memory.counter == .head.counter and .memory.server == .head.server and .text != .remembered
    then ["forged", "its head bears the same number as the one that is remembered, \($remembered), and is another one"]
    else empty end;
def newest: [.head, .memory | select(.)] | max_by(.counter);
def lost($now): newest as $newest | .sums as $sums
  | $newest.sets[]? | select((.until // $now) >= $now and $sums[.id] != .sha256)
  | [.id, "\(.id) (\(.type)) \(if $sums[.id] then "is another set than the one of that name" else "is not there" end), and the head, \($newest | number), names it"];
def of_others($application; $environment): . != null and (.application != $application or .environment != $environment);
def ours($application; $environment):
  if .head | of_others($application; $environment) then .others = true | del(.head) else . end
  | if .memory | of_others($application; $environment) then del(.memory, .remembered) else . end;
def newer($place): ($place.sums // {} | keys | max // "0") as $last
  | .[] | select(.name != $place.name) | .name as $name | newest.sets[-1]? | select(.id > $last)
  | [$place.name, "newer", .id, "\(.id) (\(.type)) is newer than all that is here; it was at \($name)"];
def finding: map(tostring | gsub("[[:cntrl:]]"; "?")) | join("\t");
def judged($numbers; $now): .name as $name
  | (if .others then [$name, "note", "-", "the head there is that of another application or environment, and none is kept for this one: give each a directory of its own"] else
      (doubt($numbers[$name]) as [$kind, $text] | [$name, $kind, "-", $text]),
      (select(.remembered and .memory == null) | [$name, "note", "-", "what .state/heads remembers of it cannot be read"]),
      (select(.text == null and .fault == null and $numbers[$name] == null) | [$name, "new", "-", "it never had a head: whether a set is missing cannot be told"])
    end),
    (lost($now) as [$id, $text] | [$name, "lost", $id, $text]);
EOF_JQ

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

note_head() { # <place> <directory with its head and its manifests>
  note_number "$@"
  sum_manifests "$2"
  printf 'judged\ttrue\n' >>"${WORK_DIR}/heads"
  if ((${#SUMS[@]} > 0)); then
    printf 'sum\t%s\n' "${SUMS[@]}" >>"${WORK_DIR}/heads"
  fi
}

# Of a place that only tells how far others had come.
note_number() { # <place> <directory with its head>
  local -a lines=()
  FORGED=''
  printf 'place\t%s\n' "$1" >>"${WORK_DIR}/heads"
  if [[ -f $2/head.json && ! -r $2/head.json ]]; then
    FORGED='cannot be read'
  elif [[ -f $2/head.json ]]; then
    mapfile -t -n 3 lines <"$2/head.json"
    check_head "${lines[@]}"
  fi
  if [[ -n ${FORGED} ]]; then
    printf 'fault\t%s\n' "${FORGED}" >>"${WORK_DIR}/heads"
  fi
  if [[ -f $2/head.json ]]; then
    printf 'head\t%s\n' "${lines[0]:-}" >>"${WORK_DIR}/heads"
  fi
}

# The signature is a line of the same file: no run that is killed parts them.
check_head() { # <line> [signature]
  if ((${#SIGNERS[@]} > 0)); then
    rm --force -- "${WORK_DIR:?}/head.signature"
    printf '%s\n' "${1:-}" >"${WORK_DIR}/head.text"
    if [[ ${2:-} =~ ^\{\"signature\":\"([A-Za-z0-9+/=\ \\-]+)\"\}$ ]]; then
      printf '%s\n' "${BASH_REMATCH[1]//\\n/$'\n'}" >"${WORK_DIR}/head.signature"
    fi
    verify_signature "${WORK_DIR}/head.text" "${WORK_DIR}/head.signature" lifeboat-head
  fi
}

# Leaves SUMS, and in UNSUMMED how many are lacking.
sum_manifests() { # <directory>
  local manifest line
  local -a manifests=()
  SUMS=()
  UNSUMMED=''
  for manifest in "$1"/[0-9]*_[0-9]*/manifest.json; do
    manifest="${manifest#"$1"/}"
    if [[ ${manifest} =~ ^[0-9]{8}_[0-9]{6}/manifest\.json$ ]]; then
      manifests+=("${manifest}")
    fi
  done
  : >"${WORK_DIR}/sums"
  if ((${#manifests[@]} > 0)); then
    (cd -- "$1" && printf '%s\0' "${manifests[@]}" | xargs --null sha256sum --) >"${WORK_DIR}/sums" 2>"${WORK_DIR}/sums.log" || :
  fi
  while IFS= read -r line; do
    if [[ ${line} =~ ^([0-9a-f]{64})\ [\ *]([0-9]{8}_[0-9]{6})/manifest\.json$ ]]; then
      SUMS+=("${BASH_REMATCH[1]}  ${BASH_REMATCH[2]}")
    fi
  done <"${WORK_DIR}/sums"
  if ((${#SUMS[@]} != ${#manifests[@]})); then
    quote_tool "${WORK_DIR}/sums.log"
    UNSUMMED="of ${#manifests[@]} manifests sha256sum told the checksums of ${#SUMS[@]}"
  fi
}

# Leaves in FINDINGS what is not as the heads say.
judge_heads() { # <a set as JSON, whose application and environment are meant>
  local found now
  printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  printf 'set\t%s\n' "${1:-null}" >>"${WORK_DIR}/heads"
  found="$(jq --null-input --raw-input --raw-output --arg now "${now}" --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" \
    "${MANIFEST_VALUES}${HEAD_VALUES}"'
    gathered | (.sets[0] // {$application, $environment}) as $meant
    | .places | map_values(ours($meant.application; $meant.environment)) | newest_numbers as $numbers
    | .[] as $place | select($place.judged)
    | ($place | judged($numbers; $now)), newer($place) | finding' "${WORK_DIR}/heads")"
  mapfile -t FINDINGS < <(printf '%s' "${found:+${found}$'\n'}")
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
