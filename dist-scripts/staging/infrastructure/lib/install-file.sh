# --- A file in its place --------------------------------------------------------------------
#
# Written beside its place, with owner and mode, then proven by the check of whoever reads it;
# what was there is kept, and the new one takes its place by one rename.

ensure_file() { # <file with the wanted content> <path> <mode> [function that checks a file]
  local before sum new
  state_of before "$2"
  checksum_of sum "$1"
  if [[ ${before} == "file $3 0 0 ${sum}" ]]; then
    return 0
  fi
  refuse_place "$2" "${before}"
  if [[ ${PLANNING} == true ]]; then
    plan "${before}" "$2"
    show_file_difference "$2" "$1"
    return 0
  fi
  (umask 022 && mkdir --parents -- "${2%/*}")
  name_beside new "$2"
  rm --force -- "${new:?}"
  install -o root -g root -m "$3" --no-target-directory -- "$1" "${new}"
  sync -- "${new}"
  if [[ -n ${4:-} ]]; then
    "$4" "${new}"
  fi
  note_change file "${before}" "file $3 0 0 ${sum}" "$2"
  mv --no-target-directory -- "${new}" "$2"
  sync -- "${2%/*}"
}

refuse_place() { # <path> <state before>
  local way
  if [[ $2 != - && $2 != file\ * ]]; then
    die 3 "$1 has to be a file, and is none: look what it is, and move it away"
  fi
  find_way_above way "$1"
  if [[ -n ${way} ]]; then
    die 3 "$1 would be root's, and others than root may change ${way}: name another place for it in the profile, or take that from them; nothing was touched"
  fi
}

# By a name that neither cron, nor logrotate, nor systemd reads.
name_beside() { # <variable> <path>
  printf -v "$1" '%s' "${2%/*}/.${2##*/}.lifeboat-new"
}

ensure_absent() { # <path>
  local before
  state_of before "$1"
  if [[ ${before} == - ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan gone "$1"
    return 0
  fi
  note_change file "${before}" - "$1"
  rm --force -- "${1:?}"
}

# What is there against what is wanted.
show_file_difference() { # <path> <file with the wanted content>
  if [[ -e $1 ]]; then
    ("${QUICK[@]}" diff --unified --label="$1" --label="$1, as generated" -- "$1" "$2" || :) | sed 's/^/    /' | plain_lines
  fi
}
# 343263f4626777cf lib/install-file.sh
