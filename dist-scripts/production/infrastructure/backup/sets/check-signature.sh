# --- Signature: who made a set -----------------------------------------------------------

# Where the profile names keys, a manifest counts only when one of them signed it.
check_signature() { # <set>
  local forged
  if ((${#SIGNERS[@]} > 0)); then
    verify_signature forged "${SETS_DIR}/$1/manifest.json" "${SETS_DIR}/$1/manifest.json.sig" lifeboat
    if [[ -n ${forged} ]]; then
      distrust_set "$1" "${forged}"
    fi
  fi
}

distrust_set() { # <set> <what is wrong>
  if [[ ${OPTION["accept-unsigned"]} == true ]]; then
    warn "the manifest of $1 $2: it may be altered, and is used because of --accept-unsigned"
  else
    refuse_set "the manifest of $1 $2: somebody may have altered it; choose another set, fetch it again from another location, or, if you know why, add --accept-unsigned"
  fi
}
# 4bfb428d44e06ba2 backup/sets/check-signature.sh
