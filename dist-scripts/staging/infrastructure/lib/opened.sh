# --- Directories, opened -----------------------------------------------------------
#
# Who owns a directory may put another one, or a link, in the place of what lies in it, at
# any moment. So where root works below a directory of somebody else, it is opened once,
# and reached as what it is, wherever its name leads by then.

OPENED=''    # such a directory; each program that is started has it open, too
OPENED_FD='' # its descriptor, for who opens many

open_directory() { # <path>
  local led_to
  exec {OPENED_FD}<"$1"
  OPENED="/proc/self/fd/${OPENED_FD}/."
  SAID_AS["${OPENED}"]="$1"
  if ((EUID == 0)); then
    led_to="$(readlink -- "/proc/self/fd/${OPENED_FD}")"
    if [[ ${led_to} != "$1" ]]; then
      refuse_detour "$1" "${led_to}"
    fi
  fi
}

close_directory() {
  exec {OPENED_FD}<&-
}

# A path may lead through links that only root can have put there.
refuse_detour() { # <path> <where it led to>
  local base='' rest="$1" name
  while [[ -n ${rest} ]]; do
    [[ ${rest} =~ ^([^/]*)/*(.*)$ ]]
    name="${BASH_REMATCH[1]}" rest="${BASH_REMATCH[2]}"
    case "${name}" in
      '' | .) continue ;;
      ..) base="${base%/*}" && continue ;;
      *) look_who_may_exchange "${base:-/}" "${name}" ;;
    esac
    if [[ ${ANYBODY} == true ]]; then
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
    die 3 "$1 leads to $2, by a link that is not root's or was put there meanwhile: look who did that; root goes no further"
  fi
}

ANYBODY=false

look_who_may_exchange() { # <directory> <what lies in it>
  local owner mode owner_within
  read -r owner mode <<<"$(stat --format='%u %a' -- "$1" || :)"
  owner_within="$(stat --format='%u' -- "${1%/}/$2" 2>/dev/null || :)"
  judge_exchange "${owner}" "${mode}" "${owner_within}"
}

# In a directory of root's alone nobody else can exchange anything; in one that all may
# write to, such as /tmp, nothing that is root's.
judge_exchange() { # <owner of the directory> <its mode> <owner of what lies in it>
  ANYBODY=true
  if [[ $1 == 0 ]] && (((8#$2 & 8#022) == 0 || ((8#$2 & 8#1000) != 0 && ${3:-1} == 0))); then
    ANYBODY=false
  fi
}
# b9a6c52259753022 lib/opened.sh
