# Reads the directories of sandboxes from stdin, one a line. When stdin closes, because the process that wrote it is gone, ends
# every process whose working directory lies in one of them.
set -uo pipefail

roots=()
while IFS= read -r root; do roots+=("${root}"); done

inside() { # <directory>
  local root
  for root in "${roots[@]}"; do
    if [[ $1 == "${root}" || $1 == "${root}/"* ]]; then return 0; fi
  done
  return 1
}

# Twice: a service may just have been starting another process.
for _ in 1 2; do
  for process in /proc/[0-9]*; do
    directory="$(readlink "${process}/cwd" 2>/dev/null)" || continue
    if inside "${directory}" && [[ ${process} != "/proc/$$" ]]; then kill -s KILL "${process##*/}" 2>/dev/null; fi
  done
  sleep 0.1
done
