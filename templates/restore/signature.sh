# needs: lib/guards lib/bounded
# --- Signature: who made a set -----------------------------------------------------------

ACCEPT_UNSIGNED=false # --accept-unsigned

# Where the profile names keys, a manifest counts only when one of them signed it.
check_signature() { # <set>
  local set="$1" status=0
  if ((${#SIGNERS[@]} == 0)); then
    return 0
  fi
  printf 'lifeboat %s\n' "${SIGNERS[@]}" >"${WORK_DIR}/signers"
  if [[ ! -f ${SETS_DIR}/${set}/manifest.json.sig ]]; then
    distrust_set "${set}" 'is not signed'
    return 0
  fi
  "${QUICK[@]}" ssh-keygen -Y verify -f "${WORK_DIR}/signers" -I lifeboat -n lifeboat -s "${SETS_DIR}/${set}/manifest.json.sig" \
    <"${SETS_DIR}/${set}/manifest.json" >"${WORK_DIR}/signature.log" 2>&1 || status=$?
  # A tool that says nothing has verified nothing.
  if ((status != 0)) || ! grep --quiet '^Good "lifeboat" signature for lifeboat ' "${WORK_DIR}/signature.log"; then
    distrust_set "${set}" 'does not bear the signature of a key that the profile names'
  fi
}

distrust_set() { # <set> <what is wrong>
  if [[ ${ACCEPT_UNSIGNED} == true ]]; then
    warn "the manifest of $1 $2: it may be altered, and is used because of --accept-unsigned"
  else
    refuse_set "the manifest of $1 $2: somebody may have altered it; choose another set, fetch it again from another location, or, if you know why, add --accept-unsigned"
  fi
}
