load ../support/partials.bash

# Puts the example where the scripts look for it, changed by a sed script, and shows what was read.
read_example() { # <sed script>
  sed "$1" "${PROJECT}/dist-scripts/production/infrastructure/backup/backup.env.example" >"${PLACE}/backup.env"
  chmod 600 "${PLACE}/backup.env"
  # shellcheck disable=SC2016 # the program expands it
  run_program 'base lib/env-file' '
    install_traps; load_env_file; stop_at_problems; printf "%s\n" "${MONGODB_URI-unset} ${REDIS_PASSWORD-unset}"'
}

@test "backup.env.example as it stands is read, and sets nothing" {
  read_example ''
  assert_success
  assert_output 'unset unset'
}

@test "backup.env.example sets what is put to use in it" {
  read_example 's/^#MONGODB_URI=/MONGODB_URI=/; s/^# REDIS_PASSWORD$/REDIS_PASSWORD=secret/'
  assert_success
  assert_output 'mongodb://backup:password@127.0.0.1:27017/?replicaSet=rs0&authSource=admin secret'
}
