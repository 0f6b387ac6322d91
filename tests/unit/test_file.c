/*
 * test_file.c - base/file.c: small files read and written whole, at the edges of their sizes, beside what is no
 * regular file, and after somebody or something has failed half-way.
 */
#include "tree_fixture.h"

/* Writing past @bytes fails until the next call; -1: no bound. */
static void limit_size(long bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, bytes < 0 ? SIG_DFL : SIG_IGN);
}

static int end_limit(void **state)
{
	limit_size(-1);
	return tree_remove(state);
}

static void refused(int result, int no, const char *words)
{
	assert_int_equal(result, -1);
	if (!strstr(e.text, words))
		fail_msg("\"%s\" does not say \"%s\"", e.text, words);
	assert_int_equal(e.no, no);
}

static void write_at(void **state)
{
	(void)state;
	put("file", "12345");
	OK(file_write_at(root_fd, "file", "ab", &e));
	check_text("file", "ab345"); /* a control file is not cut */
	OK(file_write_at(root_fd, "file", "", &e));
	check_text("file", "ab345");
	refused(file_write_at(root_fd, "none", "x", &e), ENOENT, "open none");
	refused(file_write_at(root_fd, ".", "x", &e), EISDIR, "open .");
	refused(file_write_at(AT_FDCWD, "/dev/full", "x", &e), ENOSPC, "write \"x\" to /dev/full");
	assert_false(is_there("none"));
}

/* A control file that took a part of the text has not got the value. */
static void write_at_in_part(void **state)
{
	(void)state;
	put("file", "");
	limit_size(3);
	refused(file_write_at(root_fd, "file", "12345", &e), EIO, "write \"12345\" to file");
	refused(file_write_at(root_fd, "file", "12345", &e), EIO, "write");
}

static void read_at(void **state)
{
	char buffer[11];
	size_t length = 77;

	(void)state;
	memset(buffer, 'x', sizeof(buffer));
	put("nine", "123456789");
	put("ten", "1234567890");
	put("empty", "");
	put_bytes("nul", "a\0b", 3, 0644);
	OK(file_read_at(root_fd, "nine", buffer, 10, &length, &e));
	assert_string_equal(buffer, "123456789");
	assert_int_equal(length, 9);
	assert_int_equal(buffer[10], 'x');
	refused(file_read_at(root_fd, "ten", buffer, 10, &length, &e), EFBIG, "read ten");
	assert_int_equal(length, 9);
	assert_int_equal(buffer[10], 'x');
	OK(file_read_at(root_fd, "ten", buffer, 11, NULL, &e));
	assert_string_equal(buffer, "1234567890");
	OK(file_read_at(root_fd, "empty", buffer, 1, &length, &e));
	assert_string_equal(buffer, "");
	assert_int_equal(length, 0);
	OK(file_read_at(root_fd, "nul", buffer, 10, &length, &e));
	assert_int_equal(length, 3);
	assert_memory_equal(buffer, "a\0b", 4);
	refused(file_read_at(root_fd, "nine", buffer, 1, NULL, &e), EFBIG, "read nine");
	refused(file_read_at(root_fd, "none", buffer, 10, NULL, &e), ENOENT, "open none");
	refused(file_read_at(root_fd, ".", buffer, 10, NULL, &e), EISDIR, "read .");
	refused(file_read_at(AT_FDCWD, "/dev/zero", buffer, 10, NULL, &e), EFBIG, "read /dev/zero");
}

/* What file_read_regular says of the file at @path; NULL where it is refused. */
static char *regular(const char *path, size_t limit, size_t *ret_length)
{
	OWNED_FD fd = openat(root_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0)
		fail_msg("open %s: %s", path, strerror(errno));
	if (file_read_regular(fd, path, limit, &text, ret_length, &e) < 0) {
		assert_null(text);
		return NULL;
	}
	assert_non_null(text);
	assert_int_equal(text[*ret_length], '\0');
	return text;
}

static void read_regular(void **state)
{
	static const struct {
		const char *path;
		size_t limit, length;
		int no; /* -1: it is read */
	} rows[] = {
		{"hundred", 100, 100, -1},
		{"hundred", 1000, 100, -1},
		{"hundred", 99, 0, EFBIG},
		{"empty", 10, 0, -1},
		{"empty", 0, 0, -1},
		{"empty", 1 << 20, 0, -1},
		{"nul", 10, 3, -1},
		{"sparse", 4 << 20, 0, EFBIG},
		{"sparse", 70000, 70000, -1},
		{"fifo", 100, 0, 0},
		{".", 100, 0, 0},
		{"/dev/null", 100, 0, 0},
		/* Of these, fstat says that they have no bytes. */
		{"/proc/sys/kernel/random/boot_id", 1 << 20, 37, -1},
		{"/proc/sys/kernel/random/boot_id", 37, 37, -1},
		{"/proc/sys/kernel/random/boot_id", 36, 0, EFBIG},
	};

	(void)state;
	put("empty", "");
	put_sparse("hundred", 100);
	put_bytes("nul", "a\0b", 3, 0644);
	put_fifo("fifo");
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_MEMORY char *text = NULL;
		size_t length = 0;

		if (strcmp(rows[i].path, "sparse") == 0)
			put_sparse("sparse", rows[i].no == -1 ? 70000 : (off_t)1 << 40);
		text = regular(rows[i].path, rows[i].limit, &length);
		if (!text != (rows[i].no != -1))
			fail_msg("row %zu: %s: %s", i, rows[i].path, text ? "read" : e.text);
		assert_int_equal(length, rows[i].length);
		if (!text)
			assert_int_equal(e.no, rows[i].no);
		if (rows[i].no == 0)
			assert_non_null(strstr(e.text, "is not a regular file"));
	}
}

static void create_at(void **state)
{
	(void)state;
	OK(file_create_at(root_fd, "new", "text\n", 0600, &e));
	check_text("new", "text\n");
	assert_int_equal(mode_of("new"), S_IFREG | 0600);
	OK(file_create_at(root_fd, "empty", "", 0666, &e));
	assert_int_equal(mode_of("empty"), S_IFREG | 0644);
	refused(file_create_at(root_fd, "new", "other", 0600, &e), EEXIST, "create new");
	check_text("new", "text\n");
	put_link("dangling", "nowhere");
	refused(file_create_at(root_fd, "dangling", "x", 0600, &e), EEXIST, "create dangling");
	put_link("link", "../canary/secret");
	refused(file_create_at(root_fd, "link", "x", 0600, &e), EEXIST, "create link");
	refused(file_create_at(root_fd, "none/new", "x", 0600, &e), ENOENT, "create none/new");
	assert_false(is_there("nowhere"));
}

static void create_at_fails(void **state)
{
	(void)state;
	limit_size(3);
	refused(file_create_at(root_fd, "new", "12345", 0600, &e), EFBIG, "write new");
	assert_int_equal(entries_of(root_fd, "."), 0);
}

static void replace_at(void **state)
{
	OWNED_FD reader = -1;
	char old[16] = "";

	(void)state;
	OK(file_replace_at(root_fd, "file", "first", 0600, &e));
	check_text("file", "first");
	assert_int_equal(mode_of("file"), S_IFREG | 0600);
	reader = openat(root_fd, "file", O_RDONLY | O_CLOEXEC);
	OK(file_replace_at(root_fd, "file", "second, longer", 0644, &e));
	check_text("file", "second, longer");
	assert_int_equal(mode_of("file"), S_IFREG | 0644);
	OK(file_replace_at(root_fd, "file", "3", 0644, &e));
	check_text("file", "3");
	assert_int_equal(read(reader, old, sizeof(old) - 1), 5);
	assert_string_equal(old, "first");
	assert_int_equal(entries_of(root_fd, "."), 1);

	put_link("link", "../canary/secret");
	OK(file_replace_at(root_fd, "link", "mine", 0600, &e));
	assert_int_equal(mode_of("link"), S_IFREG | 0600);
	check_text("link", "mine");
	assert_int_equal(entries_of(root_fd, "."), 2);
}

/* What a killed run, or somebody else, has put where the temporary file goes. */
static void replace_at_stale(void **state)
{
	struct stat st;

	(void)state;
	put("target", "old");
	put(".target.new", "stale and much longer than what comes");
	OK(file_replace_at(root_fd, "target", "new", 0600, &e));
	check_text("target", "new");
	assert_int_equal(mode_of("target"), S_IFREG | 0600);

	/* A hard link of another file: that one keeps what it says. */
	put("victim", "victim");
	assert_int_equal(linkat(root_fd, "victim", root_fd, ".target.new", 0), 0);
	OK(file_replace_at(root_fd, "target", "newer", 0600, &e));
	check_text("target", "newer");
	check_text("victim", "victim");
	assert_int_equal(fstatat(root_fd, "victim", &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);

	/* The same of the file that is replaced. */
	assert_int_equal(linkat(root_fd, "target", root_fd, ".target.new", 0), 0);
	OK(file_replace_at(root_fd, "target", "newest", 0600, &e));
	check_text("target", "newest");

	put_link(".target.new", "../canary/secret");
	OK(file_replace_at(root_fd, "target", "by link", 0600, &e));
	check_text("target", "by link");
	assert_int_equal(mode_of("target"), S_IFREG | 0600);
	put_fifo(".target.new");
	OK(file_replace_at(root_fd, "target", "by fifo", 0600, &e));
	check_text("target", "by fifo");
	assert_int_equal(entries_of(root_fd, "."), 2);

	put_dir(".target.new");
	refused(file_replace_at(root_fd, "target", "x", 0600, &e), EISDIR, "create target");
	check_text("target", "by fifo");
	assert_true(S_ISDIR(mode_of(".target.new")));
}

static void replace_at_fails(void **state)
{
	static char name[400];

	(void)state;
	put_dir("dir");
	refused(file_replace_at(root_fd, "dir", "x", 0600, &e), EISDIR, "write dir");
	refused(file_replace_at(root_fd, "", "x", 0600, &e), ENOENT, "write ");
	refused(file_replace_at(root_fd, "none/x", "x", 0600, &e), ENOENT, "create none/x");
	memset(name, 'n', 250);
	OK(file_replace_at(root_fd, name, "long", 0600, &e));
	check_text(name, "long");
	memset(name, 'n', 300);
	refused(file_replace_at(root_fd, name, "x", 0600, &e), ENAMETOOLONG, "write nnn");
	put("file", "old");
	limit_size(3);
	refused(file_replace_at(root_fd, "file", "12345", 0600, &e), EFBIG, "write file");
	check_text("file", "old");
	assert_int_equal(entries_of(root_fd, "."), 3);
}

static int replace(const char *path, const char *text)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/root/%s", tree, path);
	return file_replace(whole, text, 0600, &e);
}

static void replace_by_path(void **state)
{
	static const struct {
		const char *path;
		int no;
		const char *words;
	} rows[] = {
		{"dir", 0, "is not a regular file"},	 {"fifo", 0, "is not a regular file"},
		{"socket", 0, "is not a regular file"},	 {"dir/.", 0, "is not a regular file"},
		{"dir/..", 0, "is not a regular file"},	 {"none/new", ENOENT, "open directory"},
		{"file/new", ENOTDIR, "open directory"}, {"dir/", ENOENT, "write"},
	};
	OWNED_FD before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	put("file", "old");
	put_dir("dir");
	put_fifo("fifo");
	put_socket("socket");
	put_link("link", "../canary/secret");
	put_link("dirlink", "dir");
	put_link("loop", "loop");
	OK(replace("file", "new"));
	check_text("file", "new");
	OK(replace("dir/new", "in dir"));
	check_text("dir/new", "in dir");
	OK(replace("link", "mine"));
	assert_int_equal(mode_of("link"), S_IFREG | 0600);
	OK(replace("loop", "mine"));
	assert_int_equal(mode_of("loop"), S_IFREG | 0600);
	OK(replace("dirlink/through", "x"));
	check_text("dir/through", "x");
	for (size_t i = 0; i < COUNT(rows); i++)
		refused(replace(rows[i].path, "x"), rows[i].no, rows[i].words);
	assert_int_equal(entries_of(root_fd, "dir"), 2);
	assert_int_equal(entries_of(root_fd, "."), 7);
	/* Without a slash: in the working directory. */
	assert_int_equal(fchdir(root_fd), 0);
	OK(file_replace("here", "x", 0600, &e));
	check_text("here", "x");
	assert_int_equal(fchdir(before), 0);
}

static void replace_device(void **state)
{
	(void)state;
	need_root("to make a device");
	put_device("null");
	put_link("link", "null");
	refused(replace("null", "x"), 0, "is not a regular file");
	assert_true(S_ISCHR(mode_of("null")));
	OK(replace("link", "mine"));
	assert_true(S_ISREG(mode_of("link")));
	assert_true(S_ISCHR(mode_of("null")));
	assert_int_equal(entries_of(root_fd, "."), 2);
}

static void write_it_all(void **state)
{
	static char big[300000], got[sizeof(big)];
	size_t have = 0;
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 % 251);
	/* More than a pipe holds. */
	pid = fork();
	if (pid == 0)
		_exit(write_all(ends[1], big, sizeof(big)) == 0 ? 0 : 1);
	assert_true(pid > 0);
	children[children_n++] = pid;
	while (have < sizeof(got)) {
		ssize_t n = read(ends[0], got + have, sizeof(got) - have);

		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_memory_equal(got, big, sizeof(got));
	/* It has the pipe's other end as well. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	children_n--;
	assert_int_equal(status, 0);
	fd_close(&ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(write_all(ends[1], "", 0), 0);
	assert_int_equal(write_all(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	signal(SIGPIPE, SIG_DFL);
	fd_close(&ends[1]);
}

static void field(void **state)
{
	static const struct {
		const char *text, *key;
		int64_t value;
	} rows[] = {
		{"low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n", "low", 0},
		{"low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n", "oom", 3},
		{"low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n", "oom_kill", 4},
		{"oom_kill 4\noom 3\n", "oom", 3},
		{"low 0\nhigh 1", "high", 1},
		{"low 0\nhigh 1\n", "kill", -1},
		{"low 0\nhigh 1\n", "igh", -1},
		{"low 0\nhigh 1\n", "lo", -1},
		{"", "low", -1},
		{"\n", "low", -1},
		{"\n\nlow 7\n", "low", 7},
		{"low\nlow 8\n", "low", 8},
		{"low=5\nlow 9\n", "low", 9},
		{"low 1\nlow 2\n", "low", 1},
		{"usage_usec 9223372036854775807\n", "usage_usec", INT64_MAX},
		{"a -5\n", "a", -5},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (file_field(rows[i].text, rows[i].key) != rows[i].value)
			fail_msg("\"%s\" in \"%s\": %lld", rows[i].key, rows[i].text,
				 (long long)file_field(rows[i].text, rows[i].key));
}

#define LIMIT_TEST(f) cmocka_unit_test_setup_teardown(f, tree_make, end_limit)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(write_at),
		LIMIT_TEST(write_at_in_part),
		TREE_TEST(read_at),
		TREE_TEST(read_regular),
		TREE_TEST(create_at),
		LIMIT_TEST(create_at_fails),
		TREE_TEST(replace_at),
		TREE_TEST(replace_at_stale),
		LIMIT_TEST(replace_at_fails),
		TREE_TEST(replace_by_path),
		TREE_TEST(replace_device),
		TREE_TEST(write_it_all),
		TREE_TEST(field),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
