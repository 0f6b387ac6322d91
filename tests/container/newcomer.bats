#!/usr/bin/env bats
#
# The ten checks that a newcomer makes to see whether this is a container at all.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

@test "1: echo \$\$ prints 1" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'echo $$'
	expect_equal "$output" 1
}

@test "2: the host name is the generated name" {
	need_root
	run_ok "$MINI_RUN" run --cidfile "$BATS_TEST_TMPDIR/id" "$ROOTFS" /bin/hostname
	expect_match "$output" '^mini-run-[0-9a-f]{8}$'
	expect_equal "$output" "$(cat "$BATS_TEST_TMPDIR/id")"
}

@test "3: mount shows the root, /proc with its masks, /dev with its pts, and nothing of the host" {
	local path type options point
	local -A expected=()

	need_root
	for path in / /proc /dev /dev/pts; do
		expected[$path]=rw
	done
	for path in acpi asound dynamic_debug interrupts kcore key-users keys kpagecgroup kpagecount kpageflags \
		latency_stats sched_debug scsi slabinfo timer_list timer_stats vmallocinfo vmcore \
		bus driver fs irq sys sysrq-trigger; do
		[[ ! -e /proc/$path ]] || expected[/proc/$path]=ro
	done
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/mount
	while read -r _ _ point _ type options; do
		echo "$point is a $type with $options"
		expect_match "${expected[$point]:-unexpected}" '^(rw|ro)$'
		expect_match "$options" "^\\((${expected[$point]}),"
		case $point in
		/proc) expect_match "$type $options" '^proc .*rw,nosuid,nodev,noexec' ;;
		/dev) expect_match "$type $options" '^tmpfs .*rw,nosuid,noexec' ;;
		/dev/pts) expect_match "$type $options" '^devpts .*rw,nosuid,noexec' ;;
		esac
		unset "expected[$point]"
	done <<<"$output"
	expect_equal "${!expected[*]}" ""
	[[ $output != *"$REPO"* ]]
}

@test "3: what is masked is empty, and what is read-only cannot be written" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/sh -c '
		for file in /proc/kcore /proc/keys /proc/key-users /proc/timer_list /proc/interrupts /proc/slabinfo \
			/proc/vmallocinfo /proc/kpagecount; do
			[ ! -e $file ] || [ -z "$(head -c 1 $file)" ] || echo "$file is readable"
		done
		for directory in /proc/acpi /proc/dynamic_debug; do
			[ ! -d $directory ] || [ -z "$(ls -A $directory)" ] || echo "$directory is not empty"
		done
		for file in /proc/sys/kernel/domainname /proc/sysrq-trigger; do
			! echo x 2>/dev/null >$file || echo "$file is writable"
		done'
	expect_equal "$output" ""
}

@test "4: ps aux shows only its own processes" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/ps aux
	expect_equal "$(wc -l <<<"$output")" 2
	expect_match "$(tail -n 1 <<<"$output")" '^ *1 root +/bin/ps aux$'
}

@test "5: there is no /.old_root and no path of the host in /" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/ls -A /
	expect_equal "$output" "$(LC_ALL=C ls -A "$ROOTFS")"
	run_status 1 "$MINI_RUN" run "$ROOTFS" /bin/ls -d /.old_root "$REPO"
	expect_equal "$output" ""
}

@test "6: memory and CPU limits are as asked, and cgroup.procs has the host's pid" {
	local id pid

	need_root
	id=$(container_name)
	background_ready run --name "$id" --memory 64m --cpus 0.5 --pid-file "$BATS_TEST_TMPDIR/pid" "$ROOTFS" \
		/bin/sh -c 'echo ready; exec sleep 1000'
	expect_equal "$(cgroup_value "$id" memory.max memory.limit_in_bytes)" $((64 * 1024 * 1024))
	if has_v2; then
		expect_equal "$(cgroup_value "$id" cpu.max)" "50000 100000"
	else
		expect_equal "$(cgroup_value "$id" cpu.cfs_quota_us)" 50000
		expect_equal "$(cgroup_value "$id" cpu.cfs_period_us)" 100000
	fi
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	expect_equal "$(cgroup_value "$id" cgroup.procs)" "$pid"
	expect_match "$(grep NSpid: "/proc/$pid/status")" $'[ \t]1$'
	kill -TERM "$RUN_PID"
	await_status 143
}

@test "7: a memory bomb is killed, and the host and other containers are not hurt" {
	local id host_process

	need_root
	id=$(container_name)
	sleep 1000 3>&- &
	host_process=$!
	background_ready run --name "$id-other" "$ROOTFS" /bin/sh -c 'trap "exit 7" USR1; echo ready; sleep 1000 & wait'
	run_status 137 "$MINI_RUN" run --name "$id" --memory 32m "$ROOTFS" /bin/dd if=/dev/zero of=/dev/null bs=100M count=1
	expect_equal "$stderr" "mini-run: $id: out of memory: limit 32 MiB, 1 process killed"
	kill -USR1 "$RUN_PID"
	await_status 7
	kill "$host_process"
	wait "$host_process" || status=$?
	expect_equal "$status" 143
}

@test "8: yes >/dev/null stays at the fraction of a CPU that was asked for" {
	local report=$BATS_TEST_TMPDIR/report try

	need_root
	# Never more than asked for, by the wall clock. Not less either: a host whose CPUs are busy with other things
	# gives less, but in each period (of 100 ms) in which the kernel stopped it, it had had all that it may have.
	for try in 1 2 3; do
		echo "try $try"
		run_status 124 "$MINI_RUN" run --cpus 0.5 --timeout 4s --report=json:"$report" "$ROOTFS" \
			/bin/sh -c 'exec yes >/dev/null'
		cat "$report"
		jq -e '(.userTimeUs + .systemTimeUs) / .wallTimeUs <= 0.6' "$report"
		if jq -e '.throttledPeriods >= 4' "$report"; then
			jq -e '(.userTimeUs + .systemTimeUs) / (.throttledPeriods * 100000) >= 0.45' "$report"
			return 0
		fi
	done
	skip "the limit was never reached: other work keeps this host's CPUs too busy"
}

@test "9: the cgroup is gone after the end" {
	local id

	need_root
	id=$(container_name)
	run_ok "$MINI_RUN" run --name "$id" --memory 64m "$ROOTFS" true
	expect_no_cgroup "$id"
}

@test "9: the cgroup is gone after Ctrl-C" {
	local id

	need_root
	id=$(container_name)
	tmux_start sh -c '"$@"; echo status=$?' - "$MINI_RUN" run --name "$id" --memory 64m "$ROOTFS" \
		/bin/sh -c 'echo rea""dy; exec sleep 1000'
	tmux_wait '^ready'
	[[ $(cgroups_of "$id") ]]
	tmux_type C-c
	tmux_wait '^(\^C)?status=130'
	expect_no_cgroup "$id"
}

@test "9: the cgroup is gone after SIGTERM" {
	local id

	need_root
	id=$(container_name)
	background_ready run --name "$id" --memory 64m "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	[[ $(cgroups_of "$id") ]]
	kill -TERM "$RUN_PID"
	await_status 143
	expect_no_cgroup "$id"
}

@test "10: exit 42 gives 42" {
	need_root
	run_status 42 "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'exit 42'
	expect_equal "$output$stderr" ""
}
