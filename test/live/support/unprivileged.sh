#!/usr/bin/env bash
# Runs a command as nobody, where the tools' cache or the project may lie below a home that is closed to others. In a mount namespace of
# its own such a home is covered by an empty one, into which just these directories are put back.
# Usage: unprivileged.sh <directory for mount points> <project> <cache> <command...>
set -euo pipefail

if [[ -z ${IN_NAMESPACE:-} ]]; then
  IN_NAMESPACE=1 exec unshare --mount -- bash "$0" "$@"
fi

readonly keep="$1" project="$2" cache="$3"
shift 3
# The cache is seen through a layer in which its directories are open to all.
mount -t tmpfs tmpfs "${keep}"
mkdir "${keep}"/{project,cache,changes,work}
mount --bind "${project}" "${keep}/project"
mount -t overlay -o "lowerdir=${cache},upperdir=${keep}/changes,workdir=${keep}/work" overlay "${keep}/cache"
find "${keep}/cache" -type d ! -perm -005 -exec chmod o+rx {} +

open_way_to() { # <path>
  local part='' rest="${1#/}" mode
  while [[ ${rest} == */* ]]; do
    part+="/${rest%%/*}"
    rest="${rest#*/}"
    mode="$(stat --format='%a' "${part}")"
    if ((!(8#${mode} & 1))); then
      mount -t tmpfs -o mode=755 tmpfs "${part}"
      return 0
    fi
  done
}

for path in "${project}" "${cache}"; do
  if [[ -d ${path} ]]; then open_way_to "${path}"; fi
done
mkdir --parents "${project}" "${cache}"
mount --bind "${keep}/project" "${project}"
mount --bind "${keep}/cache" "${cache}"
# Where vitest writes down what it has learned.
for path in "${project}/node_modules/.vite" "${project}/node_modules/.vite-temp"; do
  mkdir --parents "${path}"
  mount -t tmpfs -o mode=1777 tmpfs "${path}"
done
cd -- "${project}"
exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"
