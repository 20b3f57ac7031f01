# --- What is different between two listings ------------------------------------------

# Prints a line for each path that is new (+), gone (-) or different (~): sign, path, what
# is different, size and time before and after. Of directories only mode and owner count.
differences() { # <file or pipe with the lines before> <with those after>
  awk "${DIFFERENT}" before="$1" "$2"
}

IFS= read -r -d '' DIFFERENT <<'EOF_AWK' || :
BEGIN { FS = OFS = "\t" }
function next_before() {
  there = (getline line < before) > 0
  if (there) split(line, b, FS)
}
function gone() { print "-", b[1], "", b[3], "", b[4], ""; next_before() }
function add(word) { what = what (what == "" ? "" : ", ") word }
FNR == 1 { next_before() }
{
  while (there && b[1] "" < $1 "") gone()
  if (!there || b[1] "" != $1 "") { print "+", $1, "", "", $3, "", $4; next }
  what = ""
  if (substr(b[2], 1, 1) != substr($2, 1, 1)) add("type")
  else if (b[2] != $2) add("mode")
  if (b[6] != $6 && b[8] != $8 || b[7] != $7 && b[9] != $9) add("owner")
  if ($2 ~ /^-/ && b[2] ~ /^-/ && (b[3] "" != $3 "" || b[4] "" != $4 "")) add("content")
  if ($2 ~ /^l/ && b[2] ~ /^l/ && b[12] "" != $12 "") add("target")
  if (what != "") print "~", $1, what, b[3], $3, b[4], $4
  next_before()
}
END {
  if (!NR) next_before()
  while (there) gone()
}
EOF_AWK

# A name as a person writes it: letters beyond ASCII are themselves, but nothing that a
# terminal would obey.
IFS= read -r -d '' SHOWN_NAMES <<'EOF_AWK' || :
/[^\t -~]/ { gsub(/[^\t -~]/, "?") }
BEGIN { for (i = 128; i < 256; i++) byte[sprintf("\\%03o", i)] = sprintf("%c", i) }
function shown(name,  done, part) {
  while (match(name, /\\\\|\\[23][0-7][0-7]/)) {
    part = substr(name, RSTART, RLENGTH)
    done = done substr(name, 1, RSTART - 1) (part in byte ? byte[part] : part)
    name = substr(name, RSTART + RLENGTH)
  }
  done = done name
  gsub(/\302[\200-\237]/, "?", done)
  return done
}
function size(bytes) {
  return bytes < 1024 ? bytes " B" : bytes < 1048576 ? sprintf("%.1f KiB", bytes / 1024) : sprintf("%.1f MiB", bytes / 1048576)
}
function second(time) { sub(/\..*/, "", time); sub(/\+/, " ", time); return time }
EOF_AWK

# Reads differences, and tells them to a person or, with --json, to a machine.
tell_file_differences() { # <component>
  if [[ ${OPTION[json]} == true ]]; then
    awk "${SHOWN_NAMES}${SHOWN_DIFFERENCES}" | jq --raw-input --compact-output --arg component "$1" '
      def number: if . == "" then null else tonumber end;
      def time: if . == "" then null else sub("\\+"; "T") + "Z" end;
      split("\t") | {component: $component, change: {"+": "added", "-": "removed", "~": "changed"}[.[0]], path: ("/" + .[1]),
        what: (.[2] | if . == "" then [] else split(", ") end), before: {bytes: (.[3] | number), modified: (.[5] | time)},
        after: {bytes: (.[4] | number), modified: (.[6] | time)}}'
  else
    component="$1" awk "${SHOWN_NAMES}${DIFFERENCES_IN_WORDS}"
  fi
}

IFS= read -r -d '' SHOWN_DIFFERENCES <<'EOF_AWK' || :
BEGIN { FS = OFS = "\t" }
{ $2 = shown($2); print }
EOF_AWK

IFS= read -r -d '' DIFFERENCES_IN_WORDS <<'EOF_AWK' || :
BEGIN { FS = "\t" }
$1 == "+" { added++; print "+ /" shown($2) "  " size($5) ", of " second($7) }
$1 == "-" { removed++; print "- /" shown($2) "  " size($4) ", of " second($6) }
$1 == "~" { changed++; print "~ /" shown($2) "  " $3 ($3 ~ /content/ ? ": " size($4) " of " second($6) " -> " size($5) " of " second($7) : "") }
END { printf "%s: %d added, %d changed, %d removed\n", ENVIRON["component"], added, changed, removed }
EOF_AWK
# eaa9f956a5aa0612 backup/components/files/differences.sh
