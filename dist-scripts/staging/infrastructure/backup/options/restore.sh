# --- What the command line of restore.sh asks for -------------------------------------

ACTION='restore' # or diff, find, undo, forget, window, suspects, show-settings
WANTED=()        # components, in the order in which they are swapped in
declare -A OPTION=(
  [set]=''                  # as given: a set, or latest
  [into]=''                 # build there, touch nothing that runs
  [from]=''                 # the remote that holds the sets
  [yes]=false               # do not ask
  [json]=false              # what changed, or was found, for machines
  ["accept-older"]=false    # a place that was put back, too
  ["accept-unsigned"]=false # a set whose signature is missing or wrong, too
  [collection]=''           # only this one, beside the original
  [replace]=false           # in the place of the original
  [reseed]=false            # one member of a replica set of several
  [since]=0                 # suspects only from this second on
  [ns]=''                   # suspects of this collection only, or this database
  [threshold]=''            # so many documents are told of; 20 if none is given
)

# What these need, an environment may not have.
declare -rA OPTION_NEEDS=(
  ['--from']=remotes ['--window']=mongodb ['--suspects']=mongodb ['--replace']=mongodb ['--reseed']=mongodb
  ['--collection']=mongodb ['--since']=mongodb ['--ns']=mongodb ['--threshold']=mongodb
)

parse_args() {
  local -A chosen=()
  while (($#)); do
    refuse_absent_option "$1"
    case "$1" in
      --all | --mongodb | --redis | --app | --config | --ssl) chosen["${1#--}"]=true ;;
      --undo | --forget | --show-settings | --diff) set_action "${1#--}" ;;
      --path | --find | --into | --sets | --at | --oplog-limit | --collection | --since | --ns | --threshold | --identity | --key-file)
        take_value "$1" "${2:-}"
        shift $(($# > 1))
        ;;
      --from)
        known_remote "${2:-}"
        OPTION[from]="$2"
        shift $(($# > 1))
        ;;
      --window | --suspects) set_action "${1#--}" ;;
      --replace) OPTION[replace]=true ;;
      --reseed) OPTION[reseed]=true ;;
      --json) OPTION[json]=true ;;
      --accept-unsigned) OPTION["accept-unsigned"]=true ;;
      --accept-older) OPTION["accept-older"]=true ;;
      --dry-run) DRY_RUN=true ;;
      --yes) OPTION[yes]=true ;;
      --quiet) QUIET=true ;;
      -h | --help) show_help ;;
      --list) wrong_usage "sets are listed by 'backup.sh --list'; restore.sh takes their names" ;;
      -*) wrong_usage "unknown option '$1'" ;;
      *) set_name "$1" ;;
    esac
    shift
  done
  settle_what "${!chosen[@]}"
}

# What the options mean together.
settle_what() { # <component that is asked for...>
  local -a components=("$@")
  refuse_stray_options "$@"
  if [[ -n ${OPTION[collection]} ]]; then
    components=(mongodb)
  elif [[ ${ACTION} == find && $# == 0 ]]; then
    components=(all)
  fi
  if [[ ${ACTION} == restore || ${ACTION} == diff || ${ACTION} == find ]]; then
    choose_components "${components[@]}"
    narrow_to_files
  elif [[ -n ${OPTION[into]}${LIMIT} || ${#components[@]} -gt 0 || (-n ${OPTION[set]} && (${ACTION} != forget || ${OPTION[set]} == latest)) ]]; then
    wrong_usage "--${ACTION} takes no set, no component, no moment and no --into"
  fi
}

# What belongs to one action only.
refuse_stray_options() { # <component that is asked for...>
  local component
  if [[ ${ACTION} != suspects && (${OPTION[since]} != 0 || -n ${OPTION[ns]}${OPTION[threshold]}) ]]; then
    wrong_usage '--since and --ns belong to --suspects, as does --threshold; a restore takes --at and --collection'
  elif [[ -n ${OPTION[collection]} && -n ${OPTION[into]} ]]; then
    wrong_usage '--collection writes to the server and takes no --into'
  elif [[ ${OPTION[reseed]} == true && (${ACTION} != restore || -n ${OPTION[into]}${OPTION[collection]} || ! " $* " =~ ' '(all|mongodb)' ') ]]; then
    wrong_usage '--reseed belongs to a restore of MongoDB in its place'
  fi
  if [[ ${SETS_DIR} != "${STORE}" && (${ACTION} == undo || ${ACTION} == forget || ${ACTION} == suspects) ]]; then
    wrong_usage "--${ACTION} looks at what is here and takes no --sets"
  fi
  if [[ -n ${OPTION[from]} && (${ACTION} == undo || ${ACTION} == forget || ${ACTION} == suspects) ]]; then
    wrong_usage "--${ACTION} looks at what is here and takes no --from"
  elif [[ -n ${OPTION[from]} && ${SETS_DIR} != "${STORE}" ]]; then
    wrong_usage '--from and --sets contradict each other: give one of them'
  fi
  for component in "$@"; do
    if [[ -n ${OPTION[collection]} && ${component} != mongodb ]]; then
      wrong_usage "--collection is of MongoDB alone: restore --${component} in a run of its own"
    fi
  done
}

take_value() { # <option> <value>
  case "$1" in
    --at | --oplog-limit)
      if [[ -n ${LIMIT} ]]; then
        wrong_usage 'give one moment, by --at TIME or by --oplog-limit SECOND:ORDINAL'
      fi
      take_moment_as "$1" "$2"
      ;;
    --collection) take_collection "$2" ;;
    --since | --ns | --threshold) narrow_suspects "$1" "$2" ;;
    --identity | --key-file) take_key_option "$1" "$2" ;;
    --path | --find) take_pattern "$1" "$2" ;;
    --sets) take_sets_dir "$2" ;;
    --into)
      OPTION[into]="$2"
      if [[ -z ${OPTION[into]} || ${OPTION[into]} == -* ]]; then
        wrong_usage '--into needs a directory'
      fi
      ;;
    *) wrong_usage "unknown option '$1'" ;;
  esac
}

set_action() { # <action>
  if [[ ${ACTION} != restore && ${ACTION} != "$1" ]]; then
    wrong_usage "--${ACTION} and --$1 contradict each other: give one of them"
  fi
  ACTION="$1"
}

set_name() { # <set or latest>
  if [[ -n ${OPTION[set]} ]]; then
    wrong_usage "two sets are given, '${OPTION[set]}' and '$1': give one"
  fi
  if [[ $1 != latest && ! $1 =~ ^[0-9]{8}_[0-9]{6}(\.partial)?$ ]]; then
    wrong_usage "'$1' is no name of a set: give YYYYMMDD_HHMMSS as 'backup.sh --list' shows it, or latest"
  fi
  OPTION[set]="${1%.partial}"
}

# In the order in which they are swapped in.
choose_components() { # <asked component...>
  local component asked=" $* "
  for component in config ssl app redis mongodb; do
    if [[ -v HAS[${component}] && (${asked} == *" ${component} "* || ${asked} == *' all '*) ]]; then
      WANTED+=("${component}")
    fi
  done
  for component in "$@"; do
    if [[ ${component} == all && $# -gt 1 ]]; then
      wrong_usage '--all already means every component: give --all, or the components'
    elif [[ ${component} != all && ! -v HAS[${component}] ]]; then
      wrong_usage "--${component}: the profile of this environment has no such component"
    fi
  done
  if [[ -z ${OPTION[set]} && ${ACTION} != find ]]; then
    wrong_usage "which set? give YYYYMMDD_HHMMSS as 'backup.sh --list' shows it, or latest"
  elif ((${#WANTED[@]} == 0)); then
    wrong_usage 'what is to be restored? give --all, or one or more components'
  fi
}
# 98d3c8bd9ed69b7f backup/options/restore.sh
