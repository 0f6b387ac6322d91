/*
 * run.c - mini-run run: options in, one call of host_run() out.
 *
 * Here is also what the portable producer of the configuration cannot know: what --device names on
 * this host, the text of a seccomp profile, whether there is a terminal, a random name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cli/bundle.h"
#include "cli/cli.h"
#include "config/from_args.h"
#include "config/from_seccomp.h"
#include "config/names.h"
#include "host/rootless.h"
#include "host/seal.h"
#include "host/userns.h"

#define PROFILE_MAX ((size_t)1024 * 1024)

/* ---- options about the caller's side ---- */

static int take_tty(void *into, const char *value, struct error *e)
{
	struct run_options *o = into;

	if (!value || strcmp(value, "on") == 0 || strcmp(value, "true") == 0)
		o->tty = TTY_ON;
	else if (strcmp(value, "off") == 0 || strcmp(value, "false") == 0)
		o->tty = TTY_OFF;
	else if (strcmp(value, "auto") == 0)
		o->tty = TTY_AUTO;
	else
		return err_set(e, 0, "is auto, on or off");
	return 0;
}

/* For options that say what is the case anyway. */
static int take_habit(void *into, const char *value, struct error *e)
{
	(void)into;
	(void)value;
	(void)e;
	return 0;
}

/* [text|json][:FILE] */
static int take_report(void *into, const char *value, struct error *e)
{
	struct run_options *o = into;
	const char *format = value ? value : "text";
	size_t length = strcspn(format, ":");

	if (length == 0 || (length == 4 && memcmp(format, "text", 4) == 0))
		o->report = REPORT_TEXT;
	else if (length == 4 && memcmp(format, "json", 4) == 0)
		o->report = REPORT_JSON;
	else
		return err_set(e, 0, "not a report (text, json, text:FILE, json:FILE or :FILE)");
	o->report_file = format[length] == ':' ? format + length + 1 : NULL;
	if (*format == '\0' || (o->report_file && *o->report_file == '\0'))
		return err_set(e, 0, "the name of the file is empty");
	return 0;
}

static int take_file(const char **into, const char *value, struct error *e)
{
	if (*value == '\0')
		return err_set(e, 0, "the name of the file is empty");
	*into = value;
	return 0;
}

static int take_pid_file(void *into, const char *value, struct error *e)
{
	struct run_options *o = into;

	return take_file(&o->pid_file, value, e);
}

static int take_cid_file(void *into, const char *value, struct error *e)
{
	struct run_options *o = into;

	return take_file(&o->cid_file, value, e);
}

static int take_trace(void *into, const char *value, struct error *e)
{
	struct run_options *o = into;

	(void)value;
	(void)e;
	o->trace = true;
	return 0;
}

static const struct option_row run_rows[] = {
	{'t', "tty", "[auto|on|off]",
	 "A terminal of its own for the container: on, off, or where stdin and stdout "
	 "are terminals (auto, the default)",
	 take_tty},
	{'i', "interactive", NULL, "For the habit: stdin is always passed on", take_habit},
	{0, "rm", NULL, "Taken for the habit: nothing of a container stays behind", take_habit},
	{0, "report", "[text|json][:FILE]",
	 "At the end, tell why it ended and what it used, on stderr or into FILE", take_report},
	{0, "pid-file", "FILE",
	 "Write the process id of the container's PID 1, as the host sees it, to FILE", take_pid_file},
	{0, "cidfile", "FILE", "Write the name of the container to FILE", take_cid_file},
	{0, "trace", NULL, "Print every step of the start with its time", take_trace},
	{0},
};

static const char usage[] =
	"Usage: mini-run run [OPTIONS] ROOTFS COMMAND [ARGUMENT...]\n"
	"       mini-run run [--bundle DIR] [OPTIONS] ID\n"
	"\n"
	"Runs COMMAND in a container whose root filesystem is the directory ROOTFS, and ends with "
	"its\n"
	"exit status. Options come in front of ROOTFS; what is behind it belongs to the command.\n"
	"With one word it is an OCI bundle that is run, as the container ID: only the options of\n"
	"bundles apply then, and config.json says the rest.\n"
	"\n";

static const char examples[] =
	"\n"
	"Exit status: that of the command; 128+N when signal N ended it; 124 after --timeout; 125 "
	"when\n"
	"mini-run failed; 126 when the command cannot be executed; 127 when there is no such "
	"command.\n"
	"\n"
	"Examples:\n"
	"  mini-run run ./rootfs /bin/sh\n"
	"  mini-run run --memory 128m --cpus 0.5 --pids-limit 64 ./rootfs /bin/sh\n"
	"  mini-run run --network none --read-only --tmpfs /tmp:size=16m --timeout 10s --report "
	"\\\n"
	"      ./rootfs /usr/bin/python3 /tmp/job.py\n"
	"  mini-run run --overlay --network none -v \"$PWD:$PWD\" -w \"$PWD\" / make -j4\n"
	"  mini-run run -v \"$PWD:/src:ro\" -w /src -u 1000:1000 -e LANG=C.UTF-8 ./rootfs make\n";

/* ---- what only this host knows ---- */

static int random_id(char ret[9], struct error *e)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return err_set(e, errno, "get a random name");
	snprintf(ret, 9, "%08x", (unsigned int)number);
	return 0;
}

/* TERM for the container if it gets a terminal, else NULL. */
static const char *choose_term(enum tty_mode tty)
{
	const char *term = getenv("TERM");

	if (tty == TTY_OFF || (tty == TTY_AUTO && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))))
		return NULL;
	return term && *term != '\0' ? term : "xterm";
}

static int find_devices(struct args *a, struct error *e)
{
	for (size_t i = 0; i < a->config->devices_n; i++) {
		const char *path = a->config->devices[i].host_path;
		struct args_node node;
		struct stat st;

		if (stat(path, &st) < 0)
			return err_set(e, errno, "--device: stat %s", path);
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			return err_set(
				e, 0,
				"--device %s: not a device (--volume shows files and directories)",
				path);
		node = (struct args_node){
			.type = S_ISCHR(st.st_mode) ? 'c' : 'b',
			.major = major(st.st_rdev),
			.minor = minor(st.st_rdev),
			.mode = st.st_mode & 0777,
			.uid = st.st_uid,
			.gid = st.st_gid,
		};
		if (args_device_found(a, i, &node, e) < 0)
			return -1;
	}
	return 0;
}

static int read_profile(struct config *c, const char *file, struct error *e)
{
	OWNED_FD fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	OWNED_MEMORY char *text = NULL;
	struct seccomp_host host = {
		.caps = c->process.has_capabilities ? c->process.capabilities.bounding
						    : CAPABILITIES_ALL,
	};
	struct utsname name;
	size_t length;

	if (fd < 0)
		return err_set(e, errno, "--security-opt seccomp: open %s", file);
	if (uname(&name) < 0)
		return err_set(e, errno, "uname");
	host.kernel = name.release;
	if (file_read_regular(fd, file, PROFILE_MAX, &text, &length, e) < 0)
		return err_within(e, "--security-opt seccomp");
	return seccomp_from_json(c, text, length, file, &host, e);
}

/* The state names the root filesystem for commands that run elsewhere. What cannot be found is told by the start. */
static int rootfs_make_absolute(struct config *c, struct error *e)
{
	char *path = realpath(c->rootfs, NULL);

	if (!path)
		return 0;
	c->rootfs = arena_copy(&c->arena, path);
	free(path);
	return c->rootfs ? 0 : err_no_memory(e);
}

/* From the parsed options and the words behind them to a whole and checked configuration. */
static int finish(const struct cli *cli, struct args *a, const struct run_options *o,
		  char *const *words, struct error *e)
{
	char id[9];
	const char *profile;

	if (random_id(id, e) < 0 ||
	    args_finish(a, words[0], words + 1, id, choose_term(o->tty), e) < 0 ||
	    find_devices(a, e) < 0)
		return -1;
	/* What is reported, or shown in the container's own /sys, has to be there. */
	a->config->count_usage = o->report != REPORT_NONE || a->sysfs;
	profile = args_seccomp_file(a);
	if (profile && read_profile(a->config, profile, e) < 0)
		return -1;
	if (cli_cgroup_manager(cli, a->config, e) < 0 || rootfs_make_absolute(a->config, e) < 0 ||
	    userns_settle(a->config, a->userns, &cli->global, e) < 0)
		return -1;
	return config_check(a->config, e);
}

/* Options that only a bundle has. */
static int bundle_misplaced(const struct bundle_options *b, struct error *e)
{
	if (b->bundle || b->file)
		return err_set(e, 0, "%s is for `run ID`, which takes everything from a bundle",
			       b->bundle ? "--bundle" : "--config");
	return descriptors_check(b->preserve_fds, e);
}

static int attached_check(const struct run_options *o, struct error *e)
{
	return o->console_socket ? err_set(e, 0, "--console-socket is for create and run --detach")
				 : 0;
}

/* What needs a mini-run that stays to the end. */
static int detached_check(const struct config *c, const struct run_options *o, struct error *e)
{
	if (o->report != REPORT_NONE)
		return err_set(e, 0, "--report: a detached container is not waited for");
	if (c->timeout_ms > 0)
		return err_set(e, 0, "--timeout: a detached container is not waited for");
	if (c->seccomp_log)
		return err_set(
			e, 0, "--security-opt seccomp-log: a detached container is not waited for");
	if (o->keep)
		return err_set(e, 0, "--keep: a detached container is kept anyway");
	if (c->process.terminal && !o->console_socket)
		return err_set(e, 0, "--tty: a detached container needs --console-socket for it");
	return 0;
}

/* ---- the command ---- */

#define TABLES 12

static void collect_tables(struct cli *cli, struct args *a, struct run_options *o,
			   struct bundle_options *b, struct option_table ret[TABLES])
{
	size_t n = 0;

	for (const struct option_table *t = args_tables(a); t->rows && n < TABLES - 5; t++)
		ret[n++] = *t;
	ret[n++] = (struct option_table){"Terminal and reports", run_rows, o};
	ret[n++] = (struct option_table){"Bundles", bundle_rows, b};
	ret[n++] = (struct option_table){"Detached", bundle_run_rows, b};
	ret[n++] = (struct option_table){"For every command", cli_global_rows, cli};
	ret[n] = (struct option_table){0};
}

/*
 * Whether --NAME is among the first @n words. For what has to be done before the options are parsed: mini-run is executed
 * once more then, all is read anew, and a pipe that --env-file has read would be empty.
 */
static bool names_option(int n, char *const argv[], const char *name)
{
	for (int i = 0; i < n; i++) {
		const char *word = argv[i];

		if (*word++ != '-')
			continue;
		word += *word == '-';
		if (strncmp(word, name, strlen(name)) == 0 &&
		    (word[strlen(name)] == '=' || word[strlen(name)] == '\0'))
			return true;
	}
	return false;
}

/* How many words are mini-run's own. A wrong option is told when they are parsed in earnest. */
static int own_words(const struct option_table *tables, int argc, char *const argv[])
{
	struct option_table looks[TABLES];
	struct error e;
	int first = argc, n = 0;

	for (; tables[n].rows; n++) {
		looks[n] = tables[n];
		looks[n].into = OPTIONS_LOOK;
	}
	looks[n] = (struct option_table){0};
	(void)options_parse(looks, argc, argv, &first, &e);
	return first;
}

/* What takes another execution of mini-run, in a user namespace of an ordinary user's, or from a read-only mount. */
static int execute_again(struct cli *cli, const struct option_table *tables, int argc,
			 char *const argv[], struct error *e)
{
	int n = own_words(tables, argc, argv);

	if (names_option(n, argv, "help") || names_option(n, argv, "h"))
		return 0;
	if (rootless_enter(cli->argv, &cli->global, e) < 0)
		return -1;
	/* See seal_needed(). */
	if (names_option(n, argv, "init") || names_option(n, argv, "security-opt"))
		return binary_seal(cli->argv, e);
	return 0;
}

/* `run [--bundle DIR] ID`: the options are taken once more, and only those that concern a bundle. */
static int run_bundle(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	OWNED_CONFIG *c = config_new();
	struct bundle_options o = {0};
	const struct option_table tables[] = {
		{"The bundle", bundle_rows, &o},
		{"The run", bundle_run_rows, &o},
		{"Files", bundle_pid_rows, &o},
		{"For every command", cli_global_rows, cli},
		{0},
	};
	int first, result;

	if (!c)
		return err_no_memory(e);
	if (options_parse(tables, argc, argv, &first, e) < 0)
		return err_hint(e, "with one word it is a bundle that is run, and config.json says "
				   "such things; a command in a directory is run ROOTFS COMMAND");
	if (strchr(argv[first], '/'))
		return err_set(e, 0, "run ROOTFS needs a command: mini-run run %.200s /bin/sh",
			       argv[first]);
	if (binary_seal(cli->argv, e) < 0 || cli_begin(cli, e) < 0)
		return -1;
	snprintf(cli->id, sizeof(cli->id), "%s", argv[first]);
	o.run.mode = o.detach ? RUN_DETACHED : RUN_FOREGROUND;
	result = bundle_read(cli, &o, argv[first], c, e);
	if (result == 0)
		result = host_run(c, &o.run, ret_status, e);
	if (result < 0 && e->status == 0)
		e->status = 1; /* as engines know it */
	bundle_end(&o);
	return result;
}

int cli_run(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	OWNED_CONFIG *c = config_new();
	struct args a = {.config = c};
	struct run_options o = {.global = &cli->global};
	struct bundle_options b = {0};
	struct option_table tables[TABLES];
	int first;

	if (!c)
		return err_no_memory(e);
	collect_tables(cli, &a, &o, &b, tables);
	if (execute_again(cli, tables, argc, argv, e) < 0)
		return -1;
	if (options_parse(tables, argc, argv, &first, e) < 0)
		return -1;
	if (cli->help) {
		fputs(usage, stdout);
		options_print(tables, stdout);
		fputs(examples, stdout);
		*ret_status = 0;
		return 0;
	}
	if (first == argc)
		return err_set(
			e,
			0, "run needs a root filesystem and a command (mini-run run ./rootfs /bin/sh)");
	if (rootless_enter(cli->argv, &cli->global, e) < 0)
		return -1;
	if (first + 1 == argc)
		return run_bundle(cli, argc, argv, ret_status, e);
	if (bundle_misplaced(&b, e) < 0 || cli_begin(cli, e) < 0 ||
	    finish(cli, &a, &o, argv + first, e) < 0)
		return -1;
	c->no_pivot = b.no_pivot;
	c->no_new_keyring = b.no_new_keyring;
	o.mode = b.detach ? RUN_DETACHED : RUN_FOREGROUND;
	o.keep = b.keep;
	o.keep_fds = (unsigned int)b.preserve_fds;
	o.console_socket = b.run.console_socket;
	o.pidfd_socket = b.run.pidfd_socket;
	if (o.mode == RUN_DETACHED ? detached_check(c, &o, e) < 0 : attached_check(&o, e) < 0)
		return -1;
	if (seal_needed(c) && binary_seal(cli->argv, e) < 0)
		return -1;
	snprintf(cli->id, sizeof(cli->id), "%s", c->id);
	return host_run(c, &o, ret_status, e);
}
