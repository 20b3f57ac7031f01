# --- Environment file: read as data, never executed ---------------------------

# What the environment holds wins over the file. Names that nothing here uses
# are passed over, so that the file can serve other programs too.
load_env_file() {
  local line mode number=0
  local - # a trace must show no secret
  set +x
  if [[ -e ${ENV_FILE} && ! -f ${ENV_FILE} ]]; then
    problem "${ENV_FILE} is not a file: remove it, or correct backup.envFile in the profile"
  elif [[ -e ${ENV_FILE} && ! -r ${ENV_FILE} ]]; then
    problem "cannot read ${ENV_FILE}: run as root, or 'chown ${APP_USER}' it"
  elif [[ -e ${ENV_FILE} ]]; then
    mode="$(stat --format='%a' -- "${ENV_FILE}")"
    if [[ ! ${mode} =~ ^[0-7]*00$ ]]; then
      problem "${ENV_FILE} holds secrets and has mode ${mode:-unknown}: run 'chmod 600 ${ENV_FILE}'"
    fi
    while IFS= read -r line || [[ -n ${line} ]]; do
      number=$((number + 1))
      line="${line%$'\r'}"
      if [[ ${line} =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]]; then
        take_env_value "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
      elif [[ ! ${line} =~ ^[[:space:]]*(#.*)?$ ]]; then
        problem "${ENV_FILE} has a line that is not NAME=value: correct line ${number}"
      fi
    done <"${ENV_FILE}"
  fi
}

# Children get a secret only where they need it, from the first of them on.
keep_secrets_here() {
  local name
  for name in "${ENV_NAMES[@]}" "${!RCLONE_CONFIG_@}"; do
    if [[ -v ${name} ]]; then
      export -n "${name?}"
    fi
  done
}

take_env_value() { # <name> <value, perhaps in quotes>
  local name="$1" value="$2" known
  if [[ ${value} =~ ^\"(.*)\"[[:space:]]*$ || ${value} =~ ^\'(.*)\'[[:space:]]*$ ]]; then
    value="${BASH_REMATCH[1]}"
  else
    value="${value%"${value##*[![:space:]]}"}" # blanks at the end are not meant
  fi
  # A name that ends with _ stands for all that begin with it.
  for known in "${ENV_NAMES[@]}"; do
    if [[ (${name} == "${known}" || (${known} == *_ && ${name} == "${known}"*)) && ! -v ${name} ]]; then
      printf -v "${name}" '%s' "${value}"
    fi
  done
}

# A wish that this script cannot fulfil must stop it: a local copy where
# somebody asked for a remote one would be a false success.
refuse_unkept_promises() {
  if [[ ! -v REMOTES && ! ${REMOTE_ENABLED:-false} =~ ^(false|no|off|0)$ ]]; then
    problem "REMOTE_ENABLED is '${REMOTE_ENABLED}', but this script was generated without remotes: unset it, or set backup.remotes in the profile and generate again"
  fi
}
# d06ba657f9d8e663 lib/env-file.sh
