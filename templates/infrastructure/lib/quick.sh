readonly -a QUICK=(timeout --foreground --kill-after=5 "$((TIMEOUT_SECONDS < 60 ? TIMEOUT_SECONDS : 60))")
