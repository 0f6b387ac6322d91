/*
 * events.c - mini-run events: what a container uses, again and again, and when it runs out of memory.
 */
#include "host/events.h"
#include "base/fd.h"
#include "base/number.h"
#include "cli/cli.h"

#define INTERVAL_MS 5000

struct events_options {
	bool stats;
	int64_t interval_ms;
};

static int take_stats(void *into, const char *value, struct error *e)
{
	struct events_options *o = into;

	(void)value;
	(void)e;
	o->stats = true;
	return 0;
}

static int take_interval(void *into, const char *value, struct error *e)
{
	struct events_options *o = into;

	return number_duration(value, &o->interval_ms, e);
}

static const struct option_row rows[] = {
	{0, "interval", "DURATION", "Time between two lines of stats (default: 5s)", take_interval},
	{0, "stats", NULL, "Print the stats once, and go", take_stats},
	{0},
};

static const char usage[] = "Usage: mini-run events [OPTIONS] ID\n"
			    "\n"
			    "Prints an object a line until the container ID ends: "
			    "{\"type\":\"stats\",\"id\":ID,\"data\":{...}} every\n"
			    "--interval, and {\"type\":\"oom\",\"id\":ID} when a process was "
			    "killed for want of memory.\n";

static const char closing[] =
	"\n"
	"Times are in nanoseconds, sizes in bytes. What this host does not count is 0 or missing.\n"
	"\n"
	"Exit status: 0; 1 when mini-run failed, or the container is not running.\n"
	"\n"
	"Examples:\n"
	"  mini-run events --stats web | jq .data.memory.usage\n"
	"  mini-run events --interval 1s web\n";

int cli_events(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct events_options o = {.interval_ms = INTERVAL_MS};
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.rows = rows,
		.into = &o,
		.words_least = 1,
		.words_most = 1,
		.missing = "events needs the ID of a container (mini-run list prints them)",
	};
	OWNED_MEMORY char **words = NULL;
	struct record r;
	int n, result;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	if (cli_record_open(cli, words[0], false, &r, e) < 0)
		return -1;
	result = o.stats ? events_stats(&r, e) : events_follow(&r, o.interval_ms, e);
	record_close(&r);
	return result;
}
