# needs: lib/guards lib/sets
# --- Which set, and is it sound? ------------------------------------------------

SET_ID=''
SET_DIR=''

# Damage is not a preflight problem: exit 6 says that a set cannot be trusted.
refuse_set() { # <what is wrong, with the cure>
  error "$1"
  error 'nothing was touched'
  exit 6
}

select_set() { # <name or latest>
  local name="$1" newest
  read_sets
  if [[ ${name} == latest ]]; then
    SET_ID="$(jq --slurp --raw-output --arg wanted "${WANTED[*]}" '
      ($wanted | split(" ")) as $wanted
      | map(select(.components as $held | all($wanted[]; . as $one | $held | index($one)))) | last.id // ""' <<<"${SETS}")"
    if [[ -z ${SET_ID} ]]; then
      die 3 "no set in ${BACKUP_DIR} holds ${WANTED[*]}: look with 'backup.sh --list', or copy a set there from another location; nothing was touched"
    fi
    info "latest means ${SET_ID}"
  else
    SET_ID="${name}"
  fi
  SET_DIR="${BACKUP_DIR}/${SET_ID}"
  if [[ -d ${SET_DIR}.partial ]]; then
    refuse_set "${SET_ID} was never finished: it has no ${SET_ID}, only ${SET_ID}.partial; choose another set with 'backup.sh --list'"
  fi
  if [[ ! -d ${SET_DIR} ]]; then
    newest="$(jq --slurp --raw-output 'map(.id) | .[-3:] | join(", ")' <<<"${SETS}")"
    die 3 "there is no set ${SET_ID} in ${BACKUP_DIR}; the newest are: ${newest:-none}; nothing was touched"
  fi
}

manifest() { # <jq expression>
  jq --raw-output "$1" "${SET_DIR}/manifest.json"
}

of_component() { # <component> <jq expression>
  jq --raw-output --arg component "$1" ".components[\$component] | $2" "${SET_DIR}/manifest.json"
}

check_manifest() {
  local format id application environment component type file
  if [[ ! -f ${SET_DIR}/manifest.json ]]; then
    refuse_set "${SET_DIR} has no manifest.json, so nothing says what it should hold: choose another set"
  fi
  if ! jq --slurp --exit-status 'length == 1 and (.[0].components | type == "object")' "${SET_DIR}/manifest.json" >/dev/null 2>&1; then
    refuse_set "${SET_DIR}/manifest.json is not a manifest: it is damaged or cut off; choose another set"
  fi
  format="$(manifest .format)"
  if [[ ${format} != 1 ]]; then
    die 3 "${SET_ID} has format ${format}, this restore.sh reads format 1: use the restore.sh that was generated with a newer lifeboat; nothing was touched"
  fi
  id="$(manifest .id)"
  if [[ ${id} != "${SET_ID}" ]]; then
    refuse_set "${SET_DIR}/manifest.json is the manifest of ${id}: the directory was renamed, or files were mixed up; choose another set"
  fi
  application="$(manifest .application)"
  environment="$(manifest .environment)"
  if [[ ${application} != "${APP_NAME}" ]]; then
    problem "${SET_ID} is of the application '${application}', this script restores '${APP_NAME}': use that application's restore.sh"
  elif [[ ${environment} != "${ENVIRONMENT}" ]]; then
    warn "${SET_ID} was made in the environment '${environment}', this is '${ENVIRONMENT}'"
  fi
  type="$(manifest .type)"
  for component in "${WANTED[@]}"; do
    file="$(of_component "${component}" '.file // ""')"
    if [[ -z ${file} ]]; then
      problem "${SET_ID} (type ${type}) holds no ${component}: choose a set that does with 'backup.sh --list', or leave --${component} out"
    fi
  done
}

# Size first, for it costs nothing; then the checksum of the stored file, then
# every compressed block. All that is wrong is told.
check_files() {
  local component file bytes sha256 found damaged=false
  for component in "${WANTED[@]}"; do
    file="$(of_component "${component}" .file)"
    bytes="$(of_component "${component}" .bytes)"
    sha256="$(of_component "${component}" .sha256)"
    if [[ ${file} != "${component}".*.zst || ${file} == */* || ! -f ${SET_DIR}/${file} ]]; then
      error "${SET_ID}: the file of ${component} is missing (${file})"
      damaged=true
      continue
    fi
    found="$(stat --format='%s' "${SET_DIR}/${file}")"
    if [[ ${found} != "${bytes}" ]]; then
      error "${SET_ID}/${file} has ${found} bytes, its manifest says ${bytes}: it was cut off or changed"
      damaged=true
      continue
    fi
    found="$(openssl dgst -sha256 -r "${SET_DIR}/${file}")"
    if [[ ${found%% *} != "${sha256}" ]]; then
      error "${SET_ID}/${file} has the checksum ${found%% *}, its manifest says ${sha256}: it was changed"
      damaged=true
    elif ! zstd -q --test "${SET_DIR}/${file}" 2>"${WORK_DIR}/zstd.log"; then
      error "${SET_ID}/${file} cannot be unpacked although its checksum is right: its manifest was changed too"
      damaged=true
    fi
  done
  if [[ ${damaged} == true ]]; then
    refuse_set "${SET_ID} is not what its manifest says: choose another set, or fetch this one again from another location"
  fi
}
