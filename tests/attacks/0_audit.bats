#!/usr/bin/env bats
#
# Every system call of a start and of exec, looked at by tests/lib/audit.py: no path below the root file system is resolved by
# a string, nothing of /proc is opened by where it should be, and nothing comes between the filter and the command. What
# the tests of section 3 look for by attacks is here looked for by reading, so that a way back to strings is found before
# somebody finds the attack.

# shellcheck disable=SC2034,SC2030,SC2031 # variables for tests/lib/attacks.bash, and of it, in the subshell that a test is
# shellcheck disable=SC2016,SC2054,SC2153 # what is in single quotes is jq's, commas are setpriv's, FORMS is the library's
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/attacks

TRACED=%file,%desc,%process,prctl,capset,seccomp,mount,move_mount,open_tree,fsopen,fsconfig,fsmount,mount_setattr,setns,unshare,chroot,pivot_root

traced() { strace -f -y -s 4096 -o "$BUNDLE/trace" -e "trace=$TRACED" "$@"; }

# A bundle that makes use of everything in which a path is resolved.
audited_bundle()
{
	mkdir "$BUNDLE/source"
	echo of-the-source >"$BUNDLE/source/mark"
	bundle_harden
	bundle_edit --arg source "$BUNDLE/source" '
		.mounts += [
			{destination: "/a/b/c", type: "tmpfs", source: "tmpfs"},
			{destination: "/etc/passwd", type: "bind", source: ($source + "/mark"), options: ["bind", "ro"]},
			{destination: "/home", type: "bind", source: $source, options: ["rbind"]},
			{destination: "/bin", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]
		| .process.cwd = "/home/user"
		| .root.readonly = true
		| .linux.sysctl = {"kernel.shmmax": "4711"}'
	# A user namespace can only have nodes that the host has.
	form_is userns || form_is sameids ||
		bundle_edit '.linux.devices = [{path: "/dev/sub/null", type: "c", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0}]'
	ATTACK_OPTIONS=(-v "$BUNDLE/source:/home" -v "$BUNDLE/source/mark:/etc/passwd:ro" --tmpfs /a/b/c -w /home/user
		--read-only --sysfs --sysctl kernel.shmmax=4711)
	mkdir -p "$BUNDLE/rootfs/a/b/c" "$BUNDLE/source/user"
}

start_audited()
{
	audited_bundle
	# The programs of the probes are strace's children too, and judged by none of this.
	ATTACK_CALLER=(strace -f -y -s 4096 -o "$BUNDLE/trace" -e "trace=$TRACED")
	attack true
	[[ -s $BUNDLE/trace ]] || return 1
	output=$(python3 "$ATTACKS_LIB/audit.py" "$BUNDLE/rootfs" "$BUNDLE/trace") || return 1
	(($(wc -l <"$BUNDLE/trace") > 200))
}

@test "0.4 a start resolves no path below the root by a string" {
	control_trips start_audited runc crun
	in_every_form start_audited direct bundle bundle+userns bundle+sameids direct+userns
}

# create ends before its container, which is traced to its end.
create_audited()
{
	local id=$MINI_RUN_TEST-audit tracer

	audited_bundle
	bundle_args true
	traced "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	tracer=$!
	eventually oci_status_is "$id" created || return 1
	oci start "$id"
	oci_stopped "$id"
	wait "$tracer"
	oci delete "$id"
	output=$(python3 "$ATTACKS_LIB/audit.py" "$BUNDLE/rootfs" "$BUNDLE/trace")
}

@test "0.4 nor does create, nor what waits for start" {
	in_every_form create_audited create create+userns
}

exec_audited()
{
	local id=$MINI_RUN_TEST-audit

	audited_bundle
	bundle_args sleep 1000
	oci create --bundle "$BUNDLE" "$id" </dev/null >/dev/null || return 1
	oci start "$id"
	status=0
	traced "$MINI_RUN" --root "$OCI_ROOT" exec --cwd /home/user "$id" true </dev/null >/dev/null 2>"$BUNDLE/err" || status=$?
	stderr=$(<"$BUNDLE/err")
	oci delete --force "$id"
	output=$(python3 "$ATTACKS_LIB/audit.py" "$BUNDLE/rootfs" "$BUNDLE/trace") && ((status == 0))
}

@test "0.4 nor does exec" {
	in_every_form exec_audited exec exec+userns
}

# The rules of the audit, each with a trace that breaks it and nothing else.
@test "0.4 the audit finds each of its faults" {
	local call end
	local trace=$BATS_TEST_TMPDIR/trace

	end='9 capset({x}, {y}) = 0
9 prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0
9 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=3}) = 0
9 execve("/bin/true", ["true", "/root/x/y"], 0x1) = 0'
	finds()
	{
		printf '%s\n%s\n' "$2" "${3:-$end}" >"$trace"
		run python3 "$ATTACKS_LIB/audit.py" /root/x "$trace"
		if [[ $1 == nothing ]]; then
			((status == 0))
		else
			((status == 1)) && grep -q "^$1: " <<<"$output"
		fi || {
			printf 'expected %s: %s\n%s\n' "$1" "$2" "$output"
			return 1
		}
	}
	finds nothing '9 openat(AT_FDCWD</>, "/root/x", O_RDONLY|O_CLOEXEC|O_PATH|O_DIRECTORY) = 3</root/x>'
	finds nothing '9 openat2(3</root/x>, "/a/b", {flags=O_PATH, resolve=RESOLVE_IN_ROOT}, 24) = 4</root/x/a/b>'
	finds nothing '9 mkdirat(3</root/x>, "a", 0755) = 0'
	finds nothing '9 openat(3</root/x>, "a", O_RDONLY|O_NOFOLLOW|O_CLOEXEC|O_PATH) = 4</root/x/a>'
	finds nothing '9 symlinkat("/proc/self/fd", 3</root/x/dev>, "fd") = 0'
	finds nothing '9 pivot_root(".", ".") = 0'
	finds nothing '9 chmod("/proc/self/fd/7", 0666) = 0'
	for call in 'mount("proc", "/root/x/proc", "proc", 0, NULL)' 'chdir("/root/x")' 'unlink("/root/x/dev/ptmx")' \
		'openat(AT_FDCWD</>, "/root/x/dev", O_RDONLY|O_PATH)'; do
		finds string "9 $call = 0"
	done
	for call in 'openat(3</root/x>, "a/b", O_RDONLY|O_NOFOLLOW)' 'openat(3</root/x>, "a", O_RDONLY)' \
		'openat2(3</root/x>, "a", {flags=O_PATH, resolve=RESOLVE_NO_MAGICLINKS}, 24)' 'mkdirat(3</root/x>, "a/b", 0755)'; do
		finds resolve "9 $call = 0"
	done
	finds proc '9 openat(AT_FDCWD</>, "/proc/self/attr/exec", O_WRONLY) = 0'
	finds proc $'9 pivot_root(".", ".") = 0\n9 chmod("/proc/self/fd/7", 0666) = 0'
	finds change '9 symlink("pts/ptmx", "/dev/ptmx") = 0'
	finds order '' "${end/9 capset*$'\n'9 prctl/9 prctl}"
	finds order '' "$(sort -r <<<"$end" | sed '/^9 execve/d')"$'\n'"$(tail -n 1 <<<"$end")"
	finds order '' "$(sed '3a 9 openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 3' <<<"$end")"
	finds order '9 getpid() = 9' '9 exit(0) = ?'
}
