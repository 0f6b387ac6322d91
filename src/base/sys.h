/*
 * sys.h - the system calls and constants that glibc 2.36 does not have, or has with headers that clash.
 *
 * Nothing else in mini-run includes <linux/mount.h> (it clashes with <sys/mount.h>) or calls syscall(2).
 * Each wrapper returns what the system call returns, -1 with errno set on failure, and every descriptor
 * that one of them makes is close-on-exec.
 */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clone3(2). The child returns 0 on a copy of this stack, as from fork(2). */
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
struct sys_clone {
	uint64_t flags; /* CLONE_*; a new process, whose end is told to its parent by SIGCHLD */
	int cgroup_fd;	/* with CLONE_INTO_CGROUP: the v2 directory */
	int *ret_pidfd; /* with CLONE_PIDFD */
};
pid_t sys_clone3(const struct sys_clone *c);

/* openat2(2); @resolve is RESOLVE_*. O_CLOEXEC is added. */
int sys_openat2(int dir_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* Mount API of Linux 5.2 and 5.12 (fsopen(2), fsmount(2), open_tree(2), move_mount(2), mount_setattr(2)). */
enum {
	SYS_OPEN_TREE_CLONE = 1,
	SYS_OPEN_TREE_NAMESPACE = 2, /* Linux 7.0: the tree in a mount namespace of its own */
	SYS_AT_RECURSIVE = 0x8000,
	SYS_MOUNT_ATTR_RDONLY = 0x1,
	SYS_MOUNT_ATTR_NOSUID = 0x2,
	SYS_MOUNT_ATTR_NODEV = 0x4,
	SYS_MOUNT_ATTR_NOEXEC = 0x8,
	SYS_MOUNT_ATTR_ATIME = 0x70, /* the mask of the three below */
	SYS_MOUNT_ATTR_RELATIME = 0x0,
	SYS_MOUNT_ATTR_NOATIME = 0x10,
	SYS_MOUNT_ATTR_STRICTATIME = 0x20,
	SYS_MOUNT_ATTR_NODIRATIME = 0x80,
	SYS_MOUNT_ATTR_IDMAP = 0x100000,
	SYS_MOUNT_ATTR_NOSYMFOLLOW = 0x200000,
};
struct sys_mount_attr {
	uint64_t set, clear, propagation, userns_fd;
};
int sys_fsopen(const char *type);
int sys_fsconfig_flag(int fs_fd, const char *key);
int sys_fsconfig_string(int fs_fd, const char *key, const char *value);
int sys_fsconfig_create(int fs_fd);
int sys_fsmount(int fs_fd, uint32_t attributes);
/* A detached copy of the mount at @dir_fd/@path ("" with an O_PATH descriptor: that very place). */
int sys_open_tree(int dir_fd, const char *path, unsigned int flags);
/* Attaches the detached mount @mount_fd on the place that @target_fd (O_PATH) refers to. */
int sys_move_mount(int mount_fd, int target_fd);
/* @flags: 0 or SYS_AT_RECURSIVE. */
int sys_mount_setattr(int fd, unsigned int flags, const struct sys_mount_attr *attr);
int sys_pivot_root(const char *new_root, const char *put_old);
/* A context to reconfigure the filesystem whose mount @mount_fd (O_PATH) is the root of; then fsconfig and, at the
 * end, sys_fsconfig_reconfigure. */
int sys_fspick(int mount_fd);
int sys_fsconfig_reconfigure(int fs_fd);

int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags); /* CLOSE_RANGE_* */
long sys_keyctl_join(const char *name); /* KEYCTL_JOIN_SESSION_KEYRING */
int sys_capget_permitted(uint64_t *ret);
int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int sys_seccomp_filter(const void *sock_fprog, unsigned int flags); /* SECCOMP_SET_MODE_FILTER */
int sys_bpf(int command, void *attr, unsigned int size);
int sys_signal_default(int number); /* rt_sigaction(2): SIG_DFL, for the two that glibc keeps to itself as well */
long sys_number_of_sigtimedwait(void); /* as /proc/PID/syscall shows it */
int sys_landlock_abi(void); /* landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION */
int sys_getcwd(char *buffer, size_t size); /* the kernel's answer, as it is */
int sys_execveat(int dir_fd, const char *path, char *const argv[], char *const envp[], int flags);

/* sched_setattr(2) of @pid (0: ourselves); @policy and @flags are the kernel's SCHED_* and SCHED_FLAG_*. */
struct sys_sched {
	uint32_t policy, priority;
	uint64_t flags;
	int32_t nice;
	uint64_t runtime_ns, deadline_ns, period_ns;
};
int sys_sched_setattr(pid_t pid, const struct sys_sched *s);
/* ioprio_set(2) with IOPRIO_WHO_PROCESS of @pid (0: ourselves); @kind is the kernel's IOPRIO_CLASS_*. */
int sys_ioprio_set(pid_t pid, unsigned int kind, unsigned int priority);
/* set_mempolicy(2); @mode is MPOL_* with MPOL_F_*. @mask has @bits bits, a multiple of those of a long; NULL with 0. */
int sys_set_mempolicy(int mode, const unsigned long *mask, unsigned long bits);

/*
 * Landlock (landlock(7)). In brackets the ABI that brought it: ABI 1 is Linux 5.13, 2 is 5.19, 3 is 6.2, 4 is 6.7,
 * 5 is 6.10, 6 is 6.12.
 */
enum {
	SYS_LANDLOCK_FS_EXECUTE = 1 << 0,
	SYS_LANDLOCK_FS_WRITE_FILE = 1 << 1,
	SYS_LANDLOCK_FS_READ_FILE = 1 << 2,
	SYS_LANDLOCK_FS_READ_DIR = 1 << 3,
	SYS_LANDLOCK_FS_REMOVE_DIR = 1 << 4,
	SYS_LANDLOCK_FS_REMOVE_FILE = 1 << 5,
	SYS_LANDLOCK_FS_MAKE_CHAR = 1 << 6,
	SYS_LANDLOCK_FS_MAKE_DIR = 1 << 7,
	SYS_LANDLOCK_FS_MAKE_REG = 1 << 8,
	SYS_LANDLOCK_FS_MAKE_SOCK = 1 << 9,
	SYS_LANDLOCK_FS_MAKE_FIFO = 1 << 10,
	SYS_LANDLOCK_FS_MAKE_BLOCK = 1 << 11,
	SYS_LANDLOCK_FS_MAKE_SYM = 1 << 12,
	SYS_LANDLOCK_FS_REFER = 1 << 13,     /* [2] */
	SYS_LANDLOCK_FS_TRUNCATE = 1 << 14,  /* [3] */
	SYS_LANDLOCK_FS_IOCTL_DEV = 1 << 15, /* [5] */
	SYS_LANDLOCK_NET_BIND = 1 << 0,	     /* [4] */
	SYS_LANDLOCK_NET_CONNECT = 1 << 1,   /* [4] */
	SYS_LANDLOCK_SCOPE_SOCKETS = 1 << 0, /* [6] abstract Unix sockets */
	SYS_LANDLOCK_SCOPE_SIGNALS = 1 << 1, /* [6] */
	SYS_LANDLOCK_ABI_PORTS = 4,
	SYS_LANDLOCK_ABI_SCOPES = 6,
};
/* A ruleset that handles these rights: a descriptor. What the kernel does not know must not be asked for. */
int sys_landlock_ruleset(uint64_t fs, uint64_t net, uint64_t scopes);
/* Allows @access below @parent_fd (O_PATH), or on that file. */
int sys_landlock_add_path(int ruleset_fd, int parent_fd, uint64_t access);
int sys_landlock_add_port(int ruleset_fd, uint64_t port, uint64_t access);
int sys_landlock_restrict(int ruleset_fd);

/* Whether the kernel knows system call @number: calls it in a child with arguments that cannot be valid (every one
 * is -1), and returns the errno that it answers with, ENOSYS also where a filter ends the child; -1 with errno where
 * there can be no child. */
int sys_probe(long number);

#endif
