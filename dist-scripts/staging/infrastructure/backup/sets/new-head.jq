# The head that a location should have: the newest 64 sets, and all that these build on.

def named($sums; $doubt): map(select(.application == $application and .environment == $environment and .retention.keep and $sums[.id]))
  | map(.until = (if $doubt or .retention.open then null else .retention.until end))
  | sort_by(.id) | reverse
  | [foreach .[] as $set ({rank: 0, needed: {}};
      .rank += 1 | .named = null
      | if .rank <= 64 or .needed[$set.id] then .named = $set
          | reduce ($set | needs.id) as $id (.; .needed[$id] = true) else . end;
      .named | select(.))]
  | reverse | map({id, type, sha256: $sums[.id], until: (.until | if . then todate else . end)});
gathered | .sets as $sets | .places | map_values(ours($application; $environment)) | newest_numbers as $numbers
| .[$place] | (.sums // {}) as $sums | [judged($numbers; $now)] as $findings
| ($sets | linked | named($sums; $doubt != "")) as $named
| ($findings[] | select(.[1] != "new") | finding),
  (select(.others | not) | select(.head.sets != $named or .head.location != $place or any($findings[]; .[1] | IN("stale", "forged")))
    | {format: 1, counter: (($numbers[$place] // 0) + 1), written: $now, $application, $environment, server: $host, location: $place,
       known: ($numbers | del(.[$place], .BACKUP_DIR)), sets: $named} | tojson)
# 9e8044221f5cde1c backup/sets/new-head.jq
