#!/usr/bin/env bats
#
# What a mini-run that was killed has left is found and removed by the next one; and nothing else is: no process
# that has got the pid, no directory that somebody still holds.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	STATE=$BATS_TEST_TMPDIR/state
}

sweep() { run_ok "$MINI_RUN" --root "$STATE" run "$ROOTFS" true; }

expect_state() { expect_equal "$(ls -A "$STATE")" "$1"; }

# start_time PID: field 22 of /proc/PID/stat (the name before it has no space here).
start_time() { cut -d ' ' -f 22 "/proc/$1/stat"; }

@test "the next run removes state and cgroups of one that was killed" {
	local id init

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	expect_state "$id"
	init=$(init_pid)
	kill -KILL "$RUN_PID"
	await_status 137
	eventually process_gone "$init"
	expect_state "$id"
	[[ $(cgroups_of "$id") ]]
	sweep
	expect_state ""
	expect_no_cgroup "$id"
}

@test "a name is free again when its owner was killed" {
	local id init

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	init=$(init_pid)
	kill -KILL "$RUN_PID"
	await_status 137
	run_ok "$MINI_RUN" --root "$STATE" run --name "$id" "$ROOTFS" echo again
	expect_equal "$output" again
	process_gone "$init"
	expect_state ""
}

@test "nested cgroups of a killed one are removed too" {
	local id dir init

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	init=$(init_pid)
	for dir in $(cgroups_of "$id"); do
		mkdir -p "$dir/inner/most"
	done
	kill -KILL "$RUN_PID"
	await_status 137
	eventually process_gone "$init"
	sweep
	expect_no_cgroup "$id"
}

@test "a process that is still alive in the litter is ended" {
	local id leftover

	need_root
	id=$(container_name)
	mkdir -p "$STATE/$id"
	chmod 700 "$STATE"
	# As if PID 1 hung in the kernel while mini-run was killed.
	sleep 1000 3>&- &
	leftover=$!
	printf '{"id":"%s","pid":%d,"startTime":%d,"cgroups":[]}\n' "$id" "$leftover" "$(start_time "$leftover")" >"$STATE/$id/state.json"
	sweep
	expect_state ""
	status=0
	wait "$leftover" || status=$?
	expect_equal "$status" 137
}

@test "a process that only has the same pid is left alone" {
	local id innocent

	need_root
	id=$(container_name)
	mkdir -p "$STATE/$id"
	chmod 700 "$STATE"
	sleep 1000 3>&- &
	innocent=$!
	printf '{"id":"%s","pid":%d,"startTime":%d,"cgroups":[]}\n' "$id" "$innocent" "$(($(start_time "$innocent") - 1))" >"$STATE/$id/state.json"
	mkdir "$STATE/$id-2"
	printf '{"id":"%s","pid":%d,"cgroups":[]}\n' "$id-2" "$innocent" >"$STATE/$id-2/state.json"
	sweep
	expect_state ""
	kill -TERM "$innocent"
	status=0
	wait "$innocent" || status=$?
	expect_equal "$status" 143
}

@test "a directory whose owner lives is not litter" {
	need_root
	background_ready --root "$STATE" run --name "$(container_name)" "$ROOTFS" /bin/sh -c 'trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	sweep
	sweep
	expect_state "$(container_name)"
	[[ $(cgroups_of "$(container_name)") ]]
	kill -USR1 "$RUN_PID"
	await_status 9
	expect_state ""
}

@test "directories without a state file, or with garbage in it, are removed" {
	local content n=0

	need_root
	mkdir -p "$STATE/empty"
	chmod 700 "$STATE"
	for content in '' 'garbage' '{' '[]' '{"pid":"x","cgroups":7}' '{"pid":-1,"startTime":0,"cgroups":[7,null]}'; do
		mkdir "$STATE/garbage-$((++n))"
		printf '%s' "$content" >"$STATE/garbage-$n/state.json"
	done
	mkdir "$STATE/new"
	echo '{' >"$STATE/new/.state.json.new"
	sweep
	expect_state ""
}

@test "a state file that names what is no cgroup of ours removes nothing" {
	local id bystander

	need_root
	id=$(container_name)
	bystander=$BATS_TEST_TMPDIR/bystander
	mkdir -p "$STATE/$id" "$bystander"
	chmod 700 "$STATE"
	ln -s / "$BATS_TEST_TMPDIR/link"
	printf '{"cgroups":["%s","/sys/fs/cgroup","/sys/fs/cgroup/../../../%s","%s"]}\n' "$bystander" "$bystander" \
		"$BATS_TEST_TMPDIR/link" >"$STATE/$id/state.json"
	sweep
	[[ -d $bystander ]]
	[[ -d /sys/fs/cgroup ]]
	# It names what cannot be removed: the directory may stay, and does not stand in the way.
	sweep
	rm -rf "${STATE:?}/$id"
}

@test "files and links in the state directory are not followed and not taken for containers" {
	need_root
	mkdir -p "$STATE" "$BATS_TEST_TMPDIR/elsewhere"
	chmod 700 "$STATE"
	echo '{"cgroups":[]}' >"$BATS_TEST_TMPDIR/elsewhere/state.json"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$STATE/link"
	: >"$STATE/file"
	sweep
	[[ -e $BATS_TEST_TMPDIR/elsewhere/state.json ]]
}

@test "a state directory that others can write to is refused" {
	need_root
	mkdir "$STATE"
	chmod 777 "$STATE"
	expect_error 125 'state directory .*not this user' "$MINI_RUN" --root "$STATE" run "$ROOTFS" true
	ln -s "$STATE" "$BATS_TEST_TMPDIR/link"
	expect_error 125 'state directory' "$MINI_RUN" --root "$BATS_TEST_TMPDIR/link" run "$ROOTFS" true
}

@test "twenty at once are all right, and nothing is left" {
	local n
	local -a pids=()

	need_root
	for ((n = 0; n < 20; n++)); do
		"$MINI_RUN" --root "$STATE" run --memory 64m "$ROOTFS" /bin/sh -c "exit $n" </dev/null 2>>"$BATS_TEST_TMPDIR/err" 3>&- &
		pids+=($!)
	done
	for ((n = 0; n < 20; n++)); do
		status=0
		wait "${pids[n]}" || status=$?
		expect_equal "$status" "$n"
	done
	expect_equal "$(cat "$BATS_TEST_TMPDIR/err")" ""
	expect_state ""
}

@test "of several that want the same name at once one gets it" {
	local n id winners=0
	local -a pids=()

	need_root
	id=$(container_name)
	# Each that gets it holds it until all others have been refused.
	for ((n = 0; n < 6; n++)); do
		"$MINI_RUN" --root "$STATE" run --name "$id" "$ROOTFS" /bin/sh -c 'trap "exit 9" USR1; sleep 1000 & wait' \
			</dev/null 2>>"$BATS_TEST_TMPDIR/err" 3>&- &
		pids+=($!)
	done
	eventually refused_are 5
	expect_equal "$(grep -c 'exists already' "$BATS_TEST_TMPDIR/err")" 5
	kill -USR1 "${pids[@]}" 2>/dev/null || true
	for n in "${pids[@]}"; do
		status=0
		wait "$n" || status=$?
		[[ $status == 125 ]] || winners=$((winners + 1))
	done
	expect_equal "$winners" 1
}

refused_are() { (($(wc -l <"$BATS_TEST_TMPDIR/err") == $1)); }
