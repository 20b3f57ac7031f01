# --- The watcher: beside the run, from its first file to its last ------------------
#
# No program may hold the lock for ever. What is started with a bound of its own, such as
# BOUNDED, is named where it exceeds it; whatever else hangs is ended here.

WATCHER=() # the process that watches over the run, and the descriptor that leads to it

# Descriptor 9 is to become the lock. Servers and transfers, which may take longer, are
# started without it.
start_watcher() {
  local pipe longest=$((TIMEOUT_SECONDS + (TIMEOUT_SECONDS < 60 ? TIMEOUT_SECONDS : 60)))
  exec 9</dev/null
  exec {pipe}<> <(: || :) # open at both ends
  watch_run $((2 * longest)) <&"${pipe}" >/dev/null 7>&- 9>&- &
  WATCHER=("$!" "${pipe}")
}

tell_watcher() { # <process group of the step that begins, or nothing>
  printf '%s\n' "$1" >&"${WATCHER[1]}"
}

# A script that was killed cannot end its step, which would hold the lock and go on writing
# where the next run sweeps.
watch_run() { # <looks that a program may live>
  local step='' told own='' programs='' looks=0
  set +e
  trap - ERR EXIT
  trap '' TERM INT HUP
  read -r own </proc/$$/comm
  while [[ -d /proc/$$ ]]; do
    if read -r -t 0.5 told; then
      step="${told}"
    fi
    looks=$((looks + 1)) # two a second; a clock may be put right meanwhile
    end_what_hangs programs "${programs}" "${own}" "${looks}" "$1"
  done
  if [[ -n ${step} ]]; then
    kill -TERM -- "-${step}" && pause 3
    kill -KILL -- "-${step}"
  fi 2>/dev/null
}

# Looks at all that this script has started, and what that has. The variable holds each
# program as process:name:the look that saw it first.
end_what_hangs() { # <variable> <what it holds> <name of this script> <number of this look> <looks that a program may live>
  local process name since before="$2" seen='' i=0
  local -a family=("$$") children=()
  while ((i < ${#family[@]})); do
    process="${family[i]}"
    since="$4"
    name=''
    children=()
    { read -r name <"/proc/${process}/comm" && read -r -a children <"/proc/${process}/task/${process}/children"; } 2>/dev/null
    family+=("${children[@]}")
    if [[ ${before} =~ " ${process}:${name}:"([0-9]+)" " ]]; then
      since="${BASH_REMATCH[1]}"
    fi
    if [[ ${name} != "$3" && -e /proc/${process}/fd/9 ]] && (($4 - since > $5)); then
      end_program "${process}" "${name}"
    fi
    seen+=" ${process}:${name}:${since} "
    i=$((i + 1))
  done
  printf -v "$1" '%s' "${seen}"
}

end_program() { # <process> <name>
  error "$2 took longer than backup.timeout (${TIMEOUT_SECONDS} s) and is ended: raise it in the profile, or look why that program hangs"
  kill -TERM "$1" 2>/dev/null && pause 3
  kill -KILL "$1" 2>/dev/null
}

end_watcher() {
  if ((${#WATCHER[@]} > 0)); then
    kill -KILL "${WATCHER[0]}" 2>/dev/null || :
    { wait "${WATCHER[0]}"; } 2>/dev/null || :
    WATCHER=()
  fi
}
# 12a6bd7e9546b458 lib/watcher.sh
