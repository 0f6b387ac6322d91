#!/usr/bin/env bats
#
# Section 4 of the known attacks: /proc, /sys, devices and the kernel's own interfaces. Much of it is looked at by
# attack_probe and attack_calls, whose facts are seen to fail in a chroot.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2034,SC2030,SC2031 # variables for tests/lib/attacks.bash, and of it, in the subshell that a test is
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/attacks

# Where create is as run, and each of the others could differ.
FEW=(direct bundle exec bundle+userns direct+userns)

# hardened: the walls of `run ROOTFS` for a bundle too.
hardened() { form_is direct || bundle_harden; }

add_mount() { bundle_edit --argjson mount "$1" '.mounts += [$mount]'; }

# ---- 4.1, 4.2: settings and knowledge -------------------------------------------------------------------------------------

knobs()
{
	hardened
	ATTACK_OPTIONS=(--sysfs)
	attack attack_probe
	facts_hold 60 write:
}

@test "4.1 no setting of the host can be opened for writing" {
	control_trips knobs chroot
	in_every_form knobs "${FORMS[@]}" bundle+sameids exec+sameids direct+overlay direct+rootless
}

# The same by writing: what was there before is compared afterwards (canary_check). Only a machine that is thrown away
# is a place for the control.
knobs_written()
{
	hardened
	ATTACK_OPTIONS=(--sysfs)
	attack sh -c 'for i in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/panic /sys/kernel/uevent_helper \
			/proc/sys/vm/swappiness /proc/1/root/proc/sys/kernel/core_pattern; do
			(echo 7 >$i) && echo "wrote $i"
		done 2>/dev/null; echo ran'
	[[ $output == ran ]]
}

@test "4.1 nor is one changed" {
	if is_vm; then
		control_trips knobs_written chroot
	else
		echo 'no control: it would change this host'
	fi
	in_every_form knobs_written "${FEW[@]}"
}

knowledge()
{
	hardened
	ATTACK_OPTIONS=(--sysfs)
	attack attack_probe
	facts_hold 20 read:
}

@test "4.2 what tells about the host is empty" {
	control_trips knowledge chroot
	in_every_form knowledge "${FEW[@]}"
}

# ---- 4.3, 4.4, 4.5: devices ------------------------------------------------------------------------------------------------

devices()
{
	form_is direct || bundle_caps CAP_MKNOD CAP_DAC_OVERRIDE
	attack attack_calls devices
	facts_hold 26 device:
}

# Made before, by somebody who could: the nodes are part of the image.
devices_of_image()
{
	mknod -m 666 "$BUNDLE/rootfs/kmsg" c 1 11
	mknod -m 666 "$BUNDLE/rootfs/mem" c 1 1
	mknod -m 666 "$BUNDLE/rootfs/loop" b 7 0
	attack probe open r /kmsg /mem /loop
	! grep -vE '=(EPERM|EACCES)$' <<<"$output"
}

@test "4.3 no other device can be opened, whoever has made its node" {
	control_trips devices chroot
	control_trips devices_of_image chroot
	in_every_form devices "${FEW[@]}" direct+overlay direct+rootless
	in_every_form devices_of_image "${FEW[@]}"
}

# The last rule that matches holds; wildcards; a rule of type a.
device_rules()
{
	bundle_caps CAP_MKNOD
	bundle_edit --argjson rules "$1" '.linux.resources.devices = [{allow: false, access: "rwm"}] + $rules'
	attack sh -c 'mknod /dev/x c 1 11; probe open r /dev/x; probe open w /dev/x; mknod /dev/y c 1 12 && echo made'
	# That of /dev/kmsg for writing is the rules' alone; to read it takes a capability.
	output=$(sed -n '2s/.*=//p' <<<"$output")
	[[ $output == "$2" ]]
}

allowed_then_denied() { device_rules '[{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm"},
	{"allow": false, "type": "c", "major": 1, "access": "rw"}]' EPERM; }
read_and_mknod_only() { device_rules '[{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rm"}]' EPERM; }
other_minor() { device_rules '[{"allow": true, "type": "c", "major": 1, "minor": 10, "access": "rwm"},
	{"allow": true, "type": "c", "minor": 12, "access": "rwm"}]' EPERM; }
other_type() { device_rules '[{"allow": true, "type": "b", "major": 1, "minor": 11, "access": "rwm"},
	{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "m"}]' EPERM; }
all_then_none() { device_rules '[{"allow": true, "type": "a", "access": "rwm"}, {"allow": false, "type": "a", "access": "rwm"},
	{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "m"}]' EPERM; }
denied_then_allowed() { device_rules '[{"allow": false, "type": "c", "major": 1, "access": "rwm"},
	{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm"}]' EPERM; }

@test "4.4 of the device rules the last that matches holds" {
	# A rule that allows it is a rule that allows it: the others are not refused for another reason.
	control_trips denied_then_allowed bundle
	in_every_form allowed_then_denied bundle
	in_every_form read_and_mknod_only bundle
	in_every_form other_minor bundle
	in_every_form other_type bundle
	in_every_form all_then_none bundle
}

# While limits are changed again and again, the rules may not be gone for an instant.
devices_during_updates()
{
	local id=$MINI_RUN_TEST-updates n

	mknod -m 666 "$BUNDLE/rootfs/kmsg" c 1 11
	bundle_args sh -c 'while [ ! -e /end ]; do probe open w /kmsg; done'
	[[ ! ${1:-} ]] || bundle_edit '.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "rw"}]'
	oci create --bundle "$BUNDLE" "$id" </dev/null >"$BUNDLE/out"
	oci start "$id"
	for ((n = 1; n <= 20; n++)); do
		oci update --pids-limit "$((100 + n))" "$id" || return 1
	done
	touch "$BUNDLE/rootfs/end"
	oci_stopped "$id"
	oci delete "$id"
	status=0 output=$(sort "$BUNDLE/out" | uniq -c)
	[[ $(wc -l <"$BUNDLE/out") -gt 20 ]] && ! grep -q '=OK' "$BUNDLE/out"
}

devices_allowed_during_updates() { devices_during_updates allowed; }

@test "4.4 an update leaves no instant without device rules" {
	control_trips devices_allowed_during_updates bundle
	in_every_form devices_during_updates bundle
}

# In a user namespace the nodes are the host's, mounted one by one. What a mount of a device needs is not to be more.
node_flags()
{
	local flags

	attack cat /proc/self/mountinfo
	flags=$(awk '$5 ~ "^/dev/(null|zero|full|tty|random|urandom)$" { print "," $6 "," }' <<<"$output")
	[[ $(wc -l <<<"$flags") == 6 ]] && ! grep -qv ,nosuid, <<<"$flags" && ! grep -qv ,noexec, <<<"$flags"
}

# As one binds them without a thought.
nodes_bound()
{
	add_mount '{"destination": "/dev/null", "type": "bind", "source": "/dev/null", "options": ["bind"]}'
	node_flags
}

@test "4.5 the nodes of a user namespace are mounted with nosuid and noexec" {
	control_trips nodes_bound bundle
	in_every_form node_flags bundle+userns create+userns exec+userns
	in_every_form node_flags bundle+sameids
}

# ---- 4.6, 4.10: instances of one's own ----------------------------------------------------------------------------------------

own_instances()
{
	local -a host=()
	local name

	for name in /dev/pts /dev/shm /dev/mqueue; do
		! mountpoint -q "$name" || host+=("dev=$name=$(stat -c %d "$name")")
	done
	host+=("ns=ipc=$(readlink /proc/self/ns/ipc)")
	attack attack_probe "${host[@]}"
	facts_hold 3 '(dev|ns):'
}

# A segment of the host's shared memory, and a queue: not to be found.
host_ipc()
{
	local segment

	segment=$(ipcmk --shmem 4096 | sed 's/.*: //')
	attack sh -c 'cat /proc/sysvipc/shm'
	ipcrm --shmem-id "$segment"
	[[ $status == 0 && $output == *shmid* && ! $(awk -v id="$segment" 'NR > 1 && $2 == id' <<<"$output") ]]
}

@test "4.6 4.10 terminals, shared memory and message queues are not the host's" {
	control_trips own_instances chroot
	control_trips host_ipc chroot
	in_every_form own_instances "${FEW[@]}"
	in_every_form host_ipc "${FEW[@]}"
}

# ---- 4.7: sysctls ---------------------------------------------------------------------------------------------------------------

# Keys that are not of a namespace of the container's, or no keys at all.
foreign_sysctls()
{
	local key

	for key in kernel.core_pattern kernel/core_pattern kernel.modprobe kernel.panic kernel.sysrq vm.swappiness vm.drop_caches fs.file-max \
		fs.suid_dumpable fs.mqueue net.ipv4.ip_forward net/ipv4/ip_forward net kernel.shm../panic \
		kernel.shmmax/../panic kernel/../vm/swappiness .kernel.shmmax /kernel/shmmax kernel..shmmax \
		fs.mqueue.../../vm/swappiness user.max_user_namespaces kernel.msg/../panic dev.tty.ldisc_autoload '' . ..; do
		if form_is direct; then
			ATTACK_OPTIONS=(--sysctl "$key=1")
		else
			bundle_edit --arg key "$key" '.linux.sysctl = {($key): "1"}'
		fi
		attack echo ran
		if [[ $output || $status == 0 ]]; then
			echo "$key"
			return 1
		fi
	done
}

# Those of its own namespaces are written, and there alone.
own_sysctls()
{
	bundle_edit '.linux.sysctl = {"kernel.shmmax": "4711", "kernel.msgmax": "4712", "fs.mqueue.queues_max": "47"}'
	ATTACK_OPTIONS=(--sysctl kernel.shmmax=4711 --sysctl kernel.msgmax=4712 --sysctl fs.mqueue.queues_max=47)
	attack sh -c 'cat /proc/sys/kernel/shmmax /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/queues_max'
	[[ $output == $'4711\n4712\n47' ]]
}

@test "4.7 only sysctls of the container's own namespaces are written" {
	# Its keys are refused as names of files, or the first of them is written: not on this host.
	if is_vm; then
		control_trips foreign_sysctls naive
	else
		echo 'no control: it would change this host'
	fi
	in_every_form foreign_sysctls direct bundle
	in_every_form own_sysctls direct bundle create bundle+userns
}

# ---- 4.8: system calls -------------------------------------------------------------------------------------------------------------

refused_calls()
{
	hardened
	attack attack_calls calls
	facts_hold 40 call:
}

@test "4.8 calls that containers have been broken out of are refused" {
	control_trips refused_calls chroot
	in_every_form refused_calls
}

# ---- 4.9: keys ------------------------------------------------------------------------------------------------------------------------

# Without a filter, for the keyring alone is to keep the keys apart.
keys_of_caller()
{
	ATTACK_CALLER=("$PROBE" with-key mini-run-attack)
	ATTACK_OPTIONS=(--security-opt seccomp=unconfined)
	attack attack_calls keys key=mini-run-attack
	facts_hold 1 keys:
}

# Two containers have two keyrings.
keyring_of_its_own()
{
	local first

	ATTACK_OPTIONS=(--security-opt seccomp=unconfined)
	attack probe key none
	first=$(fact ring)
	attack probe key none
	[[ $first && $first != -1 && $(fact ring) != "$first" ]]
}

@test "4.9 the caller's keys are out of reach, and each container has a keyring" {
	output=$("$PROBE" with-key mini-run-attack "$PROBE" key mini-run-attack)
	[[ $(fact ring) != -1 ]] || skip "this kernel has no keyrings"
	control_trips keys_of_caller chroot
	in_every_form keys_of_caller "${FEW[@]}"
	in_every_form keyring_of_its_own direct bundle create exec
}

# ---- 4.11: clocks and execution domains -------------------------------------------------------------------------------------------------

personality_outside_list()
{
	local domain

	for domain in '"PER_SVR4"' '"ADDR_NO_RANDOMIZE"' '"LINUX|ADDR_NO_RANDOMIZE"' '""' 262144; do
		bundle_edit --argjson domain "$domain" '.linux.personality = {domain: $domain}'
		attack echo ran
		[[ ! $output && $status != 0 ]] || return 1
	done
	bundle_edit '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
	attack echo ran
	[[ ! $output && $status != 0 ]]
}

# Of the caller's, what weakens a program does not come along.
personality_of_caller()
{
	ATTACK_CALLER=(setarch --addr-no-randomize)
	attack attack_probe
	facts_hold 1 personality
}

# Clocks are set for the container's namespace before anybody lives in it, and not for the host.
own_clocks()
{
	bundle_edit '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 1000000, nanosecs: 0}}'
	attack sh -c 'cut -d. -f1 /proc/uptime'
	((output > 1000000)) && (($(cut -d. -f1 /proc/uptime) < output - 900000))
}

@test "4.11 clocks are the container's, and no execution domain weakens it" {
	control_trips personality_outside_list naive
	control_trips personality_of_caller chroot
	in_every_form personality_outside_list bundle
	in_every_form personality_of_caller "${FEW[@]}"
	[[ -e /proc/self/ns/time ]] || skip "this kernel has no time namespaces"
	in_every_form own_clocks bundle create exec
}
