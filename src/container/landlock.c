/*
 * landlock.c - a wall of Landlock around the command: the rules of --landlock, and with the host's network the scopes that
 * hold by default. Runs inside, in the new root, with mini-run's own privileges: restricting oneself takes no_new_privs or
 * CAP_SYS_ADMIN, and a command need not have either.
 *
 * Behind this step nothing is opened by a path any more but the command. It comes in front of the resource limits,
 * because it takes descriptors.
 *
 * A domain of Landlock cannot be joined: a process has those of the process that it was forked from, and those that it
 * adds. A process of `exec` is no child of the container's, so it is in a domain of its own, made of the same rules, beside
 * the container's. Hence
 *
 *  - neither may trace the other, nor open what the kernel guards likewise (/proc/PID/fd, root, cwd, exe, environ, maps),
 *  - with the scopes neither can reach the other's abstract sockets,
 *  - exec does without the scope for signals where the container has a PID namespace of its own, which keeps its signals in
 *    anyway: else nobody could `exec` a kill. The container's processes cannot signal those of exec.
 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "config/landlock_words.h"
#include "container/landlock.h"
#include "container/steps.h"

/*
 * The rights that a kernel can deny, the ABI that it takes, and what grants them. A right that an older kernel does not know
 * cannot be denied there (docs/kernel.md); it is not asked for, and the others hold.
 *
 * KERNEL <5.19: linking and renaming from one directory to another is always denied (EXDEV) where files are restricted.
 */
static const struct {
	uint64_t right;
	int abi;
	uint32_t access;
	bool of_files; /* else of directories alone, and the kernel refuses a rule that grants it on a file */
} rights[] = {
	{SYS_LANDLOCK_FS_EXECUTE, 1, LANDLOCK_EXECUTE, true},
	{SYS_LANDLOCK_FS_WRITE_FILE, 1, LANDLOCK_WRITE, true},
	{SYS_LANDLOCK_FS_READ_FILE, 1, LANDLOCK_READ, true},
	{SYS_LANDLOCK_FS_READ_DIR, 1, LANDLOCK_READ, false},
	{SYS_LANDLOCK_FS_REMOVE_DIR, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_REMOVE_FILE, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_CHAR, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_DIR, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_REG, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_SOCK, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_FIFO, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_BLOCK, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_MAKE_SYM, 1, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_REFER, 2, LANDLOCK_WRITE, false},
	{SYS_LANDLOCK_FS_TRUNCATE, 3, LANDLOCK_WRITE, true},
	{SYS_LANDLOCK_FS_IOCTL_DEV, 5, LANDLOCK_WRITE, true},
};

static uint64_t rights_of(uint32_t access, int abi, bool directory)
{
	uint64_t all = 0;

	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (rights[i].abi <= abi && (rights[i].access & access) &&
		    (directory || rights[i].of_files))
			all |= rights[i].right;
	return all;
}

static int paths_add(const struct inside *in, int ruleset_fd, struct error *e)
{
	__attribute__((cleanup(landlock_close))) struct landlock_places places = {0};

	if (in->config->landlock.paths_n == 0)
		return 0;
	if (landlock_resolve(in, &places, e) < 0)
		return -1;
	for (size_t i = 0; i < places.n; i++) {
		uint64_t access =
			rights_of(places.rules[i].access, in->landlock_abi, places.v[i].directory);

		if (sys_landlock_add_path(ruleset_fd, places.v[i].fd, access) < 0)
			return err_set(e, errno, "%s", places.rules[i].path);
	}
	return landlock_look_at_command(in, &places, e);
}

static int ports_add(int ruleset_fd, const struct config_landlock_ports *ports, uint64_t right,
		     struct error *e)
{
	for (size_t i = 0; i < ports->n; i++)
		if (sys_landlock_add_port(ruleset_fd, ports->v[i], right) < 0)
			return err_set(e, errno, "port %u", (unsigned int)ports->v[i]);
	return 0;
}

int landlock_enter(struct inside *in, struct error *e)
{
	const struct config_landlock *l = &in->config->landlock;
	uint64_t fs = 0, net = 0, scopes = 0;
	OWNED_FD ruleset_fd = -1;

	if (l->paths_n > 0)
		fs = rights_of(LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_EXECUTE, in->landlock_abi,
			       true);
	if (l->bind.restricted)
		net |= SYS_LANDLOCK_NET_BIND;
	if (l->connect.restricted)
		net |= SYS_LANDLOCK_NET_CONNECT;
	if (l->scope_sockets)
		scopes |= SYS_LANDLOCK_SCOPE_SOCKETS;
	if (l->scope_signals && !(in->joins && in->config->ns[NS_PID].mode == NS_NEW))
		scopes |= SYS_LANDLOCK_SCOPE_SIGNALS;
	/* Else the outside has refused what is not optional (host/landlock.c). */
	if (in->landlock_abi < SYS_LANDLOCK_ABI_SCOPES)
		scopes = 0;
	if (!fs && !net && !scopes)
		return 0;

	ruleset_fd = sys_landlock_ruleset(fs, net, scopes);
	if (ruleset_fd < 0)
		return err_set(e, errno, "make a ruleset");
	if (paths_add(in, ruleset_fd, e) < 0 ||
	    ports_add(ruleset_fd, &l->bind, SYS_LANDLOCK_NET_BIND, e) < 0 ||
	    ports_add(ruleset_fd, &l->connect, SYS_LANDLOCK_NET_CONNECT, e) < 0)
		return -1;
	if (sys_landlock_restrict(ruleset_fd) == 0)
		return 0;
	if (errno == E2BIG)
		return err_set(e, 0,
			       "16 domains of Landlock, one in the other, are the most that the "
			       "kernel takes (--landlock off adds none)");
	return err_set(e, errno, "restrict");
}
