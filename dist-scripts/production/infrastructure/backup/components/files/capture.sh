# --- Files: a listing of every path, and an archive of what no set below holds --------
#
# Listings decide what is stored: a file whose line is the same in the listing of the
# set below is held there, all else is stored. tar only packs what it is told.

# A step: leaves archive and listing in the set, and component.<name>.json.
capture_files() { # <component> <path...>
  local component="$1" wanted="${PARTIAL}/$1.files.wanted" began known raw_bytes archive listing sha256 paths
  shift
  printf -v began '%(%Y-%m-%d+%H:%M:%S)T' -1
  find_known known "${component}"
  : >"${WORK_DIR}/parted"
  list_with_holders "${component}" "${began}" "${known}" "${@#/}" >"${wanted}"
  keep_names_together "${wanted}"
  tell_sockets "${component}"
  pack_listed raw_bytes "${component}"
  tell_what_changed "${component}"
  read_back archive "${component}.tar" "${raw_bytes}" compare_headers "${component}" "$@"
  store_listing listing sha256 "${component}"
  json_list paths "$@"
  printf '{"%s": {"archive": %s, "paths": %s, "follows": "%s", "figures": %s, "leading": %s}, "%s.files": {"listing": %s, "sha256": "%s"}}\n' \
    "${component}" "${archive}" "${paths}" "${known:+${FILES_PARENT}}" "$(<"${WORK_DIR}/headers")" "$(<"${WORK_DIR}/leading")" "${component}" "${listing}" "${sha256}" \
    >"${WORK_DIR}/component.${component}.json"
}

# What stands there, as the manifest says it.
readonly LISTED_IN_MANIFEST='
  def listed_in_manifest:
    if has("archive") then .archive + {members: .figures.members, details: ({paths, listed: .figures.listed, bytes: .figures.bytes,
      sets: (.figures.sets | sort), leading} + if .follows == "" then {} else {follows} end)}
    elif has("listing") then .listing + {details: {sha256}}
    else . end;'

# The listing of the set below, as the last run left it; none where all files are stored.
find_known() { # <variable for the file> <component>
  local kept='' meant=''
  printf -v "$1" '%s' ''
  if [[ ${TYPE} != incremental || -z ${FILES_PARENT} ]]; then
    return 0
  fi
  listing_meant meant "$2" "${FILES_PARENT}"
  find_kept_listing kept "$2" "${FILES_PARENT}"
  if [[ -n ${kept} ]]; then
    printf -v "$1" '%s' "${kept}"
  elif [[ -z ${meant} ]]; then
    info "$2: ${FILES_PARENT} holds none of it: all files are stored"
  else
    note_warning "$2: the listing of ${FILES_PARENT} that was kept in ${BACKUP_DIR}/.state/listings is lost or damaged: all files are stored, not only changed ones"
  fi
}

# Were the lines of the set below to end early, more would be stored than need be.
list_with_holders() { # <component> <when this begins> <listing of the set below, or nothing> <path...>
  local -a lines_below=(true)
  if [[ -n $3 ]]; then
    lines_below=("${BOUNDED[@]}" zstd -q --decompress --stdout "$3")
  fi
  list_tree "$1" "${@:4}" | began="$2" set="${SET_ID}" parted="${WORK_DIR}/parted" awk "${SAME_FILE}${HELD_WHERE}" \
    known=<("${lines_below[@]}" || :) -
}

# What two lines of a path must have in common for the same file under that name. (The
# number of a device changes when a machine starts.)
IFS= read -r -d '' SAME_FILE <<'EOF_AWK' || :
function number(inode) { sub(/^[0-9]+:/, "", inode); return inode }
function same(a, b) {
  return a[2] == b[2] && a[3] "" == b[3] && a[4] "" == b[4] && a[5] "" == b[5] && a[5] != "-" \
    && a[8] "" == b[8] && a[9] "" == b[9] && number(a[10]) "" == number(b[10]) && a[12] "" == b[12]
}
EOF_AWK

# Adds the last column: the set below that holds the file, or this one. What changed
# in the second in which the listing began, or later, may go on changing unseen. The
# inodes of files of which a name came, went or changed are told apart.
IFS= read -r -d '' HELD_WHERE <<'EOF_AWK' || :
function next_known() {
  while ((there = (getline line < known) > 0) && line ~ /^#path\tmode\t/) continue
  if (there) split(line, k, FS)
}
function part(mode, links, inode) { if (mode ~ /^-/ && links > 1) print number(inode) > ENVIRON["parted"] }
BEGIN { FS = OFS = "\t" }
FNR == 1 { next_known() }
{
  while (there && k[1] "" < $1 "") { part(k[2], k[11], k[10]); next_known() }
  split($0, now, FS)
  if ($2 ~ /^-/ && $5 "" >= ENVIRON["began"]) now[5] = $5 = "-"
  met = there && k[1] "" == $1 ""
  held = met && $2 ~ /^-/ && same(k, now)
  if (!held) part($2, $11, $10)
  if (met && !held) part(k[2], k[11], k[10])
  print $0, (held ? k[13] : ENVIRON["set"])
  if (met) next_known()
}
END { while (there) { part(k[2], k[11], k[10]); next_known() } }
EOF_AWK

# All names of one file are stored together: in an archive the later ones lead to the first.
keep_names_together() { # <listing>
  if [[ -s ${WORK_DIR}/parted ]]; then
    set="${SET_ID}" awk "${SAME_FILE}${TOGETHER}" "${WORK_DIR}/parted" "$1" >"$1.together"
    cat -- "$1.together" >"$1"
    rm --force -- "${1:?}.together"
  fi
}

IFS= read -r -d '' TOGETHER <<'EOF_AWK' || :
BEGIN { FS = OFS = "\t" }
NR == FNR { parted[$1] = 1; next }
$11 > 1 && $2 ~ /^-/ && number($10) in parted { $13 = ENVIRON["set"] }
{ print }
EOF_AWK

# With ACLs, attributes and holes. What went away since the listing tar cannot find.
# Directories, links and the like lead: a restore makes them last, and need not read
# the whole archive a second time for them.
pack_listed() { # <variable for how long the archive is, unpacked> <component>
  local component="$2" names="${PARTIAL}/$2.names"
  local -a statuses=(0 0 0)
  : >"${names}.leading"
  : >"${names}"
  set="${SET_ID}" names="${names}" awk -F '\t' '$13 == ENVIRON["set"] { print $1 > (ENVIRON["names"] ($2 ~ /^-/ ? "" : ".leading")) }' \
    "${PARTIAL}/${component}.files.wanted"
  "${BOUNDED[@]}" tar --create --file=- --format=posix --pax-option=delete=atime,delete=ctime --sparse --totals --directory=/ \
    --acls --xattrs --xattrs-include='*' --no-recursion --unquote --files-from="${names}.leading" --files-from="${names}" \
    2>"${WORK_DIR}/tar.log" | "${BOUNDED_NEXT[@]}" zstd -q "-${ZSTD_LEVEL}" --threads=0 \
    | "${BOUNDED_LAST[@]}" "${ENCRYPT[@]}" 2>"${WORK_DIR}/encrypt.log" >"${PARTIAL}/${component}.tar.${PACKED_AS}" || statuses=("${PIPESTATUS[@]}")
  if ((statuses[0] == 2)) && ! grep --quiet --invert-match --extended-regexp "${TAR_MAY_SAY}" "${WORK_DIR}/tar.log"; then
    statuses[0]=1
  fi
  judge_pipeline "reading ${component}" "${statuses[@]}"
  archive_bytes "$1" "${WORK_DIR}/tar.log"
}

readonly TAR_MAY_SAY=': file changed as we read it$|: File shrank by |: File removed before we read it$|: Cannot (stat|open): No such file or directory$|^tar: Exiting with failure status |^Total bytes written: '

tell_sockets() { # <component>
  local name
  while IFS= read -r name; do
    note_warning "$1: ${name}: socket ignored"
  done <"${WORK_DIR}/sockets"
}

tell_what_changed() { # <component>
  local component="$1" line
  while IFS= read -r line; do
    case "${line}" in
      *': file changed as we read it' | *': File shrank by'* | *': File removed before we read it' | *': No such file or directory')
        note_warning "${component}: ${line#tar: }"
        ;;
      *) ;;
    esac
  done <"${WORK_DIR}/tar.log"
}

# Reads the headers of the archive as it was stored, and holds each against the line
# that wanted it. So the listing tells what the archive holds: a file that had changed
# when tar came to it as it is there, and what had gone away not at all.
compare_headers() { # <component> <path...>
  local listing="${PARTIAL}/$1.files" roots
  local -a statuses=(0 0 0 0)
  roots="$(printf '%s\n' "${@:2}")"
  # tar stops at the end of the archive; what follows must be readable too.
  { "${BOUNDED_LAST[@]}" tar --list --verbose --block-number --full-time --numeric-owner --quoting-style=c && cat >/dev/null; } \
    | leading="${WORK_DIR}/leading" awk "${QUOTED_NAMES}${LINES_OF_TAR}" | sort --buffer-size=64M --temporary-directory="${WORK_DIR}" \
    | set="${SET_ID}" roots="${roots}" head="${LISTING_HEAD}" notes="${WORK_DIR}/headers" awk "${WRITTEN_AS_TAR}${HELD_AGAINST}" \
      said="${WORK_DIR}/tar.log" "${listing}.wanted" >"${listing}" || statuses=("${PIPESTATUS[@]}")
  if [[ ${statuses[*]} != '0 0 0 0' ]]; then
    quote_tool "${WORK_DIR}/headers"
    die 1 "the archive of $1, read back, is not what was to be stored (tar ${statuses[0]}, comparison ${statuses[3]}); see above"
  fi
}

# A header as: path, mode, size, time, uid, gid, target, and the file that a hard link
# is another name of. It leaves how many bytes hold all that is no file: the header of
# such a thing, which has no content, is at the end of what the archive holds of it.
IFS= read -r -d '' LINES_OF_TAR <<'EOF_AWK' || :
BEGIN { OFS = "\t" }
END { printf "%.0f", leading > ENVIRON["leading"] }
/^block [0-9]+: \*\*/ { next }
{
  block = $2
  sub(/^block [0-9]+: /, "")
  split($2, owner, "/")
  target = linked = ""
  path = name_in($0)
  if ($1 ~ /^l/) target = name_in(rest)
  else if ($1 ~ /^h/) linked = name_in(rest)
  else if ($1 ~ /^[bc]/) target = $3
  if ($1 !~ /^[-dh]/) other[path] = 1
  if ($1 !~ /^[-h]/ || linked in other) leading = 512 * (block + 1)
  sub(/\/$/, "", path)
  print path, $1, ($1 ~ /^-/ ? $3 : 0), $4 "+" $5, owner[1], owner[2], target, linked
}
EOF_AWK

# Both are in the order of the paths. It ends with 1 where there is a header too many, or
# one is missing of which tar did not say that it could not find it.
IFS= read -r -d '' HELD_AGAINST <<'EOF_AWK' || :
function fail(text) { print text > ENVIRON["notes"]; failed = 1; exit 1 }
function next_header() {
  there = (getline line < "-") > 0
  if (there) { split(line, h, FS); members++ }
}
function read_what_tar_said(  text) {
  while ((getline text < said) > 0) {
    sub(/^tar: /, "", text)
    if (sub(/: (file changed as we read it|File shrank by .*)$/, "", text)) unsteady[text] = 1
    else if (sub(/: (File removed before we read it|Cannot (stat|open): No such file or directory)$/, "", text)) gone[text] = 1
  }
}
# The header counts where it tells another story than the line. Names of one file have
# one story. Who made a directory a link between the two would have others' files stored.
function take_header() {
  if ($8 != 0 && $8 != h[5]) fail($1 " belonged to user " $8 " when it was listed, and to user " h[5] " when it was read: look who exchanges files there, and run again")
  if (h[2] ~ /^h/) {
    if (!($10 in story) || h[8] != first[$10]) fail($1 " is stored as another name of " h[8])
    split(story[$10], h, FS)
    $5 = h[9]
  } else {
    if ($2 ~ /^-/ && (h[2] != $2 || h[3] "" != $3 "" || h[4] != $4) || $1 in unsteady) $5 = "-"
    if ($2 ~ /^-/ && $11 > 1) { first[$10] = $1; story[$10] = line FS $5 }
  }
  $2 = h[2]; $3 = h[3]; $4 = h[4]; $8 = h[5]; $9 = h[6]; $12 = h[7]
}
function put() {
  listed++
  if ($2 ~ /^-/ && !($11 > 1 && counted[$10]++)) bytes += $3
  sets[$13] = 1
  delete root[$1]
  print
}
BEGIN {
  own = ENVIRON["set"]
  count = split(ENVIRON["roots"], roots, "\n")
  for (i = 1; i <= count; i++) if (roots[i] != "") root[written(substr(roots[i], 2))] = 1
  print ENVIRON["head"]
}
FNR == 1 { read_what_tar_said(); next_header() }
$13 != own { put(); next }
there && h[1] "" < $1 "" { fail(h[1] " was not to be stored") }
!there || h[1] "" != $1 "" { if ($1 in gone) next; fail($1 " is missing") }
{ take_header(); put(); next_header() }
END {
  if (failed) exit 1
  if (!members && !listed) next_header()
  if (there) fail(h[1] " was not to be stored")
  for (path in root) fail("/" path " went away while it was read")
  for (set in sets) held = held (held == "" ? "" : ",") "\"" set "\""
  printf "{\"members\": %.0f, \"listed\": %.0f, \"bytes\": %.0f, \"sets\": [%s]}\n", members, listed, bytes, held > ENVIRON["notes"]
}
EOF_AWK

# A file of the set like the others. A copy that is not encrypted stays here, for the
# next set to be compared with.
store_listing() { # <variable for what was stored> <for the checksum of the listing, unpacked> <component>
  local file="${PARTIAL}/$3.files" kept="${STORE}/.state/listings/${SET_ID}.$3.zst" bytes sum
  bytes="$(stat --format='%s' "${file}")"
  sum="$("${BOUNDED[@]}" openssl dgst -sha256 -r "${file}")"
  sum="${sum%% *}"
  if [[ ! -d ${kept%/*} ]]; then
    mkdir "${kept%/*}"
  fi
  "${BOUNDED[@]}" zstd -q "-${ZSTD_LEVEL}" --threads=0 --stdout "${file}" >"${kept}"
  encrypt_file "${kept}" "$3.files"
  read_back "$1" "$3.files" "${bytes}" compare_listing "$3" "${sum}"
  printf -v "$2" '%s' "${sum}"
  rm --force -- "${file:?}" "${file:?}.wanted" "${PARTIAL:?}/$3.names" "${PARTIAL:?}/$3.names.leading"
}

compare_listing() { # <component> <its checksum>
  local found
  found="$("${BOUNDED_LAST[@]}" openssl dgst -sha256 -r)"
  if [[ ! $2 =~ ^[0-9a-f]{64}$ || ${found%% *} != "$2" ]]; then
    die 1 "the listing of $1, read back, is not what was stored: it has the checksum '${found%% *}' and not '$2'"
  fi
}

# A listing stays as long as its set. (Older scripts left .snar.zst files here.)
forget_listings() {
  local file set
  for file in "${STORE}"/.state/listings/[0-9]*_[0-9]*.zst "${STORE}"/.state/[0-9]*_[0-9]*.snar.zst; do
    set="${file##*/}"
    if [[ -f ${file} && (${file} == *.snar.zst || ! -d ${STORE}/${set%%.*}) ]]; then
      rm --force -- "${file:?}"
    fi
  done
}
# 89191528d435b157 backup/components/files/capture.sh
