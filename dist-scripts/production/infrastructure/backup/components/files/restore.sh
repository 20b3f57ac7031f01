# --- Files: application, configuration, certificates ----------------------------
#
# The listing of the set says which set holds what. Of each archive only that is
# unpacked, each file once; then the tree is listed anew and held against the listing.

declare -A PATHS_OF=() # state of the run. component: its paths, each on a line, as the manifest names them

read_paths() {
  local component
  for component in "${WANTED[@]}"; do
    if [[ ${component} != mongodb && ${component} != redis ]]; then
      PATHS_OF["${component}"]="$(of_component "${component}" '.details.paths[]')"
      UNITS_OF["${component}"]="${PATHS_OF[${component}]}"
      judge_paths "${component}"
    fi
  done
}

judge_paths() { # <component>
  local component="$1" path
  if [[ ${component} == config && -z ${PATHS_OF[config]} ]]; then
    return 0
  fi
  while IFS= read -r path; do
    if [[ ! ${path} =~ ^(/[^/[:cntrl:]]+)+$ || ${path}/ == */./* || ${path}/ == */../* ]]; then
      refuse_set "${SET_OF[${component}]}: the manifest names a path that is not absolute and plain: ${path}"
    fi
  done <<<"${PATHS_OF[${component}]}"
}

# Where there was no configuration at all, the set says so: nothing is replaced.
leave_out_what_was_not_there() {
  local component
  local -a there=()
  read_paths
  for component in "${WANTED[@]}"; do
    if [[ ${component} != config || -n ${PATHS_OF[config]} ]]; then
      there+=("${component}")
    else
      info "${SET_OF[config]} holds no configuration, for there was none: nothing of it is replaced"
    fi
  done
  if ((${#there[@]} == 0)); then
    die 3 "there is nothing to restore: ${SET_OF[config]} holds no configuration, for there was none; nothing was touched"
  fi
  WANTED=("${there[@]}")
}

# Builds all beside the first path, and moves the rest beside its own places: names of one
# file stay that, except on another file system. Each line of the list of swaps says:
# this live path, that new one.
build_files() { # <component>
  local component="$1" path stage room name listed
  local -a units=()
  mapfile -t units <<<"${UNITS_OF[${component}]}"
  stage_for name "${units[0]}" room
  stage="${room}/${component}"
  name+="/${component}"
  mkdir --parents "${stage}"
  has_listing listed "${component}"
  if [[ ${listed} == true ]]; then
    unpack_listed "${component}" "${stage}"
  else
    unpack_older "${component}" "${stage}"
  fi
  for path in "${units[@]}"; do
    place_built "${component}" "${path}" "${stage}" "${name}"
  done
  if [[ ${listed} == true ]]; then
    compare_built "${component}"
  fi
}

place_built() { # <component> <live path> <where it was built> <by its name>
  local component="$1" path="$2" staged="$3$2" name="$4" stage room
  if [[ ! -e ${staged} && ! -L ${staged} ]]; then
    die 6 "${SET_OF[${component}]}: the archive of ${component} does not hold ${path}, although its manifest names it"
  fi
  stage_for stage "${path}" room
  if [[ ${stage}/${component} != "${name}" ]]; then
    mkdir --parents "${room}/${component}${path%/*}"
    mv --no-target-directory -- "${staged}" "${room}/${component}${path}"
  fi
  close_directory "${room}"
  printf '%s\t%s\n' "${path}" "${stage}/${component}${path}" >>"${WORK_DIR}/swaps.${component}"
}

# First the files, the oldest set first and several tars at a time; when they are done,
# the directories, links and the like, which the set itself holds. So no file is ever
# written where a link could lead it. They lead in its archive, and are kept by the
# first of its tars for the time when it is their turn.
unpack_listed() { # <component> <directory>
  local component="$1" directory="$2" set shares leading kept own="${SET_OF[$1]}"
  local -a sets=()
  find_leading leading "${component}"
  shares="$(nproc)"
  if ((${FIGURES["${component}"]% *} < 1000)); then
    shares=1
  fi
  : >"${WORK_DIR}/${component}.names.directories"
  zstd -q --decompress --stdout "${WORK_DIR}/${component}.chosen" | sort --merge - "${WORK_DIR}/${component}.helpers" \
    | shares="${shares}" place="${WORK_DIR}/${component}.names" awk "${SHARED_OUT}" >"${WORK_DIR}/holders"
  mapfile -t sets < <(sort --unique "${WORK_DIR}/holders" || :)
  make_directories "${directory}" "${WORK_DIR}/${component}.names.directories"
  for set in "${sets[@]}"; do
    kept=0
    if [[ ${set} == "${own}" ]]; then
      kept="${leading}"
    fi
    unpack_shares "${set}/${component}" "${directory}" "${kept}"
  done
  if [[ -s ${WORK_DIR}/${component}.names.others ]]; then
    unpack_others "${own}/${component}" "${directory}" "${WORK_DIR}/${component}.names.others"
  fi
  remove_helpers "${component}" "${directory}"
}

# Two tars that miss the same directory at the same time would be in each other's way.
# Modes and owners follow with the headers.
make_directories() { # <where> <file with the names>
  local -a names=()
  while mapfile -t -n 5000 names && ((${#names[@]} > 0)); do
    printf '%b\0' "${names[@]/#/./}"
  done <"$2" | env --chdir="$1" xargs --null --no-run-if-empty mkdir --parents --
}

# How much of the beginning of its own archive is no file; older sets do not say it.
find_leading() { # <variable> <component>
  local bytes raw_bytes numbers set="${SET_OF[$2]}"
  numbers="$(number_of "${set}/$2" '.details.leading // 0' .rawBytes)"
  bytes="${numbers%$'\n'*}"
  raw_bytes="${numbers#*$'\n'}"
  rm --force -- "${WORK_DIR:?}/share-0/kept"
  if ((bytes > raw_bytes)); then
    die 6 "the manifest of ${set} says that the first ${bytes} of ${raw_bytes} bytes of $2 are directories and links: it was changed; choose another set; nothing that runs was touched"
  fi
  printf -v "$1" '%s' "${bytes}"
}

# From what was kept, or where no tar has read that archive yet, from there.
unpack_others() { # <set/component> <directory> <file with the names>
  local overtime kept="${WORK_DIR}/share-0/kept" status=0
  if [[ ! -s ${kept} ]]; then
    unpack_names "${WORK_DIR}" 0 "$@"
    return 0
  fi
  "${BOUNDED[@]}" tar "${UNPACKED[@]}" --file="${kept}" --directory="$2" --files-from="$3" 2>"${WORK_DIR}/reader.log" || status=$?
  rm --force -- "${kept:?}"
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/reader.log"
    look_at_time overtime "${status}"
    if grep --quiet --extended-regexp ': (Not found in archive|Unexpected EOF in archive)$' "${WORK_DIR}/reader.log"; then
      die 6 "the directories and links of $1 are not where its manifest says (see above): it was changed, and its manifest too; choose another set; nothing that runs was touched"
    fi
    die 1 "unpacking the directories and links of $1 failed (tar ${status}); see above${overtime}"
  fi
}

# The names that each tar unpacks, in the order of the archive. All names of one file
# go to one tar.
IFS= read -r -d '' SHARED_OUT <<'EOF_AWK' || :
BEGIN { FS = "\t" }
$1 == "#path" && $2 == "mode" { next }
$2 ~ /^d/ { print $1 > (ENVIRON["place"] ".directories") }
$2 !~ /^-/ { print $1 > (ENVIRON["place"] ".others"); next }
{
  share = $11 > 1 ? 0 : turn++ % ENVIRON["shares"]
  print $1 > (ENVIRON["place"] "." $13 "." share)
  if (!told[$13]++) print $13
}
EOF_AWK

unpack_shares() { # <set/component> <directory> <bytes to keep of the beginning of its archive>
  local source="$1" directory="$2" leading="$3" names share pid status=0
  local -a pids=()
  for names in "${WORK_DIR}/${source#*/}.names.${source%/*}".*; do
    share="${names##*.}"
    mkdir --parents "${WORK_DIR}/share-${share}"
    unpack_names "${WORK_DIR}/share-${share}" "$((share == 0 ? leading : 0))" "${source}" "${directory}" "${names}" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do
    wait "${pid}" || status=$? # all of them: what still writes would be in the way
  done
  if ((status != 0)); then
    end_with "${status}" # it has said why
  fi
}

readonly -a UNPACKED=(--extract --preserve-permissions --delay-directory-restore
  --acls --xattrs --xattrs-include='*' --no-recursion --same-order --unquote)

unpack_names() { # <directory for the words of the tools> <bytes to keep there> <set/component> <directory> <file with the names>
  unpack_within "$1" "$2" "$3" tar "${UNPACKED[@]}" --file=- --directory="$4" --files-from="$5"
}

# A file of which only another name was wanted was unpacked for that name's sake.
remove_helpers() { # <component> <directory>
  local name
  while IFS= read -r name; do
    printf -v name '%b' "${name}"
    rm --force -- "$2/${name:?}"
  done < <(cut --fields=1 "${WORK_DIR}/$1.helpers" || :)
}

# Lists what was built, and holds it against what the listing says. Owners are those of
# the user who runs this, unless that is root.
compare_built() { # <component>
  local component="$1" paths bytes
  local -a statuses=(0 0)
  list_built "${component}" | sort --buffer-size=64M --temporary-directory="${WORK_DIR}" | zstd -q -1 --stdout >"${WORK_DIR}/built"
  # A listing that ends early has too few lines, and the comparison tells.
  zstd -q --decompress --stdout "${WORK_DIR}/built" | expected_user="${EUID}" units="${UNITS_OF[${component}]}" awk "${WRITTEN_AS_TAR}${AS_LISTED}" \
    expected=<(zstd -q --decompress --stdout "${WORK_DIR}/${component}.chosen" || :) - >"${WORK_DIR}/compared" || statuses=("${PIPESTATUS[@]}")
  if [[ ${statuses[*]} != '0 0' ]]; then
    quote_tool "${WORK_DIR}/compared"
    die 6 "${component}, as it was built from ${SOURCES[*]}, is not what the listing of ${SET_OF[${component}]} says (see the differences above): choose another set; nothing that runs was touched"
  fi
  compare_devices "${component}"
  read -r paths bytes <"${WORK_DIR}/compared"
  human bytes "${bytes}"
  info "${component}: ${paths} paths, ${bytes}: as listed"
}

list_built() { # <component>
  local live new
  while IFS=$'\t' read -r live new; do
    cd -- "${new%"${live}"}"
    list_tree '' "${live#/}"
  done <"${WORK_DIR}/swaps.$1"
}

# Both are in the order of the paths. Names of one file must be names of one file, and
# of no other.
IFS= read -r -d '' AS_LISTED <<'EOF_AWK' || :
function differs(text) { if (differences++ < 6) print text }
function next_expected(  i, path) {
  while ((there = (getline line < expected) > 0)) {
    split(line, e, FS)
    if (e[1] == "#path" && e[2] == "mode") continue
    for (i = 1; i <= units; i++) if (index(e[1] "/", unit[i] "/") == 1) return
  }
}
function owner_differs() {
  return ENVIRON["expected_user"] == 0 && (e[6] != $6 && e[8] != $8 || e[7] != $7 && e[9] != $9)
}
function linked_otherwise() {
  if ($2 !~ /^-/) return 0
  if (e[11] < 2) return $11 != 1
  names[e[10]]++
  links[e[10]] = $11
  if (!(e[10] in is)) { is[e[10]] = $10; return was[$10]++ }
  return is[e[10]] != $10
}
BEGIN {
  units = split(ENVIRON["units"], unit, "\n")
  for (i = 1; i <= units; i++) unit[i] = written(substr(unit[i], 2))
}
FNR == 1 { next_expected() }
{
  while (there && e[1] "" < $1 "") { differs("missing: " e[1]); next_expected() }
  if (!there || e[1] "" != $1 "") { differs("not in the listing: " $1); next }
  compared++
  if ($2 ~ /^-/ && !($11 > 1 && counted[$10]++)) bytes += $3
  if (e[2] != $2) differs("mode: " $1 " is " $2 ", listed as " e[2])
  else if (e[3] "" != $3 "") differs("size: " $1 " has " $3 " bytes, listed with " e[3])
  else if (e[4] "" != $4 "") differs("time: " $1 " is of " $4 ", listed as " e[4])
  else if ($2 ~ /^l/ && e[12] "" != $12 "") differs("target: " $1 " leads to " $12 ", listed as " e[12])
  else if (owner_differs()) differs("owner: " $1 " belongs to " $6 ":" $7 ", listed as " e[6] ":" e[7])
  else if (linked_otherwise()) differs("hard links: " $1 " is not the file that it is listed as")
  next_expected()
}
END {
  while (there) { differs("missing: " e[1]); next_expected() }
  for (inode in names) if (links[inode] != names[inode]) differs("hard links: a file has " links[inode] " names, " names[inode] " are listed")
  if (!compared) differs("nothing was built")
  if (differences) { print differences " difference(s)"; exit 1 }
  printf "%.0f %.0f\n", compared, bytes
}
EOF_AWK

# The numbers of a device are no matter of find.
compare_devices() { # <component>
  local numbers path found major minor live new
  zstd -q --decompress --stdout "${WORK_DIR}/$1.chosen" | awk 'BEGIN { FS = OFS = "\t" } $2 ~ /^[bc]/ { print $12, $1 }' >"${WORK_DIR}/devices"
  while IFS=$'\t' read -r numbers path; do
    printf -v path '/%b' "${path}"
    while IFS=$'\t' read -r live new; do
      if [[ ${path}/ == "${live}"/* ]]; then
        read -r major minor <<<"$(stat --format='0x%t 0x%T' -- "${new}${path#"${live}"}" || :)"
        found="$((major)),$((minor))"
        if [[ ${found} != "${numbers}" ]]; then
          die 6 "${path} is the device ${found}, and is listed as ${numbers}: choose another set; nothing that runs was touched"
        fi
      fi
    done <"${WORK_DIR}/swaps.$1"
  done <"${WORK_DIR}/devices"
}

swap_files() { # <component>
  local component="$1" live new
  while IFS=$'\t' read -r live new; do
    swap_in "${component}" "${live}" "${new}"
  done <"${WORK_DIR}/swaps.${component}"
}
# 2f2ac2c269698058 backup/components/files/restore.sh
