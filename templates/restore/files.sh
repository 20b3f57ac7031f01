# needs: restore/swap restore/select-set
# --- Files: application, configuration, certificates ----------------------------

# Unpacks an archive of whole paths beside the first of them; what lies on
# another file system is copied beside its own place. Each line of the list of
# swaps says: this live path, that new one.
build_files() { # <component>
  local component="$1" path staged stage listed
  local -a paths=()
  listed="$(of_component "${component}" '.details.paths[]')"
  mapfile -t paths <<<"${listed}"
  stage_for "${paths[0]}"
  stage="${STAGE}/${component}"
  unpack_files "${component}" "${stage}"
  for path in "${paths[@]}"; do
    staged="${stage}${path}"
    if [[ ! -e ${staged} && ! -L ${staged} ]]; then
      die 6 "${SET_ID}: the archive of ${component} does not hold ${path}, although its manifest names it"
    fi
    stage_for "${path}"
    if [[ ${STAGE}/${component} != "${stage}" ]]; then
      mkdir --parents "${STAGE}/${component}${path%/*}"
      cp --archive --sparse=auto --no-target-directory -- "${staged}" "${STAGE}/${component}${path}"
      staged="${STAGE}/${component}${path}"
    fi
    printf '%s\t%s\n' "${path}" "${staged}" >>"${WORK_DIR}/swaps.${component}"
  done
}

unpack_files() { # <component> <directory>
  local component="$1" directory="$2"
  local -a statuses=(0 0)
  mkdir --parents "${directory}"
  zstd -q --decompress --stdout "${SET_DIR}/${component}.tar.zst" \
    | tar --extract --file=- --directory="${directory}" --preserve-permissions --delay-directory-restore \
      --acls --xattrs --xattrs-include='*' --listed-incremental=/dev/null \
      2>"${WORK_DIR}/tar.log" || statuses=("${PIPESTATUS[@]}")
  if ((statuses[0] != 0 || statuses[1] != 0)); then
    quote_tool "${WORK_DIR}/tar.log"
    die 1 "unpacking ${component} failed (zstd ${statuses[0]}, tar ${statuses[1]}); the last lines stand above"
  fi
}

swap_files() { # <component>
  local component="$1" live new
  while IFS=$'\t' read -r live new; do
    swap_in "${component}" "${live}" "${new}"
  done <"${WORK_DIR}/swaps.${component}"
}

# Only what its owner may write can be renamed: told before anything is built.
preflight_files() { # <component>
  local component="$1" path parent raw_bytes listed user
  local -a paths=()
  user="$(id --user --name)"
  listed="$(of_component "${component}" '.details.paths[]')"
  mapfile -t paths <<<"${listed}"
  for path in "${paths[@]}"; do
    if [[ ! ${path} =~ ^(/[^/[:cntrl:]]+)+$ || ${path}/ == */./* || ${path}/ == */../* ]]; then
      refuse_set "${SET_ID}: the manifest names a path that is not absolute and plain: ${path}"
    fi
    parent="${path%/*}"
    while [[ ! -d ${parent:-/} ]]; do
      parent="${parent%/*}"
    done
    if [[ ! -w ${parent:-/} ]]; then
      problem "cannot replace ${path}: ${parent:-/} is not writable for ${user}: run with sudo"
    fi
  done
  raw_bytes="$(of_component "${component}" .rawBytes)"
  need_space "${paths[0]:-/}" "${raw_bytes}"
}

plan_files() { # <component>
  local paths
  paths="$(of_component "$1" '.details.paths | join(", ")')"
  info "plan:   replaces ${paths}"
}
