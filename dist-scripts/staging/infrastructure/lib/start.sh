if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  printf 'bash 4.4 or newer is needed, this is %s\n' "${BASH_VERSION}" >&2
  exit 3
fi

# What the caller's environment would make of the programs below, or of this script.
while read -r _ _ REPLY; do unset -f "${REPLY}"; done < <(declare -Fx || :)
unset TAR_OPTIONS TAPE POSIXLY_CORRECT GREP_OPTIONS GREP_COLORS GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS \
  BLOCKSIZE BLOCK_SIZE DF_BLOCK_SIZE DU_BLOCK_SIZE LS_BLOCK_SIZE TIME_STYLE QUOTING_STYLE TABSIZE _POSIX2_VERSION \
  AWKPATH AWKLIBPATH POSIX_AWK MAWKBINMODE WHINY_USERS JQ_COLORS OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES CURL_HOME \
  CDPATH GLOBIGNORE EXECIGNORE TIMEFORMAT BASH_ENV ENV FUNCNEST TMOUT BASH_COMPAT FIGNORE
set +afku +o noclobber +o posix +o physical -o braceexpand
shopt -u nullglob failglob nocaseglob nocasematch dotglob extglob lastpipe xpg_echo

set -Eeuo pipefail
shopt -s inherit_errexit # a failing $(...) must stop the script too
umask 077                # backups hold customer data
export LC_ALL=C TZ=UTC0  # the same names, numbers and times on every host
export PATH="${PATH%:.}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# MongoDB's tools and servers hold a file for each collection and index.
ulimit -S -n "$(ulimit -H -n)" 2>/dev/null || :

# A closed stream would give its number to the next file that is opened.
[[ -e /proc/self/fd/0 ]] || exec </dev/null
[[ -e /proc/self/fd/1 ]] || exec >/dev/null
[[ -e /proc/self/fd/2 ]] || exec 2>/dev/null

# --- The parts belong together ----------------------------------------------------------
#
# parts.sha256 lists the checksum of every part and, as a comment, its last line. A part that
# ends as listed and has another checksum was edited here, by hand: that is told, and runs.
# Any other one is of another version, or its copy was cut off.

PARTS=''        # the list, as it was read
EDITED_PARTS=() # told once there is a log

compare_parts() { # <array for those that may not run with the others>
  local -n strange="$1"
  local line same=0 listed=0
  EDITED_PARTS=() PARTS=''
  strange=()
  if [[ -r ${INFRASTRUCTURE}/parts.sha256 ]]; then
    PARTS="$(<"${INFRASTRUCTURE}/parts.sha256")"
  fi
  while IFS= read -r line; do
    case "${line}" in
      *': OK') same=$((same + 1)) ;;
      *': FAILED'*) judge_part "$1" "${line%: FAILED*}" ;;
      *) ;;
    esac
  done < <(cd -- "${INFRASTRUCTURE}" && sha256sum --check 2>/dev/null <<<"${PARTS}" || :)
  while IFS= read -r line; do
    if [[ ${line} != '#'* ]]; then
      listed=$((listed + 1))
    fi
  done <<<"${PARTS}"
  if ((same == 0 || same + ${#EDITED_PARTS[@]} + ${#strange[@]} != listed)); then
    strange+=(parts.sha256)
  fi
  if [[ ${SELF} != "${INFRASTRUCTURE}"/* ]]; then
    judge_script "$1" "../${SELF#"${INFRASTRUCTURE%/*}"/}"
  fi
}

# One beside the folder is listed by its last line alone: the checksum of what stands above.
judge_script() { # <array> <script>
  local sum
  sum="$(head --lines=-1 -- "${SELF}" | sha256sum)"
  if [[ ${PARTS} != *"# ${sum::16} $2"* ]]; then
    judge_part "$1" "$2"
  fi
}

judge_part() { # <array> <part that is not as listed>
  local -n unfit="$1"
  local text=''
  if [[ -r ${INFRASTRUCTURE}/$2 ]]; then
    text="$(<"${INFRASTRUCTURE}/$2")"
  fi
  if [[ ${PARTS} =~ '# '([0-9a-f]{16})" $2"($'\n'|$) && ${text} == *" ${BASH_REMATCH[1]} $2"* ]]; then
    EDITED_PARTS+=("$2")
  else
    unfit+=("$2")
  fi
}

# A copy of another version may be under way: it is waited for, ten seconds at most.
check_parts() {
  local tries
  local -a foreign=()
  for ((tries = 0; tries < 20; tries++)); do
    compare_parts foreign
    if ((${#foreign[@]} == 0)); then
      return 0
    fi
    sleep 0.5
  done
  refuse_parts "${foreign[@]}"
}

# They may have been exchanged while they were read.
confirm_parts() {
  local read_by="${PARTS}"
  local -a foreign=()
  compare_parts foreign
  if ((${#foreign[@]} > 0)) || [[ ${PARTS} != "${read_by}" ]]; then
    refuse_parts "${foreign[@]}"
  fi
}

refuse_parts() { # [part...]
  local others=''
  if (($# > 1)); then
    others=" and $(($# - 1)) more"
  fi
  printf '%(%Y-%m-%dT%H:%M:%SZ)T ERROR the parts of this script are of different versions, or a copy was cut off (%s%s in %s): copy the whole folder anew; nothing was touched\n' \
    -1 "${1:-parts.sha256}" "${others}" "${INFRASTRUCTURE}" >&2
  exit 3
}
# 07c2f72df5329512 lib/start.sh
