# --- MongoDB: the account that the next backup logs in with ---------------------------
#
# The accounts come back as they were, and so do their passwords. The private server has
# them already, and takes a login like any other: so it is tried there.

MONGOSH_MODULES+=("${INFRASTRUCTURE}/backup/components/mongodb/mongosh/account.js")

try_account() {
  if [[ -n ${OPTION[into]} || ${ACTION} != restore ]]; then
    return 0 # no server gets these accounts, or they are those of before
  fi
  write_mongodb_uri
  ask_private_mongod account
}

# The last word of a restore, for it is the next backup that meets with it.
tell_account() {
  local account refused untried means cure
  if [[ ! -s ${WORK_DIR}/account.json || " ${FAILED[*]} " == *' mongodb '* ]]; then
    return 0
  fi
  account="$(jq --raw-output .account "${WORK_DIR}/account.json")"
  refused="$(jq --raw-output .refused "${WORK_DIR}/account.json")"
  untried="$(jq --raw-output .untried "${WORK_DIR}/account.json")"
  if [[ -n ${untried} ]]; then
    info "whether the account of MONGODB_URI can still log in was not tried (${untried})"
  elif [[ -n ${refused} ]]; then
    means="$(jq --raw-output .means "${WORK_DIR}/account.json")"
    cure="$(jq --raw-output .cure "${WORK_DIR}/account.json")"
    warn "the accounts of MongoDB are those of ${SET_ID:-${MOMENT[words]}} again, and ${account} of MONGODB_URI cannot log in with ${means}: ${refused}. The next backup will fail with that account: write the one of then into ${ENV_FILE}, or mend it with another account, in mongosh: ${cure}. The application's own account may need the same"
  fi
}
# e68a51a0634cda62 backup/components/mongodb/account.sh
