# Places and rights that a test may change without the machine noticing: they end with the command that runs in them.
# shellcheck shell=bash

# Runs Bash text in a mount namespace of its own, where file systems can be mounted over parts of the world.
isolated() { # <Bash text> [argument...]
  local text="$1"
  local -a unshare=(unshare --mount)
  shift
  if ((EUID != 0)); then
    unshare=(unshare --user --map-current-user --keep-caps --mount)
  fi
  "${unshare[@]}" -- bash -euo pipefail -c "${text}" isolated "$@" 3>&-
}

# Runs a command as a user who is not root and owns what this test owns: what the app user is on a server.
as_app_user() { # <command...>
  if ((EUID == 0)); then
    unshare --user --map-user=65534 --map-group=65534 -- "$@"
  else
    "$@"
  fi
}

# Text for isolated(): takes tools away from every directory, also from those that the scripts add to PATH themselves.
HIDE_TOOLS='
hide() {
  local tool path
  for tool in "$@"; do
    for path in $(type -ap "${tool}") /usr/{local/,}{sbin,bin}/"${tool}"; do
      if [[ -x ${path} ]]; then mount --bind /dev/null "$(realpath "${path}")"; fi
    done
  done
}'
