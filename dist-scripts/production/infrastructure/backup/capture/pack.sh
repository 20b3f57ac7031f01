# --- Packing: producer | zstd | encrypt | file ------------------------------------------

# State of the run: preflight_encryption sets it, once; what is stored and read back, the
# manifest and the choice of a parent go by it.
ENCRYPT=(cat)                   # what encrypts, from its input to its output
DECRYPT=(cat)                   # what opens it again, to read back what was stored
PACKED_AS=zst                   # what the names of stored files end in
ENCRYPTION='{"method": "none"}' # how they are encrypted, for the manifest

# How they are encrypted, where it is to recipients.
encrypted_to() { # <method> <recipient...>
  local recipients
  json_list recipients "${@:2}"
  printf -v ENCRYPTION '{"method": "%s", "recipients": %s}' "$1" "${recipients}"
}

# Texts without control characters, as JSON.
json_list() { # <variable> <text...>
  local text list=''
  for text in "${@:2}"; do
    text="${text//\\/\\\\}"
    list+="${list:+, }\"${text//\"/\\\"}\""
  done
  printf -v "$1" '[%s]' "${list}"
}

# Every command must have ended well: what a producer left off would make a file that
# is sound and too short. tar ends with 1 when a file changed while it was read.
judge_pipeline() { # <what was done> <status of tar> <of zstd> <of encrypting>
  local overtime
  if (($2 > 1 || $3 != 0 || $4 != 0)); then
    quote_tool "${WORK_DIR}/tar.log"
    quote_tool "${WORK_DIR}/encrypt.log"
    look_at_time overtime "$2" "$3" "$4"
    die 1 "$1 failed (tar $2, zstd $3, ${ENCRYPT[0]} $4); see above${overtime}"
  fi
}

# Packs a file that is whole.
pack_file() { # <file> <name without its endings>
  local overtime
  local -a statuses=(0 0)
  "${BOUNDED[@]}" zstd -q "-${ZSTD_LEVEL}" --threads=0 --stdout "$1" \
    | "${BOUNDED_NEXT[@]}" "${ENCRYPT[@]}" 2>"${WORK_DIR}/encrypt.log" >"${PARTIAL}/$2.${PACKED_AS}" || statuses=("${PIPESTATUS[@]}")
  if ((statuses[0] != 0 || statuses[1] != 0)); then
    quote_tool "${WORK_DIR}/encrypt.log"
    look_at_time overtime "${statuses[@]}"
    die 1 "packing $2 failed (zstd ${statuses[0]}, ${ENCRYPT[0]} ${statuses[1]})${overtime}"
  fi
}

# Encrypts a file that is packed.
encrypt_file() { # <file> <name without its endings>
  local status=0 overtime
  "${BOUNDED[@]}" "${ENCRYPT[@]}" <"$1" 2>"${WORK_DIR}/encrypt.log" >"${PARTIAL}/$2.${PACKED_AS}" || status=$?
  if ((status != 0)); then
    quote_tool "${WORK_DIR}/encrypt.log"
    look_at_time overtime "${status}"
    die 1 "encrypting $2 failed (${ENCRYPT[0]} ${status})${overtime}"
  fi
}

# Prints what was stored, opened as a restore will open it.
unpack() { # <name without its endings>
  "${BOUNDED[@]}" "${DECRYPT[@]}" <"${PARTIAL}/$1.${PACKED_AS}" | "${BOUNDED_NEXT[@]}" zstd -q --decompress --stdout
}
# fcbcf3ef5e440d3e backup/capture/pack.sh
