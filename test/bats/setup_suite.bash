# Once per run: the tools, the scripts of the profiles in support/profiles.bash, one real replica set with a Redis, and what a
# dump of these looks like, for the tools that only pretend. A single file runs with
#   bats --setup-suite-file test/bats/setup_suite.bash test/bats/scripts/options.bats

setup_suite() {
  PROJECT="$(cd -- "${BASH_SOURCE[0]%/*}/../.." && pwd)"
  export PROJECT
  local tools
  tools="$(node "${PROJECT}/test/support/install.mjs")"
  export PATH="${tools}:${PROJECT}/node_modules/.bin:${PATH}"
  export SUITE="${BATS_SUITE_TMPDIR}"
  source "${PROJECT}/test/bats/support/profiles.bash"
  start_real_servers
  write_profiles
  generate_profiles
  build_template
  wait_for_real_servers
  record_fixtures
}

teardown_suite() {
  if [[ -f ${SUITE}/servers.pid ]]; then
    kill "$(<"${SUITE}/servers.pid")" 2>/dev/null || :
    while kill -0 "$(<"${SUITE}/servers.pid")" 2>/dev/null; do sleep 0.05; done
  fi
}
