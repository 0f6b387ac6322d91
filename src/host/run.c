/*
 * run.c - see run.h: start, wait, read the figures, undo, tell. In the other modes there is a start and nothing more.
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
	if (options->mode != RUN_FOREGROUND) {
		leftovers_tell(&s);
		*ret_status = 0;
		return 0; /* the process's end closes what is open; the container is on its own */
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
