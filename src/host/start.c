/*
 * start.c - the outside of a container, from the first look at the root filesystem to the moment when the
 * command runs, as one table of steps; and the same table backwards for its end.
 *
 * Runs outside, with the caller's privileges. The rules of the order:
 *
 *  - Everything that can be found wrong is found before anything is made.
 *  - The state on disk comes before what it names, so that a mini-run that was killed leaves nothing that
 *    the next one could not find.
 *  - What the container needs of the host is opened here and handed over as descriptors: mounts as detached
 *    copies, never as paths.
 *
 * `run` in the foreground, `run --detach` and `create` are the same steps; those that do not apply return after one
 * look. The functions live in files by topic: prepare.c and sources.c (looks and opens), start_state.c (what is
 * made on disk), clone.c, talk.c (the conversation with the inside), terminal.c, guard.c.
 */
#include "host/start.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/step.h"
#include "host/message.h"
#include "host/steps.h"

/* The caller's umask, for a command whose configuration does not say one. */
static mode_t umask_of_caller(void)
{
	mode_t mask = umask(077);

	/* Without rights for ourselves on what we make, an inside without privileges could not enter its cgroup. */
	(void)umask(mask & 077);
	return mask;
}

void start_prepare(struct start *s, const struct config *c, const struct run_options *options)
{
	s->config = c;
	s->options = options;
	s->inside = (struct inside){
		.config = c,
		.sync_fd = -1,
		.trace = options->trace,
		.die_with_parent = options->mode == RUN_FOREGROUND,
		.keep_stderr =
			options->tty == TTY_AUTO && !options->config_text && !isatty(STDERR_FILENO),
		.umask = umask_of_caller(),
		.in_user_ns = c->ns[NS_USER].mode != NS_INHERIT,
		.keep_fds = options->keep_fds,
		.root_fd = -1,
		.overlay_fd = -1,
		.listen_fd = -1,
		.init_fd = -1,
		.stdin_fd = -1,
		.proc_fd = -1,
		.host_proc_fd = -1,
		.slash_fd = -1,
		.place_fd = -1,
		.null_fd = -1,
	};
	for (int kind = 0; kind < NS_KINDS; kind++)
		s->inside.ns_fds[kind] = -1;
	s->is_init = c->ns[NS_PID].mode == NS_NEW;
	s->progress = &s->own_progress;
	s->cgroup = (struct cgroup)CGROUP_EMPTY;
	s->state = (struct state)STATE_EMPTY;
	s->terminal.master = s->terminal.peer = s->terminal.output = -1;
	s->sync_fd = s->pidfd = s->signal_fd = s->report_fd = s->console_fd = s->join_pidfd = -1;
	s->refusals.fd = -1;
	s->notify_fd = -1;
	s->overlay_lock_fd = s->overlay_upper_fd = -1;
	sigemptyset(&s->early_signals);
}

static const struct step steps[] = {
	{"run poststop hooks", NULL, hooks_end}, /* the last thing of all */
	{"open root filesystem", rootfs_open, rootfs_close},
	{"open overlay", overlay_open, overlay_close},
	{"look up user", user_lookup, user_forget},
	{"look at capabilities", capabilities_look, NULL},
	{"look at command", command_look, NULL},
	{"look at labels", labels_look, NULL},
	{"look at Landlock", landlock_look, NULL},
	{"open mount sources", sources_open, sources_close},
	{"make notify socket", notify_open, notify_close},
	{"open stdin", stdin_open, stdin_close},
	{"open namespaces", namespaces_open, namespaces_close},
	{"map ids of mounts", mounts_map_ids, NULL},
	{"open devices", devices_open, devices_close},
	{"make init program", init_program_make, init_program_close},
	{"make system call filter", filter_make, filter_free},
	{"plan cgroup", cgroup_look, cgroup_close},
	{"open report", report_open, report_close},
	{"connect console socket", console_connect, console_disconnect},
	{"hold signals", signals_hold, signals_release},
	{"make state", state_begin, state_finish},
	{"make start socket", start_socket_make, start_socket_close},
	{"make cgroup", cgroup_create, cgroup_destroy},
	{"limit cgroup (v1)", cgroup_limit_v1, NULL},
	{"make resource class", resource_class_make, resource_class_remove},
	{"clone", init_clone, init_kill},
	{"set OOM score", oom_score_write, NULL},
	{"set scheduling", scheduling_give, NULL},
	{"raise resource limits", limits_raise, NULL},
	{"map ids", ids_map, NULL},
	{"give stdio", stdio_give, NULL},
	{"limit cgroup (v2)", cgroup_limit_v2, NULL},
	{"give cgroup", cgroup_give, NULL},
	{"write state", state_note_pid, NULL},
	{"keep configuration", configuration_keep, NULL},
	{"keep system call filter", filter_keep, NULL},
	{"join resource class", resource_class_join, NULL},
	{"start notify proxy", notify_stay, NULL},
	{"move network devices", network_devices_move, NULL},
	{"write sysctls", sysctls_give, NULL},
	{"write files", files_write, files_remove},
	{"receive console", console_receive, console_close},
	{"borrow terminal", terminal_borrow, terminal_restore},
	{"start guard", guard_start, NULL}, /* its undo is the last of all: see steps_undo */
	{"run hooks", hooks_before, NULL},
	{"await ready", ready_await, NULL},
	{"send pidfd", pidfd_send, NULL},
	{"complete state", state_complete_created, NULL},
	{"go", go, NULL},
	{"await command", exec_await, NULL},
	{"complete state (run)", state_complete_running, NULL},
	{"run poststart hooks", hooks_after, NULL},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

void steps_undo(struct start *s, const struct step *table, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		int64_t start = step_now();

		if (!table[i].undo)
			continue;
		table[i].undo(s);
		trace_add(s, "undo", table[i].name, step_now() - start);
	}
	guard_dismiss(s); /* only now: it would go on where a SIGKILL stopped us */
}

int steps_run(struct start *s, const struct step *table, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start = step_now();

		if (!table[i].run)
			continue;
		if (s->options->global->debug)
			message_write(s->options->global, LEVEL_DEBUG, s->config->id, table[i].name);
		/* A fault is injected behind the step: what it made must be undone as well. */
		if (table[i].run(s, e) < 0 || step_fault(table[i].name, e) < 0) {
			if (!s->failed_inside && e->status == 0)
				(void)sync_error_take(s, e);
			steps_undo(s, table, i + 1);
			if (e->no == ENOSYS)
				err_hint(e, "mini-run needs Linux 5.14 or newer; mini-run check "
					    "tells what is missing");
			return e->status != 0 || s->failed_inside
				       ? -1
				       : err_within(e, "%s", table[i].name);
		}
		trace_add(s, "outside", table[i].name, step_now() - start);
	}
	return 0;
}

int start_run(struct start *s, struct error *e)
{
	if (steps_run(s, steps, STEPS, e) < 0)
		return -1;
	s->progress->started = true;
	return 0;
}

void start_undo(struct start *s)
{
	steps_undo(s, steps, STEPS);
}
