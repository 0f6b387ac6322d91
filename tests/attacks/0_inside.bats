#!/usr/bin/env bats
#
# What many attacks begin with, looked at from the inside: two programs (tests/lib/attack_probe.c and attack_calls.c) check
# more than two hundred facts, in every form of a container that mini-run has, called by somebody who has left everything
# open that can be left open. And each fact is seen to fail where there are no walls, or it would prove nothing.

# shellcheck disable=SC2034,SC2030,SC2031 # variables for tests/lib/attacks.bash, and of it, in the subshell that a test is
# shellcheck disable=SC2016,SC2054,SC2153 # what is in single quotes is jq's, commas are setpriv's, FORMS is the library's
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/attacks

MORE_FORMS=(bundle+sameids create+sameids exec+sameids direct+overlay direct+userns+overlay direct+rootless
	direct+rootless+overlay bundle+rootless create+rootless exec+rootless)

# What the programs have to know about this host.
host_facts()
{
	local name

	HOST_FACTS=("file=exe=$(stat -L -c %d:%i "$MINI_RUN")" "file=stdin=$(stat -c %d:%i /dev/null)")
	for name in mnt pid ipc uts cgroup; do
		HOST_FACTS+=("ns=$name=$(readlink /proc/self/ns/$name)")
	done
	for name in /dev /dev/pts /dev/shm /dev/mqueue /proc; do
		! mountpoint -q "$name" || HOST_FACTS+=("dev=$name=$(stat -c %d "$name")")
	done
}

# A caller with groups, capabilities, securebits, a key, blocked and ignored signals, a strange umask.
careless_caller()
{
	if form_is rootless; then
		# With those securebits a change of the user would keep root's capabilities.
		ATTACK_CALLER=(env SECRET=1 LD_LIBRARY_PATH=/evil BASH_ENV=/evil TMPDIR=/evil "$PROBE" with-key mini-run-attack
			setarch --addr-no-randomize "$PROBE" odd)
		return
	fi
	ATTACK_CALLER=(env SECRET=1 LD_LIBRARY_PATH=/evil BASH_ENV=/evil TMPDIR=/evil "$PROBE" with-key mini-run-attack
		setpriv --groups 6,24,999 --inh-caps +net_raw,+chown --ambient-caps +net_raw,+chown
		--securebits +no_setuid_fixup setarch --addr-no-randomize "$PROBE" odd)
}

look_inside()
{
	host_facts
	careless_caller
	# A new one even where its ids are the host's.
	! form_is userns && ! form_is sameids && ! form_is rootless || HOST_FACTS+=("ns=user=$(readlink /proc/self/ns/user)")
	! form_is rootless || HOST_FACTS+=(is=rootless)
	form_is direct || bundle_harden
	attack attack_probe "${HOST_FACTS[@]}"
	facts_hold 150
}

call_inside()
{
	careless_caller
	form_is direct || bundle_harden
	attack attack_calls key=mini-run-attack
	facts_hold 75
}

@test "0.1 what is seen from the inside is as it must be, in every form" {
	in_every_form look_inside "${FORMS[@]}" "${MORE_FORMS[@]}"
}

@test "0.2 what a container must not do cannot be done, in every form" {
	in_every_form call_inside "${FORMS[@]}" "${MORE_FORMS[@]}"
}

# ---- controls -----------------------------------------------------------------------------------------------------------

# note_fallen: the names of all facts of the program that has just run, and of those that do not hold.
note_fallen()
{
	sed -n 's/^ok //p; s/^not ok \([^ ]*\): .*/\1/p' <<<"$output" >>"$BATS_TEST_TMPDIR/facts"
	sed -n 's/^not ok \([^ ]*\): .*/\1/p' <<<"$output" >>"$BATS_TEST_TMPDIR/fallen"
}

# A fact about a file or a device can fail only where the host has it, and lets its own root have it.
can_fail_here()
{
	case $1 in
	write:* | read:* | device:*) return 1 ;;
	esac
}

@test "0.3 each of these facts is seen to fail where a wall is missing" {
	local fact
	local -a never=() absent=()

	FORM=chroot
	attack_bundle
	host_facts
	careless_caller
	HOST_FACTS+=("ns=user=$(readlink /proc/self/ns/user)")
	# A chroot has a root, a PID namespace and little else.
	attack attack_probe "${HOST_FACTS[@]}"
	note_fallen
	attack attack_calls key=mini-run-attack
	note_fallen
	(($(wc -l <"$BATS_TEST_TMPDIR/fallen") > 150))
	# The same without anything in /dev.
	rm -r "$BUNDLE/rootfs/dev"
	attack attack_probe
	note_fallen
	# The host itself, in one of its directories and at a terminal, while mini-run runs.
	FORM=host
	ATTACK_CALLER=()
	ROOT=$BUNDLE/rootfs container_start
	oci_try pty bash -c 'cd /usr/lib && exec "$@"' bash "$ATTACK_PROBE" "${HOST_FACTS[@]}"
	container_end
	note_fallen
	# In a directory that is above the root.
	oci_try python3 -c 'import os, sys; os.chdir("/usr"); os.chroot(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])' \
		"$BUNDLE/rootfs" /bin/attack_probe
	note_fallen
	# With attributes that outlive an execve.
	attack setpriv --securebits +no_setuid_fixup setarch --addr-no-randomize "$ATTACK_PROBE"
	note_fallen
	# With mounts that propagate; with namespaces that belong to others; with an id that is not wholly given up.
	attack unshare --mount --propagation shared "$ATTACK_PROBE" "${HOST_FACTS[@]}"
	note_fallen
	attack unshare --user --map-root-user "$ATTACK_PROBE" "${HOST_FACTS[@]}"
	note_fallen
	attack setpriv --ruid 1000 --rgid 1000 --clear-groups "$ATTACK_PROBE"
	note_fallen

	while read -r fact; do
		if grep -qxF -- "$fact" "$BATS_TEST_TMPDIR/fallen"; then
			continue
		elif can_fail_here "$fact"; then
			never+=("$fact")
		else
			absent+=("$fact")
		fi
	done < <(sort -u "$BATS_TEST_TMPDIR/facts")
	printf 'not on this host, or nothing that its root may do: %s\n' "${absent[*]}"
	printf 'never seen to fail: %s\n' "${never[*]}"
	((${#never[@]} == 0 && ${#absent[@]} < 60))
}
