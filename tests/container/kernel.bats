#!/usr/bin/env bats
#
# What the container sets in the kernel: its names, sysctls, limits of processes, OOM score, umask.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

# ---- names ------------------------------------------------------------------------------------------------

@test "the host name is --hostname, else the container's name, else a generated one" {
	local before

	need_root
	before=$(hostname)
	run_ok inside --hostname box.example -- sh -c 'hostname; echo $HOSTNAME; uname -n'
	expect_equal "$output" $'box.example\nbox.example\nbox.example'
	run_ok inside --name named-1 -- hostname
	expect_equal "$output" named-1
	run_ok inside --name named-1 --hostname other -- hostname
	expect_equal "$output" other
	run_ok inside -- hostname
	expect_match "$output" '^mini-run-[0-9a-f]{8}$'
	run_ok inside --hostname "$(printf 'x%.0s' {1..64})" -- hostname
	expect_equal "${#output}" 64
	# A longer name of the container is cut for the host name.
	run_ok inside --name "$(printf 'y%.0s' {1..100})" -- hostname
	expect_equal "$output" "$(printf 'y%.0s' {1..64})"
	expect_equal "$(hostname)" "$before"
}

@test "host names that the kernel or a terminal would choke on are refused" {
	need_root
	refused 'hostname' --hostname '' -- true
	refused 'hostname' --hostname "$(printf 'x%.0s' {1..65})" -- true
	refused 'hostname' --hostname $'a\nb' -- true
	refused 'hostname' --hostname $'\e]0;x\a' -- true
	[[ $stderr != *$'\e'* ]]
}

@test "the container cannot change its name, unless it may administer" {
	need_root
	run inside -- hostname other
	expect_equal "$status" 1
	run_ok inside --cap-add SYS_ADMIN -- sh -c 'hostname other && hostname'
	expect_equal "$output" other
	[[ $(hostname) != other ]]
}

# ---- sysctls ----------------------------------------------------------------------------------------------

@test "sysctls of the container's own namespaces are set, and the host's stay as they are" {
	local key before
	local -a keys=(kernel/shmmax kernel/shmmni kernel/shmall kernel/shm_rmid_forced kernel/msgmax kernel/msgmnb
		kernel/msgmni kernel/sem fs/mqueue/msg_max kernel/hostname)

	need_root
	before=$(cd /proc/sys && grep -s . "${keys[@]}" || true)
	run_ok inside --sysctl kernel.shmmax=1234567 --sysctl kernel.shmmni=111 --sysctl kernel.shm_rmid_forced=1 \
		--sysctl kernel.msgmax=9000 --sysctl kernel.msgmnb=20000 --sysctl kernel/msgmni=222 \
		--sysctl 'kernel.sem=100 2000 30 40' --sysctl fs.mqueue.msg_max=33 -- sh -c '
		cd /proc/sys; for i in kernel/shmmax kernel/shmmni kernel/shm_rmid_forced kernel/msgmax kernel/msgmnb kernel/msgmni \
			kernel/sem fs/mqueue/msg_max; do echo "$i=$(cat $i | xargs)"; done'
	expect_fact kernel/shmmax 1234567
	expect_fact kernel/shmmni 111
	expect_fact kernel/shm_rmid_forced 1
	expect_fact kernel/msgmax 9000
	expect_fact kernel/msgmnb 20000
	expect_fact kernel/msgmni 222
	expect_fact kernel/sem '100 2000 30 40'
	expect_fact fs/mqueue/msg_max 33
	expect_equal "$(cd /proc/sys && grep -s . "${keys[@]}" || true)" "$before"
}

@test "net sysctls need a network of the container's own" {
	local before

	need_root
	before=$(cat /proc/sys/net/ipv4/ip_forward)
	refused 'network namespace' --sysctl net.ipv4.ip_forward=1 -- true
	refused 'network namespace' --network host --sysctl net/ipv4/ip_forward=1 -- true
	run_ok inside --network none --sysctl net.ipv4.ip_forward=1 --sysctl net.ipv4.ping_group_range='0 1000' \
		--sysctl net/ipv4/conf/lo/rp_filter=2 -- sh -c \
		'cd /proc/sys/net/ipv4; cat ip_forward conf/lo/rp_filter; xargs <ping_group_range'
	expect_equal "$output" $'1\n2\n0 1000'
	expect_equal "$(cat /proc/sys/net/ipv4/ip_forward)" "$before"
}

@test "every other sysctl is the host's and refused, and so is every way to one" {
	local key before
	local -a values=(/proc/sys/kernel/{core_pattern,panic,pid_max,randomize_va_space} /proc/sys/vm/swappiness)

	need_root
	before=$(grep -s . "${values[@]}" || true)
	for key in kernel.core_pattern kernel.modprobe kernel.panic kernel.pid_max kernel.randomize_va_space kernel.sysrq \
		vm.swappiness vm.overcommit_memory fs.file-max fs.binfmt_misc.register fs.suid_dumpable user.max_user_namespaces \
		dev.tty.ldisc_autoload debug.exception-trace abi.vsyscall32 kernel.shm kernel.shmmax.x kernel.shmmaxx kernel.semx \
		fs.mqueue fs.mqueuex kernel kernel.msg netx.ipv4 fs/mqueue/../binfmt_misc/register fs.mqueue.../vm/swappiness \
		fs.mqueue..msg_max kernel/../vm/swappiness kernel.shmmax/../core_pattern .kernel.shmmax kernel.shmmax. \
		/proc/sys/kernel/shmmax /kernel/shmmax 'kernel.shmmax ' ' kernel.shmmax' $'kernel.shmmax\n' \
		net.ipv4.../../kernel/core_pattern net/../vm/swappiness net//ipv4/ip_forward net. net 'fs.mqueue./../../vm/swappiness'; do
		run --separate-stderr inside --network none --sysctl "$key=1" -- true
		if ((status != 125)); then
			printf 'for --sysctl %q\n' "$key=1"
			show_result
			return 1
		fi
	done
	refused 'KEY=VALUE' --sysctl kernel.shmmax -- true
	refused 'KEY=VALUE' --sysctl =1 -- true
	# A value that the kernel refuses is told as such.
	refused 'kernel.shm_rmid_forced' --sysctl kernel.shm_rmid_forced=banana -- true
	refused 'msg_nothing' --sysctl fs.mqueue.msg_nothing=1 -- true
	expect_equal "$(grep -s . "${values[@]}" || true)" "$before"
}

# ---- limits of processes ----------------------------------------------------------------------------------------

limit_of() { inside "${@:2}" -- grep -i "^Max $1" /proc/self/limits | awk '{ print $(NF - 2), $(NF - 1) }'; }

@test "--ulimit sets soft and hard limits by every name" {
	need_root
	run_ok inside --ulimit nofile=100:200 --ulimit core=0 --ulimit cpu=1000:2000 --ulimit fsize=1000000 --ulimit data=100000000 \
		--ulimit stack=1000000:2000000 --ulimit nproc=50:60 --ulimit memlock=65536 --ulimit as=1000000000:2000000000 \
		--ulimit locks=10 --ulimit sigpending=100 --ulimit msgqueue=1000:2000 --ulimit nice=0 --ulimit rtprio=0 \
		--ulimit rttime=1000000 --ulimit rss=unlimited -- sed 's/  */ /g' /proc/self/limits
	grep -q '^Max open files 100 200' <<<"$output"
	grep -q '^Max core file size 0 0' <<<"$output"
	grep -q '^Max cpu time 1000 2000' <<<"$output"
	grep -q '^Max file size 1000000 1000000' <<<"$output"
	grep -q '^Max data size 100000000 100000000' <<<"$output"
	grep -q '^Max stack size 1000000 2000000' <<<"$output"
	grep -q '^Max processes 50 60' <<<"$output"
	grep -q '^Max locked memory 65536 65536' <<<"$output"
	grep -q '^Max address space 1000000000 2000000000' <<<"$output"
	grep -q '^Max file locks 10 10' <<<"$output"
	grep -q '^Max pending signals 100 100' <<<"$output"
	grep -q '^Max msgqueue size 1000 2000' <<<"$output"
	grep -q '^Max realtime timeout 1000000 1000000' <<<"$output"
	grep -q '^Max resident set unlimited unlimited' <<<"$output"
	# The last one given counts, and -1 is unlimited.
	run_ok inside --ulimit nofile=100 --ulimit nofile=50:60 --ulimit rss=5:-1 -- sed 's/  */ /g' /proc/self/limits
	grep -q '^Max open files 50 60' <<<"$output"
	grep -q '^Max resident set 5 unlimited' <<<"$output"
	# It holds.
	run_ok inside --ulimit fsize=4096 -- sh -c 'dd if=/dev/zero of=/dev/shm/file bs=8192 count=2 2>/dev/null; stat -c %s /dev/shm/file'
	expect_equal "$output" 4096
	run_ok inside --ulimit nofile=10:10 -u 1000 -- sh -c '(ulimit -n 20) 2>/dev/null; ulimit -n'
	expect_equal "$output" 10
}

@test "raising a limit above the caller's hard one works with CAP_SYS_RESOURCE and is an error that names it without" {
	need_root
	local hard
	hard=$(ulimit -Hn)
	if (($((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status))) & (1 << 24))); then
		run_ok inside --ulimit "nofile=$((hard + 10))" -- sh -c 'ulimit -Hn'
		expect_equal "$output" "$((hard + 10))"
	else
		refused 'CAP_SYS_RESOURCE' --ulimit "nofile=$((hard + 10))" -- true
		expect_match "$stderr" 'NOFILE'
	fi
}

@test "wrong ulimits are refused" {
	local value

	need_root
	for value in nofile nofile= =5 nofile=x nofile=5:4 nofile=5: nofile=:5 nofile=-2 nofile=1.5 nofile=5:6:7 files=5 \
		nofile=18446744073709551616 'nofile= 5' nofile=unlimited:5 RLIMIT_BANANA=1 nofile=+5; do
		run --separate-stderr inside --ulimit "$value" -- true
		if ((status != 125)); then
			printf 'for --ulimit %q\n' "$value"
			show_result
			return 1
		fi
	done
}

@test "--oom-score-adj and --umask are the container's" {
	local own

	need_root
	own=$(cat /proc/self/oom_score_adj)
	run_ok inside --oom-score-adj 500 -- cat /proc/self/oom_score_adj
	expect_equal "$output" 500
	run_ok inside -- cat /proc/self/oom_score_adj
	expect_equal "$output" "$own"
	if (($((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status))) & (1 << 24))); then
		run_ok inside --oom-score-adj -999 -u 1000 -- cat /proc/self/oom_score_adj
		expect_equal "$output" -999
	else
		refused 'CAP_SYS_RESOURCE' --oom-score-adj -999 -- true
	fi
	refused 'oom-score-adj' --oom-score-adj 1001 -- true
	refused 'oom-score-adj' --oom-score-adj -1001 -- true
	refused 'oom-score-adj' --oom-score-adj x -- true

	new_root
	run_ok inside --umask 0077 -- sh -c 'umask; touch /private; mkdir /dir'
	expect_equal "$output" 0077
	expect_equal "$(stat -c %a "$ROOT/private" "$ROOT/dir" | xargs)" '600 700'
	(
		umask 0
		run_ok inside -- sh -c 'umask; touch /open'
		expect_equal "$output" 0022
	)
	expect_equal "$(stat -c %a "$ROOT/open")" 644
	refused 'umask' --umask 1000 -- true
	refused 'umask' --umask 088 -- true
	refused 'umask' --umask -1 -- true
	refused 'umask' --umask '' -- true
}

@test "mount points are made with plain modes whatever the caller's umask" {
	need_root
	new_root
	rmdir "$ROOT"/{proc,dev}
	(
		umask 0777
		run_ok inside -v "$PROBE:/deep/down/file" --tmpfs /deep/tmpfs -- /bin/true
	)
	expect_equal "$(stat -c %a "$ROOT/proc" "$ROOT/dev" "$ROOT/deep" "$ROOT/deep/down" "$ROOT/deep/tmpfs" | sort -u)" 755
	expect_equal "$(stat -c %a "$ROOT/deep/down/file")" 644
}
