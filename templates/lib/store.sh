# needs: lib/messages lib/opened
# --- The store: the backup directory, opened once ----------------------------------
#
# It belongs to who runs the scripts, with all that is in it: what somebody else could have
# written there, root would believe. From open_store on STORE is that very directory.

SETS_DIR="${STORE}"        # where sets are read: in the store, unless an option says otherwise
SETS_PLACE="${BACKUP_DIR}" # how messages name it

open_store() {
  if [[ ${STORE} != "${BACKUP_DIR}" || ! -d ${BACKUP_DIR} || ! -r ${BACKUP_DIR} || ! -x ${BACKUP_DIR} ]]; then
    return 0
  fi
  open_directory "${BACKUP_DIR}"
  STORE="${OPENED}"
  OPENED=''
  if [[ ${SETS_DIR} == "${BACKUP_DIR}" ]]; then
    SETS_DIR="${STORE}"
  fi
  refuse_strangers
  if ((EUID == 0)) && [[ ! -O ${STORE} && ${DRY_RUN} == false ]]; then
    chown root: "${STORE}"
    chmod 700 "${STORE}"
    refuse_strangers # what came meanwhile; from here on nothing can
    warn "${BACKUP_DIR} belonged to another user, who could have exchanged what root reads there: it belongs to root now"
  fi
}

# Links lead astray, and what others own they could have written themselves.
refuse_strangers() {
  local path type owner
  local -a strange=(-type l -path '*/.state*')
  if ((EUID == 0)); then
    strange=(\( "${strange[@]}" -o ! -uid 0 \))
  fi
  IFS=$'\t' read -r path type owner < <(find "${STORE}" -mindepth 1 \
    \( -path "${STORE}/[!.0-9h]*" -o -path "${STORE}/.[!s]*" \) -prune -o "${strange[@]}" -printf '%P\t%y\t%u\n' -quit 2>/dev/null || :) || return 0
  if [[ ${type} == l ]]; then
    die 3 "${BACKUP_DIR}/${path} is a symbolic link, which may lead anywhere: remove it; nothing goes on until then"
  fi
  die 3 "${BACKUP_DIR}/${path} belongs to ${owner}, who could have written it: see that all in there is what you expect, then run 'chown -Rh root: ${BACKUP_DIR}' (or run this as ${owner}); nothing was touched"
}

# Made by whoever comes first.
prepare_state() {
  mkdir --parents "${STORE}"
  open_store
  mkdir --parents "${STORE}/.state"
  chmod 700 "${STORE}" "${STORE}/.state"
}
