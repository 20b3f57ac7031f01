# --- The chain: a dump, and the slices that lead to the moment --------------------

SLICES=() # as set/component, in order

# What can be reached from which dump, for jq. A slice joins on where its first
# stamp is the last one so far; of several, the one that reaches farthest is taken.
chain_functions() {
  cat <<'EOF'
def stamp: [.t, .i];
def key: "\(.t):\(.i)";
def links:
  [.[] | {id, replicaSetId} as $set
    | (.slice | select(.) | $set + {component: "oplog", first, last}),
      (.bridge | select(.) | $set + {component: "bridge", first, last})]
  | reduce .[] as $link ({}; .[$link.first | key] += [$link]);
def covers($goal): $goal != null and $goal <= [.reached.t, .reached.i + 1];
def walk($links; $goal):
  .replicaSetId as $replicaSet
  | {base: .id, from: .base.last, reached: .base.last, path: [], ended: false}
  | until(.ended or covers($goal);
      .reached as $at
      | ([$links[$at | key] // [] | .[] | select(.replicaSetId == $replicaSet and (.last | stamp) > ($at | stamp))]
          | max_by(.last | stamp)) as $next
      | if $next then .reached = $next.last | .path += ["\($next.id)/\($next.component)"] else .ended = true end);
# The newest dump that lies before the goal and whose slices lead up to it.
def plan($goal; $replicaSet):
  links as $links
  | first([.[] | select(.base and (.base.last | stamp) < $goal and ($replicaSet == "" or .replicaSetId == $replicaSet))] | reverse | .[]
      | walk($links; $goal) | select(covers($goal))) // {};
def the_plan: plan($ARGS.named.goal; $ARGS.named.replicaSet) | .base // empty, .path[]?;
# Every slice on the way from the oldest dump on, each moment once.
def timeline:
  links as $links | INDEX(.id) as $sets
  | [.[] | select(.base)]
  | reduce .[] as $base ({reached: null, path: []};
      if .reached != null and ($base.base.last | stamp) <= (.reached | stamp) then .
      else ($base | walk($links; null)) as $way | .reached = $way.reached | .path += $way.path end)
  | .path[] | split("/") as [$id, $component]
  | "\(.) \($sets[$id] | if $component == "bridge" then .bridge else .slice end | .last.t)";
def windows:
  links as $links
  | [.[] | select(.base) | walk($links; null) | {from: .from, to: .reached}]
  | reduce .[] as $next ([]; if length > 0 and ($next.from | stamp) <= (last.to | stamp)
      then last.to = ([last.to, $next.to] | max_by(stamp)) else . + [$next] end);
EOF
}

ask_chains() { # <jq expression> [jq argument...]
  local expression="$1" functions
  shift
  functions="$(chain_functions)"
  jq --slurp --raw-output "$@" "${functions} ${expression}" <<<"${SETS}"
}

# Finds the dump and the slices that lead to the limit, or to the end of the set
# that was asked for.
choose_chain() {
  local goal replica_set='' plan source
  if [[ -n ${LIMIT} ]]; then
    goal="[${LIMIT/:/,}]"
  else
    goal="$(jq --compact-output '(.components.oplog.details // .components.mongodb.details.oplog).last | [.t, .i + 1]' "${SETS_DIR}/${SET_ID}/manifest.json")"
    replica_set="$(jq --raw-output '.components.oplog.details.replicaSetId // .components.mongodb.details.server.replicaSetId' "${SETS_DIR}/${SET_ID}/manifest.json")"
    LIMIT="$(jq --raw-output '"\(.[0]):\(.[1])"' <<<"${goal}")"
  fi
  plan="$(ask_chains 'the_plan' --argjson goal "${goal}" --arg replicaSet "${replica_set}")"
  if [[ -z ${plan} ]]; then
    refuse_moment
  fi
  mapfile -t SLICES <<<"${plan}"
  SET_OF["mongodb"]="${SLICES[0]}"
  SLICES=("${SLICES[@]:1}")
  SOURCES+=("${SET_OF["mongodb"]}/mongodb" "${SLICES[@]}")
  check_manifest "${SET_OF["mongodb"]}"
  for source in "${SLICES[@]}"; do
    check_signature "${source%/*}"
  done
}

# A set that was asked for and cannot be reached lacks a parent: its chain is broken.
refuse_moment() {
  if [[ -n ${SET_ID} ]]; then
    refuse_set "the chain of ${SET_ID} is not complete: a set that it builds on is missing or damaged; fetch it from another location, or choose an earlier set"
  fi
  error "MongoDB cannot be restored to ${MOMENT}: that lies outside what can be reached"
  print_windows
  die 3 'nothing was touched'
}

# From the first to the last second that --at can name.
print_windows() {
  local from to windows previous=''
  tell_unusable
  windows="$(ask_chains 'windows[] | select(.to.t > .from.t) | "\(.from.t) \(.to.t - 1)"')"
  if [[ -z ${windows} ]]; then
    printf 'no moment can be reached yet: no set in %s follows a full one; full sets can be restored by their names\n' "${SETS_PLACE}"
    return 0
  fi
  while read -r from to; do
    if [[ -n ${previous} ]]; then
      say_window 'cannot be reached' "$((previous + 1))" "$((from - 1))"
    fi
    say_window 'can be reached   ' "${from}" "${to}"
    previous="${to}"
  done <<<"${windows}"
}

say_window() { # <what> <first second> <last second>
  printf '%s  %(%Y-%m-%dT%H:%M:%SZ)T to %(%Y-%m-%dT%H:%M:%SZ)T\n' "$1" "$2" "$3"
}
# 047675381f4bca57 backup/components/mongodb/chain.sh
