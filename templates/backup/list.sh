# needs: lib/sets
list_sets() {
  read_sets
  if [[ ${JSON} == true ]]; then
    jq --slurp . <<<"${SETS}"
    return 0
  fi
  jq --slurp --raw-output --arg directory "${BACKUP_DIR}" '
    def size: if . < 1048576 then "\(. / 1024 | ceil) KiB" else "\(. / 1048576 | ceil) MiB" end;
    def left($width): . + " " * ([$width - length, 1] | max);
    def right($width): " " * ([$width - length, 0] | max) + . + "  ";
    def row: (.[0] | left(17)) + (.[1] | left(13)) + (.[2] | right(10)) + (.[3] | right(8)) + .[4];
    (["SET", "TYPE", "SIZE", "WARNINGS", "COMPONENTS"] | row),
    (.[] | [.id, .type, (.bytes | size), (.warnings | tostring), (.components | join(" "))] | row),
    "\(length) set(s) in \($directory)"' <<<"${SETS}"
}
