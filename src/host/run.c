/*
 * run.c - see run.h: start, wait, read the figures, undo, tell.
 */
#include "host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/message.h"
#include "host/start.h"

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
		.umask = umask_of_caller(),
		.root_fd = -1,
		.init_fd = -1,
		.proc_fd = -1,
		.slash_fd = -1,
		.null_fd = -1,
	};
	for (int kind = 0; kind < NS_KINDS; kind++)
		s->inside.ns_fds[kind] = -1;
	s->cgroup = (struct cgroup)CGROUP_EMPTY;
	s->state = (struct state)STATE_EMPTY;
	s->terminal.master = -1;
	s->sync_fd = s->pidfd = s->signal_fd = -1;
}

int host_run(const struct config *c, const struct run_options *options, int *ret_status,
	     struct error *e)
{
	static struct start s; /* large, one per process, and pages that are not touched cost nothing */
	int result;

	start_prepare(&s, c, options);
	if (options->cid_file && access(options->cid_file, F_OK) == 0)
		return err_set(e, EEXIST, "--cidfile %s", options->cid_file);
	if (start_run(&s, e) < 0) {
		if (options->trace)
			trace_print(&s);
		return -1;
	}
	result = wait_for_end(&s, e);
	cgroup_read(&s.cgroup, &s.end.usage);
	start_undo(&s);
	if (options->trace)
		trace_print(&s);
	if (result < 0)
		return -1;
	end_judge(&s);
	if (s.undo_failed)
		message_write(options->global, LEVEL_WARNING, c->id, s.undo_error.text);
	if (report_write(&s, e) < 0)
		return -1;
	*ret_status = s.end.status;
	return 0;
}
