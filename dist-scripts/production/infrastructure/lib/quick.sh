# For a question that a program answers at once.
readonly -a QUICK=(timeout --foreground --kill-after=5 "$((TIMEOUT_SECONDS < 60 ? TIMEOUT_SECONDS : 60))")
# bf58b274acad86ac lib/quick.sh
