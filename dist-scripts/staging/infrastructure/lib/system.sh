# --- Which system this is -----------------------------------------------------------------

readonly SYSTEMD=/run/systemd/system # there, where systemd is what the host was booted with

readonly -a KNOWN_SYSTEMS=('debian 12' 'debian 13' 'ubuntu 22.04' 'ubuntu 24.04' 'ubuntu 26.04')

# Prints its name and version, as /etc/os-release has them: 'debian 12'.
system_name() {
  local line id='' version=''
  while IFS= read -r line; do
    line="${line//[\"\']/}"
    case "${line}" in
      ID=*) id="${line#*=}" ;;
      VERSION_ID=*) version="${line#*=}" ;;
      *) ;;
    esac
  done </etc/os-release
  printf '%s %s\n' "${id}" "${version}"
}

# On others nothing was tried, so somebody has to say that it is meant.
refuse_other_systems() { # <whether others are accepted: true or false>
  local name='' known words
  if [[ -r /etc/os-release ]]; then
    name="$(system_name)"
  fi
  for known in "${KNOWN_SYSTEMS[@]}"; do
    if [[ ${name} == "${known}" ]]; then
      return 0
    fi
  done
  printf -v words '%s, ' "${KNOWN_SYSTEMS[@]}"
  if [[ $1 == false ]]; then
    problem "this system is '${name:-unknown}', and was tried on none but ${words%, }: add --any-system to go on all the same"
  fi
}
# d4b2c46e22c72bdf lib/system.sh
