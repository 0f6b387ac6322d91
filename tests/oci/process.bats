#!/usr/bin/env bats
#
# What config.json says about the process and its kernel: limits, capabilities, ids, scheduling, execution domain, memory
# policy, OOM score, names, sysctls, clocks, labels. Seen from inside by the probe, and from outside where that tells more.

# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by a shell inside
load ../lib/common
load ../lib/containers
load ../lib/bundle

# fact KEY: the value of the line KEY=VALUE of $output; expect_fact KEY VALUE compares it.
fact() { sed -n "s/^$1=//p" <<<"$output"; }

expect_fact()
{
	if [[ $(fact "$1") != "$2" ]]; then
		printf 'expected: %s=%s\nbut got:  %s=%s\n' "$1" "$2" "$1" "$(fact "$1")"
		show_result
		return 1
	fi
}

# probe_of EXPRESSION COMMAND...: what COMMAND prints in a container whose config.json jq has altered; sets $output.
probe_of()
{
	bundle_make
	bundle_edit "$1"
	bundle_args "${@:2}"
	run_ok oci_run "$(container_id)"
	rm -rf "$BUNDLE"
}

# refused REGEX EXPRESSION: the container is not made, and nothing of it is left; the one line on stderr matches.
refused()
{
	bundle_make
	bundle_edit "$2"
	bundle_args true
	expect_oci_error "$1" oci create --bundle "$BUNDLE" "$(container_id)"
	oci_gone "$(container_id)"
	rm -rf "$BUNDLE"
}

# In a user namespace of its own, whose root is 100000 on the host.
user_ns='.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings |
	del(.mounts[] | select(.type == "sysfs" or .type == "cgroup"))'

# status_of FIELD: of the lines of /proc/PID/status in $output.
status_of() { sed -n "s/^$1:[[:space:]]*//p" <<<"$output"; }

has_cap_sys_resource() { (($((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status))) & (1 << 24))); }

# ---- limits -----------------------------------------------------------------------------------------------------

@test "every resource limit is exactly as config.json says [RLIM-1] [RLIM-3]" {
	bundle_make
	bundle_args probe limits
	bundle_edit '.process.rlimits = [
		{type: "RLIMIT_AS", soft: 1000000000, hard: 2000000000}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_CPU", soft: 1000, hard: 2000}, {type: "RLIMIT_DATA", soft: 100000000, hard: 100000001},
		{type: "RLIMIT_FSIZE", soft: 70000, hard: 77777}, {type: "RLIMIT_LOCKS", soft: 10, hard: 11},
		{type: "RLIMIT_MEMLOCK", soft: 4096, hard: 65536}, {type: "RLIMIT_MSGQUEUE", soft: 1000, hard: 2000},
		{type: "RLIMIT_NICE", soft: 0, hard: 0}, {type: "RLIMIT_NOFILE", soft: 100, hard: 200},
		{type: "RLIMIT_NPROC", soft: 500, hard: 600}, {type: "RLIMIT_RSS", soft: 4096, hard: 8192},
		{type: "RLIMIT_RTPRIO", soft: 0, hard: 0}, {type: "RLIMIT_RTTIME", soft: 1000000, hard: 2000000},
		{type: "RLIMIT_SIGPENDING", soft: 100, hard: 200}, {type: "RLIMIT_STACK", soft: 1000000, hard: 2000000}]'
	sed -i s/77777/18446744073709551615/ "$BUNDLE/config.json" # jq does not count so far
	run_ok oci_run "$(container_id)"
	expect_equal "$(sort <<<"$output" | xargs)" "$(xargs <<-LIMITS
		AS=1000000000:2000000000 CORE=0:0 CPU=1000:2000 DATA=100000000:100000001
		FSIZE=70000:18446744073709551615 LOCKS=10:11 MEMLOCK=4096:65536 MSGQUEUE=1000:2000 NICE=0:0
		NOFILE=100:200 NPROC=500:600 RSS=4096:8192 RTPRIO=0:0 RTTIME=1000000:2000000 SIGPENDING=100:200
		STACK=1000000:2000000
	LIMITS
	)"
}

@test "limits that are unknown, twice there, or not to be had are errors [RLIM-2] [RLIM-4]" {
	refused 'RLIMIT_BANANA' '.process.rlimits = [{type: "RLIMIT_BANANA", soft: 1, hard: 1}]'
	refused 'RLIMIT_CORE' '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 1, hard: 1}]'
	refused 'process.rlimits.0..soft: 2 is above' '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
}

# ---- identity ---------------------------------------------------------------------------------------------------

@test "every set of capabilities is exactly as config.json says [CAP-1]" {
	# Root's sets come out of execve as the kernel computes them: bounding and inheritable are what counts.
	probe_of '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_CHOWN", "CAP_KILL"], inheritable: ["CAP_KILL"]}' grep ^Cap /proc/self/status
	expect_equal "$(status_of CapBnd)" 0000000000000021
	expect_equal "$(status_of CapPrm)" 0000000000000021
	expect_equal "$(status_of CapEff)" 0000000000000021
	expect_equal "$(status_of CapInh)" 0000000000000020
	expect_equal "$(status_of CapAmb)" 0000000000000000
	probe_of '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], permitted: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_CHOWN", "CAP_KILL"], inheritable: ["CAP_CHOWN", "CAP_KILL"], ambient: ["CAP_KILL"]}' \
		grep ^Cap /proc/self/status
	expect_equal "$(status_of CapBnd)" 00000000000000a1
	expect_equal "$(status_of CapPrm)" 0000000000000020
	expect_equal "$(status_of CapEff)" 0000000000000020
	expect_equal "$(status_of CapInh)" 0000000000000021
	expect_equal "$(status_of CapAmb)" 0000000000000020
	probe_of 'del(.process.capabilities)' grep ^Cap /proc/self/status
	expect_equal "$(grep -c 0000000000000000 <<<"$output")" 5
}

@test "noNewPrivileges is set, and only where it is asked for [CAP-3]" {
	probe_of '.process.noNewPrivileges = true' grep ^NoNewPrivs /proc/self/status
	expect_equal "$(status_of NoNewPrivs)" 1
	probe_of 'del(.process.noNewPrivileges)' grep ^NoNewPrivs /proc/self/status
	expect_equal "$(status_of NoNewPrivs)" 0
}

@test "user, group, supplementary groups and umask are exactly as config.json says" {
	probe_of '.process.user = {uid: 1000, gid: 2000, additionalGids: [5, 4000000000], umask: 23}' \
		sh -c 'grep -E "^(Uid|Gid|Groups|Umask):" /proc/self/status; touch /tmp/file; stat -c %a /tmp/file'
	expect_equal "$(status_of Uid | xargs)" '1000 1000 1000 1000'
	expect_equal "$(status_of Gid | xargs)" '2000 2000 2000 2000'
	expect_equal "$(status_of Groups | xargs)" '5 4000000000'
	expect_equal "$(status_of Umask)" 0027
	expect_equal "${lines[-1]}" 640
	probe_of '.process.user = {uid: 0, gid: 0}' grep -E '^(Groups|Umask):' /proc/self/status
	expect_equal "$(status_of Groups | xargs)" ''
	expect_equal "$(status_of Umask)" 0022
}

# ---- scheduling ---------------------------------------------------------------------------------------------------

@test "policy, nice value and I/O priority are the process's, as the host sees it [SCH-1] [SCH-2] [IOP-1]" {
	local id pid

	bundle_make
	id=$(container_id)
	bundle_args sleep 1000
	bundle_edit '.process.scheduler = {policy: "SCHED_BATCH", nice: 7} |
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	oci_run_detached "$id"
	pid=$(oci_state "$id" pid)
	run_ok "$PROBE" attributes "$pid"
	expect_fact policy 3
	expect_fact nice 7
	expect_fact priority 0
	expect_fact flags 0
	expect_fact io 4006
}

@test "without scheduler and ioPriority the process keeps what the caller has" {
	bundle_make
	bundle_args probe attributes
	run_ok oci_run "$(container_id)"
	expect_fact policy 0
	expect_fact nice 0
	expect_fact io 0
	run_ok nice -n 4 ionice -c 2 -n 5 bash -c "$(declare -f oci oci_run); OCI_FLAGS=(); oci_run $(container_id 2)"
	expect_fact nice 4
	expect_fact io 4005
}

@test "policies and flags of scheduler, and those that the kernel refuses [SCH-1] [SCH-3]" {
	probe_of '.process.scheduler = {policy: "SCHED_IDLE"} | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}' \
		probe attributes
	expect_fact policy 5
	expect_fact io 6000
	probe_of '.process.scheduler = {policy: "SCHED_OTHER", nice: -3, flags: ["SCHED_FLAG_RESET_ON_FORK"]} |
		.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}' probe attributes
	expect_fact policy 0
	expect_fact nice -3
	expect_fact flags 1
	expect_fact io 2001
	refused 'process.scheduler: SCHED_ISO' '.process.scheduler = {policy: "SCHED_ISO"}'
	refused 'process.scheduler' '.process.scheduler = {policy: "SCHED_FANCY"}'
	refused 'process.scheduler' '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}'
	refused 'process.scheduler' '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_FANCY"]}'
	refused 'process.scheduler: SCHED_DEADLINE' \
		'.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 1000000, period: 1000000}'
	refused 'process.ioPriority' '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	refused 'process.ioPriority' '.process.ioPriority = {class: "IOPRIO_CLASS_NONE", priority: 0}'
}

@test "real-time and deadline policies, where the host lets a process have them [SCH-1] [SCH-2]" {
	local fifo='.process.scheduler = {policy: "SCHED_FIFO", priority: 9}'

	if ! chrt --fifo 9 true 2>/dev/null; then
		refused 'process.scheduler: SCHED_FIFO.*CAP_SYS_NICE' "$fifo"
		skip "this host gives no real-time to anybody: the refusal was looked at"
	fi
	bundle_make
	bundle_args probe attributes
	bundle_edit "$fifo"
	run --separate-stderr oci_run "$(container_id)"
	# A cgroup of v1 has a share of real-time of its own, which is none.
	if ((status != 0)); then
		expect_match "$stderr" 'process.scheduler: SCHED_FIFO.*a share of real-time in the cgroup'
		skip "cgroups of this host have no real-time: the refusal was looked at"
	fi
	expect_fact policy 1
	expect_fact priority 9
	bundle_edit '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 20000000, period: 30000000}'
	run_ok oci_run "$(container_id 2)"
	expect_fact policy 6
	expect_fact runtime 1000000
	expect_fact deadline 20000000
	expect_fact period 30000000
}

@test "in a user namespace the host's rights decide about nice value and class [SCH-2] [IOP-1]" {
	probe_of "$user_ns"' | .process.scheduler = {policy: "SCHED_BATCH", nice: -5} |
		.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 3}' probe attributes
	expect_fact policy 3
	expect_fact nice -5
	expect_fact io 2003
}

@test "a further process has what its own process.json says [SCH-1] [IOP-1] [PER-1]" {
	local id

	id=$(container_id)
	bundle_make
	bundle_args sleep 1000
	bundle_edit '.linux.personality = {domain: "LINUX32"}'
	oci_run_detached "$id"
	jq '.process | .args = ["probe", "attributes"] | .scheduler = {policy: "SCHED_BATCH", nice: 2} |
		.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 1}' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run_ok oci exec --process "$BATS_TEST_TMPDIR/process.json" "$id"
	expect_fact policy 3
	expect_fact nice 2
	expect_fact io 4001
	expect_fact personality 8
}

# ---- execution domain, memory policy ----------------------------------------------------------------------------

@test "personality LINUX32 is what the kernel answers [PER-1]" {
	probe_of '.linux.personality = {domain: "LINUX32"}' sh -c 'probe attributes; uname -m'
	expect_fact personality 8
	[[ $(uname -m) != x86_64 ]] || expect_equal "${lines[-1]}" i686
	probe_of '.linux.personality = {domain: "LINUX"}' sh -c 'probe attributes; uname -m'
	expect_fact personality 0
	expect_equal "${lines[-1]}" "$(uname -m)"
	refused 'linux.personality' '.linux.personality = {domain: "BSD"}'
	refused 'linux.personality' '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
}

@test "the memory policy is the kernel's [MPOL-1] [MPOL-2] [MPOL-3]" {
	run_ok "$PROBE" attributes
	if [[ $(fact mempolicy) == ENOSYS ]]; then
		refused 'linux.memoryPolicy: MPOL_BIND.*not implemented' '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
		skip "this kernel has no memory policies: the refusal was looked at"
	fi
	probe_of '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}' probe attributes
	expect_fact mempolicy 8002
	expect_fact nodes 1
	probe_of '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"}' probe attributes
	expect_fact mempolicy 3
	probe_of '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}' probe attributes
	expect_fact mempolicy 4
	# What a mode needs is the kernel's to say, and it is told in time: nothing is created.
	refused 'linux.memoryPolicy.*MPOL_BIND' '.linux.memoryPolicy = {mode: "MPOL_BIND"}'
	refused 'linux.memoryPolicy.*MPOL_DEFAULT' '.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"}'
	refused 'linux.memoryPolicy: MPOL_BIND on nodes 1000' '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	refused 'linux.memoryPolicy' '.linux.memoryPolicy = {mode: "MPOL_FANCY"}'
	refused 'linux.memoryPolicy' '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0-"}'
	refused 'linux.memoryPolicy' '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_FANCY"]}'
}

# ---- OOM score ----------------------------------------------------------------------------------------------------

@test "oomScoreAdj is written where it is given, and the caller's stays where it is not [OOM-1]" {
	local own id

	own=$(</proc/self/oom_score_adj)
	probe_of '.process.oomScoreAdj = 321' cat /proc/self/oom_score_adj
	expect_equal "$output" 321
	probe_of "$user_ns | .process.oomScoreAdj = 322" cat /proc/self/oom_score_adj
	expect_equal "$output" 322
	bundle_make
	bundle_args cat /proc/self/oom_score_adj
	id=$(container_id given)
	bundle_edit 'del(.process.oomScoreAdj)'
	run_ok bash -c "echo $((own + 5)) >/proc/self/oom_score_adj
		$(declare -f oci oci_run); OCI_FLAGS=(); oci_run $id"
	expect_equal "$output" "$((own + 5))"
	rm -rf "$BUNDLE"
	if has_cap_sys_resource; then
		probe_of '.process.oomScoreAdj = -999' cat /proc/self/oom_score_adj
		expect_equal "$output" -999
		probe_of "$user_ns | .process.oomScoreAdj = -998" cat /proc/self/oom_score_adj
		expect_equal "$output" -998
	else
		refused 'oom_score_adj.*CAP_SYS_RESOURCE' '.process.oomScoreAdj = -999'
	fi
	refused 'oomScoreAdj' '.process.oomScoreAdj = 1001'
}

# ---- names, sysctls, clocks -------------------------------------------------------------------------------------

@test "host and domain name are the container's own, in a user namespace too [UTS-1] [UTS-2]" {
	local before

	before=$(hostname) # and of the domain there is no more than the kernel's file
	before+=$(</proc/sys/kernel/domainname)
	probe_of '.hostname = "box" | .domainname = "example.org"' \
		cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname
	expect_equal "$output" $'box\nexample.org'
	probe_of "$user_ns"' | .hostname = "ubox" | .domainname = "u.example.org"' \
		cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname
	expect_equal "$output" $'ubox\nu.example.org'
	expect_equal "$(hostname)$(</proc/sys/kernel/domainname)" "$before"
	refused 'uts' 'del(.linux.namespaces[] | select(.type == "uts"))'
}

@test "sysctls are set in the container's own namespaces only [SYS-1]" {
	local before

	before=$(cat /proc/sys/kernel/{shmmax,msgmax} /proc/sys/net/ipv4/ip_forward)
	probe_of '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"kernel.shmmax": "1234567",
		"kernel/msgmax": "9000", "net.ipv4.ip_forward": "1", "net.ipv4.ping_group_range": "0 1000",
		"fs.mqueue.msg_max": "33"}' sh -c 'cd /proc/sys
		cat kernel/shmmax kernel/msgmax net/ipv4/ip_forward fs/mqueue/msg_max; xargs <net/ipv4/ping_group_range'
	expect_equal "$output" $'1234567\n9000\n1\n33\n0 1000'
	expect_equal "$(cat /proc/sys/kernel/{shmmax,msgmax} /proc/sys/net/ipv4/ip_forward)" "$before"
	refused 'sysctl.*kernel.panic' '.linux.sysctl = {"kernel.panic": "1"}'
	refused 'sysctl.*net.ipv4.ip_forward' '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	refused 'kernel.shmmax' 'del(.linux.namespaces[] | select(.type == "ipc")) | .linux.sysctl = {"kernel.shmmax": "1"}'
	refused 'kernel.shm_rmid_forced' '.linux.sysctl = {"kernel.shm_rmid_forced": "banana"}'
}

@test "sysctls are set in a user namespace too [SYS-1]" {
	probe_of "$user_ns"' | .linux.namespaces += [{type: "network"}] | .linux.sysctl = {"net.ipv4.ip_forward": "1",
		"kernel.shmmax": "1234567", "fs.mqueue.msg_max": "33", "kernel.domainname": "by.sysctl"}' sh -c 'cd /proc/sys
		cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max kernel/domainname'
	expect_equal "$output" $'1\n1234567\n33\nby.sysctl'
}

@test "sysctls are set where the container's /proc is mounted read-only [SYS-1]" {
	probe_of '(.mounts[] | select(.type == "proc")).options = ["ro", "nosuid"] |
		.linux.sysctl = {"kernel.shmmax": "1234567"}' cat /proc/sys/kernel/shmmax
	expect_equal "$output" 1234567
}

@test "the clocks of a new time namespace have their offsets [NS-2]" {
	local before after monotonic boottime

	if [[ ! -e /proc/self/ns/time ]]; then
		skip "this kernel has no time namespaces"
	fi
	run_ok "$PROBE" attributes
	before="$(fact monotonic) $(fact boottime)"
	probe_of '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {
		monotonic: {secs: 1000000, nanosecs: 0}, boottime: {secs: 3000000, nanosecs: 0}}' probe attributes
	after="$(fact monotonic) $(fact boottime)"
	read -r monotonic boottime <<<"$after"
	run_ok "$PROBE" attributes
	# Between what the host's clock was before and what it was after.
	((monotonic - 1000000 >= ${before% *} && monotonic - 1000000 <= $(fact monotonic)))
	((boottime - 3000000 >= ${before#* } && boottime - 3000000 <= $(fact boottime)))
}

# ---- labels -------------------------------------------------------------------------------------------------------

has_apparmor() { [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]; }

@test "an AppArmor profile that cannot be applied is an error that names it [LSM-1]" {
	if has_apparmor; then
		refused 'process.apparmorProfile.*no profile of this name' '.process.apparmorProfile = "no-such-profile"'
		probe_of '.process.apparmorProfile = "unconfined"' cat /proc/self/attr/apparmor/current
		expect_equal "$output" unconfined
	else
		refused 'process.apparmorProfile some-profile: this host has no AppArmor' '.process.apparmorProfile = "some-profile"'
		# Nobody is confined on such a host.
		probe_of '.process.apparmorProfile = "unconfined"' echo ran
		expect_equal "$output" ran
	fi
	probe_of '.process.apparmorProfile = ""' echo ran
	expect_equal "$output" ran
}

@test "a further process gets a profile too, and is refused one that is not there [LSM-1]" {
	local id

	id=$(container_id)
	bundle_make
	bundle_args sleep 1000
	bundle_edit "$user_ns"
	oci_run_detached "$id"
	run_ok oci exec --apparmor unconfined "$id" echo ran
	expect_equal "$output" ran
	run --separate-stderr oci exec --apparmor no-such-profile "$id" echo ran
	[[ $status != 0 && $output == '' ]]
	expect_match "$stderr" '--apparmor no-such-profile: (this host has no AppArmor|no profile of this name)'
}

@test "an SELinux label on a host without SELinux is an error that names it [LSM-2]" {
	if grep -q selinuxfs /proc/filesystems; then
		skip "this host has SELinux"
	fi
	refused 'process.selinuxLabel system_u:system_r:container_t:s0: this host has no SELinux' \
		'.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	probe_of '.process.selinuxLabel = ""' echo ran
	expect_equal "$output" ran
}

# ---- resource classes ---------------------------------------------------------------------------------------------

@test "intelRdt without a resctrl mount is an error [RDT-2]" {
	if grep -q ' - resctrl ' /proc/self/mountinfo; then
		skip "this host has resctrl mounted"
	fi
	refused 'linux.intelRdt: no resctrl filesystem is mounted' '.linux.intelRdt = {closID: "/"}'
	refused 'linux.intelRdt: no resctrl filesystem is mounted' '.linux.intelRdt = {enableMonitoring: true}'
}
