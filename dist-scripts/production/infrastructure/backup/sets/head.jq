# What a head says, against what is there and what is remembered.

def short_text: type == "string" and length < 1000 and (test("[[:cntrl:]]") | not);
def head: fromjson? // null
  | if type == "object" and .format == 1 and (.counter | whole) and all(.written, .application, .environment, .server, .location; short_text)
      and (.known | type == "object" and all(.[]; whole))
      and (.sets | type == "array" and all(.[]; type == "object" and all(.id, .type, .sha256, .until // ""; short_text)
        and (.id | test("\\A[0-9]{8}_[0-9]{6}\\z"))))
    then . else null end;
def gathered: reduce inputs as $line ({at: "", places: {}, sets: []};
  ($line | index("\t")) as $tab | $line[:$tab] as $kind | $line[$tab + 1:] as $value | .at as $at
  | if $kind == "place" then .at = $value | .places[$value].name = $value
    elif $kind == "sum" then .places[$at].sums[$value[66:]] = $value[:64]
    elif $kind == "set" then .sets += [$value]
    elif $kind == "head" then .places[$at].text = $value | .places[$at].head = ($value | head)
    elif $kind == "memory" then .places[$at].remembered = $value | .places[$at].memory = ($value | head)
    else .places[$at][$kind] = $value end)
  | .sets |= map(fromjson)
  | .places |= map_values(if .fault and .text != .remembered then del(.head) else del(.fault) end); # what is remembered needs no proof
def newest_numbers: [.[] | .name as $name | .head, .memory | select(.)
    | {key: $name, value: .counter}, (.known | del(.BACKUP_DIR) | to_entries[])] # a new server has another one
  | group_by(.key) | map({key: .[0].key, value: (map(.value) | max)}) | from_entries;
def number: "number \(.counter) of \(.written)";
def doubt($last): (.memory | if . and .counter == $last then number else "number \($last)" end) as $remembered
  | if .fault then ["forged", "its head \(.fault)"]
    elif .text and .head == null then ["forged", "its head is damaged, or was written by a newer lifeboat"]
    elif .head == null and $last then ["stale", "its head is missing, and \($remembered) is remembered"]
    elif .head == null then empty
    elif .head.location != .name and .memory then ["stale", "its head is that of another location (\(.head.location)), and \($remembered) is remembered"]
    elif .head.location != .name then empty
    elif .head.counter < $last then ["stale", "its head is \(.head | number), and \($remembered) is remembered: it was put back to an older state"]
    elif .memory.counter == .head.counter and .memory.server == .head.server and .text != .remembered
    then ["forged", "its head bears the same number as the one that is remembered, \($remembered), and is another one"]
    else empty end;
def newest: [.head, .memory | select(.)] | max_by(.counter);
def lost($now): newest as $newest | .sums as $sums
  | $newest.sets[]? | select((.until // $now) >= $now and $sums[.id] != .sha256)
  | [.id, "\(.id) (\(.type)) \(if $sums[.id] then "is another set than the one of that name" else "is not there" end), and the head, \($newest | number), names it"];
def of_others($application; $environment): . != null and (.application != $application or .environment != $environment);
def ours($application; $environment):
  if .head | of_others($application; $environment) then .others = true | del(.head) else . end
  | if .memory | of_others($application; $environment) then del(.memory, .remembered) else . end;
def newer($place): ($place.sums // {} | keys | max // "0") as $last
  | .[] | select(.name != $place.name) | .name as $name | newest.sets[-1]? | select(.id > $last)
  | [$place.name, "newer", .id, "\(.id) (\(.type)) is newer than all that is here; it was at \($name)"];
def finding: map(tostring | gsub("[[:cntrl:]]"; "?")) | join("\t");
def judged($numbers; $now): .name as $name
  | (if .others then [$name, "note", "-", "the head there is that of another application or environment, and none is kept for this one: give each a directory of its own"] else
      (doubt($numbers[$name]) as [$kind, $text] | [$name, $kind, "-", $text]),
      (select(.remembered and .memory == null) | [$name, "note", "-", "what .state/heads remembers of it cannot be read"]),
      (select(.text == null and .fault == null and $numbers[$name] == null) | [$name, "new", "-", "it never had a head: whether a set is missing cannot be told"])
    end),
    (lost($now) as [$id, $text] | [$name, "lost", $id, $text]);
# 82a381e4da225540 backup/sets/head.jq
