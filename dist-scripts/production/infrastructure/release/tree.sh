# --- What a tree holds --------------------------------------------------------

MEMBERS=() # the files that SHA256SUMS names
FOLDERS=() # the directories that they lie in
WRONG=()   # what of a tree is not as SHA256SUMS says

# Leaves in MEMBERS what SHA256SUMS names, and in FOLDERS where that lies. All that is
# copied goes by these names, so none may lead anywhere but below.
read_members() { # <directory>
  local line name='[A-Za-z0-9_][A-Za-z0-9._@+-]*'
  MEMBERS=()
  while IFS= read -r line || [[ -n ${line} ]]; do
    if [[ ${line} =~ ^[0-9a-f]{64}\ [\ *](${name}(/${name})*)$ ]]; then
      MEMBERS+=("${BASH_REMATCH[1]}")
    elif [[ ${line} != '#'* ]]; then
      die 6 "SHA256SUMS holds '${line::70}', which is no checksum of a file below it: generate the folder again, and copy it again"
    fi
  done <"$1/SHA256SUMS"
  if [[ " ${MEMBERS[*]} " != *' infrastructure/backup/backup.sh '* ]]; then
    die 6 "SHA256SUMS does not name infrastructure/backup/backup.sh, which cron and systemd run: generate the folder again, and copy it again"
  fi
  collect_folders
}

collect_folders() {
  local name
  local -A seen=()
  FOLDERS=()
  for name in "${MEMBERS[@]}"; do
    while [[ ${name} == */* ]]; do
      name="${name%/*}"
      if [[ ! -v seen["${name}"] ]]; then
        seen["${name}"]=true
        FOLDERS+=("${name}")
      fi
    done
  done
}

find_build() { # <variable> <file SHA256SUMS>
  local sum
  sum="$("${QUICK[@]}" sha256sum <"$2")"
  if [[ ! ${sum} =~ ^[0-9a-f]{64}\  ]]; then
    die 1 "sha256sum does not say what the checksum of SHA256SUMS is (it said '${sum::70}'): try 'sha256sum --version', or install coreutils again"
  fi
  printf -v "$1" '%s' "${sum::12}"
}

# Leaves in WRONG what of a tree is not as its SHA256SUMS says: content, kind, owner, mode,
# and what is not named there.
judge_tree() { # <directory> <its build> <its owner>
  local name kind mode owner build=''
  WRONG=()
  if [[ -f $1/SHA256SUMS && ! -L $1/SHA256SUMS ]]; then
    find_build build "$1/SHA256SUMS"
  fi
  if [[ ${build} != "$2" ]]; then
    WRONG=(SHA256SUMS)
    return 0
  fi
  read_members "$1"
  while IFS=/ read -r -d '' kind mode owner name; do
    if [[ ! ${kind}${mode} =~ ^(d755|f644|f755)$ || ${owner} != "$3" || " SHA256SUMS ${FOLDERS[*]} ${MEMBERS[*]} " != *" ${name} "* ]]; then
      WRONG+=("${name}")
    fi
    if [[ ${kind} != [df] ]]; then
      return 0 # to read a pipe would wait for ever
    fi
  done < <(find "$1" -mindepth 1 -printf '%y/%m/%U/%P\0' || :)
  judge_sums "$1"
}

judge_sums() { # <directory>
  local line good=0
  while IFS= read -r line; do
    if [[ ${line} == *': OK' ]]; then
      good=$((good + 1))
    elif [[ " ${WRONG[*]} " != *" ${line%%: FAILED*} "* ]]; then
      WRONG+=("${line%%: FAILED*}")
    fi
  done < <(cd -- "$1" && "${QUICK[@]}" sha256sum --check --strict SHA256SUMS 2>/dev/null || :)
  if ((${#WRONG[@]} == 0 && good != ${#MEMBERS[@]})); then
    die 1 "sha256sum found ${good} of ${#MEMBERS[@]} files to be right, and none to be wrong: try 'sha256sum --version', or install coreutils again"
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
# 2affc37fb348e50d release/tree.sh
