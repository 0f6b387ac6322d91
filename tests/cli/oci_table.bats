#!/usr/bin/env bats
#
# docs/oci.md and the tests name the same rules of the OCI specification, and no rule is without a test.
#
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
	cp -r "$REPO"/tests/{cli,container,engines,oci,unit} "$BATS_TEST_TMPDIR/copy/tests"
	cd "$BATS_TEST_TMPDIR/copy" || return
}

@test "every rule in docs/oci.md has its test, and every rule that a test names is there" {
	run_ok "$REPO/scripts/oci-table" --check
	expect_equal "$output" ""
}

@test "the table has every rule of the specification that is counted, in order" {
	local kinds

	run_ok grep -oE '^\| [A-Z]+-[0-9]+ ' "$REPO/docs/oci.md"
	kinds=$(tr -d '| ' <<<"$output" | awk -F- '{ if ($1 != kind) { if (kind) printf "%s%d ", kind, n; kind = $1; n = 0 }
		if ($2 != n + 1) printf "(%s-%d?) ", $1, $2; n++ } END { printf "%s%d\n", kind, n }')
	expect_equal "$kinds" "BUN3 VER3 STA8 LIF19 ERR6 ROOT4 MNT15 PROC8 RLIM4 CAP3 LSM2 OOM1 SCH3 IOP1 AFF1 UTS2 PER1 \
HOOK10 ANN3 NS7 UID2 TIME1 DEV5 NET5 CG8 MEM9 CPU6 IO3 HUG1 PIDS1 RDMA1 CLS1 UNI4 RDT12 MPOL3 SYS1 SEC13 FEAT10 CLI24"
}

@test "a test without its rule, a rule without its test, and a column of last week are found" {
	copy
	run_ok scripts/oci-table
	sed -i 's/ \[AFF-1\]"/ [AFF-99]"/' tests/oci/exec.bats
	sed -i -e 's/^| OOM-1 |.*$/| OOM-1 | a score | done | nothing |/' -e '/^| OOM-1 /a | OOM-2 | more | done |  |' docs/oci.md
	run_status 1 scripts/oci-table
	expect_match "$output" 'OOM-2: no test has \[OOM-2\]'
	expect_match "$output" 'tests/oci/exec.bats: .*: the table has no AFF-99'
	expect_match "$output" 'OOM-1: not up to date'
	run_status 1 scripts/oci-table --write
	run_status 1 scripts/oci-table
	[[ $output != *OOM-1:* ]]
}
