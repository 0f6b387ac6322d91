/*
 * show.c - see show.h. Runs outside.
 */
#include "host/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "host/user.h"

/* The name of the owner in the host's own list of users; "#1000" for one who is not in it. */
static char *owner_name(uint32_t uid)
{
	OWNED_FD slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char number[16], *name = slash < 0 ? NULL : user_name(slash, uid);

	snprintf(number, sizeof(number), "#%u", uid);
	return name ? name : strdup(number);
}

/* Where config.json is. A container of the command line has no bundle but its state directory. */
static char *bundle_path(const struct record *r, const char *root)
{
	char *path;

	if (*r->bundle)
		return strdup(r->bundle);
	return asprintf(&path, "%s/%s", root, r->id) < 0 ? NULL : path;
}

int show_begin(struct show *s, const struct record *r, const char *root, struct error *e)
{
	*s = (struct show){.record = r, .status = record_status(r)};
	if (s->status != RECORD_STOPPED)
		s->pid = r->pid;
	s->owner = owner_name(r->owner);
	s->bundle = bundle_path(r, root);
	if (!s->owner || !s->bundle)
		return err_no_memory(e);
	if (record_config(r, &s->config, e) < 0) {
		s->config = NULL;
		/* One that is being made, or was killed then. */
		return e->no == ENOENT && !r->complete ? 0 : -1;
	}
	return 0;
}

void show_end(struct show *s)
{
	free(s->owner);
	free(s->bundle);
	config_free(s->config);
}

/* The separators of the two forms: in front of a member, behind its colon. */
struct form {
	const char *open, *next, *colon, *close;
};

static void add_string(struct text *t, const char *before, const char *name, const char *colon,
		       const char *value)
{
	text_add(t, "%s\"%s\"%s", before, name, colon);
	text_add_json(t, value);
}

static void add_annotations(struct text *t, const struct config *c, const char *before,
			    const struct form *f, const char *indent)
{
	if (!c || c->annotations_n == 0)
		return;
	text_add(t, "%s\"annotations\"%s", before, f->colon);
	for (size_t i = 0; i < c->annotations_n; i++) {
		text_add(t, "%s%s", i == 0 ? f->open : f->next, indent);
		text_add_json(t, c->annotations[i].key);
		text_add(t, "%s", f->colon);
		text_add_json(t, c->annotations[i].value);
	}
	text_add(t, "%s%s}", *indent ? "\n" : "", indent);
}

void show_json(const struct show *s, bool indented, struct text *t)
{
	static const struct form lines = {"{\n  ", ",\n  ", ": ", "\n}"}, line = {"{", ",", ":", "}"};
	const struct form *f = indented ? &lines : &line;
	const struct record *r = s->record;

	add_string(t, f->open, "ociVersion", f->colon, *r->oci_version ? r->oci_version : "1.0.0");
	add_string(t, f->next, "id", f->colon, r->id);
	text_add(t, "%s\"pid\"%s%d", f->next, f->colon, (int)s->pid);
	add_string(t, f->next, "status", f->colon, record_status_name(s->status));
	add_string(t, f->next, "bundle", f->colon, s->bundle);
	add_string(t, f->next, "rootfs", f->colon, r->rootfs);
	/* Go's zero time, where nothing was written yet: readers want a time. */
	add_string(t, f->next, "created", f->colon,
		   *r->created ? r->created : "0001-01-01T00:00:00Z");
	add_annotations(t, s->config, f->next, f, indented ? "  " : "");
	add_string(t, f->next, "owner", f->colon, s->owner);
	text_add(t, "%s", f->close);
}
