checksum_of() { # <variable> <file>
  local said
  said="$("${QUICK[@]}" sha256sum <"$2")"
  if [[ ! ${said} =~ ^[0-9a-f]{64}\  ]]; then
    die 1 "sha256sum does not say what the checksum of ${2##*/} is (it said '${said::70}'): try 'sha256sum --version', or install coreutils again"
  fi
  printf -v "$1" '%s' "${said%% *}"
}
# 10212ba533b7debb lib/checksum.sh
