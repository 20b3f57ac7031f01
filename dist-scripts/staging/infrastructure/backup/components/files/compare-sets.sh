# --- What changed between two sets, and what the space goes to ------------------------

# backup.sh --diff [OLDER NEWER]
diff_sets() {
  local component
  local -a components=()
  need_tools jq=jq zstd=zstd openssl=openssl awk=mawk
  stop_at_problems
  read_sets own
  if ((${#COMPARED_SETS[@]} == 0)); then
    mapfile -t COMPARED_SETS < <(jq --slurp --raw-output 'map(select(.format == 2 and (.components | index("app")))) | .[-2:][].id' <<<"${SETS}" || :)
  fi
  if ((${#COMPARED_SETS[@]} != 2)); then
    die 3 "there are no two sets with files in ${BACKUP_DIR} that could be compared: make a backup first"
  fi
  info "what changed from ${COMPARED_SETS[0]} to ${COMPARED_SETS[1]}"
  mapfile -t components < <(jq --slurp --raw-output --arg older "${COMPARED_SETS[0]}" --arg newer "${COMPARED_SETS[1]}" '
    map(select(.id == $older or .id == $newer) | .components) | if length == 2 then .[0] - (.[0] - .[1]) else [] end
    | .[] | select(IN("app", "config", "ssl"))' <<<"${SETS}" || :)
  if ((${#components[@]} == 0)); then
    die 3 "${COMPARED_SETS[*]}: one of these is no set of this application here, or they have no files in common: look with 'backup.sh --list'"
  fi
  for component in "${components[@]}"; do
    for_comparison "${component}" "${COMPARED_SETS[0]}" >"${WORK_DIR}/before"
    for_comparison "${component}" "${COMPARED_SETS[1]}" >"${WORK_DIR}/after"
    differences "${WORK_DIR}/before" "${WORK_DIR}/after" | tell_file_differences "${component}"
  done
}

# The listing of a set, from what is kept here of it.
for_comparison() { # <component> <set>
  local kept
  find_kept_listing kept "$1" "$2"
  if [[ -z ${kept} ]]; then
    die 3 "the listing of $1 of $2 is not kept here any more, or is damaged; 'restore.sh $2 --$1 --diff' reads the one in the set"
  fi
  zstd -q --decompress --stdout "${kept}" | tail --lines=+2
}

# backup.sh --show-sizes
show_sizes() {
  local component set
  need_tools jq=jq zstd=zstd openssl=openssl awk=mawk
  stop_at_problems
  read_sets own
  for component in app config ssl; do
    set="$(jq --slurp --raw-output --arg component "${component}" \
      'map(select(.format == 2 and (.components | index($component)))) | last.id // ""' <<<"${SETS}")"
    if [[ -n ${set} ]]; then
      show_sizes_of "${component}" "${set}"
    fi
  done
}

show_sizes_of() { # <component> <set>
  local paths
  paths="$(jq --raw-output --arg component "$1" '.components[$component].details.paths[]' "${STORE}/$2/manifest.json")"
  jq --raw-output --arg component "$1" "${MANIFEST_VALUES}"'.components[$component]
    | "\($component), in \(input_filename | split("/")[-2]): \(.rawBytes | if whole then . else "?" end) bytes were packed, \(.bytes) are stored"' "${STORE}/$2/manifest.json"
  for_comparison "$1" "$2" | set="$2" roots="${paths}" awk "${WRITTEN_AS_TAR}${SHOWN_NAMES}${SIZES}"
}

# For each path of the component what its files take, and those directly below it; and
# what could be had again from elsewhere.
IFS= read -r -d '' SIZES <<'EOF_AWK' || :
BEGIN {
  count = split(ENVIRON["roots"], roots, "\n")
  for (i = 1; i <= count; i++) roots[i] = written(substr(roots[i], 2))
  price["node_modules"] = "a restore then needs the registry and npm ci, or what the lock file is of"
  lock["package-lock.json"] = lock["npm-shrinkwrap.json"] = lock["yarn.lock"] = lock["pnpm-lock.yaml"] = lock["bun.lockb"] = 1
  printf "  %12s %12s  %s\n", "IN ALL", "STORED ANEW", "DIRECTORY"
}
function top_of(path,  i, rest) {
  for (i = 1; i <= count; i++) {
    if (path == roots[i]) return path
    if (index(path, roots[i] "/") == 1) {
      rest = substr(path, length(roots[i]) + 2)
      return rest ~ /\// ? roots[i] "/" substr(rest, 1, index(rest, "/") - 1) : roots[i]
    }
  }
  return path
}
{
  name = parent = $1
  sub(/^.*\//, "", name)
  if (!sub(/\/[^\/]*$/, "", parent)) parent = ""
  if (name in lock) locked[parent] = name
  if ($2 ~ /^d/ && name in price && !(parent in inside)) inside[$1] = $1
  if (parent in inside) inside[$1] = inside[parent]
  if ($2 !~ /^-/ || ($11 > 1 && counted[$10]++)) next
  top = top_of($1)
  if (!(top in all)) order[++tops] = top
  all[top] += $3
  if ($13 == ENVIRON["set"]) anew[top] += $3
  if ($1 in inside) saved[inside[$1]] += $3
}
END {
  for (i = 1; i <= tops; i++) printf "  %12s %12s  /%s\n", size(all[order[i]]), size(anew[order[i]] + 0), shown(order[i])
  for (directory in saved) {
    parent = name = directory
    sub(/\/[^\/]*$/, "", parent)
    sub(/^.*\//, "", name)
    if (parent in locked) printf "  could be left out (app.exclude): /%s, %s: %s (%s is there)\n", shown(directory), size(saved[directory]), price[name], locked[parent]
  }
}
EOF_AWK
# 1084e6b553f8de36 backup/components/files/compare-sets.sh
