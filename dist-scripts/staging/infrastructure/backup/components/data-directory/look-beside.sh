# --- What lies beside data: in no set, and exchanged by a restore ---------------------

# Leaves in <component>.beside, for the manifest, what the server has not made itself: by
# the directory's listing, and by what its settings name. Full sets warn of it.
look_beside() { # <component> <data directory>
  local component="$1" directory why='there is no such directory'
  directory="$(realpath --canonicalize-missing -- "$2")"
  : >"${WORK_DIR}/${component}.names"
  if [[ -d ${directory} ]]; then
    "list_beside_${component}" why "${directory}" "${WORK_DIR}/${component}.names"
  fi
  name_settings "${component}" "${directory}" >"${WORK_DIR}/${component}.named"
  jq --null-input --rawfile names "${WORK_DIR}/${component}.names" --rawfile named "${WORK_DIR}/${component}.named" '
    ($named | split("\u0000")[:-1]) as $words
    | [range(0; $words | length; 2) | {path: $words[. + 1], setting: $words[.]}] as $set
    | [$set[] | select(.setting | test("^(systemLog\\.path|processManagement\\.pidFilePath|auditLog\\.path|logfile|pidfile)$")) | .path] as $logs
    | $set + [$names | split("\u0000")[:-1][] | select(IN($set[].path) | not) | {path: .}]
    | map(select(.path as $path | any($logs[]; . as $log | $path == $log or ($path | startswith($log + "."))) | not))
    | {beside: .}' >"${WORK_DIR}/${component}.beside"
  if [[ ${TYPE} == full ]]; then
    tell_beside "${component}" "${directory}" "${why}"
  fi
}

# Each setting that names a file of the directory, and the file; both end with a zero.
name_settings() { # <component> <data directory>
  local directory="$2" setting path place
  while IFS=$'\t' read -r setting path; do
    place="$(realpath --canonicalize-missing -- "${path%/*}")/${path##*/}"
    if [[ ${place} == "${directory}"/* && (-f ${place} || -L ${place}) ]]; then
      printf '%s\0%s\0' "${setting}" "${place#"${directory}"/}"
    fi
  done < <(jq --raw-output '. // [] | .[] | [.option, .path] | @tsv' "${WORK_DIR}/$1.files" || :)
}

tell_beside() { # <component> <data directory> <why it could not be listed>
  local component="$1" directory="$2" names told
  told="$(jq 'type == "array"' "${WORK_DIR}/${component}.files")"
  if [[ -n $3 ]]; then
    note_warning "${component}: what lies in ${directory} and is no data is not known ($3): run with sudo, or correct ${component}.dataDirectory in the profile; a key file or certificates there are in no set"
  elif [[ ${told} == false ]]; then
    info "${component}: the server does not tell its settings; what lies in ${directory} and is no data is known by the names alone"
  fi
  leave_out_stored "${component}" "${directory}" >"${WORK_DIR}/${component}.lost"
  foreign_words names "${WORK_DIR}/${component}.lost"
  if [[ -n ${names} ]]; then
    note_warning "${component}: ${directory} holds files that are no data, and in no set: ${names}; a restore on this host carries them over, on another one they are missing: write them into backup.config.paths of the profile, or keep them elsewhere, as in /etc"
  fi
}

# The names that no other component brings.
leave_out_stored() { # <component> <data directory>
  local name path stored
  while IFS= read -r -d '' name; do
    stored=false
    for path in "${APP_PATHS[@]}" "${CONFIG_PATHS[@]}" "${CONFIG_OPTIONAL_PATHS[@]}" "${SSL_PATHS[@]}"; do
      if [[ $2/${name} == "${path}" || $2/${name} == "${path}"/* ]]; then
        stored=true
      fi
    done
    if [[ ${stored} == false ]]; then
      printf '%s\0' "${name}"
    fi
  done < <(jq --join-output '.beside[].path + "\u0000"' "${WORK_DIR}/$1.beside" || :)
}
# 79afe341550ac711 backup/components/data-directory/look-beside.sh
