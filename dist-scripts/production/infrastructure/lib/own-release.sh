# --- A release of root's own --------------------------------------------------------
#
# Who may exchange a script that root runs is root. So infrastructure/install.sh copies all
# of them to where only root may write, and cron and systemd run that copy.

readonly RELEASES="/usr/local/lib/${APP_NAME}"

# Leaves in the named variable by what somebody else than root can change a path: the
# first such directory above it, or the path itself; nothing, where only root can.
find_way_in() { # <variable> <path>
  local path="$2" owner mode next i anybody
  local -a places=() found=()
  while [[ -n ${path} ]]; do
    places=("${path}" "${places[@]}")
    path="${path%/*}"
  done
  places=(/ "${places[@]}")
  mapfile -t found < <(stat --dereference --format='%u %a' -- "${places[@]}" || :)
  printf -v "$1" '%s' ''
  for i in "${!places[@]}"; do
    read -r owner mode <<<"${found[i]:-}"
    next="${found[i + 1]:-}"
    judge_exchange anybody "${owner}" "${mode}" "${next%% *}"
    if [[ ${anybody} == true ]]; then
      printf -v "$1" '%s' "${places[i]}"
      return 0
    fi
  done
}

# Where the application itself runs as root, it needs no script to become root. A run that
# comes every few minutes leaves it to the others.
tell_whose_script() {
  local way='' cure='use'
  if ((EUID != 0)) || [[ ${APP_USER} == root || ${OFTEN} == true || ${OPTION["if-changed"]:-false} == true ]]; then
    return 0
  fi
  find_way_in way "${SELF}"
  if [[ -z ${way} ]]; then
    way="$(find "${INFRASTRUCTURE}" ! -type l \( ! -uid 0 -o -perm /022 \) -print -quit)"
  fi
  if [[ -z ${way} ]]; then
    return 0
  elif [[ ! -e ${RELEASES}/current ]]; then
    cure='run infrastructure/install.sh once, then'
  fi
  warn "root runs this script, and whoever may change ${way} can exchange it: ${cure} ${RELEASES}/current/infrastructure/backup/${SELF##*/}"
}
# fc6dc765d72198d2 lib/own-release.sh
