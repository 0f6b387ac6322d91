#!/usr/bin/env bats
#
# --userns for root: ids of the container's own, seen from both sides, and a root filesystem whose files keep their owners.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
# shellcheck disable=SC2030,SC2031 # every test is a subshell of its own, on purpose
load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	need_root
	ROOT=$BATS_TEST_TMPDIR/root
	cp -a "$ROOTFS" "$ROOT"
	# bats makes the first for root alone, and the container's root is an ordinary user of the host.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	if [[ $("$MINI_RUN" run --userns auto "$ROOT" true 2>&1) == *"cannot map ids in this kernel"* ]]; then
		skip "the filesystem of $BATS_TEST_TMPDIR cannot map ids"
	fi
}

teardown()
{
	"$MINI_RUN" delete --force "$(container_name)" >/dev/null 2>&1 || true
	"$MINI_RUN" delete --force "$(container_name 2)" >/dev/null 2>&1 || true
	"$MINI_RUN" --root "$BATS_TEST_TMPDIR/first" delete --force --regex . >/dev/null 2>&1 || true
	"$MINI_RUN" --root "$BATS_TEST_TMPDIR/second" delete --force --regex . >/dev/null 2>&1 || true
	common_teardown
}

# first_id PID: the host's id of the container's id 0.
first_id() { awk 'NR == 1 { print $2 }' "/proc/$1/uid_map"; }

# keep ID [OPTION...]: a detached container, whose PID 1 is $PID.
keep()
{
	local id=$1
	shift

	"$MINI_RUN" run --detach --name "$id" --pid-file "$BATS_TEST_TMPDIR/$id.pid" "$@" "$ROOT" sleep 1000 \
		</dev/null >"$BATS_TEST_TMPDIR/$id.log" 2>&1 3>&- || {
		cat "$BATS_TEST_TMPDIR/$id.log"
		return 1
	}
	PID=$(cat "$BATS_TEST_TMPDIR/$id.pid")
}

@test "root inside is an unprivileged id outside, and files on disk keep their owners" {
	echo 'user file' >"$ROOT/mine"
	chown 1000:1001 "$ROOT/mine"
	run_ok "$MINI_RUN" run --userns 0:300000:65536 "$ROOT" sh -c '
		tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; id -u
		stat -c %u:%g /etc /mine; touch /made; chown 5:6 /made; mkdir /dir; stat -c %u:%g /made'
	expect_equal "$output" $' 0 300000 65536\n 0 300000 65536\n0\n0:0\n1000:1001\n5:6'
	expect_equal "$stderr" ""
	expect_equal "$(stat -c %u:%g "$ROOT/made" "$ROOT/dir" | xargs)" "5:6 0:0"
	keep "$(container_name)" --userns 0:300000:65536 -u 1000:1001
	expect_equal "$(awk '/^Uid:/ { print $2, $3, $4, $5 } /^Gid:/ { print $2 }' "/proc/$PID/status" | xargs)" \
		"301000 301000 301000 301000 301001"
}

@test "a map may be one for uids and one for gids, and of several ranges" {
	run_ok "$MINI_RUN" run --userns 'uids=0:300000:10,1000:400000:10;gids=0:500000:2000' -u 1005:1900 "$ROOT" sh -c \
		'id -u; id -g; tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map'
	expect_equal "$output" $'1005\n1900\n 0 300000 10\n 1000 400000 10\n 0 500000 2000'
}

@test "auto: every container has 65536 ids that no other one has" {
	local first second

	keep "$(container_name)" --userns auto
	first=$(first_id "$PID")
	expect_equal "$(awk '{ print $3 }' "/proc/$PID/uid_map")" 65536
	expect_equal "$(tr -s ' ' <"/proc/$PID/uid_map")" "$(tr -s ' ' <"/proc/$PID/gid_map")"
	((first >= 65536))
	keep "$(container_name 2)" --userns auto
	second=$(first_id "$PID")
	((first + 65536 <= second || second + 65536 <= first))
	# The name decides, as far as it can: the next time it is the same range.
	"$MINI_RUN" delete --force "$(container_name)"
	keep "$(container_name)" --userns auto
	expect_equal "$(first_id "$PID")" "$first"
	# Taken by another one, whoever chose it: the next is chosen.
	"$MINI_RUN" delete --force "$(container_name)"
	"$MINI_RUN" delete --force "$(container_name 2)"
	keep "$(container_name 2)" --userns "0:$first:65536"
	keep "$(container_name)" --userns auto
	(($(first_id "$PID") != first))
}

all_have_maps() { (($(cat "$BATS_TEST_TMPDIR"/map.* | wc -l) == 6)); }

@test "auto: many at once get different ranges, below the same state root and others" {
	local n pids=()

	# No more than are needed.
	echo root:70000000:393216 >"$BATS_TEST_TMPDIR/subids"
	mkfifo "$BATS_TEST_TMPDIR/end"
	exec 9<>"$BATS_TEST_TMPDIR/end"
	for n in 1 2 3 4 5 6; do
		with_subids "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state$((n % 2))" run --userns auto "$ROOT" \
			sh -c 'head -n 1 /proc/self/uid_map; read -r end' <"$BATS_TEST_TMPDIR/end" >"$BATS_TEST_TMPDIR/map.$n" 3>&- 9>&- &
		pids+=($!)
	done
	eventually all_have_maps
	exec 9>&-
	for n in "${pids[@]}"; do
		wait "$n" || true # 1, of read
	done
	expect_equal "$(cat "$BATS_TEST_TMPDIR"/map.* | sort -u | wc -l)" 6
}

@test "auto: the same name below another state root has other ids, stopped or not" {
	local name=same-$$ root first second

	for root in first second; do
		# (Of the cgroups of one name there is only one in a directory.)
		"$MINI_RUN" --root "$BATS_TEST_TMPDIR/$root" run --cgroup-parent "same-$$-$root" --detach --name "$name" --pid-file "$BATS_TEST_TMPDIR/pid" --userns auto \
			"$ROOT" sleep 1000 </dev/null >/dev/null 2>&1 3>&-
		printf -v "$root" %s "$(first_id "$(cat "$BATS_TEST_TMPDIR/pid")")"
	done
	"$MINI_RUN" --root "$BATS_TEST_TMPDIR/first" kill "$name" KILL
	# Of two blocks both are taken, also when one of the containers has ended.
	echo "root:$first:65536
root:$second:65536" >"$BATS_TEST_TMPDIR/subids"
	run --separate-stderr with_subids "$MINI_RUN" --root "$BATS_TEST_TMPDIR/third" run --userns auto "$ROOT" true
	"$MINI_RUN" --root "$BATS_TEST_TMPDIR/first" delete --force "$name"
	"$MINI_RUN" --root "$BATS_TEST_TMPDIR/second" delete --force "$name"
	((first != second))
	expect_equal "$status" 125
	expect_match "$stderr" '--userns auto: no 65536 ids are free'
	# They are free when the container is gone, and when its root is.
	run_ok with_subids "$MINI_RUN" --root "$BATS_TEST_TMPDIR/third" run --userns auto "$ROOT" true
	grep -qx "$BATS_TEST_TMPDIR/second" /run/mini-run/.userns
	rm -r "$BATS_TEST_TMPDIR/second"
	run_ok "$MINI_RUN" run --userns auto "$ROOT" true
	run_status 1 grep -x "$BATS_TEST_TMPDIR/second" /run/mini-run/.userns
}

# with_subids COMMAND...: $BATS_TEST_TMPDIR/subids is /etc/subuid and /etc/subgid.
with_subids()
{
	if is_vm; then
		touch /etc/subuid /etc/subgid
	elif [[ ! -e /etc/subuid || ! -e /etc/subgid ]]; then
		skip "there is no /etc/subuid to put another one over"
	fi
	unshare --mount --propagation private bash -c '
		mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec "$@"' "$BATS_TEST_TMPDIR/subids" "$@"
}

# with_file FILE LINE COMMAND...: FILE of /etc has that line more.
with_file()
{
	cp "$1" "$BATS_TEST_TMPDIR/file"
	echo "$2" >>"$BATS_TEST_TMPDIR/file"
	unshare --mount --propagation private bash -c 'mount --bind "$0" "$1" && exec "${@:2}"' "$BATS_TEST_TMPDIR/file" "$1" "${@:3}"
}

@test "auto: no ids of users and groups of this host, nor of a line in /etc/subuid that reaches too far" {
	local first command
	: >"$BATS_TEST_TMPDIR/subids"
	command=(with_subids "$MINI_RUN" run --name "$(container_name)" --userns auto "$ROOT" sh -c 'read -r a b c </proc/self/uid_map; echo $b')
	run_ok "${command[@]}"
	first=$output
	run_ok "${command[@]}" # the same again, when nothing is in the way
	expect_equal "$output" "$first"
	run_ok with_file /etc/passwd "somebody:x:$((first + 65535)):100::/:/bin/sh" "${command[@]:1}"
	[[ $output != "$first" ]]
	run_ok with_file /etc/passwd "somebody:x:1000:$first::/:/bin/sh" "${command[@]:1}"
	[[ $output != "$first" ]]
	run_ok with_file /etc/group "some:x:$((first + 7)):somebody" "${command[@]:1}"
	[[ $output != "$first" ]]
	echo "somebody:$first:4294967295" >"$BATS_TEST_TMPDIR/subids"
	run_ok "${command[@]}"
	((output < first))
	# Nor are they root's to give.
	echo "root:$first:65536" >"$BATS_TEST_TMPDIR/subids"
	run_ok "${command[@]}"
	expect_equal "$output" "$first"
	with_subids_and_user() { with_file /etc/passwd "somebody:x:$first:100::/:/bin/sh" bash -c '
		mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec "$@"' "$BATS_TEST_TMPDIR/subids" "$@"; }
	expect_error 125 'no 65536 ids are free .*users and groups' with_subids_and_user "${command[@]:1}"
}

@test "auto: the ranges of root in /etc/subuid and /etc/subgid, where there are any" {
	[[ -e /etc/subuid && -e /etc/subgid ]] || skip "there is no /etc/subuid to put another one over"
	echo 'root:70000000:131072' >"$BATS_TEST_TMPDIR/subids"
	run_status 125 unshare --mount --propagation private bash -c '
		mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid
		"$1" run --userns auto "$2" cat /proc/self/uid_map
		echo root:70000000:65535 >"$0"
		"$1" run --userns auto "$2" true' "$BATS_TEST_TMPDIR/subids" "$MINI_RUN" "$ROOT"
	expect_match "$output" '^ +0 +700(00000|65536) +65536$'
	expect_match "$stderr" '--userns auto: no 65536 ids are free'
}

@test "limits, devices, masks, a terminal, an init, exec and a report work in it" {
	run_ok pty "$MINI_RUN" run --userns auto --init --network none --sysfs "$ROOT" sh -c '
		tty; cat /proc/1/comm; wc -c </proc/keys; echo x >/dev/null && echo null
		head -c 2 /dev/zero | wc -c; ls /sys/class/net; grep -c "^[0-9]*:" /proc/self/cgroup >/dev/null && echo cgroup' </dev/null
	expect_match "$output" $'^/dev/pts/0\nmini-run-init\n0\nnull\n2\nlo\ncgroup'
	if has_controller pids; then
		run_ok "$MINI_RUN" run --userns auto --pids-limit 20 --report=json "$ROOT" true
		expect_equal "$(jq .pidsLimit <<<"$stderr")" 20
	fi
	keep "$(container_name)" --userns auto
	run_ok "$MINI_RUN" exec "$(container_name)" sh -c 'id -u; tr -s " " </proc/self/uid_map'
	expect_equal "$output" "0
$(tr -s ' ' <"/proc/$PID/uid_map")"
	run_ok "$MINI_RUN" exec -u 1000 "$(container_name)" id -u
	expect_equal "$output" 1000
	expect_error 255 'user 70000 is not mapped' "$MINI_RUN" exec -u 70000 "$(container_name)" true
}

@test "a volume belongs to nobody inside, unless it is mapped too" {
	mkdir "$BATS_TEST_TMPDIR/data"
	echo data >"$BATS_TEST_TMPDIR/data/file"
	chown 1000:1000 "$BATS_TEST_TMPDIR/data/file"
	run_ok "$MINI_RUN" run --userns auto -v "$BATS_TEST_TMPDIR/data:/mnt" "$ROOT" stat -c %u:%g /mnt /mnt/file
	expect_equal "$output" $'65534:65534\n65534:65534'
	run_status 1 "$MINI_RUN" run --userns auto -v "$BATS_TEST_TMPDIR/data:/mnt" "$ROOT" touch /mnt/new
	run_ok "$MINI_RUN" run --userns auto -v "$BATS_TEST_TMPDIR/data:/mnt:idmap" "$ROOT" sh -c 'stat -c %u:%g /mnt /mnt/file; touch /mnt/new'
	expect_equal "$output" $'0:0\n1000:1000'
	expect_equal "$(stat -c %u:%g "$BATS_TEST_TMPDIR/data/new")" 0:0
	expect_error 125 'user namespace' "$MINI_RUN" run -v "$BATS_TEST_TMPDIR/data:/mnt:idmap" "$ROOT" true
}

@test "of a user's groups in the image, those stay that are mapped" {
	printf 'first:x:5:user\nbeyond:x:70000:user\nlast:x:6:user\nfurther:x:70001:user\n' >>"$ROOT/etc/group"
	run_ok "$MINI_RUN" run --userns auto -u user "$ROOT" id -G
	expect_equal "$output" '1000 5 6'
}

@test "what cannot be mapped is an error" {
	expect_error 125 '--userns 1:2: "1:2" is not INSIDE:OUTSIDE:SIZE' "$MINI_RUN" run --userns 1:2 "$ROOT" true
	expect_error 125 'not auto, host or a map' "$MINI_RUN" run --userns what "$ROOT" true
	expect_error 125 'not INSIDE:OUTSIDE:SIZE' "$MINI_RUN" run --userns 0:1:2:3 "$ROOT" true
	expect_error 125 'needs both' "$MINI_RUN" run --userns uids=0:1000:1 "$ROOT" true
	expect_error 125 'neither uids=MAP' "$MINI_RUN" run --userns 'uids=0:1000:1;x=0:1:1' "$ROOT" true
	expect_error 125 'no id 0' "$MINI_RUN" run --userns 1:300000:65536 "$ROOT" true
	expect_error 125 'overlap' "$MINI_RUN" run --userns 0:300000:10,5:400000:10 "$ROOT" true
	expect_error 125 'reaches beyond' "$MINI_RUN" run --userns 0:4294967290:10 "$ROOT" true
	expect_error 125 '--userns' "$MINI_RUN" run --userns 0:4294967296:1 "$ROOT" true
	expect_error 125 '--userns' "$MINI_RUN" run --userns 0:0:0 "$ROOT" true
	expect_error 125 'user 20 is not mapped' "$MINI_RUN" run --userns 0:300000:10 -u 20 "$ROOT" true
	# The last one counts, and host is none.
	run_ok "$MINI_RUN" run --userns 0:300000:65536 --userns host "$ROOT" sh -c 'tr -s " " </proc/self/uid_map'
	expect_equal "$output" ' 0 0 4294967295'
}

@test "a filesystem that cannot map ids is one error with a way out" {
	# proc is one that never can.
	mkdir "$BATS_TEST_TMPDIR/fs"
	run --separate-stderr unshare --mount --propagation private bash -c '
		mount --bind "$0" "$1/fs" && mount -t proc proc "$1/fs/mnt"
		exec "$2" run --userns auto "$1/fs" true' "$ROOT" "$BATS_TEST_TMPDIR" "$MINI_RUN"
	expect_equal "$status" 125
	expect_match "$stderr" '^mini-run: .*cannot map ids in this kernel: leave --userns out'
}

@test "the container's root has no power over processes of others, nor over files that are not mapped" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	chmod 600 "$BATS_TEST_TMPDIR/secret"
	run "$MINI_RUN" run --userns auto --privileged -v "$BATS_TEST_TMPDIR/secret:/mnt:dev,suid" "$ROOT" sh -c \
		'cat /mnt; chmod 644 /mnt; chown 0 /mnt; echo x >/proc/sys/kernel/core_pattern; echo 1 >/proc/sys/vm/drop_caches'
	((status != 0))
	[[ $output != *secret$'\n'* ]]
	expect_equal "$(stat -c %u:%a "$BATS_TEST_TMPDIR/secret")" 0:600
}
