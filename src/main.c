/*
 * main.c - the table of commands; where an error becomes a message and an exit status.
 *
 * Everything below returns its errors as values. Here they take the one way out that there is, to
 * stderr and to the file of --log (host/message.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json_c_version.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/options.h"
#include "cli/cli.h"
#include "host/message.h"
#include "host/rootless.h"

/* Of the OCI runtime specification, for which struct config is made. */
#define SPEC_VERSION "1.3.0"

/* Exit status of an error that asks for none. `run` and `exec` leave the small numbers to their command; callers of runc
 * know 255 for `exec`. */
enum { FAILED = 1, FAILED_RUN = 125, FAILED_EXEC = 255 };

static cli_command run_help;

static const struct command {
	const char *name, *help; /* without a help text: not listed */
	cli_command *run;
	int failed;
} commands[] = {
	{"run", "Run a command in a new container and wait for its end", cli_run, FAILED_RUN},
	{"create", "Make a container from a bundle, up to its command", cli_create, FAILED},
	{"start", "Let the command of a created container run", cli_start, FAILED},
	{"exec", "Run a further command in a container", cli_exec, FAILED_EXEC},
	{"state", "Print the state of a container", cli_state, FAILED},
	{"kill", "Send a signal to a container", cli_kill, FAILED},
	{"delete", "Remove containers", cli_delete, FAILED},
	{"list", "List the containers", cli_list, FAILED},
	{"ps", "Print the processes of a container", cli_ps, FAILED},
	{"pause", "Freeze the processes of a container", cli_pause, FAILED},
	{"resume", "Let the processes of a paused container go on", cli_resume, FAILED},
	{"update", "Change the limits of a container", cli_update, FAILED},
	{"events", "Print what a container uses, and when it runs out of memory", cli_events, FAILED},
	{"spec", "Write a config.json to begin with", cli_spec, FAILED},
	{"features", "Print what a config.json may ask for", cli_features, FAILED},
	{"check", "Tell what this host offers to containers, and what is missing", cli_check, FAILED},
	{"help", NULL, run_help, FAILED},
	{"checkpoint", NULL, cli_checkpoint, FAILED},
	{"restore", NULL, cli_restore, FAILED},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* ---- the options in front of the command ---- */

static int take_version(void *into, const char *value, struct error *e)
{
	struct cli *cli = into;

	(void)value;
	(void)e;
	cli->version = true;
	return 0;
}

static const struct option_row version_rows[] = {
	{'v', "version", NULL, "Print the version of mini-run and of what it is made with",
	 take_version},
	{0},
};

static void print_version(void)
{
	printf("mini-run version %s\n"
	       "commit: %s\n"
	       "spec: %s\n"
	       "libseccomp: %d.%d.%d\n"
	       "json-c: %s\n",
	       VERSION, COMMIT, SPEC_VERSION, SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO,
	       JSON_C_VERSION);
}

static void print_usage(FILE *out)
{
	fputs("Usage: mini-run [OPTIONS] COMMAND [ARGUMENT...]\n"
	      "\n"
	      "Runs containers from directories: no daemon, no images, no configuration.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].help)
			fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n\"mini-run COMMAND --help\" tells more about each.\n", out);
}

static void print_help(const struct option_table *tables)
{
	print_usage(stdout);
	putchar('\n');
	options_print(tables, stdout);
	fputs("\n"
	      "Examples:\n"
	      "  mini-run run ./rootfs /bin/sh\n"
	      "  mini-run run --memory 128m --cpus 0.5 ./rootfs /bin/sh -c 'echo \"I am $$\"'\n"
	      "  mini-run --log /var/log/mini-run.json --log-format json run ./rootfs /bin/true\n",
	      stdout);
}

/* ---- the start of the process ---- */

/*
 * A descriptor below 3 that is closed would be given to the next file that is opened, and then be
 * handed to the container as its stdin or written messages to.
 */
static int open_standard_descriptors(struct error *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return err_set(e, errno, "open /dev/null for the missing descriptor %d", fd);
	return 0;
}

/* It is made to be run by root, or by a user with his own rights; nothing in it is made to be
 * set-user-id. */
static int refuse_set_user_id(struct error *e)
{
	if (getauxval(AT_SECURE) != 0 || geteuid() != getuid() || getegid() != getgid())
		return err_set(e, 0,
			       "refuses to run with rights that its caller does not have (remove "
			       "the set-user-id bit or file capabilities from the program)");
	return 0;
}

static const struct command *find_command(const char *name, struct error *e)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < COMMANDS; i++) {
		size_t far = options_distance(name, commands[i].name);

		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
		if (commands[i].help && far < best) {
			best = far;
			nearest = commands[i].name;
		}
	}
	err_set(e, 0, "%.100s: no such command", name);
	if (nearest)
		err_hint(e, "did you mean %s?", nearest);
	else
		err_hint(e, "mini-run --help lists them");
	return NULL;
}

/* mini-run help [COMMAND]: the same as --help, and as COMMAND --help. */
static int run_help(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	const struct option_table tables[] = {
		{"Options", cli_global_rows, cli},
		{"Version", version_rows, cli},
		{0},
	};
	static char help[] = "--help";
	char *const words[] = {help, NULL};
	const struct command *command;

	*ret_status = 0;
	if (argc == 0 || argv[0][0] == '-') {
		print_help(tables);
		return 0;
	}
	command = find_command(argv[0], e);
	if (!command)
		return -1;
	return command->run(cli, 1, words, ret_status, e);
}

/* Does what the words ask for. *ret_failed: the exit status for an error that names none. */
static int start(struct cli *cli, int argc, char *const argv[], int *ret_status, int *ret_failed,
		 struct error *e)
{
	const struct option_table tables[] = {
		{"Options", cli_global_rows, cli},
		{"Version", version_rows, cli},
		{0},
	};
	const struct command *command;
	int first;

	if (open_standard_descriptors(e) < 0 || refuse_set_user_id(e) < 0 ||
	    options_parse(tables, argc, argv, &first, e) < 0)
		return -1;
	if (cli->version) {
		print_version();
		return 0;
	}
	if (cli->help) {
		print_help(tables);
		return 0;
	}
	if (first == argc) {
		print_usage(stderr);
		*ret_status = FAILED;
		return 0;
	}
	command = find_command(argv[first], e);
	if (!command)
		return -1;
	*ret_failed = command->failed;
	return command->run(cli, argc - first - 1, argv + first + 1, ret_status, e);
}

static void print_error(struct cli *cli, const struct error *e)
{
	struct error ignored; /* what is to be told is @e, on stderr in any case */

	(void)message_log_open(&cli->global,
			       &ignored); /* an error of the options comes before cli_begin */
	message_write(&cli->global, LEVEL_ERROR, *cli->id ? cli->id : NULL, e->text);
}

int main(int argc, char *argv[])
{
	struct cli cli = {
		.argv = argv,
		.global = {.log_fd = -1},
		.version_text = VERSION,
		.commit = COMMIT,
	};
	struct error e = {0};
	int status = 0, failed = FAILED;

	rootless_begin();
	cli.global.root = rootless_state_root();
	if (start(&cli, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &status, &failed, &e) < 0) {
		print_error(&cli, &e);
		return e.status != 0 ? e.status : failed;
	}
	/* Help that went nowhere (a full disk) is a failure too. */
	if ((ferror(stdout) || fflush(stdout) != 0) && status == 0) {
		err_set(&e, errno, "write to stdout");
		print_error(&cli, &e);
		return FAILED;
	}
	return status;
}
