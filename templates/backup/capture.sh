# needs: lib/guards backup/pack
# --- Capture: one component at a time, into the partial set --------------------

# A component is a producer, what packs it, and a file. What it has to tell goes to
# component.<name>.json in the work directory, for the manifest.

# Reads back what was written, before the set may be called one: it is opened to its
# end, what can judge it reads it, and the checksum of the file is taken.
read_back() { # <file name without its endings> <raw bytes> [command that reads what it holds]
  local name="$1.${PACKED_AS}" raw_bytes="$2" archive="$1" stored sha256
  shift 2
  # The disk is busy while this reads from the cache; nobody else waits for it.
  "${BOUNDED[@]}" sync -- "${PARTIAL}/${name}" 8>&- 9>&- &
  if (($# == 0)); then
    set -- read_to_the_end "${name}" "${raw_bytes}"
  fi
  unpack "${archive}" | "$@"
  wait "$!" || die 1 "${name} could not be written to the disk (sync): look at the disk with 'dmesg'"
  stored="$(stat --format='%s' "${PARTIAL}/${name}")"
  sha256="$("${BOUNDED[@]}" openssl dgst -sha256 -r "${PARTIAL}/${name}")"
  if [[ ! "${sha256} ${stored} ${raw_bytes}" =~ ^[0-9a-f]{64}[[:space:]].*\ [1-9][0-9]*\ [0-9]+$ ]]; then
    die 1 "openssl and stat gave no checksum and no size of ${name} but '${sha256}', '${stored}' and '${raw_bytes}'"
  fi
  printf -v STORED '{"file": "%s", "bytes": %d, "rawBytes": %d, "sha256": "%s", "compression": "zstd", "encryption": %s}' \
    "${name}" "${stored}" "${raw_bytes}" "${sha256%% *}" "${ENCRYPTION}"
}

read_to_the_end() { # <file name> <bytes that it must hold>
  local found
  found="$(wc --bytes)"
  if [[ -z ${found} || ${found} != "$2" ]]; then
    die 1 "$1, read back, holds ${found:-an unknown number of} bytes, and not $2"
  fi
}

STORED='' # what the read-back found, as JSON

note_warning() { # <text>
  warn "$1"
  jq --null-input --compact-output --arg text "$1" '$text' >>"${WORK_DIR}/warnings.json"
}

# tar --totals says how long the stream was.
archive_bytes() { # <file with tar's messages>
  local line
  line="$(grep '^Total bytes written: ' "$1")"
  line="${line#Total bytes written: }"
  printf '%s' "${line%% *}"
}
