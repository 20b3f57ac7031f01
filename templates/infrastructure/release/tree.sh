# --- What a tree holds --------------------------------------------------------

# What SHA256SUMS names. All that is copied goes by these names, so none may lead anywhere
# but below.
read_members() { # <array> <directory>
  local -n named="$1"
  local line name='[A-Za-z0-9_][A-Za-z0-9._@+-]*'
  named=()
  while IFS= read -r line || [[ -n ${line} ]]; do
    if [[ ${line} =~ ^[0-9a-f]{64}\ [\ *](${name}(/${name})*)$ ]]; then
      named+=("${BASH_REMATCH[1]}")
    elif [[ ${line} != '#'* ]]; then
      die 6 "SHA256SUMS holds '${line::70}', which is no checksum of a file below it: generate the folder again, and copy it again"
    fi
  done <"$2/SHA256SUMS"
  if [[ " ${named[*]} " != *' infrastructure/backup/backup.sh '* ]]; then
    die 6 "SHA256SUMS does not name infrastructure/backup/backup.sh, which cron and systemd run: generate the folder again, and copy it again"
  fi
}

# The directories that files lie in.
folders_of() { # <array> <file...>
  local -n holding="$1"
  local name
  local -A seen=()
  holding=()
  for name in "${@:2}"; do
    while [[ ${name} == */* ]]; do
      name="${name%/*}"
      if [[ ! -v seen["${name}"] ]]; then
        seen["${name}"]=true
        holding+=("${name}")
      fi
    done
  done
}

find_build() { # <variable> <file SHA256SUMS>
  local checksum
  checksum_of checksum "$2"
  printf -v "$1" '%s' "${checksum::12}"
}

# What of a tree is not as its SHA256SUMS says: content, kind, owner, mode, and what is not
# named there.
judge_tree() { # <array> <directory> <its build> <its owner>
  local -n unlike="$1"
  local name kind mode owner build=''
  local -a members=() folders=()
  unlike=()
  if [[ -f $2/SHA256SUMS && ! -L $2/SHA256SUMS ]]; then
    find_build build "$2/SHA256SUMS"
  fi
  if [[ ${build} != "$3" ]]; then
    unlike=(SHA256SUMS)
    return 0
  fi
  read_members members "$2"
  folders_of folders "${members[@]}"
  while IFS=/ read -r -d '' kind mode owner name; do
    if [[ ! ${kind}${mode} =~ ^(d755|f644|f755)$ || ${owner} != "$4" || " SHA256SUMS ${folders[*]} ${members[*]} " != *" ${name} "* ]]; then
      unlike+=("${name}")
    fi
    if [[ ${kind} != [df] ]]; then
      return 0 # to read a pipe would wait for ever
    fi
  done < <(find "$2" -mindepth 1 -printf '%y/%m/%U/%P\0' || :)
  judge_sums "$1" "$2" "${#members[@]}"
}

judge_sums() { # <array> <directory> <number of files>
  local -n amiss="$1"
  local line good=0
  while IFS= read -r line; do
    if [[ ${line} == *': OK' ]]; then
      good=$((good + 1))
    elif [[ " ${amiss[*]} " != *" ${line%%: FAILED*} "* ]]; then
      amiss+=("${line%%: FAILED*}")
    fi
  done < <(cd -- "$2" && "${QUICK[@]}" sha256sum --check --strict SHA256SUMS 2>/dev/null || :)
  if ((${#amiss[@]} == 0 && good != $3)); then
    die 1 "sha256sum found ${good} of $3 files to be right, and none to be wrong: try 'sha256sum --version', or install coreutils again"
  fi
}

# A message has room for some names.
some_of() { # <variable> <name...>
  local some="${*:2:3}"
  if (($# > 4)); then
    some+=" and $(($# - 4)) more"
  fi
  printf -v "$1" '%s' "${some}"
}
