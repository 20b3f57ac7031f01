# What can be reached from which dump. A slice joins on where its first stamp is the last one
# so far; of several, the one that reaches farthest is taken.

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
# 0fdaf35795ed761e backup/components/mongodb/chain.jq
