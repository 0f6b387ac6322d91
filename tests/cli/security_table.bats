#!/usr/bin/env bats
#
# docs/security.md and tests/attacks have the same attacks, and none is without a test or a reason.
#
# shellcheck disable=SC2016 # what is in single quotes is a pattern
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common

setup() { :; }
teardown() { :; }

# copy: the document, the tests and the script that compares them, to be altered.
copy()
{
	mkdir -p "$BATS_TEST_TMPDIR/copy/tests"
	cp -r "$REPO/docs" "$REPO/scripts" "$BATS_TEST_TMPDIR/copy"
	cp -r "$REPO/tests/attacks" "$BATS_TEST_TMPDIR/copy/tests"
	cd "$BATS_TEST_TMPDIR/copy" || return
}

@test "every attack in docs/security.md has its test or a reason, and every test its attack" {
	run_ok "$REPO/scripts/security-table" --check
	expect_equal "$output" ""
}

@test "an attack without a test, a test without an attack, a row that is lost and a column of last week are found" {
	copy
	run_ok scripts/security-table --check
	sed -i 's/^@test "3.14 /@test "3.99 /' tests/attacks/*.bats
	sed -i -e '/^| 3.2 |/d' -e 's/^\(| 3.9 .*| \)[^|]*|$/\1`old.bats` |/' docs/security.md
	printf '@test "no number" {\n}\n' >tests/attacks/11_other.bats
	run_status 1 scripts/security-table
	expect_match "$output" '3.14: no test in tests/attacks has 3.14'
	expect_match "$output" 'the table has no 3.99'
	expect_match "$output" '3.2: has no row'
	expect_match "$output" '3.9: not up to date'
	expect_match "$output" '11_other.bats: no number in front of the name'
	run_status 1 scripts/security-table --write
	run_status 1 scripts/security-table
	[[ $output != *'not up to date'* ]]
	run_status 1 scripts/security-table --no-such-option
}
