/*
 * global.c - the options that every command takes.
 */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/message.h"

/* A relative one is taken from here, and kept as an absolute one: the state outlives this directory's name. */
static int take_root(void *into, const char *value, struct error *e)
{
	static char path[PATH_MAX];
	struct cli *cli = into;
	size_t length;

	if (*value == '\0')
		return err_set(e, 0, "the name of the directory is empty");
	if (*value == '/') {
		cli->global.root = value;
		return 0;
	}
	if (!getcwd(path, sizeof(path)))
		return err_set(e, errno, "get the current directory");
	length = strcmp(path, "/") == 0 ? 0 : strlen(path);
	if (length + 1 + strlen(value) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "the directory");
	snprintf(path + length, sizeof(path) - length, "/%s", value);
	cli->global.root = path;
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

static int take_log_level(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	cli->global.debug = strcmp(value, "debug") == 0;
	cli->global.errors_only = strcmp(value, "error") == 0;
	if (!cli->global.debug && !cli->global.errors_only && strcmp(value, "warning") != 0 &&
	    strcmp(value, "info") != 0)
		return err_set(e, 0, "not a level (error, warning, info or debug)");
	return 0;
}

/* ---- what engines say to every command, and what concerns only those that make a container ---- */

static int take_systemd_cgroup(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	(void)value;
	(void)e;
	cli->global.systemd_cgroup = true;
	return 0;
}

static int take_cgroup_manager(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	cli->global.systemd_cgroup = strcmp(value, "systemd") == 0;
	cli->global.cgroup_manager =
		strcmp(value, "disabled") == 0 ? CGROUP_MANAGER_DISABLED : CGROUP_MANAGER_CGROUPFS;
	if (!cli->global.systemd_cgroup && cli->global.cgroup_manager == CGROUP_MANAGER_CGROUPFS &&
	    strcmp(value, "cgroupfs") != 0)
		return err_set(e, 0, "not a manager (cgroupfs or disabled)");
	return 0;
}

int cli_cgroup_manager(const struct cli *cli, struct config *c, struct error *e)
{
	if (cli->global.systemd_cgroup)
		return err_set(e, 0, "systemd cgroup driver is not supported: configure cgroupfs");
	c->cgroup_manager = cli->global.cgroup_manager;
	return 0;
}

/* Whether the caller is root is found out from the kernel, not from here. */
static int take_rootless(void *into, const char *value, struct error *e)
{
	(void)into;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0 && strcmp(value, "auto") != 0)
		return err_set(e, 0, "is true, false or auto");
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
	{0, "root", "DIR",
	 "Where the state of the containers is (default: " DEFAULT_STATE_ROOT
	 ", for an ordinary user $XDG_RUNTIME_DIR/mini-run, /run/user/UID/mini-run or "
	 "/tmp/mini-run-UID)",
	 take_root},
	{0, "log", "FILE", "Append every message to FILE as well", take_log},
	{0, "log-format", "text|json", "How it is written there (default: text)", take_log_format},
	{0, "log-level", "LEVEL", "error, warning, info or debug (default: warning)", take_log_level},
	{0, "debug", NULL, "Name every step of the start as it is done", take_debug},
	{0, "cgroup-manager", "cgroupfs|disabled",
	 "Whether a new container gets cgroups of its own (default: cgroupfs)", take_cgroup_manager},
	{0, "systemd-cgroup", NULL, "Not supported: an error of the commands that make a container",
	 take_systemd_cgroup},
	{0, "rootless", "true|false|auto",
	 "Taken for the habit: what the caller may do is found out", take_rootless},
	{'h', "help", NULL, "Print this help", take_help},
	{0},
};

/* A log that cannot be written to would be found out with the first error, and that one would be
 * lost. */
int cli_begin(struct cli *cli, struct error *e)
{
	return message_log_open(&cli->global, e);
}
