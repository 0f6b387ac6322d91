#!/usr/bin/env bats
#
# Where the cgroups of a container are, whose they are, what is written to them, and the commands that work by them:
# update, pause, resume, kill --all, events, exec --cgroup.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

pure_v2() { [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; }

# mount_of CONTROLLER: where its hierarchy is mounted; of v2 where that has all of them.
mount_of()
{
	if pure_v2; then
		echo /sys/fs/cgroup
	else
		echo "/sys/fs/cgroup/$1"
	fi
}

need_controller()
{
	if pure_v2; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || skip "this host has no $1 controller"
	else
		[[ -d /sys/fs/cgroup/$1 ]] || skip "this host has no $1 controller"
	fi
}

sleeping()
{
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
}

# place PATH: linux.cgroupsPath.
place() { bundle_edit --arg p "$1" '.linux.cgroupsPath = $p'; }

# limit JSON: adds to linux.resources.
limit() { bundle_edit --argjson r "$1" '.linux.resources += $r'; }

# value CONTROLLER V1-FILE V2-FILE: of the container at $PLACE, by default mini-run/$id.
value()
{
	if pure_v2; then
		cat "$(mount_of "$1")/${PLACE:-mini-run/$id}/$3"
	else
		cat "$(mount_of "$1")/${PLACE:-mini-run/$id}/$2"
	fi
}

expect_value() { expect_equal "$(value "$1" "$2" "$3")" "$(if pure_v2; then echo "$5"; else echo "$4"; fi)"; }

# ---- places ---------------------------------------------------------------------------------------------------

@test "without cgroupsPath it is mini-run/ID, in every hierarchy, and gone with the container [CG-3] [LIF-12]" {
	sleeping
	oci_create "$id"
	pid=$(oci_state "$id" pid)
	if pure_v2; then
		expect_equal "$(cat "/proc/$pid/cgroup")" "0::/mini-run/$id"
	else
		for controller in memory pids cpu cpuset freezer devices; do
			[[ -d /sys/fs/cgroup/$controller ]] || continue
			expect_line "/proc/$pid/cgroup" ":[^:]*\b$controller\b[^:]*:/mini-run/$id\$"
		done
	fi
	run_ok oci delete --force "$id"
	expect_no_cgroup "$id"
}

expect_line()
{
	grep -q "$2" "$1" && return
	printf 'no line of %s matches %s:\n%s\n' "$1" "$2" "$(<"$1")"
	return 1
}

@test "an absolute and a relative path are the same place, below the mount [CG-1] [CG-2]" {
	local path

	path=$(container_id tree)/deep
	sleeping
	for given in "//$path/" "$path"; do
		place "$given"
		oci_create "$id"
		expect_equal "$(cat "$(mount_of pids)/$path/cgroup.procs")" "$(oci_state "$id" pid)"
		run_ok oci delete --force "$id"
		[[ ! -e $(mount_of pids)/${path%/deep} ]]
	done
}

@test "a unit of systemd, and a path out of the tree, are refused [CG-4]" {
	sleeping
	place "system.slice:prefix:name"
	expect_oci_error 'systemd cgroup driver is not supported' oci create --bundle "$BUNDLE" "$id"
	place "/a/../../b"
	expect_oci_error '"\.\."' oci create --bundle "$BUNDLE" "$id"
	oci_gone "$id"
}

# make_place PATH: as an engine would make it beforehand.
make_place()
{
	local controller

	PLACE=$1
	if pure_v2; then
		mkdir -p "/sys/fs/cgroup/$PLACE"
	else
		mkdir -p "/sys/fs/cgroup/memory/$PLACE" "/sys/fs/cgroup/pids/$PLACE"
	fi
}

remove_place()
{
	rmdir "$(mount_of memory)/$1" 2>/dev/null || true
	rmdir "$(mount_of pids)/$1" 2>/dev/null || true
}

@test "a directory that is there is joined, gets the limits, and stays [LIF-12] [CG-5]" {
	need_controller memory
	sleeping
	make_place "$(container_id engine)"
	place "/$PLACE"
	limit '{"memory": {"limit": 67108864}, "pids": {"limit": 33}}'
	# Twice: what ended the first one must not end the second.
	for _ in 1 2; do
		oci_create "$id"
		oci_start "$id"
		expect_value memory memory.limit_in_bytes memory.max 67108864 67108864
		expect_value pids pids.max pids.max 33 33
		[[ $(value pids cgroup.procs cgroup.procs) == "$(oci_state "$id" pid)" ]]
		run_ok oci delete --force "$id"
		[[ -d $(mount_of pids)/$PLACE && -d $(mount_of memory)/$PLACE ]]
		pure_v2 || [[ ! -e /sys/fs/cgroup/freezer/$PLACE ]]
	done
	remove_place "$PLACE"
}

@test "create refuses a directory that has processes or is frozen, and leaves it alone [CG-5]" {
	sleeping
	make_place "$(container_id busy)"
	place "/$PLACE"
	sleep 1000 3>&- &
	pid=$!
	echo "$pid" >"$(mount_of pids)/$PLACE/cgroup.procs"
	expect_oci_error "container's cgroup is not empty: 1 process" oci create --bundle "$BUNDLE" "$id"
	kill -0 "$pid"
	kill "$pid"
	wait "$pid" || true
	if pure_v2 || [[ -d /sys/fs/cgroup/freezer ]]; then
		mkdir -p "$(mount_of freezer)/$PLACE"
		if pure_v2; then
			echo 1 >"/sys/fs/cgroup/$PLACE/cgroup.freeze"
		else
			echo FROZEN >"/sys/fs/cgroup/freezer/$PLACE/freezer.state"
		fi
		expect_oci_error 'frozen' oci create --bundle "$BUNDLE" "$id"
		expect_value freezer freezer.state cgroup.freeze FROZEN 1
		rmdir "$(mount_of freezer)/$PLACE"
	fi
	oci_gone "$id"
	remove_place "$PLACE"
}

# ---- whose it is ------------------------------------------------------------------------------------------------

@test "v2: the directory belongs to the container where it may write there [CG-6]" {
	pure_v2 || skip "this host has no pure cgroup v2 hierarchy"
	sleeping
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		| .linux.gidMappings = .linux.uidMappings
		| (.mounts[] | select(.destination == "/sys/fs/cgroup")).options -= ["ro"]'
	oci_create "$id"
	dir=/sys/fs/cgroup/mini-run/$id
	expect_equal "$(stat -c %u "$dir" "$dir/cgroup.procs" "$dir/cgroup.threads" "$dir/cgroup.subtree_control" | uniq)" \
		100000
	expect_equal "$(stat -c %u "$dir/memory.max" "$dir/cgroup.freeze" | uniq)" 0
	run_ok oci delete --force "$id"
	bundle_edit '(.mounts[] | select(.destination == "/sys/fs/cgroup")).options += ["ro"]'
	oci_create "$id"
	expect_equal "$(stat -c %u "$dir" "$dir/cgroup.procs" | uniq)" 0
}

@test "v1: the directories stay root's [CG-7]" {
	pure_v2 && skip "this host has no cgroup v1"
	sleeping
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		| .linux.gidMappings = .linux.uidMappings
		| (.mounts[] | select(.destination == "/sys/fs/cgroup")).options -= ["ro"]'
	oci_create "$id"
	expect_equal "$(stat -c %u "/sys/fs/cgroup/"{memory,pids}"/mini-run/$id" | uniq)" 0
}

# ---- limits -----------------------------------------------------------------------------------------------------

@test "limits are in the files [MEM-1] [MEM-2] [CPU-1] [CPU-2] [CPU-3] [CPU-5] [PIDS-1]" {
	need_controller memory
	need_controller cpu
	sleeping
	bundle_args sh -c 'nproc; exec sleep 1000'
	limit '{"memory": {"limit": 67108864, "reservation": 33554432, "kernel": -1, "disableOOMKiller": false},
		"cpu": {"shares": 512, "quota": 50000, "period": 200000, "burst": 10000, "cpus": "0", "mems": "0"},
		"pids": {"limit": 44}}'
	oci_create "$id"
	expect_value memory memory.limit_in_bytes memory.max 67108864 67108864
	expect_value memory memory.soft_limit_in_bytes memory.low 33554432 33554432
	expect_value cpu cpu.shares cpu.weight 512 59
	expect_value cpu cpu.cfs_quota_us cpu.max 50000 "50000 200000"
	expect_value cpu cpu.cfs_burst_us cpu.max.burst 10000 10000
	expect_value cpuset cpuset.cpus cpuset.cpus 0 0
	expect_value cpuset cpuset.mems cpuset.mems 0 0
	expect_value pids pids.max pids.max 44 44
	# Swap that was not named is left alone.
	! counts_swap || expect_value memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
	oci_start "$id"
	await_output 1
}

counts_swap() { value memory memory.memsw.limit_in_bytes memory.swap.max >/dev/null 2>&1; }

@test "swap counts on top of memory, an idle container, no process more [MEM-3] [CPU-6] [PIDS-1]" {
	need_controller memory
	need_controller cpu
	sleeping
	limit '{"memory": {"limit": 67108864, "swap": 100663296}, "cpu": {"idle": 1}, "pids": {"limit": 0}}'
	if oci_create "$id"; then
		expect_value memory memory.memsw.limit_in_bytes memory.swap.max 100663296 33554432
	else
		grep -q 'does not count swap' "$ERR"
		limit '{"memory": {"limit": 67108864}}'
		oci_create "$id"
	fi
	expect_value cpu cpu.idle cpu.idle 1 1
	expect_value pids pids.max pids.max 0 0
	oci_start "$id"
	expect_status "$id" running
}

@test "a limit that cannot be had leaves nothing behind [LIF-5] [CPU-5]" {
	need_controller cpuset
	sleeping
	limit '{"cpu": {"cpus": "0,1023"}}'
	expect_oci_error 'CPU set' oci create --bundle "$BUNDLE" "$id"
	oci_gone "$id"
	expect_no_cgroup "$id"
}

@test "throttles of a disk [IO-3]" {
	local disk

	need_controller "$(if pure_v2; then echo io; else echo blkio; fi)"
	disk=$(cat /sys/block/[!lrz]*/dev /sys/block/loop*/dev 2>/dev/null | head -n 1)
	[[ $disk ]] || skip "this host has no disk"
	sleeping
	limit "{\"blockIO\": {
		\"throttleReadBpsDevice\": [{\"major\": ${disk%:*}, \"minor\": ${disk#*:}, \"rate\": 1048576}],
		\"throttleWriteIOPSDevice\": [{\"major\": ${disk%:*}, \"minor\": ${disk#*:}, \"rate\": 100}]}}"
	oci_create "$id"
	expect_value blkio blkio.throttle.read_bps_device io.max "$disk 1048576" \
		"$disk rbps=1048576 wbps=max riops=max wiops=100"
	pure_v2 || expect_equal "$(value blkio blkio.throttle.write_iops_device -)" "$disk 100"
}

@test "huge pages, with their reservations [HUG-1]" {
	local mount

	if pure_v2; then
		need_controller hugetlb
		mount=/sys/fs/cgroup
	elif [[ -d /sys/fs/cgroup/hugetlb ]]; then
		mount=/sys/fs/cgroup/hugetlb
	else
		mount=/sys/fs/cgroup/unified
		grep -qsw hugetlb "$mount/cgroup.controllers" || skip "this host has no hugetlb controller"
		skip "the hugetlb controller of this host is in a v2 hierarchy beside v1"
	fi
	[[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ]] || skip "this host has no huge pages of 2 MB"
	sleeping
	limit '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	oci_create "$id"
	expect_value hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max 4194304 4194304
	[[ ! -e $mount/mini-run/$id/hugetlb.2MB.rsvd.max ]] ||
		expect_equal "$(<"$mount/mini-run/$id/hugetlb.2MB.rsvd.max")" 4194304
}

@test "files of v2 by name [UNI-1] [UNI-2] [UNI-3]" {
	sleeping
	if ! pure_v2; then
		limit '{"unified": {"memory.high": "33554432"}}'
		expect_oci_error 'unified: memory.high: ' oci create --bundle "$BUNDLE" "$id"
		oci_gone "$id"
		return
	fi
	limit '{"unified": {"memory.high": "33554432", "memory.oom.group": "1", "cgroup.max.depth": "5"}}'
	oci_create "$id"
	expect_equal "$(value - - memory.high)" 33554432
	expect_equal "$(value - - memory.oom.group)" 1
	expect_equal "$(value - - cgroup.max.depth)" 5
	run_ok oci delete --force "$id"
	for key in nonsense.max memory.nonsense; do # test_cgroup.c has more
		bundle_edit --arg k "$key" '.linux.resources.unified = {($k): "1"}'
		expect_oci_error "$key" oci create --bundle "$BUNDLE" "$id"
	done
	oci_gone "$id"
}

# test_cgroup_update.c has the whole list.
@test "what only v1 can limit is an error on v2 that names it [UNI-4] [MEM-4] [MEM-5]" {
	pure_v2 || skip "this host has no pure cgroup v2 hierarchy"
	sleeping
	limit '{"memory": {"kernel": 1048576}}'
	expect_oci_error 'linux.resources.memory.kernel: only cgroup v1' oci create --bundle "$BUNDLE" "$id"
	limit '{"memory": {"swappiness": 10}}'
	expect_oci_error 'linux.resources.memory.swappiness: only cgroup v1' oci create --bundle "$BUNDLE" "$id"
	oci_gone "$id"
	expect_no_cgroup "$id"
}

@test "v1: swappiness, the OOM killer and hierarchical counting [MEM-5] [MEM-6] [MEM-7]" {
	pure_v2 && skip "this host has no cgroup v1"
	need_controller memory
	sleeping
	limit '{"memory": {"limit": 67108864, "swappiness": 10, "disableOOMKiller": true, "useHierarchy": true}}'
	oci_create "$id"
	expect_equal "$(value memory memory.swappiness -)" 10
	[[ $(value memory memory.oom_control -) == "oom_kill_disable 1"* ]]
	expect_equal "$(value memory memory.use_hierarchy -)" 1
}

# ---- update -----------------------------------------------------------------------------------------------------

@test "update changes what is named and nothing else [CLI-13]" {
	need_controller memory
	need_controller cpu
	sleeping
	limit '{"memory": {"limit": 67108864}, "cpu": {"shares": 512, "quota": 50000, "period": 100000}, "pids": {"limit": 44}}'
	oci_create "$id"
	oci_start "$id"
	run_ok oci update --memory 128m --pids-limit 20 "$id"
	expect_value memory memory.limit_in_bytes memory.max 134217728 134217728
	expect_value pids pids.max pids.max 20 20
	expect_value cpu cpu.cfs_quota_us cpu.max 50000 "50000 100000"
	run_ok oci update --cpu-quota 20000 "$id"
	expect_value cpu cpu.cfs_quota_us cpu.max 20000 "20000 100000"
	expect_value cpu cpu.shares cpu.weight 512 59
	expect_equal "$(oci_update_document '{"memory": {"limit": 0, "reservation": 16777216}, "cpu": {"shares": 1024, "quota": 0, "cpus": ""},
		"pids": {"limit": -1}}')" ""
	expect_value memory memory.limit_in_bytes memory.max 134217728 134217728
	expect_value memory memory.soft_limit_in_bytes memory.low 16777216 16777216
	expect_value cpu cpu.shares cpu.weight 1024 100
	expect_value cpu cpu.cfs_quota_us cpu.max 20000 "20000 100000"
	expect_value pids pids.max pids.max max max
	expect_status "$id" running
}

oci_update_document() { oci update --resources - "$id" <<<"$1" 2>&1; }

@test "an update that fails changes nothing [CLI-13] [LIF-5]" {
	need_controller cpuset
	need_controller memory
	sleeping
	limit '{"memory": {"limit": 67108864}, "pids": {"limit": 44}}'
	oci_create "$id"
	oci_start "$id"
	run oci_update_document '{"memory": {"limit": 134217728}, "cpu": {"shares": 99, "cpus": "0,1023"}, "pids": {"limit": 20}}'
	expect_equal "$status" 1
	[[ $output == *"CPU set"* ]]
	expect_value memory memory.limit_in_bytes memory.max 67108864 67108864
	expect_value cpu cpu.shares cpu.weight 1024 100
	expect_value pids pids.max pids.max 44 44
	# And one that is named later counts from there.
	run_ok oci update --pids-limit 21 "$id"
	expect_value pids pids.max pids.max 21 21
	expect_value memory memory.limit_in_bytes memory.max 67108864 67108864
}

@test "update: memory and swap belong together [MEM-3] [MEM-9]" {
	need_controller memory
	sleeping
	bundle_args sh -c 'head -c 20000000 /dev/zero >/dev/shm/x; echo full; exec sleep 1000'
	limit '{"memory": {"limit": 67108864, "swap": 134217728}}'
	oci_create "$id"
	counts_swap || skip "this kernel does not count swap"
	oci_start "$id"
	run_ok oci update --memory 96m "$id"
	expect_value memory memory.memsw.limit_in_bytes memory.swap.max 134217728 33554432
	run oci_update_document '{"memory": {"limit": 268435456}}'
	expect_equal "$status" 1
	[[ $output == *swap* ]]
	expect_value memory memory.limit_in_bytes memory.max 100663296 100663296
	run_ok oci update --memory 64m --memory-swap 64m "$id"
	expect_value memory memory.memsw.limit_in_bytes memory.swap.max 67108864 0
	await_output full
	# Below what is in use: refused when the check is asked for, as v1 does in any case.
	run oci_update_document '{"memory": {"limit": 8388608, "swap": 8388608, "checkBeforeUpdate": true}}'
	expect_equal "$status" 1
	[[ $output == *"in use"* ]]
	expect_value memory memory.limit_in_bytes memory.max 67108864 67108864
	expect_status "$id" running
}

# ---- pause, kill ------------------------------------------------------------------------------------------------

@test "a paused container stands still, and can be killed and deleted" {
	bundle_make
	bundle_args sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/dev/shm/n; done'
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	pid=$(oci_state "$id" pid)
	eventually test -s "/proc/$pid/root/dev/shm/n"
	run_ok oci pause "$id"
	expect_status "$id" paused
	before=$(<"/proc/$pid/root/dev/shm/n")
	sleep 0.1
	expect_equal "$(<"/proc/$pid/root/dev/shm/n")" "$before"
	run_ok oci resume "$id"
	expect_status "$id" running
	eventually number_changes "$pid" "$before"
	run_ok oci pause "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	run_ok oci delete "$id"
	oci_create "$id"
	oci_start "$id"
	run_ok oci pause "$id"
	run_ok oci delete --force "$id"
	oci_gone "$id"
	expect_no_cgroup "$id"
}

number_changes() { [[ $(<"/proc/$1/root/dev/shm/n") != "$2" ]]; }

@test "a container of run ROOTFS can be paused, updated and ended while it is paused" {
	id=$(container_id)
	MINI_RUN_TEST=$MINI_RUN_TEST "$MINI_RUN" --root "$OCI_ROOT" run --name "$id" "$ROOTFS" sleep 1000 \
		</dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	run_pid=$!
	eventually oci_status_is "$id" running
	run_ok oci pause "$id"
	expect_status "$id" paused
	run_ok oci resume "$id"
	expect_status "$id" running
	need_controller cpuset
	run_ok oci update --cpuset-cpus 0 --pids-limit 50 "$id"
	expect_value cpuset cpuset.cpus cpuset.cpus 0 0
	[[ $(value cpuset cgroup.procs cgroup.procs) == *"$(oci_state "$id" pid)"* ]]
	run_ok oci pause "$id"
	# The mini-run that stays with it knows nothing of the freezer.
	kill -TERM "$run_pid"
	eventually process_gone "$run_pid"
	wait "$run_pid" || true
	oci_gone "$id"
	expect_no_cgroup "$id"
}

@test "kill --all reaches every process, and those in nested cgroups" {
	need_controller pids
	bundle_make
	# Without a pid namespace of its own, so that PID 1 takes nobody with it.
	bundle_edit '.linux.namespaces |= map(select(.type != "pid"))'
	bundle_args sh -c 'sleep 1000 & sleep 1000 & wait'
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	dir=$(mount_of pids)/mini-run/$id
	eventually has_processes "$dir" 3
	mkdir "$dir/nested"
	mapfile -t pids <"$dir/cgroup.procs"
	echo "${pids[2]}" >"$dir/nested/cgroup.procs"
	run_ok oci kill --all "$id" KILL
	for pid in "${pids[@]}"; do
		eventually process_gone "$pid"
	done
	run_ok oci delete "$id"
	expect_no_cgroup "$id"
}

has_processes() { (($(wc -l <"$1/cgroup.procs") == $2)); }

# ---- events -----------------------------------------------------------------------------------------------------

@test "events --stats prints an object of the shape that runc has [CLI-12]" {
	need_controller memory
	sleeping
	limit '{"memory": {"limit": 67108864}, "pids": {"limit": 44}}'
	oci_create "$id"
	oci_start "$id"
	run_ok oci events --stats "$id"
	expect_equal "$(jq -r '.type, .id, (.data | keys_unsorted | join(" "))' <<<"$output")" \
		"stats
$id
cpu cpuset memory pids blkio hugetlb intel_rdt network_interfaces"
	jq -e '.data | .memory.usage.limit == 67108864 and .memory.usage.usage > 0 and (.memory.raw | length > 10)
		and .pids.current == 1 and .pids.limit == 44 and (.cpu.usage | has("kernel") and has("user"))
		and .cpu.throttling == {} and .network_interfaces == null' <<<"$output"
}

@test "events tells of an end for want of memory [CLI-12]" {
	need_controller memory
	bundle_make
	bundle_args sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; tail -c 1000000000 /dev/zero; sleep 1000'
	limit '{"memory": {"limit": 16777216, "swap": 16777216}}'
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	oci events --interval 100s "$id" >"$BATS_TEST_TMPDIR/events" 2>&1 </dev/null &
	events_pid=$!
	sleep 0.3
	touch "$BUNDLE/rootfs/tmp/go"
	eventually grep -q '"type":"oom"' "$BATS_TEST_TMPDIR/events"
	jq -e --arg id "$id" 'select(.type == "oom") | .id == $id' "$BATS_TEST_TMPDIR/events"
	run_ok oci delete --force "$id"
	eventually process_gone "$events_pid"
}

# ---- exec -------------------------------------------------------------------------------------------------------

@test "exec goes into the container's cgroups, or one below them [CLI-8]" {
	sleeping
	oci_create "$id"
	oci_start "$id"
	run_ok oci exec "$id" cat /proc/self/cgroup
	[[ ! $output =~ :/[^$'\n'] ]] # the root of its cgroup namespace
	dir=$(mount_of pids)/mini-run/$id
	mkdir "$dir/sub"
	if pure_v2; then
		path=sub
	else
		path=pids:sub
	fi
	run_ok oci exec --cgroup "$path" "$id" cat /proc/self/cgroup
	[[ $output == *:/sub* ]]
	expect_oci_exec_error '\.\.' --cgroup "${path%sub}../x" "$id" true
	expect_oci_exec_error 'No such file' --cgroup "${path%sub}nosuch" "$id" true
}

expect_oci_exec_error()
{
	oci_try oci exec "${@:2}"
	((status != 0))
	[[ $stderr =~ $1 ]] || {
		show_result
		return 1
	}
}

@test "v2: exec follows PID 1 of a container that has divided its cgroup" {
	pure_v2 || skip "this host has no pure cgroup v2 hierarchy"
	sleeping
	oci_create "$id"
	oci_start "$id"
	dir=/sys/fs/cgroup/mini-run/$id
	mkdir "$dir/init.scope"
	oci_state "$id" pid >"$dir/init.scope/cgroup.procs"
	echo +memory >"$dir/cgroup.subtree_control"
	run_ok oci exec "$id" cat /proc/self/cgroup
	expect_equal "$output" "0::/init.scope"
}
