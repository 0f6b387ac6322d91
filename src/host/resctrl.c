/*
 * resctrl.c - cache and memory bandwidth classes of the resctrl filesystem (docs.kernel.org, filesystems/resctrl). Runs
 * outside: the class is made before the container's process, which is put into it before "go".
 *
 *	MOUNT/schemata, tasks		the default class, closID "/"
 *	MOUNT/CLASS/schemata, tasks	the class closID, or where that is not given the container's own
 *	.../mon_groups/ID/tasks		a group of a class, to be measured by itself (enableMonitoring)
 *
 * What is removed at the end is what was made for this container alone: its own class and its monitoring group. A class
 * with a name of its own stays, whoever made it, as the specification wants it; only where its start fails before
 * anybody could use it does what was just made go again.
 */
#include "host/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/text.h"

#define SCHEMATA_MOST 65536

/* ---- where ---- */

static int mount_find(char *ret, size_t size, struct error *e)
{
	struct mountinfo *m = malloc(sizeof(*m));
	struct mountinfo_entry entry;
	bool end = false, found = false;
	int result;

	if (!m)
		return err_no_memory(e);
	result = mountinfo_open(m, "/proc/self/mountinfo", e);
	if (result == 0) {
		while ((result = mountinfo_next(m, &entry, &end, e)) == 0 && !end && !found)
			if (strcmp(entry.type, "resctrl") == 0 && strcmp(entry.root, "/") == 0) {
				snprintf(ret, size, "%s", entry.mount_point);
				found = true;
			}
		mountinfo_close(m);
	}
	free(m);
	if (result < 0)
		return -1;
	return found ? 0
		     : err_set(e, 0,
			       "no resctrl filesystem is mounted (it takes a processor with "
			       "such classes, and mount -t resctrl resctrl /sys/fs/resctrl)");
}

static int path_join(char *ret, const char *dir, const char *name, struct error *e)
{
	int n = snprintf(ret, RESCTRL_PATH, "%s/%s", dir, name);

	return n < 0 || n >= RESCTRL_PATH ? err_set(e, ENAMETOOLONG, "%.100s", name) : 0;
}

/* Why the kernel refused the last change, in its own words. */
static int with_reason(const char *mount, struct error *e)
{
	char path[RESCTRL_PATH], text[256];

	if (path_join(path, mount, "info/last_cmd_status", &(struct error){0}) < 0 ||
	    file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return *text && strcmp(text, "ok") != 0 ? err_hint(e, "%s", text) : -1;
}

/* ---- schemata ---- */

static bool has_schema(const struct config_intel_rdt *rdt)
{
	return rdt->l3_cache_schema || rdt->mem_bw_schema || rdt->schemata.n > 0;
}

/* Adds the lines of @text, but none for the bandwidth where another field has it. */
static void lines_add(struct text *t, const char *text, bool bandwidth)
{
	for (const char *at = text; *at != '\0';) {
		size_t length = strcspn(at, "\n");

		if (length > 0 && (bandwidth || strncmp(at, "MB:", 3) != 0))
			text_add(t, "%.*s\n", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

/* The two parts of what a class is to have: @fields of l3CacheSchema and memBwSchema, in this order, and schemata. */
static int schemata_make(const struct config_intel_rdt *rdt, struct text *fields,
			 struct text *lines, struct error *e)
{
	if (rdt->mem_bw_schema &&
	    (strncmp(rdt->mem_bw_schema, "MB:", 3) != 0 || strchr(rdt->mem_bw_schema, '\n')))
		return err_set(e, 0, "memBwSchema: not one line that begins with \"MB:\"");
	for (size_t i = 0; i < rdt->schemata.n; i++)
		if (strchr(rdt->schemata.v[i], '\n'))
			return err_set(e, 0, "schemata: more than one line in one entry");
	if (rdt->l3_cache_schema)
		lines_add(fields, rdt->l3_cache_schema, !rdt->mem_bw_schema);
	if (rdt->mem_bw_schema)
		lines_add(fields, rdt->mem_bw_schema, true);
	for (size_t i = 0; i < rdt->schemata.n; i++)
		lines_add(lines, rdt->schemata.v[i], true);
	return text_ok(fields) && text_ok(lines) ? 0 : err_no_memory(e);
}

/* The value of domain @domain in a line "DOMAIN=VALUE;...", without leading blanks and zeros. Its length, 0: none. */
static size_t value_find(const char *line, const char *domain, size_t length, const char **ret)
{
	for (const char *at = line; *at != '\0' && *at != '\n';) {
		size_t all = strcspn(at, ";\n"), name;

		while (*at == ' ' && all > 0)
			at++, all--;
		name = strcspn(at, "=;\n");
		if (name < all && name == length && strncmp(at, domain, length) == 0) {
			const char *value = at + name + 1;
			size_t n = all - name - 1;

			while (n > 1 && (*value == ' ' || *value == '0'))
				value++, n--;
			*ret = value;
			return n;
		}
		at += all + (at[all] == ';');
	}
	return 0;
}

/* The part behind the colon of the line for @name ("L3", padded with blanks in the file), or NULL. */
static const char *line_find(const char *schemata, const char *name, size_t length)
{
	for (const char *at = schemata; *at != '\0';) {
		at += strspn(at, " ");
		if (strncmp(at, name, length) == 0 && at[length] == ':')
			return at + length + 1;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return NULL;
}

/* Whether a class has the values that are wanted: each domain of each line of @wanted. */
static int schemata_compare(const char *wanted, const char *have, struct error *e)
{
	for (const char *line = wanted; *line != '\0';) {
		size_t all = strcspn(line, "\n"), name = strcspn(line, ":\n");
		const char *other = line[name] == ':' ? line_find(have, line, name) : NULL;

		for (const char *at = line + name + 1; other && at < line + all;) {
			size_t domain = strcspn(at, "=;\n");
			const char *value, *theirs;
			size_t n = value_find(at, at, domain, &value);

			if (n == 0 || value_find(other, at, domain, &theirs) != n ||
			    strncasecmp(value, theirs, n) != 0)
				other = NULL;
			at += strcspn(at, ";\n");
			at += *at == ';';
		}
		if (!other)
			return err_set(e, EEXIST, "the class has other values than \"%.*s\"",
				       (int)(all < 100 ? all : 100), line);
		line += all + (line[all] == '\n');
	}
	return 0;
}

static int schemata_check(const char *class, const char *wanted, struct error *e)
{
	char path[RESCTRL_PATH];
	OWNED_MEMORY char *have = NULL;
	OWNED_FD fd = -1;
	size_t length;

	if (path_join(path, class, "schemata", e) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s", path);
	if (file_read_regular(fd, path, SCHEMATA_MOST, &have, &length, e) < 0)
		return -1;
	return schemata_compare(wanted, have, e);
}

static int schemata_write(const char *mount, const char *class, const char *text, struct error *e)
{
	char path[RESCTRL_PATH];

	if (path_join(path, class, "schemata", e) < 0)
		return -1;
	return file_write_at(AT_FDCWD, path, text, e) < 0 ? with_reason(mount, e) : 0;
}

/* ---- the class and the group ---- */

/* A name of one directory, and none that resctrl has for other things. */
static bool is_class_name(const char *name)
{
	static const char *const others[] = {".", "..", "info", "mon_data", "mon_groups"};

	if (*name == '\0' || strchr(name, '/') || strchr(name, '\n'))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return true;
}

/*
 * Makes the directory of the class or finds it there, to the rules of config-linux.md: a class that is named has to
 * be there, unless there is something to be written to it; the container's own has not.
 */
static int class_make(const struct config *c, const char *mount, const char *class, bool *ret_made,
		      struct error *e)
{
	const struct config_intel_rdt *rdt = &c->intel_rdt;
	struct stat st;

	*ret_made = false;
	if (!rdt->clos_id || has_schema(rdt)) {
		if (mkdir(class, 0755) == 0) {
			*ret_made = true;
			return 0;
		}
		if (errno != EEXIST || !rdt->clos_id) {
			err_set(e, errno, "make class %s", class);
			return with_reason(mount, e);
		}
	}
	if (stat(class, &st) < 0)
		return err_set(e, errno, "closID: class %s", class);
	return S_ISDIR(st.st_mode) ? 0 : err_set(e, ENOTDIR, "closID: class %s", class);
}

static int monitor_make(const struct config *c, const char *mount, const char *class, char *ret,
			struct error *e)
{
	char groups[RESCTRL_PATH], path[RESCTRL_PATH];

	if (path_join(groups, class, "mon_groups", e) < 0 || path_join(path, groups, c->id, e) < 0)
		return -1;
	if (mkdir(path, 0755) < 0) {
		err_set(e, errno, "enableMonitoring: make %s", path);
		return with_reason(mount, e);
	}
	memcpy(ret, path, sizeof(path));
	return 0;
}

/* A class that was there before must have the fields already; "schemata" is written in any case, and last. */
static int class_fill(struct resctrl *r, const struct config *c, const char *mount, bool made,
		      struct error *e)
{
	OWNED_TEXT fields = {0}, lines = {0};

	if (schemata_make(&c->intel_rdt, &fields, &lines, e) < 0)
		return -1;
	if (fields.length > 0 && (made ? schemata_write(mount, r->tasks, fields.bytes, e)
				       : schemata_check(r->tasks, fields.bytes, e)) < 0)
		return -1;
	/* Two writes: in one the kernel would not take a resource that both parts name. */
	if (lines.length > 0 && schemata_write(mount, r->tasks, lines.bytes, e) < 0)
		return -1;
	return c->intel_rdt.enable_monitoring ? monitor_make(c, mount, r->tasks, r->monitor, e) : 0;
}

static int make(struct resctrl *r, const struct config *c, const char *mount, struct error *e)
{
	const struct config_intel_rdt *rdt = &c->intel_rdt;
	const char *name = rdt->clos_id ? rdt->clos_id : c->id;
	bool made = false, is_default = rdt->clos_id && strcmp(rdt->clos_id, "/") == 0;
	char class[RESCTRL_PATH];

	if (!is_default && !is_class_name(name))
		return err_set(e, 0, "closID \"%.100s\": not the name of a class", name);
	if (is_default) {
		if ((size_t)snprintf(class, sizeof(class), "%s", mount) >= sizeof(class))
			return err_set(e, ENAMETOOLONG, "%.100s", mount);
	} else if (path_join(class, mount, name, e) < 0 || class_make(c, mount, class, &made, e) < 0) {
		return -1;
	}
	memcpy(r->tasks, class, sizeof(class));
	if (class_fill(r, c, mount, made, e) < 0) {
		if (made)
			(void)rmdir(class); /* nobody is in it yet */
		*r = (struct resctrl){0};
		return -1;
	}
	if (made && !rdt->clos_id)
		memcpy(r->clos, class, sizeof(class));
	return 0;
}

int resctrl_make(struct resctrl *r, const struct config *c, const char *mount, struct error *e)
{
	char found[RESCTRL_PATH];

	*r = (struct resctrl){0};
	if (!c->intel_rdt.set)
		return 0;
	if ((!mount && mount_find(found, sizeof(found), e) < 0) ||
	    make(r, c, mount ? mount : found, e) < 0)
		return err_within(e, "linux.intelRdt");
	return 0;
}

/* ---- processes, and the end ---- */

static int enter(const char *dir, pid_t pid, struct error *e)
{
	char path[RESCTRL_PATH], digits[16];

	snprintf(digits, sizeof(digits), "%d", (int)pid);
	if (path_join(path, dir, "tasks", e) < 0)
		return -1;
	return file_write_at(AT_FDCWD, path, digits, e);
}

int resctrl_join(const struct resctrl *r, pid_t pid, struct error *e)
{
	if (r->tasks[0] == '\0')
		return 0;
	/* A group to be measured takes only tasks of its class, so that comes first. */
	if (enter(r->tasks, pid, e) < 0 || (r->monitor[0] != '\0' && enter(r->monitor, pid, e) < 0))
		return err_within(e, "linux.intelRdt");
	return 0;
}

int resctrl_remove(const struct resctrl *r, struct error *e)
{
	/* The group first: with its class it would go too, and its own removal find nothing. */
	if ((r->monitor[0] != '\0' && rmdir(r->monitor) < 0 && errno != ENOENT) ||
	    (r->clos[0] != '\0' && rmdir(r->clos) < 0 && errno != ENOENT))
		return err_set(e, errno, "linux.intelRdt: remove %s",
			       r->clos[0] != '\0' ? r->clos : r->monitor);
	return 0;
}
