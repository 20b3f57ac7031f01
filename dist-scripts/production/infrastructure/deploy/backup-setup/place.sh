# --- Where things go: programs, the release, secrets, the signing key -----------------------

# Prints what the scripts of this environment start, each with the package that has it.
# (MongoDB's own are in MongoDB's own source.)
needed_commands() {
  local -a needed=(tar=tar zstd=zstd jq=jq openssl=openssl curl=curl flock=util-linux timeout=coreutils df=coreutils
    cmp=diffutils awk=mawk logrotate=logrotate)
  if [[ -v AGE_RECIPIENTS ]]; then
    needed+=(age=age age-keygen=age)
  fi
  if [[ -v GPG_KEYS || -v PASSPHRASE_NEEDED ]]; then
    needed+=(gpg=gpg)
  fi
  if [[ -v HAS[signing] ]]; then
    needed+=(ssh-keygen=openssh-client)
  fi
  if [[ -v HAS[remotes] ]]; then
    needed+=(rclone=rclone)
  fi
  if [[ -v HAS[redis] ]]; then
    needed+=("${REDIS_KIND:-}-cli=${REDIS_KIND:-}-tools" "${REDIS_KIND:-}-check-rdb=${REDIS_KIND:-}-tools")
  fi
  if [[ -v HAS[mongodb] ]]; then
    needed+=(mongodump=mongodb-database-tools mongorestore=mongodb-database-tools mongosh=mongodb-mongosh)
  fi
  if [[ -d ${SOURCE}/infrastructure/cron ]]; then
    needed+=(crontab=cron)
  fi
  printf '%s\n' "${needed[@]}"
}

ensure_packages() {
  local words
  local -a needed lacking
  words="$(needed_commands)"
  mapfile -t needed <<<"${words}"
  words="$(missing_packages "${needed[@]}")"
  mapfile -t lacking <<<"${words}"
  if [[ -z ${words} ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan - "packages ${lacking[*]}"
  else
    info "installing ${lacking[*]}"
    install_packages "${lacking[@]}"
  fi
}

# install.sh compares every file, asks where others may change this folder, and says the rest.
ensure_release() {
  local status=0
  local -a agreed=()
  if [[ ${YES} == true ]]; then
    agreed=(--yes)
  fi
  if [[ ${PLANNING} == true && ! -e ${RELEASES}/current ]]; then
    plan - "release of root's own in ${RELEASES}"
    return 0
  fi
  "${INFRASTRUCTURE}/install.sh" --check >"${WORK_DIR}/release" 2>"${WORK_DIR}/release.said" || status=$?
  if ((status == 0)); then
    return 0
  elif ((status != 7)); then
    cat -- "${WORK_DIR}/release.said" >&2
    die "${status}" 'the release cannot be made: see above; nothing was touched'
  elif [[ ${PLANNING} == true ]]; then
    plan other "release in ${RELEASES}"
    sed 's/^/    /' "${WORK_DIR}/release"
    return 0
  fi
  note_change release - - "${RELEASES}"
  "${INFRASTRUCTURE}/install.sh" "${agreed[@]}" || die "$?" 'the release was not made: see above'
}

# Its values are the owner's: once it is there, it is never written again.
ensure_env_file() {
  if [[ -e ${ENV_FILE} ]]; then
    return 0
  fi
  ensure_file "${INFRASTRUCTURE}/backup/backup.env.example" "${ENV_FILE}" 600
}

# The public half has to stand in the profile before anything is signed: the dry run says it.
ensure_signing_key() {
  if [[ ! -v HAS[signing] || -e ${SIGNING_KEY:-} ]]; then
    return 0
  elif [[ ${PLANNING} == true ]]; then
    plan - "${SIGNING_KEY}, a new key that signs the backups"
    return 0
  fi
  "${QUICK[@]}" ssh-keygen -q -t ed25519 -N '' -C "backups of ${APP_NAME}" -f "${WORK_DIR}/signing.key" </dev/null
  ensure_file "${WORK_DIR}/signing.key.pub" "${SIGNING_KEY}.pub" 644
  ensure_file "${WORK_DIR}/signing.key" "${SIGNING_KEY}" 600
}
# 7e84d85eabde2d80 deploy/backup-setup/place.sh
