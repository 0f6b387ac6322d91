#!/usr/bin/env bats
# Usage: what is refused and with which words and status, what --help tells, and where options end.
#
# shellcheck disable=SC2154 # stderr is set by bats' run

load ../lib/common

# fails_with STATUS LINE ARGUMENT...: exits with STATUS, prints nothing on stdout, and just LINE on stderr.
fails_with()
{
	local wanted=$1 line=$2
	shift 2

	run_status "$wanted" "$MINI_RUN" "$@"
	expect_equal "$stderr" "$line"
	expect_equal "$output" ""
}

# has_option OPTION: whether $output, a help, has a line that begins with it.
has_option()
{
	local line

	while read -r line; do
		if [[ $line == "$1" || $line == "$1 "* ]]; then
			return 0
		fi
	done <<<"$output"
	return 1
}

# refused LINE OPTION...: the same for `run`, with a root filesystem and a command behind the options.
refused()
{
	local line=$1
	shift

	fails_with 125 "mini-run: $line" run "$@" ./nonexistent /bin/true
}

@test "without a command it prints how to use it on stderr and fails" {
	run_status 1 "$MINI_RUN"
	expect_equal "$output" ""
	expect_match "$stderr" '^Usage: mini-run '
	expect_match "$stderr" '  run +Run a command'
}

@test "--version begins with the version of mini-run" {
	run_ok "$MINI_RUN" --version
	expect_match "${lines[0]}" '^mini-run version [0-9]+\.[0-9]+\.[0-9]+'
	expect_match "${lines[1]}" '^commit: .'
	expect_equal "${lines[2]}" 'spec: 1.3.0'
	expect_match "${lines[3]}" '^libseccomp: [0-9]+\.'
	expect_match "${lines[4]}" '^json-c: [0-9]+\.'
	expect_equal "$stderr" ""
	local first=$output
	run_ok "$MINI_RUN" -v
	expect_equal "$output" "$first"
}

@test "--help and -h print the commands and the options for all of them" {
	local word
	run_ok "$MINI_RUN" --help
	expect_equal "$stderr" ""
	for word in '  run ' '  check ' --root --log --log-format --debug --help --version 'Examples:'; do
		expect_match "$output" "$word"
	done
	local first=$output
	run_ok "$MINI_RUN" -h
	expect_equal "$output" "$first"
}

@test "run --help lists every option with its value" {
	local option
	local -a options=(
		'-m, --memory SIZE' '--memory-swap SIZE' '--memory-reservation SIZE' '--cpus N' '--cpu-shares N'
		'--cpu-weight N' '--cpuset-cpus LIST' '--cpuset-mems LIST' '--pids-limit N' '--cgroup-parent PATH'
		'--cgroup-conf KEY=VALUE' '--name ID' '--hostname NAME' '-e, --env NAME[=VALUE]' '--env-file FILE'
		'-w, --workdir DIR' '-u, --user USER[:GROUP]' '--umask MASK' '-v, --volume SRC:DST[:OPTIONS]'
		'--mount KEY=VALUE,...' '--tmpfs DST[:OPTIONS]' '--read-only'
		'--overlay[=DIR]' '--overlay-size SIZE' '--device PATH[:DST[:rwm]]' '--sysfs'
		'--network host|none|PATH' '--net host|none|PATH' '-t, --tty[=auto|on|off]' '-i, --interactive' '--rm'
		'--init' '--ulimit NAME=SOFT[:HARD]' '--oom-score-adj N' '--sysctl KEY=VALUE' '--timeout DURATION'
		'--cap-add NAME' '--cap-drop NAME' '--security-opt NAME=VALUE' '--privileged' '--userns auto|host|MAP'
		'--landlock RULE'
		'--report[=text|json][:FILE]' '--pid-file FILE' '--cidfile FILE' '--trace' '--log FILE'
		'--log-format text|json' '--root DIR' '--debug' '-h, --help' '--log-level LEVEL'
		'--cgroup-manager cgroupfs|disabled' '--systemd-cgroup' '--rootless true|false|auto'
		'-b, --bundle DIR' '-f, --config FILE' '--console-socket SOCKET' '--pidfd-socket SOCKET' '--preserve-fds N' '--no-pivot'
		'--no-new-keyring' '-d, --detach' '--keep' '--no-subreaper'
	)
	run_ok "$MINI_RUN" run --help
	expect_equal "$stderr" ""
	for option in "${options[@]}"; do
		if ! has_option "$option"; then
			echo "not in the help: $option"
			return 1
		fi
	done
	# And none that is not in the list above.
	expect_equal "$(grep -cE '^  (-[a-z], |    )--[a-z]' <<<"$output")" "${#options[@]}"
}

@test "no line of the help is wider than 100 columns, and it ends with examples" {
	local command
	for command in "" run; do
		# shellcheck disable=SC2086 # no word at all for the empty one
		run_ok "$MINI_RUN" $command --help
		expect_equal "$(awk 'length($0) > 100' <<<"$output")" ""
		expect_match "$output" $'\nExamples:\n(  [^\n]*\n?)+$'
	done
}

@test "run -h is run --help, and needs nothing else" {
	run_ok "$MINI_RUN" run --help
	local first=$output
	run_ok "$MINI_RUN" run -h --memory 1g
	expect_equal "$output" "$first"
}

@test "an unknown command proposes the nearest" {
	fails_with 1 'mini-run: rnu: no such command (did you mean run?)' rnu ./rootfs
	fails_with 1 'mini-run: frobnicate: no such command (mini-run --help lists them)' frobnicate
}

@test "an unknown option proposes the nearest" {
	refused '--memry: no such option (did you mean --memory?)' --memry 5m
	refused '--memry: no such option (did you mean --memory?)' --memry=5m
	refused '--pid-limit: no such option (did you mean --pids-limit?)' --pid-limit 5
	refused '--frobnicate: no such option (--help lists them)' --frobnicate
	refused '-q: no such option (--help lists them)' -q
	fails_with 1 'mini-run: --rot: no such option (did you mean --root?)' --rot /x run
}

@test "a missing root filesystem and a missing command" {
	fails_with 125 'mini-run: run needs a root filesystem and a command (mini-run run ./rootfs /bin/sh)' run
	fails_with 125 'mini-run: run needs a root filesystem and a command (mini-run run ./rootfs /bin/sh)' \
		run --memory 1g --
	fails_with 125 'mini-run: run ROOTFS needs a command: mini-run run ./rootfs /bin/sh' run ./rootfs
	refused 'the command is empty (a program and its arguments)' --name a -- "$ROOTFS" ''
}

@test "a missing value" {
	fails_with 125 'mini-run: --memory: needs a value (--memory SIZE)' run --memory
	fails_with 125 'mini-run: -m: needs a value (-m SIZE)' run -im
}

@test "values that are not what the option takes" {
	refused '--memory 12q: not a size (a number with b, k, m, g or t behind it, such as 512m)' --memory 12q
	refused '-m 12q: not a size (a number with b, k, m, g or t behind it, such as 512m)' -m12q
	refused '--cpus 0: must be at least 0.01' --cpus 0
	refused '--cpus half: not a number of CPUs (such as 2 or 0.5)' --cpus=half
	refused '--cpuset-cpus 0-: not a list of numbers and ranges (such as 0-2,4)' --cpuset-cpus 0-
	refused '--timeout soon: not a duration (numbers with h, m, s or ms behind them, such as 1m30s)' \
		--timeout soon
	refused '--user 4294967296: the user: not from 0 to 4294967294' --user 4294967296
	refused '-u 0:1x: the group: not a number (digits only)' -u 0:1x
	refused '--workdir srv: must be absolute (begin with /)' --workdir srv
	refused '--umask 9: not an octal number (digits from 0 to 7, such as 022)' --umask 9
	refused '--tty maybe: is auto, on or off' --tty=maybe
	refused '--report xml: not a report (text, json, text:FILE, json:FILE or :FILE)' --report=xml
	refused '--report json:: the name of the file is empty' --report=json:
	refused '--pid-file "": the name of the file is empty' --pid-file=
	refused '--log-format xml: not a format (text or json)' --log-format xml
	refused '--root "": the name of the directory is empty' --root ''
	refused '--cgroup-parent "": the path is empty' --cgroup-parent ''
	refused '--init: takes no value (leave the option out to turn it off)' --init=false
}

@test "values that do not go together" {
	refused 'memory-swap needs a memory limit beside it (it is the sum of memory and swap)' --memory-swap 1g
	refused 'memory-swap 1048576: less than memory, 2097152 (it is the sum of memory and swap)' \
		-m 2m --memory-swap 1m
	refused '--cap-add ALL and --cap-drop ALL exclude each other (give one)' --cap-add ALL --cap-drop ALL
	refused 'sysctl net.ipv4.ip_forward: needs its own network namespace (it would be set on the host)' \
		--sysctl net.ipv4.ip_forward=1
	refused 'sysctl vm.swappiness: belongs to no namespace (it would be set on the host)' \
		--sysctl vm.swappiness=1
}

@test "mounts over /proc, /dev and / are refused" {
	local over='nothing may be mounted over or below /proc (but single files such as /proc/cpuinfo)'
	refused "mount on /proc: $over" -v /tmp:/proc
	refused "mount on /proc/self: $over" --tmpfs /proc/self
	refused "mount on //proc/./sys: $over" --mount type=bind,src=/tmp,dst=//proc/./sys
	refused "-v /tmp:/dev: /dev is mini-run's own (--device adds single devices to it)" -v /tmp:/dev
	refused '-v /tmp:/a/../..: destination /a/../..: must not contain ".."' -v /tmp:/a/../..
}

@test "names of containers" {
	local name
	for name in . .. .a a/b ../a 'a b' 'a:b' -a; do
		refused "name $name: not a container's name (letters, digits, _ + - and ., no . or - in front)" \
			--name="$name"
	done
	# These are names: what is missing is the root filesystem.
	for name in a. a- _ +; do
		run_status 125 "$MINI_RUN" run --name="$name" ./nonexistent /bin/true
		expect_match "$stderr" '\./nonexistent does not exist'
	done
	refused 'the name of the container is empty' --name ''
}

@test "devices and profiles that are not there" {
	refused '--device: stat /dev/nonexistent: No such file or directory' --device /dev/nonexistent
	refused '--device /dev/../etc/a: device /dev/../etc/a: must not contain ".."' --device /dev/../etc/a
	refused '--device /etc/passwd: not a device (--volume shows files and directories)' \
		--device /etc/passwd:/dev/a
	refused '--security-opt seccomp: open /nonexistent.json: No such file or directory' \
		--security-opt seccomp=/nonexistent.json
	refused '--security-opt seccomp: /dev/null is not a regular file' --security-opt seccomp=/dev/null
}

@test "an error is one line, whatever is in it" {
	fails_with 125 'mini-run: hostname a\x0ab\x1b[0m: contains a control character' \
		run --hostname $'a\nb\e[0m' ./nonexistent /bin/true
	fails_with 1 'mini-run: a\x0db: no such command (mini-run --help lists them)' $'a\rb'
}

@test "options behind ROOTFS belong to the command" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/echo --memory -x --help -- a
	expect_equal "$output" '--memory -x --help -- a'
	run_ok "$MINI_RUN" run -- "$ROOTFS" /bin/echo -- -h
	expect_equal "$output" '-- -h'
	run_ok "$MINI_RUN" run --name usage-a -i --rm --read-only "$ROOTFS" /bin/sh -c 'echo "$@"' sh --tty "a b"
	expect_equal "$output" '--tty a b'
}

@test "the options for every command also stand in front of it" {
	local log=$BATS_TEST_TMPDIR/log
	fails_with 125 'mini-run: --cpus 0: must be at least 0.01' \
		--log "$log" --log-format json run --cpus 0 ./nonexistent /bin/true
	fails_with 125 'mini-run: --cpus 0: must be at least 0.01' \
		run --log="$log" --log-format=json --cpus 0 ./nonexistent /bin/true
	expect_equal "$(wc -l <"$log")" 2
	fails_with 1 'mini-run: --log-format x: not a format (text or json)' --log-format x run
}

@test "--log appends the message as JSON or as text" {
	local log=$BATS_TEST_TMPDIR/log
	fails_with 125 'mini-run: hostname "\x0a: contains a control character' \
		--log "$log" --log-format json run --hostname $'"\n' ./nonexistent /bin/true
	python3 - "$log" <<'END'
import json, re, sys
entry = json.loads(open(sys.argv[1]).read())
assert entry["level"] == "error", entry
assert entry["msg"] == 'hostname "\n: contains a control character', entry
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"]), entry
END
	fails_with 125 'mini-run: --cpus 0: must be at least 0.01' \
		--log "$log" run --cpus 0 ./nonexistent /bin/true
	expect_equal "$(wc -l <"$log")" 2
	expect_match "$(tail -n 1 "$log")" 'error.*--cpus 0: must be at least 0.01'
}

@test "a log that cannot be written is an error before anything else" {
	fails_with 125 'mini-run: --log: open /nonexistent/log: No such file or directory' \
		--log /nonexistent/log run ./nonexistent /bin/true
}

@test "help that cannot be written is an error" {
	# shellcheck disable=SC2016 # the inner shell expands it
	run --separate-stderr bash -c '"$1" --help >/dev/full' bash "$MINI_RUN"
	expect_equal "$status" 1
	expect_equal "$stderr" 'mini-run: write to stdout: No space left on device'
}

@test "refuses to run set-user-id" {
	need_root
	local copy=$BATS_TEST_TMPDIR/mini-run
	chmod 755 "$BATS_TEST_TMPDIR"
	cp "$MINI_RUN" "$copy"
	chmod 4755 "$copy"
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$copy" --version
	if [[ ${stderr:-} == *'Permission denied'* ]]; then
		skip "the directory of the tests cannot be entered by other users"
	fi
	expect_equal "$status" 1
	expect_match "$stderr" '^mini-run: refuses to run with rights that its caller does not have'
	expect_equal "$output" ""
}
