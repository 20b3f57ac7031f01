# --- Listings: every path of a component, and the set that holds its content ----------
#
# One line a path, sorted, with tabs between the columns that the first line names. Names
# are written as tar does (--quoting-style=escape): a line feed is \n, what is no plain
# ASCII is \ooo. Times are in UTC: modified is mtime, changed is ctime, or - where it was
# so recent that it may have gone on, which nobody may believe unchanged. The target is
# that of a link, or the numbers of a device; the set is the one whose archive holds it.
readonly LISTING_HEAD=$'#path\tmode\tsize\tmodified\tchanged\tuser\tgroup\tuid\tgid\tinode\tlinks\ttarget\tset'

# What no listing names, in words for find.
readonly -a OUR_OWN=(-name '.lifeboat-*' -o -name '.*.lifeboat-undo*')

# Lists what lies below the working directory, without the last column; of the application
# not what the profile excludes. Sockets, which no archive can hold, are named in the file
# 'sockets'.
list_tree() { # <component, or nothing where nothing is excluded> <path, relative...>
  local pattern
  local -a left_out=("${OUR_OWN[@]}")
  if [[ $1 == app ]]; then
    for pattern in "${APP_EXCLUDES[@]}"; do
      left_out+=(-o -path "${pattern}")
    done
  fi
  shift
  : >"${WORK_DIR}/sockets"
  : >"${WORK_DIR}/find.log"
  if (($# == 0)); then
    return 0
  fi
  # It ends with 1 where something went away meanwhile; its words tell what else there was.
  {
    timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" find "$@" \( "${left_out[@]}" \) -prune \
      -o -printf '%M\t%s\t%T@\t%C@\t%U\t%G\t%D:%i\t%n\t%p//%l\0' 2>"${WORK_DIR}/find.log" || (($? == 1))
  } | sed --null-data 's/\\/\\\\/g; s/\n/\\n/g; s/\t/\\t/9g; s,//,\t,' | tr '\0' '\n' \
    | sockets="${WORK_DIR}/sockets" awk "${WRITTEN_AS_TAR}${LINES_OF_FIND}" \
    | sort --buffer-size=64M --temporary-directory="${WORK_DIR}"
  if [[ -s ${WORK_DIR}/find.log ]] && grep --quiet --invert-match --extended-regexp ': No such file or directory$|^find: warning: ' "${WORK_DIR}/find.log"; then
    quote_tool "${WORK_DIR}/find.log"
    die 1 "not everything in $* can be listed; see above"
  fi
}

# How tar writes a name. What sed has left is plain but for its bytes; what comes from
# a setting or an option is as it is.
IFS= read -r -d '' WRITTEN_AS_TAR <<'EOF_AWK' || :
BEGIN {
  FS = OFS = "\t"
  for (i = 0; i < 256; i++) code[sprintf("%c", i)] = sprintf("\\%03o", i)
  code["\a"] = "\\a"; code["\b"] = "\\b"; code["\f"] = "\\f"; code["\n"] = "\\n"; code["\t"] = "\\t"; code["\r"] = "\\r"; code["\v"] = "\\v"
}
function plain(name,  done) {
  while (match(name, /[^ -~]/)) {
    done = done substr(name, 1, RSTART - 1) code[substr(name, RSTART, 1)]
    name = substr(name, RSTART + 1)
  }
  return done name
}
function written(name,  done, i) {
  while (i = index(name, "\\")) {
    done = done substr(name, 1, i - 1) "\\\\"
    name = substr(name, i + 1)
  }
  return plain(done name)
}
EOF_AWK

# Dates and names are made here, each once: find would ask for the same ones at every path.
IFS= read -r -d '' LINES_OF_FIND <<'EOF_AWK' || :
function date_of(day,  era, year, month) {
  day += 719468
  era = int(day / 146097) - (day < 0)
  day -= era * 146097
  year = int((day - int(day / 1460) + int(day / 36524) - int(day / 146096)) / 365)
  day -= 365 * year + int(year / 4) - int(year / 100)
  month = int((5 * day + 2) / 153)
  day -= int((153 * month + 2) / 5) - 1
  month += month < 10 ? 3 : -9
  return sprintf("%d-%02d-%02d", year + era * 400 + (month < 3), month, day)
}
# Seconds since 1970 as a date and a time, without the noughts at the end. find writes
# half a second before 1970 as -1.5: the fraction counts onward, whatever the sign.
function moment(time,  part, second, day) {
  split(time, part, ".")
  second = part[1]
  sub(/0+$/, "", part[2])
  day = int(second / 86400)
  if (day * 86400 > second) day--
  second -= day * 86400
  if (!(day in dates)) dates[day] = date_of(day)
  return dates[day] sprintf("+%02d:%02d:%02d", second / 3600, second % 3600 / 60, second % 60) (part[2] == "" ? "" : "." part[2])
}
# Most names stand in a file; getent asks for the others, two programs for each.
function read_names(database,  line, part) {
  while ((getline line < ("/etc/" database)) > 0) {
    split(line, part, ":")
    if (part[3] ~ /^[0-9]+$/ && !((database, part[3]) in names)) names[database, part[3]] = part[1]
  }
}
BEGIN { read_names("passwd"); read_names("group") }
function name_of(database, number,  question, field) {
  if (!((database, number) in names)) {
    question = "getent " database " " number
    names[database, number] = (question | getline field) > 0 && sub(/:.*/, "", field) ? field : number
    close(question)
  }
  return names[database, number]
}
$1 ~ /^s/ { print plain($9) > ENVIRON["sockets"]; next }
{ print plain($9), $1, ($1 ~ /^-/ ? $2 : 0), moment($3), moment($4), name_of("passwd", $5), name_of("group", $6), $5, $6, $7, $8, plain($10) }
EOF_AWK

# The first name in what tar says with --quoting-style=c; what follows it is left in rest.
IFS= read -r -d '' QUOTED_NAMES <<'EOF_AWK' || :
function name_in(text) {
  match(text, /"([^"\\]|\\.)*"/)
  rest = substr(text, RSTART + RLENGTH)
  text = substr(text, RSTART + 1, RLENGTH - 2)
  gsub(/\\"/, "\"", text)
  return text
}
EOF_AWK
# c6fc06d93e94db78 backup/components/files/listing.sh
