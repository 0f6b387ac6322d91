/*
 * test_tmpcopyup.c - copying a directory for a tmpfs that hides it: what is copied, what is not, and that nothing but
 * the target is written to.
 */
#include "tree_fixture.h"

#include "container/mounts.h"

static int from_fd = -1, to_fd = -1;

/* TREE/root/from is copied to TREE/root/to. */
static void copy_begin(void)
{
	put_dir("to");
	from_fd = openat(root_fd, "from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	to_fd = openat(root_fd, "to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(from_fd >= 0 && to_fd >= 0);
}

static void copy_end(void)
{
	fd_close(&from_fd);
	fd_close(&to_fd);
}

static void copy(void)
{
	copy_begin();
	OK(directory_copy(from_fd, to_fd, &e));
	copy_end();
}

static void copies_every_type(void **state)
{
	char target[64] = "";
	struct stat st;

	(void)state;
	put("from/sub/file", "text");
	put_bytes("from/set", "x", 1, 04750);
	put_link("from/link", "../../canary/secret");
	put_fifo("from/fifo");
	put_socket("from/socket");
	copy();
	check_text("to/sub/file", "text");
	assert_int_equal(mode_of("to/set"), S_IFREG | 04750);
	assert_int_equal(mode_of("to/fifo"), S_IFIFO | 0644);
	assert_true(S_ISSOCK(mode_of("to/socket")));
	assert_int_equal(readlinkat(root_fd, "to/link", target, sizeof(target) - 1), 19);
	assert_string_equal(target, "../../canary/secret");
	assert_int_equal(fstatat(root_fd, "to/sub", &st, 0), 0);
	assert_int_equal(entries_of(root_fd, "to"), 5);
}

static void leaves_devices_out(void **state)
{
	(void)state;
	need_root("to make a device node");
	put_device("from/null");
	put("from/file", "x");
	copy();
	assert_false(is_there("to/null"));
	check_text("to/file", "x");
}

static void keeps_names_of_one_file_together(void **state)
{
	struct stat a, b, c;

	(void)state;
	put("from/a", "x");
	put_dir("from/sub");
	for (int i = 0; i < 40; i++) { /* more files with two names than the list holds at first */
		char one[32], other[32];

		snprintf(one, sizeof(one), "from/one%d", i);
		snprintf(other, sizeof(other), "from/sub/other%d", i);
		put(one, "y");
		assert_int_equal(linkat(root_fd, one, root_fd, other, 0), 0);
	}
	assert_int_equal(linkat(root_fd, "from/a", root_fd, "from/sub/b", 0), 0);
	copy();
	assert_int_equal(fstatat(root_fd, "to/a", &a, 0), 0);
	assert_int_equal(fstatat(root_fd, "to/sub/b", &b, 0), 0);
	assert_int_equal(fstatat(root_fd, "from/a", &c, 0), 0);
	assert_true(a.st_ino == b.st_ino && a.st_nlink == 2);
	assert_true(a.st_ino != c.st_ino && c.st_nlink == 2);
	assert_int_equal(fstatat(root_fd, "to/one39", &a, 0), 0);
	assert_int_equal(fstatat(root_fd, "to/sub/other39", &b, 0), 0);
	assert_true(a.st_ino == b.st_ino);
}

static void keeps_times_and_holes(void **state)
{
	const struct timespec times[2] = {{1000000000, 5}, {1100000000, 7}};
	struct stat st;

	(void)state;
	put_sparse("from/sub/hole", 1 << 30);
	assert_int_equal(utimensat(root_fd, "from/sub/hole", times, 0), 0);
	assert_int_equal(utimensat(root_fd, "from/sub", times, 0), 0);
	copy();
	assert_int_equal(fstatat(root_fd, "to/sub/hole", &st, 0), 0);
	assert_int_equal(st.st_size, 1 << 30);
	assert_true(st.st_blocks < 1024);
	assert_int_equal(st.st_mtim.tv_sec, 1100000000);
	assert_int_equal(st.st_mtim.tv_nsec, 7);
	assert_int_equal(fstatat(root_fd, "to/sub", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1100000000);
}

static void refuses_what_is_too_deep(void **state)
{
	char path[1024] = "from";

	(void)state;
	for (int i = 0; i < 130; i++)
		strcat(path, "/d");
	put_parents(path);
	put_dir(path);
	copy_begin();
	assert_int_equal(directory_copy(from_fd, to_fd, &e), -1);
	copy_end();
	assert_non_null(strstr(e.text, "more than 128 directories deep"));
	assert_non_null(strstr(e.text, "copy d/d/d"));
}

static void never_overwrites(void **state)
{
	(void)state;
	put("from/file", "new");
	copy_begin();
	put_link("to/file", "../../canary/secret");
	assert_int_equal(directory_copy(from_fd, to_fd, &e), -1);
	copy_end();
	assert_int_equal(e.no, EEXIST);
	assert_non_null(strstr(e.text, "copy file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(copies_every_type),
		TREE_TEST(leaves_devices_out),
		TREE_TEST(keeps_names_of_one_file_together),
		TREE_TEST(keeps_times_and_holes),
		TREE_TEST(refuses_what_is_too_deep),
		TREE_TEST(never_overwrites),
	};

	return cmocka_run_group_tests_name("tmpcopyup", tests, NULL, NULL);
}
