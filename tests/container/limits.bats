#!/usr/bin/env bats
#
# Limits: each flag against the file of the real cgroup, read from the host's side; that they hold; and that one which
# this host cannot enforce is an error before anything starts. On whatever the host has: cgroup v1, v2, both, none.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

need_controller()
{
	has_controller "$1" || skip "this host has no $1 controller"
}

# expect_file CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE [OPTION...]: starts a container and looks.
expect_file()
{
	local -a limit=("${@:1:5}")
	shift 5

	container_start "$@" || return 1
	expect_limit "${limit[@]}" || return 1
	container_end
}

# ---- the files --------------------------------------------------------------------------------------------

@test "--memory, and no swap beside it" {
	need_root
	need_controller memory
	container_start --memory 64m
	expect_limit memory memory.limit_in_bytes 67108864 memory.max 67108864
	if [[ -e $(cgroup_dir memory)/memory.memsw.limit_in_bytes || -e $(cgroup_dir memory)/memory.swap.max ]]; then
		expect_limit memory memory.memsw.limit_in_bytes 67108864 memory.swap.max 0
	fi
	container_end
	expect_file memory memory.limit_in_bytes 1610612736 memory.max 1610612736 -m 1.5G
	expect_file memory memory.limit_in_bytes 10485760 memory.max 10485760 -m 10485760b
}

@test "--memory-swap and --memory-reservation" {
	need_root
	need_controller memory
	container_start -m 64m --memory-swap 100m --memory-reservation 32m
	if [[ -e $(cgroup_dir memory)/memory.memsw.limit_in_bytes || -e $(cgroup_dir memory)/memory.swap.max ]]; then
		expect_limit memory memory.memsw.limit_in_bytes 104857600 memory.swap.max 37748736
	fi
	expect_limit memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
	container_end
	container_start -m 64m --memory-swap -1
	if has_v2; then
		expect_limit memory - - memory.swap.max max
	else
		(($(cat "$(cgroup_dir memory)/memory.memsw.limit_in_bytes") > 1 << 60))
	fi
}

@test "--cpus" {
	need_root
	need_controller cpu
	container_start --cpus 0.5
	expect_limit cpu cpu.cfs_quota_us 50000 cpu.max '50000 100000'
	has_v2 || expect_limit cpu cpu.cfs_period_us 100000 - -
	container_end
	expect_file cpu cpu.cfs_quota_us 125000 cpu.max '125000 100000' --cpus 1.25
	expect_file cpu cpu.cfs_quota_us 1000 cpu.max '1000 100000' --cpus 0.01
}

@test "--cpu-shares and --cpu-weight are one setting on two scales" {
	need_root
	need_controller cpu
	expect_file cpu cpu.shares 1024 cpu.weight 100 --cpu-shares 1024
	expect_file cpu cpu.shares 262144 cpu.weight 10000 --cpu-shares 262144
	expect_file cpu cpu.shares 1024 cpu.weight 100 --cpu-weight 100
	expect_file cpu cpu.shares 2 cpu.weight 1 --cpu-weight 1
}

@test "--cpuset-cpus and --cpuset-mems" {
	need_root
	need_controller cpuset
	expect_file cpuset cpuset.cpus 0 cpuset.cpus 0 --cpuset-cpus 0
	expect_file cpuset cpuset.mems 0 cpuset.mems 0 --cpuset-mems 0
	run_ok inside --cpuset-cpus 0 -- /mnt/probe process
	expect_fact cpus 1
	run inside --cpuset-cpus 4000 -- true
	expect_equal "$status" 125
	run inside --cpuset-mems 63 -- true
	expect_equal "$status" 125
}

@test "--pids-limit, with 0 and -1 for none" {
	need_root
	need_controller pids
	expect_file pids pids.max 50 pids.max 50 --pids-limit 50
	expect_file pids pids.max max pids.max max --pids-limit 0
	expect_file pids pids.max max pids.max max --pids-limit -1
}

@test "all limits at once, each in its place" {
	need_root
	need_controller memory
	need_controller cpu
	need_controller pids
	need_controller cpuset
	container_start -m 64m --memory-swap 64m --cpus 2 --cpu-shares 1024 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 30
	expect_limit memory memory.limit_in_bytes 67108864 memory.max 67108864
	expect_limit cpu cpu.cfs_quota_us 200000 cpu.max '200000 100000'
	expect_limit cpu cpu.shares 1024 cpu.weight 100
	expect_limit cpuset cpuset.cpus 0 cpuset.cpus 0
	expect_limit pids pids.max 30 pids.max 30
	# In each hierarchy the process is there, by the number that the host knows it by.
	for controller in memory cpu cpuset pids; do
		grep -qx "$PID" "$(cgroup_dir $controller)/cgroup.procs"
	done
}

# ---- where ------------------------------------------------------------------------------------------------

@test "the cgroup is mini-run/NAME, or NAME below --cgroup-parent, and goes with all that was made for it" {
	local dir parent

	need_root
	need_controller memory
	container_start --name where-1 -m 64m
	dir=$(cgroup_dir memory)
	expect_match "$dir" '/mini-run/where-1$'
	[[ -d $dir ]]
	container_end
	[[ ! -e $dir ]]

	for parent in mini-run-test-parent /mini-run-test-parent/deep//er/ ./mini-run-test-parent/.; do
		container_start --name where-2 -m 64m --cgroup-parent "$parent"
		dir=$(cgroup_dir memory)
		expect_match "$dir" '/mini-run-test-parent(/deep/er)?/where-2$'
		expect_limit memory memory.limit_in_bytes 67108864 memory.max 67108864
		container_end
		[[ ! -e $dir && ! -e ${dir%%/mini-run-test-parent*}/mini-run-test-parent ]]
	done
}

@test "a parent that was there before stays" {
	local mount

	need_root
	need_controller memory
	container_start -m 64m
	mount=$(cgroup_dir memory)
	mount=${mount%/mini-run/*}
	container_end
	mkdir "$mount/own-parent-test"
	run inside --name x1 -m 64m --cgroup-parent own-parent-test -- true
	[[ -d $mount/own-parent-test && ! -e $mount/own-parent-test/x1 ]]
	rmdir "$mount/own-parent-test"
	expect_equal "$status" 0
}

@test "no --cgroup-parent leads out of the hierarchy or into its root" {
	local parent

	need_root
	for parent in .. ../.. ../../../tmp a/../b a/.. /.. '' $'a\nb' /sys/fs/cgroup /sys/fs/cgroup/x; do
		run --separate-stderr inside --cgroup-parent "$parent" -- true
		if ((status != 125)); then
			printf 'for --cgroup-parent %q\n' "$parent"
			show_result
			return 1
		fi
	done
}

@test "a cgroup that has processes is nobody else's: the name is refused and they live on" {
	need_root
	need_controller memory
	container_start --name taken -m 64m
	run inside --name taken -m 64m -- true
	expect_equal "$status" 125
	expect_match "$output" 'taken'
	kill -0 "$PID"
}

@test "inside, the cgroup is the root of its own hierarchy" {
	need_root
	run_ok inside -m 64m -- sed 's/^[0-9]*:[^:]*://' /proc/self/cgroup
	expect_equal "$(sort -u <<<"$output")" /
	run_ok inside --sysfs -m 64m -- sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true'
	if has_controller memory; then
		expect_equal "$output" 67108864
	fi
}

# ---- they hold ----------------------------------------------------------------------------------------------

@test "memory above the limit is the end of it, below it is not, and the host says why" {
	need_root
	need_controller memory
	run_ok inside -m 48m -- /mnt/probe memory 24
	run --separate-stderr inside -m 32m -- /mnt/probe memory 64
	expect_equal "$status" 137
	expect_match "$stderr" 'out of memory: limit 32 MiB'
	# The files of a tmpfs count.
	run --separate-stderr inside -m 32m --tmpfs /tmp -- dd if=/dev/zero of=/tmp/file bs=1M count=64
	expect_match "$stderr" 'out of memory: limit 32 MiB'
}

@test "a limit too small for any program is an error in words" {
	need_root
	need_controller memory
	run --separate-stderr inside -m 4k -- true
	((status == 125 || status == 137))
	expect_match "$stderr" 'memory'
}

@test "fork fails at --pids-limit, with threads of the container counted and none of the host" {
	need_root
	need_controller pids
	run_ok inside --pids-limit 10 -- /mnt/probe fork 50
	expect_fact children 9
	expect_fact end EAGAIN
	run_ok inside --pids-limit 1 -- /mnt/probe fork 5
	expect_fact children 0
	run_ok inside --pids-limit 0 -- /mnt/probe fork 50
	expect_fact children 50
}

@test "a fork bomb ends at its limit and is gone when the container is" {
	need_root
	need_controller pids
	run inside --pids-limit 30 -- sh -c 'bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 0.3; exit 7'
	expect_equal "$status" 7
}

# ---- --cgroup-conf ----------------------------------------------------------------------------------------------

@test "--cgroup-conf writes any file of a v2 cgroup, after the flags" {
	need_root
	has_v2 || skip "this host has its controllers in cgroup v1"
	container_start -m 64m --cgroup-conf memory.high=33554432 --cgroup-conf cgroup.max.depth=3 --cgroup-conf pids.max=77
	expect_limit memory - - memory.high 33554432
	expect_limit memory - - cgroup.max.depth 3
	expect_limit pids - - pids.max 77
	expect_limit memory - - memory.max 67108864
}

@test "--cgroup-conf for a controller that v2 does not have here is an error, and one that has no controller works" {
	need_root
	if has_v2; then
		refused 'banana' --cgroup-conf banana.max=1 -- true
	else
		refused 'memory.*v2' --cgroup-conf memory.high=5M -- true
		refused 'pids.*v2' --cgroup-conf pids.max=5 -- true
	fi
	run_ok inside --cgroup-conf cgroup.max.depth=5 -- true
}

@test "keys of --cgroup-conf that are none, or mini-run's own, are refused" {
	local key

	need_root
	for key in cgroup.procs cgroup.kill cgroup.freeze cgroup.type cgroup.threads cgroup.subtree_control ../memory.max \
		memory/../../x.max /memory.max memory .max . .. '' memory. a.b/c; do
		run --separate-stderr inside --cgroup-conf "$key=1" -- true
		if ((status != 125)); then
			printf 'for --cgroup-conf %q\n' "$key=1"
			show_result
			return 1
		fi
	done
	refused '' --cgroup-conf memory.max -- true
	# A value that the kernel refuses names the file.
	refused 'cgroup.max.depth' --cgroup-conf cgroup.max.depth=banana -- true
}

# ---- values ---------------------------------------------------------------------------------------------------

@test "limits that mean nothing are refused before anything is made" {
	local option

	need_root
	for option in --memory=0 --memory=-1 --memory=12q --memory= --memory=1.5.5g --memory=+5m --memory=9999999999999g \
		--memory-swap=100m --cpus=0 --cpus=-1 --cpus=abc --cpus=0.0001 --cpus= --cpu-shares=1 --cpu-shares=262145 \
		--cpu-weight=0 --cpu-weight=10001 --cpuset-cpus=a --cpuset-cpus=1- --cpuset-cpus=2-1 --cpuset-cpus= --cpuset-mems=x \
		--pids-limit=-2 --pids-limit=x --pids-limit=4194305; do
		run --separate-stderr inside "$option" -- true
		if ((status != 125)); then
			echo "for $option"
			show_result
			return 1
		fi
	done
	refused 'memory-swap' -m 64m --memory-swap 32m -- true
	refused 'memory-reservation' -m 64m --memory-reservation 128m -- true
	refused 'one' --cpu-shares 1024 --cpu-weight 100 -- true
}

# ---- hosts that cannot ------------------------------------------------------------------------------------------

@test "where v2 has no controllers, a limit is an error that names the remedy, and without one it runs" {
	need_root
	! has_v2 || skip "the only cgroup hierarchy of this host has all controllers"
	# Controllers that are bound to v1 hierarchies are not in a v2 one.
	run_ok own_mounts '
		mount -t cgroup2 own /sys/fs/cgroup
		for option in --memory=64m --cpus=1 --pids-limit=50 --cpuset-cpus=0 --cpu-shares=1024; do
			inside "$option" -- true 2>"$FS/error" && exit 1
			grep -q -- "${option%=*}: this host has no .* controller" "$FS/error"
			grep -q "leave the limit out" "$FS/error"
			[[ $(wc -l <"$FS/error") == 1 ]]
		done
		inside -- sh -c "echo runs=1; cat /proc/self/cgroup | sed -n \"s/^0::/cgroup=/p\"
			mknod /dev/kmsg c 1 11; /mnt/probe open w /dev/kmsg"
	'
	expect_fact runs 1
	expect_fact cgroup /
	# The devices are guarded all the same.
	expect_fact /dev/kmsg EPERM
}

@test "where there are no cgroups at all, a limit is an error, and without one it runs with devices out of reach" {
	need_root
	run_ok own_mounts '
		umount -R /sys/fs/cgroup
		for option in --memory=64m --cpus=1 --pids-limit=50 --cgroup-conf=memory.high=5M; do
			inside "$option" -- true 2>"$FS/error" && exit 1
			grep -qE -- "${option%=*}|memory.high" "$FS/error"
		done
		inside -- sh -c "echo runs=1; mknod /dev/kmsg c 1 11 2>/dev/null; /mnt/probe open w /dev/kmsg"
	'
	expect_fact runs 1
	[[ $(fact /dev/kmsg) =~ ^(EPERM|ENOENT)$ ]]
}

@test "a cgroup whose processes forbid controllers is explained, with a remedy" {
	need_root
	has_v2 || skip "only cgroup v2 has that rule"
	local busy=/sys/fs/cgroup/busy-parent-test
	mkdir "$busy"
	sleep 1000 3>&- &
	local sleeper=$!
	echo "$sleeper" >"$busy/cgroup.procs"
	run --separate-stderr inside -m 64m --cgroup-parent busy-parent-test -- true
	local limited=$status message=$stderr
	kill "$sleeper"
	wait "$sleeper" || true
	eventually rmdir "$busy"
	expect_equal "$limited" 125
	expect_match "$message" 'subtree_control.*busy.*--cgroup-parent'
}

# ---- what the container makes itself ------------------------------------------------------------------------------

@test "cgroups that a container made in its own, with processes in them, go with it" {
	need_root
	need_controller pids
	# The pids hierarchy of v1, or the only one of v2: the container sees no more of it than its own.
	local mount='mount -t cgroup2 own /tmp'
	has_v2 || mount='mount -t cgroup -o pids own /tmp'
	new_root
	run_ok inside --privileged --pids-limit 50 -- sh -c "$mount"'
		ls -d /tmp/mini-run 2>/dev/null
		mkdir -p /tmp/nested/a/b/c /tmp/nested/d /tmp/other && echo made=1
		(echo 0 >/tmp/nested/a/b/c/cgroup.procs; sleep 1000) &
		until grep -q . /tmp/nested/a/b/c/cgroup.procs; do sleep 0.1; done
		echo inside=1'
	expect_equal "$output" $'made=1\ninside=1'
}
