# --- The sets at a remote -----------------------------------------------------------

# Manifests stay here from one run to the next: a listing is then all that is read.
# A run that may change nothing keeps them for itself, and so does one that compares.
cache_for() { # <variable> <remote or remote.latest>
  printf -v "$1" '%s' "${WORK_DIR}/remotes/$2"
  if [[ ${DRY_RUN} == false && ${OPTION[compare]} == false && -w ${STORE}/.state && ! -L ${STORE}/.state/remotes && ! -L ${STORE}/.state/remotes/$2 ]]; then
    printf -v "$1" '%s' "${STORE}/.state/remotes/$2"
  fi
}

# A file of each of the sets there that lack one, or have one of another size.
find_damaged_sets() { # <associative array> <directory with their manifests>
  local -n lacking_there="$1"
  local set file bytes manifest program='[.id] + (.components[]? | [.file, .bytes]) | @tsv'
  local -a manifests=()
  lacking_there=()
  : >"${WORK_DIR}/stored"
  mapfile -d '' -t manifests < <(find "$2" -mindepth 2 -maxdepth 2 -regextype posix-extended -regex '.*/[0-9]{8}_[0-9]{6}/manifest\.json' -print0 || :)
  # One that is no JSON would end the reading of all: only then are they read one by one.
  if ((${#manifests[@]} > 0)) && ! printf '%s\0' "${manifests[@]}" | xargs --null jq --raw-output "${program}" >"${WORK_DIR}/stored" 2>/dev/null; then
    for manifest in "${manifests[@]}"; do
      jq --raw-output "${program}" "${manifest}" 2>/dev/null || warn "the manifest ${manifest#"$2"/} that lies there cannot be read: it is no set"
    done >"${WORK_DIR}/stored"
  fi
  while IFS=$'\t' read -r set file bytes; do
    if [[ ${REMOTE_FILE["${set}/${file}"]:-} != "${bytes}" ]]; then
      lacking_there+=(["${set}"]="${file}")
    fi
  done <"${WORK_DIR}/stored"
}
# 0cc1572b3f194fdc backup/locations/remote-sets.sh
