# --- The store: the backup directory, opened once ----------------------------------
#
# It belongs to who runs the scripts, with all that is in it: what somebody else could have
# written there, root would believe. From open_store on STORE is that very directory.

STORE="${BACKUP_DIR}"      # once it is opened, the directory itself
SETS_DIR="${STORE}"        # where sets are read: in the store, unless an option says otherwise
SETS_PLACE="${BACKUP_DIR}" # how messages name it
readonly NOWHERE="/proc/$$/fd/none"

open_store() {
  if [[ ${STORE} == "${BACKUP_DIR}" && -d ${BACKUP_DIR} && -r ${BACKUP_DIR} && -x ${BACKUP_DIR} ]]; then
    open_directory STORE "${BACKUP_DIR}"
    STORE="${STORE/self/$$}" # by the number of this process, for mongosh may run already
    SAID_AS["${STORE}"]="${BACKUP_DIR}"
    read_sets_of "${STORE}"
    refuse_strangers
  elif ((EUID == 0)) && [[ ! -d ${STORE} ]]; then
    SAID_AS["${NOWHERE}"]="${BACKUP_DIR}"
    read_sets_of "${NOWHERE}" # what comes to lie there meanwhile, somebody has put there
  fi
}

read_sets_of() { # <path>
  if [[ ${SETS_DIR} == "${BACKUP_DIR}" || ${SETS_DIR} == "${NOWHERE}" ]]; then
    SETS_DIR="$1"
  fi
}

# The directory alone may have been given away, as with a chown that was meant well.
own_store() {
  if ((EUID == 0)) && [[ -d ${STORE} && ! -O ${STORE} && ${DRY_RUN} == false ]]; then
    chown root: "${STORE}"
    chmod 700 "${STORE}"
    refuse_strangers # what came meanwhile; from here on nothing can
    warn "${BACKUP_DIR} belonged to another user, who could have exchanged what root reads there: it belongs to root now"
  fi
}

# Links lead astray, and what others own they could have written themselves. The first
# line is of the store itself: a search that tells nothing has found nothing out.
refuse_strangers() {
  local path type owner
  local -a found=() strange=(-type l -path '*/.state*')
  if ((EUID == 0)); then
    strange=(\( "${strange[@]}" -o ! -uid 0 \))
  fi
  mapfile -t found < <(find "${STORE}" -path "${STORE}" -printf 'opened\n' -o \( -path "${STORE}/[!.0-9h]*" -o -path "${STORE}/.[!s]*" \) -prune \
    -o "${strange[@]}" -printf '%P\t%y\t%u\n' -quit 2>/dev/null || :)
  IFS=$'\t' read -r path type owner <<<"${found[1]:-}"
  if [[ ${found[0]:-} != opened ]]; then
    die 3 "'find' told nothing of ${BACKUP_DIR}, not even that it is there: look whether it works; nothing was touched"
  elif [[ ${type} == l ]]; then
    die 3 "${BACKUP_DIR}/${path} is a symbolic link, which may lead anywhere: remove it; nothing goes on until then"
  elif [[ -n ${path} ]]; then
    die 3 "${BACKUP_DIR}/${path} belongs to ${owner}, who could have written it: see that all in there is what you expect, then run 'chown -Rh root: ${BACKUP_DIR}' (or run this as ${owner}); nothing was touched"
  fi
}

# Made by whoever comes first; others may have to pass through what is above it.
prepare_state() {
  if [[ ! -d ${STORE} ]]; then
    (umask 022 && mkdir --parents "${BACKUP_DIR%/*}/")
    mkdir "${BACKUP_DIR}"
  fi
  if [[ ${STORE} == "${BACKUP_DIR}" ]]; then
    open_store
    own_store
  fi
  if ((EUID == 0)) && [[ ${STORE} == "${BACKUP_DIR}" ]]; then
    die 3 "${BACKUP_DIR} was there, and could not be opened: look who exchanges it; nothing was touched"
  fi
  mkdir --parents "${STORE}/.state"
  chmod 700 "${STORE}" "${STORE}/.state"
}
# d9a6f55cd01d0cf4 backup/sets/store.sh
