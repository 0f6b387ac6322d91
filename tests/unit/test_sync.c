/*
 * test_sync.c - sync/sync.c: what a peer may send, and what a hostile one does.
 *
 * Every test has a fresh pair: pair[0] receives, pair[1] sends. Each ends with as many
 * descriptors open as there were before it, whatever was sent.
 */
#include "tree_fixture.h"

#include <stdio.h>

#include "sync/sync.h"

#define HEADER offsetof(struct sync_message, u)

static int pair[2] = {-1, -1};

static int pair_make(void **state)
{
	struct error failed;

	(void)state;
	descriptors_before = count_descriptors();
	return sync_open(pair, &failed);
}

static int pair_end(void **state)
{
	int now;

	(void)state;
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	for (; children_n > 0; children_n--) {
		(void)kill(children[children_n - 1], SIGKILL);
		(void)waitpid(children[children_n - 1], NULL, 0);
	}
	now = count_descriptors();
	if (now == descriptors_before)
		return 0;
	print_error("%d descriptors were left open\n", now - descriptors_before);
	return -1;
}

static size_t right_size(uint32_t type)
{
	switch (type) {
	case SYNC_ERROR:
	case SYNC_HOOK_ERROR:
	case SYNC_WARNING:
		return HEADER + sizeof(struct error);
	case SYNC_TRACE:
		return HEADER + sizeof(struct sync_trace);
	case SYNC_EXEC_ERROR:
		return HEADER + sizeof(int32_t);
	default:
		return HEADER;
	}
}

/* Sends @size bytes with @n copies of descriptor 0, past sync_send and its rules. */
static void send_raw(const void *bytes, size_t size, size_t n)
{
	struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(64 * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int zeros[64] = {0};

	assert_true(n <= COUNT(zeros));
	if (n > 0) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), zeros, n * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	assert_int_equal(sendmsg(pair[1], &message, MSG_NOSIGNAL), (ssize_t)size);
}

/* What was sent is refused, and the next message arrives all the same. */
static void check_refused(const char *what)
{
	struct sync_message m;
	int fd = -1;

	if (sync_receive(pair[0], &m, &fd, &e) == 0)
		fail_msg("%s: taken", what);
	assert_int_equal(e.no, EBADMSG);
	assert_int_equal(fd, -1);
	OK(sync_send_type(pair[1], SYNC_GO, &e));
	OK(sync_receive(pair[0], &m, &fd, &e));
	assert_int_equal(m.type, SYNC_GO);
	assert_int_equal(fd, -1);
}

static void every_type(void **state)
{
	struct sync_message sent, got;
	int fd = 99;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fcntl(pair[i], F_GETFD), FD_CLOEXEC);
	for (uint32_t type = SYNC_GO; type < SYNC_TYPES; type++) {
		memset(&sent, 0, sizeof(sent));
		sent.type = type;
		if (type == SYNC_ERROR || type == SYNC_HOOK_ERROR || type == SYNC_WARNING) {
			sent.u.error = (struct error){.no = -7, .status = 126};
			memset(sent.u.error.text, 'e', ERROR_TEXT - 1);
		} else if (type == SYNC_TRACE) {
			sent.u.trace.nanoseconds = INT64_MIN;
			memset(sent.u.trace.name, 'n', SYNC_TRACE_NAME - 1);
		} else if (type == SYNC_EXEC_ERROR) {
			sent.u.exec_errno = EACCES;
		}
		OK(sync_send(pair[1], &sent, -1, &e));
		memset(&got, 0, sizeof(got));
		fd = 99;
		OK(sync_receive(pair[0], &got, type % 2 ? &fd : NULL, &e));
		assert_memory_equal(&got, &sent, sizeof(sent));
		assert_int_equal(fd, type % 2 ? -1 : 99);
		/* Nothing else is on the way, in either direction. */
		assert_int_equal(recv(pair[0], &got, sizeof(got), MSG_DONTWAIT), -1);
		assert_int_equal(recv(pair[1], &got, sizeof(got), MSG_DONTWAIT), -1);
	}
}

static void wrong_sizes(void **state)
{
	static char bytes[sizeof(struct sync_message) + 64];
	char what[64];

	(void)state;
	for (uint32_t type = SYNC_GO; type < SYNC_TYPES; type++)
		for (size_t size = 1; size <= sizeof(bytes); size++) {
			if (size == right_size(type))
				continue;
			memcpy(bytes, &type, sizeof(type));
			send_raw(bytes, size, size % 3);
			snprintf(what, sizeof(what), "type %u with %zu bytes", type, size);
			check_refused(what);
		}
}

static void wrong_types(void **state)
{
	static const uint32_t types[] = {SYNC_END,	SYNC_TYPES, SYNC_TYPES + 1, 255,
					 256 + SYNC_GO, 0x01000000, 0x80000000,	    UINT32_MAX};
	struct sync_message m = {0};
	char what[64];

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t size = HEADER; size <= sizeof(m); size += 8) {
			m.type = types[i];
			send_raw(&m, size, i % 2);
			snprintf(what, sizeof(what), "type %u with %zu bytes", m.type, size);
			check_refused(what);
		}
}

/* The errno comes from a program in the container. */
static void wrong_errnos(void **state)
{
	static const int32_t wrong[] = {0, -1, -EACCES, 4096, INT32_MAX, INT32_MIN};
	struct sync_message m = {.type = SYNC_EXEC_ERROR};
	char what[64];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		m.u.exec_errno = wrong[i];
		send_raw(&m, SYNC_EXEC_ERROR_SIZE, 0);
		snprintf(what, sizeof(what), "errno %d", wrong[i]);
		check_refused(what);
	}
	for (int32_t no = 1; no <= 4095; no += 4094) {
		m.u.exec_errno = no;
		OK(sync_send(pair[1], &m, -1, &e));
		OK(sync_receive(pair[0], &m, NULL, &e));
		assert_int_equal(m.type, SYNC_EXEC_ERROR);
		assert_int_equal(m.u.exec_errno, no);
	}
}

static void one_descriptor(void **state)
{
	struct sync_message m = {.type = SYNC_CONSOLE};
	OWNED_FD sent = open("/dev/null", O_RDWR | O_CLOEXEC), got = -1;
	struct stat st, other;

	(void)state;
	OK(sync_send(pair[1], &m, sent, &e));
	OK(sync_receive(pair[0], &m, &got, &e));
	assert_int_equal(m.type, SYNC_CONSOLE);
	assert_true(got >= 0 && got != sent);
	assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(got, &st), 0);
	assert_int_equal(fstat(sent, &other), 0);
	assert_int_equal(st.st_rdev, other.st_rdev);
	assert_int_equal(st.st_ino, other.st_ino);
}

static void descriptor_not_due(void **state)
{
	struct sync_message m = {0}, got;
	int before = count_descriptors();

	(void)state;
	for (uint32_t type = SYNC_GO; type < SYNC_TYPES; type++)
		for (size_t n = 1; n <= 64; n++) {
			m.type = type;
			send_raw(&m, right_size(type), n);
			assert_int_equal(sync_receive(pair[0], &got, NULL, &e), -1);
			assert_int_equal(e.no, EBADMSG);
			assert_int_equal(count_descriptors(), before);
		}
	OK(sync_send_type(pair[1], SYNC_ARMED, &e));
	OK(sync_receive(pair[0], &got, NULL, &e));
	assert_int_equal(got.type, SYNC_ARMED);
}

/* The first is taken and the others are closed; where the kernel had to cut the list the message is refused. */
static void several_descriptors(void **state)
{
	struct sync_message m = {.type = SYNC_CONSOLE}, got;
	int before = count_descriptors(), taken = 0, refused = 0;

	(void)state;
	for (size_t n = 2; n <= 64; n++) {
		int fd = -1;

		send_raw(&m, HEADER, n);
		if (sync_receive(pair[0], &got, &fd, &e) == 0) {
			assert_int_equal(got.type, SYNC_CONSOLE);
			assert_true(fd >= 0);
			assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
			assert_int_equal(count_descriptors(), before + 1);
			fd_close(&fd);
			assert_int_equal(refused, 0);
			taken++;
		} else {
			assert_int_equal(e.no, EBADMSG);
			assert_int_equal(fd, -1);
			refused++;
		}
		assert_int_equal(count_descriptors(), before);
	}
	assert_true(refused > 50);
	assert_int_equal(taken + refused, 63);
}

/* With no room in the table of descriptors the kernel drops what came. */
static void no_room_for_descriptor(void **state)
{
	struct sync_message m = {.type = SYNC_CONSOLE}, got;
	struct rlimit limit, low;
	int fd = -1, result;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)dup(0);
	close((int)low.rlim_cur);
	OK(sync_send(pair[1], &m, 0, &e));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	result = sync_receive(pair[0], &got, &fd, &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(result, -1);
	assert_int_equal(e.no, EBADMSG);
	assert_int_equal(fd, -1);
}

static void end_of_file(void **state)
{
	struct sync_message m;
	int fd = 99;

	(void)state;
	OK(sync_send_type(pair[1], SYNC_ARMED, &e));
	fd_close(&pair[1]);
	OK(sync_receive(pair[0], &m, NULL, &e));
	assert_int_equal(m.type, SYNC_ARMED);
	for (int i = 0; i < 3; i++) {
		fd = 99;
		OK(sync_receive(pair[0], &m, &fd, &e));
		assert_int_equal(m.type, SYNC_END);
		assert_int_equal(fd, -1);
		OK(sync_receive(pair[0], &m, NULL, &e));
		assert_int_equal(m.type, SYNC_END);
	}
	/* Without SIGPIPE, which would end this program. */
	assert_int_equal(sync_send_type(pair[0], SYNC_GO, &e), -1);
	assert_int_equal(e.no, EPIPE);
	assert_non_null(strstr(e.text, "send to the other side"));
}

/* The other side dies with our message unread: what it said before is heard first. */
static void reset(void **state)
{
	struct sync_message m = {.type = SYNC_ERROR, .u.error = {.no = 5, .text = "why"}};

	(void)state;
	OK(sync_send(pair[1], &m, -1, &e));
	OK(sync_send_type(pair[0], SYNC_GO, &e));
	fd_close(&pair[1]);
	memset(&m, 0, sizeof(m));
	OK(sync_receive(pair[0], &m, NULL, &e));
	assert_int_equal(m.type, SYNC_ERROR);
	assert_string_equal(m.u.error.text, "why");
	OK(sync_receive(pair[0], &m, NULL, &e));
	assert_int_equal(m.type, SYNC_END);
}

/* The same with nothing said: the receiver sleeps when it happens. */
static void reset_while_waiting(void **state)
{
	struct sync_message m;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		close(pair[0]);
		/* Until there is something unread; then die without reading it. */
		_exit(recv(pair[1], &m, sizeof(m), MSG_PEEK) < 0);
	}
	assert_true(pid > 0);
	children[children_n++] = pid;
	fd_close(&pair[1]);
	OK(sync_send_type(pair[0], SYNC_GO, &e));
	OK(sync_receive(pair[0], &m, NULL, &e));
	assert_int_equal(m.type, SYNC_END);
}

static bool is_printable(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return length < size;
}

static void text(void **state)
{
	struct sync_message m = {.type = SYNC_ERROR}, got;

	(void)state;
	/* Unterminated. */
	memset(m.u.error.text, 'A', ERROR_TEXT);
	OK(sync_send(pair[1], &m, -1, &e));
	OK(sync_receive(pair[0], &got, NULL, &e));
	assert_int_equal(strnlen(got.u.error.text, ERROR_TEXT), ERROR_TEXT - 1);
	/* Each byte there is. */
	for (int i = 1; i < 256; i++)
		m.u.error.text[i - 1] = (char)i;
	m.u.error.text[255] = '\0';
	OK(sync_send(pair[1], &m, -1, &e));
	OK(sync_receive(pair[0], &got, NULL, &e));
	for (int i = 1; i < 256; i++)
		assert_int_equal((unsigned char)got.u.error.text[i - 1],
				 i < 0x20 || i == 0x7f ? '?' : i);
	assert_int_equal(got.u.error.text[255], '\0');

	memset(&m, 0, sizeof(m));
	m.type = SYNC_TRACE;
	memset(m.u.trace.name, '\033', SYNC_TRACE_NAME);
	m.u.trace.nanoseconds = -1;
	OK(sync_send(pair[1], &m, -1, &e));
	OK(sync_receive(pair[0], &got, NULL, &e));
	assert_int_equal(strspn(got.u.trace.name, "?"), SYNC_TRACE_NAME - 1);
	assert_true(is_printable(got.u.trace.name, SYNC_TRACE_NAME));
	assert_int_equal(got.u.trace.nanoseconds, -1);
}

static uint64_t seed = 12345;

static unsigned int draw(unsigned int below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned int)(seed >> 33) % below;
}

/* Random bytes of random length with random descriptors: refused, or a message that keeps every promise. */
static void random_bytes(void **state)
{
	static unsigned char bytes[sizeof(struct sync_message) + 100];
	int before = count_descriptors(), taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t type = draw(SYNC_TYPES + 2);
		size_t size = draw(2) ? right_size(type) : 1 + draw(sizeof(bytes));
		struct sync_message got;
		int fd = -1;

		for (size_t k = 0; k < size; k++)
			bytes[k] = (unsigned char)draw(256);
		if (draw(4))
			memcpy(bytes, &type, sizeof(type));
		send_raw(bytes, size, draw(3) ? 0 : draw(8));
		if (sync_receive(pair[0], &got, draw(2) ? &fd : NULL, &e) < 0) {
			assert_int_equal(e.no, EBADMSG);
			assert_int_equal(fd, -1);
			continue;
		}
		taken++;
		assert_in_range(got.type, SYNC_END + 1, SYNC_TYPES - 1);
		if (got.type == SYNC_ERROR || got.type == SYNC_HOOK_ERROR)
			assert_true(is_printable(got.u.error.text, ERROR_TEXT));
		if (got.type == SYNC_TRACE)
			assert_true(is_printable(got.u.trace.name, SYNC_TRACE_NAME));
		fd_close(&fd);
	}
	assert_true(taken > 1000);
	assert_int_equal(count_descriptors(), before);
}

static void no_socket(void **state)
{
	struct sync_message m;

	(void)state;
	assert_int_equal(sync_receive(-1, &m, NULL, &e), -1);
	assert_int_equal(e.no, EBADF);
	assert_int_equal(sync_send_type(-1, SYNC_GO, &e), -1);
	assert_int_equal(e.no, EBADF);
}

#define PAIR_TEST(f) cmocka_unit_test_setup_teardown(f, pair_make, pair_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(every_type),		PAIR_TEST(wrong_sizes),
		PAIR_TEST(wrong_types),		PAIR_TEST(wrong_errnos),
		PAIR_TEST(one_descriptor),	PAIR_TEST(descriptor_not_due),
		PAIR_TEST(several_descriptors), PAIR_TEST(no_room_for_descriptor),
		PAIR_TEST(end_of_file),		PAIR_TEST(reset),
		PAIR_TEST(reset_while_waiting), PAIR_TEST(text),
		PAIR_TEST(random_bytes),	PAIR_TEST(no_socket),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
