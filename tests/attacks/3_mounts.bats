#!/usr/bin/env bats
#
# Section 3 of the known attacks, its first part: mount points and masks. Links of the image and of the configuration are
# there from the start, which needs no luck; races are run in the test machine.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2034,SC2030,SC2031 # variables for tests/lib/attacks.bash, and of it, in the subshell that a test is
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/attacks

# shared_source: a directory to mount, with a file of its own.
shared_source()
{
	SOURCE=$BUNDLE/source
	mkdir -p "$SOURCE"
	echo of-the-source >"$SOURCE/mark"
}

# mount_at DESTINATION [TYPE [OPTION...]]: one more mount: SOURCE bound there, or a filesystem of that TYPE.
mount_at()
{
	local type=${2:-bind}

	if form_is direct; then
		case $type in
		bind) ATTACK_OPTIONS=(-v "$SOURCE:$1") ;;
		tmpfs) ATTACK_OPTIONS=(--tmpfs "$1") ;;
		esac
		return
	fi
	bundle_edit --arg to "$1" --arg source "$SOURCE" --arg type "$type" \
		--argjson options "$(jq -cn '$ARGS.positional' --args -- "${@:3}")" '.mounts += [
			{destination: $to, type: $type, source: (if $type == "bind" then $source else $type end),
			options: (if $type == "bind" then ["bind"] + $options else $options end)}]'
}

without_dev() { bundle_edit 'del(.mounts[] | select(.destination | startswith("/dev")))'; }

# ---- 3.1, 3.2: mount points -------------------------------------------------------------------------------------------

# links: a table of ways from a mount's destination out of the root. "NAME TARGET DESTINATION": a link NAME to TARGET is
# made in the image.
links()
{
	cat <<-LINKS
	tmp/x / /tmp/x$CANARY/empty
	tmp/x $CANARY /tmp/x/empty
	tmp/x $CANARY/new /tmp/x/sub
	tmp/x ../../../../../../../../../.. /tmp/x$CANARY/empty
	tmp/x ../../../../../../../../../..$CANARY /tmp/x/empty/new
	tmp/x $CANARY/null /tmp/x
	tmp/x $CANARY/empty /tmp/x
	tmp/x /proc/self/fd/7 /tmp/x/empty
	tmp/x /proc/self/cwd /tmp/x/new
	tmp/x /proc/1/root$CANARY /tmp/x/empty
	LINKS
}

# One destination after the other. That nothing is changed outside does not say it all: a mount that lands there is in
# the container's own namespace, and is gone with it. So it has to be seen inside, or refused.
mounts_through_links()
{
	local name target destination config=$BUNDLE/config.original

	shared_source
	cp "$BUNDLE/config.json" "$config"
	while read -r name target destination; do
		cp "$config" "$BUNDLE/config.json"
		ln -sfn "$target" "$BUNDLE/rootfs/$name"
		mount_at "$destination" "$1"
		attack sh -c 'echo; [ "$1" = bind ] && cat "$0/mark"; tail -n 1 /proc/self/mountinfo' "$destination" "$1"
		[[ $output == *of-the-source* || $output == *'- tmpfs tmpfs'* || (! $output && $stderr == 'mini-run: '*) ]] || return 1
		[[ $1 != bind || ! $output || $output == *of-the-source* ]] || return 1
	done < <(links)
}

binds_through_links() { mounts_through_links bind; }
tmpfs_through_links() { mounts_through_links tmpfs; }

@test "3.1 a mount through links of the image does not leave the root" {
	control_trips binds_through_links naive
	in_every_form binds_through_links direct bundle bundle+userns direct+rootless direct+overlay
	in_every_form tmpfs_through_links direct bundle
}

# Forty links, one behind the other, and then more than the kernel follows: an answer either way.
mounts_through_chain()
{
	local n

	shared_source
	ln -s "$CANARY" "$BUNDLE/rootfs/tmp/0"
	for ((n = 1; n <= 45; n++)); do
		ln -s "$((n - 1))" "$BUNDLE/rootfs/tmp/$n"
	done
	mount_at "/tmp/$1/empty"
	attack cat "/tmp/$1/empty/mark"
	[[ $output == of-the-source || (! $output && $stderr == 'mini-run: '*) ]]
}

chain_of_30() { mounts_through_chain 30; }
chain_of_45() { mounts_through_chain 45; }

@test "3.1 a chain of links does not lead a mount out of the root" {
	control_trips chain_of_30 naive
	in_every_form chain_of_30 direct bundle
	in_every_form chain_of_45 direct bundle
}

# Who makes the mount point by its path makes it on the host.
mount_point_behind_dangling_link()
{
	shared_source
	ln -s "$CANARY/new" "$BUNDLE/rootfs/tmp/dangling"
	ln -s "$CANARY/new-file" "$BUNDLE/rootfs/tmp/dangling-file"
	mount_at /tmp/dangling/deep/er
	attack cat /tmp/dangling/deep/er/mark
	[[ $output == of-the-source || (! $output && $stderr == 'mini-run: '*) ]] || return 1
	# A file, whose mount point is a file.
	SOURCE=$SOURCE/mark
	mount_at /tmp/dangling-file
	attack cat /tmp/dangling-file
	[[ $output == of-the-source || (! $output && $stderr == 'mini-run: '*) ]]
}

@test "3.2 a mount point behind a dangling link is not made outside" {
	control_trips mount_point_behind_dangling_link naive
	in_every_form mount_point_behind_dangling_link direct bundle bundle+userns direct+rootless direct+overlay
}

# The same with links that come and go: a volume that another container writes to.
race_for_mount_point()
{
	local volume=$BUNDLE/volume

	mkdir -p "$volume/a/sub"
	ln -s "$CANARY" "$volume/b"
	SOURCE=$volume
	mount_at /vol
	SOURCE=$BUNDLE/source
	mkdir -p "$SOURCE"
	if form_is direct; then
		ATTACK_OPTIONS=(-v "$volume:/vol" -v "$SOURCE:/vol/a/new/er" --tmpfs /vol/a/tmp)
	else
		mount_at /vol/a/new/er
		mount_at /vol/a/tmp tmpfs
	fi
	race 10 "$volume/a" "$volume/b" race_round
	echo "$race_rounds rounds"
}

race_round()
{
	attack true
	# The volume is to be as it was, whatever the round has made in it.
	rm -rf "$BUNDLE/volume"/[ab]/new "$BUNDLE/volume"/[ab]/tmp 2>/dev/null
	canary_check
}

@test "3.1 3.2 a link that is exchanged with a directory of a volume meanwhile leads nowhere" {
	need_race
	control_trips race_for_mount_point naive
	in_every_form race_for_mount_point direct bundle
}

# ---- 3.3: /proc and /sys ----------------------------------------------------------------------------------------------

# A faked /proc takes masks and labels in the real one's place. The container must not run with one.
faked_proc()
{
	mkdir -p "$BUNDLE/rootfs/bad"
	echo faked >"$BUNDLE/rootfs/bad/mark"
	rmdir "$BUNDLE/rootfs/proc"
	ln -s bad "$BUNDLE/rootfs/proc"
	attack sh -c 'echo ran; cat /proc/mark'
	[[ ! $output && $status != 0 && $stderr == *proc* ]]
}

faked_proc_out()
{
	rmdir "$BUNDLE/rootfs/proc"
	ln -s "$CANARY/empty" "$BUNDLE/rootfs/proc"
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 && $stderr == *proc* ]]
}

proc_is_file()
{
	rmdir "$BUNDLE/rootfs/proc"
	echo faked >"$BUNDLE/rootfs/proc"
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 && $stderr == *proc* ]]
}

@test "3.3 /proc that is a link or a file of the image is refused" {
	control_trips faked_proc naive
	in_every_form faked_proc direct bundle create bundle+userns
	in_every_form faked_proc_out direct bundle bundle+userns
	in_every_form proc_is_file direct bundle
}

faked_sys()
{
	mkdir -p "$BUNDLE/rootfs/bad"
	rmdir "$BUNDLE/rootfs/sys"
	ln -s bad "$BUNDLE/rootfs/sys"
	ATTACK_OPTIONS=(--sysfs)
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 && $stderr == *sys* ]]
}

@test "3.3 /sys that is a link of the image is refused" {
	control_trips faked_sys naive
	in_every_form faked_sys direct bundle create bundle+userns
}

# What is mounted over /proc, or over a part of it that the runtime or the engine trusts.
mounts_over_proc()
{
	local place config=$BUNDLE/config.original

	shared_source
	mkdir "$SOURCE/sys" "$SOURCE/self"
	cp "$BUNDLE/config.json" "$config"
	ln -s proc "$BUNDLE/rootfs/link"
	for place in /proc /./proc /tmp/../proc /proc/self /proc/sys /proc/thread-self/attr /proc/irq /link /link/sys; do
		cp "$config" "$BUNDLE/config.json"
		mount_at "$place" "$1"
		attack sh -c 'echo ran'
		if [[ $output || $status == 0 ]]; then
			echo "$1 at $place"
			return 1
		fi
	done
}

binds_over_proc() { mounts_over_proc bind; }
tmpfs_over_proc() { mounts_over_proc tmpfs; }

@test "3.3 nothing is mounted over /proc or below it" {
	control_trips binds_over_proc naive
	in_every_form binds_over_proc direct bundle
	in_every_form tmpfs_over_proc bundle
}

# The order in which config.json has them: a faked one that is there before, and masks that would lie on it.
proc_behind_bind()
{
	shared_source
	bundle_edit --arg source "$SOURCE" '.mounts |= [{destination: "/proc", type: "bind", source: $source, options: ["bind"]}] + .'
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 ]]
}

@test "3.3 a bind at /proc is refused before the real one too" {
	control_trips proc_behind_bind naive
	in_every_form proc_behind_bind bundle create
}

# ---- 3.4: masks ---------------------------------------------------------------------------------------------------------

# masks_by_image PREPARE...: the image's own /dev/null, made by PREPARE, in the place of the real one.
mask_by_image()
{
	without_dev
	echo secret >"$BUNDLE/rootfs/testfile"
	bundle_edit '.linux.maskedPaths = ["/testfile"] | .linux.readonlyPaths = []'
	"$@" "$BUNDLE/rootfs/dev/null" || return 1
	# Not on stdout: a runtime that puts the image's null device there too would hide what came of it.
	attack sh -c '{ cat /testfile; echo attacked >/testfile; cat /proc/sys/kernel/hostname; } >/result 2>&1'
	output=$(cat "$BUNDLE/rootfs/result" 2>/dev/null)
	# The mask leads to the host's settings, or the file has not been masked at all.
	[[ $output != *attacked* && $output != *secret* && $output != *untouched* ]]
}

mask_by_link() { mask_by_image ln -s /proc/sys/kernel/hostname; }
mask_by_link_out() { mask_by_image ln -s "$CANARY/file"; }
mask_by_fifo() { mask_by_image mkfifo; }
mask_by_file() { mask_by_image touch; }
mask_by_device() { mask_by_image mknod_zero; }
mknod_zero() { mknod -m 666 "$1" c 1 5; }

@test "3.4 the null device of the image is no mask" {
	control_trips mask_by_link naive runc
	in_every_form mask_by_link bundle create exec bundle+userns
	in_every_form mask_by_link_out bundle bundle+userns
	in_every_form mask_by_fifo bundle
	in_every_form mask_by_file bundle
	in_every_form mask_by_device bundle
}

# In the direct form the masks are mini-run's own, and so is /dev.
mask_of_direct()
{
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	ln -s /proc/sys/kernel/hostname "$BUNDLE/rootfs/dev/null"
	attack sh -c 'cat /proc/keys /proc/interrupts; echo attacked >/proc/keys; cat /proc/sys/kernel/hostname'
	[[ $output && $output != *attacked* && $output != *CPU* ]]
}

@test "3.4 the null device of the image is no mask of the direct form either" {
	control_trips mask_of_direct chroot
	in_every_form mask_of_direct direct direct+userns
}

# Missing is fine, anything else is not: a mask must not vanish.
mask_that_cannot_be()
{
	rm "$BUNDLE/rootfs/tmp/loop" 2>/dev/null
	ln -s loop "$BUNDLE/rootfs/tmp/loop"
	bundle_edit '.linux.maskedPaths += ["/tmp/loop/secret"]'
	attack sh -c 'echo ran'
	[[ ! $output && $status != 0 && $stderr == *loop* ]]
}

@test "3.4 a mask that cannot be made is an error" {
	control_trips mask_that_cannot_be naive
	in_every_form mask_that_cannot_be bundle create
}

race_for_mask()
{
	without_dev
	echo secret >"$BUNDLE/rootfs/testfile"
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	mknod -m 666 "$BUNDLE/rootfs/dev/null" c 1 3
	ln -s /proc/sys/kernel/hostname "$BUNDLE/rootfs/dev/other"
	bundle_edit '.linux.maskedPaths = ["/testfile"] | .linux.readonlyPaths = []'
	race 10 "$BUNDLE/rootfs/dev/null" "$BUNDLE/rootfs/dev/other" race_for_mask_round
}

race_for_mask_round()
{
	attack sh -c '{ cat /testfile; echo attacked >/testfile; cat /proc/sys/kernel/hostname; } >/result 2>&1'
	output=$(cat "$BUNDLE/rootfs/result" 2>/dev/null)
	[[ $output != *attacked* && $output != *secret* ]]
}

@test "3.4 a null device that is exchanged with a link meanwhile is no mask" {
	need_race
	control_trips race_for_mask naive
	in_every_form race_for_mask bundle
}
