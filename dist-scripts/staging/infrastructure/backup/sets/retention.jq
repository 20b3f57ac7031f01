# Which sets are kept, and why.

def counted($unit): select(. > 0) | "\(.) \($unit)\(if . == 1 then "" else "s" end)";
def in_words: floor
  | [(. / 86400 | floor | counted("day")), (. % 86400 / 3600 | floor | counted("hour")), (. % 3600 / 60 | floor | counted("minute"))]
  | if length == 0 then "less than a minute" else .[:2] | join(" ") end;
def seconds: try fromdateiso8601 catch null;

# Why a set must not be judged at all.
def foreign:
  if .application != $application then "it is of the application \(.application)"
  elif .environment != $environment then "it is of the environment \(.environment)"
  elif .format != 1 and .format != 2 then "it has the format \(.format), which is not known here"
  elif $kept[.type | tostring] == null then "its type \(.type) is not known here"
  elif .time == null then "its manifest holds no readable time"
  else null end;

# The promise: this far back, every moment that could be restored still can.
def in_window: .age <= $kept.incremental;

# Ids of the database sets whose changes an incremental set, or the bridge of a
# full set, holds as well: it is of the same chain and reaches over theirs.
def covered:
  [.[] | select(.foreign == null and in_window)
    | (select(.type == "incremental" or .type == "database") | select(.slice) | .slice + {root: .link.root, whole: (.type == "incremental"), id}),
      (select(.bridge) | .bridge + {root: .link.bridged, whole: true, id})
    | select(.root) | {id, root, whole, first: [.first.t, .first.i], last: [.last.t, .last.i]}]
  | [group_by(.root)[] | sort_by(.last, .whole) | reverse
    | foreach .[] as $slice ({};
        if $slice.whole then .from = ([.from // $slice.first, $slice.first] | min) else . end;
        select($slice.whole | not) | select(.from and .from <= $slice.first) | $slice.id)]
  | map({(.): true}) | add // {};

# Why a set is kept for its own sake; null when it is not.
def own_reason($newest; $covered; $in_use):
  if .foreign then "not judged, \(.foreign)"
  elif .age <= $kept[.type] then "\(.age | in_words) old, \(.type) sets are kept \($kept[.type] | in_words)"
  elif $in_use[.id] then "in use at this moment"
  elif .id == $newest.config then "the newest config set"
  elif .id == $newest.full then "the newest full set"
  elif $covered[.id] then null
  elif $newest.full and .link.root == $newest.full then "of the newest chain, that of \($newest.full)"
  elif in_window and (.link.bridged or (.type == "database" and .slice and .link.root))
    then "\(.age | in_words) old, holds changes that no other set holds; these are kept \($kept.incremental | in_words)"
  else null end;

# What a bridge continues is needed only as long as the bridge is in the window.
def needs_now: (.link.bridged != null and in_window) as $bridge | needs | select((.bridged | not) or $bridge);

# Until when a set is kept for its own sake, by what is known today, and whether
# what follows may make it longer: a new set ends that, and no date does.
def own_until($newest; $covered):
  if .foreign then null
  else
    ($newest.full != null and .link.root == $newest.full) as $of_newest
    | {$of_newest, open: (.id == $newest.config or .id == $newest.full or ($of_newest and ($covered[.id] | not))),
     until: ([.time + $kept[.type],
        (if ($covered[.id] | not) and (.link.bridged or (.type == "database" and .slice and .link.root))
          then .time + $kept.incremental else empty end)] | max)}
  end;

# The same with the sets that need it. What a bridge continues is needed only while
# the bridge is in the window; sets need older ones alone, so one pass is enough.
def until_with_needed($sets):
  reduce ($sets | reverse[]) as $set (.;
    .[$set.id] as $mine
    | reduce ($set | needs_now) as $need (.;
        if $mine == null or .[$need.id] == null then .
        else
          (if $need.bridged then [$mine.until, $set.time + $kept.incremental] | min else $mine.until end) as $wanted
          | .[$need.id] |= (.open = (.open or ($mine.open and ($need.bridged | not)) or (.of_newest and $wanted > .until))
            | .until = ([.until, $wanted] | max))
        end));

# Input: the reasons so far, by id. A set that is needed by one that is kept is
# kept as well; one pass is enough where each set is older than those it needs.
def with_needed($needs; $there):
  length as $before
  | reduce $needs[] as $need (.;
      if .[$need.by] and (.[$need.id] | not) and $there[$need.id] then .[$need.id] = $need.why else . end)
  | if length > $before then with_needed($needs; $there) else . end;

# By a clock that runs ahead everything has expired. Nothing but the sets can
# tell: one of them lies in the future, or none was made for so long that all
# before has expired at once. After a week of new sets such a gap is believed.
def clock_doubt($removed):
  ([$kept.full, $kept.incremental, $kept.database, 2 * $pause] | max) as $limit
  | map(select(.foreign == null)) as $ours
  | ([$ours[] | .time, (.started | seconds // 0)] | max) as $last
  | ([$ours[].time, $now] | sort) as $times
  | ([range(1; $times | length) | select($times[.] - $times[. - 1] > $limit)] | last) as $gap
  | if $last != null and $last > $now then
      "the clock says \($now | todate), but there is a set of \($last | todate): correct the clock (timedatectl), or move that set away"
    elif $gap != null and $removed > 0 and $now - $times[$gap] < 604800 then
      "by the clock, which says \($now | todate), no set was made for \($times[$gap] - $times[$gap - 1] | in_words) until \($times[$gap] | todate), so that \($removed) set(s) expired at once: correct the clock (timedatectl); if it is right, they go \(if $times[$gap] == $now then "a week after the next set" else "after \($times[$gap] + 604800 | todate)" end)"
    else "" end;

($in_use | split(" ") | map({(.): true}) | add // {}) as $in_use
| [inputs] | linked
| map(.time = (.ended | seconds) | .age = $now - (.time // $now) | .foreign = foreign)
| (map({(.id): true}) | add // {}) as $there
| (map(select(.foreign == null)) | {full: (map(select(.type == "full")) | last.id), config: (map(select(.type == "config")) | last.id)}) as $newest
| covered as $covered
| [reverse[] | needs_now] as $needs
| (map({(.id): own_reason($newest; $covered; $in_use)} | select(.[])) | add // {} | with_needed($needs; $there)) as $reasons
| (map(select($reasons[.id] | not)) | length) as $removed
| clock_doubt($removed) as $doubt
| . as $sets
| (map({(.id): own_until($newest; $covered)}) | add // {} | until_with_needed($sets)) as $kept_until
| map($reasons[.id] as $why
    | .retention = (
        if $why then {keep: true, reason: $why}
          + ($kept_until[.id] // {} | if (.until // 0) >= $now then {until, open} else {until: null, open: false} end)
        elif $doubt != "" then {keep: true, reason: "the clock is in doubt"}
        else {keep: false, reason: "\(.age | in_words) old, \(.type) sets are kept \($kept[.type] | in_words)"} end)
    | del(.link, .time, .age, .foreign))
| map(select(.retention.keep | not)) as $removals
| $doubt, ($removals | length), ($removals | reverse[] | "\(.id) \(.retention.reason)"), (.[] | tojson)
# 4117d4fb2ae642d8 backup/sets/retention.jq
