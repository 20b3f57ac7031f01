# --- What lies beside data: carried over by a swap ------------------------------------
#
# A key file, certificates, lists of accounts: no set of the database holds them, so they
# come from the directory that is exchanged. They are copied; --undo finds all as it was.

# What cannot be carried over is found before anything is built.
preflight_beside() { # <component> <data directory>
  local component="$1" live="$2" names bytes why
  : >"${WORK_DIR}/${component}.names"
  if [[ -d ${live} ]]; then
    "list_beside_${component}" why "${live}" "${WORK_DIR}/${component}.names"
    if [[ -n ${why} ]]; then
      problem "cannot look for what lies in ${live} and is no data, as a key file (${why}); a restore would take it away from the server: run with sudo"
      return 0
    fi
    list_stuck "${live}" "${WORK_DIR}/${component}.names" >"${WORK_DIR}/${component}.stuck"
    foreign_words names "${WORK_DIR}/${component}.stuck"
    if [[ -n ${names} ]]; then
      problem "cannot carry over with its owner what lies in ${live} and is no data: ${names}: run with sudo, or move it to a place of its own"
    fi
    bytes="$(env --chdir="${live}" du --bytes --total --files0-from="${WORK_DIR}/${component}.names" 2>/dev/null | tail --lines=1 | cut --fields=1 || :)"
    need_space "${live}" "${bytes:-0}"
  fi
  miss_beside "${component}" "${live}"
}

# The names of files that this user cannot read, or not give to their owner.
list_stuck() { # <data directory> <file with names>
  local name
  while IFS= read -r -d '' name; do
    if ((EUID != 0)) && [[ ! -O $1/${name} && ! -L $1/${name} ]] || [[ ! -r $1/${name} && ! -L $1/${name} ]]; then
      printf '%s\0' "${name}"
    fi
  done <"$2"
}

# What lay there at the backup and is not here. A configuration that is restored too
# names it again, and the server would not start with it.
miss_beside() { # <component> <data directory>
  local component="$1" live="$2" path setting
  of_component "${component}" '.details.beside // [] | .[] | [.path, .setting // ""] | map(gsub("[[:cntrl:]]"; "?")) | @tsv' >"${WORK_DIR}/${component}.beside"
  while IFS=$'\t' read -r path setting; do
    if [[ -e ${live}/${path} || -L ${live}/${path} ]]; then
      continue
    elif [[ -n ${setting} && " ${WANTED[*]} " == *' config '* && " ${KNOWN_PATHS[*]} " != *" ${live}/${path} "* ]]; then
      problem "${component} was told to read ${live}/${path} (${setting}) when ${SET_OF[${component}]} was made; that file is in no set, and not here: put it there, with its owner and mode, before the configuration of then is restored"
    else
      warn "${live}/${path} lay beside the data when ${SET_OF[${component}]} was made; it is in no set of ${component}, and not here${setting:+; the server read it (${setting})}"
    fi
  done <"${WORK_DIR}/${component}.beside"
}

plan_beside() { # <component> <data directory>
  local names
  foreign_words names "${WORK_DIR}/$1.names"
  if [[ -n ${names} ]]; then
    info "plan:   carries over what lies in $2 and is no data: ${names}"
  fi
}

# Gives a new directory what the old one has and no set holds; before the server is stopped.
dress_directory() { # <variable for its status> <component> <data directory> <new directory>
  printf -v "$1" '0'
  if [[ -d $3 ]]; then
    match_owner "$3" "$4"
    carry_beside "$@"
  fi
}

# Where a name has been taken by what was restored, it is data.
carry_beside() { # <variable for its status> <component> <data directory> <new directory>
  local component="$2" live="$3" new="$4" name names why failed=0
  "list_beside_${component}" why "${live}" "${WORK_DIR}/${component}.names"
  while IFS= read -r -d '' name; do
    if [[ ! -e ${new}/${name} && ! -L ${new}/${name} ]] && ((failed == 0)); then
      env --chdir="${live}" cp --archive --parents --target-directory="${new}" -- "${name}" 2>"${WORK_DIR}/carry.log" || failed=$?
    fi
  done <"${WORK_DIR}/${component}.names"
  foreign_words names "${WORK_DIR}/${component}.names"
  if [[ -n ${why} ]] || ((failed != 0)); then
    quote_tool "${WORK_DIR}/carry.log"
    failed=1
    fail_component "${component}" "what lies in ${live} and is no data could not be carried over (${names}): nothing of it was replaced"
  elif [[ -n ${names} ]]; then
    info "${component}: carried over what lies in ${live} and is no data: ${names}"
  fi
  printf -v "$1" '%s' "${failed}"
}
# 5be60723bc0de9cf backup/components/data-directory/carry-over.sh
