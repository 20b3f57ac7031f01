# needs: lib/guards
# --- Listings: every path of a component, and the set that holds its content ----------
#
# One line a path, sorted, with tabs between the columns that the first line names. Names
# are written as tar does (--quoting-style=escape): a line feed is \n, what is no plain
# ASCII is \ooo. Times are in UTC: modified is mtime, changed is ctime, or - where it was
# so recent that it may have gone on, which nobody may believe unchanged. The target is
# that of a link, or the numbers of a device; the set is the one whose archive holds it.
readonly LISTING_HEAD=$'#path\tmode\tsize\tmodified\tchanged\tuser\tgroup\tuid\tgid\tinode\tlinks\ttarget\tset'

# What no listing names: our own directories, and what PRUNED adds, words for find.
readonly -a OUR_OWN=(-name '.lifeboat-*' -o -name '.*.lifeboat-undo*')
PRUNED=()

# Lists what lies below the working directory, without the last column. Sockets, which
# no archive can hold, are named in the file 'sockets'.
list_tree() { # <path, relative...>
  : >"${WORK_DIR}/sockets"
  : >"${WORK_DIR}/find.log"
  if (($# == 0)); then
    return 0
  fi
  # It ends with 1 where something went away meanwhile; its words tell what else there was.
  {
    timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}" find "$@" \( "${OUR_OWN[@]}" "${PRUNED[@]}" \) -prune \
      -o -printf '%M\t%s\t%T+\t%C+\t%u\t%g\t%U\t%G\t%D:%i\t%n\t%p//%l\0' 2>"${WORK_DIR}/find.log" || (($? == 1))
  } | sed --null-data 's/\\/\\\\/g; s/\n/\\n/g; s/\t/\\t/11g; s,//,\t,' | tr '\0' '\n' \
    | SOCKETS="${WORK_DIR}/sockets" awk "${WRITTEN_AS_TAR}${LINES_OF_FIND}" \
    | sort --buffer-size=64M --temporary-directory="${WORK_DIR}"
  if grep --quiet --invert-match --extended-regexp ': No such file or directory$|^find: warning: ' "${WORK_DIR}/find.log"; then
    quote_tool "${WORK_DIR}/find.log"
    die 1 "not everything in $* can be listed; the last lines of find stand above"
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

# Times without the noughts at their end.
IFS= read -r -d '' LINES_OF_FIND <<'EOF_AWK' || :
function exact(time) {
  if (time ~ /\./) sub(/\.?0*$/, "", time)
  return time
}
$1 ~ /^s/ { print plain($11) > ENVIRON["SOCKETS"]; next }
{ print plain($11), $1, ($1 ~ /^-/ ? $2 : 0), exact($3), exact($4), $5, $6, $7, $8, $9, $10, plain($12) }
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
