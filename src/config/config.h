/*
 * config.h - everything that can be said about one container, as plain data.
 *
 * One struct, made for the whole of the OCI runtime specification 1.3 (https://github.com/opencontainers/runtime-spec),
 * filled by the command line (from_args.c) or by config.json, checked by config_check(), and from then on
 * read-only. No descriptors, no pids, no callbacks; and no Linux header, so that it builds anywhere: the
 * constants here are our own, and the rooms that make system calls hold the small tables that translate them.
 *
 * Strings and arrays belong to the arena of the configuration. NULL and count 0 mean "not given".
 * Bytes are bytes, times say their unit in the name.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Where commands are looked for when the environment has no PATH; and the PATH of a container by default. */
#define CONFIG_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A number that may not be given. */
struct config_number {
	bool set;
	int64_t value;
};

/* @v has @n entries and a NULL behind them, as execve wants it; v is NULL while n is 0. */
struct config_strings {
	char **v;
	size_t n;
};

struct config_pair {
	const char *key, *value;
};

/* ---- namespaces (config-linux.md, "Namespaces") ---- */

enum config_ns_kind {
	NS_USER,
	NS_MOUNT,
	NS_PID,
	NS_NETWORK,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_KINDS,
};

enum config_ns_mode { NS_INHERIT, NS_NEW, NS_JOIN };

struct config_ns {
	enum config_ns_mode mode;
	const char *path; /* NS_JOIN: the namespace's file */
};

/* One line of uid_map or gid_map. */
struct config_idmap {
	uint32_t inside, outside, size;
};

struct config_idmaps {
	struct config_idmap *uid, *gid;
	size_t uids, gids;
};

struct config_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};

/* ---- mounts (config.md, "Mounts") ---- */

enum config_mount_flag { /* set or cleared, on one mount or on a whole tree */
			 MOUNT_RDONLY = 1 << 0,
			 MOUNT_NOSUID = 1 << 1,
			 MOUNT_NODEV = 1 << 2,
			 MOUNT_NOEXEC = 1 << 3,
			 MOUNT_NOSYMFOLLOW = 1 << 4,
			 MOUNT_NODIRATIME = 1 << 5,
			 MOUNT_NOATIME = 1 << 6, /* these three exclude each other */
			 MOUNT_RELATIME = 1 << 7,
			 MOUNT_STRICTATIME = 1 << 8,
};

enum config_super_flag { /* of the filesystem itself, only for a new one (or a remount) */
			 SUPER_RDONLY = 1 << 0,
			 SUPER_SYNC = 1 << 1,
			 SUPER_DIRSYNC = 1 << 2,
			 SUPER_LAZYTIME = 1 << 3,
			 SUPER_MAND = 1 << 4,
			 SUPER_IVERSION = 1 << 5,
			 SUPER_SILENT = 1 << 6,
};

enum config_propagation {
	PROPAGATION_NONE, /* not given */
	PROPAGATION_PRIVATE,
	PROPAGATION_SLAVE,
	PROPAGATION_SHARED,
	PROPAGATION_UNBINDABLE,
};

enum config_idmap_kind { MOUNT_IDMAP_NONE, MOUNT_IDMAP, MOUNT_RIDMAP };

struct config_mount {
	const char *destination; /* in the container, absolute */
	const char *source; /* a bind mount's path on the host, absolute; else as the filesystem wants it */
	const char *type;     /* filesystem type; NULL for a bind mount */
	bool bind, recursive; /* bind, rbind */
	bool tmpcopyup;	      /* a tmpfs that starts with a copy of what it hides */
	bool remount;
	bool make_source;    /* bind: make the source directory where it is missing */
	bool notify;	     /* bind: the source is mini-run's own, the socket of host/notify.h */
	uint32_t set, clear; /* enum config_mount_flag, this mount alone */
	uint32_t rec_set, rec_clear; /* the same for the whole tree (rro and its like) */
	uint32_t super;		     /* enum config_super_flag */
	enum config_propagation propagation;
	bool propagation_recursive;
	struct config_strings data; /* filesystem options, "key" or "key=value" each */
	enum config_idmap_kind idmap;
	struct config_idmaps idmaps; /* empty: those of the container's user namespace */
};

/* ---- devices (config-linux.md, "Devices", "Allowed Device list") ---- */

struct config_device {
	const char *path; /* in the container */
	char type;	  /* 'c', 'b', 'u' (as c) or 'p' */
	int64_t major, minor;
	struct config_number mode, uid, gid;
	const char *host_path; /* --device: copy type, numbers, mode and owner of this node */
};

enum { DEVICE_READ = 1, DEVICE_WRITE = 2, DEVICE_MKNOD = 4 };

struct config_device_rule {
	bool allow;
	char type;	      /* 'c', 'b', or 'a' for both */
	int64_t major, minor; /* -1: any */
	uint32_t access;      /* of DEVICE_READ, DEVICE_WRITE, DEVICE_MKNOD */
};

struct config_net_device {
	const char *host_name, *name;
};

/* ---- resources (config-linux.md, "Control groups") ---- */

struct config_throttle {
	int64_t major, minor;
	uint64_t rate;
};

struct config_throttles {
	struct config_throttle *v;
	size_t n;
};

struct config_block_weight {
	int64_t major, minor;
	struct config_number weight, leaf_weight;
};

struct config_hugepage {
	const char *page_size; /* "2MB" */
	uint64_t limit;
};

struct config_rdma {
	const char *device;
	struct config_number handles, objects;
};

struct config_resources {
	/* Memory, in bytes; -1 is "no limit". memory_swap is memory plus swap, as in the specification. */
	struct config_number memory, memory_swap, memory_reservation;
	struct config_number memory_kernel, memory_kernel_tcp, memory_swappiness;
	struct config_number memory_disable_oom, memory_use_hierarchy, memory_check_before_update;
	/* CPU: quota and period in microseconds; cpu_weight is v2's own scale, 1 to 10000. */
	struct config_number cpu_shares, cpu_weight, cpu_quota, cpu_period, cpu_burst, cpu_idle;
	struct config_number cpu_rt_runtime, cpu_rt_period;
	const char *cpuset_cpus, *cpuset_mems;
	struct config_number pids; /* -1 is "no limit" */
	struct config_number block_weight, block_leaf_weight;
	struct config_block_weight *block_weights;
	size_t block_weights_n;
	struct config_throttles read_bps, write_bps, read_iops, write_iops;
	struct config_hugepage *hugepages;
	size_t hugepages_n;
	struct config_rdma *rdma;
	size_t rdma_n;
	struct config_number net_class_id;
	struct config_pair *net_priorities;
	size_t net_priorities_n;
	struct config_device_rule *devices; /* in order, the last match decides */
	size_t devices_n;
	struct config_pair *unified; /* any file of the v2 cgroup */
	size_t unified_n;
};

enum config_cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_DISABLED };

/* ---- seccomp (config-linux.md, "Seccomp") ---- */

enum config_seccomp_action {
	SECCOMP_KILL_THREAD, /* also spelled SCMP_ACT_KILL */
	SECCOMP_KILL_PROCESS,
	SECCOMP_TRAP,
	SECCOMP_ERRNO,
	SECCOMP_TRACE,
	SECCOMP_ALLOW,
	SECCOMP_LOG,
	SECCOMP_NOTIFY,
};

enum config_seccomp_compare {
	SECCOMP_NE,
	SECCOMP_LT,
	SECCOMP_LE,
	SECCOMP_EQ,
	SECCOMP_GE,
	SECCOMP_GT,
	SECCOMP_MASKED_EQ,
};

enum config_seccomp_flag {
	SECCOMP_FLAG_TSYNC = 1 << 0,
	SECCOMP_FLAG_LOG = 1 << 1,
	SECCOMP_FLAG_SPEC_ALLOW = 1 << 2,
	SECCOMP_FLAG_WAIT_KILLABLE_RECV = 1 << 3,
};

struct config_seccomp_arg {
	uint32_t index;
	enum config_seccomp_compare op;
	uint64_t value, value_two;
};

struct config_seccomp_rule {
	struct config_strings names;
	enum config_seccomp_action action;
	struct config_number errno_ret;
	struct config_seccomp_arg *args;
	size_t args_n;
};

/* Where the filter comes from. */
enum config_seccomp_mode {
	SECCOMP_MODE_UNCONFINED, /* no filter */
	SECCOMP_MODE_DEFAULT,	 /* the built-in profile */
	SECCOMP_MODE_PROFILE,	 /* the rules below */
};

struct config_seccomp {
	enum config_seccomp_mode mode;
	enum config_seccomp_action default_action;
	struct config_number default_errno_ret;
	struct config_strings architectures; /* "SCMP_ARCH_X86_64", ... */
	uint32_t flags;			     /* enum config_seccomp_flag */
	struct config_seccomp_rule *rules;
	size_t rules_n;
	const char *listener_path, *listener_metadata;
};

/* ---- process (config.md, "Process") ---- */

struct config_rlimit {
	const char *type; /* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};

/* Bit n of a set is capability number n (linux/capability.h). */
struct config_capabilities {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct config_user {
	const char *spec; /* "UID|NAME[:GID|GROUP]", still to be looked up in the root filesystem; NULL: the ids below */
	uint32_t uid, gid;
	struct config_number umask;
	uint32_t *groups; /* supplementary groups: exactly these */
	size_t groups_n;
};

struct config_scheduler {
	bool set;
	const char *policy; /* "SCHED_FIFO" */
	int32_t nice, priority;
	struct config_strings flags;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

struct config_io_priority {
	bool set;
	const char *class; /* "IOPRIO_CLASS_BE" */
	int64_t priority;
};

struct config_process {
	struct config_strings args, env;
	const char *cwd; /* absolute in the container */
	bool terminal;
	uint32_t console_height, console_width; /* 0: not given */
	struct config_user user;
	struct config_rlimit *rlimits;
	size_t rlimits_n;
	bool has_capabilities; /* false: keep what mini-run has (--privileged) */
	struct config_capabilities capabilities;
	struct config_strings unknown_capabilities; /* left out of the sets: for a warning */
	bool no_new_privs;
	const char *apparmor_profile, *selinux_label;
	struct config_number oom_score_adj;
	struct config_scheduler scheduler;
	struct config_io_priority io_priority;
	const char *affinity_initial,
		*affinity_final; /* of a further process (exec): before and after it enters the cgroup */
	bool builtin_init; /* --init: our own PID 1 reaps and forwards, the command is its child */
};

/* ---- hooks (config.md, "POSIX-platform Hooks") ---- */

enum config_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS,
};

struct config_hook {
	const char *path;
	struct config_strings args, env;
	bool has_env;		      /* an empty "env" differs from none */
	struct config_number timeout; /* seconds */
};

struct config_hooks {
	struct config_hook *v;
	size_t n;
};

/* ---- the rest of "linux" ---- */

struct config_memory_policy {
	bool set;
	const char *mode, *nodes;
	struct config_strings flags;
};

struct config_intel_rdt {
	bool set;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct config_strings schemata;
	bool enable_monitoring;
};

struct config_personality {
	bool set, linux32;
};

/* ---- what mini-run has beyond the specification ---- */

enum { LANDLOCK_READ = 1, LANDLOCK_WRITE = 2, LANDLOCK_EXECUTE = 4 };

/* What the command may still do with a file, or with everything below a directory. */
struct config_landlock_path {
	const char *path; /* in the container, absolute */
	uint32_t access; /* of LANDLOCK_READ, LANDLOCK_WRITE, LANDLOCK_EXECUTE (which takes LANDLOCK_READ) */
};

/* TCP ports that the command may still use. */
struct config_landlock_ports {
	bool restricted; /* to those of the list, which may be empty */
	uint32_t *v;
	size_t n;
};

/* Landlock (landlock(7)): a wall around the command that it takes along. */
struct config_landlock {
	bool off;			    /* none of it, not even what holds by default */
	struct config_landlock_path *paths; /* from the first one on nothing else can be reached */
	size_t paths_n;
	struct config_landlock_ports bind, connect;
	bool scope_sockets;   /* abstract Unix sockets that were made outside cannot be reached */
	bool scope_signals;   /* nor processes outside by a signal */
	bool scopes_optional; /* a kernel that has no scopes goes without them */
};

/* A writable layer over the root filesystem. */
struct config_overlay {
	bool set;
	const char *dir; /* keeps the changes; NULL: they are thrown away */
	int64_t size;	 /* in bytes, of what is thrown away; 0: half of the memory */
};

/* ---- the container ---- */

struct config {
	struct arena arena; /* owns all that the pointers below reach */

	const char *id;
	const char *oci_version; /* of the config.json; NULL for the command line's form */
	const char *bundle;	 /* absolute; NULL for the command line's form */
	struct config_pair *annotations;
	size_t annotations_n;

	const char *rootfs; /* root.path, absolute or relative to the current directory */
	bool rootfs_readonly;
	bool rootfs_nodev; /* device nodes that lie in the root filesystem stay dead */
	bool rootfs_idmap; /* its files keep their owners: they are seen through the map of the user namespace */
	struct config_overlay overlay;
	enum config_propagation rootfs_propagation;
	bool rootfs_propagation_recursive; /* "rshared" and its like */
	bool no_pivot; /* the root filesystem lies in an initramfs, which pivot_root(2) refuses to leave */

	const char *hostname, *domainname;
	bool has_process; /* config.json may leave it out; "start" then has nothing to run */
	struct config_process process;
	bool no_new_keyring; /* keep the caller's session keyring */
	const char *notify_socket; /* the service manager's NOTIFY_SOCKET, which the container reaches by a proxy */
	struct config_ns ns[NS_KINDS];
	struct config_idmaps idmaps; /* of the user namespace */
	struct config_time_offset time_monotonic, time_boottime;
	bool time_offsets;

	struct config_mount *mounts; /* in order */
	size_t mounts_n;
	const char *mount_label;
	struct config_strings masked_paths, readonly_paths;
	struct config_device *devices;
	size_t devices_n;
	bool default_devices; /* make the standard nodes and links in /dev */
	struct config_net_device *net_devices;
	size_t net_devices_n;

	enum config_cgroup_manager cgroup_manager;
	const char *cgroup_path; /* below the cgroup mount; NULL: mini-run/ID */
	struct config_resources resources;
	bool count_usage; /* have every counter of the report, not only those of what is limited */
	struct config_pair *sysctls;
	size_t sysctls_n;
	struct config_seccomp seccomp;
	bool seccomp_log; /* every refused system call is named at the end */
	struct config_landlock landlock;
	struct config_hooks hooks[HOOK_KINDS];
	struct config_personality personality;
	struct config_memory_policy memory_policy;
	struct config_intel_rdt intel_rdt;

	int64_t timeout_ms; /* wall clock from the start of the command; 0: none */
};

/* An empty configuration on the heap, with its arena. NULL when there is no memory. */
struct config *config_new(void);
void config_free(struct config *c);

/* A configuration that is freed at the end of the scope. */
void config_end(struct config **c);
#define OWNED_CONFIG __attribute__((cleanup(config_end))) struct config

/* Appends a copy of @text; the array stays NULL-terminated. 0 or -1 (no memory). */
int config_strings_add(struct config *c, struct config_strings *list, const char *text,
		       struct error *e);

/* Checks every rule that concerns more than one field, and the ranges of those that all producers fill. */
int config_check(const struct config *c, struct error *e);

#endif
