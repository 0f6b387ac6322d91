#!/usr/bin/env bats
#
# The boundary of a process: capabilities, no_new_privs, the system call filter, masked and read-only paths,
# descriptors, what is inherited from the caller, keys, namespaces, the root.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

DEFAULT_CAPS=00000000a80425fb

# all_caps: the mask of all capabilities that this kernel knows.
all_caps() { printf '%016x' "$(((1 << ($(cat /proc/sys/kernel/cap_last_cap) + 1)) - 1))"; }

# mini-run cannot give what it has not got.
own_caps() { awk '/^CapBnd/ { print $2 }' /proc/self/status; }

# caps OPTION...: the five sets in the container, "Inh Prm Eff Bnd Amb".
caps() { inside "$@" -- sed -n 's/^Cap[A-Z][a-z]*:\t//p' /proc/self/status | xargs; }

# ---- capabilities -------------------------------------------------------------------------------------------

@test "the five capability sets of root" {
	local none=0000000000000000

	need_root
	expect_equal "$(caps)" "$none $DEFAULT_CAPS $DEFAULT_CAPS $DEFAULT_CAPS $none"
	expect_equal "$(caps --cap-drop ALL)" "$none $none $none $none $none"
	expect_equal "$(caps --cap-drop ALL --cap-add CHOWN)" "$none 0000000000000001 0000000000000001 0000000000000001 $none"
	expect_equal "$(caps --cap-add NET_ADMIN)" "$none 00000000a80435fb 00000000a80435fb 00000000a80435fb $none"
	expect_equal "$(caps --cap-add cap_net_admin,SYS_TIME)" "$none 00000000aa0435fb 00000000aa0435fb 00000000aa0435fb $none"
	expect_equal "$(caps --cap-drop CAP_MKNOD --cap-drop NET_RAW,CHOWN)" "$none 00000000a00405fa 00000000a00405fa 00000000a00405fa $none"
	expect_equal "$(caps --privileged)" "$none $(own_caps) $(own_caps) $(own_caps) $none"
	if [[ $(own_caps) == "$(all_caps)" ]]; then
		expect_equal "$(caps --cap-add ALL)" "$none $(all_caps) $(all_caps) $(all_caps) $none"
		expect_equal "$(caps --cap-add ALL --cap-drop SYS_ADMIN)" "$(caps --privileged --cap-drop SYS_ADMIN)"
	else
		# What mini-run has not got is named in a warning, and is not there.
		expect_equal "$(caps --cap-add ALL 2>/dev/null)" "$none $(own_caps) $(own_caps) $(own_caps) $none"
		run_ok inside --cap-add ALL -- true
		expect_match "$stderr" 'cannot give CAP_'
	fi
}

@test "another user has no capabilities, only their bound" {
	local none=0000000000000000

	need_root
	expect_equal "$(caps -u 1000)" "$none $none $none $DEFAULT_CAPS $none"
	expect_equal "$(caps -u 1000 --cap-add NET_ADMIN)" "$none $none $none 00000000a80435fb $none"
	expect_equal "$(caps -u 1000 --cap-drop ALL)" "$none $none $none $none $none"
	expect_equal "$(caps -u 1000 --privileged)" "$none $none $none $(own_caps) $none"
}

@test "wrong or contradictory capabilities are refused" {
	need_root
	refused 'SYS_BANANA' --cap-add SYS_BANANA -- true
	refused '' --cap-add '' -- true
	refused '' --cap-drop 12 -- true
	refused 'exclude' --cap-add ALL --cap-drop ALL -- true
	refused 'CHOWN' --cap-add CHOWN --cap-drop CHOWN -- true
}

@test "capabilities of the caller are not inherited, nor are ambient ones" {
	need_root
	run_ok setpriv --inh-caps +sys_admin,+net_admin --ambient-caps +sys_admin,+net_admin \
		"$MINI_RUN" run "$ROOTFS" sed -n 's/^Cap[A-Z][a-z]*:\t//p' /proc/self/status
	expect_equal "$(xargs <<<"$output")" "0000000000000000 $DEFAULT_CAPS $DEFAULT_CAPS $DEFAULT_CAPS 0000000000000000"
	run_ok setpriv --inh-caps +net_raw --ambient-caps +net_raw \
		"$MINI_RUN" run -u 1000 "$ROOTFS" sed -n 's/^Cap[A-Z][a-z]*:\t//p' /proc/self/status
	expect_equal "$(xargs <<<"$output")" "0000000000000000 0000000000000000 0000000000000000 $DEFAULT_CAPS 0000000000000000"
}

# ---- no_new_privs -------------------------------------------------------------------------------------------

@test "a set-user-id program gains nothing, but with no-new-privileges=false or --privileged" {
	need_root
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		cp "$PROBE" "$ROOT/bin/setuid"
		chmod 6755 "$ROOT/bin/setuid"
		for option in --init --security-opt=no-new-privileges=true --security-opt=no-new-privileges=false --privileged \
			"--privileged --security-opt=no-new-privileges"; do
			echo "$option $(inside -u 1000:1000 $option -- setuid process | grep -E "^(euid|egid|nonewprivs)" | xargs)"
		done
	'
	expect_equal "$output" "--init nonewprivs=1 euid=1000 egid=1000
--security-opt=no-new-privileges=true nonewprivs=1 euid=1000 egid=1000
--security-opt=no-new-privileges=false nonewprivs=0 euid=0 egid=0
--privileged nonewprivs=0 euid=0 egid=0
--privileged --security-opt=no-new-privileges nonewprivs=1 euid=1000 egid=1000"
}

# ---- seccomp ----------------------------------------------------------------------------------------------

# seccomp_of OPTION...: mode and no_new_privs as the kernel says.
seccomp_of() { inside "$@" -- sed -n 's/^\(Seccomp\|NoNewPrivs\):\t//p' /proc/self/status | xargs; }

@test "a filter is in force by default, whoever runs, and not with unconfined or --privileged" {
	need_root
	expect_equal "$(seccomp_of)" '1 2'
	expect_equal "$(seccomp_of -u 1000)" '1 2'
	expect_equal "$(seccomp_of --init)" '1 2'
	expect_equal "$(seccomp_of --security-opt no-new-privileges=false)" '0 2'
	expect_equal "$(seccomp_of --security-opt no-new-privileges=false -u 1000)" '0 2'
	expect_equal "$(seccomp_of --security-opt seccomp=unconfined)" '1 0'
	expect_equal "$(seccomp_of --security-opt seccomp:unconfined)" '1 0'
	expect_equal "$(seccomp_of --privileged)" '0 0'
	expect_equal "$(seccomp_of --privileged --security-opt seccomp=builtin)" '0 2'
}

@test "calls that containers have been broken out of are refused, and would not be without the filter" {
	local name want refused

	need_root
	run_ok inside -- /mnt/probe calls
	refused=$output
	expect_equal "$(grep -vE '=EPERM$|^clone3=ENOSYS$' <<<"$refused")" ''
	(($(grep -c = <<<"$refused") > 40))
	# As an ordinary user and with --init it is the same.
	run_ok inside -u 1000 -- /mnt/probe calls
	expect_equal "$output" "$refused"
	run_ok inside --init -- /mnt/probe calls
	expect_equal "$output" "$refused"
	# The control: with nothing refused each gives another answer, or is none that this kernel has.
	run_ok inside --privileged -- /mnt/probe calls
	while IFS='=' read -r name want; do
		if [[ $(fact "$name") == "$want" ]]; then
			echo "$name=$want without a filter too"
			return 1
		fi
	done <<<"$refused"
}

@test "calls that programs live on are not refused" {
	need_root
	run_ok inside -- /mnt/probe allowed-calls
	run ! grep -E '=(EPERM|ENOSYS|EACCES|signal.*)$' <<<"$output"
}

@test "no flag of clone makes a namespace" {
	need_root
	run_ok inside -- /mnt/probe clone
	expect_fact none OK
	expect_equal "$(grep -c =EPERM <<<"$output")" 8
	run_ok inside --privileged -- /mnt/probe clone
	expect_equal "$(grep -c =OK <<<"$output")" 9
}

@test "an unknown system call answers ENOSYS, as C libraries expect it" {
	need_root
	run_ok inside -- /mnt/probe unknown
	expect_equal "$(grep -c =ENOSYS <<<"$output")" 4
}

@test "the i386 table is filtered as well" {
	need_root
	output=$("$PROBE" int80)
	if [[ $(fact none) == 1 ]]; then
		skip "this kernel runs no i386 system calls"
	fi
	expect_fact mount EFAULT
	expect_fact keyctl EOPNOTSUPP
	run_ok inside -- /mnt/probe int80
	expect_fact getpid OK
	expect_fact clone3 ENOSYS
	expect_fact unknown ENOSYS
	expect_equal "$(grep -c '=EPERM$' <<<"$output")" 16
}

@test "x32 is as on a kernel without it" {
	need_root
	run_ok inside -- /mnt/probe x32
	expect_equal "$(grep -c '=ENOSYS$' <<<"$output")" 4
}

@test "nothing can be typed into a terminal, whatever is in the upper half of the request" {
	need_root
	run --separate-stderr inside -t -- /mnt/probe tiocsti
	expect_equal "$(tr -d '\r' <<<"$output" | grep -c '=EPERM$')" 8
	# Without the filter the kernel looks at the lower half only, and takes it (or refuses otherwise, with
	# dev.tty.legacy_tiocsti=0).
	run --separate-stderr inside -t --security-opt seccomp=unconfined -- /mnt/probe tiocsti
	output=$(tr -d '\r' <<<"$output")
	expect_equal "$(grep -c 'TIOCSTI.*=\(OK\|EIO\)$' <<<"$output")" 4
}

@test "a profile from a file takes the built-in one's place" {
	need_root
	new_root
	cat >"$BATS_TEST_TMPDIR/profile.json" <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}]}
	END
	run_ok inside --security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" -- sh -c '
		mkdir /tmp/new 2>&1; sed -n "s/^Seccomp:\t/mode=/p" /proc/self/status; /mnt/probe calls | grep ^keyctl'
	expect_match "$output" 'Disk quota exceeded|Quota exceeded'
	expect_fact mode 2
	expect_fact keyctl EOPNOTSUPP
	# A profile that ends the process is an end by signal, and told.
	sed -i 's/"SCMP_ACT_ERRNO", "errnoRet": 122/"SCMP_ACT_KILL_PROCESS"/' "$BATS_TEST_TMPDIR/profile.json"
	run --separate-stderr inside --security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" -- mkdir /tmp/new
	expect_equal "$status" 159
	expect_match "$stderr" 'system call'
}

@test "profiles that cannot be understood are refused, and name what is wrong" {
	need_root
	local profile=$BATS_TEST_TMPDIR/profile.json
	refused '/no/such/profile' --security-opt seccomp=/no/such/profile -- true
	refused '' --security-opt seccomp= -- true
	refused '' --security-opt "seccomp=$BATS_TEST_TMPDIR" -- true
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	refused '' --security-opt "seccomp=$BATS_TEST_TMPDIR/fifo" -- true
	: >"$profile"
	refused 'profile.json' --security-opt "seccomp=$profile" -- true
	echo '{' >"$profile"
	refused 'profile.json' --security-opt "seccomp=$profile" -- true
	echo '{"defaultAction": "SCMP_ACT_MAYBE"}' >"$profile"
	refused 'SCMP_ACT_MAYBE' --security-opt "seccomp=$profile" -- true
	echo '{"defaultAction": 7}' >"$profile"
	refused 'defaultAction' --security-opt "seccomp=$profile" -- true
	echo '{"syscalls": []}' >"$profile"
	refused 'defaultAction' --security-opt "seccomp=$profile" -- true
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}' >"$profile"
	refused 'SCMP_ARCH_VAX' --security-opt "seccomp=$profile" -- true
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
		"args": [{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]}' >"$profile"
	refused 'index' --security-opt "seccomp=$profile" -- true
	refused '' --security-opt no-new-privileges=maybe -- true
}

# ---- security modules -------------------------------------------------------------------------------------

@test "a profile or a label that cannot be applied is an error that names the option" {
	need_root
	refused '--security-opt apparmor=no-such: (this host has no AppArmor|no profile of this name is loaded)' \
		--security-opt apparmor=no-such -- true
	refused 'needs a profile' --security-opt apparmor= -- true
	refused 'the whole of it: label=USER:ROLE:TYPE:LEVEL' --security-opt label=type:container_t -- true
	refused 'not an SELinux label' --security-opt label=x -- true
	if ! grep -q selinuxfs /proc/filesystems; then
		refused '--security-opt label=system_u:system_r:container_t:s0: this host has no SELinux' \
			--security-opt label=system_u:system_r:container_t:s0 -- true
	fi
	# That nothing confines is possible everywhere.
	run_ok inside --security-opt apparmor=unconfined --security-opt label=disable -- echo ran
	expect_equal "$output" ran
	if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]; then
		run_ok inside --security-opt apparmor=unconfined -- cat /proc/self/attr/apparmor/current
		expect_equal "$output" unconfined
	fi
}

# ---- /proc ------------------------------------------------------------------------------------------------

MASKED=(acpi asound dynamic_debug interrupts kcore key-users keys kpagecgroup kpagecount kpageflags latency_stats
	sched_debug scsi slabinfo timer_list timer_stats vmallocinfo vmcore)
READ_ONLY=(bus driver fs irq sys sysrq-trigger)

@test "masked paths are empty, and only where the host has them" {
	local name content hidden=0

	need_root
	run_ok inside -- /mnt/probe content "${MASKED[@]/#//proc/}"
	for name in "${MASKED[@]}"; do
		content=$(fact "/proc/$name")
		if [[ ! -e /proc/$name ]]; then
			expect_equal "$content" ENOENT
		elif [[ -d /proc/$name ]]; then
			expect_equal "$content" emptydir
			hidden=$((hidden + 1))
		else
			expect_equal "$content" empty
			hidden=$((hidden + 1))
		fi
	done
	((hidden >= 3))
	# --privileged shows them.
	run_ok inside --privileged -- /mnt/probe content /proc/interrupts
	(($(fact /proc/interrupts) > 0))
}

@test "what is masked stays so: not even root can write to it, lift it or get below it" {
	need_root
	run_ok inside -- sh -c '
		/mnt/probe remount /proc/keys /proc/interrupts
		umount /proc/interrupts 2>/dev/null || echo umount=no
		rm /proc/interrupts 2>/dev/null || echo rm=no
		mv /proc/interrupts /proc/other 2>/dev/null || echo mv=no
		/mnt/probe open r /proc/1/root/proc/interrupts /proc/self/root/../proc/interrupts
		cat /proc/1/root/proc/interrupts | wc -c'
	expect_equal "$(grep -c =EPERM <<<"$output")" 6
	expect_fact umount no
	expect_fact rm no
	expect_fact mv no
	expect_equal "${lines[-1]}" 0
}

@test "read-only parts of /proc give EROFS" {
	local name

	need_root
	run_ok inside -- sh -c "$(printf 'grep -o " /proc/%s ro" /proc/self/mountinfo;' "${READ_ONLY[@]}")
		/mnt/probe open w /proc/sysrq-trigger /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity"
	for name in "${READ_ONLY[@]}"; do
		[[ ! -e /proc/$name ]] || grep -q "/proc/$name ro" <<<"$output"
	done
	[[ ! -e /proc/sysrq-trigger ]] || expect_fact /proc/sysrq-trigger EROFS
	expect_fact /proc/sys/kernel/hostname EROFS
	expect_fact /proc/sys/vm/drop_caches EROFS
	expect_fact /proc/irq/default_smp_affinity EROFS
}

# Paths by which root without a user namespace changes the host.
KNOBS=(
	/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /proc/sys/kernel/poweroff_cmd
	/proc/sys/kernel/core_uses_pid /proc/sys/kernel/core_pipe_limit /proc/sys/kernel/panic /proc/sys/kernel/panic_on_oops
	/proc/sys/kernel/sysrq /proc/sys/kernel/kptr_restrict /proc/sys/kernel/dmesg_restrict /proc/sys/kernel/randomize_va_space
	/proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/perf_event_paranoid /proc/sys/kernel/unprivileged_bpf_disabled
	/proc/sys/kernel/kexec_load_disabled /proc/sys/kernel/modules_disabled /proc/sys/kernel/ns_last_pid
	/proc/sys/kernel/pid_max /proc/sys/kernel/threads-max /proc/sys/kernel/hostname /proc/sys/kernel/domainname
	/proc/sys/kernel/shmmax /proc/sys/kernel/sem /proc/sys/kernel/msgmax /proc/sys/kernel/usermodehelper/bset
	/proc/sys/kernel/usermodehelper/inheritable /proc/sys/kernel/printk /proc/sys/kernel/ftrace_enabled
	/proc/sys/kernel/stack_tracer_enabled /proc/sys/kernel/random/poolsize /proc/sys/kernel/random/write_wakeup_threshold
	/proc/sys/kernel/keys/maxkeys /proc/sys/kernel/sched_rt_runtime_us /proc/sys/kernel/nmi_watchdog
	/proc/sys/fs/binfmt_misc/register /proc/sys/fs/binfmt_misc/status /proc/sys/fs/suid_dumpable /proc/sys/fs/file-max
	/proc/sys/fs/protected_symlinks /proc/sys/fs/protected_hardlinks /proc/sys/fs/pipe-max-size
	/proc/sys/fs/inotify/max_user_watches /proc/sys/fs/mount-max
	/proc/sys/vm/drop_caches /proc/sys/vm/overcommit_memory /proc/sys/vm/panic_on_oom /proc/sys/vm/mmap_min_addr
	/proc/sys/vm/swappiness /proc/sys/vm/compact_memory /proc/sys/vm/oom_kill_allocating_task
	/proc/sys/net/ipv4/ip_forward /proc/sys/net/core/somaxconn /proc/sys/user/max_user_namespaces
	/proc/sys/dev/tty/ldisc_autoload
	/proc/sysrq-trigger /proc/irq/default_smp_affinity /proc/bus/pci/devices /proc/mtrr /proc/kcore /proc/timer_list
	/proc/scsi/scsi /proc/acpi/wakeup /proc/1/root/proc/sys/kernel/core_pattern
	/sys/kernel/uevent_helper /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/ksm/run /sys/kernel/profiling
	/sys/kernel/kexec_crash_size /sys/kernel/debug/x /sys/kernel/security/x /sys/power/state /sys/power/disk
	/sys/module/kernel/parameters/panic /sys/class/net/lo/mtu /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/release_agent
	/sys/firmware/x /sys/devices/system/cpu/online /sys/bus/pci/rescan /sys/kernel/rcu_expedited
	/sys/kernel/mm/hugepages/x /sys/kernel/livepatch/x
)

@test "no knob of the host can be opened for writing, and none has changed" {
	local before path
	local -a values=(/proc/sys/kernel/{core_pattern,modprobe,panic,sysrq,hostname,pid_max,shmmax} /proc/sys/vm/swappiness)

	need_root
	before=$(grep -s . "${values[@]}" || true)
	run_ok inside --sysfs -- sh -c 'cat /proc/self/mountinfo; /mnt/probe open w "$@"' sh "${KNOBS[@]}"
	for path in "${KNOBS[@]}"; do
		# What can be opened is /dev/null in its place.
		if [[ ! $(fact "$path") =~ ^(EROFS|EACCES|ENOENT|EPERM)$ ]] && ! grep -q " /null $path " <<<"$output"; then
			echo "$path=$(fact "$path")"
			return 1
		fi
	done
	run_ok inside --sysfs -- sh -c '
		for i in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /proc/sys/kernel/hostname; do
			(echo "|/bin/evil" >$i) 2>/dev/null && echo wrote=$i
		done
		echo done'
	expect_equal "$output" 'done'
	expect_equal "$(grep -s . "${values[@]}" || true)" "$before"
	# The control: the probe can open such files where it may.
	output=$("$PROBE" open w /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness)
	expect_fact /proc/sys/kernel/core_pattern OK
	expect_fact /proc/sys/vm/swappiness OK
}

@test "the kernel's log and addresses are not shown" {
	need_root
	run inside -- dmesg
	expect_equal "$status" 1
	run_ok inside -- sh -c 'head -c 4096 /proc/kallsyms | grep -vc "^0000000000000000 "; /mnt/probe open r /proc/kmsg /proc/1/mem'
	expect_equal "${lines[0]}" 0
	expect_fact /proc/kmsg EPERM
}

# ---- what comes from the caller ---------------------------------------------------------------------------------

@test "only descriptors 0, 1 and 2 are passed on, whatever the caller has open" {
	need_root
	canary_make
	run_ok bash -c 'exec 3</dev/zero 4</ 7</ 8</etc/passwd 9<"$CANARY/file" 63</sys 200<"$MINI_RUN"
		"$PROBE" fds >"$BATS_TEST_TMPDIR/outside"
		"$@"' bash "$MINI_RUN" run -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/probe fds
	grep -q ^9= "$BATS_TEST_TMPDIR/outside" && grep -q ^200= "$BATS_TEST_TMPDIR/outside"
	expect_equal "$(cut -d= -f1 <<<"$output" | xargs)" '0 1 2'
	run_ok bash -c 'exec 7</ 9<"$CANARY/file"; "$@"' bash "$MINI_RUN" run --init -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" \
		sh -c '/mnt/probe fds; ls /proc/1/fd'
	expect_equal "$(sed -n 's/=.*//p' <<<"$output" | xargs)" '0 1 2'
	expect_equal "$(sed '/=/d' <<<"$output" | xargs)" '0 1 2'
	# Closed ones do not become something else.
	run bash -c '"$@" <&- 2>&-' bash "$MINI_RUN" run -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/probe fds
	((status == 0 || status == 125))
	((status == 125)) || run ! grep -vE '^[012]=(/dev/null|pipe:.*|/.*/[0-9a-zA-Z_.-]*)?$' <<<"$output"
}

@test "the caller's environment stays outside, but what is asked for" {
	need_root
	run_ok env -i SECRET=x LD_PRELOAD=/evil.so LD_LIBRARY_PATH=/evil NOTIFY_SOCKET=/run/n LISTEN_FDS=3 LISTEN_PID=1 TMPDIR=/evil \
		IFS=x BASH_ENV=/evil PATH=/evil HOME=/evil TERM=evil LANG=evil KEPT=kept \
		"$MINI_RUN" run -e KEPT -e NOT_THERE -e SET=set "$ROOTFS" env
	expect_equal "$(cut -d= -f1 <<<"$output" | sort | xargs)" 'HOME HOSTNAME KEPT PATH SET'
	expect_fact PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	expect_fact HOME /root
	expect_fact KEPT kept
	# The host's PATH finds nothing inside.
	run -127 "$MINI_RUN" run "$ROOTFS" bash -c true
}

@test "the caller's groups stay outside" {
	need_root
	run_ok setpriv --groups 0,6,24,999 "$MINI_RUN" run "$ROOTFS" sed -n 's/^Groups:\t//p' /proc/self/status
	expect_equal "$(xargs <<<"$output")" ''
	run_ok setpriv --groups 6,24 "$MINI_RUN" run -u 1000:1000 "$ROOTFS" sed -n 's/^Groups:\t//p' /proc/self/status
	expect_equal "$(xargs <<<"$output")" ''
}

@test "the caller's signals, umask and parent stay outside" {
	need_root
	run_ok "$PROBE" odd "$MINI_RUN" run -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/probe process
	expect_fact blocked 0
	expect_fact ignored 0
	expect_fact umask 022
	expect_fact pid 1
	expect_fact sid 1
	expect_fact pgid 1
	expect_fact tty ENXIO
	expect_fact dumpable 1
	expect_fact securebits 0
	expect_fact keepcaps 0
	# Under --init too, where the command leads a group of its own.
	run_ok "$PROBE" odd "$MINI_RUN" run --init -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/probe process
	expect_fact blocked 0
	expect_fact ignored 0
	# The control: they do come along without mini-run.
	output=$("$PROBE" odd "$PROBE" process)
	(($(fact blocked) > 50 && $(fact ignored) > 5))
}

@test "niceness and limits of the caller hold inside: they only take away" {
	need_root
	run_ok nice -n 7 "$MINI_RUN" run -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/probe process
	expect_fact nice 7
	run_ok prlimit --nofile=123:456 "$MINI_RUN" run "$ROOTFS" sh -c 'ulimit -Sn; ulimit -Hn'
	expect_equal "$output" $'123\n456'
}

# ---- keys -------------------------------------------------------------------------------------------------

@test "the session keyring is a new one: the caller's keys are out of reach" {
	local options=(-v "${PROBE%/*}:/mnt:ro" --security-opt seccomp=unconfined)

	need_root
	output=$("$PROBE" with-key mini-run-canary "$PROBE" key mini-run-canary)
	if [[ $(fact ring) == -1 ]]; then
		skip "this kernel has no keyrings"
	fi
	expect_fact key OK
	run_ok "$PROBE" with-key mini-run-canary "$MINI_RUN" run "${options[@]}" "$ROOTFS" /mnt/probe key mini-run-canary
	expect_fact key ENOKEY
	local first
	first=$(fact ring)
	((first > 0))
	run_ok "$PROBE" with-key mini-run-canary "$MINI_RUN" run --privileged "${options[@]}" "$ROOTFS" \
		/mnt/probe key mini-run-canary
	expect_fact key ENOKEY
	[[ $(fact ring) != "$first" ]]
}

# ---- namespaces and the root ------------------------------------------------------------------------------------

@test "PID, mount, UTS, IPC and cgroup namespaces are new, network and user namespaces the caller's" {
	need_root
	local kind
	run_ok inside -- sh -c 'for i in cgroup ipc mnt net pid time user uts; do echo $i=$(readlink /proc/self/ns/$i); done'
	for kind in cgroup ipc mnt pid uts; do
		[[ $(fact $kind) == "$kind:["* && $(fact $kind) != "$(readlink /proc/self/ns/$kind)" ]]
	done
	for kind in net user; do
		expect_fact $kind "$(readlink /proc/self/ns/$kind)"
	done
	# --privileged keeps them.
	run_ok inside --privileged -- sh -c 'for i in cgroup ipc mnt pid uts; do echo $i=$(readlink /proc/self/ns/$i); done'
	for kind in cgroup ipc mnt pid uts; do
		[[ $(fact $kind) != "$(readlink /proc/self/ns/$kind)" ]]
	done
}

@test "the container sees its own processes only, and cannot signal others" {
	need_root
	run_ok inside -- sh -c 'ls /proc | grep -E "^[0-9]+$" | sort -n | head -n 1; ls /proc | grep -cE "^[0-9]+$"
		kill -0 -1 2>/dev/null || echo none=1; echo own=$(cat /proc/$$/comm)'
	expect_equal "${lines[0]}" 1
	((lines[1] <= 6))
	expect_equal "${lines[-1]}" own=sh
}

@test "the old root cannot be reached: by .., by chroot, by /proc, while a plain chroot lets it out" {
	need_root
	new_root
	canary_make
	run_ok inside -- /mnt/probe escape "$CANARY/file"
	expect_fact before ENOENT
	expect_fact dotdot_same 1
	expect_fact chroot_same 1
	expect_fact after ENOENT
	run_ok inside --privileged -- /mnt/probe escape "$CANARY/file"
	expect_fact chroot_same 1
	expect_fact after ENOENT
	# / is the directory that was given.
	run_ok inside -- sh -c 'stat -c root=%d:%i /; ls -A /; for i in root cwd; do ls -d /proc/*/$i/"$0" 2>/dev/null; done; echo end' "$CANARY"
	expect_fact root "$(stat -c %d:%i "$ROOT")"
	expect_equal "${lines[-1]}" end
	run ! grep -F "$CANARY" <<<"$output"
	# The control.
	mkdir -p "$ROOT/tmp"
	cp "$PROBE" "$ROOT/probe"
	run_ok chroot "$ROOT" /probe escape "$CANARY/file"
	expect_fact before ENOENT
	expect_fact chroot_same 0
	expect_fact after OK
}

@test "--privileged takes the boundary away as it says, and no more" {
	need_root
	run_ok inside --privileged --sysfs -- sh -c '
		/mnt/probe open w /proc/sys/vm/swappiness /proc/sysrq-trigger /sys/kernel/profiling
		mount -t tmpfs mine /mnt && echo mount=yes
		grep -c " /proc/" /proc/self/mountinfo
		echo $$'
	expect_fact /proc/sys/vm/swappiness OK
	expect_fact mount yes
	expect_fact /sys/kernel/profiling EROFS
	expect_equal "${lines[-1]}" 1
	expect_equal "${lines[-2]}" 0
}
