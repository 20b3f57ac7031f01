# --- Locks ----------------------------------------------------------------------------

# A lock that a second flock can take as well is none.
try_lock() { # <variable for whether it is held> <descriptor> <option of flock...>
  local first=0 second=0
  flock "${@:3}" "$2" || first=$?
  if ((first == 0)); then
    flock --nonblock "/proc/self/fd/$2" true || second=$?
  fi
  printf -v "$1" '%s' false
  if ((first == 0 && second == 1)); then
    printf -v "$1" '%s' true
  elif ((first != 1)); then
    die 1 "flock does not lock (it ended with ${first}, and where it had to be refused with ${second}): try 'flock --version', install util-linux again, or look whether that file system knows locks; nothing was done"
  fi
}
# 1b8732fd48b95ac9 lib/lock.sh
