#!/usr/bin/env bats
#
# create: all of the container but its program, from a bundle; what it refuses, and that a refusal leaves nothing.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# Creates and starts $BUNDLE in one, waits for its end: for configurations of which only that they work is asked.
works() { oci_run "$(container_id "${1:-}")"; }

# Nothing may be there after a refusal; the end of the test looks at cgroups, mounts and processes.
expect_nothing_made() { expect_equal "$(oci list --quiet)" ""; }

@test "create makes everything but runs nothing, start runs the program [LIF-4] [STA-2] [STA-4]" {
	local id

	bundle_make
	bundle_args sh -c 'echo ran >/ran; hostname; exec sleep 1000'
	id=$(container_id)
	oci_create "$id"
	run_ok oci_state "$id"
	expect_equal "$(jq -r .status <<<"$output")" created
	pid=$(jq -r .pid <<<"$output")
	[[ -d /proc/$pid ]]
	expect_equal "$(nsenter -t "$pid" -u hostname)" mini-run
	[[ $(readlink "/proc/$pid/ns/mnt") != "$(readlink /proc/self/ns/mnt)" ]]
	expect_equal "$(cat "$OUT")" ""
	[[ ! -e $BUNDLE/rootfs/ran ]]
	oci_start "$id"
	eventually test -e "$BUNDLE/rootfs/ran"
	await_output mini-run
	run_ok oci_state "$id"
	expect_equal "$(jq -r '.status, .pid' <<<"$output")" running$'\n'"$pid"
}

@test "the state has what the specification asks for [STA-1] [STA-3] [STA-5] [STA-6]" {
	local id

	bundle_make
	bundle_edit '.annotations = {"com.example.key": "a value", "com.example.empty": ""} | .process.args = ["true"]'
	id=$(container_id)
	oci_create "$id"
	run_ok oci_state "$id"
	expect_equal "$(jq -r '.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")' <<<"$output")" true
	expect_equal "$(jq -cS '[.id, .status, .bundle, .annotations]' <<<"$output")" \
		"[\"$id\",\"created\",\"$BUNDLE\",{\"com.example.empty\":\"\",\"com.example.key\":\"a value\"}]"
	oci_start "$id"
	oci_stopped "$id"
	run_ok oci_state "$id"
	expect_equal "$(jq -r '(.pid // 0)' <<<"$output")" 0
}

@test "the bundle is the current directory where none is named, and a link or a relative path is made absolute [CLI-1] [STA-1]" {
	local id

	bundle_make
	id=$(container_id)
	cd "$BUNDLE"
	oci_try oci create "$id"
	expect_equal "$status$stderr" 0
	expect_equal "$(oci_state "$id" bundle)" "$BUNDLE"
	cd "$BATS_TEST_TMPDIR"
	oci_try oci create -b bundle/../bundle "$id-2"
	expect_equal "$status$stderr" 0
	expect_match "$(oci_state "$id-2" bundle)" ^/
	[[ $(oci_state "$id-2" bundle) -ef $BUNDLE ]]
}

@test "create without an ID, without a bundle or with a word too many is an error [LIF-2]" {
	bundle_make
	expect_oci_error 'ID' oci create --bundle "$BUNDLE"
	expect_oci_error 'word too many|too many' oci create --bundle "$BUNDLE" a b
	expect_oci_error '/nowhere.*[Nn]o such file' oci create --bundle /nowhere "$(container_id)"
	expect_oci_error '[Nn]ot a directory' oci create --bundle "$BUNDLE/config.json" "$(container_id)"
	expect_nothing_made
}

@test "a bundle without config.json, or whose root filesystem is missing [BUN-1] [BUN-2] [ROOT-1] [ROOT-2]" {
	bundle_make
	mv "$BUNDLE/config.json" "$BUNDLE/x"
	expect_oci_error 'config\.json.*[Nn]o such file' oci_run "$(container_id)"
	mv "$BUNDLE/x" "$BUNDLE/config.json"
	mv "$BUNDLE/rootfs" "$BUNDLE/moved"
	expect_oci_error 'rootfs.*(does not exist|[Nn]o such file)' oci_run "$(container_id)"
	echo text >"$BUNDLE/rootfs"
	expect_oci_error 'rootfs.*not a directory' oci_run "$(container_id)"
	expect_nothing_made
	bundle_edit '.kept = .root | del(.root)'
	expect_oci_error 'root' oci_run "$(container_id)"
	bundle_edit '.root = .kept'
	# Anywhere on this host, by an absolute path.
	bundle_edit --arg path "$BUNDLE/moved" '.root.path = $path | .process.args = ["echo", "there"]'
	run_ok works
	expect_equal "$output" there
}

@test "config.json is UTF-8 JSON without duplicate names [BUN-3]" {
	local config

	bundle_make
	config=$(<"$BUNDLE/config.json")
	for change in 's/mini-run/\xff\xfe/' 's/"hostname"/"hostname": "a", "hostname"/' 's/"readonly": false/"readonly": false,/' \
		's/"readonly": false/"readonly": false, "path": "rootfs"/' '1s/^/x/' '$s/$/ {}/'; do
		LC_ALL=C sed "$change" <<<"$config" >"$BUNDLE/config.json"
		if cmp -s "$BUNDLE/config.json" <(printf '%s\n' "$config"); then
			echo "no change: $change"
			return 1
		fi
		expect_oci_error 'config\.json' oci_run "$(container_id)"
	done
	: >"$BUNDLE/config.json"
	expect_oci_error 'config\.json' oci_run "$(container_id)"
	expect_nothing_made
	# The order of members has no meaning.
	jq -S . <<<"$config" >"$BUNDLE/config.json"
	run_ok works
}

@test "IDs that are taken, and that are not [LIF-3] [CLI-24]" {
	local id

	bundle_make
	for id in '' . .. .a a/b ../a '/a' 'a b' $'a\nb' 'a:b' -a 'ä' 'a%' "$(printf 'a%.0s' {1..1100})"; do
		expect_oci_error '' oci create --bundle "$BUNDLE" -- "$id"
	done
	expect_nothing_made
	bundle_args true
	for id in "$(container_id)" "$(container_id)+-_." "_$(container_id)" "+$(container_id)" "9$(container_id)"; do
		run_ok oci_run -- "$id"
	done
}

@test "an ID in use is refused and its container is not touched; after delete it is free [LIF-3] [STA-8]" {
	local id pid

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	pid=$(oci_state "$id" pid)
	expect_oci_error "$id.*(exists|in use)" oci create --bundle "$BUNDLE" "$id"
	expect_equal "$(oci_state "$id" 'status, .pid')" "created"$'\n'"$pid"
	oci_start "$id"
	expect_oci_error "$id.*(exists|in use)" oci create --bundle "$BUNDLE" "$id"
	expect_oci_error "$id.*(exists|in use)" oci_run "$id"
	expect_equal "$(oci_state "$id" 'status, .pid')" "running"$'\n'"$pid"
	run_ok oci delete --force "$id"
	oci_create "$id"
	expect_status "$id" created
}

@test "what cannot be applied is an error and nothing is made [LIF-5] [ERR-1]" {
	local config

	bundle_make
	config=$(<"$BUNDLE/config.json")
	refuse()
	{
		printf '%s' "$config" >"$BUNDLE/config.json"
		bundle_edit "$2"
		expect_oci_error "$1" oci create --bundle "$BUNDLE" --pid-file "$BUNDLE/pid" "$(container_id)"
		[[ ! -e $BUNDLE/pid ]]
	}
	refuse 'nofilesystem' '.mounts += [{"destination": "/mnt", "type": "nofilesystem", "source": "x"}]'
	refuse '/nowhere/x' '.mounts += [{"destination": "/mnt", "type": "bind", "source": "/nowhere/x", "options": ["bind"]}]'
	refuse 'cgroup|unified' '.linux.resources.unified = {"nosuch.limit": "1"}'
	refuse 'hostname|uts' '.linux.namespaces |= map(select(.type != "uts"))'
	refuse 'sysctl|nosuch' '.linux.sysctl = {"kernel.nosuch": "1"}'
	expect_nothing_made
}

@test "later changes of the bundle do not matter [LIF-6]" {
	local id

	bundle_make
	bundle_edit --arg file "$BATS_TEST_TMPDIR/hooks" '.process.args = ["sh", "-c", "echo $NAME; exec sleep 1000"]
		| .process.env += ["NAME=before"]
		| .hooks.poststop = [{"path": "/bin/sh", "args": ["sh", "-c", "echo poststop >>" + $file]}]
		| .hooks.poststart = [{"path": "/bin/sh", "args": ["sh", "-c", "echo poststart >>" + $file]}]'
	id=$(container_id)
	oci_create "$id"
	bundle_edit '.process.args = ["false"] | .process.env += ["NAME=after"] | del(.hooks) | .annotations = {"a": "b"}'
	oci_start "$id"
	await_output before
	rm "$BUNDLE/config.json"
	run_ok oci exec "$id" sh -c 'echo $NAME'
	expect_equal "$output" before
	expect_equal "$(oci_state "$id" annotations.a)" null
	run_ok oci delete --force "$id"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/hooks")" poststart$'\n'poststop
}

@test "process may be missing at create, and then start is refused [LIF-7] [LIF-9]" {
	local id

	bundle_make
	bundle_edit 'del(.process)'
	id=$(container_id)
	oci_create "$id"
	expect_status "$id" created
	expect_oci_error 'process' oci start "$id"
	run_ok oci delete --force "$id"
	expect_nothing_made
}

@test "versions of the specification that are taken, and that are not [VER-1] [VER-2] [VER-3]" {
	local version n=0

	bundle_make
	bundle_args true
	for version in 1.0.0 1.0.2-dev 1.1.0+build.5 1.2.1 1.3.0 "$(oci features | jq -r .ociVersionMin)" \
		"$(oci features | jq -r .ociVersionMax)"; do
		bundle_edit --arg v "$version" '.ociVersion = $v'
		run_ok works $((n += 1))
	done
	for version in '' 1 1.0 v1.0.0 1.0.0.0 01.0.0 1.0.0- 2.0.0 1.0.x ' 1.0.0'; do
		bundle_edit --arg v "$version" '.ociVersion = $v'
		expect_oci_error 'ociVersion' works
	done
	bundle_edit 'del(.ociVersion)'
	expect_oci_error 'ociVersion' works
	bundle_edit '.ociVersion = 1'
	expect_oci_error 'ociVersion' works
	expect_nothing_made
}

@test "unknown properties and annotations are ignored, unknown values are not [ERR-3] [ERR-4] [ERR-5] [ANN-1] [ANN-2] [ANN-3]" {
	bundle_make
	bundle_edit '.process.args = ["echo", "fine"] | .nothing = {"a": [1, {}]} | .process.unheard = true | .linux.x = 1
		| .linux.resources.memory.new = "y" | .root.color = null | .mounts[0].more = 5 | .vm = {"kernel": {"path": "/x"}}
		| .annotations = {"run.oci.keep_original_groups": "1", "io.podman.annotations.x": "", "org.systemd.property.A": "B",
			"org.criu.config": "/x", "org.opencontainers.image.stopSignal": "SIGUSR1", "io.kubernetes.cri.container-type": "container"}'
	run_ok works
	expect_equal "$output" fine
	bundle_edit '.annotations = {}'
	refuse()
	{
		cp "$BUNDLE/config.json" "$BUNDLE/kept"
		bundle_edit "$2"
		expect_oci_error "$1" works
		mv "$BUNDLE/kept" "$BUNDLE/config.json"
	}
	refuse 'linux\.namespaces' '.linux.namespaces += [{"type": "nosuch"}]'
	refuse 'process\.terminal' '.process.terminal = "yes"'
	refuse 'process\.args' '.process.args = "sh"'
	refuse 'process\.user\.uid' '.process.user.uid = -1'
	refuse 'linux\.rootfsPropagation' '.linux.rootfsPropagation = "nosuch"'
	refuse 'annotations' '.annotations = {"": "x"}'
	refuse 'annotations' '.annotations = {"a": 1}'
	refuse 'config\.json: line [0-9]+: NUL' '.process.env += ["A=\u0000B"]'
	expect_nothing_made
}

@test "the configuration may be in another file [CLI-1]" {
	bundle_make
	bundle_args echo other
	mv "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/other.json"
	run_ok oci_run --config "$BATS_TEST_TMPDIR/other.json" "$(container_id)"
	expect_equal "$output" other
	run_ok oci_run -f "$BATS_TEST_TMPDIR/other.json" "$(container_id)"
	expect_equal "$output" other
}

@test "the pid file has the digits and no newline, and is there when create is back [CLI-2]" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	echo 'something that was there and is longer' >"$BATS_TEST_TMPDIR/pid"
	oci_create --pid-file "$BATS_TEST_TMPDIR/pid" "$id"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/pid"; echo .)" "$(oci_state "$id" pid)."
	oci_run_detached --pid-file="$BATS_TEST_TMPDIR/pid2" "$id-2"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/pid2"; echo .)" "$(oci_state "$id-2" pid)."
}

@test "--no-pivot and --no-new-keyring [CLI-1]" {
	local new kept

	bundle_make
	bundle_args sh -c 'ls /; probe key mrtest'
	run_ok "$PROBE" with-key mrtest "$MINI_RUN" --root "$OCI_ROOT" run --no-pivot --bundle "$BUNDLE" "$(container_id)"
	new=$output
	expect_match "$new" 'key=E'
	expect_match "$new" $'\nproc\n'
	run_ok "$PROBE" with-key mrtest "$MINI_RUN" --root "$OCI_ROOT" run --no-new-keyring --bundle "$BUNDLE" "$(container_id)"
	kept=$output
	expect_match "$kept" 'key=OK'
}

@test "create returns while the container holds its stdout, and keeps nothing of it [CLI-4]" {
	local id reader

	bundle_make
	bundle_args sh -c 'echo from inside; cat; echo end >&2'
	id=$(container_id)
	mkfifo "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/read" 3>&- &
	reader=$!
	exec {writer}<>"$BATS_TEST_TMPDIR/in"
	# Standard input is the container's too.
	(exec {writer}>&- && oci create --bundle "$BUNDLE" "$id" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err")
	oci_start "$id"
	eventually grep -q 'from inside' "$BATS_TEST_TMPDIR/read"
	echo typed >&"$writer"
	exec {writer}>&-
	# The container's cat and then the reader see the end of the file only if nobody else has it open.
	wait "$reader"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/read")" $'from inside\ntyped'
	expect_equal "$(cat "$BATS_TEST_TMPDIR/err")" end
	oci_stopped "$id"
}

@test "the container outlives the one who created it, PDEATHSIG or not [CLI-23]" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	sh -c 'setpriv --pdeathsig KILL "$@"; exit $?' - "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id" \
		</dev/null >"$BATS_TEST_TMPDIR/err" 2>&1 3>&-
	expect_status "$id" created
	sh -c 'setpriv --pdeathsig KILL "$@"; exit $?' - "$MINI_RUN" --root "$OCI_ROOT" start "$id" 3>&-
	expect_status "$id" running
}
