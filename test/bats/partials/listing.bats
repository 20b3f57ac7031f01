load ../support/partials.bash

# Lists a tree in the place of the test as the scripts do, and shows these columns.
list_columns() { # <columns, as for cut>
  # shellcheck disable=SC2016 # the program expands it
  run_program 'base lib/quick lib/bounded backup/components/files/listing' '
    make_work_dir; cd "${PLACE}/tree"; list_tree "" . | cut --fields='"$1"
}

setup() {
  mkdir "${PLACE}/tree"
}

@test "every moment is written as find writes it: before 1970, leap years, parts of a second" {
  local moment
  for moment in '1901-12-14' '1968-02-29 01:02:03.000000001' '1969-12-31 23:59:58.5' '1969-12-31 23:59:59.999999999' '1970-01-01' \
    '2000-02-29 23:59:59' '2026-11-30 12:00:00.120' '2038-01-19 03:14:08' '2100-02-28' '2100-03-01' '2400-12-31'; do
    touch --date="${moment} UTC" "${PLACE}/tree/${moment}"
  done
  list_columns 1,4
  assert_success
  assert_line $'./2100-03-01\t2100-03-01+00:00:00'
  # What find says, less the noughts at the end.
  assert_equal "${output}" "$(cd "${PLACE}/tree" && TZ=UTC find . -printf '%p\t%T+\n' | sed -E 's/\.?0*$//' | LC_ALL=C sort)"
}

@test "the names of owners, and their numbers where nobody has a name" {
  touch "${PLACE}/tree/a"
  chown "$(id --user):$(id --group)" "${PLACE}/tree/a"
  list_columns 1,6-9
  assert_success
  assert_line $'./a\t'"$(id --user --name)"$'\t'"$(id --group --name)"$'\t'"$(id --user)"$'\t'"$(id --group)"
  chown 61234:61235 "${PLACE}/tree/a"
  list_columns 1,6-9
  assert_line $'./a\t61234\t61235\t61234\t61235'
}

@test "names with tabs, line feeds, backslashes and two slashes in a target stay one column" {
  touch "${PLACE}/tree/"$'\ta\\b\nc\x01'
  ln --symbolic $'to//the\tend' "${PLACE}/tree/link"
  list_columns 1,2,12
  assert_success
  assert_line $'./\\ta\\\\b\\nc\\001\t-rw-r--r--\t'
  assert_line $'./link\tlrwxrwxrwx\tto//the\\tend'
}
