# --- Listings of sets: read, judged, and what is chosen from them ----------------------

# State of the run: what its command line asks for, or the record of what is undone, and what
# the listings make of it. Building and swapping go by it.
PATTERNS=()            # --path: only what matches one of these
declare -A FIGURES=()  # component that has a listing: how many paths are restored, and what they take
declare -A UNITS_OF=() # component: what is swapped in, each on a line

# Whether a component is restored by a listing; sets of format 1 have none.
has_listing() { # <variable> <component>
  printf -v "$1" '%s' false
  if [[ $2 != mongodb && $2 != redis && ${FORMAT_OF[${SET_OF[$2]}]} == 2 ]]; then
    printf -v "$1" '%s' true
  fi
}

# What the manifests say of the listings.
read_figures() {
  local component listed numbers
  for component in "${WANTED[@]}"; do
    has_listing listed "${component}"
    if [[ ${listed} == true ]]; then
      numbers="$(number_of "${SET_OF[${component}]}/${component}" .details.listed .details.bytes)"
      FIGURES["${component}"]="${numbers/$'\n'/ }"
    fi
  done
}

# Every listing that is needed, before anything is planned by it.
know_files() {
  local component listed
  for component in "${WANTED[@]}"; do
    has_listing listed "${component}"
    if [[ ${listed} == true ]]; then
      read_listing "${component}"
      judge_listing "${component}"
      choose_paths "${component}"
    fi
  done
  if ((${#PATTERNS[@]} > 0)); then
    refuse_older
  fi
}

refuse_older() {
  local component listed
  for component in "${WANTED[@]}"; do
    has_listing listed "${component}"
    if [[ ${listed} == false ]]; then
      die 3 "${SET_OF[${component}]} was made by an older lifeboat and lists no files: restore ${component} as a whole with --into, and take what you need from there; nothing was touched"
    fi
  done
}

read_listing() { # <component>
  unpack_to "${SET_OF[$1]}/$1.files" zstd -q -1 --stdout >"${WORK_DIR}/$1.listing"
}

# What a listing says is done by a tar that may run as root: nothing is believed that
# could lead out of the place where files are built.
judge_listing() { # <component>
  local component="$1" set="${SET_OF[$1]}"
  local -a statuses=(0 0)
  zstd -q --decompress --stdout "${WORK_DIR}/${component}.listing" | roots="${PATHS_OF[${component}]}" holders=" ${HOLDERS_OF[${component}]//$'\n'/ } " own="${set}" head="${LISTING_HEAD}" \
    awk "${WRITTEN_AS_TAR}${JUDGED}" >"${WORK_DIR}/judged" || statuses=("${PIPESTATUS[@]}")
  if [[ ${statuses[*]} != '0 0' ]]; then
    quote_tool "${WORK_DIR}/judged"
    refuse_set "the listing of ${component} in ${set} is none that a backup writes; see above: choose another set"
  fi
  if [[ -s ${WORK_DIR}/judged && (-n ${OPTION[from]:-} || ${OTHERS_SETS} == true) && ${#SIGNERS[@]} == 0 ]]; then
    quote_tool "${WORK_DIR}/judged"
    distrust_set "${set}" "comes from a remote or a directory of somebody else, is not signed, and ${component} holds what can give somebody rights (above)"
  fi
}

# It prints devices, and programs that run with the rights of their owner.
IFS= read -r -d '' JUDGED <<'EOF_AWK' || :
function fail(text) { print text; failed = 1; exit 1 }
BEGIN {
  count = split(ENVIRON["roots"], roots, "\n")
  for (i = 1; i <= count; i++) root[written(substr(roots[i], 2))] = 1
}
NR == 1 { if ($0 != ENVIRON["head"]) fail("its first line is not that of a listing"); next }
NF != 13 { fail("line " NR " has " NF " columns") }
$1 !~ /^[^\/]/ || ("/" $1 "/") ~ /\/\.?\.?\// { fail("line " NR " names a path that is not plain: " $1) }
$1 "" <= last "" { fail("line " NR " is out of order") }
$2 !~ /^[-dlpcb][-rwxsStT]+$/ || length($2) != 10 { fail("line " NR " has the mode " $2) }
($3 "|" $8 "|" $9 "|" $11) !~ /^[0-9]+\|[0-9]+\|[0-9]+\|[0-9]+$/ { fail("line " NR " has no number where one belongs") }
$13 !~ /^[0-9_]+$/ || !index(ENVIRON["holders"], " " $13 " ") { fail("line " NR " names a set that the manifest does not: " $13) }
$2 !~ /^-/ && $13 != ENVIRON["own"] { fail("line " NR " leaves a directory or a link to another set: " $1) }
{
  parent = $1
  if (!sub(/\/[^\/]*$/, "", parent)) parent = ""
  if (!($1 in root) && !(parent in directory)) fail("line " NR " names a path that lies in no directory of the listing: " $1)
  if ($2 ~ /^d/) directory[$1] = 1
  else if ($2 ~ /^[bc]/ || $2 ~ /^-(..[sS]|.....[sS])/) print $2 " " $1
  last = $1
  if ($1 in root) listed[$1] = 1
}
END { if (!failed) for (path in root) if (!(path in listed)) fail("it does not list /" path ", which the manifest names") }
EOF_AWK

# Leaves in <component>.chosen the lines of what is to be restored and of the directories
# above it; in .tops the paths that were meant, none of them below another; in .helpers
# the line of a file of which only another name is wanted.
choose_paths() { # <component>
  local component="$1" patterns base="${WORK_DIR}/$1"
  local -a unmatched=()
  : >"${base}.helpers"
  if ((${#PATTERNS[@]} == 0)); then
    cp -- "${base}.listing" "${base}.chosen"
    return 0
  fi
  : >"${base}.unmatched"
  patterns="$(printf '%s\n' "${PATTERNS[@]}")"
  zstd -q --decompress --stdout "${base}.listing" >"${base}.lines"
  place="${base}" patterns="${patterns}" roots="${PATHS_OF[${component}]}" \
    awk "${WRITTEN_AS_TAR}${MATCHES}${CHOSEN}" pass=1 "${base}.lines" pass=2 "${base}.lines" >"${base}.figures"
  if [[ -s ${base}.unmatched ]]; then
    mapfile -t unmatched <"${base}.unmatched"
    die 3 "${SET_OF[${component}]} holds no path of ${component} that matches ${unmatched[*]@Q}: look with 'restore.sh --find PATTERN'; nothing was touched"
  fi
  FIGURES["${component}"]="$(<"${base}.figures")"
  zstd -q -1 --stdout "${base}.matched" >"${base}.chosen"
  rm --force -- "${base:?}.lines" "${base:?}.matched"
  if [[ -n ${OPTION[into]} ]]; then
    UNITS_OF[${component}]="$(roots_of_chosen "${component}")"
  else
    choose_units "${component}"
  fi
}

# A pattern is one of the shell, whole or below a path of the component; ** also goes
# through directories, and a directory brings all that it holds.
IFS= read -r -d '' MATCHES <<'EOF_AWK' || :
BEGIN {
  count = split(ENVIRON["roots"], roots, "\n")
  given = split(ENVIRON["patterns"], patterns, "\n")
  for (i = 1; i <= given; i++) {
    text = patterns[i]
    sub(/\/+$/, "", text)
    if (text ~ /^\//) { take(i, glob(written(substr(text, 2)))); continue }
    for (j = 1; j <= count; j++) take(i, literal(written(substr(roots[j], 2))) (text == "." ? "" : "/" glob(written(text))))
  }
}
function take(pattern, expression) { expressions++; expr[expressions] = "^" expression "$"; of[expressions] = pattern }
function literal(text,  done, c) {
  for (; text != ""; text = substr(text, 2)) {
    c = substr(text, 1, 1)
    done = done (index(".^$*+?()[]{}|\\", c) ? "\\" c : c)
  }
  return done
}
# One character: a plain one, or one that tar writes with backslashes (UTF-8 as several).
function glob(text,  done, set) {
  while (text != "") {
    if (text ~ /^\*\*/) { done = done ".*"; text = substr(text, 3) }
    else if (text ~ /^\*/) { done = done "[^/]*"; text = substr(text, 2) }
    else if (text ~ /^\?/) { done = done "([^/\\\\]|\\\\3[0-7][0-7](\\\\2[0-7][0-7])*|\\\\[^3])"; text = substr(text, 2) }
    else if (match(text, /^\[[^\/\]\\]+\]/)) {
      set = substr(text, 2, RLENGTH - 2)
      sub(/^!/, "^", set)
      done = done "[" set "]"
      text = substr(text, RLENGTH + 1)
    }
    else { done = done literal(substr(text, 1, 1)); text = substr(text, 2) }
  }
  return done
}
function matches(path,  i, hit) {
  for (i = 1; i <= expressions; i++) if (path ~ expr[i]) { met[of[i]] = 1; hit = 1 }
  return hit
}
EOF_AWK

IFS= read -r -d '' CHOSEN <<'EOF_AWK' || :
function above(path) { return sub(/\/[^\/]*$/, "", path) ? path : "" }
FNR == 1 { next }
pass == 1 {
  parent = above($1)
  if (matches($1) || parent in whole) {
    line[FNR] = 1
    if ($2 ~ /^d/) whole[$1] = 1
    if (!(parent in whole)) { print $1 > (ENVIRON["place"] ".tops"); tops++ }
    for (up = parent; up != "" && !(up in needed); up = above(up)) needed[up] = 1
    if ($11 > 1 && $10 in first && !(first[$10] in line)) helper[first[$10]] = 1
  }
  if ($11 > 1 && !($10 in first)) first[$10] = FNR
  next
}
FNR in line || $1 in needed {
  print > (ENVIRON["place"] ".matched")
  listed++
  if ($2 ~ /^-/ && !($11 > 1 && counted[$10]++)) bytes += $3
}
FNR in helper { print > (ENVIRON["place"] ".helpers") }
END {
  for (i = 1; i <= given; i++) if (!(i in met)) print patterns[i] > (ENVIRON["place"] ".unmatched")
  printf "%.0f %.0f\n", listed, bytes
}
EOF_AWK

# The paths of the component of which something is chosen.
roots_of_chosen() { # <component>
  zstd -q --decompress --stdout "${WORK_DIR}/$1.chosen" | roots="${PATHS_OF[$1]}" awk "${WRITTEN_AS_TAR}${ROOTS_AMONG}"
}

IFS= read -r -d '' ROOTS_AMONG <<'EOF_AWK' || :
BEGIN {
  count = split(ENVIRON["roots"], roots, "\n")
  for (i = 1; i <= count; i++) of[written(substr(roots[i], 2))] = roots[i]
}
$1 in of { print of[$1] }
EOF_AWK

# What is renamed into place: a path that was meant, or the uppermost directory above it
# that is no longer there.
choose_units() { # <component>
  local component="$1" top unit parent roots found=''
  roots=$'\n'"${PATHS_OF[${component}]}"$'\n'
  while IFS= read -r top; do
    printf -v unit '/%b' "${top}"
    if [[ ${unit} == *[[:cntrl:]]* ]]; then
      problem "the name of /${top} holds control characters: name the directory above it, or give --into"
      continue
    fi
    parent="${unit%/*}"
    while [[ ${roots} != *$'\n'"${unit}"$'\n'* && ! -e ${parent} && ! -L ${parent} ]]; do
      unit="${parent}"
      parent="${unit%/*}"
    done
    if [[ ${found} != *$'\n'"${unit}"$'\n'* ]]; then
      found+=$'\n'"${unit}"$'\n'
    fi
  done <"${WORK_DIR}/${component}.tops"
  stop_at_problems
  UNITS_OF[${component}]="$(sed '/^$/d' <<<"${found}")"
}
# 891d62a08f315da7 backup/components/files/read-listings.sh
