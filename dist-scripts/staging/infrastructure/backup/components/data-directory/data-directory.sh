# --- What lies in a data directory and is no data -----------------------------------
#
# A restore exchanges the whole directory. A key file, certificates or a list of accounts
# that somebody put into it are in no set of the database, and without them the server
# may not start.

# Leaves the paths below the directory that the server has not made itself, each ended by
# a zero. Sockets are made anew, and what an fsck or lifeboat keeps there stays where it is.
list_foreign() { # <variable for why it could not be listed> <directory> <regular expression of the server's own> <file>
  local unread='' status=0
  env --chdir="$2" find . -ignore_readdir_race -regextype posix-extended -mindepth 1 \
    \( -name '.lifeboat-*' -o -path ./lost+found \) -prune \
    -o \( -type f -o -type l \) ! -regex "\\./($3)" -printf '%P\0' >"$4" 2>"$4.log" || status=$?
  if ((status != 0)); then
    unread="$(head --lines=1 -- "$4.log")"
    unread="${unread:-find ended with status ${status}}"
  fi
  printf -v "$1" '%s' "${unread}"
}

# A few of the names, as they can be shown.
foreign_words() { # <variable> <file with names that end with zeros>
  local one text=''
  local -a foreign=()
  mapfile -d '' -t foreign <"$2"
  for one in "${foreign[@]:0:5}"; do
    text+="${text:+, }${one//[[:cntrl:]]/?}"
  done
  if ((${#foreign[@]} > 5)); then
    text+=" and $((${#foreign[@]} - 5)) more"
  fi
  printf -v "$1" '%s' "${text}"
}
# 791bf9983d5c8ab5 backup/components/data-directory/data-directory.sh
