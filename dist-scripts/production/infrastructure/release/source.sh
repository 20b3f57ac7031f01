# --- The folder that is installed ---------------------------------------------

# What SHA256SUMS says is read once; from here on the folder may change as it likes.
read_source() {
  if [[ ! -f ${SOURCE}/SHA256SUMS || -L ${SOURCE}/SHA256SUMS ]]; then
    die 3 "there is no SHA256SUMS in ${SOURCE}: copy the whole folder that 'lifeboat generate' wrote; nothing was touched"
  fi
  make_work_dir /tmp
  copy_out "${WORK_DIR}" SHA256SUMS
  if [[ ! -f ${WORK_DIR}/SHA256SUMS || -L ${WORK_DIR}/SHA256SUMS ]]; then
    die 6 'SHA256SUMS became something else while it was read: look who changes this folder; nothing was touched'
  fi
  find_build BUILD "${WORK_DIR}/SHA256SUMS"
  read_members MEMBERS "${WORK_DIR}"
  refuse_other_kinds
  tell_surplus
}

refuse_other_kinds() {
  local name words
  local -a refused=()
  for name in "${MEMBERS[@]}"; do
    if [[ ! -f ${SOURCE}/${name} || -L ${SOURCE}/${name} ]]; then
      refused+=("${name}")
    fi
  done
  if ((${#refused[@]} > 0)); then
    some_of words "${refused[@]}"
    die 6 "missing, or no plain file, in ${SOURCE}: ${words}; copy the whole folder again; nothing was touched"
  fi
}

# Only beside the files that are named: around them there may be a whole application.
tell_surplus() {
  local name words
  local -a surplus=() folders=()
  folders_of folders "${MEMBERS[@]}"
  while IFS= read -r -d '' name; do
    if [[ " ${MEMBERS[*]} " != *" ${name} "* ]]; then
      surplus+=("${name}")
    fi
  done < <(cd -- "${SOURCE}" && find "${folders[@]}" -mindepth 1 -maxdepth 1 ! -type d -print0 || :)
  if ((${#surplus[@]} > 0)); then
    some_of words "${surplus[@]}"
    info "not named in SHA256SUMS, and not installed: ${words}"
  fi
}

# Packed, for tar follows no link to a file and reads from no pipe or device: it packs these
# as what they are, and they are found. No file is larger than some MB, or it fills the disk.
copy_out() { # <directory> <name...>
  local status=0
  printf '%s\0' "${@:2}" \
    | "${QUICK[@]}" tar --create --directory="${SOURCE}" --no-recursion --null --verbatim-files-from --files-from=- 2>"${WORK_DIR}/said" \
    | (ulimit -f 65536 && "${QUICK[@]}" tar --extract --directory="$1" --no-same-owner --no-same-permissions 2>>"${WORK_DIR}/said") || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/said"
    die 1 "tar ended with ${status} while it copied ${SOURCE}; what runs is what ran before"
  fi
}

# What was checked is what is used: the copy, which nobody else can reach.
take_copy() { # <directory>
  local words
  local -a wrong=()
  mkdir -- "$1"
  cp -- "${WORK_DIR}/SHA256SUMS" "$1/SHA256SUMS"
  copy_out "$1" "${MEMBERS[@]}"
  set_modes "$1"
  judge_tree wrong "$1" "${BUILD}" "${EUID}"
  if ((${#wrong[@]} > 0)); then
    some_of words "${wrong[@]}"
    die 6 "not as SHA256SUMS says: ${words}; copy the whole folder again; what runs is what ran before"
  fi
}

# By what a file is, and not by what it may do in the folder: a copy may have lost that.
set_modes() { # <directory>
  local name start
  local -a programs=()
  for name in "${MEMBERS[@]}"; do
    start=''
    if [[ -f $1/${name} && ! -L $1/${name} ]]; then
      IFS= read -r -N 2 start <"$1/${name}" || :
    fi
    if [[ ${start} == '#!' ]]; then
      programs+=("$1/${name}")
    fi
  done
  find "$1" -mindepth 1 \( -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} + \)
  chmod 755 -- "${programs[@]}"
}

# Whoever may change the folder decides what root will run, and could have changed this very
# script. So that is asked, and better is a folder in a directory of root's.
ask_about_source() {
  local way='' answer=''
  local -a folders=()
  folders_of folders "${MEMBERS[@]}"
  find_way_in way "${SOURCE}"
  if [[ -z ${way} ]]; then
    way="$(cd -- "${SOURCE}" && find SHA256SUMS "${folders[@]}" "${MEMBERS[@]}" -maxdepth 0 \( ! -uid 0 -o -perm /022 \) -print -quit)"
    way="${way:+${SOURCE}/${way}}"
  fi
  if [[ -z ${way} ]]; then
    return 0
  fi
  warn "whoever may change ${way} decides what root will run: better copy the folder to /root/${APP_NAME}, and install it from there"
  if [[ ${YES} == true ]]; then
    return 0
  elif [[ ! -t 0 ]]; then
    die 8 'nobody can be asked here: add --yes to say that this folder is as you generated it; nothing was touched'
  fi
  printf 'On %s: install build %s, if the folder is as you generated it. Type yes to go on: ' "${HOSTNAME}" "${BUILD}" >&2
  read -r answer || :
  if [[ ${answer} != yes ]]; then
    die 8 'not confirmed; nothing was touched'
  fi
}
# 5e5dc1c4c6d06dab release/source.sh
