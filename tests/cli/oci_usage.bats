#!/usr/bin/env bats
# The command lines of the OCI commands that need no container: options, help, what is refused, and how.
#
# shellcheck disable=SC2154 # stderr is set by bats' run

load ../lib/common

setup() { ROOT=$BATS_TEST_TMPDIR/state; }
teardown() { :; }

# fails_with LINE ARGUMENT...: exits with 1, prints nothing on stdout, and just LINE on stderr.
fails_with()
{
	local line=$1
	shift

	run_status 1 "$MINI_RUN" --root "$ROOT" "$@"
	expect_equal "$stderr" "$line"
	expect_equal "$output" ""
}

@test "every command has a help, by --help, -h and the command help, and ends with 0 [CLI-21]" {
	local command help

	for command in create start run state kill delete exec list ps pause resume update events spec features check; do
		echo "command: $command"
		run_ok "$MINI_RUN" "$command" --help
		expect_match "$output" "^Usage: mini-run $command "
		expect_equal "$stderr" ""
		help=$output
		expect_equal "$("$MINI_RUN" "$command" -h)" "$help"
		expect_equal "$("$MINI_RUN" help "$command")" "$help"
		grep -q "^  $command " < <("$MINI_RUN" --help)
	done
	expect_equal "$("$MINI_RUN" list -help)" "$("$MINI_RUN" list --help)"
	expect_equal "$("$MINI_RUN" help)" "$("$MINI_RUN" --help)"
	fails_with 'mini-run: nonsense: no such command (mini-run --help lists them)' help nonsense
}

@test "an option that there is not, and a word too many" {
	fails_with 'mini-run: --al: no such option (did you mean --all?)' kill --al x
	fails_with 'mini-run: --forma: no such option (did you mean --format?)' list --forma table
	fails_with 'mini-run: one word too many: b (--help tells what is taken)' state a b
	fails_with 'mini-run: one word too many: c (--help tells what is taken)' kill a TERM c
	fails_with 'mini-run: container "--all" does not exist' state -- --all
}

@test "checkpoint and restore exist to be refused: engines ask for their help to know [CLI-16]" {
	fails_with 'mini-run: checkpoint: mini-run does not checkpoint containers' checkpoint --help
	fails_with 'mini-run: checkpoint: mini-run does not checkpoint containers' \
		checkpoint --image-path /tmp --leave-running x
	fails_with 'mini-run: restore: mini-run does not restore containers' restore --lsm-mount-context
	fails_with 'mini-run: restore: mini-run does not restore containers' help restore
	run_ok "$MINI_RUN" --help
	[[ ! $output =~ checkpoint && ! $output =~ restore ]]
}

@test "the options that engines give to every command are taken in front of it and behind it [CLI-17]" {
	local -a flags

	for flags in "--systemd-cgroup" "--cgroup-manager cgroupfs" "--cgroup-manager=systemd" "--cgroup-manager disabled" \
		"--rootless true" "--rootless=false" "--rootless auto" "--debug" "--log-level warning" "--log-level=debug" \
		"--log-level error" "--log-format json" "-rootless auto" "-log-format=text" "--log /dev/stderr"; do
		echo "flags: $flags"
		read -ra flags <<<"$flags"
		run_ok "$MINI_RUN" --root "$ROOT" "${flags[@]}" list
		run_ok "$MINI_RUN" --root "$ROOT" list "${flags[@]}"
	done
	fails_with 'mini-run: --rootless maybe: is true, false or auto' --rootless maybe list
	fails_with 'mini-run: --log-level loud: not a level (error, warning, info or debug)' --log-level loud list
	fails_with 'mini-run: --cgroup-manager v3: not a manager (cgroupfs or disabled)' list --cgroup-manager v3
	fails_with 'mini-run: --root: needs a value (--root DIR)' --root
}

@test "--systemd-cgroup is an error of those who would make a cgroup [CLI-17]" {
	mkdir "$BATS_TEST_TMPDIR/bundle"
	"$MINI_RUN" spec -b "$BATS_TEST_TMPDIR/bundle"
	fails_with 'mini-run: x: systemd cgroup driver is not supported: configure cgroupfs' \
		--systemd-cgroup create -b "$BATS_TEST_TMPDIR/bundle" x
	fails_with 'mini-run: x: systemd cgroup driver is not supported: configure cgroupfs' \
		--cgroup-manager systemd create -b "$BATS_TEST_TMPDIR/bundle" x
	run_status 125 "$MINI_RUN" --root "$ROOT" --systemd-cgroup run "$BATS_TEST_TMPDIR" true
	expect_match "$stderr" '^mini-run: .*systemd cgroup driver is not supported: configure cgroupfs$'
}

@test "errors go to the log as JSON, in the form that engines read, and to stderr [CLI-19] [CLI-20]" {
	run_status 1 "$MINI_RUN" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" --log-format json delete none
	expect_equal "$stderr" 'mini-run: container "none" does not exist'
	expect_equal "$(jq -rc '[.level, .msg]' "$BATS_TEST_TMPDIR/log")" '["error","container \"none\" does not exist"]'
	expect_match "$(jq -r .time "$BATS_TEST_TMPDIR/log")" '^20[0-9-]{8}T[0-9:]{8}(\.[0-9]+)?Z$'
	run_status 1 "$MINI_RUN" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" --log-format json state none
	expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" 2
}

@test "the first lines of --version are those that engines take apart [CLI-18]" {
	run_ok "$MINI_RUN" --version
	expect_match "${lines[0]}" '^mini-run version [0-9]+\.[0-9]+\.[0-9]+$'
	expect_match "${lines[1]}" '^commit: '
	expect_equal "${lines[2]}" 'spec: 1.3.0'
}

@test "no command of these makes a state directory by looking" {
	"$MINI_RUN" --root "$ROOT" list
	run_status 1 "$MINI_RUN" --root "$ROOT" state x
	run_status 1 "$MINI_RUN" --root "$ROOT" kill x
	run_ok "$MINI_RUN" --root "$ROOT" delete --force x
	[[ ! -e $ROOT ]]
}
