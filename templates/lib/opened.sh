# needs: lib/messages
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
  if ((EUID == 0)); then
    led_to="$(readlink -- "/proc/self/fd/${OPENED_FD}")"
    if [[ ${led_to} != "$1" ]]; then
      refuse_planted_links "$1" "${led_to}"
    fi
  fi
}

close_directory() {
  exec {OPENED_FD}<&-
}

# Root's own links may stand in a path; those of others lead wherever they like.
refuse_planted_links() { # <path> <where it led to>
  local path="$1" real owner type
  local -a above=()
  while [[ -n ${path} ]]; do
    above+=("${path}")
    path="${path%/*}"
  done
  real="$(realpath --canonicalize-missing -- "$1")"
  while read -r owner type; do
    if [[ ${type} == 'symbolic link' && ${owner} != 0 ]]; then
      real=''
    fi
  done < <(stat --format='%u %F' -- "${above[@]}" || :)
  if [[ ${real:-/} != "$2" ]]; then
    die 3 "$1 leads to $2, by a link that is not root's or was put there meanwhile: look who did that; root goes no further"
  fi
}
