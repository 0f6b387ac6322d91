#!/usr/bin/env bats
#
# When mini-run is killed its guard cleans up. What is left when both are killed is found and removed by the next
# one; and nothing else is: no process that has got the pid, no directory that somebody still holds.
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

# note ID PID START [BOOT [FOREGROUND]]: the state of a container that somebody left, with these in it.
note()
{
	mkdir -p "$STATE/$1"
	chmod 700 "$STATE"
	printf '{"id":"%s","pid":%d,"startTime":%d,"bootId":"%s","foreground":%s,"cgroups":[]}\n' "$1" "$2" "$3" \
		"${4:-$(cat /proc/sys/kernel/random/boot_id)}" "${5:-true}" >"$STATE/$1/state.json"
}

# ends_by SIGNAL PID: the process, a child of the test, has ended by this signal; it did not end by itself.
ends_by()
{
	status=0
	wait "$2" || status=$?
	expect_equal "$status" $((128 + $1))
}

nothing_left_of() { [[ -z $(ls -A "$STATE") && -z $(cgroups_of "$1") ]]; }

@test "when mini-run is killed its guard removes state and cgroups" {
	local id init

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	expect_state "$id"
	[[ $(cgroups_of "$id") ]]
	init=$(init_pid)
	kill -KILL "$RUN_PID"
	await_status 137
	eventually process_gone "$init"
	eventually nothing_left_of "$id"
}

@test "the guard ends with the container" {
	local guard

	need_root
	background_ready --root "$STATE" run "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	guard=$(children_of "$RUN_PID" | cut -d ' ' -f 2)
	expect_equal "$(cat "/proc/$guard/comm")" mini-run-guard
	kill -TERM "$RUN_PID"
	await_status 143
	process_gone "$guard"
}

@test "a container goes on and ends as usual when its guard was killed" {
	need_root
	background_ready --root "$STATE" run "$ROOTFS" /bin/sh -c 'trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	kill -KILL "$(children_of "$RUN_PID" | cut -d ' ' -f 2)"
	kill -USR1 "$RUN_PID"
	await_status 9
	expect_state ""
}

@test "the next run removes state and cgroups of one that was killed with its guard" {
	local id

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	kill_with_guard
	expect_state "$id"
	[[ $(cgroups_of "$id") ]]
	sweep
	expect_state ""
	expect_no_cgroup "$id"
}

@test "a name is free again when its owner was killed" {
	local id

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	kill_with_guard
	run_ok "$MINI_RUN" --root "$STATE" run --name "$id" "$ROOTFS" echo again
	expect_equal "$output" again
	expect_state ""
}

@test "nested cgroups of a killed one are removed too" {
	local id dir

	need_root
	id=$(container_name)
	background_ready --root "$STATE" run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	for dir in $(cgroups_of "$id"); do
		mkdir -p "$dir/inner/most"
	done
	kill_with_guard
	sweep
	expect_no_cgroup "$id"
}

@test "a process that is still alive in the litter is ended" {
	local leftover

	need_root
	# As if PID 1 hung in the kernel while mini-run was killed.
	sleep 1000 3>&- &
	leftover=$!
	note "$(container_name)" "$leftover" "$(start_time "$leftover")"
	sweep
	expect_state ""
	process_gone "$leftover" || kill -TERM "$leftover"
	ends_by 9 "$leftover"
}

@test "a process that only has the same pid is left alone" {
	local innocent start

	need_root
	sleep 1000 3>&- &
	innocent=$!
	start=$(start_time "$innocent")
	# It began at another time, or in another life of this machine, or nobody knows when.
	note "$(container_name 1)" "$innocent" $((start - 1))
	note "$(container_name 2)" "$innocent" "$start" 01234567-89ab-cdef-0123-456789abcdef
	mkdir "$STATE/$(container_name 3)"
	printf '{"id":"%s","pid":%d,"foreground":true,"cgroups":[]}\n' "$(container_name 3)" "$innocent" >"$STATE/$(container_name 3)/state.json"
	sweep
	expect_state ""
	process_gone "$innocent" || kill -TERM "$innocent"
	ends_by 15 "$innocent"
}

@test "a container that was not run in the foreground is left alone, stopped ones too" {
	local other

	need_root
	sleep 1000 3>&- &
	other=$!
	note "$(container_name)" "$other" "$(start_time "$other")" "" false
	sweep
	expect_state "$(container_name)"
	process_gone "$other" || kill -TERM "$other"
	ends_by 15 "$other"
	sweep
	# It has stopped, and stays until it is deleted.
	expect_state "$(container_name)"
	"$MINI_RUN" --root "$STATE" delete "$(container_name)"
	expect_state ""
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
	expect_equal "$(grep -c 'already exists' "$BATS_TEST_TMPDIR/err")" 5
	kill -USR1 "${pids[@]}" 2>/dev/null || true
	for n in "${pids[@]}"; do
		status=0
		wait "$n" || status=$?
		[[ $status == 125 ]] || winners=$((winners + 1))
	done
	expect_equal "$winners" 1
}

refused_are() { (($(wc -l <"$BATS_TEST_TMPDIR/err") == $1)); }
