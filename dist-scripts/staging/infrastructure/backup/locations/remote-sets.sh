# --- The sets at a remote -----------------------------------------------------------

# Manifests stay here from one run to the next: a listing is then all that is read.
# A run that may change nothing keeps them for itself, and so does one that compares.
cache_for() { # <remote or remote.latest>; leaves the directory in CACHE
  CACHE="${WORK_DIR}/remotes/$1"
  if [[ ${DRY_RUN} == false && ${COMPARE} == false && -w ${STORE}/.state && ! -L ${STORE}/.state/remotes && ! -L ${STORE}/.state/remotes/$1 ]]; then
    CACHE="${STORE}/.state/remotes/$1"
  fi
}

CACHE=''

# Leaves in DAMAGED_SETS which of the sets that were read lack a file, or have one
# of another size.
find_damaged_sets() { # <directory with manifests>
  local set file bytes manifest program='[.id] + (.components[]? | [.file, .bytes]) | @tsv'
  local -a manifests=()
  DAMAGED_SETS=()
  : >"${WORK_DIR}/stored"
  mapfile -d '' -t manifests < <(find "$1" -mindepth 2 -maxdepth 2 -regextype posix-extended -regex '.*/[0-9]{8}_[0-9]{6}/manifest\.json' -print0 || :)
  # One that is no JSON would end the reading of all: only then are they read one by one.
  if ((${#manifests[@]} > 0)) && ! printf '%s\0' "${manifests[@]}" | xargs --null jq --raw-output "${program}" >"${WORK_DIR}/stored" 2>/dev/null; then
    for manifest in "${manifests[@]}"; do
      jq --raw-output "${program}" "${manifest}" 2>/dev/null || warn "the manifest ${manifest#"$1"/} that lies there cannot be read: it is no set"
    done >"${WORK_DIR}/stored"
  fi
  while IFS=$'\t' read -r set file bytes; do
    if [[ ${REMOTE_FILE["${set}/${file}"]:-} != "${bytes}" ]]; then
      DAMAGED_SETS["${set}"]="${file}"
    fi
  done <"${WORK_DIR}/stored"
}

declare -A DAMAGED_SETS=()
# 1a61e3e315249fc9 backup/locations/remote-sets.sh
