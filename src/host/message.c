/*
 * message.c - see message.h. Runs outside.
 */
#include "host/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

static const char *const level_names[] = {
	[LEVEL_ERROR] = "error",
	[LEVEL_WARNING] = "warning",
	[LEVEL_DEBUG] = "debug",
};

static void log_append(const struct global_options *g, const struct text *line)
{
	if (write_all(g->log_fd, line->bytes, line->length) < 0) {
		OWNED_TEXT t = {0};

		text_add(&t, "mini-run: --log %s: %s\n", g->log, strerror(errno));
		if (text_ok(&t))
			(void)write_all(STDERR_FILENO, t.bytes, t.length);
	}
}

int message_log_open(struct global_options *g, struct error *e)
{
	if (!g->log || g->log_fd >= 0)
		return 0;
	g->log_fd = open(g->log, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
			 0600);
	return g->log_fd < 0 ? err_set(e, errno, "--log: open %s", g->log) : 0;
}

void message_write(const struct global_options *g, enum message_level level, const char *id,
		   const char *text)
{
	OWNED_TEXT body = {0}, line = {0};
	struct timespec now;

	if (g && g->errors_only && level != LEVEL_ERROR)
		return;
	if (id)
		text_add(&body, "%s: ", id);
	text_add(&body, "%s", text);
	if (!text_ok(&body))
		return;
	text_add(&line, "mini-run: ");
	text_add_escaped(&line, body.bytes);
	text_add(&line, "\n");
	if (text_ok(&line))
		(void)write_all(STDERR_FILENO, line.bytes, line.length);
	if (!g || g->log_fd < 0)
		return;
	text_end(&line);
	clock_gettime(CLOCK_REALTIME, &now);
	if (g->log_format == LOG_JSON) {
		text_add(&line, "{\"level\":\"%s\",\"msg\":", level_names[level]);
		text_add_json(&line, body.bytes);
		text_add(&line, ",\"time\":\"");
		text_add_time(&line, (int64_t)now.tv_sec * 1000000000, 0);
		text_add(&line, "\"}\n");
	} else {
		text_add_time(&line, (int64_t)now.tv_sec * 1000000000, 0);
		text_add(&line, " %s: ", level_names[level]);
		text_add_escaped(&line, body.bytes);
		text_add(&line, "\n");
	}
	if (text_ok(&line))
		log_append(g, &line);
}
