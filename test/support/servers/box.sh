#!/usr/bin/env bash
# Boots a server: systemd, cron and every tool of this machine, over a copy of its files that ends with it. What the box writes goes to
# memory; only the directory that it is given is the same inside and outside, and loopback is, with the servers of the tests on it.
# Usage: box.sh <place> <shared directory> <directory of tools> <unpacked package...>
#
# Everything happens in namespaces of mounts and processes: when the first process ends, however it ends, nothing is left.
set -euo pipefail

if [[ -z ${IN_NAMESPACE:-} ]]; then
  IN_NAMESPACE=1 exec unshare --mount --pid --fork --kill-child --mount-proc -- bash "$0" "$@"
fi
unset IN_NAMESPACE

readonly PLACE="$1" SHARED="$2" TOOLS="$3"
readonly BOX="${PLACE}/root"
shift 3

# systemd takes the group of processes that it is started in for its own. A box beside this one has another.
own_group() {
  local hierarchy group
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [[ ! -w ${hierarchy}/cgroup.procs ]]; then continue; fi
    group="${hierarchy}/lifeboat${PLACE//\//-}"
    mkdir -p -- "${group}"
    printf '0\n' >"${group}/cgroup.procs"
  done
}

copy_of_this_machine() {
  mount -t tmpfs -o size=1g,mode=755 tmpfs "${PLACE}"
  mkdir -- "${PLACE}/upper" "${PLACE}/work" "${BOX}"
  mount -t overlay -o "lowerdir=/,upperdir=${PLACE}/upper,workdir=${PLACE}/work" overlay "${BOX}"
}

# The box starts what the test tells it to, and none of this machine's own jobs.
without_jobs() {
  rm -rf -- "${BOX}/etc/systemd/system" "${BOX}/etc/cron.d" "${BOX}/etc/crontab" "${BOX}/var/spool/cron"
  mkdir -p -- "${BOX}/etc/systemd/system/multi-user.target.wants" "${BOX}/etc/cron.d" "${BOX}/var/spool/cron/crontabs"
  : >"${BOX}/etc/machine-id"
}

install_package() { # <unpacked package>
  # On Debian lib and bin are links into usr, in a package they are directories.
  tar --create --directory "$1" . | tar --extract --keep-directory-symlink --directory "${BOX}"
}

# The tools that the tests brought stand where an administrator would have put them.
install_tools() {
  local tool
  for tool in "${TOOLS}"/*; do ln --symbolic --force -- "${tool}" "${BOX}/usr/local/bin/"; done
}

# Once everything has started there is a file that says so.
tell_when_up() {
  local units="${BOX}/etc/systemd/system"
  printf '[Service]\nExecStart=/usr/bin/touch %s\n' "${PLACE}.is-up" >"${units}/is-up.service"
  ln --symbolic -- ../is-up.service "${units}/multi-user.target.wants/"
}

own_group
copy_of_this_machine
without_jobs
for package in "$@"; do install_package "${package}"; done
install_tools
tell_when_up
# With this status systemd asks for another boot.
status=133
while ((status == 133)); do
  status=0
  systemd-nspawn --quiet --register=no --keep-unit --suppress-sync=yes --capability=CAP_IPC_LOCK --machine=box \
    --directory="${BOX}" --bind="${SHARED}:${SHARED}:norbind" --bind-ro="${TOOLS%/*}" --resolv-conf=off --timezone=off \
    --link-journal=no --console=pipe --boot systemd.unit=multi-user.target || status=$?
done
exit "${status}"
