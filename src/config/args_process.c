/*
 * args_process.c - options about the command: its name, environment, user and place. Portable.
 */
#include "config/args_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define ENV_FILE_MAX ((size_t)256 * 1024)

static int take_name(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_keep(a, value, &a->config->id, e);
}

static int take_hostname(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_keep(a, value, &a->config->hostname, e);
}

static int take_workdir(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	if (value[0] != '/')
		return err_set(e, 0, "must be absolute (begin with /)");
	return args_keep(a, value, &a->config->process.cwd, e);
}

static int take_umask(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	uint32_t mask;

	if (number_octal(value, 0777, &mask, e) < 0)
		return -1;
	a->config->process.user.umask = (struct config_number){true, mask};
	return 0;
}

static int take_init(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	(void)value;
	(void)e;
	a->config->process.builtin_init = true;
	return 0;
}

/* ---- environment ---- */

/* "K=V" or "K", which is K with the caller's value, or nothing where the caller has none. */
static int add_variable(struct args *a, struct config_strings *list, const char *text,
			struct error *e)
{
	const char *value;

	if (text[0] == '\0' || text[0] == '=')
		return err_set(e, 0, "has no name (NAME=VALUE, or NAME to pass on the caller's)");
	if (strchr(text, '='))
		return config_strings_add(a->config, list, text, e);
	value = getenv(text);
	if (!value)
		return 0;
	text = arena_format(&a->config->arena, "%s=%s", text, value);
	if (!text)
		return err_no_memory(e);
	return config_strings_add(a->config, list, text, e);
}

static int take_env(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return add_variable(a, &a->env, value, e);
}

/* One line of an environment file; leading blanks and lines that begin with # do not count. */
static int add_line(struct args *a, char *line, struct error *e)
{
	size_t length = strlen(line);

	if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	length = strcspn(line, "=");
	if (strcspn(line, " \t") < length)
		return err_set(e, 0, "a blank in the name \"%.*s\"",
			       (int)(length > 100 ? 100 : length), line);
	return add_variable(a, &a->env_file, line, e);
}

/* Reads @path into the arena. Also from a pipe, as the shell's <(command) makes one. NULL: an error. */
static char *read_env_file(struct args *a, const char *path, struct error *e)
{
	char *text = arena_alloc(&a->config->arena, ENV_FILE_MAX + 2);
	FILE *file = text ? fopen(path, "rb") : NULL;
	size_t length;

	if (!text) {
		err_no_memory(e);
		return NULL;
	}
	if (!file) {
		err_set(e, errno, "open");
		return NULL;
	}
	errno = 0;
	length = fread(text, 1, ENV_FILE_MAX + 1, file);
	if (ferror(file)) {
		err_set(e, errno ? errno : EIO, "read");
		text = NULL;
	} else if (length > ENV_FILE_MAX) {
		err_set(e, 0, "larger than 256 KiB");
		text = NULL;
	} else if (memchr(text, '\0', length)) {
		err_set(e, 0, "contains a NUL byte: not a text file");
		text = NULL;
	}
	fclose(file);
	return text;
}

static int take_env_file(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	char *text = read_env_file(a, value, e), *end;

	if (!text)
		return -1;
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* the byte order mark that some editors leave */
		text += 3;
	for (unsigned int number = 1; *text != '\0'; number++) {
		end = text + strcspn(text, "\n");
		if (*end == '\n')
			*end++ = '\0';
		if (add_line(a, text, e) < 0)
			return err_within(e, "line %u", number);
		text = end;
	}
	return 0;
}

/* ---- user ---- */

/* Ids above are (uid_t)-1, "leave it as it is" to the kernel, or wrap round to others. */
#define ID_MAX 4294967294u

/* A user or group: a number, or a name if it does not begin as a number would. */
static int check_id(const char *text, const char *what, struct error *e)
{
	uint64_t id;

	if (*text == '\0')
		return err_set(e, 0, "the %s is empty (UID or NAME, and perhaps :GID or :GROUP)",
			       what);
	if (strchr("0123456789+-", *text)) {
		if (number_unsigned(text, 0, ID_MAX, &id, e) < 0)
			return err_within(e, "the %s", what);
		return 0;
	}
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(":,/", *p))
			return err_set(e, 0, "the %s is neither a number nor a name", what);
	return 0;
}

/*
 * Also two numbers stay a text to be looked up: the home directory is what the root filesystem's passwd says, as
 * are the groups of a user without a group behind him.
 */
static int take_user(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	const char *user, *group;

	if (args_split(a, value, ':', &user, &group, e) < 0 || check_id(user, "user", e) < 0 ||
	    (group && check_id(group, "group", e) < 0))
		return -1;
	return args_keep(a, value, &a->config->process.user.spec, e);
}

const struct option_row args_rows_process[] = {
	{0, "name", "ID", "Name of the container (default: mini-run- and eight random hex digits)",
	 take_name},
	{0, "hostname", "NAME", "Its host name (default: its name)", take_hostname},
	{'e', "env", "NAME[=VALUE]",
	 "Set an environment variable, or pass on the caller's; may be repeated. Else there are "
	 "PATH, HOME, HOSTNAME, and TERM with a terminal",
	 take_env},
	{0, "env-file", "FILE", "Read such lines from FILE; # begins a comment. --env wins over it",
	 take_env_file},
	{'w', "workdir", "DIR", "Directory to start in (default: /)", take_workdir},
	{'u', "user", "USER[:GROUP]",
	 "Run as this user: names of the root filesystem's own /etc/passwd and "
	 "/etc/group, or numbers (default: 0)",
	 take_user},
	{0, "umask", "MASK", "Permissions that new files do not get, octal (default: 022)",
	 take_umask},
	{0, "init", NULL, "Run a small init as PID 1 that reaps processes and forwards signals",
	 take_init},
	{0},
};
