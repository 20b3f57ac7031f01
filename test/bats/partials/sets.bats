load ../support/partials.bash

manifest() { # <set> [jq expression]
  mkdir -p "${PLACE}/backups/$1"
  jq --null-input --arg id "$1" '{id: $id, type: "full", started: "s", ended: "e", warnings: [],
    components: {app: {bytes: 10}, redis: {bytes: 5}}}' | jq "${2:-.}" >"${PLACE}/backups/$1/manifest.json"
}

read_ids() {
  run_program 'base backup/sets/sets' 'install_traps; read_sets; jq --slurp --raw-output "map(.id) | join(\" \")" <<<"${SETS}"'
  assert_success
  assert_equal "${stderr}" ''
}

@test "no backup directory, no set" {
  run_program 'base backup/sets/sets' 'install_traps; rm -r "${BACKUP_DIR}"; read_sets; printf "<%s>" "${SETS}"'
  assert_success
  assert_output '<>'
}

@test "an empty backup directory, no set" {
  read_ids
  assert_output ''
}

@test "one set, with its size, its type and its components" {
  manifest 20260104_030000 '.warnings = ["one"] | .format = 1 | .application = "shop" | .environment = "production"'
  run_program 'base backup/sets/sets' 'read_sets; printf "%s\n" "${SETS}"'
  assert_success
  assert_output '{"id":"20260104_030000","type":"full","parent":null,"started":"s","ended":"e","warnings":1,"bytes":15,"components":["app","redis"],"replicaSetId":null,"members":null,"base":null,"slice":null,"bridge":null,"appFollows":null,"holders":[],"format":1,"application":"shop","environment":"production"}'
}

@test "a manifest with a text where a number belongs hides that set and no other" {
  manifest 20260104_030000
  manifest 20260104_030001 '.components.redis.bytes = "a[$(id)]"'
  read_ids
  assert_output '20260104_030000'
}

@test "several sets, oldest first" {
  manifest 20260104_030000
  manifest 20251231_235959
  manifest 20260104_030001
  read_ids
  assert_output '20251231_235959 20260104_030000 20260104_030001'
}

@test "a partial set is none" {
  manifest 20260104_030000
  manifest 20260105_030000
  mv "${PLACE}/backups/20260105_030000" "${PLACE}/backups/20260105_030000.partial"
  read_ids
  assert_output '20260104_030000'
}

@test "foreign files and directories are none" {
  manifest 20260104_030000
  mkdir -p "${PLACE}/backups"/{lost+found,latest,20260104,20260104_0300,x20260104_030000,20260104_030000x,.hidden} "${PLACE}/backups/a b"$'\n''c'
  for place in latest x20260104_030000 20260104_030000x; do
    cp "${PLACE}/backups/20260104_030000/manifest.json" "${PLACE}/backups/${place}"
  done
  printf 'x' >"${PLACE}/backups/20260106_030000"
  mkdir "${PLACE}/backups/20260107_030000"
  read_ids
  assert_output '20260104_030000'
}

@test "a directory whose manifest has another id is none" {
  manifest 20260104_030000
  cp -r "${PLACE}/backups/20260104_030000" "${PLACE}/backups/20260105_030000"
  read_ids
  assert_output '20260104_030000'
}

damaged() { # <name> <content>
  mkdir -p "${PLACE}/backups/20260105_030000"
  manifest 20260104_030000
  manifest 20260106_030000
  printf '%s' "$1" >"${PLACE}/backups/20260105_030000/manifest.json"
  read_ids
  assert_output '20260104_030000 20260106_030000'
}

bats_test_function --description "a manifest of zero bytes hides that set and no other" -- damaged ''
bats_test_function --description "a manifest that was cut off hides that set and no other" -- damaged '{"id": "20260105_030000", "compo'
bats_test_function --description "a manifest that is not JSON hides that set and no other" -- damaged $'\x7fELF\x01\x02'
bats_test_function --description "a manifest that is a list hides that set and no other" -- damaged '[1, 2]'
bats_test_function --description "a manifest that is a text hides that set and no other" -- damaged '"20260105_030000"'
bats_test_function --description "a manifest without components hides that set and no other" -- damaged '{"id": "20260105_030000"}'
bats_test_function --description "a manifest with components that are a list hides that set and no other" -- damaged '{"id": "20260105_030000", "components": []}'
bats_test_function --description "a manifest with components of another form hides that set and no other" -- damaged '{"id": "20260105_030000", "components": {"app": 3}}'
bats_test_function --description "a manifest that names no component hides that set and no other" -- damaged '{"id": "20260105_030000", "warnings": [], "components": {}}'

@test "a directory in place of a manifest hides that set and no other" {
  manifest 20260104_030000
  mkdir -p "${PLACE}/backups/20260105_030000/manifest.json"
  read_ids
  assert_output 20260104_030000
}

@test "a thousand sets among a thousand foreign directories" {
  mkdir -p "${PLACE}/backups"
  (cd "${PLACE}/backups" && bash -c '
    mkdir 2026{1000..1999}_030000 foreign-{1000..1999}
    for id in 2026*; do
      printf "{\"id\":\"%s\",\"type\":\"full\",\"warnings\":[],\"components\":{\"app\":{\"bytes\":1}}}" "${id}" >"${id}/manifest.json"
    done')
  run_program 'base backup/sets/sets' 'read_sets; jq --slurp length <<<"${SETS}"'
  assert_success
  assert_output 1000
}
