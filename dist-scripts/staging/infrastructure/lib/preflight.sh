# --- Preflight: every problem is collected, then all are told at once ---------

PROBLEMS=()

problem() { # <what is wrong, with the value and the cure>
  PROBLEMS+=("$1")
}

need_tools() { # <name=Debian package...>
  local entry
  for entry in "$@"; do
    if ! command -v "${entry%%=*}" >/dev/null; then
      problem "the command '${entry%%=*}' is missing: install it, on Debian and Ubuntu with 'apt-get install ${entry#*=}'"
    fi
  done
}

stop_at_problems() {
  local text
  if ((${#PROBLEMS[@]} == 0)); then
    return 0
  fi
  for text in "${PROBLEMS[@]}"; do
    error "${text}"
  done
  error "preflight found ${#PROBLEMS[@]} problem(s); nothing was touched"
  end_with 3
}

# Without the usage, which would push the reason off the screen.
wrong_usage() { # <what is wrong>
  error "$1"
  printf "'%s --help' lists what can be given\n" "${0##*/}" >&2
  exit 2
}

# What an environment does not have takes no options.
refuse_absent_option() { # <argument>
  local part=''
  if [[ $1 == --?* ]]; then
    part="${OPTION_NEEDS["$1"]:-}"
  fi
  if [[ -n ${part} && ! -v HAS[${part}] ]]; then
    wrong_usage "unknown option '$1': this environment has no ${part}"
  fi
}
# 84b193a054c8ab29 lib/preflight.sh
