/*
 * sys.c - see sys.h. The one file that calls syscall(2).
 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(SYS_OPEN_TREE_CLONE == OPEN_TREE_CLONE, "open_tree(2)");
_Static_assert(SYS_MOUNT_ATTR_IDMAP == MOUNT_ATTR_IDMAP, "mount_setattr(2)");
_Static_assert(SYS_MOUNT_ATTR_ATIME == MOUNT_ATTR__ATIME, "mount_setattr(2)");
_Static_assert(sizeof(struct sys_mount_attr) == sizeof(struct mount_attr), "mount_setattr(2)");

pid_t sys_clone3(const struct sys_clone *c)
{
	struct clone_args args = {
		.flags = c->flags,
		.pidfd = (uint64_t)(uintptr_t)c->ret_pidfd,
		/* The kernel then takes the one of the caller itself, whose sibling the new process is. */
		.exit_signal = c->flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = c->flags & CLONE_INTO_CGROUP ? (uint64_t)c->cgroup_fd : 0,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

int sys_openat2(int dir_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve,
	};
	int fd;

	/*
	 * EAGAIN: somebody renamed or mounted while a ".." was resolved, and the kernel could not be
	 * sure that it stayed inside. A container that does this all the time gets an error, not a hang.
	 */
	for (int tries = 0; tries < 128; tries++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int sys_fsconfig_flag(int fs_fd, const char *key)
{
	return (int)syscall(SYS_fsconfig, fs_fd, FSCONFIG_SET_FLAG, key, NULL, 0);
}

int sys_fsconfig_string(int fs_fd, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs_fd, FSCONFIG_SET_STRING, key, value, 0);
}

int sys_fsconfig_create(int fs_fd)
{
	return (int)syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int sys_fsmount(int fs_fd, uint32_t attributes)
{
	return (int)syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, attributes);
}

int sys_open_tree(int dir_fd, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dir_fd, path,
			    flags | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH));
}

int sys_move_mount(int mount_fd, int target_fd)
{
	return (int)syscall(SYS_move_mount, mount_fd, "", target_fd, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int sys_mount_setattr(int fd, unsigned int flags, const struct sys_mount_attr *attr)
{
	struct mount_attr raw = {
		.attr_set = attr->set,
		.attr_clr = attr->clear,
		.propagation = attr->propagation,
		.userns_fd = attr->userns_fd,
	};

	return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &raw, sizeof(raw));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int sys_fspick(int mount_fd)
{
	return (int)syscall(SYS_fspick, mount_fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
}

int sys_fsconfig_reconfigure(int fs_fd)
{
	return (int)syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

int sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

long sys_keyctl_join(const char *name)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
}

int sys_capget_permitted(uint64_t *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*ret = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	return (int)syscall(SYS_capset, &header, data);
}

int sys_seccomp_filter(const void *sock_fprog, unsigned int flags)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, sock_fprog);
}

int sys_bpf(int command, void *attr, unsigned int size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

int sys_signal_default(int number)
{
	/* The kernel's struct, not glibc's; all zero is SIG_DFL without flags on every architecture. */
	unsigned long fresh[4] = {0};

	return (int)syscall(SYS_rt_sigaction, number, fresh, NULL, sizeof(uint64_t));
}

long sys_number_of_sigtimedwait(void)
{
	return SYS_rt_sigtimedwait;
}

int sys_landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

int sys_getcwd(char *buffer, size_t size)
{
	return (int)syscall(SYS_getcwd, buffer, size);
}

int sys_execveat(int dir_fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)syscall(SYS_execveat, dir_fd, path, argv, envp, flags);
}

int sys_sched_setattr(pid_t pid, const struct sys_sched *s)
{
	/* struct sched_attr of <linux/sched/types.h>, which clashes with <sched.h> of glibc 2.36. */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t util_min, util_max;
	} attr = {
		.size = sizeof(attr),
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = s->priority,
		.runtime = s->runtime_ns,
		.deadline = s->deadline_ns,
		.period = s->period_ns,
	};

	return (int)syscall(SYS_sched_setattr, pid, &attr, 0);
}

int sys_ioprio_set(pid_t pid, unsigned int kind, unsigned int priority)
{
	return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid,
			    IOPRIO_PRIO_VALUE(kind, priority));
}

int sys_set_mempolicy(int mode, const unsigned long *mask, unsigned long bits)
{
	/* The kernel takes one from the number of bits. */
	return (int)syscall(SYS_set_mempolicy, mode, mask, bits > 0 ? bits + 1 : 0);
}

/* The structs of <linux/landlock.h>, which Linux 6.1 has without the later fields. An older kernel takes the longer
 * struct as long as what it does not know is 0. */
int sys_landlock_ruleset(uint64_t fs, uint64_t net, uint64_t scopes)
{
	const struct {
		uint64_t handled_access_fs, handled_access_net, scoped;
	} attr = {fs, net, scopes};

	return (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

int sys_landlock_add_path(int ruleset_fd, int parent_fd, uint64_t access)
{
	const struct {
		uint64_t allowed_access;
		int32_t parent_fd;
	} __attribute__((packed)) attr = {access, parent_fd};

	return (int)syscall(SYS_landlock_add_rule, ruleset_fd, 1, &attr, 0);
}

int sys_landlock_add_port(int ruleset_fd, uint64_t port, uint64_t access)
{
	const struct {
		uint64_t allowed_access, port;
	} attr = {access, port};

	return (int)syscall(SYS_landlock_add_rule, ruleset_fd, 2, &attr, 0);
}

int sys_landlock_restrict(int ruleset_fd)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset_fd, 0);
}

int sys_probe(long number)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0)
		_exit(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 ? errno & 0xff : 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
}
