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
hide() { # <tool> <directory for what stays>
  local folder kept
  for folder in $(type -ap "$1" | xargs --no-run-if-empty dirname | xargs --no-run-if-empty realpath | sort -u); do
    kept="$(mktemp --directory --tmpdir="$2")"
    mount --bind "${folder}" "${kept}"
    mount -t tmpfs tmpfs "${folder}"
    PATH="${kept}:${PATH}" find "${kept}" -mindepth 1 -maxdepth 1 ! -name "$1" -exec ln -s -t "${folder}" -- {} +
  done
}'

# Waits until a file holds something; a program that never gets so far fails the test.
await_file() { # <file>
  local tries
  for ((tries = 0; tries < 1500; tries++)); do
    if [[ -s $1 ]]; then
      return 0
    fi
    sleep 0.02
  done
  fail "after 30 s there is still nothing in $1"
}
