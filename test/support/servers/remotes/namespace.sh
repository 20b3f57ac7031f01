#!/usr/bin/env bash
# Starts a server with mounts of its own, which end with it: a small disk, or the files that sshd must find where it looks for them.
# Usage: namespace.sh disk <megabytes> <directory> <command...>
#        namespace.sh sshd <command...>
#
# sshd leaves the directory that it is started in, by which the tests know their servers. It lives in a process namespace too, and the
# program that made this one stays where it is: what happens to that happens to sshd and all its sessions.
set -euo pipefail

if [[ -z ${IN_NAMESPACE:-} ]]; then
  own=()
  if ((EUID != 0)); then own=(--map-root-user); fi
  if [[ $1 == sshd ]]; then own+=(--pid --fork --kill-child --mount-proc); fi
  IN_NAMESPACE=1 exec unshare "${own[@]}" --mount -- bash "$0" "$@"
fi
unset IN_NAMESPACE

small_disk() { # <megabytes> <directory>
  mount -t tmpfs -o "size=${1}m,mode=755" tmpfs "$2"
}

# A root's sshd wants an account of its own and a directory below /run, which only the package's installation makes.
places_of_sshd() {
  local passwd
  passwd="$(mktemp)"
  { cat /etc/passwd && printf 'sshd:x:64990:65534::/run/sshd:/usr/sbin/nologin\n'; } >"${passwd}"
  chmod 644 "${passwd}"
  mount --bind "${passwd}" /etc/passwd
  rm -- "${passwd}"
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -m 755 /run/sshd
}

case "$1" in
  disk)
    small_disk "$2" "$3"
    shift 3
    ;;
  sshd)
    if ((EUID == 0)); then places_of_sshd; fi
    shift
    ;;
  *) exit 2 ;;
esac
exec "$@"
