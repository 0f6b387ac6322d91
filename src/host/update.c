/*
 * update.c - see update.h. Runs outside.
 *
 * The configuration that the container was made from stays as it is: it is what its maker wrote, hooks included. The
 * limits that hold since are a document of their own beside it, in the form of "linux.resources".
 */
#include "host/update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "config/from_oci.h"
#include "config/json.h"
#include "config/to_oci.h"
#include "host/state.h"

/* ---- what holds ---- */

static int resources_read(const struct record *r, struct config *c, struct error *e)
{
	OWNED_FD fd = openat(r->dir_fd, STATE_RESOURCES_FILE,
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	OWNED_MEMORY char *text = NULL;
	size_t length;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open " STATE_RESOURCES_FILE);
	if (file_read_regular(fd, STATE_RESOURCES_FILE, JSON_SIZE_MAX, &text, &length, e) < 0)
		return -1;
	c->resources = (struct config_resources){0};
	return resources_from_oci(c, text, length, e);
}

static int resources_write(const struct record *r, const struct config *c, struct error *e)
{
	OWNED_TEXT t = {0};

	resources_to_oci(&c->resources, &t);
	text_add(&t, "\n");
	if (!text_ok(&t))
		return err_no_memory(e);
	return file_replace_at(r->dir_fd, STATE_RESOURCES_FILE, t.bytes, 0600, e);
}

/* ---- resctrl ---- */

/* "L3:..." or "MB:..." (config-linux.md, "IntelRdt"): lines of the class's file schemata. */
static int schema_check(const char *schema, const char *option, const char *begins, struct error *e)
{
	if (!schema || (!strchr(schema, '\n') && strncmp(schema, begins, strlen(begins)) == 0))
		return 0;
	return err_set(e, 0, "%s %.100s: not one line that begins with %s", option, schema, begins);
}

static int class_write(const struct record *r, const struct update_change *change, struct error *e)
{
	const char *l3 = change->l3_cache_schema, *mb = change->mem_bw_schema;
	OWNED_FD dir = -1;
	OWNED_TEXT t = {0};

	if (!l3 && !mb)
		return 0;
	if (r->resctrl.tasks[0] == '\0')
		return err_set(e, 0,
			       "the container is in no class of cache and memory bandwidth (its "
			       "configuration has no linux.intelRdt)");
	if (schema_check(l3, "--l3-cache-schema", "L3", e) < 0 ||
	    schema_check(mb, "--mem-bw-schema", "MB:", e) < 0)
		return -1;
	dir = open(r->resctrl.tasks, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open %s", r->resctrl.tasks);
	text_add(&t, "%s%s%s%s", l3 ? l3 : "", l3 ? "\n" : "", mb ? mb : "", mb ? "\n" : "");
	if (!text_ok(&t))
		return err_no_memory(e);
	if (file_write_at(dir, "schemata", t.bytes, e) < 0)
		return err_within(e, "%s", r->resctrl.tasks);
	return 0;
}

/* ---- both ---- */

/* Whether nothing is named: as a document it looks like none. */
static int is_empty(const struct config_resources *r, bool *ret, struct error *e)
{
	static const struct config_resources none;
	OWNED_TEXT named = {0}, nothing = {0};

	resources_to_oci(r, &named);
	resources_to_oci(&none, &nothing);
	if (!text_ok(&named) || !text_ok(&nothing))
		return err_no_memory(e);
	*ret = strcmp(named.bytes, nothing.bytes) == 0;
	return 0;
}

static int change_limits(struct record *r, struct config *c, const struct update_change *change,
			 struct error *e)
{
	bool empty = false;

	if (is_empty(&change->resources, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	if (r->cgroup.dirs_n == 0)
		return err_set(e, 0, "the container has no cgroup of its own, and so no limits");
	if (cgroup_update(&r->cgroup, r->dir_fd, c, &change->resources, e) < 0)
		return -1;
	return resources_write(r, c, e);
}

int update_resources(struct record *r, const struct update_change *change, struct error *e)
{
	enum record_status status = record_status(r);
	struct config *c;
	int result;

	if (status == RECORD_STOPPED || status == RECORD_CREATING)
		return err_set(e, 0, "container not running: it is %s", record_status_name(status));
	if (record_config(r, &c, e) < 0)
		return -1;
	/* The class first: it has one file, which the kernel takes whole or not at all. */
	result = resources_read(r, c, e);
	if (result == 0)
		result = class_write(r, change, e);
	if (result == 0)
		result = change_limits(r, c, change, e);
	config_free(c);
	return result;
}
