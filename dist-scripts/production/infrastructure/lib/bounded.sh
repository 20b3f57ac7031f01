# No program may hold the lock for ever. (--foreground keeps it in the process group
# of its step, by which a signal reaches it.)
readonly -a BOUNDED=(timeout --foreground --kill-after=30 "${TIMEOUT_SECONDS}")
# What reads from another program gets a little longer, so that the one that hangs is
# the one that is named.
readonly -a BOUNDED_NEXT=(timeout --foreground --kill-after=30 "$((TIMEOUT_SECONDS + 2))")
readonly -a BOUNDED_LAST=(timeout --foreground --kill-after=30 "$((TIMEOUT_SECONDS + 4))")

# What the status of a program that was ended means, if one was.
look_at_time() { # <variable> <status...>
  printf -v "$1" '%s' ''
  if [[ " ${*:2} " == *' 124 '* ]]; then
    printf -v "$1" '%s' "; 124 is one that took longer than backup.timeout (${TIMEOUT_SECONDS} s): raise it in the profile, or look why that program hangs"
  fi
}
# 61fc07eb67e56e61 lib/bounded.sh
