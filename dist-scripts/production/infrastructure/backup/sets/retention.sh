# --- Retention: which sets are kept, and why ------------------------------------
#
# A set is kept while one of these holds:
#   it is younger than the retention of its type, or in use
#   it is of the newest chain, or the newest config set
#   it holds changes that no other set holds; these are kept as long as an
#   incremental set is, so that every moment in between can be restored
#   a set that is kept needs it
# What this application did not make in this environment is never judged.

CLOCK_DOUBT='' # why nothing may be removed; empty when the clock is believed
REMOVALS=()    # the sets to remove, the newest first, each with its reason
RETENTION=''   # how long sets are kept, as JSON; empty: as long as in the backup directory
DECISIONS=''   # the lines of SETS, each with .chain and .retention {keep, reason, until, open}

# How a decision is said, as a function for jq.
readonly DECISION_IN_WORDS='
  def minute: strftime("%Y-%m-%d %H:%M");
  def decision: (if .keep | not then "to be removed: "
    elif .until == null then "kept: "
    else "kept until \(.until | minute)\(if .open then ", or longer: " else ": " end)" end) + .reason;'

# Leaves CLOCK_DOUBT, REMOVALS and DECISIONS. All is decided by one jq.
decide_retention() {
  local now kept decided
  local -a lines
  read_sets
  find_sets_in_use
  seconds_now now
  printf -v kept '{"full":%s,"incremental":%s,"database":%s,"config":%s}' \
    "${RETENTION_FULL}" "${RETENTION_INCREMENTAL}" "${RETENTION_DATABASE}" "${RETENTION_CONFIG}"
  decided="$(jq --null-input --raw-output --argjson now "${now}" --argjson kept "${RETENTION:-${kept}}" \
    --argjson pause "${LONGEST_PAUSE}" --arg in_use "${IN_USE[*]}" \
    --arg application "${APP_NAME}" --arg environment "${ENVIRONMENT}" "${CHAIN_PROGRAM}${RETENTION_PROGRAM}" <<<"${SETS}")"
  mapfile -t lines <<<"${decided}"
  if ((${#lines[@]} < 2)); then
    die 1 "jq decided nothing about the sets in ${SETS_PLACE}: try 'jq --version', or install it again; nothing was removed"
  fi
  CLOCK_DOUBT="${lines[0]}"
  REMOVALS=("${lines[@]:2:${lines[1]}}")
  printf -v DECISIONS '%s\n' "${lines[@]:2+${lines[1]}}"
  DECISIONS="${DECISIONS%$'\n'}"
}

# A function of its own, so that a test can let years pass.
seconds_now() { # <variable>
  printf -v "$1" '%(%s)T' -1
}

# Sets that a restore or an upload reads: it leaves a mark .state/in-use/<set>.<pid>.
IN_USE=()

find_sets_in_use() {
  local mark
  IN_USE=()
  for mark in "${STORE}"/.state/in-use/*; do
    if [[ ${mark##*/} =~ ^([0-9]{8}_[0-9]{6})\.([0-9]+)$ && -d /proc/${BASH_REMATCH[2]} ]]; then
      IN_USE+=("${BASH_REMATCH[1]}")
    fi
  done
}

IFS= read -r -d '' CHAIN_PROGRAM <<'EOF_JQ' || :
def known($id): .[($id | strings) // ""];

# How a set joins on to another one, of which $from is known.
def joint($server; $first; $from):
  if $from == null then "parent missing"
  elif $from.oplog != "complete" then "parent broken"
  elif $first != null and ($from.end != $first or $from.server != $server) then "does not join its parent"
  else "complete" end;

# Input of these: what is known of the sets before this one, by id.
def oplog_link($set):
  if $set.type == "full" or $set.type == "config" then {oplog: "complete", root: $set.id, end: $set.base.last}
  else
    known($set.parent) as $from
    | joint($set.replicaSetId; $set.slice.first; $from) as $oplog
    | {$oplog, root: (if $oplog == "complete" then $from.root else null end), end: $set.slice.last}
  end;

# Whether every set is there that holds files of this one.
def files_state($set):
  . as $sets
  | if any($set.holders[]?; $sets[.] == null) then "parent missing"
  elif $set.appFollows == null then "complete"
  else
    known($set.appFollows) as $from
    | if $from == null then "parent missing" elif $from.files != "complete" then "parent broken" else "complete" end
  end;

# The full set of the older chain that a bridge continues.
def bridged($set):
  if $set.bridge == null then null
  else
    known($set.bridge.follows) as $from
    | if joint($set.replicaSetId; $set.bridge.first; $from) == "complete" then $from.root else null end
  end;

def link($set): oplog_link($set) + {server: $set.replicaSetId, files: files_state($set), bridged: bridged($set)};

# Adds .link to each set, the sets being in the order of their time. The brackets
# keep jq from copying all links for each set.
def linked:
  (reduce .[] as $set ({}; [link($set)][0] as $link | .[$set.id] = $link)) as $links
  | map(.link = $links[.id]);

def chain_state: if .oplog != "complete" then .oplog else .files end;
EOF_JQ

IFS= read -r -d '' RETENTION_PROGRAM <<'EOF_JQ' || :
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

def needs: .id as $by
  | ((.parent, .appFollows) | strings | {id: ., $by, why: "needed by \($by)", bridged: false}),
    (.holders[]? | strings | {id: ., $by, why: "holds files of \($by)", bridged: false}),
    (select(.link.bridged and in_window) | .bridge.follows | strings | {id: ., $by, why: "needed by \($by)", bridged: true});

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
    | reduce ($set | needs) as $need (.;
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
| [reverse[] | needs] as $needs
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
    | .chain = (.link | chain_state)
    | del(.link, .time, .age, .foreign))
| map(select(.retention.keep | not)) as $removals
| $doubt, ($removals | length), ($removals | reverse[] | "\(.id) \(.retention.reason)"), (.[] | tojson)
EOF_JQ
# 1c2d9bc1f8eadfea backup/sets/retention.sh
