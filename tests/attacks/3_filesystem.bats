#!/usr/bin/env bats
#
# Section 3 of the known attacks, from 3.5 on: /dev and /proc of the image, what is left of the host's tree, flags, ids.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2034,SC2030,SC2031 # variables for tests/lib/attacks.bash, and of it, in the subshell that a test is
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/attacks

without_dev() { bundle_edit 'del(.mounts[] | select(.destination | startswith("/dev")))'; }

# add_mount JSON: to config.json.
add_mount() { bundle_edit --argjson mount "$1" '.mounts += [$mount]'; }

# ---- 3.5: writes to /proc ---------------------------------------------------------------------------------------------

# A volume of another container's, over the files that the runtime itself writes to.
sysctl_through_faked_proc()
{
	mkdir -p "$BUNDLE/source/kernel"
	echo faked >"$BUNDLE/source/kernel/domainname"
	ln -s "$CANARY/file" "$BUNDLE/source/kernel/shmmax"
	bundle_edit --arg source "$BUNDLE/source" '.linux.sysctl = {"kernel.shmmax": "4711"} | .linux.readonlyPaths = []
		| .mounts += [{destination: "/proc/sys", type: "bind", source: $source, options: ["bind"]}]'
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 ]]
}

@test "3.5 a sysctl is not written through what is mounted over /proc/sys" {
	control_trips sysctl_through_faked_proc naive
	in_every_form sysctl_through_faked_proc bundle create bundle+userns
}

# ---- 3.6, 3.7: /dev ---------------------------------------------------------------------------------------------------

dev_link()
{
	rm -r "$BUNDLE/rootfs/dev"
	ln -s "$1" "$BUNDLE/rootfs/dev"
	without_dev
	attack true
}

dev_link_absolute() { dev_link "$CANARY"; }
dev_link_relative() { dev_link "../../canary"; }

@test "3.7 /dev of the image that is a link out of the root is not filled" {
	control_trips dev_link_absolute naive runc crun
	in_every_form dev_link_absolute "${FORMS[@]}" direct+overlay direct+rootless bundle+rootless
	in_every_form dev_link_relative direct bundle bundle+userns
}

# Links for what is mounted and made below /dev, with the image's /dev in use, and below a /dev that is mounted.
dev_links_below()
{
	local name

	for name in pts shm mqueue; do
		rmdir "$BUNDLE/rootfs/dev/$name" 2>/dev/null
		ln -s "$CANARY/empty" "$BUNDLE/rootfs/dev/$name"
	done
	for name in null zero ptmx console stdin tty random; do
		rm -f "$BUNDLE/rootfs/dev/$name"
		ln -s "$CANARY/new-$name" "$BUNDLE/rootfs/dev/$name"
	done
	ln -s "$CANARY" "$BUNDLE/rootfs/dev/fd"
	form_is direct || bundle_edit 'del(.mounts[] | select(.destination == "/dev"))'
	attack sh -c 'touch /dev/shm/new /dev/mqueue/new; echo x >/dev/null'
}

@test "3.7 links of the image for pts, shm, mqueue and the nodes lead nowhere" {
	control_trips dev_links_below naive
	in_every_form dev_links_below direct bundle create bundle+userns
}

# The terminal is put on /dev/console before the masks are there.
console_link()
{
	local -a at_terminal=()

	rm -rf "$BUNDLE/rootfs/dev"
	mkdir -p "$BUNDLE/rootfs/dev"
	ln -s "$1" "$BUNDLE/rootfs/dev/console"
	[[ ! ${2:-} ]] || ln -s "$2" "$BUNDLE/rootfs/dev/pts"
	without_dev
	[[ ! ${2:-} ]] || add_mount '{"destination": "/dev/pts", "type": "devpts", "source": "devpts"}'
	bundle_edit '.process.terminal = true'
	ATTACK_OPTIONS=(-t)
	form_is direct || ATTACK_CALLER=(bash -c "$(declare -f pty)"'; pty "$@"' bash)
	attack sh -c 'echo attacked >/dev/console'
}

console_link_out() { console_link "$CANARY/file"; }
console_link_new() { console_link "$CANARY/new"; }
console_link_proc() { console_link /proc/sys/kernel/hostname; }
console_pts_out() { console_link "$CANARY/file" "$CANARY/empty"; }

@test "3.6 /dev/console and /dev/pts of the image that are links lead nowhere" {
	control_trips console_link_new naive crun
	in_every_form console_link_out direct bundle bundle+userns
	in_every_form console_link_new direct bundle
	in_every_form console_link_proc direct bundle
	in_every_form console_pts_out direct bundle
}

# ---- 3.8: copies --------------------------------------------------------------------------------------------------------

copy_up()
{
	local dir=$BUNDLE/rootfs/data deep=$BUNDLE/rootfs/data n

	mkdir "$dir"
	ln -s "$CANARY/secret" "$dir/link"
	ln -s "$CANARY" "$dir/directory"
	ln -s ../../../canary/secret "$dir/relative"
	mkfifo "$dir/fifo"
	mknod "$dir/device" c 1 11
	python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind("socket")' "$dir" || return 1
	echo original >"$dir/file"
	ln "$dir/file" "$dir/hard"
	for ((n = 0; n < 100; n++)); do
		deep+=/d
	done
	mkdir -p "$deep"
	! form_is userns || find "$dir" -exec chown -h 100000:100000 {} +
	add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "size=8m"]}'
	attack sh -c 'cat /data/link /data/relative /data/directory/secret; echo attacked >>/data/link; echo x >>/data/file
		[ -L /data/link ] && echo link; [ -e /data/device ] && echo device; find /data -type d | wc -l'
	[[ $output == *link* && $output != *secret* && $output != *device* && $output == *101* ]]
}

# The directory itself leads out: what is copied is another.
copy_up_of_link()
{
	ln -s "$CANARY" "$BUNDLE/rootfs/data"
	add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "size=8m"]}'
	attack sh -c 'cat /data/secret; ls /data; echo ran'
	[[ $output != *secret* ]]
}

@test "3.8 what tmpcopyup copies does not follow links out of the root" {
	control_trips copy_up naive
	control_trips copy_up_of_link naive
	in_every_form copy_up bundle bundle+userns
	in_every_form copy_up_of_link bundle bundle+userns
}

# ---- 3.9: what is left of the host's tree ------------------------------------------------------------------------------

old_root()
{
	form_is direct || bundle_caps CAP_SYS_CHROOT CAP_SYS_PTRACE
	ATTACK_OPTIONS=(--cap-add SYS_PTRACE)
	attack attack_calls escape
	facts_hold 1 || return 1
	# Through every process that can be seen.
	attack sh -c 'for i in /proc/[0-9]*; do for j in root cwd; do ls -d "$i/$j/$0" "$i/$j/../../../../../..$0"; done; done 2>/dev/null
		echo ran' "$CANARY"
	[[ $output == ran ]]
}

@test "3.9 the old root is not above, not behind, and not to be chrooted to" {
	control_trips old_root chroot
	in_every_form old_root "${FORMS[@]}" direct+overlay direct+rootless
}

# Moved over / instead of pivoted, the host's tree stays below: its /proc and /sys must not.
no_pivot()
{
	bundle_caps CAP_SYS_CHROOT CAP_SYS_ADMIN
	ATTACK_BUNDLE_OPTIONS=(--no-pivot)
	attack sh -c 'attack_calls escape; umount -l /proc; ls -d "$0"; echo ran' "$CANARY"
	[[ $output == *'ok escape:chroot'* && $output != *'not ok'* && $output != *"$CANARY"* ]]
}

@test "3.9 without pivot_root a second chroot does not lead out either" {
	control_trips no_pivot chroot
	in_every_form no_pivot bundle
}

# ---- 3.10: propagation ---------------------------------------------------------------------------------------------------

# Called in a mount namespace in which all is shared. What the container mounts must not be seen there, nor stay.
shared_parent()
{
	ATTACK_CALLER=(unshare --mount --propagation shared bash -c '
		before=$(wc -l </proc/self/mountinfo)
		"$@"
		status=$?
		after=$(wc -l </proc/self/mountinfo)
		echo "mounts outside: $((after - before))"
		exit "$status"' bash)
	form_is direct || bundle_caps CAP_SYS_ADMIN
	ATTACK_OPTIONS=(--cap-add SYS_ADMIN --security-opt seccomp=unconfined)
	attack sh -c 'mount -t tmpfs leak /mnt && echo mounted'
	[[ $output == *mounted* && $output == *'mounts outside: 0'* ]]
}

# As it is without a mount namespace that is private.
shared_chroot()
{
	ATTACK_CALLER=(unshare --mount --propagation shared bash -c '
		before=$(wc -l </proc/self/mountinfo)
		unshare --mount --propagation unchanged chroot "$0" "$@"
		after=$(wc -l </proc/self/mountinfo)
		echo "mounts outside: $((after - before))"' "$BUNDLE/rootfs")
	attack sh -c 'mount -t tmpfs leak /mnt && echo mounted'
	[[ $output == *mounted* && $output == *'mounts outside: 0'* ]]
}

@test "3.10 what is mounted inside is not seen outside, where all is shared" {
	control_trips shared_chroot host
	in_every_form shared_parent direct bundle create bundle+userns
}

# ---- 3.11, 3.12: flags and options --------------------------------------------------------------------------------------

# A source that is mounted read-only, and with all that takes rights away; another mount lies below it.
flagged_source()
{
	SOURCE=$BUNDLE/source
	mkdir -p "$SOURCE"
	ATTACK_CALLER=(unshare --mount --propagation private bash -euc '
		mount -t tmpfs source "$0"
		mkdir "$0/sub"
		mount -t tmpfs below "$0/sub"
		mount -o remount,bind,'"$1"' "$0"
		exec "$@"' "$SOURCE")
}

flags_are_kept()
{
	local flags

	flagged_source ro,nosuid,nodev,noexec
	ATTACK_OPTIONS=(-v "$SOURCE:/vol:nosuid")
	add_mount "$(jq -nc --arg source "$SOURCE" '{destination: "/vol", type: "bind", source: $source, options: ["rbind", "nosuid"]}')"
	attack cat /proc/self/mountinfo
	flags=$(awk '$5 == "/vol" { print "," $6 "," }' <<<"$output")
	[[ $flags == *,ro,* && $flags == *,nosuid,* && $flags == *,nodev,* && $flags == *,noexec,* ]]
}

read_only_below()
{
	flagged_source rw
	ATTACK_OPTIONS=(-v "$SOURCE:/vol:ro")
	add_mount "$(jq -nc --arg source "$SOURCE" '{destination: "/vol", type: "bind", source: $source, options: ["rbind", "rro"]}')"
	attack sh -c 'ls -d /vol/sub; touch /vol/new && echo wrote; touch /vol/sub/new && echo wrote below'
	[[ $output == /vol/sub ]]
}

@test "3.11 flags of the source are kept, and read-only holds for what is mounted below" {
	control_trips flags_are_kept naive
	control_trips read_only_below naive
	in_every_form flags_are_kept direct bundle bundle+userns
	in_every_form read_only_below direct bundle bundle+userns
}

# options_injected OPTION: in one element of the list is another option, which takes a flag back.
options_injected()
{
	add_mount "$(jq -nc --arg option "$1" '{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["noexec", "nosuid", $option]}')"
	attack sh -c 'echo ran; grep " /mnt " /proc/self/mountinfo'
	[[ ! $output && $status != 0 ]] || [[ $output == *noexec* && $output == *nosuid* ]]
}

comma_in_option() { options_injected size=1m,exec,suid; }
newline_in_option() { options_injected $'size=1m\nexec,suid'; }
percent_in_option() { options_injected 'size=50%%,exec,suid'; }

@test "3.12 an option with commas in its value is one option" {
	control_trips comma_in_option naive
	in_every_form comma_in_option bundle
	in_every_form newline_in_option bundle
	in_every_form percent_in_option bundle
}

# ---- 3.13, 3.14: magic links, links of v1 ------------------------------------------------------------------------------

magic_destinations()
{
	local place config=$BUNDLE/config.original

	mkdir "$BUNDLE/source"
	cp "$BUNDLE/config.json" "$config"
	ATTACK_CALLER=(env -C "$CANARY")
	for place in /proc/self/cwd/new /proc/thread-self/cwd/new "/proc/1/root$CANARY/new" /proc/self/fd/7/new /proc/self/fd/0; do
		cp "$config" "$BUNDLE/config.json"
		ATTACK_OPTIONS=(-v "$BUNDLE/source:$place")
		add_mount "$(jq -nc --arg source "$BUNDLE/source" --arg to "$place" \
			'{destination: $to, type: "bind", source: $source, options: ["bind"]}')"
		attack sh -c 'echo ran'
		[[ ! $output && $status != 0 ]] || return 1
	done
}

@test "3.13 a destination through a magic link is refused" {
	control_trips magic_destinations naive
	in_every_form magic_destinations direct bundle
}

# Two root file systems under one name, exchanged meanwhile: a container has the one or the other, and all of it.
race_for_root()
{
	local name

	cp -al "$BUNDLE/rootfs" "$BUNDLE/other"
	mkdir "$BUNDLE/source"
	echo one >"$BUNDLE/rootfs/mark"
	echo two >"$BUNDLE/other/mark"
	echo of-the-source >"$BUNDLE/source/mark"
	ATTACK_OPTIONS=(-v "$BUNDLE/source:/mnt")
	add_mount "$(jq -nc --arg source "$BUNDLE/source" '{destination: "/mnt", type: "bind", source: $source, options: ["bind"]}')"
	race 10 "$BUNDLE/rootfs" "$BUNDLE/other" race_for_root_round
}

race_for_root_round()
{
	attack sh -c 'cat /mark /mnt/mark; ls /proc/self/cmdline'
	[[ $output == @(one|two)$'\nof-the-source\n/proc/self/cmdline' ]]
}

@test "3.13 a root file system that is exchanged meanwhile is one or the other" {
	need_race
	control_trips race_for_root naive
	in_every_form race_for_root direct bundle
}

cgroup_link()
{
	rm -rf "$BUNDLE/rootfs/sys"
	mkdir -p "$BUNDLE/rootfs/sys/fs"
	ln -s "$CANARY/empty" "$BUNDLE/rootfs/sys/fs/cgroup"
	bundle_edit 'del(.mounts[] | select(.destination == "/sys"))'
	attack true
}

@test "3.14 links for the controllers are not made through a link of the image" {
	control_trips cgroup_link naive
	has_v2 || control_trips cgroup_link runc
	in_every_form cgroup_link bundle create bundle+userns
}

# ---- 3.15: owners ---------------------------------------------------------------------------------------------------------

# A set-user-id program that a container's root makes on a volume must not be the host's root's.
set_user_id_file()
{
	mkdir "$BUNDLE/source"
	! form_is userns || chown 100000:100000 "$BUNDLE/source"
	ATTACK_OPTIONS=(-v "$BUNDLE/source:/mnt")
	add_mount "$(jq -nc --arg source "$BUNDLE/source" '{destination: "/mnt", type: "bind", source: $source, options: ["rbind"]}')"
	[[ ! ${1:-} ]] || bundle_edit --argjson map '[{"containerID": 0, "hostID": 100000, "size": 65536}]' \
		'(.mounts[] | select(.destination == "/mnt")) += {uidMappings: $map, gidMappings: $map}'
	attack sh -c 'cp /bin/busybox /mnt/su && chmod 4755 /mnt/su && echo made'
	[[ ! -e $BUNDLE/source/su || $(stat -c %u "$BUNDLE/source/su") == 100000 ]]
}

set_user_id_file_mapped() { set_user_id_file mapped; }

@test "3.15 a set-user-id file of a container's root is not the host's root's" {
	# Without a user namespace, and without a mapping of the mount, root is root.
	control_trips set_user_id_file bundle
	in_every_form set_user_id_file bundle+userns create+userns
	in_every_form set_user_id_file_mapped bundle create
}

# ---- 3.16: handles ---------------------------------------------------------------------------------------------------------

by_handle()
{
	form_is direct || form_is host || bundle_caps CAP_DAC_OVERRIDE CAP_CHOWN
	ATTACK_OPTIONS=(-v "$CANARY:/mnt:ro" --security-opt seccomp=unconfined)
	add_mount "$(jq -nc --arg source "$CANARY" '{destination: "/mnt", type: "bind", source: $source, options: ["bind", "ro"]}')"
	if form_is host; then
		attack "$PROBE" handle "$CANARY/file"
	else
		attack probe handle /mnt/file
	fi
	[[ $(fact name) == OK && $(fact open) == EPERM ]]
}

@test "3.16 a file is not opened by its handle" {
	output=$("$PROBE" handle "$0")
	[[ $(fact name) == OK ]] || skip "this filesystem has no handles"
	control_trips by_handle host
	in_every_form by_handle direct bundle exec bundle+userns direct+userns
}

# ---- 3.17: modes --------------------------------------------------------------------------------------------------------------

# modes_are_private DIR: nothing of it is of use to others. What is above it is looked at too.
modes_are_private()
{
	local open

	open=$(find "$1" ! -type l ! -type s -perm /077)
	[[ ! $open ]] || echo "$open"
	[[ ! $open ]]
}

state_modes()
{
	local id=$MINI_RUN_TEST-modes

	rm -rf "$OCI_ROOT"
	bundle_args sleep 1000
	(
		umask 0
		case $FORM in
		direct) oci run --name "$id" "$BUNDLE/rootfs" sleep 1000 </dev/null >/dev/null 2>&1 & ;;
		runc) unshare --mount --propagation private runc --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1 ;;
		*) oci create --bundle "$BUNDLE" "$id" </dev/null >/dev/null ;;
		esac
	)
	eventually test -e "$OCI_ROOT/$id/state.json"
	status=0
	modes_are_private "$OCI_ROOT" || status=1
	if form_is runc; then
		runc --root "$OCI_ROOT" delete --force "$id"
		rm -rf "$OCI_ROOT"
	else
		oci delete --force "$id"
	fi
	((status == 0))
}

# Mount points that were made by a caller without an umask.
made_modes()
{
	rm -rf "$BUNDLE/rootfs"/{proc,sys,dev,mnt}
	mkdir "$BUNDLE/source"
	ATTACK_CALLER=(bash -c 'umask 0; exec "$@"' bash)
	ATTACK_OPTIONS=(-v "$BUNDLE/source:/mnt/new")
	add_mount "$(jq -nc --arg source "$BUNDLE/source" '{destination: "/mnt/new", type: "bind", source: $source, options: ["bind"]}')"
	attack true
	[[ ! $(find "$BUNDLE/rootfs" ! -type l ! -path '*/tmp' -perm /022) ]]
}

@test "3.17 the state is nobody else's to read, and no mount point anybody's to write to" {
	control_trips state_modes runc
	in_every_form state_modes direct create create+userns
	control_trips made_modes naive
	in_every_form made_modes direct bundle create
}

# ---- 3.18: read-only paths ----------------------------------------------------------------------------------------------------

odd_read_only_paths()
{
	ln -s /proc/sys "$BUNDLE/rootfs/tmp/link"
	ln -s "$CANARY" "$BUNDLE/rootfs/tmp/out"
	bundle_harden
	bundle_edit '.linux.readonlyPaths = ["/proc/sys", "/proc/nothing", "/tmp/nothing/at/all", "/proc/sys", "/tmp/link", "/tmp/out",
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger", "/proc/driver"]'
	attack attack_probe
	facts_hold 60 write:
}

@test "3.18 read-only paths that are missing, twice there or links leave the others read-only" {
	control_trips odd_read_only_paths naive chroot
	in_every_form odd_read_only_paths bundle create exec bundle+userns
}

# With the right to mount in a user namespace they can be lifted, as the mounts are that namespace's own. What comes to
# light belongs to nobody who is inside.
lifted()
{
	form_is direct || bundle_caps CAP_SYS_ADMIN
	ATTACK_OPTIONS=(--cap-add SYS_ADMIN --security-opt seccomp=unconfined)
	attack sh -c 'mount -o remount,rw,bind /proc/sys; umount /proc/sys /proc/sysrq-trigger /proc/irq /proc/bus
		mount -t proc proc /mnt
		for i in /proc /mnt; do
			probe open w $i/sys/kernel/core_pattern $i/sys/kernel/modprobe $i/sys/kernel/panic $i/sys/fs/suid_dumpable \
				$i/sys/vm/drop_caches $i/sysrq-trigger $i/irq/default_smp_affinity
		done; echo ran' 2>/dev/null
	[[ $output == *ran && $output != *=OK* ]]
}

@test "3.18 in a user namespace the right to mount brings no setting of the host into reach" {
	# Without one it does: that right is the host's then.
	control_trips lifted bundle
	in_every_form lifted bundle+userns create+userns exec+userns direct+userns
}
