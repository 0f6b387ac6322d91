/*
 * spec.c - mini-run spec: a config.json to begin with.
 *
 * It has the shape that the other runtimes' `spec` has given it, because tools and suites edit that file and expect
 * to find its members. The two forms are one text with parts that only one of them has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

struct spec_options {
	const char *bundle, *file;
	bool rootless;
};

static int take_bundle(void *into, const char *value, struct error *e)
{
	struct spec_options *o = into;

	o->bundle = value;
	return *value ? 0 : err_set(e, 0, "the name of the directory is empty");
}

static int take_file(void *into, const char *value, struct error *e)
{
	struct spec_options *o = into;

	o->file = value;
	return *value ? 0 : err_set(e, 0, "the name of the file is empty");
}

static int take_rootless(void *into, const char *value, struct error *e)
{
	struct spec_options *o = into;

	(void)value;
	(void)e;
	o->rootless = true;
	return 0;
}

static const struct option_row rows[] = {
	{'b', "bundle", "DIR", "Where the file is written (default: the current directory)",
	 take_bundle},
	{'f', "file", "FILE", "Its name (default: config.json)", take_file},
	{0, "rootless", NULL,
	 "For a caller who is not root: a user namespace, the host's network, no limits",
	 take_rootless},
	{0},
};

static const char usage[] = "Usage: mini-run spec [OPTIONS]\n"
			    "\n"
			    "Writes a config.json that runs sh in the root filesystem rootfs "
			    "beside it, to be edited. A file that\n"
			    "is there already is left alone.\n";

static const char closing[] = "\n"
			      "Exit status: 0; 1 when mini-run failed.\n"
			      "\n"
			      "Examples:\n"
			      "  mini-run spec --bundle ./web\n";

static const char process_part[] =
	"{\n"
	"\t\"ociVersion\": \"1.3.0\",\n"
	"\t\"process\": {\n"
	"\t\t\"terminal\": true,\n"
	"\t\t\"user\": {\n"
	"\t\t\t\"uid\": 0,\n"
	"\t\t\t\"gid\": 0\n"
	"\t\t},\n"
	"\t\t\"args\": [\n"
	"\t\t\t\"sh\"\n"
	"\t\t],\n"
	"\t\t\"env\": [\n"
	"\t\t\t\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
	"\t\t\t\"TERM=xterm\"\n"
	"\t\t],\n"
	"\t\t\"cwd\": \"/\",\n"
	"\t\t\"capabilities\": {\n"
	"\t\t\t\"bounding\": [\n"
	"\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
	"\t\t\t\t\"CAP_KILL\",\n"
	"\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
	"\t\t\t],\n"
	"\t\t\t\"effective\": [\n"
	"\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
	"\t\t\t\t\"CAP_KILL\",\n"
	"\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
	"\t\t\t],\n"
	"\t\t\t\"permitted\": [\n"
	"\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
	"\t\t\t\t\"CAP_KILL\",\n"
	"\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
	"\t\t\t]\n"
	"\t\t},\n"
	"\t\t\"rlimits\": [\n"
	"\t\t\t{\n"
	"\t\t\t\t\"type\": \"RLIMIT_NOFILE\",\n"
	"\t\t\t\t\"hard\": 1024,\n"
	"\t\t\t\t\"soft\": 1024\n"
	"\t\t\t}\n"
	"\t\t],\n"
	"\t\t\"noNewPrivileges\": true\n"
	"\t},\n"
	"\t\"root\": {\n"
	"\t\t\"path\": \"rootfs\",\n"
	"\t\t\"readonly\": true\n"
	"\t},\n"
	"\t\"hostname\": \"mini-run\",\n";

static const char masks_part[] = "\t\t\"maskedPaths\": [\n"
				 "\t\t\t\"/proc/acpi\",\n"
				 "\t\t\t\"/proc/asound\",\n"
				 "\t\t\t\"/proc/kcore\",\n"
				 "\t\t\t\"/proc/keys\",\n"
				 "\t\t\t\"/proc/latency_stats\",\n"
				 "\t\t\t\"/proc/timer_list\",\n"
				 "\t\t\t\"/proc/timer_stats\",\n"
				 "\t\t\t\"/proc/sched_debug\",\n"
				 "\t\t\t\"/sys/firmware\",\n"
				 "\t\t\t\"/proc/scsi\"\n"
				 "\t\t],\n"
				 "\t\t\"readonlyPaths\": [\n"
				 "\t\t\t\"/proc/bus\",\n"
				 "\t\t\t\"/proc/fs\",\n"
				 "\t\t\t\"/proc/irq\",\n"
				 "\t\t\t\"/proc/sys\",\n"
				 "\t\t\t\"/proc/sysrq-trigger\"\n"
				 "\t\t]\n"
				 "\t}\n"
				 "}\n";

struct spec_mount {
	const char *destination, *type, *source;
	const char *options; /* parted by commas; NULL: none */
};

static const struct spec_mount mounts[] = {
	{"/proc", "proc", "proc", NULL},
	{"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
	{"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
	{"/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
	{NULL, NULL, NULL, NULL},
};

/* In a user namespace with one id: there is no group 5, and a sysfs can be had only by a bind mount of the host's. */
static const struct spec_mount mounts_rootless[] = {
	{"/proc", "proc", "proc", NULL},
	{"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"},
	{"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
	{"/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro"},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
	{NULL, NULL, NULL, NULL},
};

static void add_options(struct text *t, const char *options)
{
	text_add(t, ",\n\t\t\t\"options\": [");
	for (const char *at = options; *at != '\0';) {
		size_t length = strcspn(at, ",");

		text_add(t, "%s\n\t\t\t\t\"%.*s\"", at == options ? "" : ",", (int)length, at);
		at += length + (at[length] == ',');
	}
	text_add(t, "\n\t\t\t]");
}

static void add_mounts(struct text *t, const struct spec_mount *m)
{
	text_add(t, "\t\"mounts\": [");
	for (const struct spec_mount *at = m; at->destination; at++) {
		text_add(t,
			 "%s\n\t\t{\n"
			 "\t\t\t\"destination\": \"%s\",\n"
			 "\t\t\t\"type\": \"%s\",\n"
			 "\t\t\t\"source\": \"%s\"",
			 at == m ? "" : ",", at->destination, at->type, at->source);
		if (at->options)
			add_options(t, at->options);
		text_add(t, "\n\t\t}");
	}
	text_add(t, "\n\t],\n");
}

static void add_map(struct text *t, const char *name, unsigned int id)
{
	text_add(t,
		 "\t\t\"%s\": [\n"
		 "\t\t\t{\n"
		 "\t\t\t\t\"containerID\": 0,\n"
		 "\t\t\t\t\"hostID\": %u,\n"
		 "\t\t\t\t\"size\": 1\n"
		 "\t\t\t}\n"
		 "\t\t],\n",
		 name, id);
}

static void add_namespaces(struct text *t, bool rootless)
{
	static const char *const rootful_names[] = {"pid",   "network", "ipc", "uts",
						    "mount", "cgroup",	NULL};
	static const char *const rootless_names[] = {"pid",    "ipc",  "uts", "mount",
						     "cgroup", "user", NULL};
	const char *const *names = rootless ? rootless_names : rootful_names;

	text_add(t, "\t\t\"namespaces\": [");
	for (const char *const *name = names; *name; name++)
		text_add(t, "%s\n\t\t\t{\n\t\t\t\t\"type\": \"%s\"\n\t\t\t}",
			 name == names ? "" : ",", *name);
	text_add(t, "\n\t\t],\n");
}

static void add_spec(struct text *t, bool rootless)
{
	text_add(t, "%s", process_part);
	add_mounts(t, rootless ? mounts_rootless : mounts);
	text_add(t, "\t\"linux\": {\n");
	if (rootless) {
		add_map(t, "uidMappings", geteuid());
		add_map(t, "gidMappings", getegid());
	} else {
		text_add(t, "\t\t\"resources\": {\n"
			    "\t\t\t\"devices\": [\n"
			    "\t\t\t\t{\n"
			    "\t\t\t\t\t\"allow\": false,\n"
			    "\t\t\t\t\t\"access\": \"rwm\"\n"
			    "\t\t\t\t}\n"
			    "\t\t\t]\n"
			    "\t\t},\n");
	}
	add_namespaces(t, rootless);
	text_add(t, "%s", masks_part);
}

static int write_spec(const struct spec_options *o, struct error *e)
{
	OWNED_FD dir = open(o->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWNED_TEXT t = {0};

	if (dir < 0)
		return err_set(e, errno, "--bundle: open directory %s", o->bundle);
	add_spec(&t, o->rootless);
	if (!text_ok(&t))
		return err_no_memory(e);
	if (file_create_at(dir, o->file, t.bytes, 0666, e) == 0)
		return 0;
	return e->no == EEXIST ? err_set(e, 0, "%s exists (remove it first)", o->file) : -1;
}

int cli_spec(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct spec_options o = {.bundle = ".", .file = "config.json"};
	const struct cli_form form = {.usage = usage, .closing = closing, .rows = rows, .into = &o};
	OWNED_MEMORY char **words = NULL;
	int n;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	return cli->help ? 0 : write_spec(&o, e);
}
