/*
 * run.c - see run.h: start, wait, read the figures, undo, tell.
 */
#include "host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/message.h"
#include "host/steps.h"

/* The caller's umask, for a command whose configuration does not say one. */
static mode_t umask_of_caller(void)
{
	mode_t mask = umask(022);

	(void)umask(mask);
	return mask;
}

static void start_prepare(struct start *s, const struct config *c, const struct run_options *options)
{
	s->config = c;
	s->options = options;
	s->inside = (struct inside){
		.config = c,
		.sync_fd = -1,
		.trace = options->trace,
		.die_with_parent = true,
		.keep_stderr = options->tty == TTY_AUTO && !isatty(STDERR_FILENO),
		.umask = umask_of_caller(),
		.root_fd = -1,
		.init_fd = -1,
		.stdin_fd = -1,
		.proc_fd = -1,
		.slash_fd = -1,
		.null_fd = -1,
	};
	for (int kind = 0; kind < NS_KINDS; kind++)
		s->inside.ns_fds[kind] = -1;
	s->cgroup = (struct cgroup)CGROUP_EMPTY;
	s->state = (struct state)STATE_EMPTY;
	s->terminal.master = s->terminal.peer = s->terminal.output = -1;
	s->sync_fd = s->pidfd = s->signal_fd = s->report_fd = -1;
	sigemptyset(&s->early_signals);
}

/* What is left behind is told, whatever else there is to tell. */
static void leftovers_tell(const struct start *s)
{
	if (s->undo_failed)
		message_write(s->options->global, LEVEL_WARNING, s->config->id, s->undo_error.text);
	if (s->options->trace)
		trace_print(s);
}

int host_run(const struct config *c, const struct run_options *options, int *ret_status,
	     struct error *e)
{
	static struct start s; /* large, one per process, and pages that are not touched cost nothing */
	OWNED_FD report_fd = -1;
	int result;

	start_prepare(&s, c, options);
	if (options->cid_file && access(options->cid_file, F_OK) == 0)
		return err_set(e, 0, "--cidfile %s is there already: remove it, or name another file",
			       options->cid_file);
	if (start_run(&s, e) < 0) {
		leftovers_tell(&s);
		return -1;
	}
	result = wait_for_end(&s, e);
	terminal_restore(&s);
	guard_release(&s);
	/* An end that needs no explanation and no report needs no figures. */
	if (s.end.wait_status != 0 || options->report != REPORT_NONE)
		cgroup_read(&s.cgroup, &s.end.usage);
	end_judge(&s);
	report_fd = fd_give(&s.report_fd);
	start_undo(&s);
	leftovers_tell(&s);
	if (result < 0)
		return -1;
	report_write(&s, report_fd); /* now that the terminal is the caller's again */
	*ret_status = s.end.status;
	return 0;
}
