/*
 * report.c - the truth about the end: why it came, what it cost. Runs outside, when all is cleaned up.
 *
 * One line on stderr where the end was not the command's own doing; the whole report where --report asks for it.
 * Keys and units of the JSON form are documented in mini-run-run(1) and stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "host/message.h"
#include "host/start.h"

static const char *const reason_names[] = {
	[END_EXITED] = "exited",   [END_SIGNALED] = "signaled",	      [END_OOM] = "oom",
	[END_TIMEOUT] = "timeout", [END_INTERRUPTED] = "interrupted", [END_SECCOMP] = "seccomp",
};

/* "128 MiB" where it comes out even, else bytes. */
static void add_size(struct text *t, int64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	text_add(t, value == (double)(int64_t)value ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* "900 ms", "1.5 s". */
static void add_duration(struct text *t, int64_t ms)
{
	if (ms < 1000)
		text_add(t, "%" PRId64 " ms", ms);
	else
		text_add(t, ms % 1000 == 0 ? "%.0f s" : "%.3f s", (double)ms / 1000);
}

/* The signal that ended the command, as meant; 0: none did. */
static int end_signal(const struct end *end)
{
	if (end->reason == END_INTERRUPTED)
		return end->signal;
	if (end->reason == END_SECCOMP && WIFSIGNALED(end->wait_status))
		return SIGSYS;
	return WIFSIGNALED(end->wait_status) ? WTERMSIG(end->wait_status) : 0;
}

/*
 * Whether a SIGSYS was a filter's. A PID 1 that the kernel shields does not die of one that is sent to it. Any other
 * process does: there it is a filter's where ours may send one, or where we have seen it.
 */
static bool sigsys_is_filters(const struct start *s)
{
	return s->is_init || s->refusals.deadly.count > 0 || !s->refusals.not_ours;
}

void end_judge(struct start *s)
{
	struct end *end = &s->end;
	bool killed = WIFSIGNALED(end->wait_status) && WTERMSIG(end->wait_status) == SIGKILL;
	int signal = WIFSIGNALED(end->wait_status) ? WTERMSIG(end->wait_status) : 0;

	refusals_judge(s);
	end->status = signal != 0 ? 128 + signal : WEXITSTATUS(end->wait_status);
	end->reason = signal != 0 ? END_SIGNALED : END_EXITED;
	if (signal == SIGSYS && sigsys_is_filters(s))
		end->reason = END_SECCOMP;
	if (s->timed_out) {
		end->reason = END_TIMEOUT;
		end->status = 124;
	} else if (killed && end->signal != 0) {
		end->reason = END_INTERRUPTED;
		end->status = 128 + end->signal;
	} else if (s->refusals.ended_first && killed) {
		/* The filter's word is SIGSYS, which PID 1 cannot be sent. */
		end->reason = END_SECCOMP;
		end->status = 128 + SIGSYS;
	} else if (s->refusals.deadly.count > 0 && end->status == 128 + SIGSYS) {
		end->reason = END_SECCOMP; /* a child's, whose status was passed on */
	} else if (end->usage.oom_kills > 0 && (killed || end->status == 128 + SIGKILL)) {
		/* The command itself, or a child of it whose status a shell passed on. */
		end->reason = END_OOM;
	}
}

/* The call whose refusal ended it, where mini-run was asked about it; else NULL. A shielded PID 1 was sent SIGKILL then:
 * one that has died of SIGSYS did so by another filter, whatever became of its children. */
static const struct refusal *deadly_call(const struct start *s)
{
	bool by_another = s->is_init && WIFSIGNALED(s->end.wait_status) &&
			  WTERMSIG(s->end.wait_status) == SIGSYS;

	return s->end.reason == END_SECCOMP && s->refusals.deadly.count > 0 && !by_another
		       ? &s->refusals.deadly
		       : NULL;
}

static void add_refusal(struct text *t, const struct start *s)
{
	const struct refusal *call = deadly_call(s);

	text_add(t,
		 "%s by SIGSYS: ", WIFSIGNALED(s->end.wait_status) ? "ended" : "a process was ended");
	if (!call) {
		text_add(t, "a system call was refused by a filter%s",
			 s->refusals.not_ours ? " of its own" : "");
		return;
	}
	text_add(t, "the system call ");
	refusals_add_call(t, call);
	text_add(t, " was refused by the filter");
}

/* Why the end came, without the name in front; nothing where it was the command's own doing. */
static void add_reason(struct text *t, const struct start *s)
{
	const struct end *end = &s->end;
	int signal = end_signal(end);

	if (end->reason == END_TIMEOUT) {
		text_add(t, "time limit: ended after ");
		add_duration(t, s->config->timeout_ms);
	} else if (end->usage.oom_kills > 0 && (end->reason == END_OOM || end->status != 0)) {
		text_add(t, "out of memory: ");
		if (s->config->resources.memory.set && s->config->resources.memory.value > 0) {
			text_add(t, "limit ");
			add_size(t, s->config->resources.memory.value);
			text_add(t, ", ");
		}
		text_add(t, "%" PRId64 " process%s killed", end->usage.oom_kills,
			 end->usage.oom_kills == 1 ? "" : "es");
	} else if (end->reason == END_SECCOMP) {
		add_refusal(t, s);
	} else if (end->reason == END_INTERRUPTED) {
		return; /* whoever sent the signal knows */
	} else if (signal != 0) {
		text_add(t, "ended by signal %d (%s)", signal, strsignal(signal));
	}
}

/* ---- the report ---- */

static void add_count(struct text *t, const char *key, int64_t value)
{
	if (value < 0)
		text_add(t, ",\"%s\":null", key);
	else
		text_add(t, ",\"%s\":%" PRId64, key, value);
}

/* What --security-opt seccomp-log tells, the line @i of it; false: there are no more. */
static bool refusal_line(struct text *t, const struct start *s, size_t i)
{
	const struct refusals *r = &s->refusals;

	if (!r->all)
		return false;
	if (i < r->calls_n)
		refusals_add_line(t, &r->calls[i]);
	else if (i == r->calls_n && r->more > 0)
		text_add(t, "%llu more times: calls that found no place in this list",
			 (unsigned long long)r->more);
	else if (i == 0 && r->lost.text[0] == '\0')
		text_add(t, "none");
	return text_ok(t) && t->length > 0;
}

static void add_refused(struct text *t, const struct start *s)
{
	const struct refusals *r = &s->refusals;
	OWNED_TEXT call = {0};

	if (deadly_call(s))
		refusals_add_call(&call, deadly_call(s));
	text_add(t, ",\"refusedCall\":");
	text_add_json(t, call.length > 0 ? call.bytes : NULL);
	text_add(t, ",\"refusedCalls\":");
	if (r->all)
		refusals_add_json(t, r);
	else
		text_add(t, "null");
	add_count(t, "refusedCallsUnlisted", r->all ? (int64_t)r->more : -1);
	add_count(t, "ownFilters", r->listened ? (int64_t)r->own_filters : -1);
	text_add(t, ",\"ownFilterProcess\":");
	text_add_json(t, r->own_process[0] != '\0' ? r->own_process : NULL);
}

static void add_json(struct text *t, const struct start *s)
{
	const struct end *end = &s->end;
	const struct cgroup_usage *u = &end->usage;
	int signal = end_signal(end);
	OWNED_TEXT reason = {0};

	add_reason(&reason, s);
	text_add(t, "{\"id\":");
	text_add_json(t, s->config->id);
	text_add(t, ",\"reason\":\"%s\",\"message\":", reason_names[end->reason]);
	text_add_json(t, reason.length > 0 ? reason.bytes : NULL);
	add_count(t, "status", end->status);
	add_count(t, "exitStatus", WIFEXITED(end->wait_status) ? WEXITSTATUS(end->wait_status) : -1);
	add_count(t, "signal", signal != 0 ? signal : -1);
	add_count(t, "wallTimeUs", end->wall_ns / 1000);
	add_count(t, "userTimeUs", u->cpu_user_us >= 0 ? u->cpu_user_us : end->user_us);
	add_count(t, "systemTimeUs", u->cpu_system_us >= 0 ? u->cpu_system_us : end->system_us);
	add_count(t, "memoryPeakBytes", u->memory_peak);
	add_count(t, "memoryLimitBytes", u->memory_limit);
	add_count(t, "maxRssBytes", end->max_rss_bytes);
	add_count(t, "oomKills", u->oom_kills);
	add_count(t, "pidsPeak", u->pids_peak);
	add_count(t, "pidsLimit", u->pids_limit);
	add_count(t, "throttledTimeUs", u->cpu_throttled_us);
	add_count(t, "throttledPeriods", u->cpu_throttled_periods);
	add_count(t, "ioReadBytes", u->io_read);
	add_count(t, "ioWriteBytes", u->io_written);
	add_refused(t, s);
	text_add(t, "}\n");
}

static void add_line_time(struct text *t, const char *label, int64_t us)
{
	if (us >= 0)
		text_add(t, "  %-12s %.3f s\n", label, (double)us / 1000000);
	else
		text_add(t, "  %-12s not counted by this host\n", label);
}

static void add_line_size(struct text *t, const char *label, int64_t bytes, int64_t limit)
{
	text_add(t, "  %-12s ", label);
	if (bytes >= 0)
		add_size(t, bytes);
	else
		text_add(t, "not counted by this host");
	if (limit >= 0) {
		text_add(t, " of ");
		add_size(t, limit);
	}
	text_add(t, "\n");
}

static void add_line_count(struct text *t, const char *label, int64_t count, int64_t limit)
{
	text_add(t, "  %-12s ", label);
	if (count >= 0)
		text_add(t, "%" PRId64, count);
	else
		text_add(t, "not counted by this host");
	if (limit >= 0)
		text_add(t, " of %" PRId64, limit);
	text_add(t, "\n");
}

static void add_text(struct text *t, const struct start *s)
{
	const struct end *end = &s->end;
	const struct cgroup_usage *u = &end->usage;
	int signal = end_signal(end);
	OWNED_TEXT reason = {0}, line = {0};

	add_reason(&reason, s);
	text_add(t, "mini-run: %s: ", s->config->id);
	if (reason.length > 0)
		text_add(t, "%s", reason.bytes);
	else if (signal != 0)
		text_add(t, "ended by signal %d (%s)", signal, strsignal(signal));
	else
		text_add(t, "exited");
	text_add(t, ", status %d\n", end->status);
	add_line_time(t, "wall", end->wall_ns / 1000);
	add_line_time(t, "user", u->cpu_user_us >= 0 ? u->cpu_user_us : end->user_us);
	add_line_time(t, "system", u->cpu_system_us >= 0 ? u->cpu_system_us : end->system_us);
	add_line_time(t, "throttled", u->cpu_throttled_us);
	add_line_size(t, "memory peak", u->memory_peak, u->memory_limit);
	add_line_size(t, "largest RSS", end->max_rss_bytes, -1);
	add_line_count(t, "OOM kills", u->oom_kills, -1);
	add_line_count(t, "processes", u->pids_peak, u->pids_limit);
	add_line_size(t, "read", u->io_read, -1);
	add_line_size(t, "written", u->io_written, -1);
	for (size_t i = 0; refusal_line(&line, s, i); i++, text_end(&line))
		text_add(t, "  %-12s %s\n", "refused", line.bytes);
	if (refusals_add_own(&line, &s->refusals))
		text_add(t, "  %-12s %s\n", "own filters", line.bytes);
}

int report_open(struct start *s, struct error *e)
{
	const char *file = s->options->report_file;
	struct stat st;

	if (s->options->report == REPORT_NONE || !file)
		return 0;
	/* Now, and not at the end: a report that cannot be written is worth knowing before the command runs. */
	s->report_fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (s->report_fd < 0 || fstat(s->report_fd, &st) < 0)
		return err_set(e, errno, "--report: open %s", file);
	if (S_ISREG(st.st_mode) && ftruncate(s->report_fd, 0) < 0)
		return err_set(e, errno, "--report: empty %s", file);
	return 0;
}

void report_close(struct start *s)
{
	fd_close(&s->report_fd);
}

void report_write(struct start *s, int fd)
{
	const struct run_options *o = s->options;
	OWNED_TEXT t = {0}, reason = {0}, line = {0};
	bool on_stderr = o->report == REPORT_TEXT && !o->report_file;
	struct error failed;

	add_reason(&reason, s);
	/* A text report on stderr has the same words. */
	if (reason.length > 0 && !on_stderr)
		message_write(o->global, LEVEL_WARNING, s->config->id, reason.bytes);
	if (s->refusals.lost.text[0] != '\0')
		message_write(o->global, LEVEL_WARNING, s->config->id, s->refusals.lost.text);
	for (size_t i = 0; !on_stderr && refusal_line(&line, s, i); i++, text_end(&line)) {
		text_end(&reason);
		text_add(&reason, "refused system call%s: %s", s->refusals.calls_n > 0 ? "" : "s",
			 line.bytes);
		if (text_ok(&reason))
			message_write(o->global, LEVEL_WARNING, s->config->id, reason.bytes);
	}
	text_end(&reason);
	text_add(&reason, "system call filters of its own: ");
	if (!on_stderr && refusals_add_own(&reason, &s->refusals))
		message_write(o->global, LEVEL_WARNING, s->config->id, reason.bytes);
	if (o->report == REPORT_NONE)
		return;
	if (o->report == REPORT_JSON)
		add_json(&t, s);
	else
		add_text(&t, s);
	/* The status stays the command's own, whatever becomes of its report. */
	if (!text_ok(&t) || write_all(fd >= 0 ? fd : STDERR_FILENO, t.bytes, t.length) < 0) {
		err_set(&failed, errno, "--report: write %s",
			o->report_file ? o->report_file : "stderr");
		message_write(o->global, LEVEL_ERROR, s->config->id, failed.text);
	}
}

void trace_print(const struct start *s)
{
	OWNED_TEXT t = {0};
	int64_t sums[3] = {0};
	static const char *const sides[3] = {"outside", "inside", "undo"};

	for (size_t i = 0; i < s->traces_n; i++) {
		const struct trace *one = &s->traces[i];

		text_add(&t, "%-8s %9.1f us  %s\n", one->side, (double)one->nanoseconds / 1000,
			 one->name);
		for (size_t k = 0; k < 3; k++)
			if (strcmp(one->side, sides[k]) == 0)
				sums[k] += one->nanoseconds;
	}
	for (size_t k = 0; k < 3; k++)
		text_add(&t, "%-8s %9.1f us  in all\n", sides[k], (double)sums[k] / 1000);
	if (text_ok(&t))
		(void)write_all(STDERR_FILENO, t.bytes, t.length);
}
