# --- Where a path lies, how much is free there, sizes in words ---------------------

# Whether a path lies in a directory, as both are written or where they really are. (The
# directory itself is not followed: what is renamed or stored by that name is the link.)
look_inside() { # <variable> <path> <directory>
  local -a real=()
  mapfile -d '' -t real < <(realpath --zero --canonicalize-missing -- "$2" "${3%/*}/" || :)
  if ((${#real[@]} != 2)); then
    die 1 "realpath does not say where $2 and $3 really are; nothing was touched"
  fi
  printf -v "$1" '%s' false
  if [[ $2/ == "$3"/* || ${real[0]}/ == "${real[1]%/}/${3##*/}"/* ]]; then
    printf -v "$1" '%s' true
  fi
}

free_bytes() { # <path, or a path that will exist>
  local path="$1" line
  while [[ ! -e ${path} ]]; do
    path="${path%/*}"
    path="${path:-/}"
  done
  line="$(df --block-size=1 --output=avail -- "${path}")"
  line="${line##*$'\n'}"
  if [[ ! ${line} =~ ^\ *([0-9]{1,17})$ ]]; then
    die 1 "df does not say how much is free at ${path} (it said '${line}'): try 'df ${path}'"
  fi
  printf '%s' "${BASH_REMATCH[1]}"
}

# Leaves a size in words in the named variable, rounded up.
human() { # <variable> <bytes>
  local units='KMGTP' unit='' shift=0 tenths
  if [[ ! $2 =~ ^[0-9]{1,17}$ ]]; then
    die 1 "'$2' is no number of bytes"
  fi
  while ((${#units} > 0 && 10#$2 * 10 > 10239 << shift)); do
    shift=$((shift + 10))
    unit="${units::1}"
    units="${units:1}"
  done
  tenths=$(((10#$2 >> shift) * 10 + ((10#$2 & (1 << shift) - 1) * 10 + (1 << shift) - 1 >> shift)))
  printf -v "$1" '%d.%d%sB' "$((tenths / 10))" "$((tenths % 10))" "${unit}"
}
# 2fb696a7c47d658a lib/paths.sh
