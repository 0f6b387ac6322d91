#!/usr/bin/env bats
#
# Section 8: control groups: what a container sees of them, how far its limits reach, and what is left of them.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by a shell inside
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

ACTS=$REPO/build/tests/lib/attack_acts

pure_v2() { [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; }

# mount_of CONTROLLER: where its hierarchy is mounted.
mount_of() { if pure_v2; then echo /sys/fs/cgroup; else echo "/sys/fs/cgroup/$1"; fi; }

need_pids()
{
	has_controller pids || skip "this host has no pids controller"
}

# writable: the container may write to its cgroups.
writable() { bundle_edit '(.mounts[] | select(.type == "cgroup")).options -= ["ro"]'; }

# no_cgroup ID: in no hierarchy is there anything of it.
no_cgroup() { [[ -z $(find /sys/fs/cgroup -type d -name "*$1*" -print -quit 2>/dev/null) ]]; }

# ---- 8.1, 8.2, 8.3 --------------------------------------------------------------------------------------------------

# Writes to every release_agent that can be had, what is in it anyway.
release_agent()
{
	attack sh -c 'agents() {
			for file in $(find /sys/fs/cgroup /mnt -name release_agent 2>/dev/null); do
				value=$(cat "$file" 2>/dev/null)
				(echo "$value" >"$file") 2>/dev/null && echo "written: $file"
			done
		}
		for options in memory pids rdma perf_event none,name=attack; do
			mount -t cgroup -o $options cgroup /mnt 2>/dev/null || continue
			agents
			umount /mnt
		done
		agents
		unshare -U -r -m -C sh -c "$(echo; for options in memory rdma perf_event none,name=attack; do
			echo "mount -t cgroup -o $options cgroup /mnt 2>/dev/null && for file in \$(find /mnt -name release_agent); do
				echo \"\$(cat \$file)\" >\$file && echo written: \$file; done; umount /mnt"
		done)" 2>/dev/null
		echo done'
	[[ $output == *done && $output != *written:* ]]
}

@test "8.1 release_agent cannot be written to, by the host's hierarchies or one of the container's own (CVE-2022-0492)" {
	if ! grep -qE '^nodev[[:space:]]cgroup$' /proc/filesystems; then
		skip "this kernel has no cgroup v1"
	fi
	control_trips release_agent chroot
	in_every_form release_agent
}

# Makes a directory or moves itself wherever that may be.
cgroup_writes()
{
	local no_namespace=$1

	ATTACK_OPTIONS=(--sysfs)
	! form_is userns || ATTACK_OPTIONS+=(--network none) # which a sysfs needs there
	[[ ! ${BAD:-} ]] || writable
	! $no_namespace || bundle_edit 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	attack sh -c '[ -d /sys/fs/cgroup ] && ls /sys/fs/cgroup >/dev/null && echo "seen"
		for dir in /sys/fs/cgroup /sys/fs/cgroup/*/ /sys/fs/cgroup/*/*/; do
			mkdir "$dir/attack" 2>/dev/null && echo "made: $dir" && rmdir "$dir/attack"
			[ ! -e "$dir/cgroup.procs" ] || { echo 0 >"$dir/cgroup.procs" && echo "moved: $dir"; } 2>/dev/null
			[ ! -e "$dir/notify_on_release" ] || { echo 0 >"$dir/notify_on_release" && echo "set: $dir"; } 2>/dev/null
		done
		mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo "made: writable"
		true'
	[[ $status == 0 && $output == *seen* && $output != *made:* && $output != *moved:* && $output != *set:* ]]
}

with_cgroupns() { cgroup_writes false; }
without_cgroupns() { cgroup_writes true; }

@test "8.2 the mount of cgroups is read-only all through, with and without a cgroup namespace (CVE-2023-25809)" {
	BAD=1 control_trips with_cgroupns bundle
	BAD=1 control_trips without_cgroupns bundle
	in_every_form with_cgroupns
	in_every_form without_cgroupns bundle exec bundle+userns
}

# What the container sees is its own, as the root of each hierarchy, and nothing below or beside it.
own_root()
{
	ATTACK_OPTIONS=(--sysfs)
	! form_is userns || ATTACK_OPTIONS+=(--network none) # which a sysfs needs there
	[[ ! ${BAD:-} ]] || bundle_edit 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	attack sh -c 'cut -d : -f 3 /proc/self/cgroup | sort -u; find /sys/fs/cgroup/ -type d -name "*mini-run*"
		find /sys/fs/cgroup/ -mindepth 3 -type d'
	[[ $status == 0 && $output == / ]]
}

@test "8.3 the cgroup namespace begins at the container's own groups" {
	BAD=1 control_trips own_root bundle exec
	in_every_form own_root
}

# ---- 8.4, 8.5 -------------------------------------------------------------------------------------------------------

@test "8.4 no path of a cgroup leads out of the hierarchy: cgroupsPath, exec --cgroup, --cgroup-parent" {
	local path id

	bundle_make
	bundle_args true
	id=$(container_id)
	for path in .. ../x a/.. a/../../b /.. /../x /a/../../b ./.. x/./../../y "$(printf 'a/../%.0s' {1..50})b" $'a\nb' \
		"$(printf 'a%.0s' {1..5000})" "$(printf '/a%.0s' {1..3000})"; do
		bundle_edit --arg path "$path" '.linux.cgroupsPath = $path'
		oci_try oci create --bundle "$BUNDLE" "$id"
		if ((status != 1)); then
			printf 'taken as cgroupsPath: %.100s\n' "$path"
			show_result
			return 1
		fi
		oci_gone "$id"
		oci_try oci run --cgroup-parent "$path" "$BUNDLE/rootfs" true
		if ((status != 125)); then
			printf 'taken as --cgroup-parent: %.100s\n' "$path"
			show_result
			return 1
		fi
	done
	# The control: one that stays inside is taken.
	bundle_edit --arg path "/$id-place/deep" '.linux.cgroupsPath = $path'
	bundle_args sleep 1000
	oci_run_detached "$id"
	[[ -n $(find /sys/fs/cgroup -type d -path "*/$id-place/deep" -print -quit) ]]
	for path in .. ../.. /.. a/../.. ../"$id" /../../; do
		oci_try oci exec --cgroup "$path" "$id" cat /proc/self/cgroup
		if ((status == 0)); then
			printf 'taken by exec: %s\n' "$path"
			show_result
			return 1
		fi
	done
}

@test "8.5 a cgroup of others is not joined, frozen or ended: its processes live on" {
	local other place

	has_controller pids || skip "this host has no pids controller"
	bundle_make
	place=$(container_id others)
	mkdir "$(mount_of pids)/$place"
	sleep 1000 3>&- &
	other=$!
	echo "$other" >"$(mount_of pids)/$place/cgroup.procs"
	bundle_edit --arg path "/$place" '.linux.cgroupsPath = $path'
	oci_try oci create --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$status" 1
	expect_match "$stderr" 'not empty'
	oci delete --force "$(container_id)"
	oci_try oci run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$status" 1
	kill -0 "$other"
	[[ $(<"$(mount_of pids)/$place/cgroup.procs") == "$other" ]]
	# The control: when it is empty it is taken, and it stays when the container goes.
	kill "$other"
	wait "$other" || true
	bundle_args true
	run_ok oci_run "$(container_id)"
	[[ -d $(mount_of pids)/$place ]]
	rmdir "$(mount_of pids)/$place"
}

# ---- 8.6, 8.7, 8.8 --------------------------------------------------------------------------------------------------

# how_many ID: processes in its cgroup.
how_many() { wc -l <"$(mount_of pids)/mini-run/$1/cgroup.procs"; }

full() { (($(how_many "$1") >= 50)); }

@test "8.6 a fork bomb ends when its container is deleted, killed, or over" {
	local id

	need_pids
	canary_make
	bundle_make
	bundle_edit '.linux.resources.pids.limit = 100'
	bundle_args attack_acts bomb
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	id=$(container_id)
	oci_run_detached "$id"
	# The control: there are many.
	eventually full "$id"
	attack_try oci delete --force "$id"
	expect_equal "$status" 0
	no_cgroup "$id"
	oci_gone "$id"
	oci_run_detached "$id"
	eventually full "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	run_ok oci delete "$id"
	no_cgroup "$id"
	# In the foreground, by the time limit and by the end of PID 1.
	attack_try "$MINI_RUN" --root "$OCI_ROOT" run --name "$id" --pids-limit 100 --timeout 1s "$BUNDLE/rootfs" attack_acts bomb
	expect_equal "$status" 124
	no_cgroup "$id"
	attack_try "$MINI_RUN" --root "$OCI_ROOT" run --name "$id" --pids-limit 100 "$BUNDLE/rootfs" \
		sh -c 'attack_acts bomb >/dev/null & sleep 0.2; exit 7'
	expect_equal "$status" 7
	no_cgroup "$id"
}

@test "8.7 a paused container refuses exec, and is killed and deleted all the same" {
	local id

	canary_make
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	oci_try oci pause "$id"
	((status == 0)) || skip "this host cannot freeze: $stderr"
	attack_try oci exec "$id" true
	expect_equal "$status" 255
	expect_match "$stderr" 'paused'
	attack_try oci kill "$id" KILL
	expect_equal "$status" 0
	oci_stopped "$id"
	run_ok oci delete "$id"
	oci_run_detached "$id"
	run_ok oci pause "$id"
	attack_try oci delete --force "$id"
	expect_equal "$status" 0
	no_cgroup "$id"
}

# The first thing that the command does is over its limit.
first_instruction()
{
	ATTACK_OPTIONS=(--pids-limit 1)
	[[ ${BAD:-} ]] || bundle_edit '.linux.resources.pids.limit = 1'
	# A process that comes in is one more than there may be.
	if form_is exec; then
		[[ ${BAD:-} ]] || bundle_edit '.linux.resources.pids.limit = 2'
	fi
	attack probe fork 5
	[[ $status == 0 ]] && expect_fact children 0 && expect_fact end EAGAIN
}

over_memory()
{
	ATTACK_OPTIONS=(--memory 16m)
	[[ ${BAD:-} ]] || bundle_edit '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	attack probe memory 64
	[[ $output != *touched* && $status != 0 ]] || form_is create && [[ $output != *touched* ]]
}

@test "8.8 limits hold from the first instruction, and are not spent by mini-run itself" {
	need_pids
	BAD=1 control_trips first_instruction bundle exec
	in_every_form first_instruction direct bundle create exec bundle+userns
	has_controller memory || return 0
	BAD=1 control_trips over_memory bundle
	in_every_form over_memory direct bundle exec
	# One that is too small for anything is an error in words, and no hang.
	canary_make
	bundle_make "$BATS_TEST_TMPDIR/small"
	bundle_edit '.linux.resources.memory = {limit: 65536}'
	bundle_args true
	attack_try oci run --bundle "$BUNDLE" "$(container_id small)"
	((status != 0 && status != 124))
	expect_match "$stderr" '[Mm]emory|limit'
}

# ---- 8.9, 8.10, 8.11, 8.12 ------------------------------------------------------------------------------------------

@test "8.9 a limit that nothing can enforce is an error" {
	local limit

	bundle_make
	bundle_args true
	# shellcheck disable=SC2089
	without_cgroups() {
		unshare --mount --propagation private bash -c 'while umount -l /sys/fs/cgroup 2>/dev/null; do :; done
			mount -t tmpfs none /sys/fs/cgroup; "$@"' - "$MINI_RUN" --root "$OCI_ROOT" "$@"
	}
	# The control: without a limit a container runs there, so that it is the limit that is refused.
	run_ok without_cgroups run "$BUNDLE/rootfs" true
	for limit in '--memory 64m' '--pids-limit 10' '--cpus 0.5' '--cpuset-cpus 0'; do
		# shellcheck disable=SC2086 # words
		run_status 125 without_cgroups run $limit "$BUNDLE/rootfs" true
	done
	for limit in '{memory: {limit: 67108864}}' '{pids: {limit: 10}}' '{cpu: {shares: 100}}' '{hugepageLimits: [{pageSize: "3MB", limit: 0}]}'; do
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/config.json"
		bundle_edit ".linux.resources = $limit"
		oci_try without_cgroups create --bundle "$BUNDLE" "$(container_id)"
		((status == 1)) || { echo "taken: $limit"; show_result; return 1; }
		oci_gone "$(container_id)"
		cp "$BATS_TEST_TMPDIR/config.json" "$BUNDLE/config.json"
	done
}

@test "8.10 a container that moves itself about takes its limits along, and exec comes into its groups" {
	local id

	need_pids
	bundle_make
	writable
	bundle_edit '.linux.resources.pids.limit = 20'
	bundle_args sh -c 'dir=/sys/fs/cgroup; [ ! -d $dir/pids ] || dir=$dir/pids; mkdir $dir/sub && echo 0 >$dir/sub/cgroup.procs
		# Up and out: what is above is not there.
		for place in $dir/.. $dir/../.. /sys/fs/cgroup/../..; do echo 0 >$place/cgroup.procs; done 2>/dev/null
		grep pids /proc/self/cgroup || cat /proc/self/cgroup
		echo ready; exec sleep 1000'
	id=$(container_id)
	oci_run_detached "$id"
	eventually grep -qx ready "$OUT"
	expect_match "$(<"$OUT")" ':/sub'
	oci exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$id" sleep 1000 </dev/null >/dev/null 2>&1
	expect_match "$(grep -E 'pids|^0::' "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cgroup" | sort -t : -k 2r | head -n 1)" ":/.*mini-run/$id"
	run_ok oci exec "$id" probe fork 50
	(($(fact children) < 20))
	run_ok oci delete --force "$id"
	no_cgroup "$id"
}

@test "8.11 a tree of groups that a container makes goes with it, however deep and wide" {
	local id wanted=150

	need_pids
	! is_vm || wanted=1000
	canary_make
	bundle_make
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	writable
	bundle_args sh -c "cd /sys/fs/cgroup; [ ! -d pids ] || cd pids; attack_acts directories $wanted; echo ready; exec sleep 1000"
	id=$(container_id)
	oci_run_detached "$id"
	eventually grep -qx ready "$OUT"
	# The control: they are there.
	expect_match "$(<"$OUT")" "deep=$wanted"
	expect_equal "$(find "$(mount_of pids)/mini-run/$id" -type d | wc -l)" "$((1 + 2 * wanted))"
	attack_try oci delete --force "$id"
	expect_equal "$status" 0
	no_cgroup "$id"
	[[ ! -e $(mount_of pids)/mini-run/$id ]]
}

@test "8.12 keys of unified, and of --cgroup-conf, are names of files of controllers and nothing else" {
	local key

	bundle_make
	bundle_args true
	for key in ../memory.max ../../x a/b /memory.max .. . '' memory cgroup.procs cgroup.threads cgroup.subtree_control \
		cgroup.kill cgroup.freeze $'memory.max\n' 'memory.max=1' memory..max tasks notify_on_release release_agent; do
		bundle_edit --arg key "$key" '.linux.resources.unified = {($key): "1"}'
		oci_try oci create --bundle "$BUNDLE" "$(container_id)"
		if ((status != 1)); then
			printf 'taken in a bundle: %q\n' "$key"
			show_result
			return 1
		fi
		oci_gone "$(container_id)"
		oci_try oci run --cgroup-conf "$key=1" "$BUNDLE/rootfs" true
		if ((status != 125)) && [[ $key != 'memory.max=1' ]]; then
			printf 'taken by --cgroup-conf: %q\n' "$key"
			show_result
			return 1
		fi
	done
	if has_v2; then
		# The control.
		bundle_edit '.linux.resources.unified = {"pids.max": "33"}'
		bundle_args cat /sys/fs/cgroup/pids.max
		run_ok oci_run "$(container_id)"
		expect_equal "$output" 33
	fi
}
