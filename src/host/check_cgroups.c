/*
 * check_cgroups.c - the cgroups that a container would get, and whether each limit can be had.
 *
 * Each row about a limit plans the cgroups of a `run` with that option, by the code that a start
 * uses, and then looks whether the directories of the plan could be made and controllers enabled.
 * None is made: that would enable controllers for good.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/check_private.h"
#include "host/rootless.h"

/* ---- what stands in the way ---- */

/* @path up to its last part that is there, a directory to be made in. */
static void existing_part(const struct cgroup_dir *d, char ret[CGROUP_PATH])
{
	snprintf(ret, CGROUP_PATH, "%s", d->path);
	while (strlen(ret) > d->mount_length && access(ret, F_OK) < 0)
		*strrchr(ret, '/') = '\0';
}

/* Whether the directory could be made; otherwise says why not, and returns the errno that a start would meet. */
static int dir_obstacle(const struct cgroup_dir *d, struct check_finding *f)
{
	char path[CGROUP_PATH];
	struct statfs s;
	int no;

	snprintf(path, sizeof(path), "%.*s", (int)d->mount_length, d->path);
	if (statfs(path, &s) < 0 ||
	    (s.f_type != CGROUP_SUPER_MAGIC && s.f_type != CGROUP2_SUPER_MAGIC)) {
		check_say(f, CHECK_MISSING,
			  "the cgroups mounted at %.200s cannot be reached: something else is "
			  "mounted over them",
			  path);
		check_remedy(f, "unmount what hides them, or mount them again at /sys/fs/cgroup");
		return ENOENT;
	}
	existing_part(d, path);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	no = errno;
	check_say(f, CHECK_MISSING, "no cgroup can be made in %.200s (%s)", path, strerror(no));
	if (no == EROFS)
		check_remedy(
			f,
			"mount it writable: mount -o remount,rw %.200s (an outer container does it "
			"with --privileged)",
			path);
	else
		check_remedy(f, "run it as root, or have a cgroup given to this user (systemd: "
				"Delegate=yes) "
				"and name it by --cgroup-parent");
	return no;
}

/*
 * Whether what the plan needs is enabled, or could be, for the children of the v2 mount. A cgroup
 * that has processes itself cannot give controllers to children, but for the real root, which has
 * no cgroup.type.
 */
static bool enable_obstacle(const struct cgroup *g, const char *mount, struct check_finding *f)
{
	char need[CGROUP_NAMES], enabled[CGROUP_NAMES] = "", procs[64] = "", *save = NULL;
	OWNED_FD fd = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error e = {0};
	bool lacking = false;

	(void)file_read_at(fd, "cgroup.subtree_control", enabled, sizeof(enabled), NULL, &e);
	snprintf(need, sizeof(need), "%s", g->need);
	for (char *word = strtok_r(need, " ", &save); word; word = strtok_r(NULL, " ", &save))
		lacking = lacking || !check_has_word(enabled, word);
	if (!lacking)
		return false;
	if (faccessat(fd, "cgroup.subtree_control", W_OK, AT_EACCESS) < 0) {
		check_say(f, CHECK_MISSING,
			  "%s is not enabled in %.200s/cgroup.subtree_control, which cannot be "
			  "written to (%s)",
			  g->need, mount, strerror(errno));
		check_remedy(f, "as root: echo +%s >%.200s/cgroup.subtree_control", g->need, mount);
		return true;
	}
	if (faccessat(fd, "cgroup.type", F_OK, 0) < 0 ||
	    (file_read_at(fd, "cgroup.procs", procs, sizeof(procs), NULL, &e) == 0 && !*procs))
		return false;
	check_say(f, CHECK_MISSING,
		  "%s is not enabled in %.200s/cgroup.subtree_control, and cannot be while that "
		  "cgroup holds processes itself",
		  g->need, mount);
	check_remedy(f, "move the processes into a child of it (as a container's first process "
			"can), or choose "
			"another place by --cgroup-parent");
	return true;
}

/* The number of directories of the plan up to the first that cannot be made, and its errno; 0: all can. */
static size_t plan_obstacle(const struct cgroup *g, int *ret_no, struct check_finding *f)
{
	for (size_t i = 0; i < g->dirs_n; i++) {
		*ret_no = dir_obstacle(&g->dirs[i], f);
		if (*ret_no != 0)
			return i + 1;
	}
	*ret_no = 0;
	return 0;
}

/* ---- the version and the directories ---- */

static int plan(const char *const *words, struct cgroup *ret, struct error *e)
{
	struct config *config;
	int result;

	*ret = (struct cgroup)CGROUP_EMPTY;
	if (check_config(words, &config, e) < 0)
		return -1;
	result = cgroup_plan(ret, config, e);
	config_free(config);
	return result;
}

#define REMEDY_USER                                                                           \
	"call it in a cgroup of its own: systemd-run --user --scope --property=Delegate=yes " \
	"mini-run"

static void probe_version(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	const struct cgroup_survey *s = &c->cgroups;

	if (rootless_is() && s->version == CGROUP_V2) {
		check_say(f, CHECK_OK, "v2: %.400s was given to this user", s->where);
	} else if (rootless_is()) {
		check_say(f, CHECK_LIMITED,
			  "no cgroup was given to this user: no limit can be had, and no report "
			  "tells what a container used");
		check_remedy(f, REMEDY_USER);
	} else if (s->version == CGROUP_V2) {
		check_say(f, CHECK_OK, "v2 at %.400s", s->where);
	} else if (s->version == CGROUP_V1) {
		check_say(f, CHECK_LIMITED, "v1%s%.300s: %s", s->hybrid ? ", beside v2 at " : "",
			  s->where, row->lost);
		check_remedy(f, "%s", row->remedy);
	} else {
		check_say(f, CHECK_MISSING,
			  "none is mounted: no limit can be had, and no report tells what a "
			  "container used");
		check_remedy(f, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	}
}

static void probe_controllers(const struct check *c, const struct check_row *row,
			      struct check_finding *f)
{
	if (c->cgroups.controllers[0]) {
		check_say(f, CHECK_OK, "%s", c->cgroups.controllers);
		return;
	}
	check_say(f, CHECK_MISSING, "none: %s", row->lost);
	check_remedy(f, "%s", rootless_is() ? REMEDY_USER : row->remedy);
}

/*
 * A `run` without limits goes on without a cgroup where it may make none. Where the first can be
 * made and a later one cannot, or one is not where the mount table says, it fails.
 */
static void probe_directory(const struct check *c, const struct check_row *row,
			    struct check_finding *f)
{
	struct error e = {0};
	struct cgroup g;
	int no;

	(void)c;
	if (plan(row->words, &g, &e) < 0) {
		check_say(f, CHECK_MISSING, "%s", e.text);
		check_remedy(f, "%s", row->remedy);
	} else if (g.dirs_n == 0) {
		check_say(f, CHECK_LIMITED, "a container gets no cgroup of its own");
		check_remedy(f, "%s", rootless_is() ? REMEDY_USER : row->remedy);
	} else if (plan_obstacle(&g, &no, f) == 1 && (no == EROFS || no == EACCES || no == EPERM)) {
		f->status = CHECK_LIMITED;
	} else if (no == 0) {
		check_say(f, CHECK_OK, "%.400s can be made", g.dirs[g.dirs_n - 1].path);
	}
	cgroup_end(&g);
}

/* ---- limits ---- */

/* What is to be done for the controller @name, by what the kernel says of it in /proc/cgroups. */
static void controller_remedy(const struct check *c, const char *name, struct check_finding *f)
{
	char text[4096], wanted[64], *line;
	struct error ignored;
	int enabled = -1;

	if (rootless_is()) {
		check_remedy(f, REMEDY_USER);
		return;
	}
	snprintf(wanted, sizeof(wanted), "\n%s\t", name);
	if (file_read_at(AT_FDCWD, "/proc/cgroups", text, sizeof(text), NULL, &ignored) == 0) {
		line = strstr(text, wanted);
		/* "memory\t0\t42\t1": name, hierarchy, number of cgroups, enabled. */
		for (int tabs = 0; line && tabs < 3; tabs++) {
			line = strchr(line, '\t');
			line += line != NULL;
		}
		if (line && (*line == '0' || *line == '1'))
			enabled = *line - '0';
	}
	if (enabled == 0 && strcmp(name, "memory") == 0)
		check_remedy(f, "boot with cgroup_enable=memory on the kernel command line");
	else if (enabled == 0)
		check_remedy(f, "boot without cgroup_disable=%s on the kernel command line", name);
	else if (enabled < 0 && !c->contained)
		check_remedy(f, "a kernel built with the %s controller", name);
	else if (c->contained)
		check_remedy(f, "have it given to this container, or choose a place that has it by "
				"--cgroup-parent");
	else if (c->cgroups.version == CGROUP_V1)
		check_remedy(
			f,
			"mkdir /sys/fs/cgroup/%s && mount -t cgroup -o %s cgroup /sys/fs/cgroup/%s",
			name, name, name);
	else if (c->cgroups.version == CGROUP_NONE)
		check_remedy(f, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	else
		check_remedy(f, "add it to cgroup.subtree_control of the cgroup above %.200s",
			     c->cgroups.where);
}

/* True where the limit can be had. */
static bool limit_possible(const struct check *c, const struct check_row *row,
			   struct check_finding *f, struct cgroup *g)
{
	struct error e = {0};

	if (plan(row->words, g, &e) < 0 || g->dirs_n == 0) {
		check_say(f, CHECK_MISSING, "this %s has no %s controller for cgroups",
			  rootless_is() ? "user" : "host", row->text);
		controller_remedy(c, row->text, f);
		return false;
	}
	for (size_t i = 0; i < g->dirs_n; i++) {
		char mount[CGROUP_PATH];

		snprintf(mount, sizeof(mount), "%.*s", (int)g->dirs[i].mount_length, g->dirs[i].path);
		if (dir_obstacle(&g->dirs[i], f) != 0 ||
		    (g->dirs[i].v2 && enable_obstacle(g, mount, f)))
			return false;
	}
	return true;
}

/* The place of the limit in the plan, v1 or v2. */
static const struct cgroup_dir *limit_dir(const struct cgroup *g, const char *controller)
{
	for (size_t i = 0; i < g->dirs_n; i++)
		if (check_has_word(g->dirs[i].controllers, controller))
			return &g->dirs[i];
	return &g->dirs[g->dirs_n - 1];
}

static void probe_limit(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	struct cgroup g = CGROUP_EMPTY;

	if (limit_possible(c, row, f, &g))
		check_say(f, CHECK_OK, "%s",
			  limit_dir(&g, row->text)->v2 ? "through v2" : "through v1");
	cgroup_end(&g);
}

/*
 * Whether the directory @path, or one of its children, has the file @wanted: 1, or 0; -1 where none
 * has @beside either, so that nothing can be told.
 */
static int file_in_tree(const char *path, const char *wanted, const char *beside)
{
	char names[2][CGROUP_PATH];
	OWNED_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;
	const struct dirent *entry;
	int result = -1;

	if (fd < 0)
		return -1;
	if (faccessat(fd, beside, F_OK, 0) == 0)
		return faccessat(fd, wanted, F_OK, 0) == 0;
	dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	while (dir && result < 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(names[0], sizeof(names[0]), "%s/%s", entry->d_name, beside);
		snprintf(names[1], sizeof(names[1]), "%s/%s", entry->d_name, wanted);
		if (faccessat(fd, names[0], F_OK, 0) == 0)
			result = faccessat(fd, names[1], F_OK, 0) == 0;
	}
	if (dir)
		closedir(dir);
	return result;
}

static void probe_swap(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	struct cgroup g = CGROUP_EMPTY;
	const struct cgroup_dir *d;
	char mount[CGROUP_PATH];
	int counted;

	if (limit_possible(c, row, f, &g)) {
		d = limit_dir(&g, row->text);
		snprintf(mount, sizeof(mount), "%.*s", (int)d->mount_length, d->path);
		counted = d->v2 ? file_in_tree(mount, "memory.swap.max", "memory.max")
				: file_in_tree(mount, "memory.memsw.limit_in_bytes",
					       "memory.limit_in_bytes");
		if (counted == 1) {
			check_say(f, CHECK_OK, "swap is counted");
		} else if (counted == 0) {
			check_say(f, CHECK_MISSING, "this kernel does not count swap: %s", row->lost);
			check_remedy(f, "%s", row->remedy);
		} else {
			check_say(f, CHECK_OK,
				  "there is no cgroup yet that shows whether swap is counted");
		}
	}
	cgroup_end(&g);
}

/* A limit that has no option, only a place in config.json: row->text is its v1 name, row->words its v2 name. */
static void probe_controller(const struct check *c, const struct check_row *row,
			     struct check_finding *f)
{
	struct cgroup g = CGROUP_EMPTY;
	struct error e = {0};
	int no;

	if (check_has_word(c->cgroups.controllers, row->text) ||
	    check_has_word(c->cgroups.controllers, row->words[0])) {
		if (plan(NULL, &g, &e) == 0 && plan_obstacle(&g, &no, f) == 0)
			check_say(f, CHECK_OK, "there");
		cgroup_end(&g);
		return;
	}
	check_say(f, CHECK_MISSING, "this %s has no %s controller for cgroups: %s",
		  rootless_is() ? "user" : "host", row->words[0], row->lost);
	controller_remedy(c, row->text, f);
}

/* ---- devices, the end ---- */

static int try_device_program(const struct check_row *row)
{
	static const struct bpf_insn refuse_all[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	(void)row;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)refuse_all;
	attr.insn_cnt = sizeof(refuse_all) / sizeof(refuse_all[0]);
	attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
	return sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? errno : 0;
}

/* Loads a program that is attached nowhere. Only where device rules go to v2 does a start depend on it. */
static void probe_devices(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int refused, no = check_in_child(try_device_program, row);
	struct cgroup g = CGROUP_EMPTY;
	struct error e = {0};

	if (rootless_inside()) {
		check_say(f, CHECK_OK,
			  "none are needed: no device node can be made in a user "
			  "namespace");
		return;
	}
	if (plan(NULL, &g, &e) < 0 || g.devices_unenforced || plan_obstacle(&g, &refused, f) != 0) {
		check_say(f, CHECK_LIMITED, "no cgroup can enforce device rules: %s", row->lost);
		check_remedy(f, "%s", row->remedy);
	} else if (!g.devices_v2 && c->user_namespace) {
		check_say(f, CHECK_MISSING,
			  "in a user namespace the devices controller of v1 takes no "
			  "rules, and so no container can be started");
		check_remedy(f, "run it outside of the user namespace");
	} else if (!g.devices_v2) {
		check_say(f, CHECK_OK, "through the devices controller of v1");
	} else if (no == 0) {
		check_say(f, CHECK_OK, "through a BPF program, which loads");
	} else {
		check_say(f, CHECK_MISSING,
			  "no BPF program can be loaded (%s), and so no container started",
			  strerror(no));
		check_remedy(f, no == EPERM ? "run it as root, in the host's user namespace"
					    : "a kernel with CONFIG_CGROUP_BPF");
	}
	cgroup_end(&g);
}

static void probe_kill(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	bool v2 = c->cgroups.where[0] && access(c->cgroups.where, F_OK) == 0;
	int there = v2 ? file_in_tree(c->cgroups.where, "cgroup.kill", "cgroup.events") : 0;

	if (!v2)
		check_say(f, CHECK_LIMITED, "there is no cgroup v2: %s", row->lost);
	else if (there == 0)
		check_say(f, CHECK_LIMITED, "not there: %s", row->lost);
	else
		check_say(f, CHECK_OK, there == 1 ? "there" : "no cgroup there yet that shows it");
	if (f->status != CHECK_OK)
		check_remedy(f, "%s", row->remedy);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct check_row check_cgroup_rows[] = {
	{"version", probe_version, .lost = "limits go to v1, and --cgroup-conf knows only what v2 has",
	 .remedy = "nothing must be done; for v2 alone boot with cgroup_no_v1=all (systemd: "
		   "systemd.unified_cgroup_hierarchy=1)"},
	{"controllers", probe_controllers, .lost = "no limit can be had",
	 .remedy = "mount cgroups that have some: mount -t cgroup2 cgroup2 /sys/fs/cgroup"},
	{"own cgroup", probe_directory, .required = true,
	 .remedy = "mount -t cgroup2 cgroup2 /sys/fs/cgroup"},
	{"--memory", probe_limit, .text = "memory", .words = WORDS("--memory", "64m")},
	{"--memory-swap", probe_swap, .text = "memory",
	 .words = WORDS("--memory", "64m", "--memory-swap", "128m"),
	 .lost = "--memory limits memory alone, and --memory-swap fails",
	 .remedy = "boot with swapaccount=1 on the kernel command line"},
	{"--cpus", probe_limit, .text = "cpu", .words = WORDS("--cpus", "0.5")},
	{"--cpuset-cpus", probe_limit, .text = "cpuset", .words = WORDS("--cpuset-cpus", "0")},
	{"--pids-limit", probe_limit, .text = "pids", .words = WORDS("--pids-limit", "64")},
	{"block IO", probe_controller, .text = "blkio", .words = WORDS("io"),
	 .lost = "it can be neither limited nor reported"},
	{"huge pages", probe_controller, .text = "hugetlb", .words = WORDS("hugetlb"),
	 .lost = "they cannot be limited"},
	{"device rules", probe_devices, .required = true,
	 .lost = "containers get no CAP_MKNOD, and can open every device that they have a node of",
	 .remedy = "see \"own cgroup\""},
	{"cgroup.kill", probe_kill, .lost = "the processes of a container are ended one by one",
	 .remedy = "nothing must be done; Linux 5.14 or newer with cgroup v2 has it"},
	{0},
};
