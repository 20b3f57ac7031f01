# --- MongoDB: what depends on its version ------------------------------------------
#
# Tested with MongoDB 6.0 and Database Tools 100.13. What is known of others, from
# their sources and public issues, stands here and nowhere else.

# Below 100.12.2 the tools lose namespaces; 100.15.0 and 100.16.0 write batches that
# are too long; servers from 8.3 on need 100.18.0 (TOOLS-4145, TOOLS-4142, TOOLS-4310).
check_database_tools() { # <variable for their version> <the program of theirs that is needed>
  local program="$2" output version number
  printf -v "$1" '%s' ''
  if ! command -v "${program}" >/dev/null; then
    return 0 # need_tools has told
  fi
  output="$("${QUICK[@]}" "${program}" --version 2>&1 || :)"
  if [[ ! ${output} =~ version:\ r?([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then
    problem "cannot read the version of ${program} from '${output%%$'\n'*}': install MongoDB Database Tools 100.16.1 or newer"
    return 0
  fi
  version="${BASH_REMATCH[1]}.${BASH_REMATCH[2]}.${BASH_REMATCH[3]}"
  printf -v "$1" '%s' "${version}"
  number=$((BASH_REMATCH[1] * 1000000 + BASH_REMATCH[2] * 1000 + BASH_REMATCH[3]))
  case "${version}" in
    100.15.0 | 100.16.0) problem "MongoDB Database Tools ${version} write batches that are too long and lose data: install 100.16.1 or newer" ;;
    *)
      if ((number < 100012002)); then
        problem "MongoDB Database Tools ${version} lose data on restore: install 100.16.1 or newer"
      fi
      ;;
  esac
}

# What a server needs of the tools beyond that.
check_tools_for_server() { # <version of the tools> <version of the server>
  local -a tools=() server=()
  IFS=. read -r -a tools <<<"$1"
  IFS=. read -r -a server <<<"$2"
  if [[ ! $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+$ || ! $2 =~ ^[0-9]+\.[0-9]+ ]]; then
    return 0 # told where they are missing
  fi
  if ((server[0] * 100 + server[1] >= 803 && tools[0] * 1000 + tools[1] < 100018)); then
    problem "MongoDB $2 needs MongoDB Database Tools 100.18.0 or newer, these are $1"
  fi
}
# e4601951790e8476 backup/components/mongodb/versions.sh
