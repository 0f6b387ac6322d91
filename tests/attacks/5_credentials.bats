#!/usr/bin/env bats
#
# Section 5: ids, groups, capabilities, and what else a process hands down.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by a shell inside
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

ACTS=$REPO/build/tests/lib/attack_acts

# acts: the program of that name is in $BUNDLE, too.
acts() { cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"; }

# status_of FIELD: of the lines of /proc/PID/status in $output.
status_of() { sed -n "s/^$1:[[:space:]]*//p" <<<"$output" | tr -s '\t ' ' '; }

# caller SCRIPT: what calls mini-run, or the command of a control: a script whose last line is exec "$@".
caller()
{
	printf '#!/bin/bash\n%s\n' "$1" >"$BATS_TEST_TMPDIR/caller"
	chmod 755 "$BATS_TEST_TMPDIR/caller"
	ATTACK_CALLER=("$BATS_TEST_TMPDIR/caller")
}

# ---- 5.1, 5.2 -------------------------------------------------------------------------------------------------------

# The file has CAP_NET_RAW as inheritable (and the bit "effective"): who has it inheritable too, gains it.
inheritable()
{
	mkdir "$BUNDLE/rootfs/net"
	cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/net/sed"
	setcap cap_net_raw+ei "$BUNDLE/rootfs/net/sed" || return 1
	bundle_edit '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} |
		.process.capabilities[] += ["CAP_NET_RAW"]'
	ATTACK_OPTIONS=(-u 1000:1000 --security-opt no-new-privileges=false)
	ATTACK_EXEC_OPTIONS=(--cap CAP_NET_RAW -u 1000:1000)
	[[ ! ${BAD:-} ]] || bundle_edit '.process.capabilities.inheritable = ["CAP_NET_RAW"]'
	attack sh -c 'grep ^Cap /proc/self/status; exec /net/sed -n "s/^CapEff:/gained:/p" /proc/self/status'
	[[ $status == 0 && $(status_of CapInh) == 0000000000000000 && $(status_of CapAmb) == 0000000000000000 ]] || return 1
	if ! form_is exec; then
		[[ $(status_of gained) == 0000000000000000 ]] || return 1
	fi
	# --cap gives the process that capability, for good, but nothing that a file could take up.
	form_is direct || bundle_edit '.process.user = {uid: 0, gid: 0}'
	ATTACK_OPTIONS=() ATTACK_EXEC_OPTIONS=(--cap CAP_NET_ADMIN -u 0)
	attack sh -c 'grep ^Cap /proc/self/status'
	[[ $status == 0 && $(status_of CapInh) == 0000000000000000 ]] || return 1
}

@test "5.1 nothing is inheritable, in exec with --cap neither: a file's inheritable capabilities give nothing" {
	command -v setcap >/dev/null || skip "needs setcap"
	BAD=1 control_trips inheritable bundle exec
	in_every_form inheritable direct bundle create exec direct+userns bundle+userns
}

# The sets that the kernel computes at execve from what config.json says: for root permitted and effective are all of the
# bounding set, for others they are the ambient ones.
capability_sets()
{
	local uid new want caps none=0000000000000000
	local -A mask=([none]=$none [CAP_CHOWN]=0000000000000001 [CAP_KILL CAP_NET_RAW]=0000000000002020)

	while read -r uid new caps; do
		bundle_edit --arg caps "$caps" --argjson uid "$uid" --argjson new "$new" '
			($caps | split(" ") | map(select(. != "none"))) as $caps | .process.noNewPrivileges = $new |
			.process.user = {uid: $uid, gid: $uid} |
			.process.capabilities = {bounding: $caps, permitted: $caps, effective: $caps}'
		ATTACK_OPTIONS=(-u "$uid:$uid" --security-opt "no-new-privileges=$new" --cap-drop ALL)
		for want in ${caps/none/}; do ATTACK_OPTIONS+=(--cap-add "$want"); done
		attack grep -E '^(Cap|Uid|NoNew)' /proc/self/status
		want=$none
		((uid != 0)) || want=${mask[$caps]}
		[[ $status == 0 && $(status_of CapInh) == "$none" && $(status_of CapAmb) == "$none" &&
			$(status_of CapBnd) == "${mask[$caps]}" && $(status_of CapPrm) == "$want" &&
			$(status_of CapEff) == "$want" && $(status_of Uid) == "$uid $uid $uid $uid" ]] || return 1
		[[ $(status_of NoNewPrivs) == "$([[ $new == true ]] && echo 1 || echo 0)" ]] || return 1
	done <<-END
		0 true none
		0 false CAP_KILL CAP_NET_RAW
		1000 false CAP_CHOWN
		1000 true CAP_KILL CAP_NET_RAW
	END
	form_is direct && return 0
	# Ambient ones are the exception that config.json can ask for.
	bundle_edit '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	attack grep -E '^Cap' /proc/self/status
	[[ $status == 0 && $(status_of CapEff) == 0000000000000020 && $(status_of CapPrm) == 0000000000000020 ]] || return 1
}

@test "5.2 the sets of capabilities are those that config.json gives, for root and others, with and without new privileges" {
	control_trips capability_sets chroot
	in_every_form capability_sets direct bundle exec direct+userns bundle+userns
}

# ---- 5.3, 5.4 -------------------------------------------------------------------------------------------------------

callers_groups()
{
	ATTACK_CALLER=(setpriv --groups "0,6,24,999")
	attack grep ^Groups: /proc/self/status
	[[ $status == 0 && $(status_of Groups) == '' ]] || return 1
	form_is direct && return 0
	# The list is that of config.json, exactly.
	bundle_edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 7]}'
	attack grep ^Groups: /proc/self/status
	[[ $status == 0 && $(status_of Groups | xargs) == '5 7' ]] || return 1
}

@test "5.3 the caller's groups stay outside, when no others are given as well" {
	control_trips callers_groups host
	in_every_form callers_groups
}

# A file that is closed to a group of the caller: who can give up the group can read it.
groups_cannot_be_given_up()
{
	acts
	attack attack_acts groups-drop
	((status == 0)) && expect_fact setgroups EPERM
}

# The caller is in a group that a file is closed to, which all others may read.
barred_by_group()
{
	local dir=$BATS_TEST_TMPDIR/barred

	mkdir -p "$dir"
	chmod 711 "$dir"
	echo secret >"$dir/file"
	chown 0:4321 "$dir/file"
	chmod 604 "$dir/file"
	acts
	if form_is rootless; then
		FORM_USER=(setpriv --reuid "$USER_ID" --regid "$USER_ID" --groups 4321 "${AS_USER[@]:6}")
	fi
	ATTACK_OPTIONS=(-v "$dir:/mnt")
	bundle_edit --arg dir "$dir" '.mounts += [{destination: "/mnt", type: "bind", source: $dir, options: ["bind"]}]'
	if form_is host; then
		# With the right to do so, it is one call.
		attack setpriv --groups 4321 setpriv --reuid "$USER_ID" --clear-groups cat "$dir/file"
	else
		attack cat /mnt/file
		[[ $status != 0 && $stderr == *'Permission denied'* ]] || return 1
		attack attack_acts groups-drop
		expect_fact setgroups EPERM || return 1
	fi
	[[ $output != *secret* ]]
}

@test "5.4 an ordinary user's container cannot give up groups, and groups that cannot be had are an error" {
	local keeper

	control_trips groups_cannot_be_given_up chroot
	in_every_form groups_cannot_be_given_up direct+rootless bundle+rootless exec+rootless
	control_trips barred_by_group host
	in_every_form barred_by_group direct+rootless bundle+rootless
	# A user namespace in which setgroups(2) is denied, joined: no list of groups can be had there.
	unshare --user --map-root-user sleep 1000 3>&- &
	keeper=$!
	eventually grep -qx sleep "/proc/$keeper/comm"
	expect_equal "$(<"/proc/$keeper/setgroups")" deny
	bundle_make
	bundle_args true
	bundle_edit --arg path "/proc/$keeper/ns/user" '.linux.namespaces += [{type: "user", path: $path}, {type: "network"}] |
		.mounts |= map(.options |= ((. // []) - ["gid=5"]))'
	oci_try oci run --bundle "$BUNDLE" "$(container_id joined)"
	if ((status != 0)); then
		show_result
	fi
	expect_equal "$status" 0
	bundle_edit '.process.user.additionalGids = [5]'
	oci_try oci run --bundle "$BUNDLE" "$(container_id groups)"
	kill "$keeper"
	wait "$keeper" || true
	expect_equal "$status" 1
	expect_match "$stderr" '[gG]roup|additionalGids'
}

# ---- 5.5, 5.6 -------------------------------------------------------------------------------------------------------

ODD_USERS=('' : :: 1000: :1000 :user user: +1 +0 -1 -0 +5 4294967295 4294967296 4294967297 18446744073709551616
	18446744073709551615 0x10 0x0 1e3 1.0 1000abc ' 1' '1 ' ' ' 'root ' 1000:-1 1000:+5 1000:4294967295 1000:4294967296 user:+5
	1000:1000:1000 nosuch 0:nosuch ../root $'0\n')

# odd_users COMMAND...: with each of these behind it, and `id -u`, it fails.
odd_users()
{
	local spec

	for spec in "${ODD_USERS[@]}"; do
		oci_try "$@" "$spec" "${ODD_REST[@]}" id -u
		if ((status == 0)) || [[ $output ]]; then
			printf 'for %q\n' "$spec"
			show_result
			return 1
		fi
	done
}

overflowing_user()
{
	ATTACK_EXEC_OPTIONS=(--user 4294967296)
	attack id -u
	[[ $output != 0 ]]
}

# The same as numbers of config.json.
odd_ids()
{
	local value

	for value in -1 4294967295 4294967296 18446744073709551616 1.5 '"0"' null true 1e3 '[0]'; do
		for field in uid gid additionalGids; do
			bundle_make "$BATS_TEST_TMPDIR/odd-$field-${value//[^a-z0-9]/_}-$FORM"
			bundle_edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]}'
			# jq would round them.
			if [[ $field == additionalGids ]]; then
				sed -i -z "s/5\\n *\\]/$value]/" "$BUNDLE/config.json"
			else
				sed -i "s/\"$field\": 1000/\"$field\": $value/" "$BUNDLE/config.json"
			fi
			grep -qF -- "$value" "$BUNDLE/config.json" || return 1
			oci_try oci create --bundle "$BUNDLE" "$(container_id "$field")"
			if ((status == 0)); then
				printf 'for %s %s\n' "$field" "$value"
				return 1
			fi
			rm -r "$BUNDLE"
		done
	done
}

@test "5.5 a user that is none is an error and never root (CVE-2026-30892 and its kin)" {
	control_trips overflowing_user runc+exec crun+exec
	in_every_form overflowing_user exec exec+userns
	bundle_make
	ODD_REST=("$BUNDLE/rootfs")
	odd_users oci run --user
	bundle_args sleep 1000
	ODD_REST=("$(container_id exec)")
	oci_run_detached "${ODD_REST[0]}"
	odd_users oci exec --user
	FORM=bundle
	odd_ids
	# And the highest that there is is taken.
	bundle_make "$BATS_TEST_TMPDIR/highest"
	bundle_edit '.process.user = {uid: 4294967294, gid: 4294967294}'
	bundle_args grep ^Uid: /proc/self/status
	run_ok oci_run "$(container_id)"
	expect_match "$output" 4294967294
}

# The variants of a user database: each gives an answer, in time. `timeout` in attack_try would end with 124.
odd_databases()
{
	local variant file

	ATTACK_OPTIONS=(--user user) ATTACK_EXEC_OPTIONS=(--user 1000)
	bundle_edit '.process.user = {uid: 1000, gid: 1000}'
	for variant in fifo huge host directory loop nul long; do
		for file in passwd group; do
			rm -rf "$BUNDLE/rootfs/etc/$file"
			file=$BUNDLE/rootfs/etc/$file
			case $variant in
			fifo) mkfifo "$file" ;;
			huge) truncate -s 10G "$file" ;;
			host) ln -s "$CANARY/secret" "$file" ;;
			directory) mkdir "$file" ;;
			loop) ln -s "${file##*/}" "$file" ;;
			nul) printf 'user\0:x:0:0::/:/bin/sh\nuser:x\0:0:0::/:/\n' >"$file" ;;
			long) { head -c 3000000 /dev/zero | tr '\0' 'a' && printf ':x:0:0::/:/\nuser:x:0'; } >"$file" ;;
			esac
		done
		attack id -u
		if ((status == 124 || status == 137)) || [[ $output == 0 || $output == *secret* ]]; then
			printf 'with a %s\n' "$variant"
			return 1
		fi
	done
}

# What looks at the database by itself would wait for a FIFO.
reads_fifo()
{
	mkfifo "$BATS_TEST_TMPDIR/fifo-${FORM}"
	attack timeout 2 cat "$BATS_TEST_TMPDIR/fifo-$FORM"
	((status != 124))
}

@test "5.6 a user database that is a FIFO, a huge file, a link out or garbage gives an answer at once" {
	control_trips reads_fifo host
	in_every_form odd_databases direct bundle exec
}

# ---- 5.7, 5.8, 5.9 --------------------------------------------------------------------------------------------------

# newuidmap of the caller's PATH, which would run with the caller's rights, and could be anybody's.
helper_in_path()
{
	local dir=$BATS_TEST_TMPDIR/helpers name

	mkdir -p "$dir"
	rm -f "$BATS_TEST_TMPDIR/helpers/called"
	chmod 777 "$dir"
	for name in newuidmap newgidmap; do
		printf '#!/bin/sh\ntouch %q\nexit 1\n' "$dir/called" >"$dir/$name"
		chmod 755 "$dir/$name"
	done
	caller "export PATH=$dir:\$PATH; exec \"\$@\""
	if form_is rootless; then # with ids that only the helpers can give
		[[ ${AS_USER_IDS[*]:-} ]] || user_ids_setup
		FORM_USER=("${AS_USER_IDS[@]}")
		form_is direct || bundle_edit --argjson first "$USER_SUBIDS" '.linux.uidMappings[0].size = 1 |
			.linux.uidMappings += [{containerID: 1, hostID: $first, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	fi
	if form_is host; then
		attack sh -c 'newuidmap $$ 0 0 1; true'
	elif form_is rootless; then
		# The true ones were called.
		attack grep -c . /proc/self/uid_map
		[[ $status == 0 && $output == 2 && ! $stderr ]] || return 1
	else
		attack true
	fi
	[[ ! -e $dir/called ]]
}

@test "5.7 a newuidmap in the caller's PATH is not called" {
	control_trips helper_in_path host
	in_every_form helper_in_path direct+userns bundle+userns direct+rootless bundle+rootless
}

# maps JSON: as the mappings of a new user namespace.
maps()
{
	printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/maps"
	bundle_edit --slurpfile maps "$BATS_TEST_TMPDIR/maps" '$maps[0] as $maps | del(.linux.namespaces[] | select(.type == "user")) |
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $maps | .linux.gidMappings = $maps'
	# jq rounds numbers that are too large.
	sed -i 's/"LARGE"/18446744073709551616/' "$BUNDLE/config.json"
}

@test "5.8 maps of ids that overlap, overflow or are too many are refused, and so is a user without a mapping" {
	local maps many

	bundle_make
	bundle_args true
	many=$(jq -nc '[range(5000) | {containerID: (. * 2), hostID: (100000 + . * 2), size: 1}]')
	for maps in '[{"containerID":0,"hostID":100000,"size":0}]' \
		'[{"containerID":0,"hostID":100000,"size":4294967296}]' \
		'[{"containerID":0,"hostID":4294967295,"size":2}]' \
		'[{"containerID":4294967295,"hostID":0,"size":2}]' \
		'[{"containerID":0,"hostID":-1,"size":1}]' \
		'[{"containerID":0,"hostID":"LARGE","size":1}]' \
		'[{"containerID":0,"hostID":100000,"size":10},{"containerID":9,"hostID":200000,"size":10}]' \
		'[{"containerID":0,"hostID":100000,"size":10},{"containerID":10,"hostID":100009,"size":10}]' \
		'[{"containerID":1,"hostID":100001,"size":65535}]' '[]' "$many"; do
		maps "$maps"
		oci_try oci create --bundle "$BUNDLE" "$(container_id)"
		if ((status != 1)) || [[ $(wc -l <<<"$stderr") != 1 ]]; then
			printf 'for %.200s\n' "$maps"
			show_result
			return 1
		fi
		oci_gone "$(container_id)"
	done
	# The control: a good one.
	maps '[{"containerID":0,"hostID":100000,"size":65536},{"containerID":65536,"hostID":300000,"size":1}]'
	chown -Rh 100000:100000 "$BUNDLE/rootfs"
	bundle_edit '.linux.namespaces += [{type: "network"}]'
	oci_try oci run --bundle "$BUNDLE" "$(container_id)"
	((status == 0)) || show_result
	expect_equal "$status" 0
}

# Every namespace belongs to the container's user namespace (NS_GET_USERNS), but for the network that it shares.
namespace_owners()
{
	local kinds=(mnt pid ipc uts cgroup) kind
	local -a args=()

	for kind in "${kinds[@]}"; do
		args+=("ns=$kind=$(readlink "/proc/self/ns/$kind")")
	done
	if form_is host; then
		attack unshare --user --map-root-user "$ATTACK_PROBE" "${args[@]}"
	else
		attack attack_probe "${args[@]}"
	fi
	expect_equal "$(grep -c '^ok ns-owner' <<<"$output")" "${#kinds[@]}"
}

@test "5.9 in a user namespace all the others are its own" {
	control_trips namespace_owners host
	in_every_form namespace_owners direct+userns bundle+userns create+userns exec+userns
}

# ---- 5.10, 5.11, 5.12 -----------------------------------------------------------------------------------------------

odd_caller()
{
	# Of a bundle the umask is the caller's, where config.json says none: so the specification has it.
	bundle_edit '.process.user.umask = 18'
	ATTACK_CALLER=(taskset -c 0 nice -n 5 "$PROBE" odd)
	if form_is host; then
		attack "$PROBE" process
	else
		attack probe process
	fi
	((status == 0)) || return 1
	expect_fact umask 022 && expect_fact blocked 0 && expect_fact ignored 0 && expect_fact keepcaps 0 &&
		expect_fact securebits 0 && expect_fact tty ENXIO || return 1
	# Its session is its own: in a PID namespace it has the number 1, or one of exec's.
	[[ $(fact sid) == "$(fact pid)" && $(fact pgid) == "$(fact pid)" ]]
}

@test "5.10 signals, umask, session, parent death signal and limits of the caller do not come along" {
	control_trips odd_caller host
	in_every_form odd_caller direct bundle create exec direct+userns bundle+userns exec+userns
	# Limits are what config.json says, whatever the caller's are.
	limits() {
		ATTACK_CALLER=("$ACTS" odd-limits)
		if form_is host; then
			attack "$PROBE" limits
		else
			bundle_edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88},
				{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
			attack probe limits
		fi
		expect_fact NOFILE 77:88 && expect_fact CORE 0:0
	}
	control_trips limits host
	in_every_form limits bundle exec bundle+userns exec+userns
}

# cores DIR: the core files in it.
cores() { find "$1" -xdev \( -name core -o -name 'core.*' \) -type f -print -quit 2>/dev/null; }

crash_inside()
{
	local call

	caller 'ulimit -c unlimited; cd "$CANARY" || exit; exec "$@"'
	if form_is host; then
		attack "$ACTS" crash
		! [[ $(cores "$CANARY") ]]
		return
	fi
	# On the way in: outside of the root, and with it entered. (A fault that is sent to the PID 1 of a namespace is lost.)
	bundle_edit 'del(.linux.namespaces[] | select(.type == "pid"))'
	bundle_args sleep 1000
	oci_run_detached "$(container_id stays)" || return 1
	for call in fchdir capset; do
		caller "ulimit -c unlimited; cd '$CANARY' || exit
			exec strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=SIGSEGV:when=1 \"\$@\""
		attack true
		crashed_without_core || return 1
		attack_try oci exec "$(container_id stays)" true
		crashed_without_core || return 1
	done
	oci delete --force "$(container_id stays)"
}

crashed_without_core()
{
	[[ $stderr == *'Segmentation fault'* || $status == 139 ]] && [[ ! $(cores "$CANARY") && ! $(cores "$BUNDLE/rootfs") ]]
}

@test "5.11 a mini-run that crashes inside leaves no core, neither in the container nor where it was called" {
	command -v strace >/dev/null || skip "needs strace"
	if [[ $(</proc/sys/kernel/core_pattern) != core* ]]; then
		skip "cores do not go to files here: $(</proc/sys/kernel/core_pattern)"
	fi
	control_trips crash_inside host
	in_every_form crash_inside bundle
}

@test "5.12 a label of a security module that is not there is an error, and none is silently left out" {
	local label

	# (Where there is AppArmor: oci/process.bats, "a further process gets a profile too".)
	bundle_make
	bundle_args true
	for label in '.process.apparmorProfile = "no-such-profile"' '.process.selinuxLabel = "u:r:t:s0"' '.linux.mountLabel = "u:r:t:s0"'; do
		if [[ $label == *selinux* || $label == *mountLabel* ]] && grep -q selinuxfs /proc/filesystems; then
			continue
		fi
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/config.json"
		bundle_edit "$label"
		expect_oci_error 'AppArmor|SELinux|no-such-profile' oci create --bundle "$BUNDLE" "$(container_id)"
		cp "$BATS_TEST_TMPDIR/config.json" "$BUNDLE/config.json"
	done
	if [[ ! -e /sys/module/apparmor ]]; then
		oci_run_detached "$(container_id)" # the control: without a label it runs
		bundle_args sleep 1000
		oci_run_detached "$(container_id 2)"
		expect_oci_error 'AppArmor' oci exec --apparmor no-such-profile "$(container_id 2)" true
	fi
}
