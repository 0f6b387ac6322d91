/*
 * check_host.c - see check.h: the topics in their order, what all probes share, and the two topics
 * that come first, the kernel and the caller's privileges.
 *
 * Nothing is told by the version of the kernel that can be told by trying. Where a probe needs to
 * know what a `run` would do (the capabilities that it grants, the cgroups that it makes), it looks
 * at the configuration that the options of such a `run` give, so that the two cannot drift apart.
 */
#include "host/check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "config/from_args.h"
#include "config/names.h"
#include "host/check_private.h"
#include "host/rootless.h"

/* ---- what the probes share ---- */

static void printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			*text = '?';
}

void check_say(struct check_finding *f, enum check_status status, const char *format, ...)
{
	va_list args;

	f->status = status;
	va_start(args, format);
	vsnprintf(f->detail, sizeof(f->detail), format, args);
	va_end(args);
	printable(f->detail);
}

void check_remedy(struct check_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->remedy, sizeof(f->remedy), format, args);
	va_end(args);
	printable(f->remedy);
}

bool check_capable(const struct check *c, unsigned int number)
{
	return c->capabilities & CAPABILITY_BIT(number);
}

int check_in_child(int (*try)(const struct check_row *row), const struct check_row *row)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(try(row) & 0xff);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
}

void check_read_line(const char *path, char *ret, size_t size)
{
	struct error ignored;

	if (file_read_at(AT_FDCWD, path, ret, size, NULL, &ignored) < 0)
		*ret = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

bool check_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, " ,\n");

		if (n == length && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

int check_config(const char *const *words, struct config **ret, struct error *e)
{
	static const char *const command[] = {"true", NULL};
	struct config *c = config_new();
	struct args a = {.config = c};
	int first, n = 0;

	if (!c)
		return err_no_memory(e);
	while (words && words[n])
		n++;
	/* The words are only read. */
	if (options_parse(args_tables(&a), n, (char *const *)words, &first, e) < 0 ||
	    args_finish(&a, "/", (char *const *)command, "00000000", NULL, e) < 0) {
		config_free(c);
		return -1;
	}
	*ret = c;
	return 0;
}

/* ---- the kernel ---- */

static void probe_release(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	struct utsname u;
	char *end;
	long major, minor;

	(void)c;
	if (uname(&u) < 0) {
		check_say(f, CHECK_MISSING, "uname(2) fails: %s", strerror(errno));
		check_remedy(f, "%s", row->remedy);
		return;
	}
	major = strtol(u.release, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	check_say(f, CHECK_OK, "%s %s on %s", u.sysname, u.release, u.machine);
	if (major < 5 || (major == 5 && minor < 14)) {
		check_say(f, CHECK_MISSING, "%s %s on %s, and mini-run needs Linux 5.14 or newer",
			  u.sysname, u.release, u.machine);
		check_remedy(f, "%s", row->remedy);
	}
}

/* The kernel numbers the namespaces that it boots with (linux/proc_ns.h); all later ones are counted up. */
static bool initial_namespace(const char *path, const char *initial)
{
	char link[64];
	ssize_t n = readlink(path, link, sizeof(link) - 1);

	if (n < 0)
		return true; /* a kernel without that kind */
	link[n] = '\0';
	return strcmp(link, initial) == 0;
}

static void look_for_container(struct check *c)
{
	c->user_namespace = !initial_namespace("/proc/self/ns/user", "user:[4026531837]");
	c->contained = (c->user_namespace && !rootless_inside()) ||
		       !initial_namespace("/proc/self/ns/pid", "pid:[4026531836]") ||
		       !initial_namespace("/proc/self/ns/cgroup", "cgroup:[4026531835]");
}

static void probe_contained(const struct check *c, const struct check_row *row,
			    struct check_finding *f)
{
	if (!c->contained) {
		check_say(f, CHECK_OK, "the machine itself, not a container");
		return;
	}
	check_say(f, CHECK_LIMITED, "%s", row->lost);
	check_remedy(f, "%s", row->remedy);
}

const struct check_row check_kernel_rows[] = {
	{"release", probe_release, .required = true, .remedy = "boot a newer kernel"},
	{"host", probe_contained,
	 .lost = "this is a container itself, which decides what can be had here",
	 .remedy = "where something is missing, start the outer container with more rights, or use "
		   "the "
		   "machine itself"},
	{0},
};

/* ---- privileges ---- */

static void probe_user(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	struct rootless_switch way;

	if (rootless_inside()) {
		check_say(f, CHECK_OK, "uid %u, and root in a user namespace of its own",
			  (unsigned int)rootless_uid());
	} else if (geteuid() == 0) {
		check_say(f, CHECK_OK, "root");
	} else if (check_capable(c, CAP_SYS_ADMIN)) {
		check_say(f, CHECK_OK, "uid %u, with capabilities", (unsigned int)geteuid());
	} else {
		check_say(f, CHECK_MISSING, "uid %u, and no user namespace can be made%s%s",
			  (unsigned int)geteuid(), rootless_forbidden(&way) ? ": see " : "",
			  rootless_forbidden(&way) ? way.path : "");
		check_remedy(f, "%s", row->remedy);
	}
}

static void probe_capability(const struct check *c, const struct check_row *row,
			     struct check_finding *f)
{
	if (rootless_inside() && row->number == CAP_SYS_RESOURCE) { /* of the host's namespace */
		check_say(f, CHECK_LIMITED, "only root has it: %s", row->lost);
		check_remedy(f, "ask for what needs no raising");
		return;
	}
	if (check_capable(c, (unsigned int)row->number)) {
		check_say(f, CHECK_OK, "held");
		return;
	}
	check_say(f, row->required ? CHECK_MISSING : CHECK_LIMITED, "not held: %s", row->lost);
	if (geteuid() != 0)
		check_remedy(f, "run it as root");
	else
		check_remedy(f, "start mini-run with it%s", row->remedy ? row->remedy : "");
}

/* In a user namespace the capabilities can be there and the right not: groups may be denied, ids not mapped. */
static int try_identity(const struct check_row *row)
{
	(void)row;
	if (setgroups(0, NULL) < 0 && !(errno == EPERM && rootless_inside())) /* with one id denied */
		return errno;
	return setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ? errno : 0;
}

static void probe_identity(const struct check *c, const struct check_row *row,
			   struct check_finding *f)
{
	int no = check_in_child(try_identity, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK, "user and groups can be set");
		return;
	}
	check_say(f, CHECK_MISSING, "user and groups cannot be set (%s): %s", strerror(no),
		  row->lost);
	check_remedy(f, "%s", geteuid() != 0 ? "run it as root" : row->remedy);
}

/* A process can only grant what it has itself; a start leaves the others out, with a warning. */
static void probe_grants(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	uint64_t lacking = c->config->process.capabilities.permitted & ~c->capabilities;
	char names[CHECK_TEXT - 128] = "";
	size_t at = 0;

	(void)row;
	if (lacking == 0) {
		check_say(f, CHECK_OK, "all that a container gets by default");
		return;
	}
	for (unsigned int i = 0; i < CAPABILITIES && at < sizeof(names); i++)
		if (lacking & CAPABILITY_BIT(i))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
					       at ? " " : "", names_capability_of(i));
	check_say(f, CHECK_LIMITED, "containers do without, for mini-run has not got: %s", names);
	if (geteuid() != 0)
		check_remedy(f, "run it as root");
	else
		check_remedy(f, "start mini-run with them, or leave them out by --cap-drop");
}

const struct check_row check_privilege_rows[] = {
	{"user", probe_user, .required = true, .remedy = "run it as root: sudo mini-run run ..."},
	{"CAP_SYS_ADMIN", probe_capability, .required = true, .number = CAP_SYS_ADMIN,
	 .lost = "no namespace, mount or cgroup can be made"},
	{"CAP_SETUID", probe_capability, .number = CAP_SETUID, .lost = "--user fails, but for root",
	 .remedy = ", or run commands as root"},
	{"CAP_SETGID", probe_capability, .required = true, .number = CAP_SETGID,
	 .lost = "the command's groups cannot be set"},
	{"identity", probe_identity, .required = true, .lost = "no command can be started",
	 .remedy = "in a user namespace have the id 0 mapped and setgroups allowed (by newuidmap "
		   "and newgidmap)"},
	{"CAP_SETPCAP", probe_capability, .required = true, .number = CAP_SETPCAP,
	 .lost = "the capabilities of the command cannot be bounded"},
	{"CAP_MKNOD", probe_capability, .required = true, .number = CAP_MKNOD,
	 .lost = "the nodes of /dev cannot be made"},
	{"to grant", probe_grants, .required = false},
	{"CAP_NET_ADMIN", probe_capability, .number = CAP_NET_ADMIN,
	 .lost = "--network none fails, for its loopback interface cannot be set up",
	 .remedy = ", or use the host's network"},
	{"CAP_SYS_RESOURCE", probe_capability, .number = CAP_SYS_RESOURCE,
	 .lost = "--ulimit above the hard limit, and --oom-score-adj below the present one, fail",
	 .remedy = ", or ask for what needs no raising"},
	{"CAP_SYS_PTRACE", probe_capability, .number = CAP_SYS_PTRACE,
	 .lost = "namespaces of other users' processes cannot be joined by /proc/PID/ns",
	 .remedy = ", or name the namespace by a file that it is bound to"},
	{0},
};

/* ---- all topics ---- */

static const struct {
	const char *topic;
	const struct check_row *rows;
} topics[] = {
	{"kernel", check_kernel_rows},
	{"privileges", check_privilege_rows},
	{"namespaces", check_namespace_rows},
	{"cgroups", check_cgroup_rows},
	{"system calls", check_call_rows},
	{"seccomp", check_seccomp_rows},
	{"security modules", check_security_rows},
	{"files", check_file_rows},
	{"without root", check_rootless_rows},
};

#define TOPICS (sizeof(topics) / sizeof(topics[0]))

static void look(const struct check *c, struct check_findings *ret)
{
	for (size_t t = 0; t < TOPICS; t++)
		for (const struct check_row *row = topics[t].rows; row->name; row++) {
			struct check_finding *f = &ret->v[ret->n++];

			f->topic = topics[t].topic;
			f->name = row->name;
			row->probe(c, row, f);
			f->fatal = row->required && f->status == CHECK_MISSING;
		}
}

int check_host(const char *state_root, struct check_findings *ret, struct error *e)
{
	struct check c = {.state_root = state_root};
	struct config *config = NULL;
	size_t n = 0;

	look_for_container(&c);
	if (sys_capget_permitted(&c.capabilities) < 0)
		return err_set(e, errno, "capget");
	if (cgroup_survey(&c.cgroups, e) < 0 || check_config(NULL, &config, e) < 0)
		return -1;
	c.config = config;
	for (size_t t = 0; t < TOPICS; t++)
		for (const struct check_row *row = topics[t].rows; row->name; row++)
			n++;
	*ret = (struct check_findings){.v = calloc(n, sizeof(*ret->v))};
	if (ret->v)
		look(&c, ret);
	config_free(config);
	return ret->v ? 0 : err_no_memory(e);
}

void check_end(struct check_findings *findings)
{
	free(findings->v);
	*findings = (struct check_findings){0};
}
