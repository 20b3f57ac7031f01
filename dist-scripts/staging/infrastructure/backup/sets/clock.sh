# --- A clock that is or was ahead: looked at before, and remembered -----------------

# A clock that jumped back would give a new set the name of an old one, and a
# new set would sort as if it were old.
preflight_clock() {
  local id newest='' now
  printf -v now '%(%Y%m%d_%H%M%S)T' -1
  for id in "${STORE}"/[0-9]*_[0-9]*; do
    id="${id##*/}"
    if [[ ${id} =~ ^[0-9]{8}_[0-9]{6}$ && ${id} > ${newest} ]]; then
      newest="${id}"
    fi
  done
  if [[ ${newest} > ${now} ]]; then
    problem "the clock says ${now}, but the newest set is ${newest}: correct the clock (timedatectl), or move that set away"
  fi
}

# A clock that was ahead has left times of the future. The set that was made by it may be
# gone; the listings that are kept of it, until the end of this run, still tell.
remember_clock() {
  local listing set now ahead=''
  printf -v now '%(%Y%m%d_%H%M%S)T' -1
  for listing in "${STORE}"/.state/listings/[0-9]*_[0-9]*; do
    set="${listing##*/}"
    set="${set%%.*}"
    if [[ ${set} =~ ^[0-9]{8}_[0-9]{6}$ && ${set} > ${now} && ${set} > ${ahead} ]]; then
      ahead="${set}"
    fi
  done
  if [[ -n ${ahead} ]]; then
    keep_note clock-ahead "${ahead}"
  fi
}
# 634b3cf61ed99723 backup/sets/clock.sh
