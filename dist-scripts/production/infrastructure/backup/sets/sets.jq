# Rows of one manifest, for the shell: its files, and itself, where its numbers are numbers.

def ours: .application == $application and .environment == $environment and (.format == 1 or .format == 2);
def stamps: if . == null then null else {first, last} end;
def counts: [.components[].bytes, (.components | .mongodb.details.oplog, .oplog.details, .bridge.details
  | select(.) | .first, .last | .t, .i)] | all(whole);
def set: {id, type, parent, started, ended, warnings: (.warnings | length),
  bytes: ([.components[].bytes] | add), components: (.components | keys_unsorted | map(select(endswith(".files") | not))),
  replicaSetId: (.components | .mongodb.details.server.replicaSetId // .oplog.details.replicaSetId),
  members: (.components | .oplog.details.members // .mongodb.details.server.members),
  base: (.components.mongodb.details.oplog | stamps),
  slice: (.components.oplog.details | stamps),
  bridge: (.components.bridge.details | if . == null then null else {first, last, follows} end),
  appFollows: (if .format == 1 then .components.app.details.follows else null end),
  holders: ([.components | (.app, .config, .ssl).details.sets // [] | .[]] - [.id] | unique), format, application, environment};
def stored: .id as $id | .components | to_entries[]
  | [$id, .key, .value.file // "-", .value.bytes, .value.encryption.method // "-", .value.details.sha256?];
select(.id == (input_filename | split("/")[-2]) and (.components | type) == "object" and .components != {} and counts)
| (ours or $whose == "any") as $meant
| (["file"] + stored | plain | @tsv), (select($meant) | set | plain | tojson)
# 67a40e961ad03846 backup/sets/sets.jq
