# --- What the command line of backup.sh asks for --------------------------------------

ACTION='backup'    # or prune, list, diff, show-sizes, sync-remotes, show-settings
TYPE='incremental' # or full, database, config
COMPARED_SETS=()   # --diff: the sets that are named
declare -A OPTION=(
  [type]=''              # what TYPE was, before a chain that is closed made it full
  ["if-changed"]=false   # only where the configuration differs
  [json]=false           # the list, or the differences, for machines
  [upload]=true          # --no-remote: leave the new set here
  [remote]=''            # list or prune there
  [compare]=false        # list which set is where
  ["accept-older"]=false # a place that was put back, too
)

# What these need, an environment may not have.
declare -rA OPTION_NEEDS=(
  ['--no-remote']=remotes ['--sync-remotes']=remotes ['--compare']=remotes ['--accept-older']=remotes ['--remote']=remotes
)

parse_args() {
  local given=''
  while (($#)); do
    refuse_absent_option "$1"
    case "$1" in
      --full | --incremental | --database | --config)
        if [[ -n ${given} && ${given} != "$1" ]]; then
          wrong_usage "${given} and $1 contradict each other: give one of them"
        fi
        given="$1"
        TYPE="${1#--}"
        ;;
      --prune | --list | --diff | --show-sizes | --show-settings | --sync-remotes) set_action "${1#--}" ;;
      --no-remote) OPTION[upload]=false ;;
      --compare) OPTION[compare]=true ;;
      --accept-older) OPTION["accept-older"]=true ;;
      --remote)
        known_remote "${2:-}"
        OPTION[remote]="$2"
        shift $(($# > 1))
        ;;
      --json) OPTION[json]=true ;;
      --if-changed) OPTION["if-changed"]=true ;;
      --dry-run) DRY_RUN=true ;;
      --quiet) QUIET=true ;;
      --often) OFTEN=true ;;
      -h | --help) show_help ;;
      [0-9]*_[0-9]*) COMPARED_SETS+=("$1") ;;
      *) wrong_usage "unknown argument '$1'" ;;
    esac
    shift
  done
  refuse_contradictions "${given}"
  refuse_idle_remote "${given}"
}

refuse_contradictions() { # <type as given>
  if [[ ${ACTION} == prune && -n $1 ]]; then
    wrong_usage '--prune takes no type'
  fi
  if [[ ${ACTION} != backup && ${ACTION} != prune && ${ACTION} != sync-remotes ]] && [[ -n $1 || ${DRY_RUN} == true ]]; then
    wrong_usage "--${ACTION} changes nothing and takes no type and no --dry-run"
  fi
  if [[ ${OPTION["if-changed"]} == true && ${TYPE} != config ]]; then
    wrong_usage '--if-changed belongs to --config'
  fi
  if [[ ${OPTION[json]} == true && ${ACTION} != list && ${ACTION} != diff ]]; then
    wrong_usage '--json belongs to --list and --diff'
  fi
  if ((${#COMPARED_SETS[@]} > 0)) && [[ ${ACTION} != diff || ${#COMPARED_SETS[@]} != 2 ]]; then
    wrong_usage "--diff takes two sets, and nothing else takes any: ${COMPARED_SETS[*]}"
  fi
}

refuse_idle_remote() { # <type as given>
  if [[ ${ACTION} == sync-remotes && -n $1 ]]; then
    wrong_usage '--sync-remotes takes no type'
  elif [[ -n ${OPTION[remote]} && ${ACTION} != list && ${ACTION} != prune ]]; then
    wrong_usage '--remote belongs to --list and --prune; what is uploaded where stands in the profile'
  elif [[ ${OPTION[compare]} == true && ${ACTION} != list ]]; then
    wrong_usage '--compare belongs to --list'
  elif [[ ${OPTION["accept-older"]} == true && ${OPTION[compare]} == false ]]; then
    wrong_usage '--accept-older belongs to --list --compare'
  elif [[ ${OPTION[upload]} == false && ${ACTION} != backup ]]; then
    wrong_usage '--no-remote belongs to a backup'
  fi
}

set_action() { # <action>
  if [[ ${ACTION} != backup && ${ACTION} != "$1" ]]; then
    wrong_usage "--${ACTION} and --$1 contradict each other: give one of them"
  fi
  ACTION="$1"
}
# c872b8b6f90f40e8 backup/options/backup.sh
