/*
 * test_notify.c - host/notify.c: what of a container's notifications gets to the service manager.
 */
#include "tree_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "host/notify.h"

static void filtered(const char *from, size_t n, const char *wanted)
{
	char text[NOTIFY_MOST];

	memcpy(text, from, n);
	n = notify_filter(text, n);
	text[n] = '\0';
	assert_string_equal(text, wanted);
	assert_int_equal(n, strlen(wanted));
}

#define FILTERED(from, wanted) filtered(from, sizeof(from) - 1, wanted)

static void passes(void **state)
{
	(void)state;
	FILTERED("READY=1", "READY=1");
	FILTERED("READY=1\n", "READY=1");
	FILTERED("READY=1\nSTATUS=all is well", "READY=1\nSTATUS=all is well");
	FILTERED("RELOADING=1\nMONOTONIC_USEC=1234", "RELOADING=1\nMONOTONIC_USEC=1234");
	FILTERED("STOPPING=1", "STOPPING=1");
	FILTERED("WATCHDOG=1", "WATCHDOG=1");
	FILTERED("WATCHDOG=trigger", "WATCHDOG=trigger");
	FILTERED("EXTEND_TIMEOUT_USEC=5000000", "EXTEND_TIMEOUT_USEC=5000000");
	FILTERED("ERRNO=2\nBUSERROR=a.b.c", "ERRNO=2\nBUSERROR=a.b.c");
}

static void does_not_pass(void **state)
{
	(void)state;
	FILTERED("", "");
	FILTERED("\n\n\n", "");
	FILTERED("MAINPID=1", "");
	FILTERED("MAINPID=1\nREADY=1\nNOTIFYACCESS=all", "READY=1");
	FILTERED("READY=1\nMAINPID=1\nSTATUS=x", "READY=1\nSTATUS=x");
	FILTERED("FDSTORE=1\nFDNAME=x\nFDPOLL=0", "");
	FILTERED("FDSTOREREMOVE=1\nBARRIER=1\nWATCHDOG_USEC=1\nMAINPIDFDID=1\nX_OF_ITS_OWN=1", "");
	/* Nearly what passes. */
	FILTERED("READY=0", "");
	FILTERED("READY=1 ", "");
	FILTERED(" READY=1", "");
	FILTERED("READY=1\r\nREADY=", "");
	FILTERED("READY=1\0MAINPID=1", "");
	FILTERED("\0\nREADY=1", "READY=1");
	FILTERED("STATUS=", "");
	FILTERED("status=x", "");
}

/* Managers print it, and it must not become a second assignment on the way. */
static void status_is_printable(void **state)
{
	(void)state;
	FILTERED("STATUS=a\033]0;x\007b\tc\177\rMAINPID=1", "STATUS=a?]0;x?b?c??MAINPID=1");
	FILTERED("STATUS=a\0MAINPID=1", "STATUS=a?MAINPID=1");
	FILTERED("STATUS=gr\303\274n", "STATUS=gr\303\274n");
}

/* Nothing is written behind the bytes that there are. */
static void full(void **state)
{
	char text[NOTIFY_MOST];

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(notify_filter(text, sizeof(text)), 0);
	memset(text, 'x', sizeof(text));
	memcpy(text, "STATUS=", 7);
	assert_int_equal(notify_filter(text, sizeof(text)), sizeof(text));
}

/* ---- the relay ---- */

static int manager, proxy, client;
static char where[100];

static int sockets(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int pair[2];

	if (tree_make(state) < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	client = pair[0];
	proxy = pair[1];
	snprintf(where, sizeof(where), "%s/root/manager", tree);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", where);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	return bind(manager, (struct sockaddr *)&address, sizeof(address));
}

static int sockets_end(void **state)
{
	close(manager);
	close(client);
	close(proxy);
	return tree_remove(state);
}

static void heard(const char *wanted)
{
	char text[NOTIFY_MOST + 1];
	ssize_t n = recv(manager, text, sizeof(text), 0);

	if (!wanted) {
		assert_int_equal(n, -1);
		return;
	}
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(text, wanted, strlen(wanted));
}

static void say(const char *text, size_t n)
{
	assert_int_equal(send(client, text, n, 0), n);
}

static void relays(void **state)
{
	static char long_text[NOTIFY_MOST + 1];

	(void)state;
	say("READY=1\nMAINPID=1", 17);
	notify_relay(proxy, where);
	heard("READY=1");
	heard(NULL);

	/* As much as there may be, and one more. */
	memset(long_text, 'x', sizeof(long_text));
	memcpy(long_text, "READY=1\nSTATUS=", 15);
	say(long_text, NOTIFY_MOST + 1);
	notify_relay(proxy, where);
	heard(NULL);
	say(long_text, NOTIFY_MOST);
	notify_relay(proxy, where);
	assert_int_equal(recv(manager, long_text, sizeof(long_text), 0), NOTIFY_MOST);

	/* An empty one is not the end. */
	say("", 0);
	say("STOPPING=1", 10);
	notify_relay(proxy, where);
	heard("STOPPING=1");
	notify_relay(-1, NULL);
}

/* A descriptor that comes along is closed, for which a barrier waits. */
static void descriptors_are_closed(void **state)
{
	char byte = '\n', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr m = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	*head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				 .cmsg_type = SCM_RIGHTS,
				 .cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(head), &ends[1], sizeof(int));
	assert_int_equal(sendmsg(client, &m, 0), 1);
	close(ends[1]);
	notify_relay(proxy, where);
	heard(NULL);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* end-of-file: nobody has the other end */
	close(ends[0]);
}

/* Nobody there, or nobody who takes anything: it comes back. */
static void manager_is_gone(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		(void)!send(client, "READY=1", 7, 0);
		notify_relay(proxy, where);
	}
	heard("READY=1");
	say("READY=1", 7);
	notify_relay(proxy, "/no/such/socket");
	say("READY=1", 7);
	notify_relay(proxy, "@nobody-listens-here");
}

#define RELAY_TEST(f) cmocka_unit_test_setup_teardown(f, sockets, sockets_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(does_not_pass),
		cmocka_unit_test(status_is_printable),
		cmocka_unit_test(full),
		RELAY_TEST(relays),
		RELAY_TEST(descriptors_are_closed),
		RELAY_TEST(manager_is_gone),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
