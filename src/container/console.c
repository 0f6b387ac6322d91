/*
 * console.c - the session and the terminal. Runs inside.
 *
 * The container never shares the caller's terminal: what runs on it could type into the caller's shell
 * (TIOCSTI) or change its modes. It leads a session of its own, and with a terminal gets a pty from its own
 * devpts. The master goes outside, where mini-run copies bytes. The peer comes from TIOCGPTPEER, so that no
 * path in /dev/pts is trusted (CVE-2025-52565).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/steps.h"
#include "sync/sync.h"

int session_start(struct inside *in, struct error *e)
{
	if (in->stdin_fd >= 0 && dup2(in->stdin_fd, STDIN_FILENO) < 0)
		return err_set(e, errno, "take stdin");
	if (setsid() < 0)
		return err_set(e, errno, "setsid");
	return 0;
}

/* ptmx of the container's own devpts. */
static int ptmx_open(const struct inside *in)
{
	const struct config *c = in->config;

	/* A further process has mounted nothing. */
	for (size_t i = in->joins ? 0 : c->mounts_n; i-- > 0;)
		if (!c->mounts[i].bind && strcmp(c->mounts[i].destination, "/dev/pts") == 0)
			return openat(in->mount_fds[i], "ptmx",
				      O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	return path_open_in(in->slash_fd, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
}

static int pty_open(struct inside *in, int *ret_master, int *ret_peer, struct error *e)
{
	OWNED_FD master = ptmx_open(in);
	OWNED_FD peer = -1;
	struct statfs fs;
	int unlock = 0;

	if (master < 0)
		return err_set(e, errno, "open /dev/pts/ptmx");
	if (fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return err_set(e, ENOTTY, "/dev/pts/ptmx is not in a devpts");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_set(e, errno, "unlock the pty");
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		return err_set(e, errno, "open the pty's peer");
	if (fchown(peer, in->uid, (gid_t)-1) < 0)
		return err_set(e, errno, "give the pty to user %u", in->uid);
	*ret_master = fd_give(&master);
	*ret_peer = fd_give(&peer);
	return 0;
}

/* The peer once more as /dev/console, a mount of that one file. */
static int console_attach(struct inside *in, int peer, struct error *e)
{
	OWNED_FD dev = dev_open(in);
	OWNED_FD place = -1, tree = -1;

	if (dev < 0)
		return err_set(e, errno, "open /dev (a link there is not followed)");
	place = openat(dev, "console",
		       O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (place < 0)
		return err_set(e, errno, "make /dev/console");
	tree = sys_open_tree(peer, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_move_mount(tree, place) < 0)
		return err_set(e, errno, "attach the terminal to /dev/console");
	return 0;
}

int console_open(struct inside *in, struct error *e)
{
	const struct config_process *p = &in->config->process;
	struct sync_message m = {.type = SYNC_CONSOLE};
	OWNED_FD master = -1, peer = -1;

	if (!p->terminal)
		return 0;
	if (pty_open(in, &master, &peer, e) < 0 || (!in->joins && console_attach(in, peer, e) < 0))
		return -1; /* /dev/console is the first process's */
	if (p->console_height != 0 && p->console_width != 0) {
		struct winsize size = {
			.ws_row = (unsigned short)p->console_height,
			.ws_col = (unsigned short)p->console_width,
		};

		if (ioctl(peer, TIOCSWINSZ, &size) < 0)
			return err_set(e, errno, "set the terminal's size");
	}
	if (sync_send(in->sync_fd, &m, master, e) < 0)
		return -1;
	if (ioctl(peer, TIOCSCTTY, 0) < 0)
		return err_set(e, errno, "make the pty the controlling terminal");
	for (int fd = 0; fd <= (in->keep_stderr ? 1 : 2); fd++)
		if (dup2(peer, fd) < 0)
			return err_set(e, errno, "put the terminal on descriptor %d", fd);
	return 0;
}
