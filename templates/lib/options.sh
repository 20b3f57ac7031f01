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
