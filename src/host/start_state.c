/*
 * start_state.c - what a start makes on the host and its end removes: the state on disk, cgroups, the files that the caller
 * asked for. Runs outside; steps of host/start.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "config/names.h"
#include "config/to_oci.h"
#include "host/message.h"
#include "host/rootless.h"
#include "host/seccomp.h"
#include "host/steps.h"
#include "host/userns.h"

int cgroup_look(struct start *s, struct error *e)
{
	const struct config *c = s->config;

	if (cgroup_plan(&s->cgroup, c, e) < 0)
		return -1;
	if (!rootless_is() || !c->cgroup_path || s->cgroup.dirs_n > 0 ||
	    c->cgroup_manager == CGROUP_MANAGER_DISABLED)
		return 0;
	/* Engines name a path in every config.json; who names one on the command line means it. */
	if (!c->oci_version) {
		err_set(e, 0,
			"--cgroup-parent: without root it takes a cgroup that was given to this "
			"user, and mini-run is in none");
		return err_hint(e,
				"systemd-run --user --scope --property=Delegate=yes mini-run ...");
	}
	message_write(
		s->options->global, LEVEL_WARNING, c->id,
		"linux.cgroupsPath: no cgroup was given to this user, and the container has none");
	return 0;
}

void cgroup_close(struct start *s)
{
	cgroup_end(&s->cgroup);
}

static int state_note(struct start *s, struct error *e)
{
	struct state_content content = {
		.config = s->config,
		.cgroup = &s->cgroup,
		.resctrl = &s->resctrl,
		.foreground = s->options->mode == RUN_FOREGROUND && !s->options->keep,
		.builtin_filter = seccomp_is_builtin(&s->inside.seccomp),
		.pid = s->pid,
	};

	return state_write(&s->state, &content, e);
}

int state_begin(struct start *s, struct error *e)
{
	if (state_make(&s->state, s->options->global->root, s->config->id, e) < 0)
		return -1;
	return state_note(s, e);
}

void state_finish(struct start *s)
{
	/* What is left behind is found by it. */
	s->state.made =
		s->state.made && !s->undo_failed && !(s->options->keep && s->progress->started);
	state_remove(&s->state, s->config->id);
}

int state_note_pid(struct start *s, struct error *e)
{
	return state_note(s, e);
}

/* create: the inside has said that it is ready. */
int state_complete_created(struct start *s, struct error *e)
{
	return s->options->mode == RUN_CREATE ? state_complete(&s->state, e) : 0;
}

/* run: not before the command runs. Until then the host's tree may be there, and `exec` would be led to it. */
int state_complete_running(struct start *s, struct error *e)
{
	return s->options->mode == RUN_CREATE ? 0 : state_complete(&s->state, e);
}

/*
 * A copy of the configuration for the commands that come later: what happens to the bundle's from here on does not
 * concern this container (runtime.md, "Lifecycle", step 2). Whole or not at all: `state` reads it at any instant.
 */
int configuration_keep(struct start *s, struct error *e)
{
	struct oci_resolved resolved = {
		.uid = s->inside.uid,
		.gid = s->inside.gid,
		.umask = s->inside.umask,
		.groups = s->inside.groups,
		.groups_n = s->inside.groups_n,
		.env = s->inside.env,
		.capabilities = &s->inside.capabilities,
	};
	OWNED_TEXT t = {0};

	if (s->options->config_text)
		return file_replace_at(s->state.dir_fd, STATE_CONFIG_FILE, s->options->config_text,
				       0600, e);
	config_to_oci(s->config, &resolved, &t);
	if (!text_ok(&t))
		return err_no_memory(e);
	if (file_replace_at(s->state.dir_fd, STATE_CONFIG_FILE, t.bytes, 0600, e) < 0)
		return -1;
	userns_chosen();
	return 0;
}

int filter_keep(struct start *s, struct error *e)
{
	if (!s->inside.seccomp.v || seccomp_is_builtin(&s->inside.seccomp))
		return 0;
	return seccomp_save(&s->inside.seccomp, s->state.dir_fd, e);
}

/*
 * Where `start` will find the container's process. By the directory's descriptor: a path of any length fits then, and it is
 * our directory in any case.
 */
int start_socket_make(struct start *s, struct error *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD fd = -1;

	if (s->options->mode != RUN_CREATE)
		return 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" STATE_START_FILE,
		 s->state.dir_fd);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return err_set(e, errno, "make the socket of the container");
	s->inside.listen_fd = fd_give(&fd);
	return 0;
}

void start_socket_close(struct start *s)
{
	fd_close(&s->inside.listen_fd);
}

int resource_class_make(struct start *s, struct error *e)
{
	return resctrl_make(&s->resctrl, s->config, NULL, e);
}

void resource_class_remove(struct start *s)
{
	struct error e;

	if (s->options->keep && s->progress->started)
		return;
	if (resctrl_remove(&s->resctrl, &e) < 0 && !s->undo_failed) {
		s->undo_failed = true;
		s->undo_error = e;
	}
}

int resource_class_join(struct start *s, struct error *e)
{
	return resctrl_join(&s->resctrl, s->pid, e);
}

int cgroup_create(struct start *s, struct error *e)
{
	struct config_capabilities *have = &s->inside.capabilities;
	uint64_t mknod = CAPABILITY_BIT(27);
	mode_t before = umask(
		022); /* a process in a user namespace passes through these directories as anybody */
	int result = cgroup_make(&s->cgroup, s->config, e);

	(void)umask(before);
	if (result < 0)
		return -1;
	for (size_t i = 0; i < s->cgroup.dirs_n; i++) {
		const char *name = s->cgroup.dirs[i].v2 ? "unified" : s->cgroup.dirs[i].controllers;
		size_t at = strlen(s->inside.own_cgroups);

		if (at + strlen(name) + 2 > sizeof(s->inside.own_cgroups))
			return err_set(e, E2BIG, "too many cgroup hierarchies");
		snprintf(s->inside.own_cgroups + at, sizeof(s->inside.own_cgroups) - at, "%s ", name);
	}
	/*
	 * Rules that no cgroup enforces: a container that can make device nodes could open every disk. The
	 * capability goes, and with it the nodes; those that lie in the root filesystem are dead by "nodev".
	 */
	if (!s->cgroup.devices_unenforced)
		return 0;
	if (!s->config->process.has_capabilities)
		return err_set(e, 0, "the device rules need a device cgroup, and this host has none");
	if (have->bounding & mknod)
		message_write(s->options->global, LEVEL_WARNING, s->config->id,
			      "this host has no device cgroup: CAP_MKNOD is not given");
	have->bounding &= ~mknod;
	have->effective &= ~mknod;
	have->permitted &= ~mknod;
	have->inheritable &= ~mknod;
	have->ambient &= ~mknod;
	return 0;
}

void cgroup_destroy(struct start *s)
{
	struct error e;

	if (s->options->keep && s->progress->started)
		return;
	if (cgroup_remove(&s->cgroup, &e) < 0 && !s->undo_failed) {
		s->undo_failed = true;
		s->undo_error = e;
	}
}

/*
 * The limits are there before the command, at the latest by "go". On v2 they are written while the child sets itself
 * up. The v1 device rules are for a moment "nothing at all", and the child makes device nodes: they come first.
 */
int cgroup_limit_v1(struct start *s, struct error *e)
{
	return s->cgroup.version == CGROUP_V1 ? cgroup_limit(&s->cgroup, s->config, e) : 0;
}

int cgroup_limit_v2(struct start *s, struct error *e)
{
	return s->cgroup.version == CGROUP_V2 ? cgroup_limit(&s->cgroup, s->config, e) : 0;
}

/* ---- files for the caller ---- */

int files_write(struct start *s, struct error *e)
{
	const struct run_options *o = s->options;
	char digits[16];

	snprintf(digits, sizeof(digits), "%d",
		 (int)s->pid); /* no newline: engines parse it with a plain atoi */
	if (o->pid_file) {
		if (file_replace(o->pid_file, digits, 0644, e) < 0)
			return err_within(e, "--pid-file");
		s->pid_file_made = true;
	}
	if (o->cid_file) {
		if (file_replace(o->cid_file, s->config->id, 0644, e) < 0)
			return err_within(e, "--cidfile");
		s->cid_file_made = true;
	}
	return 0;
}

/* After a start that failed, or when mini-run was killed. Those of a container that came to its end stay, as engines
 * leave them. */
void files_remove(struct start *s)
{
	if (s->progress->started)
		return;
	if (s->pid_file_made)
		(void)unlink(s->options->pid_file);
	if (s->cid_file_made)
		(void)unlink(s->options->cid_file);
}
