/*
 * main.c - the table of commands, and the one place where an error becomes a message and an exit
 * status.
 *
 * Everything below returns its errors as values. Here they are printed as one line on stderr, with
 * nothing in it that a terminal would obey, and appended to the file of --log.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json_c_version.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/options.h"
#include "base/text.h"
#include "cli/cli.h"

#define SPEC_VERSION                                                                               \
	"1.3.0" /* of the OCI runtime specification that the configuration is made for */

/* Exit status of an error that asks for none itself. `run` leaves the small numbers to its command.
 */
enum { FAILED = 1, FAILED_RUN = 125 };

static const struct command {
	const char *name, *help;
	cli_command *run;
	int failed;
} commands[] = {
	{"run", "Run a command in a new container and wait for its end", cli_run, FAILED_RUN},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* ---- messages ---- */

/* The length of the character at @p if it is UTF-8, or 0. */
static size_t utf8_length(const unsigned char *p)
{
	size_t n = 0;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* The length of the character at @p if a terminal may get it as it is, or 0. */
static size_t printable_length(const unsigned char *p)
{
	size_t n = utf8_length(p);

	if (n == 0)
		return *p >= ' ' && *p < 0x7f;
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) /* U+0080 to U+009F: control characters too */
		return 0;
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
		return 0; /* U+2028 to U+202E: line separators, and what turns the direction of
			     writing */
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
		return 0; /* U+2066 to U+2069: the same */
	return n;
}

/* Copies @text into @line with what is not printable as \xNN. */
static void escape(const char *text, char *line, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	while (*p != '\0' && at + 5 < size) {
		size_t n = printable_length(p);

		if (n > 0) {
			memcpy(line + at, p, n);
			at += n;
			p += n;
		} else {
			at += (size_t)snprintf(line + at, size - at, "\\x%02x", *p++);
		}
	}
	line[at] = '\0';
}

#define MESSAGE_MAX (4 * ERROR_TEXT + 512)

/* Both forms are quoted alike. One write, so that the lines of several writers stay whole. */
static int append_to_log(const struct global_options *global, const char *text)
{
	OWNED_FD fd =
		open(global->log, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
	bool json = global->log_format == LOG_JSON;
	time_t now = time(NULL);
	OWNED_TEXT line = {0};
	char when[40] = "";
	struct tm utc;

	if (fd < 0)
		return -1;
	if (gmtime_r(&now, &utc))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	text_add(&line, json ? "{\"level\":\"error\",\"msg\":" : "level=error msg=");
	text_add_json(&line, text);
	text_add(&line, json ? ",\"time\":\"%s\"}\n" : " time=%s\n", when);
	if (!text_ok(&line)) {
		errno = ENOMEM;
		return -1;
	}
	return write_all(fd, line.bytes, line.length);
}

static void print_error(const struct cli *cli, const struct error *e)
{
	static char line[MESSAGE_MAX];
	char text[ERROR_TEXT + sizeof(cli->id) + 2];

	snprintf(text, sizeof(text), "%s%s%s", cli->id, *cli->id ? ": " : "", e->text);
	escape(text, line, sizeof(line));
	fprintf(stderr, "mini-run: %s\n", line);
	if (cli->global.log && append_to_log(&cli->global, text) < 0)
		fprintf(stderr, "mini-run: the log file of --log could not be written: %s\n",
			strerror(errno));
}

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
			return err_set(e, errno, "open /dev/null for the missing descriptor %d",
				       fd);
	return 0;
}

/* It is made to be run by root, or by a user with his own rights; nothing in it is made to be
 * set-user-id. */
static int refuse_set_user_id(struct error *e)
{
	if (getauxval(AT_SECURE) != 0 || geteuid() != getuid() || getegid() != getgid())
		return err_set(e, 0,
			       "refuses to run with rights that its caller does not have (remove "
			       "the set-user-id "
			       "bit or file capabilities from the program)");
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
		if (far < best) {
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

/* Runs what the command line asks for. *ret_failed is the exit status for an error that names none.
 */
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

int main(int argc, char *argv[])
{
	struct cli cli = {.global.root = DEFAULT_STATE_ROOT};
	struct error e = {0};
	int status = 0, failed = FAILED;

	if (start(&cli, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &status, &failed, &e) < 0) {
		print_error(&cli, &e);
		return e.status != 0 ? e.status : failed;
	}
	/* Help that went nowhere (a full disk) is a failure too. */
	if (fflush(stdout) != 0 && status == 0) {
		err_set(&e, errno, "write to stdout");
		print_error(&cli, &e);
		return FAILED;
	}
	return status;
}
