# Interrupts a swap before every command that it runs, and in the middle of moves, and its undo likewise; then lets an undo run to
# its end, and compares what is there with what was there before. Prints each way in which the two differ.
#   interrupt-swaps.bash <directory> <rename-directory | rename-file | rename-link | create | entries>
# For "entries" the caller has mounted a file system at <directory>/live.
# shellcheck shell=bash
set -euo pipefail

place="$1" kind="$2"
project="$(cd -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
stubs="${place}/stubs"
record="${place}/20260104_030000"

# Each command counts itself. At its turn it ends the script: before it does anything, or, asked for halves, after the first of
# the things that it is to move.
write_stubs() {
  local name
  mkdir -p "${stubs}"
  for name in mv mkdir rmdir sync find; do
    cat >"${stubs}/${name}" <<EOF_STUB
#!/usr/bin/env bash
printf x >>'${place}/turns'
turn="\$(stat --format=%s '${place}/turns')"
if [[ \${turn} == "\${KILL_TURN}" ]]; then
  if [[ \${KILL_HOW} == half && '${name}' == mv && " \$* " == *' --target-directory='* ]]; then
    while [[ \$1 != -- ]]; do options+=("\$1"); shift; done
    '$(type -P mv)' "\${options[@]}" -- "\$2"
    : >'${place}/halved'
  fi
  kill -s KILL "\${SCRIPT}"
  exit 1
fi
exec '$(type -P "${name}")' "\$@"
EOF_STUB
    chmod 755 "${stubs}/${name}"
  done
}

write_programs() {
  cat >"${place}/frame" <<EOF_FRAME
source '${project}/templates/infrastructure/lib/start.sh'
BACKUP_DIR='${place}/backups'
for partial in lib/log lib/opened backup/sets/store lib/run lib/watcher lib/preflight lib/paths lib/lock backup/sets/lock backup/swap/swap; do source "${project}/templates/infrastructure/\${partial}.sh"; done
declare -A OPTION=([into]='')
QUIET=true RECORD_DIR='${record}'
export SCRIPT=\$\$
EOF_FRAME
  { cat "${place}/frame"; printf 'swap_in app %q %q\n' "${place}/live" "${place}/stage/new"; } >"${place}/swap"
  { cat "${place}/frame"; printf 'swap_back_all\n'; } >"${place}/undo"
}

write_tree() { # <directory> <word>
  mkdir -p "$1"
  printf '%s one\n' "$2" >"$1/one"
  printf '%s two\n' "$2" >"$1/only in $2"
  mkdir "$1/folder"
  printf '%s hidden\n' "$2" >"$1/.hidden"
  printf '%s deep\n' "$2" >"$1/folder/deep"
}

prepare() {
  rm -rf "${place}/stage" "${record}" "${place}"/.live.lifeboat*
  if [[ ${kind} == entries ]]; then
    find "${place}/live" -mindepth 1 -delete
  else
    rm -rf "${place}/live"
  fi
  mkdir -p "${record}" "${place}/stage"
  : >"${record}/journal"
  case "${kind}" in
    rename-file) printf 'old\n' >"${place}/live"; printf 'new\n' >"${place}/stage/new" ;;
    rename-link) ln -s nowhere "${place}/live"; ln -s elsewhere "${place}/stage/new" ;;
    create) write_tree "${place}/stage/new" new ;;
    *) write_tree "${place}/live" old; write_tree "${place}/stage/new" new ;;
  esac
}

show() {
  find "${place}/live" -name '.lifeboat-*' -prune -o -printf '%P %y %l\n' 2>/dev/null | sort || :
  find "${place}/live" -name '.lifeboat-*' -prune -o -type f -print0 2>/dev/null | sort -z | xargs -0 --no-run-if-empty cat || :
}

# Answers whether the program ran to its end.
run() { # <swap or undo> [turn at which it is killed] [before or half]
  : >"${place}/turns"
  if env -i PATH="${stubs}:${PATH}" KILL_TURN="${2:-none}" KILL_HOW="${3:-before}" bash "${place}/$1" >"${place}/said" 2>&1; then
    return 0
  elif [[ -z ${2:-} ]]; then
    printf '%s failed: %s\n' "$1" "$(<"${place}/said")"
  fi
  return 1
}

judge() { # <story>
  local now
  now="$(show)"
  if [[ ${now} != "${before}" ]]; then
    printf '%s: not what was there before\n%s\n' "$1" "${now}"
  fi
  stories=$((stories + 1))
}

write_stubs
write_programs
stories=0
prepare
before="$(show)"
if ! run swap; then exit 1; fi
if [[ $(show) == "${before}" ]]; then printf 'the swap changed nothing\n'; fi
for how in before half; do
  for ((turn = 1, ended = 0; ended == 0; turn++)); do
    prepare
    rm -f "${place}/halved"
    if run swap "${turn}" "${how}" 2>/dev/null; then ended=1; fi
    # Without a move that was cut in two this is the story of the first round.
    if [[ ${how} == half && ${ended} == 0 && ! -e ${place}/halved ]]; then continue; fi
    run undo || :
    judge "swap killed at ${turn} (${how}), undo"
    for ((undo_turn = 1, undo_ended = 0; undo_ended == 0; undo_turn++)); do
      prepare
      run swap "${turn}" "${how}" 2>/dev/null || :
      if run undo "${undo_turn}" "${how}" 2>/dev/null; then undo_ended=1; fi
      run undo || :
      judge "swap killed at ${turn}, undo killed at ${undo_turn} (${how}), undo"
    done
  done
done
printf '%s stories\n' "${stories}"
