# Reads the directories of sandboxes from stdin, one a line. When stdin closes, because the process that wrote it is gone, ends
# every process that belongs to one of them: its working directory lies there, or its environment names it.
set -uo pipefail

roots=()
while IFS= read -r root; do roots+=("${root}"); done

# The numbers of all processes that belong to a root.
ours() {
  local directory process root
  while IFS='|' read -r process directory; do
    for root in "${roots[@]}"; do
      if [[ ${directory} == "${root}" || ${directory} == "${root}/"* ]]; then printf '%s\n' "${process}"; fi
    done
  done < <(find /proc/[0-9]* -maxdepth 1 -name cwd -printf '%h|%l\n' 2>/dev/null)
  for root in "${roots[@]}"; do
    grep --files-with-matches --null-data --fixed-strings --line-regexp -- "LIFEBOAT_SANDBOX=${root}" /proc/[0-9]*/environ 2>/dev/null
  done
}

declare -A asked=()

# Asks each process once: a script that tidies up behind itself must not be disturbed in it.
signal_all() { # <signal>
  local signal="$1" line process found=1
  while IFS= read -r line; do
    line="${line#/proc/}"
    process="${line%%/*}"
    if [[ ${process} == "$$" ]]; then continue; fi
    found=0
    if [[ ${asked["${process}"]:-} != "${signal}" ]]; then kill -s "${signal}" "${process}" 2>/dev/null; fi
    asked["${process}"]="${signal}"
  done < <(ours)
  return "${found}"
}

# It is over when a while has passed with nothing left, as tidying up may start a server again. What is deaf is ended.
quiet=0
for ((tries = 0; tries < 150 && quiet < 5; tries++)); do
  if signal_all TERM; then quiet=0; else quiet=$((quiet + 1)); fi
  sleep 0.1
done
signal_all KILL
