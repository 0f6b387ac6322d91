/*
 * exec.c - see exec.h. Runs outside; the same steps as a start as far as they concern a process and not a container.
 *
 * Everything that is read of the container is read before its namespaces are entered: its state and configuration from our
 * own directory, its user database through /proc/PID/root by openat2(2) with RESOLVE_IN_ROOT. The process that goes in
 * has nothing of mini-run's left but the sync socket (see container/enter.c), and, where it has to write a label in a user
 * namespace, until that is written, the host's /proc; and it is not dumpable until its execve.
 */
#include "host/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "config/from_oci.h"
#include "config/names.h"
#include "host/record.h"
#include "host/seccomp.h"
#include "host/steps.h"

/* ---- what is to be run ---- */

static int user_change(struct config *c, const struct exec_options *o, struct error *e)
{
	struct config_user *u = &c->process.user;

	if (o->user)
		u->spec = o->user;
	for (size_t i = 0; !o->user && i < o->groups_n; i++) { /* else see groups_add */
		uint32_t *group = arena_append(&c->arena, &u->groups, &u->groups_n, sizeof(*group));

		if (!group)
			return err_no_memory(e);
		*group = o->groups[i];
	}
	return 0;
}

/* NAME=VALUE replaces what the container's environment has of that name. */
static int env_set(struct config *c, const char *pair, struct error *e)
{
	struct config_strings *env = &c->process.env;
	size_t length = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], pair, length) == 0) {
			env->v[i] = arena_copy(&c->arena, pair);
			return env->v[i] ? 0 : err_no_memory(e);
		}
	return config_strings_add(c, env, pair, e);
}

/* The container's own process, with another command and what the options change. */
static int process_change(struct config *c, const struct exec_options *o, struct error *e)
{
	struct config_process *p = &c->process;

	if (!c->has_process)
		return err_set(
			e, 0,
			"the container's config.json has no process, so --process has to say all");
	p->args = (struct config_strings){0};
	for (char *const *arg = o->args; *arg; arg++)
		if (config_strings_add(c, &p->args, *arg, e) < 0)
			return -1;
	p->terminal = o->tty;
	p->builtin_init = false;
	if (o->cwd)
		p->cwd = o->cwd;
	if (o->apparmor)
		p->apparmor_profile = o->apparmor;
	if (o->label)
		p->selinux_label = o->label;
	if (o->no_new_privs)
		p->no_new_privs = true;
	if (o->capabilities != 0 && p->has_capabilities) {
		p->capabilities.bounding |= o->capabilities;
		p->capabilities.permitted |= o->capabilities;
		p->capabilities.effective |= o->capabilities;
	}
	for (size_t i = 0; i < o->env.n; i++)
		if (env_set(c, o->env.v[i], e) < 0)
			return -1;
	return user_change(c, o, e);
}

static int process_choose(struct config *c, const struct exec_options *o, struct error *e)
{
	if (o->process_text) {
		if (process_from_oci(c, o->process_text, o->process_length, e) < 0)
			return err_within(e, "--process");
		c->has_process = true;
		if (o->tty)
			c->process.terminal = true;
	} else if (process_change(c, o, e) < 0) {
		return -1;
	}
	return config_check(c, e);
}

/* ---- steps ---- */

/* The kinds of namespaces in which the container's process is not where we are. */
static int namespaces_compare(struct start *s, struct error *e)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		struct stat own, other;
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_kinds[kind].file);
		if (stat(path, &own) < 0) {
			if (errno == ENOENT)
				continue; /* this kernel has no such namespaces */
			return err_set(e, errno, "%s", path);
		}
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)s->pid, ns_kinds[kind].file);
		if (stat(path, &other) < 0)
			return err_set(e, errno, "%s", path);
		if (own.st_dev != other.st_dev || own.st_ino != other.st_ino)
			s->join_flags |= ns_kinds[kind].flag;
	}
	s->inside.in_user_ns = (s->join_flags & ns_kinds[NS_USER].flag) != 0;
	return 0;
}

/* What of the container is opened by its pid, and only believed if that is still its process afterwards. */
static int container_look(struct start *s, struct error *e)
{
	struct stat own, slash;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)s->pid);
	s->inside.root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->inside.root_fd < 0)
		return err_set(e, errno, "open the container's root");
	if (fstat(s->inside.root_fd, &own) < 0 || stat("/", &slash) < 0)
		return err_set(e, errno, "stat the container's root");
	/* The host's root: it has not entered its own yet. */
	if (own.st_dev == slash.st_dev && own.st_ino == slash.st_ino)
		return err_set(
			e, 0, "cannot exec in a container that is creating: container not running");
	if (namespaces_compare(s, e) < 0)
		return -1;
	if (sys_pidfd_send_signal(s->join_pidfd, 0) < 0)
		return err_set(e, 0, "container not running");
	s->pid = 0; /* from here on the process that is made */
	return 0;
}

/* With --user the groups are those of that user, and --additional-gids come on top. */
static int groups_add(struct start *s, struct error *e)
{
	const struct exec_options *o = s->exec;
	size_t n = s->inside.groups_n;

	if (!o->user || o->groups_n == 0)
		return 0;
	s->groups = malloc((n + o->groups_n) * sizeof(*s->groups));
	if (!s->groups)
		return err_no_memory(e);
	if (n > 0)
		memcpy(s->groups, s->inside.groups, n * sizeof(*s->groups));
	memcpy(s->groups + n, o->groups, o->groups_n * sizeof(*s->groups));
	s->inside.groups = s->groups;
	s->inside.groups_n = n + o->groups_n;
	return 0;
}

static void groups_forget(struct start *s)
{
	free(s->groups);
	s->groups = NULL;
}

static int filter_load(struct start *s, struct error *e)
{
	/* The container's own, whatever --process says: it has no filter in it (config.md, "Process"). */
	if (s->record->builtin_filter) {
		seccomp_builtin(&s->inside.seccomp);
		return 0;
	}
	if (faccessat(s->record->dir_fd, SECCOMP_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "look for the container's filter");
	return seccomp_restore(&s->inside.seccomp, s->record->dir_fd, e);
}

static int cgroup_open(struct start *s, struct error *e)
{
	const struct exec_options *o = s->exec;

	return cgroup_for_exec(&s->cgroup, &s->record->cgroup, o->cgroups.v, o->cgroups.n,
			       s->record->pid, e);
}

static int class_join(struct start *s, struct error *e)
{
	return resctrl_join(&s->record->resctrl, s->pid, e);
}

static void cgroup_forget(struct start *s)
{
	cgroup_end(&s->cgroup);
}

static void root_close(struct start *s)
{
	fd_close(&s->inside.root_fd);
}

static const struct step steps[] = {
	{"look at container", container_look, root_close},
	{"look up user", user_lookup, user_forget},
	{"add groups", groups_add, groups_forget},
	{"look at capabilities", capabilities_look, NULL},
	{"look at labels", labels_look, labels_forget},
	{"look at Landlock", landlock_look, NULL},
	{"load system call filter", filter_load, filter_free},
	{"open cgroup", cgroup_open, cgroup_forget},
	{"connect console socket", console_connect, console_disconnect},
	{"open stdin", stdin_open, stdin_close},
	{"open null devices", null_devices_open, NULL},
	{"hold signals", signals_hold, signals_release},
	{"clone", init_clone, init_kill},
	{"set OOM score", oom_score_write, NULL},
	{"set scheduling", scheduling_give, NULL},
	{"raise resource limits", limits_raise, NULL},
	{"give stdio", stdio_give, NULL},
	{"join resource class", class_join, NULL},
	{"receive console", console_receive, console_close},
	{"borrow terminal", terminal_borrow, terminal_restore},
	{"go", go, NULL},
	{"await command", exec_await, NULL},
	{"send pidfd", pidfd_send, NULL},
	{"write files", files_write, NULL},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* ---- the whole ---- */

static int state_check(const struct record *r, const struct exec_options *o, struct error *e)
{
	enum record_status status = record_status(r);

	switch (status) {
	case RECORD_CREATED:
	case RECORD_RUNNING:
		return 0;
	case RECORD_PAUSED:
		return o->ignore_paused
			       ? 0
			       : err_set(e,
					 0, "cannot exec in a paused container (use --ignore-paused to override)");
	default:
		return err_set(e, 0, "cannot exec in a container that is %s: container not running",
			       record_status_name(status));
	}
}

static int exec_in(struct record *r, struct config *c, const struct exec_options *o,
		   int *ret_status, struct error *e)
{
	static struct start s; /* large, one per process, and pages that are not touched cost nothing */
	struct run_options options = {
		.global = o->global,
		.mode = o->detach ? RUN_DETACHED : RUN_FOREGROUND,
		.tty = TTY_OFF,
		.pid_file = o->pid_file,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.keep_fds = o->keep_fds,
	};

	start_prepare(&s, c, &options);
	s.inside.joins = true;
	s.is_init = false;
	s.record = r;
	s.exec = o;
	s.pid = r->pid;
	s.join_pidfd = r->pidfd;
	s.join_pid = r->pid;
	if (steps_run(&s, steps, STEPS, e) < 0)
		return -1;
	if (o->detach) {
		*ret_status = 0;
		return 0;
	}
	if (wait_for_end(&s, e) < 0) {
		steps_undo(&s, steps, STEPS);
		return -1;
	}
	terminal_restore(&s);
	end_judge(&s);
	steps_undo(&s, steps, STEPS);
	*ret_status = s.end.status;
	return 0;
}

int host_exec(const char *id, const struct exec_options *o, int *ret_status, struct error *e)
{
	struct config *c = NULL;
	struct record r;
	int result = record_open(&r, o->global->root, id, e);

	if (result == 0)
		result = state_check(&r, o, e);
	if (result == 0)
		result = record_config(&r, &c, e);
	if (result == 0) {
		c->no_new_keyring = r.no_new_keyring;
		result = process_choose(c, o, e);
	}
	if (result == 0 && c->process.terminal && o->detach && !o->console_socket)
		result = err_set(e, 0, "a terminal for a detached process needs --console-socket");
	if (result == 0 && o->console_socket && !(c->process.terminal && o->detach))
		result = err_set(e, 0, "--console-socket is for a detached process with a terminal");
	if (result == 0)
		result = exec_in(&r, c, o, ret_status, e);
	config_free(c);
	record_close(&r);
	return result;
}
