# bash completion for mini-run(1). Needs nothing but bash: no function of the bash-completion package.
#
# Options are offered up to ROOTFS and not behind it, because what is behind it belongs to the command. The
# command itself is completed from what lies in ROOTFS.

_mini_run_commands='run create start exec state kill delete list ps pause resume update events spec features check'

_mini_run_global='--root --log --log-format --log-level --debug --cgroup-manager --systemd-cgroup --rootless --help'

_mini_run_bundle='--bundle --config --console-socket --pidfd-socket --preserve-fds --no-pivot --no-new-keyring --pid-file'

_mini_run_run="--name --hostname --env --env-file --workdir --user --umask --init \
	--volume --mount --tmpfs --read-only --overlay --overlay-size --device --sysfs \
	--memory --memory-swap --memory-reservation --cpus --cpu-shares --cpu-weight --cpuset-cpus --cpuset-mems \
	--pids-limit --cgroup-parent --cgroup-conf --ulimit --oom-score-adj --timeout \
	--network --net --cap-add --cap-drop --security-opt --landlock --userns --privileged --sysctl \
	--tty --interactive --rm --report --cidfile --trace $_mini_run_bundle --detach --keep --no-subreaper"

# _mini_run_options COMMAND: sets options to those that it does not share with every other.
_mini_run_options()
{
	case $1 in
	run) options=$_mini_run_run ;;
	create) options=$_mini_run_bundle ;;
	exec)
		options='--tty --interactive --detach --env --user --additional-gids --cwd --cap --no-new-privs --apparmor
			--process-label --process --console-socket --pidfd-socket --pid-file --preserve-fds --cgroup --ignore-paused'
		;;
	kill) options=--all ;;
	delete) options='--force --regex' ;;
	list) options='--format --quiet' ;;
	ps) options=--format ;;
	update)
		options='--resources --memory --memory-reservation --memory-swap --kernel-memory --kernel-memory-tcp
			--cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus
			--cpuset-mems --pids-limit --blkio-weight --l3-cache-schema --mem-bw-schema'
		;;
	events) options='--interval --stats' ;;
	spec) options='--bundle --file' ;;
	check) options=--json ;;
	*) options='' ;;
	esac
}

# Options that take no value, or take it only behind an equals sign.
_mini_run_alone=' --debug --help --version --init --read-only --overlay --sysfs --privileged --tty --interactive --rm --report
 --trace --json --systemd-cgroup --no-pivot --no-new-keyring --detach --keep --no-subreaper --no-new-privs --ignore-paused
 --all --force --regex --quiet --stats '
_mini_run_alone=${_mini_run_alone//$'\n'/ }

# Letters of options whose value is the next word.
declare -gA _mini_run_letters=(
	[run]=muwevbf [create]=bf [exec]=eugcp [list]=f [ps]=f [update]=r [spec]=bf
)

_mini_run_capabilities='ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN
	DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN
	MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID
	SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
	SYS_TTY_CONFIG SYSLOG WAKE_ALARM'

# _mini_run_reply CUR WORD...: those that begin with CUR. Readline replaces only what is behind the last = or :
# of the word, so what is in front of that is taken off again.
_mini_run_reply()
{
	local cur=$1 kept i
	shift

	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
	kept=${cur%"${cur##*[=:]}"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
	done
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=:] ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

# _mini_run_paths CUR -f|-d: files or directories.
_mini_run_paths()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$2" -- "$1")
}

# _mini_run_inside ROOTFS CUR: a path in the container.
_mini_run_inside()
{
	local i

	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1${2:-/}")
	for i in "${!COMPREPLY[@]}"; do
		if [[ -d ${COMPREPLY[i]} ]]; then
			COMPREPLY[i]+=/
			compopt -o nospace 2>/dev/null
		fi
		COMPREPLY[i]=${COMPREPLY[i]#"$1"}
	done
}

# _mini_run_ids CUR: the containers of the state directory that the command line names.
_mini_run_ids()
{
	local -a root=()
	local i

	for ((i = 1; i + 1 < ${#words[@]}; i++)); do
		case ${words[i]} in
		--root) root=(--root "${words[i + 1]}") ;;
		--root=*) root=("${words[i]}") ;;
		esac
	done
	_mini_run_reply "$1" "$("${words[0]}" "${root[@]}" list --quiet 2>/dev/null)"
}

# _mini_run_value COMMAND OPTION CUR
_mini_run_value()
{
	local command=$1
	shift

	case $1 in
	--network | --net)
		if [[ $2 == */* ]]; then
			_mini_run_paths "$2" -f
		else
			_mini_run_reply "$2" host none /run/netns/
		fi
		;;
	--tty) _mini_run_reply "$2" auto on off ;;
	--log-format) _mini_run_reply "$2" text json ;;
	--log-level) _mini_run_reply "$2" error warning info debug ;;
	--cgroup-manager) _mini_run_reply "$2" cgroupfs disabled ;;
	--rootless) _mini_run_reply "$2" true false auto ;;
	--format) _mini_run_reply "$2" table json ;;
	--cap | -c) _mini_run_reply "$2" "$_mini_run_capabilities" ;;
	-f)
		if [[ $command == list || $command == ps ]]; then
			_mini_run_reply "$2" table json
		else
			_mini_run_paths "$2" -f
		fi
		;;
	--config | --file | --process | -p | --resources | -r | --console-socket | --pidfd-socket) _mini_run_paths "$2" -f ;;
	--bundle | -b) _mini_run_paths "$2" -d ;;
	--report)
		if [[ $2 == *:* ]]; then
			_mini_run_paths "${2#*:}" -f
		else
			_mini_run_reply "$2" text json text: json:
		fi
		;;
	--cap-add | --cap-drop) _mini_run_reply "$2" "$_mini_run_capabilities" ;;
	--security-opt)
		if [[ $2 == seccomp=[./~]* ]]; then
			_mini_run_paths "${2#*=}" -f
		else
			_mini_run_reply "$2" seccomp=unconfined seccomp=builtin seccomp=./ seccomp-log \
				apparmor= apparmor=unconfined label= label=disable \
				no-new-privileges=true no-new-privileges=false
		fi
		;;
	--userns) _mini_run_reply "$2" auto host ;;
	--landlock) _mini_run_reply "$2" ro= w= rw= rx= rwx= connect= bind= scopes off ;;
	--ulimit)
		_mini_run_reply "$2" as= core= cpu= data= fsize= locks= memlock= msgqueue= nice= nofile= nproc= \
			rss= rtprio= rttime= sigpending= stack=
		;;
	--mount) _mini_run_reply "$2" type=bind,src= type=tmpfs,dst= ;;
	-v | --volume) [[ $2 == *:* ]] || _mini_run_paths "$2" -f ;;
	--device) [[ $2 == *:* ]] || _mini_run_paths "${2:-/dev/}" -f ;;
	-e | --env) [[ $2 == *=* ]] || mapfile -t COMPREPLY < <(compgen -v -- "$2") ;;
	--env-file | --log | --pid-file | --cidfile) _mini_run_paths "$2" -f ;;
	--root) _mini_run_paths "$2" -d ;;
	esac
}

_mini_run()
{
	local -a words=()
	local word cur option='' options='' command='' rootfs='' joined=0 positional=0 ended=0

	COMPREPLY=()
	# Readline has parted the words at = and : as well: together again, up to the one at the cursor.
	for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		if ((${#words[@]} > 1)) && [[ $joined == 1 || $word == [=:]* ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		joined=0
		[[ $word != *[=:] ]] || joined=1
	done
	if ((${#words[@]} < 2)); then
		return
	fi
	cur=${words[-1]}

	# What stands in front of the cursor: an option that waits for its value, the command, ROOTFS.
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ $option ]]; then
			option=
		elif ((!ended)) && [[ $word == -- ]]; then
			ended=1
		elif ((!ended)) && [[ $word == -?* ]]; then
			if [[ $word == --* ]]; then
				# --rootless is spec's own, without a value.
				if [[ $word != *=* && $_mini_run_alone != *" $word "* && $command$word != spec--rootless ]]; then
					option=$word
				fi
			elif [[ $command && ${#word} == 2 && ${_mini_run_letters[$command]:-} == *"${word#-}"* ]]; then
				option=$word
			fi
		elif [[ -z $command ]]; then
			command=$word
		else
			positional=$((positional + 1))
			[[ $rootfs ]] || rootfs=$word
			# What is behind the first word of these is somebody else's.
			[[ $command != run && $command != exec && $command != ps ]] || ended=1
		fi
	done

	if [[ $option ]]; then
		_mini_run_value "$command" "$option" "$cur"
	elif ((!ended)) && [[ $cur == --*=* ]]; then
		_mini_run_value "$command" "${cur%%=*}" "${cur#*=}"
	elif ((!ended)) && [[ $cur == -* && -z $command ]]; then
		_mini_run_reply "$cur" "$_mini_run_global" --version
	elif ((!ended)) && [[ $cur == -* ]]; then
		_mini_run_options "$command"
		_mini_run_reply "$cur" "$options" "$_mini_run_global"
	elif [[ -z $command ]]; then
		_mini_run_reply "$cur" "$_mini_run_commands"
	else
		_mini_run_word "$command" "$positional" "$cur" "${rootfs%/}"
	fi
}

# _mini_run_word COMMAND N CUR FIRST: a word that is no option, with N in front of it, of which FIRST is the first.
_mini_run_word()
{
	case $1 in
	run)
		if (($2 == 0)); then
			_mini_run_paths "$3" -d
		elif (($2 == 1)) && [[ ! $3 || $3 == /* ]]; then
			_mini_run_inside "$4" "$3"
		else
			_mini_run_paths "$3" -f
		fi
		;;
	kill)
		if (($2 == 0)); then
			_mini_run_ids "$3"
		elif (($2 == 1)); then
			_mini_run_reply "$3" "$(compgen -A signal SIG | sed -n 's/^SIG//p')"
		fi
		;;
	delete) _mini_run_ids "$3" ;;
	start | exec | state | ps | pause | resume | update | events) (($2 > 0)) || _mini_run_ids "$3" ;;
	esac
}

complete -F _mini_run mini-run
