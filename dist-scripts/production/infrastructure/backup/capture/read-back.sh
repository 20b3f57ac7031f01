# --- Read back: what was written is what was to be stored -------------------------------

# A component is a producer, what packs it, and a file. What it has to tell goes to
# component.<name>.json in the work directory, for the manifest.

# Reads back what was written, before the set may be called one: it is opened to its
# end, what can judge it reads it, and the checksum of the file is taken. What was found
# comes as JSON, for the manifest.
read_back() { # <variable> <file name without its endings> <raw bytes> [command that reads what it holds]
  local into="$1" base="$2" name="$2.${PACKED_AS}" raw_bytes="$3" size sha256 writing='' summing
  shift 3
  # The disk is busy while these read from the cache; nobody else waits for it. (A
  # listing is small, and is written with all the others before the set has its name.)
  if [[ ${base} != *.files ]]; then
    "${BOUNDED[@]}" sync -- "${PARTIAL}/${name}" 8>&- 9>&- &
    writing=$!
  fi
  "${BOUNDED[@]}" openssl dgst -sha256 -r "${PARTIAL}/${name}" >"${WORK_DIR}/sum" 8>&- 9>&- &
  summing=$!
  if (($# == 0)); then
    set -- read_to_the_end "${name}" "${raw_bytes}"
  fi
  unpack "${base}" | "$@"
  if [[ -n ${writing} ]]; then
    wait "${writing}" || die 1 "${name} could not be written to the disk (sync): look at the disk with 'dmesg'"
  fi
  wait "${summing}" || die 1 "openssl could not take the checksum of ${name} (status $?): look at the disk with 'dmesg'"
  size="$(stat --format='%s' "${PARTIAL}/${name}")"
  sha256="$(<"${WORK_DIR}/sum")"
  if [[ ! "${sha256} ${size} ${raw_bytes}" =~ ^[0-9a-f]{64}[[:space:]].*\ [1-9][0-9]*\ [0-9]+$ ]]; then
    die 1 "openssl and stat gave no checksum and no size of ${name} but '${sha256}', '${size}' and '${raw_bytes}'"
  fi
  printf -v "${into}" '{"file": "%s", "bytes": %d, "rawBytes": %d, "sha256": "%s", "compression": "zstd", "encryption": %s}' \
    "${name}" "${size}" "${raw_bytes}" "${sha256%% *}" "${ENCRYPTION}"
}

read_to_the_end() { # <file name> <bytes that it must hold>
  local found
  found="$(wc --bytes)"
  if [[ -z ${found} || ${found} != "$2" ]]; then
    die 1 "$1, read back, holds ${found:-an unknown number of} bytes, and not $2"
  fi
}

note_warning() { # <text>
  warn "$1"
  jq --null-input --compact-output --arg text "$1" '$text' >>"${WORK_DIR}/warnings.json"
}

# tar --totals says how long the stream was.
archive_bytes() { # <variable> <file with tar's messages>
  local line bytes=''
  while IFS= read -r line; do
    if [[ ${line} =~ ^'Total bytes written: '([0-9]+)' ' ]]; then
      bytes="${BASH_REMATCH[1]}"
    fi
  done <"$2"
  if [[ -z ${bytes} ]]; then
    die 1 'tar did not say how many bytes it wrote: look at its version with "tar --version"'
  fi
  printf -v "$1" '%s' "${bytes}"
}
# 9b224b44e156bb4b backup/capture/read-back.sh
