/*
 * events.c - see events.h. Runs outside; one loop over descriptors.
 */
#include "host/events.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/step.h"
#include "base/text.h"

/* v1 tells of the want before it has killed anybody: so often, and so far apart, the count is looked at again. */
#define LOOKS	20
#define LOOK_MS 50

/* Each line at once: who reads them is on a pipe. */
static int print(const struct text *line, struct error *e)
{
	if (!text_ok(line))
		return err_no_memory(e);
	puts(line->bytes);
	return fflush(stdout) == 0 ? 0 : err_set(e, errno, "write to stdout");
}

static void begin(struct text *line, const char *type, const char *id)
{
	text_add(line, "{\"type\":\"%s\",\"id\":", type);
	text_add_json(line, id);
}

static int not_running(const struct record *r, struct error *e)
{
	enum record_status status = record_status(r);

	return err_set(e, 0, "container not running: it is %s", record_status_name(status));
}

static int print_stats(const struct record *r, struct error *e)
{
	OWNED_TEXT line = {0};

	begin(&line, "stats", r->id);
	text_add(&line, ",\"data\":");
	cgroup_stats(&r->cgroup, &line);
	text_add(&line, "}");
	return print(&line, e);
}

int events_stats(const struct record *r, struct error *e)
{
	return r->pidfd < 0 ? not_running(r, e) : print_stats(r, e);
}

struct follow {
	const struct record *record;
	int64_t count; /* of processes killed, as told already */
	int looks;     /* still to be taken at it */
};

static int look(struct follow *f, struct error *e)
{
	int64_t now = cgroup_oom_count(&f->record->cgroup);
	OWNED_TEXT line = {0};

	if (now <= f->count)
		return 0;
	f->count = now;
	f->looks = 0;
	begin(&line, "oom", f->record->id);
	text_add(&line, "}");
	return print(&line, e);
}

static int64_t now_ms(void)
{
	return step_now() / 1000000;
}

int events_follow(const struct record *r, int64_t interval_ms, struct error *e)
{
	struct follow f = {.record = r, .count = cgroup_oom_count(&r->cgroup)};
	OWNED_FD oom = cgroup_oom_fd(&r->cgroup, &(struct error){0}); /* -1: nobody counts them */
	int64_t next = now_ms();
	char bytes[4096];

	if (r->pidfd < 0)
		return not_running(r, e);
	for (;;) {
		struct pollfd fds[] = {
			{.fd = r->pidfd, .events = POLLIN},
			{.fd = oom, .events = POLLIN}, /* -1: poll(2) passes it over */
		};
		int64_t wait = next - now_ms();

		if (wait <= 0) {
			if (print_stats(r, e) < 0)
				return -1;
			next = now_ms() + interval_ms;
			continue;
		}
		if (f.looks > 0 && wait > LOOK_MS)
			wait = LOOK_MS;
		if (poll(fds, 2, wait > INT32_MAX ? INT32_MAX : (int)wait) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (fds[1].revents != 0) {
			f.looks = LOOKS;
			if (read(oom, bytes, sizeof(bytes)) <= 0 && errno != EAGAIN)
				fd_close(&oom);
		}
		f.looks -= f.looks > 0;
		if (look(&f, e) < 0)
			return -1;
		if (fds[0].revents != 0)
			return 0;
	}
}
