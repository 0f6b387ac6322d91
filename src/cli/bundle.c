/*
 * bundle.c - see bundle.h.
 */
#include "cli/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "config/from_oci.h"
#include "config/json.h"
#include "host/activation.h"
#include "host/userns.h"

#define DESCRIPTORS_MOST 1024

static int take_bundle(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the directory is empty");
	o->bundle = value;
	return 0;
}

static int take_config(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the file is empty");
	o->file = value;
	return 0;
}

static int take_console_socket(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the socket is empty");
	o->run.console_socket = value;
	return 0;
}

static int take_pidfd_socket(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the socket is empty");
	o->run.pidfd_socket = value;
	return 0;
}

static int take_pid_file(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	if (*value == '\0')
		return err_set(e, 0, "the name of the file is empty");
	o->run.pid_file = value;
	return 0;
}

static int take_preserve_fds(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	return number_unsigned(value, 0, DESCRIPTORS_MOST, &o->preserve_fds, e);
}

static int take_no_pivot(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	(void)value;
	(void)e;
	o->no_pivot = true;
	return 0;
}

static int take_no_new_keyring(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	(void)value;
	(void)e;
	o->no_new_keyring = true;
	return 0;
}

static int take_detach(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	(void)value;
	(void)e;
	o->detach = true;
	return 0;
}

static int take_keep(void *into, const char *value, struct error *e)
{
	struct bundle_options *o = into;

	(void)value;
	(void)e;
	o->keep = true;
	return 0;
}

/* mini-run never makes itself a subreaper, so that there is nothing to turn off. */
static int take_no_subreaper(void *into, const char *value, struct error *e)
{
	(void)into;
	(void)value;
	(void)e;
	return 0;
}

const struct option_row bundle_rows[] = {
	{'b', "bundle", "DIR",
	 "The bundle: a directory with a config.json (default: the current one)", take_bundle},
	{'f', "config", "FILE",
	 "Read the configuration from FILE instead of the bundle's config.json", take_config},
	{0, "console-socket", "SOCKET",
	 "Send the terminal's master to the unix socket SOCKET (process.terminal)",
	 take_console_socket},
	{0, "pidfd-socket", "SOCKET",
	 "Send a pidfd of the container's PID 1 to the unix socket SOCKET", take_pidfd_socket},
	{0, "preserve-fds", "N", "Pass descriptors 3 to 2 + N on to the container", take_preserve_fds},
	{0, "no-pivot", NULL,
	 "Move the root filesystem over / instead of pivot_root(2), which an initramfs refuses",
	 take_no_pivot},
	{0, "no-new-keyring", NULL, "Keep the caller's session keyring", take_no_new_keyring},
	{0},
};

const struct option_row bundle_run_rows[] = {
	{'d', "detach", NULL,
	 "Return when the command runs; the container stays until it is deleted", take_detach},
	{0, "keep", NULL, "Keep the container's state behind its end, until it is deleted", take_keep},
	{0, "no-subreaper", NULL, "Taken for the habit: mini-run is no subreaper", take_no_subreaper},
	{0},
};

const struct option_row bundle_pid_rows[] = {
	{0, "pid-file", "FILE",
	 "Write the process id of the container's PID 1, as the host sees it, to FILE", take_pid_file},
	{0},
};

int descriptors_check(uint64_t n, struct error *e)
{
	for (int fd = 3; fd < 3 + (int)n; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return err_set(e, errno, "--preserve-fds %llu: descriptor %d",
				       (unsigned long long)n, fd);
	return 0;
}

/* The bundle as an absolute path without links: the state keeps it, and its name may change its meaning later. */
static int bundle_find(struct config *c, const char *bundle, struct error *e)
{
	char *path = realpath(bundle ? bundle : ".", NULL);

	if (!path)
		return err_set(e, errno, "bundle %s", bundle ? bundle : ".");
	c->bundle = arena_copy(&c->arena, path);
	free(path);
	return c->bundle ? 0 : err_no_memory(e);
}

static int text_read(const struct config *c, struct bundle_options *o, size_t *ret_length,
		     struct error *e)
{
	const char *file = o->file;
	OWNED_FD fd = -1;

	if (!file) {
		file = arena_format((struct arena *)&c->arena, "%s/config.json", c->bundle);
		if (!file)
			return err_no_memory(e);
	}
	fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		err_set(e, errno, "open %s", file);
		return e->no == ENOENT && !o->file ? err_hint(e, "a bundle is a directory with a "
								 "config.json; mini-run spec "
								 "writes one")
						   : -1;
	}
	return file_read_regular(fd, file, JSON_SIZE_MAX, &o->text, ret_length, e);
}

static int terminal_check(const struct config *c, const struct bundle_options *o, bool detached,
			  struct error *e)
{
	if (c->process.terminal && detached && !o->run.console_socket)
		return err_set(
			e, 0, "process.terminal: a detached container needs --console-socket for it");
	if (o->run.console_socket && !c->process.terminal)
		return err_set(e, 0, "--console-socket: process.terminal of config.json is not true");
	if (o->run.console_socket && !detached)
		return err_set(e, 0, "--console-socket is for create and run --detach");
	return 0;
}

int bundle_read(struct cli *cli, struct bundle_options *o, const char *id, struct config *c,
		struct error *e)
{
	unsigned int listen_fds = 0;
	size_t length = 0;

	c->id = id;
	if (bundle_find(c, o->bundle, e) < 0 || text_read(c, o, &length, e) < 0)
		return -1;
	if (config_from_oci(c, o->text, length, e) < 0)
		return err_within(e, "%s", o->file ? o->file : "config.json");
	c->no_pivot = o->no_pivot;
	c->no_new_keyring = o->no_new_keyring;
	if (cli_cgroup_manager(cli, c, e) < 0 || activation_prepare(c, &listen_fds, e) < 0 ||
	    userns_settle(c, NULL, &cli->global, e) < 0 || config_check(c, e) < 0)
		return -1;
	if (descriptors_check(listen_fds + o->preserve_fds, e) < 0)
		return -1;
	o->run.global = &cli->global;
	o->run.tty = TTY_OFF;
	o->run.keep_fds = listen_fds + (unsigned int)o->preserve_fds;
	o->run.config_text = o->text;
	o->run.keep = o->keep;
	return terminal_check(c, o, o->run.mode != RUN_FOREGROUND, e);
}

void bundle_end(struct bundle_options *o)
{
	free(o->text);
	o->text = NULL;
}
