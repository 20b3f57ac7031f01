# --- Locks ----------------------------------------------------------------------------

LOCK_HELD=false

# A lock that a second flock can take as well is none.
try_lock() { # <descriptor> <option of flock...>
  local first=0 second=0
  flock "${@:2}" "$1" || first=$?
  if ((first == 0)); then
    flock --nonblock "/proc/self/fd/$1" true || second=$?
  fi
  LOCK_HELD=false
  if ((first == 0 && second == 1)); then
    LOCK_HELD=true
  elif ((first != 1)); then
    die 1 "flock does not lock (it ended with ${first}, and where it had to be refused with ${second}): try 'flock --version', install util-linux again, or look whether that file system knows locks; nothing was done"
  fi
}
# 4f831f45dfe2ac47 lib/lock.sh
