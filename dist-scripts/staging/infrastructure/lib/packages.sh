# --- Packages ------------------------------------------------------------------------------

# Prints the packages that lack here, each once, by the commands that they bring.
missing_packages() { # <command=package...>
  local entry
  local -A lacking=()
  for entry in "$@"; do
    if ! command -v "${entry%%=*}" >/dev/null; then
      lacking["${entry#*=}"]=true
    fi
  done
  if ((${#lacking[@]} > 0)); then
    printf '%s\n' "${!lacking[@]}" | sort
  fi
}

# What no source has is told before anything is installed.
install_packages() { # <package...>
  local package candidate
  call_apt update
  for package in "$@"; do
    candidate="$("${QUICK[@]}" apt-cache policy -- "${package}" | sed --quiet 's/^ *Candidate: //p' || :)"
    if [[ -z ${candidate} || ${candidate} == '(none)' ]]; then
      problem "no package source of this host has ${package}: add the one that has it, and run this again"
    fi
  done
  stop_at_problems
  note_change package - - "$*"
  call_apt install --no-install-recommends -- "$@"
  hash -r
}

# Another apt may be at work, as at night: it is waited for. Half an hour is for downloads.
call_apt() { # <action> [argument...]
  local status=0
  DEBIAN_FRONTEND=noninteractive timeout --foreground --kill-after=30 1800 apt-get --quiet --yes -o DPkg::Lock::Timeout=120 "$@" </dev/null >"${WORK_DIR}/apt.log" 2>&1 || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/apt.log"
    die 1 "apt-get $1 ended with status ${status}: see above; run this again when that is mended"
  fi
}
# 8f725c0dc04de4c2 lib/packages.sh
