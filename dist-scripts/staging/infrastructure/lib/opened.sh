# --- Directories, opened -----------------------------------------------------------
#
# Who owns a directory may put another one, or a link, in the place of what lies in it, at
# any moment. So where root works below a directory of somebody else, it is opened once,
# and reached as what it is, wherever its name leads by then.

# Each program that is started has it open, too.
open_directory() { # <variable> <path> [exit status where root refuses it]
  local descriptor led_to
  exec {descriptor}<"$2"
  printf -v "$1" '%s' "/proc/self/fd/${descriptor}/."
  SAID_AS["${!1}"]="$2"
  if ((EUID == 0)); then
    led_to="$(readlink -- "/proc/self/fd/${descriptor}")"
    if [[ ${led_to} != "$2" ]]; then
      refuse_detour "$2" "${led_to}" "${3:-3}"
    fi
  fi
}

close_directory() { # <as it was opened>
  local descriptor="${1#/proc/self/fd/}"
  descriptor="${descriptor%/.}"
  exec {descriptor}<&-
}

# A path may lead through links that only root can have put there.
refuse_detour() { # <path> <where it led to> <exit status>
  local base='' rest="$1" name anybody=false
  while [[ -n ${rest} ]]; do
    [[ ${rest} =~ ^([^/]*)/*(.*)$ ]]
    name="${BASH_REMATCH[1]}" rest="${BASH_REMATCH[2]}"
    case "${name}" in
      '' | .) continue ;;
      ..) base="${base%/*}" && continue ;;
      *) look_who_may_exchange anybody "${base:-/}" "${name}" ;;
    esac
    if [[ ${anybody} == true ]]; then
      rest="${name}${rest:+/${rest}}"
      break # from here on a path must be what it says, word by word
    elif [[ -L ${base}/${name} ]]; then
      rest="$(readlink -- "${base}/${name}")${rest:+/${rest}}"
      if [[ ${rest} == /* ]]; then
        base=''
      fi
    else
      base="${base}/${name}"
    fi
  done
  if [[ $2 != "${base}${rest:+/${rest}}" ]]; then
    die "$3" "$1 leads to $2, by a link that is not root's or was put there meanwhile: look who did that; root goes no further"
  fi
}

look_who_may_exchange() { # <variable> <directory> <what lies in it>
  local owner mode owner_within
  read -r owner mode <<<"$(stat --format='%u %a' -- "$2" || :)"
  owner_within="$(stat --format='%u' -- "${2%/}/$3" 2>/dev/null || :)"
  judge_exchange "$1" "${owner}" "${mode}" "${owner_within}"
}

# In a directory of root's alone nobody else can exchange anything; in one that all may
# write to, such as /tmp, nothing that is root's.
judge_exchange() { # <variable> <owner of the directory> <its mode> <owner of what lies in it>
  printf -v "$1" '%s' true
  if [[ $2 == 0 ]] && (((8#$3 & 8#022) == 0 || ((8#$3 & 8#1000) != 0 && ${4:-1} == 0))); then
    printf -v "$1" '%s' false
  fi
}
# b73bcaa8d3cba0f3 lib/opened.sh
