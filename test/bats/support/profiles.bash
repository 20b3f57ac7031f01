# What setup_suite does, step by step. Two places are made below ${SUITE}:
#   world/   a small server like the guide's, whose databases are pretended by stub tools; every test gets a fresh copy of it
#   real/    the same with real servers, shared by all tests
# shellcheck shell=bash

start_real_servers() {
  node "${PROJECT}/test/bats/support/servers.mjs" "${SUITE}" </dev/null >"${SUITE}/servers.log" 2>&1 3>&- &
  printf '%s\n' "$!" >"${SUITE}/servers.pid"
}

wait_for_real_servers() {
  while [[ ! -f ${SUITE}/servers.json ]]; do
    if ! kill -0 "$(<"${SUITE}/servers.pid")" 2>/dev/null; then
      cat "${SUITE}/servers.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

real() { # <name of a fact about the real servers>
  jq --raw-output ".$1" "${SUITE}/servers.json"
}

# sandbox: everything. brief: gives up after 8 s. files: no database. bare: no server at all. large: wants more free space than any disk has.
write_profiles() {
  local world="${SUITE}/world" user
  user="$(id -un)"
  mkdir -p "${SUITE}/profiles"
  jq --null-input --arg w "${world}" --arg user "${user}" '
    def service($name): {start: ["\($w)/bin/\($name)-service", "start"], stop: ["\($w)/bin/\($name)-service", "stop"]};
    { name: "sandbox",
      app: {name: "plugspace", domain: "plugspace.test", user: $user, root: "\($w)/home/plugspace/plugspace",
            healthUrl: null, exclude: ["cache"]},
      mongodb: {uri: "mongodb://127.0.0.1:1/?replicaSet=rs0", member: "127.0.0.1:1", dataDirectory: "\($w)/var/lib/mongodb",
                configFile: "\($w)/etc/mongod.conf", logFile: "\($w)/var/log/mongod.log", user: $user, service: service("mongodb")},
      redis: {port: 1, dataDirectory: "\($w)/var/lib/redis", configFile: "\($w)/etc/redis.conf", user: $user, service: service("redis")},
      nginx: {configDirectory: "\($w)/etc/nginx", testCommand: ["\($w)/bin/nginx-service", "test"],
              service: (service("nginx") + {reload: ["\($w)/bin/nginx-service", "reload"]})},
      ssl: {directory: "\($w)/etc/letsencrypt"},
      pm2: {home: "\($w)/home/plugspace/.pm2", service: service("app")},
      backup: {directory: "\($w)/home/plugspace/backups", logFile: "\($w)/var/log/plugspace/backup.log",
               envFile: "\($w)/etc/plugspace/backup.env", minimumFree: "10MB", config: {crontabs: []}} }' >"${SUITE}/profiles/sandbox.json"
  vary brief '.backup.timeout = "8s"'
  vary files '.mongodb.enabled = false | .redis.enabled = false'
  vary bare '.mongodb.enabled = false | .redis.enabled = false | .nginx.enabled = false | .ssl.enabled = false | .pm2.enabled = false'
  # remotes: no database, and two remotes that are directories; closed: one that nothing may leave for in the clear.
  # distant: MongoDB, and the same two remotes.
  vary remotes "${REMOTES_IN_PROFILE}"' | .backup.remotes[1].retention = {full: "1s", incremental: "1s", config: "1s"}'
  vary distant "${REMOTES_IN_PROFILE} | .mongodb.enabled = true"
  vary closed "${REMOTES_IN_PROFILE}"' | .backup.remotes = [.backup.remotes[0] | .enabled = false | .plaintext = false]'
  vary configured "${REMOTES_IN_PROFILE}"' | .backup.remotes = [.backup.remotes[0] | del(.host, .user) | .configFile = "\($w)/etc/rclone.conf"]'
  # linked: the backups lie where a symbolic link above the application leads.
  vary linked '.mongodb.enabled = false | .redis.enabled = false | .backup.directory |= sub("/home/plugspace/"; "/srv/plugspace/")'
  # signed: like remotes, with signatures.
  ssh-keygen -q -t ed25519 -N '' -C '' -f "${SUITE}/signing.key"
  vary signed "${REMOTES_IN_PROFILE}"' | .backup.signing = {keyFile: "\($w)/etc/plugspace/backup-signing.key", publicKeys: ["'"$(cut -d' ' -f1,2 "${SUITE}/signing.key.pub")"'"]}'
  vary large '.backup.minimumFree = "900TB"'
}

# To rclone they are of the kind "local": the variables of a remote win over its profile.
REMOTES_IN_PROFILE='.mongodb.enabled = false | .redis.enabled = false | (.backup.directory | split("/home/")[0]) as $w
  | .backup.transfer = {retries: 1, stallTimeout: "5s", timeout: "60s"}
  | .backup.remotes = [{kind: "sftp", enabled: true, host: "localhost", user: "nobody", plaintext: true, prune: true}
      | . + {name: "off-site", bucket: "\($w)/remote/one", latest: "latest"}, . + {name: "second", bucket: "\($w)/remote/two"}]'

vary() { # <name> <jq expression>
  jq --arg name "$1" ".name = \$name | $2" "${SUITE}/profiles/sandbox.json" >"${SUITE}/profiles/$1.json"
}

generate_profiles() {
  node "${PROJECT}/bin/lifeboat.mjs" generate "${SUITE}"/profiles/*.json --out "${SUITE}/generated" >"${SUITE}/generate.log" 2>&1 || {
    cat "${SUITE}/generate.log" >&2
    return 1
  }
  refuse_foreign_paths
}

# These scripts are run: whatever they could read or replace must lie in the world of the tests.
refuse_foreign_paths() {
  local foreign
  foreign="$(grep -hE "^(readonly [A-Z_]+=|  )'/" "${SUITE}"/generated/*/infrastructure/settings.sh | grep -vF "'${SUITE}/" || :)"
  if [[ -n ${foreign} ]]; then
    printf 'the generated scripts name places outside of the tests:\n%s\n' "${foreign}" >&2
    return 1
  fi
}

build_template() {
  local world="${SUITE}/template" service
  mkdir -p "${world}"/{bin,etc/{nginx,plugspace,letsencrypt/archive,letsencrypt/live},var/{lib/{mongodb,redis},log/plugspace}}
  mkdir -p "${world}"/home/plugspace/{backups,.pm2,plugspace/{uploads,cache}}
  chmod 700 "${world}/home/plugspace/backups"
  printf 'listings\n' >"${world}/home/plugspace/plugspace/server.js"
  printf 'photo 1\n' >"${world}/home/plugspace/plugspace/uploads/photo 1.jpg"
  printf 'left out\n' >"${world}/home/plugspace/plugspace/cache/page"
  printf '[]\n' >"${world}/home/plugspace/.pm2/dump.pm2"
  printf 'events {}\n' >"${world}/etc/nginx/nginx.conf"
  printf 'storage: {}\n' >"${world}/etc/mongod.conf"
  printf 'port 0\n' >"${world}/etc/redis.conf"
  printf 'key\n' >"${world}/etc/letsencrypt/archive/key1.pem"
  ln -s ../archive/key1.pem "${world}/etc/letsencrypt/live/key.pem"
  (umask 077 && printf '# nothing yet\n' >"${world}/etc/plugspace/backup.env")
  : >"${world}/var/log/plugspace/backup.log"
  printf 'WiredTiger\n' >"${world}/var/lib/mongodb/WiredTiger"
  printf 'REDIS0011\n' >"${world}/var/lib/redis/dump.rdb"
  for service in mongodb redis nginx app; do
    printf '#!/bin/sh\nprintf "%%s %%s\\n" "${0##*/}" "$*" >>"${0%%/bin/*}/calls"\n' >"${world}/bin/${service}-service"
    chmod 755 "${world}/bin/${service}-service"
  done
}

# What the stub tools hand out: a real dump and a real snapshot.
record_fixtures() {
  local uri
  uri="$(real uri)"
  (umask 077 && printf 'uri: "%s"\n' "${uri//\"/\\\"}" >"${SUITE}/mongodump.yaml")
  mongodump --config="${SUITE}/mongodump.yaml" --oplog --out="${SUITE}/fixture/dump" 2>"${SUITE}/mongodump.log"
  REDISCLI_AUTH="$(real secrets.redis)" redis-cli -p "$(real redisPort)" --rdb "${SUITE}/fixture/dump.rdb" >"${SUITE}/rdb.log" 2>&1
  (cd "${SUITE}/fixture/dump" && find . -name '*.metadata.json' -printf '%P\n') \
    | sed 's/\.metadata\.json$//; s/\//./' | grep -v '^admin\.system' \
    | jq --raw-input --slurp '{hello: {setName: "rs0", isWritablePrimary: true, me: "127.0.0.1:1"}, dataSize: 10000,
        namespaces: (split("\n") | map(select(. != "")))}' >"${SUITE}/fixture/server.json"
}
