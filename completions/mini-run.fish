# fish completion for mini-run(1). Options are offered up to ROOTFS and not behind it, because what is behind
# it belongs to the command.

# Options whose value is the next word.
set -g __mini_run_with_value --root --log --log-format --log-level --cgroup-manager --name --hostname --env --env-file \
    --workdir --user --umask --volume --mount --tmpfs --device --memory --memory-swap --memory-reservation --cpus \
    --cpu-shares --cpu-weight --cpuset-cpus --cpuset-mems --pids-limit --cgroup-parent --cgroup-conf --ulimit \
    --oom-score-adj --timeout --network --net --cap-add --cap-drop --security-opt --landlock --userns --sysctl --pid-file --cidfile \
    --bundle --config --console-socket --pidfd-socket --preserve-fds --additional-gids --cwd --cap --apparmor --process-label --process \
    --cgroup --format --resources --kernel-memory --kernel-memory-tcp --cpu-period --cpu-quota --cpu-burst \
    --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --blkio-weight --l3-cache-schema --mem-bw-schema --interval \
    --file

# __mini_run_takes_value COMMAND WORD: the value of the option WORD is the next word.
function __mini_run_takes_value
    contains -- $argv[2] $__mini_run_with_value; and return 0
    test "$argv[2]" = --rootless; and test "$argv[1]" != spec; and return 0
    switch "$argv[1]"
        case run
            contains -- $argv[2] -m -u -w -e -v -b -f
        case create spec
            contains -- $argv[2] -b -f
        case exec
            contains -- $argv[2] -e -u -g -c -p
        case list ps
            test "$argv[2]" = -f
        case update
            test "$argv[2]" = -r
        case '*'
            false
    end
end

# Prints the words in front of the cursor that are neither options nor their values: the command, ROOTFS, ...
function __mini_run_words
    set -l skip 0
    set -l ended 0
    set -l found
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if test $ended = 0; and test "$word" = --
            set ended 1
        else if test $ended = 0; and string match -qr '^-.' -- $word
            if __mini_run_takes_value "$found[1]" $word
                set skip 1
            end
        else
            set -a found $word
            # What is behind the first word of these is somebody else's.
            test (count $found) -lt 2; or not contains -- $found[1] run exec ps; or set ended 1
        end
    end
    test (count $found) -eq 0; or printf '%s\n' $found
end

# __mini_run_at N [COMMAND]: N such words are there, and the first is COMMAND.
function __mini_run_at
    set -l words (__mini_run_words)
    test (count $words) -eq $argv[1]; or return 1
    test (count $argv) -lt 2; or test "$words[1]" = "$argv[2]"
end

# __mini_run_in COMMAND...: it is one of those, and an option may stand here.
function __mini_run_in
    set -l words (__mini_run_words)
    contains -- "$words[1]" $argv; or return 1
    test (count $words) -lt 2; or not contains -- $words[1] run exec ps
end

# The containers of the state directory that the command line names.
function __mini_run_ids
    set -l tokens (commandline -opc)
    set -l root
    for i in (seq 2 (count $tokens))
        if test "$tokens[$i]" = --root
            set root --root $tokens[(math $i + 1)]
        else if string match -q -- '--root=*' $tokens[$i]
            set root $tokens[$i]
        end
    end
    $tokens[1] $root list --quiet 2>/dev/null
end

# What lies in ROOTFS, as paths of the container.
function __mini_run_inside
    set -l rootfs (string trim -r -c / -- (__mini_run_words)[2])
    set -l token (commandline -ct)
    string match -q '/*' -- "$token"; or set token /
    for path in $rootfs$token*
        set -l inside (string replace -- $rootfs '' $path)
        test -d $path; and set inside $inside/
        printf '%s\n' $inside
    end
end

set -g __mini_run_capabilities ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE \
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN \
    MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID \
    SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME \
    SYS_TTY_CONFIG SYSLOG WAKE_ALARM

complete -c mini-run -f

# Commands and global options
complete -c mini-run -n '__mini_run_at 0' -a run -d 'Run a command in a new container'
complete -c mini-run -n '__mini_run_at 0' -a create -d 'Make a container from a bundle, up to its command'
complete -c mini-run -n '__mini_run_at 0' -a start -d 'Let the command of a created container run'
complete -c mini-run -n '__mini_run_at 0' -a exec -d 'Run a further command in a container'
complete -c mini-run -n '__mini_run_at 0' -a state -d 'Print the state of a container'
complete -c mini-run -n '__mini_run_at 0' -a kill -d 'Send a signal to a container'
complete -c mini-run -n '__mini_run_at 0' -a delete -d 'Remove containers'
complete -c mini-run -n '__mini_run_at 0' -a list -d 'List the containers'
complete -c mini-run -n '__mini_run_at 0' -a ps -d 'Print the processes of a container'
complete -c mini-run -n '__mini_run_at 0' -a pause -d 'Freeze the processes of a container'
complete -c mini-run -n '__mini_run_at 0' -a resume -d 'Let the processes of a paused container go on'
complete -c mini-run -n '__mini_run_at 0' -a update -d 'Change the limits of a container'
complete -c mini-run -n '__mini_run_at 0' -a events -d 'Print what a container uses'
complete -c mini-run -n '__mini_run_at 0' -a spec -d 'Write a config.json to begin with'
complete -c mini-run -n '__mini_run_at 0' -a features -d 'Print what a config.json may ask for'
complete -c mini-run -n '__mini_run_at 0' -a check -d 'Tell what this host offers'
complete -c mini-run -n '__mini_run_at 0' -s v -l version -d 'Print the version'
set -l commands run create start exec state kill delete list ps pause resume update events spec features check
for place in '__mini_run_at 0' "__mini_run_in $commands"
    complete -c mini-run -n $place -l root -x -a '(__fish_complete_directories)' -d 'Where the state is'
    complete -c mini-run -n $place -l log -r -F -d 'Append every error message to this file'
    complete -c mini-run -n $place -l log-format -x -a 'text json' -d 'How it is written there'
    complete -c mini-run -n $place -l log-level -x -a 'error warning info debug' -d 'What is told'
    complete -c mini-run -n $place -l debug -d 'Say more about what is done'
    complete -c mini-run -n $place -l cgroup-manager -x -a 'cgroupfs disabled' -d 'Whether a new container gets cgroups'
    complete -c mini-run -n $place -l systemd-cgroup -d 'Not supported'
    complete -c mini-run -n "$place; and not __mini_run_in spec" -l rootless -x -a 'true false auto' -d 'For the habit'
    complete -c mini-run -n $place -s h -l help -d 'Print help'
end

# Containers
for command in start exec state kill ps pause resume update events
    complete -c mini-run -n "__mini_run_at 1 $command" -a '(__mini_run_ids)' -d Container
end
complete -c mini-run -n '__mini_run_in delete' -a '(__mini_run_ids)' -d Container
complete -c mini-run -n '__mini_run_at 2 kill' -a '(kill -l | string split " ")' -d Signal

# create and run: bundles
for place in '__mini_run_in create' '__mini_run_at 1 run'
    complete -c mini-run -n $place -s b -l bundle -x -a '(__fish_complete_directories)' -d 'Directory with a config.json'
    complete -c mini-run -n $place -s f -l config -r -F -d 'Configuration in place of the one in the bundle'
    complete -c mini-run -n $place -l console-socket -r -F -d 'Where the master of the terminal goes'
    complete -c mini-run -n $place -l pidfd-socket -r -F -d 'Where a pidfd of the process goes'
    complete -c mini-run -n $place -l preserve-fds -x -d 'Pass on so many more descriptors'
    complete -c mini-run -n $place -l no-pivot -d 'Move the root filesystem instead of pivot_root'
    complete -c mini-run -n $place -l no-new-keyring -d 'Keep the session keyring of the caller'
    complete -c mini-run -n $place -l pid-file -r -F -d 'File for the process id of PID 1'
end

# exec
set -l exec -c mini-run -n '__mini_run_at 1 exec'
complete $exec -s t -l tty -d 'A terminal of its own'
complete $exec -s i -l interactive -d 'For the habit'
complete $exec -s d -l detach -d 'Return when the process runs'
complete $exec -s e -l env -x -a '(set -xn)' -d 'Environment variable'
complete $exec -s u -l user -x -d 'User and group'
complete $exec -s g -l additional-gids -x -d 'Supplementary groups'
complete $exec -l cwd -x -d 'Directory to start in'
complete $exec -s c -l cap -x -a '$__mini_run_capabilities' -d 'Grant a capability'
complete $exec -l no-new-privs -d 'It can gain no privileges'
complete $exec -l apparmor -x -d 'AppArmor profile'
complete $exec -l process-label -x -d 'SELinux label'
complete $exec -s p -l process -r -F -d 'All of it from a file'
complete $exec -l console-socket -r -F -d 'Where the master of the terminal goes'
complete $exec -l pidfd-socket -r -F -d 'Where a pidfd of the process goes'
complete $exec -l pid-file -r -F -d 'File for its process id'
complete $exec -l preserve-fds -x -d 'Pass on so many more descriptors'
complete $exec -l cgroup -x -d 'The cgroup below the one of the container'
complete $exec -l ignore-paused -d 'Do not refuse a paused container'

# kill, delete, list, ps, events, spec
complete -c mini-run -n '__mini_run_in kill' -s a -l all -d 'To every process'
complete -c mini-run -n '__mini_run_in delete' -s f -l force -d 'Kill what still runs'
complete -c mini-run -n '__mini_run_in delete' -s r -l regex -d 'The ID is a regular expression'
complete -c mini-run -n '__mini_run_in list ps' -s f -l format -x -a 'table json' -d 'How they are printed'
complete -c mini-run -n '__mini_run_in list' -s q -l quiet -d 'The names alone'
complete -c mini-run -n '__mini_run_in events' -l interval -x -d 'Time between two lines'
complete -c mini-run -n '__mini_run_in events' -l stats -d 'Print the stats once'
complete -c mini-run -n '__mini_run_in spec' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'Where the file is written'
complete -c mini-run -n '__mini_run_in spec' -s f -l file -r -F -d 'Its name'
complete -c mini-run -n '__mini_run_in spec' -l rootless -d 'For a caller who is not root'

# update
set -l update -c mini-run -n '__mini_run_in update'
complete $update -s r -l resources -r -F -d 'Document with the limits'
complete $update -l memory -x -d 'Ceiling for memory'
complete $update -l memory-reservation -x -d 'Memory that is reclaimed last'
complete $update -l memory-swap -x -d 'Ceiling for memory and swap together'
complete $update -l kernel-memory -x -d Refused
complete $update -l kernel-memory-tcp -x -d Refused
complete $update -l cpu-period -x -d 'Period for the quota, in microseconds'
complete $update -l cpu-quota -x -d 'CPU time in each period, in microseconds'
complete $update -l cpu-burst -x -d 'Quota that may be saved up, in microseconds'
complete $update -l cpu-rt-period -x -d 'Period for real-time processes'
complete $update -l cpu-rt-runtime -x -d 'Their CPU time in each period'
complete $update -l cpu-share -x -d 'Share of busy CPUs, 2 to 262144'
complete $update -l cpu-idle -x -a '0 1' -d 'The CPU only when nobody else wants it'
complete $update -l cpuset-cpus -x -d 'CPUs it may run on'
complete $update -l cpuset-mems -x -d 'Memory nodes it may use'
complete $update -l pids-limit -x -d 'Number of processes and threads'
complete $update -l blkio-weight -x -d 'Share of busy disks, 10 to 1000'
complete $update -l l3-cache-schema -x -d 'L3 cache of its class'
complete $update -l mem-bw-schema -x -d 'Memory bandwidth of its class'

# check
complete -c mini-run -n '__mini_run_at 1 check' -l json -d 'Print one JSON object'

# run
set -l run -c mini-run -n '__mini_run_at 1 run'
complete -c mini-run -n '__mini_run_at 1 run; and not string match -q -- "-*" (commandline -ct)' -x \
    -a '(__fish_complete_directories)' -d 'Root filesystem'
complete -c mini-run -n '__mini_run_at 2 run' -a '(__mini_run_inside)'
complete $run -l name -x -d 'Name of the container'
complete $run -l hostname -x -d 'Its host name'
complete $run -s e -l env -x -a '(set -xn)' -d 'Environment variable'
complete $run -l env-file -r -F -d 'File with environment variables'
complete $run -s w -l workdir -x -d 'Directory to start in'
complete $run -s u -l user -x -d 'User and group'
complete $run -l umask -x -d 'Permissions that new files do not get'
complete $run -l init -d 'Run a small init as PID 1'
complete $run -s v -l volume -r -F -d 'Show a file or directory of the host'
complete $run -l mount -x -a 'type=bind,src= type=tmpfs,dst=' -d 'The same in words'
complete $run -l tmpfs -x -d 'An empty directory in memory'
complete $run -l read-only -d 'The root filesystem cannot be written to'
complete $run -l overlay -d 'Changes go to a layer, thrown away or kept in a directory'
complete $run -l overlay-size -x -d 'The most that a layer in memory may hold'
complete $run -l device -x -a '(__fish_complete_path /dev/)' -d 'A device of the host'
complete $run -l sysfs -d 'A read-only /sys'
complete $run -s m -l memory -x -d 'Ceiling for memory'
complete $run -l memory-swap -x -d 'Ceiling for memory and swap together'
complete $run -l memory-reservation -x -d 'Memory that is reclaimed last'
complete $run -l cpus -x -d 'CPU time as a fraction of one core'
complete $run -l cpu-shares -x -d 'Share of busy CPUs, 2 to 262144'
complete $run -l cpu-weight -x -d 'The same on the scale of cgroup v2'
complete $run -l cpuset-cpus -x -d 'CPUs it may run on'
complete $run -l cpuset-mems -x -d 'Memory nodes it may use'
complete $run -l pids-limit -x -d 'Number of processes and threads'
complete $run -l cgroup-parent -x -d 'Where its cgroup is made'
complete $run -l cgroup-conf -x -d 'A file of the cgroup (v2)'
complete $run -l ulimit -x -a 'as= core= cpu= data= fsize= locks= memlock= msgqueue= nice= nofile= nproc= rss= rtprio= rttime= sigpending= stack=' -d 'Limit of each process'
complete $run -l oom-score-adj -x -d 'From -1000 to 1000'
complete $run -l timeout -x -d 'End it after this time'
complete $run -l network -x -a 'host none (__fish_complete_path /run/netns/)' -d Network
complete $run -l net -x -a 'host none (__fish_complete_path /run/netns/)' -d 'The same as --network'
complete $run -l cap-add -x -a '$__mini_run_capabilities' -d 'Grant a capability'
complete $run -l cap-drop -x -a '$__mini_run_capabilities' -d 'Take a capability away'
complete $run -l security-opt -x -a 'seccomp=unconfined seccomp=builtin seccomp= seccomp-log apparmor= apparmor=unconfined label= label=disable no-new-privileges=true no-new-privileges=false' -d 'Loosen or replace a wall'
complete $run -l userns -x -a 'auto host' -d 'User namespace'
complete $run -l landlock -x -a 'ro= w= rw= rx= rwx= connect= bind= scopes off' -d 'Files and TCP ports that may be used'
complete $run -l privileged -d 'Take the boundary away'
complete $run -l sysctl -x -d 'Kernel parameter of a namespace'
complete $run -s t -l tty -f -a 'auto on off' -d 'A terminal of its own'
complete $run -s i -l interactive -d 'For the habit'
complete $run -l rm -d 'For the habit'
complete $run -l report -f -a 'text json' -d 'Why it ended and what it used'
complete $run -l cidfile -r -F -d 'File for the name of the container'
complete $run -l trace -d 'Print every step with its time'
complete $run -s d -l detach -d 'Return when the command runs'
complete $run -l keep -d 'Keep the state behind its end'
complete $run -l no-subreaper -d 'For the habit'
