/*
 * test_console_socket.c - host/console_socket.c: what the receiver of a terminal sees, and what is said about a socket
 * that is not one, or that nobody listens at.
 */
#include "tree_fixture.h"

#include <sys/ioctl.h>

#include "host/console_socket.h"

static char path[2048];

static const char *in_tree(const char *name)
{
	snprintf(path, sizeof(path), "%s/root/%s", tree, name);
	return path;
}

/* A socket of @type at TREE/root/NAME that listens, however long the name of its directory is. */
static int listen_at(const char *directory, const char *name, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD dir = openat(root_fd, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (type != SOCK_DGRAM && listen(fd, 1) < 0))
		fail_msg("listen at %s: %s", name, strerror(errno));
	return fd;
}

static void refused(const char *name, int no, const char *words)
{
	int fd = 77;

	assert_int_equal(unix_connect(in_tree(name), &fd, &e), -1);
	assert_int_equal(fd, 77);
	assert_int_equal(e.no, no);
	if (!strstr(e.text, words) || !strstr(e.text, path))
		fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

/* What arrives with one message: the bytes, and the descriptors' number. */
static ssize_t receive(int fd, char *bytes, size_t size, int *ret_fd, bool *ret_more)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = size};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;

	*ret_fd = -1;
	*ret_more = h && (h->cmsg_len != CMSG_LEN(sizeof(int)) || CMSG_NXTHDR(&m, h));
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(h), sizeof(int));
	return n;
}

/* [CLI-1] The pty's master arrives, and is the same file. */
static void terminal(void **state)
{
	OWNED_FD listener = listen_at(".", "console", SOCK_STREAM);
	OWNED_FD connected = -1, accepted = -1, master = -1, got = -1;
	struct stat sent_st, got_st;
	unsigned int sent_number, got_number;
	char bytes[64] = {0};
	bool more;

	(void)state;
	OK(unix_connect(in_tree("console"), &connected, &e));
	assert_true(fcntl(connected, F_GETFD) & FD_CLOEXEC);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(master >= 0);
	OK(descriptor_send(connected, "/dev/ptmx", master, &e));
	fd_close(&connected);

	assert_int_equal(receive(accepted, bytes, sizeof(bytes), &got, &more), 9);
	assert_string_equal(bytes, "/dev/ptmx");
	assert_true(got >= 0);
	assert_false(more);
	assert_int_equal(fstat(master, &sent_st), 0);
	assert_int_equal(fstat(got, &got_st), 0);
	assert_true(sent_st.st_ino == got_st.st_ino && sent_st.st_dev == got_st.st_dev);
	assert_int_equal(ioctl(master, TIOCGPTN, &sent_number), 0);
	assert_int_equal(ioctl(got, TIOCGPTN, &got_number), 0);
	assert_int_equal(sent_number, got_number);
	assert_int_equal(read(accepted, bytes, sizeof(bytes)), 0); /* and nothing else */
}

/* A receiver that has gone is an error, and no SIGPIPE. */
static void receiver_gone(void **state)
{
	OWNED_FD listener = listen_at(".", "console", SOCK_STREAM), connected = -1, null = -1;

	(void)state;
	OK(unix_connect(in_tree("console"), &connected, &e));
	close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(descriptor_send(connected, "/dev/ptmx", null, &e), -1);
	assert_int_equal(e.no, EPIPE);
	assert_string_equal(e.text, "send a descriptor: Broken pipe");
	assert_int_equal(descriptor_send(connected, "/dev/ptmx", -1, &e), -1);
}

/* Engines keep their sockets below directories with long names; sun_path has 108 bytes. */
static void long_path(void **state)
{
	char directory[700];
	size_t lengths[] = {70, 150, 600};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		OWNED_FD listener = -1, connected = -1, accepted = -1;

		memset(directory, 'd', lengths[i]);
		for (size_t at = 200; at < lengths[i]; at += 200)
			directory[at] = '/';
		directory[lengths[i]] = '\0';
		snprintf(path, sizeof(path), "%s/x", directory);
		put_parents(path);
		listener = listen_at(directory, "socket-of-a-container", SOCK_STREAM);
		snprintf(path, sizeof(path), "%s/root/%s/socket-of-a-container", tree, directory);
		OK(unix_connect(path, &connected, &e));
		accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_true(accepted >= 0);
	}
	memset(directory, 'n', 200);
	directory[200] = '\0';
	refused(directory, ENOENT, "connect to socket");
}

/* One whose path has exactly as many bytes as the address, or one more or less. */
static void path_at_the_edge(void **state)
{
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);

	(void)state;
	for (size_t length = room - 2; length <= room + 1; length++) {
		OWNED_FD listener = -1, connected = -1;
		char name[200] = {0};

		memset(name, 'n', length - strlen(tree) - strlen("/root/"));
		listener = listen_at(".", name, SOCK_STREAM);
		assert_int_equal(strlen(in_tree(name)), length);
		OK(unix_connect(path, &connected, &e));
	}
}

static void no_socket(void **state)
{
	OWNED_FD datagrams = listen_at(".", "datagrams", SOCK_DGRAM);
	OWNED_FD packets = listen_at(".", "packets", SOCK_SEQPACKET);
	int fd = 77;

	(void)state;
	refused("missing", ENOENT, "No such file or directory");
	refused("missing/socket", ENOENT, "No such file or directory");
	put("file", "");
	refused("file", ECONNREFUSED, "(the file is no socket)");
	put_dir("dir");
	refused("dir", ECONNREFUSED, "(the file is no socket)");
	refused("file/socket", ENOTDIR, "Not a directory");
	put_socket("closed");
	refused("closed", ECONNREFUSED, "(nobody listens there)");
	refused("datagrams", EPROTOTYPE, "(it must be a SOCK_STREAM socket)");
	refused("packets", EPROTOTYPE, "(it must be a SOCK_STREAM socket)");
	assert_int_equal(unix_connect("", &fd, &e), -1);
	assert_int_equal(e.no, ENOENT);
	assert_int_equal(fd, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(terminal),  TREE_TEST(receiver_gone),	   TREE_TEST(long_path),
		TREE_TEST(no_socket), TREE_TEST(path_at_the_edge),
	};

	return cmocka_run_group_tests_name("console_socket", tests, NULL, NULL);
}
