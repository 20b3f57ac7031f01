# The one idea of a chain: what joins on to what, and what can be reached by it. Input of most of these: the sets, oldest first.
#
# A dump of MongoDB ends with a stamp of the oplog, and a slice leads from one stamp to another. A slice joins on where something ends with
# the very stamp that it begins with, in the same replica set. Names decide nothing: of several that end there, the one that a set names is meant.

def stamp: [.t, .i];
def key: "\(.t):\(.i)";
def by_id: reduce .[] as $set ({}; .[$set.id] = $set);
def point($replicaSet): "\($replicaSet) \(key)";

# Every slice, in the order in which they can be followed. One that leads backwards was never written by us.
def slices:
  [.[] | {id, replicaSetId, parent} as $set
    | (.slice | select(.) | $set + {component: "oplog", first, last}), (.bridge | select(.) | $set + {component: "bridge", first, last, parent: .follows})
    | select((.first | stamp) <= (.last | stamp)) | . as $slice
    | .from = ($slice.first | point($slice.replicaSetId)) | .to = ($slice.last | point($slice.replicaSetId))]
  | sort_by((.first | stamp), (.last | stamp));

# What each slice joins on to, as set/component: {on: that set, root: the full set that the way there begins with}. A slice that joins on to
# nothing is not in it. Beside these, for each point, the sets that end there: {set: root}. (One flat object, and brackets: jq copies what it
# changes further inside, and what it still looks at.)
def joints:
  slices as $slices
  | (reduce (.[] | select(.base)) as $set ({}; .[$set | .replicaSetId as $in | .base.last | point($in)][$set.id] = $set.id)) as $ends
  | reduce $slices[] as $slice ($ends;
      [.[$slice.from] // {} | del(.[$slice.id]) | select(. != {})
        | (if has($slice.parent // "") then $slice.parent else keys[-1] end) as $on | {$on, root: .[$on]}] as $found
      | if $found == [] then .
        else [{($slice.id): $found[0].root} + .[$slice.to]] as $there
          | .["\($slice.id)/\($slice.component)"] = $found[0] | .[$slice.to] = $there[0] end);

# How a set stands by its parent, where no stamp tells more.
def by_parent($set; $from):
  if $from == null then "parent missing"
  elif $from.oplog != "complete" then "parent broken"
  elif $set.slice then "does not join its parent"
  else "complete" end;

# Input of these: what is known of the sets before this one, by id.
def known($id): .[($id | strings) // ""];
def oplog_link($set; $joint):
  known($set.parent) as $from
  | if $set.type == "full" or $set.type == "config" then {oplog: "complete", root: $set.id}
    elif $joint then {oplog: "complete"} + $joint
    else by_parent($set; $from) as $oplog | {$oplog, root: (if $oplog == "complete" then $from.root else null end)} end;
def files_state($set):
  [$set.holders[]? as $holder | .[$holder]] as $holders
  | known($set.appFollows) as $level
  | if any($holders[]; . == null) or ($set.appFollows != null and $level == null) then "parent missing"
    elif any($holders[]; .damaged) or ($set.appFollows != null and $level.files != "complete") then "parent broken"
    else "complete" end;

# Adds .link to each set: {oplog, files: how it stands, root: its full set, on: what its slice joins on to, bridged: the root of the older chain
# that its bridge continues, damaged: a file}. What is damaged ({set: file}) is there, and nothing can build on it.
def linked($damaged):
  (map(select($damaged[.id] | not)) | joints) as $joints
  | (reduce .[] as $set ({};
      [oplog_link($set; $joints["\($set.id)/oplog"]) + {files: files_state($set), damaged: $damaged[$set.id]}
        | if .damaged then .oplog = "damaged: \(.damaged)" | .files = .oplog | .root = null else . end
        | .bridge_on = $joints["\($set.id)/bridge"].on | .bridged = $joints["\($set.id)/bridge"].root][0] as $link
      | .[$set.id] = $link)) as $links
  | map(.link = $links[.id]);
def linked: linked({});
def chain_state: .link | if .oplog != "complete" then .oplog else .files end;

# For who lists them.
def with_chain($damaged): linked($damaged) | map(.chain = chain_state | del(.link));

# The newest full set, and all that builds on it and can be restored: what a new set can build on.
def newest_chain($damaged):
  linked($damaged)
  | map(select(chain_state == "complete" and .type != "config"))
  | (map(select(.type == "full")) | last.id) as $full
  | map(select($full and .link.root == $full and .id >= $full));
def newest_chain: newest_chain({});

# The same without what is damaged, and with the configuration since then.
def newest_whole: $ARGS.named.damaged as $damaged
  | newest_chain($damaged) as $chain
  | $chain + map(select($chain != [] and .type == "config" and .id > $chain[0].id and ($damaged[.id] | not)))
  | sort_by(.id)[].id;
def manifests_of_chain: newest_chain[] | "\($ARGS.named.directory)/\(.id)/manifest.json";
def newest_full: newest_chain[0].id // "";
def newest_with_files: newest_chain | map(select(.type != "database")) | last.id // "";
def newest_of_chain: newest_chain | last.id // "";

# The sets that a set cannot be restored without: {id, why, bridged: only for the older chain that its bridge continues}. What its slice joins on
# to is known of linked sets only.
def needs: .id as $by | .parent as $parent
  | (.parent, .appFollows, (.link.on? | select(. != $parent)) | strings | {id: ., $by, why: "needed by \($by)", bridged: false}),
    (.holders[]? | strings | {id: ., $by, why: "holds files of \($by)", bridged: false}),
    (.link.bridge_on?, .bridge.follows? | strings | {id: ., $by, why: "needed by \($by)", bridged: true});

# In sets of format 1 changed files build on a level below: all of them, the lowest first. Nothing, where they lead in a circle.
def levels: $ARGS.named.set as $set
  | by_id as $sets
  | {left: length, levels: [$set]}
  | until(.left < 0 or ($sets[.levels[0]].appFollows | not); .left -= 1 | .levels = [$sets[.levels[0]].appFollows] + .levels)
  | select(.left >= 0) | .levels[];

# --- Where the slices lead from a dump

# Input: a set with a dump. Every stamp that can be reached from it, by the fewest slices: {reached, steps, by: the last slice, from: its beginning}.
def ways($slices):
  .replicaSetId as $replicaSet | .base.last as $base | ($base | point($replicaSet)) as $start
  | reduce ($slices[] | select(.replicaSetId == $replicaSet and (.first | stamp) >= ($base | stamp))) as $slice ({($start): {reached: $base, steps: 0}};
      .[$slice.from].steps as $steps
      | if $steps != null and (.[$slice.to].steps // infinite) > $steps then
          .[$slice.to] = {reached: $slice.last, steps: ($steps + 1), by: "\($slice.id)/\($slice.component)", from: $slice.from}
        else . end);

# The slices that lead to one of these stamps, in order.
def slices_to($way):
  . as $ways | [foreach range($way.steps) as $step ({way: $way}; .by = .way.by | .way = $ways[.way.from]; .by)] | reverse;

# Of the wanted dumps the newest before the goal whose slices lead up to it, and these. A goal is what comes after the last stamp that is wanted.
def plan($goal; wanted):
  slices as $slices
  | first([.[] | select(.base and (.base.last | stamp) < $goal and wanted)]
      | sort_by(.base.last | stamp) | reverse | .[] | .id as $id
      | ways($slices)
      | [.[] | select($goal <= [.reached.t, .reached.i + 1])] as $covering
      | select($covering != [])
      | {base: $id, path: slices_to($covering | min_by(.steps, -.reached.t, -.reached.i))}) // {};

# The same for the end of a set.
def plan_for($set):
  (map(select(.id == $set)) | last) as $last
  | ($last.slice // $last.base | select(.) | .last | [.t, .i + 1]) as $goal
  | plan($goal; .replicaSetId == $last.replicaSetId) + {$goal};

# For a goal, or for a set, as the caller says: the goal as a limit of the MongoDB tools, the set with the dump, the slices.
def plan_in_lines:
  $ARGS.named as {$set, $goal}
  | if $goal then plan($goal; true) + {$goal} else plan_for($set) end
  | select(.base) | (.goal | "\(.[0]):\(.[1])"), .base, .path[];

def farthest: [.[]] | max_by(.reached | stamp);
def dumps: map(select(.base)) | sort_by(.base.last | stamp);

# Every slice on the way from the oldest dump on, each moment once.
def timeline:
  slices as $slices | by_id as $sets
  | reduce dumps[] as $dump ({reached: null, path: []};
      if .reached != null and ($dump.base.last | stamp) <= (.reached | stamp) then .
      else ([$dump | ways($slices) | . as $ways | farthest as $way | {reached: $way.reached, path: ($ways | slices_to($way))}][0]) as $way
        | .reached = $way.reached | .path += $way.path end)
  | .path[] | split("/") as [$id, $component]
  | "\(.) \($sets[$id] | if $component == "bridge" then .bridge else .slice end | .last.t)";

# From which stamp to which every moment can be reached.
def windows:
  slices as $slices
  | [dumps[] | {from: .base.last, to: (ways($slices) | farthest.reached)}]
  | reduce .[] as $next ([]; if length > 0 and ($next.from | stamp) <= (last.to | stamp)
      then last.to = ([last.to, $next.to] | max_by(stamp)) else . + [$next] end);
# cd84c7e2b813c1e9 backup/sets/chain.jq
