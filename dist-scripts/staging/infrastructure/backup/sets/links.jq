# How the sets join on to each other.

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
# 71e240507b8b1609 backup/sets/links.jq
