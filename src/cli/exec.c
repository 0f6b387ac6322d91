/*
 * exec.c - mini-run exec: a further process in a container.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "cli/bundle.h"
#include "config/json.h"
#include "config/names.h"
#include "host/exec.h"
#include "host/record.h"
#include "host/rootless.h"
#include "host/seal.h"

struct options {
	struct exec_options exec;
	struct config *config; /* whose arena the lists live in */
	const char *process;   /* a file; "-": stdin */
	uint64_t preserve_fds;
	char *text;
};

static int take_text(const char **into, const char *value, struct error *e)
{
	if (*value == '\0')
		return err_set(e, 0, "is empty");
	*into = value;
	return 0;
}

static int take_process(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->process, value, e);
}

static int take_console_socket(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.console_socket, value, e);
}

static int take_pidfd_socket(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.pidfd_socket, value, e);
}

static int take_pid_file(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.pid_file, value, e);
}

static int take_cwd(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.cwd, value, e);
}

static int take_user(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.user, value, e);
}

static int take_apparmor(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.apparmor, value, e);
}

static int take_label(void *into, const char *value, struct error *e)
{
	return take_text(&((struct options *)into)->exec.label, value, e);
}

static int take_cgroup(void *into, const char *value, struct error *e)
{
	struct options *o = into;

	return config_strings_add(o->config, &o->exec.cgroups, value, e);
}

static int take_env(void *into, const char *value, struct error *e)
{
	struct options *o = into;

	if (*value == '=' || !strchr(value, '='))
		return err_set(e, 0, "\"%.80s\" is not NAME=VALUE", value);
	return config_strings_add(o->config, &o->exec.env, value, e);
}

static int take_groups(void *into, const char *value, struct error *e)
{
	struct options *o = into;
	uint32_t *groups = (uint32_t *)o->exec.groups, *group;
	char text[16];

	for (const char *at = value; *at;) {
		size_t length = strcspn(at, ",");
		uint64_t number;

		snprintf(text, sizeof(text), "%.*s", (int)length, at);
		if (length >= sizeof(text) || number_unsigned(text, 0, UINT32_MAX - 1, &number, e) < 0)
			return err_set(e, 0, "%.80s: not the number of a group", value);
		group = arena_append(&o->config->arena, &groups, &o->exec.groups_n, sizeof(*group));
		if (!group)
			return err_no_memory(e);
		*group = (uint32_t)number;
		o->exec.groups = groups;
		at += length + (at[length] == ',');
	}
	return 0;
}

static int take_cap(void *into, const char *value, struct error *e)
{
	struct options *o = into;
	int number = names_capability(value);

	if (number < 0)
		return err_set(e, 0, "%.80s: there is no such capability", value);
	o->exec.capabilities |= CAPABILITY_BIT((unsigned int)number);
	return 0;
}

static int take_preserve_fds(void *into, const char *value, struct error *e)
{
	struct options *o = into;

	return number_unsigned(value, 0, 1024, &o->preserve_fds, e);
}

static int take_detach(void *into, const char *value, struct error *e)
{
	(void)value;
	(void)e;
	((struct options *)into)->exec.detach = true;
	return 0;
}

static int take_tty(void *into, const char *value, struct error *e)
{
	(void)value;
	(void)e;
	((struct options *)into)->exec.tty = true;
	return 0;
}

static int take_no_new_privs(void *into, const char *value, struct error *e)
{
	(void)value;
	(void)e;
	((struct options *)into)->exec.no_new_privs = true;
	return 0;
}

static int take_ignore_paused(void *into, const char *value, struct error *e)
{
	(void)value;
	(void)e;
	((struct options *)into)->exec.ignore_paused = true;
	return 0;
}

static int take_habit(void *into, const char *value, struct error *e)
{
	(void)into;
	(void)value;
	(void)e;
	return 0;
}

static const struct option_row rows[] = {
	{'t', "tty", NULL, "A terminal of its own for the process", take_tty},
	{'i', "interactive", NULL, "For the habit: stdin is always passed on", take_habit},
	{'d', "detach", NULL, "Return when the process runs", take_detach},
	{'e', "env", "NAME=VALUE", "Set a variable of its environment; may be repeated", take_env},
	{'u', "user", "USER[:GROUP]", "Run as this user, by name or number", take_user},
	{'g', "additional-gids", "GID[,GID...]", "Add supplementary groups", take_groups},
	{0, "cwd", "DIR", "Its working directory", take_cwd},
	{'c', "cap", "CAPABILITY", "Give it this capability as well; may be repeated", take_cap},
	{0, "no-new-privs", NULL, "It can gain no privileges by executing a file", take_no_new_privs},
	{0, "apparmor", "PROFILE", "Its AppArmor profile", take_apparmor},
	{0, "process-label", "LABEL", "Its SELinux label", take_label},
	{'p', "process", "FILE",
	 "Take all of it from FILE, the \"process\" of a config.json (- is stdin)", take_process},
	{0, "console-socket", "SOCKET", "With --detach: send the terminal's master to SOCKET",
	 take_console_socket},
	{0, "pidfd-socket", "SOCKET", "Send a pidfd of it to the unix socket SOCKET",
	 take_pidfd_socket},
	{0, "pid-file", "FILE", "Write its process id, as the host sees it, to FILE", take_pid_file},
	{0, "preserve-fds", "N", "Pass descriptors 3 to 2 + N on to it", take_preserve_fds},
	{0, "cgroup", "PATH",
	 "Put it into this cgroup below the container's (for v1 CONTROLLER:PATH, may be repeated)",
	 take_cgroup},
	{0, "ignore-paused", NULL, "Do not refuse a paused container", take_ignore_paused},
	{0},
};

static const char usage[] =
	"Usage: mini-run exec [OPTIONS] ID COMMAND [ARGUMENT...]\n"
	"       mini-run exec [OPTIONS] --process FILE ID\n"
	"\n"
	"Runs COMMAND in the container ID beside what runs there, with the container's "
	"environment,\n"
	"user, capabilities, filter and limits, and ends with its exit status.\n"
	"\n";

static const char examples[] =
	"\n"
	"Exit status: that of the command; 128+N when signal N ended it; 255 when mini-run failed; "
	"126 when\n"
	"the command cannot be executed; 127 when there is no such command.\n"
	"\n"
	"Examples:\n"
	"  mini-run exec -it web /bin/sh\n"
	"  mini-run exec -u 1000 -e LANG=C.UTF-8 web make -C /src\n";

static int process_read(struct options *o, struct error *e)
{
	OWNED_FD fd = -1;

	if (strcmp(o->process, "-") == 0)
		return file_read_stream(STDIN_FILENO, "stdin", JSON_SIZE_MAX, &o->text,
					&o->exec.process_length, e);
	fd = open(o->process, O_RDONLY | O_NOCTTY | O_CLOEXEC); /* a shell's <(...) is a pipe */
	if (fd < 0)
		return err_set(e, errno, "--process: open %s", o->process);
	return file_read_stream(fd, o->process, JSON_SIZE_MAX, &o->text, &o->exec.process_length, e);
}

/* An ordinary user: into the namespace in which his mini-run was that has made the container. */
static int enter(struct cli *cli, const char *id, struct error *e)
{
	struct record r;
	int result;

	if (!rootless_is() || rootless_inside())
		return 0;
	result = record_open(&r, cli->global.root, id, e);
	if (result == 0 && r.pidfd >= 0) /* else host_exec() says what is wrong */
		result = rootless_enter_of(cli->argv, r.pid, e);
	record_close(&r);
	return result;
}

static int run(struct cli *cli, struct options *o, char *const *words, int n, int *ret_status,
	       struct error *e)
{
	if (n == 0)
		return err_set(e, 0, "exec needs the ID of a container and a command");
	if (o->process ? n > 1 : n < 2)
		return err_set(e, 0,
			       o->process ? "exec takes either --process or a command"
					  : "exec needs a command, or --process FILE");
	if (enter(cli, words[0], e) < 0 || binary_seal(cli->argv, e) < 0 ||
	    descriptors_check(o->preserve_fds, e) < 0 || cli_begin(cli, e) < 0 ||
	    (o->process && process_read(o, e) < 0))
		return -1;
	snprintf(cli->id, sizeof(cli->id), "%s", words[0]);
	o->exec.global = &cli->global;
	o->exec.args = words + 1;
	o->exec.process_text = o->text;
	o->exec.keep_fds = (unsigned int)o->preserve_fds;
	return host_exec(words[0], &o->exec, ret_status, e);
}

int cli_exec(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	OWNED_CONFIG *c = config_new();
	struct options o = {.config = c};
	const struct option_table tables[] = {
		{"The process", rows, &o},
		{"For every command", cli_global_rows, cli},
		{0},
	};
	int first, result;

	if (!c)
		return err_no_memory(e);
	if (options_parse(tables, argc, argv, &first, e) < 0)
		return -1;
	if (cli->help) {
		fputs(usage, stdout);
		options_print(tables, stdout);
		fputs(examples, stdout);
		*ret_status = 0;
		return 0;
	}
	result = run(cli, &o, argv + first, argc - first, ret_status, e);
	free(o.text);
	return result;
}
