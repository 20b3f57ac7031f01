# --- The moment ----------------------------------------------------------------

LIMIT=''                                 # MongoDB is replayed up to, and without, this stamp, as second:ordinal
declare -A MOMENT=([words]='' [zone]='') # the same in words; how a time without a zone was read

# --at means everything that was committed up to and including that second.
take_moment() { # <text>
  local text="$1" seconds='' elsewhere now words
  if [[ ${text} =~ [0-9] || ${text} =~ ^(now|today|yesterday) ]]; then
    seconds="$(TZ="${TIME_ZONE}" date --date="${text}" '+%s' 2>/dev/null || :)"
    # Where another zone makes a difference, the text names none.
    elsewhere="$(TZ='FAR-13:37' date --date="${text}" '+%s' 2>/dev/null || :)"
  fi
  if [[ ! ${seconds} =~ ^[1-9][0-9]*$ ]]; then
    wrong_usage "--at '${text}' is not a time: write it as 2026-01-04T11:59:59Z, or as '10 minutes ago'"
  elif ((seconds - elsewhere > 60 || elsewhere - seconds > 60)); then
    MOMENT[zone]="'${text}' names no time zone and is read in that of the profile, ${TIME_ZONE}"
  fi
  printf -v now '%(%s)T' -1
  if ((seconds > now)); then
    printf -v words '%(%Y-%m-%dT%H:%M:%SZ)T' "${seconds}"
    wrong_usage "--at '${text}' is ${words}, which lies in the future"
  fi
  LIMIT="$((seconds + 1)):0"
  printf -v text '%(%Y-%m-%dT%H:%M:%SZ)T' "${seconds}"
  MOMENT[words]="${text} (to the end of that second: --oplog-limit ${LIMIT})"
}

take_moment_as() { # <option> <value>
  if [[ $1 == --at ]]; then
    take_moment "$2"
  else
    take_oplog_limit "$2"
  fi
}

# The form of the MongoDB tools: everything before that stamp.
take_oplog_limit() { # <second:ordinal>
  local text="$1" second
  if [[ ! ${text} =~ ^[1-9][0-9]{0,9}:(0|[1-9][0-9]{0,9})$ ]]; then
    wrong_usage "--oplog-limit '${text}' is not a stamp: write it as second:ordinal, 1704067200:1 for example; an empty or zero limit would mean none"
  fi
  LIMIT="${text}"
  printf -v second '%(%Y-%m-%dT%H:%M:%SZ)T' "${text%:*}"
  MOMENT[words]="everything before ${text} (which lies in second ${second})"
}
# 27dd3e217e674ce0 backup/sets/moment.sh
