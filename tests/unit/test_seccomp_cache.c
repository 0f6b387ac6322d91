/*
 * test_seccomp_cache.c - host/seccomp_cache.c: when a kept program is taken, and when it is not; and what the listener of
 * a filter is sent (host/seccomp_listener.c).
 */
#include "tree_fixture.h"

#include <sys/time.h>

#include "config/from_seccomp.h"
#include "host/seccomp.h"
#include "host/seccomp_cache.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_listener.h"

static char state_root[80];
static struct global_options global = {.log_fd = -1};

static int setup(void **state)
{
	int result = tree_make(state);

	snprintf(state_root, sizeof(state_root), "%s/root/state", tree);
	global.root = state_root;
	return result;
}

#define CACHE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_remove)

static struct config *profile(const char *rest)
{
	static const struct seccomp_host host = {.kernel = "5.14.0"};
	struct config *c = config_new();
	char text[512];

	assert_non_null(c);
	snprintf(text, sizeof(text), "{\"defaultAction\":\"SCMP_ACT_ALLOW\"%s}", rest);
	OK(seccomp_from_json(c, text, strlen(text), "profile", &host, &e));
	c->id = "id";
	return c;
}

#define MKDIR ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\"}]"

static struct seccomp_key key_for(const char *rest)
{
	struct config *c = profile(rest);
	struct seccomp_key key;

	OK(seccomp_key_make(&c->seccomp, &key, &e));
	config_free(c);
	return key;
}

/* The only file of the cache, relative to the tree. */
static void cached_file(char *ret, size_t size)
{
	OWNED_FD fd = openat(root_fd, "state/.seccomp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fdopendir(dup(fd));
	struct dirent *entry;
	int n = 0;

	assert_non_null(list);
	while ((entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.' && ++n)
			snprintf(ret, size, "state/.seccomp/%.40s", entry->d_name);
	closedir(list);
	assert_int_equal(n, 1);
}

/* What a container gets, and whether that was the kept one. */
static void expect_made(const struct config *c, bool kept)
{
	struct seccomp_filter made = {0}, fresh = {0}, found = {0};
	struct seccomp_key key;
	struct error why = {0};

	OK(seccomp_key_make(&c->seccomp, &key, &e));
	assert_int_equal(seccomp_cache_find(state_root, &key, &found, &why), kept ? 0 : -1);
	seccomp_end(&found);
	OK(seccomp_make(c, &global, &made, &e));
	OK(seccomp_compile(&c->seccomp, &fresh, &e));
	assert_int_equal(made.n, fresh.n);
	assert_int_equal(made.flags, fresh.flags);
	assert_memory_equal(made.v, fresh.v, fresh.n * sizeof(*fresh.v));
	seccomp_end(&made);
	seccomp_end(&fresh);
	seccomp_key_end(&key);
}

static void kept_and_found(void **state)
{
	struct config *c = profile(MKDIR ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]");
	struct config *other = profile(MKDIR);
	char path[64];

	(void)state;
	expect_made(c, false);
	assert_int_equal(mode_of("state") & 07777, 0700);
	assert_int_equal(mode_of("state/.seccomp") & 07777, 0700);
	cached_file(path, sizeof(path));
	assert_int_equal(mode_of(path) & 07777, 0600);
	expect_made(c, true);
	expect_made(other, false);
	expect_made(other, true);
	expect_made(c, true);
	assert_int_equal(entries_of(root_fd, "state/.seccomp"), 2);
	config_free(other);
	config_free(c);
}

/* Everything that the program depends on makes another key, and where the listener is does not. */
static void keys(void **state)
{
	static const char *const different[] = {
		"",
		MKDIR,
		",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":"
		"1}]",
		",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRACE\"}]",
		",\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\"}]",
		",\"syscalls\":[{\"names\":[\"mkdir\",\"at\"],\"action\":\"SCMP_ACT_ERRNO\"}]",
		",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{"
		"\"index\":"
		"0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]",
		",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{"
		"\"index\":"
		"0,\"value\":1,\"op\":\"SCMP_CMP_NE\"}]}]",
		",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{"
		"\"index\":"
		"0,\"value\":1,\"valueTwo\":1,\"op\":\"SCMP_CMP_EQ\"}]}]",
		MKDIR ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\"]",
		MKDIR ",\"architectures\":[\"SCMP_ARCH_X86\"]",
	};
	struct seccomp_key v[COUNT(different)], with, without;

	(void)state;
	for (size_t i = 0; i < COUNT(different); i++) {
		v[i] = key_for(different[i]);
		for (size_t k = 0; k < i; k++)
			if (v[i].length == v[k].length &&
			    memcmp(v[i].bytes, v[k].bytes, v[i].length) == 0)
				fail_msg("one key: %s and %s", different[i], different[k]);
	}
	for (size_t i = 0; i < COUNT(different); i++)
		seccomp_key_end(&v[i]);
	without = key_for(MKDIR);
	with = key_for(MKDIR ",\"listenerPath\":\"/x\",\"listenerMetadata\":\"m\"");
	assert_int_equal(with.length, without.length);
	assert_memory_equal(with.bytes, without.bytes, with.length);
	seccomp_key_end(&with);
	seccomp_key_end(&without);
}

/* Every byte of the file altered, one at a time; then cut off everywhere, and with something behind it. */
static void damaged(void **state)
{
	struct config *c = profile(MKDIR);
	struct seccomp_filter found = {0};
	struct seccomp_key key = key_for(MKDIR);
	char path[64], bytes[4096];
	struct error why = {0};
	size_t n = 0;
	ssize_t got;
	OWNED_FD fd = -1;

	(void)state;
	expect_made(c, false);
	cached_file(path, sizeof(path));
	fd = openat(root_fd, path, O_RDWR | O_CLOEXEC);
	got = read(fd, bytes, sizeof(bytes));
	assert_true(got > 100 && got < (ssize_t)sizeof(bytes));
	n = (size_t)got;
	for (size_t i = 0; i < n; i++) {
		char wrong = (char)(bytes[i] ^ 1);

		assert_int_equal(pwrite(fd, &wrong, 1, (off_t)i), 1);
		if (seccomp_cache_find(state_root, &key, &found, &why) == 0)
			fail_msg("byte %zu of %zu altered, and taken", i, n);
		assert_true(why.text[0] != '\0');
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
	}
	assert_int_equal(seccomp_cache_find(state_root, &key, &found, &why), 0);
	seccomp_end(&found);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ftruncate(fd, (off_t)i), 0);
		assert_int_equal(seccomp_cache_find(state_root, &key, &found, &why), -1);
	}
	assert_int_equal(pwrite(fd, bytes, n, 0), (ssize_t)n);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)n), 1);
	assert_int_equal(seccomp_cache_find(state_root, &key, &found, &why), -1);
	/* The next container has it made anew, and kept. */
	expect_made(c, false);
	expect_made(c, true);
	seccomp_key_end(&key);
	config_free(c);
}

/* Files and directories that somebody else could write, or could have put there, are not believed. */
static void not_ours(void **state)
{
	struct config *c = profile(MKDIR);
	char path[64];

	(void)state;
	expect_made(c, false);
	cached_file(path, sizeof(path));
	assert_int_equal(fchmodat(root_fd, path, 0620, 0), 0);
	expect_made(c, false);
	expect_made(c, true);
	assert_int_equal(fchmodat(root_fd, path, 0602, 0), 0);
	expect_made(c, false);
	/* A link in its place, to the very file. */
	assert_int_equal(renameat(root_fd, path, root_fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("../../elsewhere", root_fd, path), 0);
	expect_made(c, false);
	expect_made(c, true);
	/* A FIFO is not waited for. */
	take_away(path);
	put_fifo(path);
	expect_made(c, false);
	expect_made(c, true);
	assert_int_equal(fchmodat(root_fd, "state", 0777, 0), 0);
	expect_made(c, false);
	assert_int_equal(fchmodat(root_fd, "state", 0700, 0), 0);
	expect_made(c, true);
	/* Where nothing can be kept there is a filter all the same. */
	take_away(path);
	take_away("state/.seccomp");
	put("state/.seccomp", "");
	expect_made(c, false);
	expect_made(c, false);
	config_free(c);
}

static void someone_elses(void **state)
{
	struct config *c = profile(MKDIR);
	char path[64];

	(void)state;
	need_root("to give a file away");
	expect_made(c, false);
	cached_file(path, sizeof(path));
	assert_int_equal(fchownat(root_fd, path, 1000, 1000, 0), 0);
	expect_made(c, false);
	expect_made(c, true);
	assert_int_equal(fchownat(root_fd, "state", 1000, 1000, 0), 0);
	expect_made(c, false);
	expect_made(c, false);
	config_free(c);
}

/* Not more than 64, and the oldest goes; what a killed writer has left goes too, after a while. */
static void pruned(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	char rest[128], oldest[64];

	(void)state;
	for (int i = 0; i < 70; i++) {
		struct config *c;

		snprintf(rest, sizeof(rest),
			 ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\","
			 "\"errnoRet\":%d}]",
			 i + 1);
		c = profile(rest);
		expect_made(c, false);
		expect_made(c, true);
		if (i == 0) {
			cached_file(oldest, sizeof(oldest));
			assert_int_equal(utimensat(root_fd, oldest, old, 0), 0);
			put("state/.seccomp/.new-1", "");
			put("state/.seccomp/.new-2", "");
			assert_int_equal(utimensat(root_fd, "state/.seccomp/.new-1", old, 0), 0);
		}
		assert_int_equal(is_there(oldest), i < 64);
		config_free(c);
	}
	assert_false(is_there("state/.seccomp/.new-1"));
	assert_true(is_there("state/.seccomp/.new-2"));
	assert_int_equal(entries_of(root_fd, "state/.seccomp"), 64 + 1);
}

static void saved(void **state)
{
	struct config *c = profile(MKDIR ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\"]");
	struct seccomp_filter f = {0}, again = {0}, builtin;

	(void)state;
	assert_int_equal(seccomp_restore(&again, root_fd, &e), -1);
	assert_int_equal(e.no, ENOENT);
	OK(seccomp_make(c, NULL, &f, &e));
	OK(seccomp_save(&f, root_fd, &e));
	OK(seccomp_save(&f, root_fd, &e)); /* over the old one */
	assert_int_equal(mode_of(SECCOMP_FILE) & 07777, 0600);
	assert_int_equal(entries_of(root_fd, "."), 1);
	OK(seccomp_restore(&again, root_fd, &e));
	assert_int_equal(again.n, f.n);
	assert_int_equal(again.flags, f.flags);
	assert_memory_equal(again.v, f.v, f.n * sizeof(*f.v));
	seccomp_end(&again);
	assert_int_equal(fchmodat(root_fd, SECCOMP_FILE, 0666, 0), 0);
	assert_int_equal(seccomp_restore(&again, root_fd, &e), -1);
	seccomp_builtin(&builtin);
	assert_int_equal(seccomp_save(&builtin, root_fd, &e), -1);
	seccomp_end(&f);
	config_free(c);
}

/* ---- the listener ---- */

/* Takes one connection to its end: the bytes, and what came with the first of them. */
static void receive(int listener, char *text, size_t size, int *ret_fd)
{
	OWNED_FD fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec bytes = {.iov_base = text, .iov_len = 1};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	size_t n = 1;
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(recvmsg(fd, &m, MSG_CMSG_CLOEXEC), 1);
	header = CMSG_FIRSTHDR(&m);
	assert_non_null(header);
	assert_int_equal(header->cmsg_type, SCM_RIGHTS);
	assert_int_equal(header->cmsg_len, CMSG_LEN(sizeof(int)));
	memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
	while ((got = read(fd, text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	assert_int_equal(got, 0);
	text[n] = '\0';
}

static void listener_gets_the_state(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct config *c = profile("");
	struct json j, at;
	const char *value = NULL;
	int64_t number = 0;
	size_t n = 0;
	char text[4096];
	int sent[2], got = -1;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/socket", tree);
	c->oci_version = "1.2.1";
	c->bundle = "/bundle";
	c->seccomp.listener_path = address.sun_path;
	c->seccomp.listener_metadata = "\"a\\b\"";
	assert_int_equal(seccomp_listener_check(c, &e), -1);
	assert_int_equal(e.no, ENOENT);
	put("socket", "");
	assert_int_equal(seccomp_listener_check(c, &e), -1);
	assert_non_null(strstr(e.text, "is not a socket"));
	take_away("socket");
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	OK(seccomp_listener_check(c, &e));
	assert_int_equal(pipe2(sent, O_CLOEXEC), 0);
	assert_int_equal(seccomp_listener_send(c, "running", 7, 9, sent[1], &e), -1);
	assert_non_null(strstr(e.text, address.sun_path)); /* nobody listens */
	assert_int_equal(listen(listener, 2), 0);
	OK(seccomp_listener_send(c, "running", 7, 9, sent[1], &e));
	receive(listener, text, sizeof(text), &got);
	/* The descriptor is the one that was sent. */
	assert_int_equal(write(got, "x", 1), 1);
	assert_int_equal(read(sent[0], text + sizeof(text) - 1, 1), 1);
	OK(json_parse(text, strlen(text), &j, &e));
	at = json_member(&j, "ociVersion");
	OK(json_get_string(&at, &value, &e));
	assert_string_equal(value, "1.2.1");
	at = json_member(&j, "metadata");
	OK(json_get_string(&at, &value, &e));
	assert_string_equal(value, "\"a\\b\"");
	at = json_member(&j, "fds");
	OK(json_get_array(&at, &n, &e));
	assert_int_equal(n, 1);
	at = json_at(&at, 0);
	OK(json_get_string(&at, &value, &e));
	assert_string_equal(value, "seccompFd");
	at = json_member(&j, "pid");
	OK(json_get_i64(&at, 0, 100, &number, &e));
	assert_int_equal(number, 9);
	at = json_member(&j, "state");
	at = json_member(&at, "pid");
	OK(json_get_i64(&at, 0, 100, &number, &e));
	assert_int_equal(number, 7);
	at = json_member(&j, "state");
	at = json_member(&at, "status");
	OK(json_get_string(&at, &value, &e));
	assert_string_equal(value, "running");
	json_end(&j);
	close(got);
	/* No metadata: no such member. */
	c->seccomp.listener_metadata = NULL;
	OK(seccomp_listener_send(c, "creating", 7, 7, sent[1], &e));
	receive(listener, text, sizeof(text), &got);
	assert_null(strstr(text, "metadata"));
	close(got);
	close(sent[0]);
	close(sent[1]);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(kept_and_found), CACHE_TEST(keys),
		CACHE_TEST(damaged),	    CACHE_TEST(not_ours),
		CACHE_TEST(someone_elses),  CACHE_TEST(pruned),
		CACHE_TEST(saved),	    CACHE_TEST(listener_gets_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
