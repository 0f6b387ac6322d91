/*
 * user.c - see user.h. Runs outside, on files that the container's author wrote.
 *
 * Each file is opened inside the root, never waited for (a FIFO is refused), and read whole up to a bound.
 * Lines that are malformed are passed over, as getpwent(3) does.
 */
#include "host/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include "base/sys.h"

#define FILE_LIMIT (4 << 20)   /* bytes of passwd or group that are read */
#define ID_MAX	   4294967294U /* (uid_t)-1 means "no change" to the kernel */

/* Where the files are: in the root filesystem, unless the layer over it has its own. */
struct roots {
	int upper_fd, root_fd; /* upper_fd -1: there is no layer */
};

/* Whether the directory hides what the root filesystem has in it ("opaque", in the kernel's overlayfs.rst). */
static bool is_opaque(int dir_fd)
{
	char value[2];

	return fgetxattr(dir_fd, "trusted.overlay.opaque", value, sizeof(value)) > 0 ||
	       fgetxattr(dir_fd, "user.overlay.opaque", value, sizeof(value)) > 0;
}

/*
 * Who has /etc/@name, as the two are seen together: *ret_fd the layer's own, or -1; *ret_below: the root filesystem's is
 * not hidden. A link in the layer may lead anywhere, also to what only the root filesystem has: that cannot be told here.
 */
static int look_in_layer(int upper_fd, const char *name, int *ret_fd, bool *ret_below,
			 struct error *e)
{
	OWNED_FD etc = sys_openat2(upper_fd, "etc", O_RDONLY | O_DIRECTORY, 0,
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	struct stat st;

	*ret_fd = -1;
	*ret_below = false;
	if (etc < 0 && errno == ENOENT)
		*ret_below = true;
	if (etc < 0) /* ENOTDIR: removed, and a mark stands in its place */
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_set(e, errno, "open /etc of the layer");
	if (fstatat(etc, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_set(e, errno, "/etc/%s of the layer", name);
		*ret_below = !is_opaque(etc);
		return 0;
	}
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		return 0; /* removed */
	*ret_fd = sys_openat2(etc, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
			      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return *ret_fd < 0 ? err_set(e, errno, "open /etc/%s of the layer", name) : 0;
}

/* The contents, or NULL in *ret where there is no such file. @path: in /etc. */
static int read_inside(struct roots r, const char *path, char **ret, struct error *e)
{
	OWNED_FD fd = -1;
	bool below = true;
	size_t length;

	*ret = NULL;
	if (r.upper_fd >= 0 && look_in_layer(r.upper_fd, path + strlen("/etc/"), &fd, &below, e) < 0)
		return -1;
	if (fd < 0 && !below)
		return 0;
	if (fd < 0)
		fd = path_open_regular(r.root_fd, path);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_set(e, errno, "open %s of the root filesystem", path);
	return file_read_regular(fd, path, FILE_LIMIT, ret, &length, e);
}

/* Cuts the next line off *@at, then its fields at colons. Returns how many fields, -1 at the end. */
static int next_line(char **at, char *fields[], int max)
{
	char *line = *at, *field;
	int n = 0;

	if (!line || !*line)
		return -1;
	*at = strchr(line, '\n');
	if (*at)
		*(*at)++ = '\0';
	while (n < max && (field = strsep(&line, ":")) != NULL)
		fields[n++] = field;
	return n;
}

static bool id_of(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (number_unsigned(text, 0, ID_MAX, &value, &(struct error){0}) < 0)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Fills @u from passwd; *ret_name is the listed name (malloc'ed), NULL for a number that is not listed. */
static int find_user(struct roots r, const char *wanted, struct user *u, char **ret_name,
		     struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	bool number = is_number(wanted), found = false;
	char *fields[7], *at;
	uint32_t uid = 0;
	int n;

	*ret_name = NULL;
	if (number && !id_of(wanted, &uid))
		return err_set(e, 0, "user %s: ids go from 0 to %u", wanted, ID_MAX);
	if (read_inside(r, "/etc/passwd", &text, e) < 0)
		return -1;
	u->uid = uid;
	u->gid = 0;
	for (at = text; !found && (n = next_line(&at, fields, 7)) >= 0;) {
		uint32_t listed_uid, listed_gid;

		if (n < 6 || !*fields[0] || !id_of(fields[2], &listed_uid) ||
		    !id_of(fields[3], &listed_gid))
			continue;
		if (number ? listed_uid != uid : strcmp(fields[0], wanted) != 0)
			continue;
		found = true;
		u->uid = listed_uid;
		u->gid = listed_gid;
		u->home = strdup(*fields[5] == '/' ? fields[5] : "/");
		*ret_name = strdup(fields[0]);
		if (!u->home || !*ret_name)
			return err_no_memory(e);
	}
	if (!found && !number)
		return err_set(
			e,
			0, "user %s is not in the root filesystem's /etc/passwd (a number needs no entry)",
			wanted);
	if (!u->home)
		u->home = strdup(u->uid == 0 ? "/root" : "/");
	return u->home ? 0 : err_no_memory(e);
}

static bool lists(char *members, const char *name)
{
	char *member;

	while ((member = strsep(&members, ",")) != NULL)
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

/* The groups that list @name go to u->groups. */
static int find_groups(struct roots r, const char *name, struct user *u, struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	char *fields[4], *at;
	int n;

	if (read_inside(r, "/etc/group", &text, e) < 0)
		return -1;
	for (at = text; (n = next_line(&at, fields, 4)) >= 0;) {
		uint32_t gid;

		if (n < 4 || !*fields[0] || !id_of(fields[2], &gid) || gid == u->gid ||
		    !lists(fields[3], name))
			continue;
		if (u->groups_n == USER_GROUPS)
			return err_set(e, 0, "user %s is in more than %d groups", name, USER_GROUPS);
		if (!u->groups)
			u->groups = calloc(USER_GROUPS, sizeof(*u->groups));
		if (!u->groups)
			return err_no_memory(e);
		u->groups[u->groups_n++] = gid;
	}
	return 0;
}

static int find_group(struct roots r, const char *wanted, uint32_t *ret_gid, struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	char *fields[4], *at;
	int n;

	if (is_number(wanted))
		return id_of(wanted, ret_gid)
			       ? 0
			       : err_set(e, 0, "group %s: ids go from 0 to %u", wanted, ID_MAX);
	if (read_inside(r, "/etc/group", &text, e) < 0)
		return -1;
	for (at = text; (n = next_line(&at, fields, 4)) >= 0;)
		if (n >= 3 && *fields[0] && strcmp(fields[0], wanted) == 0 &&
		    id_of(fields[2], ret_gid))
			return 0;
	return err_set(
		e, 0, "group %s is not in the root filesystem's /etc/group (a number needs no entry)",
		wanted);
}

int user_find_layered(int upper_fd, int root_fd, const char *spec, struct user *ret, struct error *e)
{
	const struct roots r = {upper_fd, root_fd};
	OWNED_MEMORY char *copy = strdup(spec), *name = NULL;
	struct user u = {0};
	char *group;
	int result;

	if (!copy)
		return err_no_memory(e);
	group = strchr(copy, ':');
	if (group)
		*group++ = '\0';
	result = find_user(r, copy, &u, &name, e);
	if (result == 0 && group)
		result = find_group(r, group, &u.gid, e);
	else if (result == 0 && name)
		result = find_groups(r, name, &u, e);
	if (result < 0) {
		user_end(&u);
		return -1;
	}
	*ret = u;
	return 0;
}

int user_find(int root_fd, const char *spec, struct user *ret, struct error *e)
{
	return user_find_layered(-1, root_fd, spec, ret, e);
}

char *user_name(int root_fd, uint32_t uid)
{
	const struct roots r = {-1, root_fd};
	char number[16], *name = NULL;
	struct user u = {0};

	snprintf(number, sizeof(number), "%u", uid);
	(void)find_user(r, number, &u, &name, &(struct error){0});
	user_end(&u);
	return name;
}

void user_end(struct user *u)
{
	free(u->groups);
	free(u->home);
	*u = (struct user){0};
}
