/*
 * global.c - the options that every command takes.
 */
#include "cli/cli.h"

#include <string.h>

#include "host/message.h"

static int take_root(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	if (value[0] != '/')
		return err_set(e, 0, "must be absolute (begin with /)");
	cli->global.root = value;
	return 0;
}

static int take_log(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the file is empty");
	cli->global.log = value;
	return 0;
}

static int take_log_format(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	if (strcmp(value, "text") == 0)
		cli->global.log_format = LOG_TEXT;
	else if (strcmp(value, "json") == 0)
		cli->global.log_format = LOG_JSON;
	else
		return err_set(e, 0, "not a format (text or json)");
	return 0;
}

static int take_debug(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	(void)value;
	(void)e;
	cli->global.debug = true;
	return 0;
}

static int take_help(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	(void)value;
	(void)e;
	cli->help = true;
	return 0;
}

const struct option_row cli_global_rows[] = {
	{0, "root", "DIR", "Where the state of the containers is (default: " DEFAULT_STATE_ROOT ")",
	 take_root},
	{0, "log", "FILE", "Append every message to FILE as well", take_log},
	{0, "log-format", "text|json", "How it is written there (default: text)", take_log_format},
	{0, "debug", NULL, "Name every step of the start as it is done", take_debug},
	{'h', "help", NULL, "Print this help", take_help},
	{0},
};

/* A log that cannot be written to would be found out with the first error, and that one would be
 * lost. */
int cli_begin(struct cli *cli, struct error *e)
{
	return message_log_open(&cli->global, e);
}
