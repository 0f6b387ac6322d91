/*
 * test_path.c - base/path.c: paths in a tree that somebody else controls.
 *
 * TREE/root is full of links of every kind; TREE/canary beside it is what they try to reach. See
 * tree_fixture.h, which looks after every test whether the canary was touched.
 */
#include "tree_fixture.h"

#include "base/path.h"

static char name_255[256], name_256[257], deep_255[3 * 256];
static char longest[PATH_MAX], too_long[PATH_MAX + 1];
static char host_secret[sizeof(tree) + 16]; /* TREE/canary/secret */

/* "./././NAME", so that it is @length bytes long. */
static void stretch(char *into, size_t length, const char *name)
{
	size_t front = length - strlen(name);

	for (size_t i = 0; i < front; i++)
		into[i] = i % 2 == front % 2 ? '.' : '/';
	strcpy(into + front, name);
	assert_int_equal(strlen(into), length);
}

static void fill(void)
{
	char name[24], target[24];

	memset(name_255, 'n', 255);
	memset(name_256, 'n', 256);
	snprintf(deep_255, sizeof(deep_255), "%s/%s/x", name_255, name_255);
	stretch(longest, PATH_MAX - 1, "etc/passwd");
	stretch(too_long, PATH_MAX, "etc/passwd");
	snprintf(host_secret, sizeof(host_secret), "%s/canary/secret", tree);

	put("etc/passwd", "inside");
	put("dir/file", "in dir");
	put(name_255, "long");
	put_fifo("fifo");
	put_socket("socket");
	put_link("abs", "/etc/passwd");
	put_link("rel", "etc/passwd");
	put_link("dir/up", "../etc/passwd");
	put_link("dir/far", "../../../../../../../etc/passwd");
	put_link("out", "../canary");
	put_link("out-abs", host_secret);
	put_link("out-dir", tree);
	put_link("dirlink", "dir");
	put_link("dirlink-abs", "/dir");
	put_link("slash", "/");
	put_link("dangling", "nowhere");
	put_link("dangling-abs", "/nowhere");
	put_link("loop", "loop");
	put_link("ping", "pong");
	put_link("pong", "ping");
	/* chain0 goes through one link, chain39 through 40 (as many as the kernel follows), chain40 through 41. */
	put_link("chain0", "etc/passwd");
	for (int i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "chain%d", i);
		snprintf(target, sizeof(target), "chain%d", i - 1);
		put_link(name, target);
	}
}

static const char *const directory = "(a directory)";

struct looked {
	const char *path, *text; /* @text: what the file says, or directory; NULL: none */
	int no;
};

/* Each row by @look, which returns a descriptor. */
static void check_looks(const struct looked *rows, size_t n, int (*look)(const char *path))
{
	for (size_t i = 0; i < n; i++) {
		OWNED_FD fd = look(rows[i].path);
		char text[64] = "";
		struct stat st;

		if (fd < 0) {
			if (errno != rows[i].no)
				fail_msg("%.40s: %s", rows[i].path, strerror(errno));
			continue;
		}
		if (rows[i].no != 0)
			fail_msg("%.40s: opened", rows[i].path);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fstat(fd, &st), 0);
		if (S_ISDIR(st.st_mode) && rows[i].text == directory)
			continue;
		assert_true(read(fd, text, sizeof(text) - 1) >= 0);
		if (strcmp(text, rows[i].text) != 0)
			fail_msg("%.40s: \"%s\"", rows[i].path, text);
	}
}

static int look_open(const char *path)
{
	return path_open_in(root_fd, path, O_RDONLY | O_NONBLOCK);
}

static int look_regular(const char *path)
{
	return path_open_regular(root_fd, path);
}

static void open_in(void **state)
{
	const struct looked rows[] = {
		{"etc/passwd", "inside", 0},
		{"/etc/passwd", "inside", 0},
		{"//etc/./passwd", "inside", 0},
		{"../../etc/passwd", "inside", 0},
		{"/../canary/secret", NULL, ENOENT},
		{"etc/../../canary/secret", NULL, ENOENT},
		{"abs", "inside", 0},
		{"rel", "inside", 0},
		{"dir/up", "inside", 0},
		{"dir/far", "inside", 0},
		{"dirlink/file", "in dir", 0},
		{"dirlink-abs/file", "in dir", 0},
		{"dirlink/../etc/passwd", "inside", 0},
		{"slash/etc/passwd", "inside", 0},
		{"slash/slash/slash/../dirlink-abs/far", "inside", 0},
		{"out/secret", NULL, ENOENT},
		{"out-abs", NULL, ENOENT},
		{"out-dir/canary/secret", NULL, ENOENT},
		{host_secret, NULL, ENOENT},
		{"dangling", NULL, ENOENT},
		{"dangling/x", NULL, ENOENT},
		{"loop", NULL, ELOOP},
		{"loop/x", NULL, ELOOP},
		{"ping", NULL, ELOOP},
		{"chain39", "inside", 0},
		{"chain40", NULL, ELOOP},
		{"etc/passwd/x", NULL, ENOTDIR},
		{"etc/passwd/", NULL, ENOTDIR},
		{"etc/passwd/..", NULL, ENOTDIR},
		{"etc", directory, 0},
		{"/", directory, 0},
		{".", directory, 0},
		{"..", directory, 0},
		{"", NULL, ENOENT},
		{name_255, "long", 0},
		{name_256, NULL, ENAMETOOLONG},
		{longest, "inside", 0},
		{too_long, NULL, ENAMETOOLONG},
	};

	(void)state;
	fill();
	check_looks(rows, COUNT(rows), look_open);
}

static void open_in_magic_links(void **state)
{
	OWNED_FD slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char *const paths[] = {"proc/self/exe", "proc/self/root/etc",
					    "proc/self/cwd/x", "/proc/thread-self/fd/0"};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(path_open_in(slash, paths[i], O_PATH), -1);
		assert_int_equal(errno, ELOOP);
		assert_int_equal(path_open_regular(slash, paths[i]), -1);
		assert_int_equal(errno, ELOOP);
	}
}

static void open_regular(void **state)
{
	const struct looked rows[] = {
		{"etc/passwd", "inside", 0},
		{"abs", "inside", 0},
		{"dir/far", "inside", 0},
		{"chain39", "inside", 0},
		{name_255, "long", 0},
		{"etc", NULL, EISDIR},
		{"/", NULL, EISDIR},
		{"slash", NULL, EISDIR},
		{"fifo", NULL, ENXIO}, /* at once, with nobody at its other end */
		{"socket", NULL, ENXIO},
		{"out-abs", NULL, ENOENT},
		{"out/secret", NULL, ENOENT},
		{"dangling", NULL, ENOENT},
		{"loop", NULL, ELOOP},
		{"chain40", NULL, ELOOP},
		{"etc/passwd/x", NULL, ENOTDIR},
		{name_256, NULL, ENAMETOOLONG},
	};

	(void)state;
	fill();
	check_looks(rows, COUNT(rows), look_regular);
}

static void open_regular_device(void **state)
{
	static const struct looked row = {"null", NULL, ENXIO};

	(void)state;
	need_root("to make a device");
	put_device("null");
	check_looks(&row, 1, look_regular);
}

struct made {
	const char *path;
	bool file;
	int no;		  /* 0: it is made, or there */
	const char *same; /* where it is to be found then */
	mode_t mode;	  /* and what it is */
};

static void check_made(const struct made *row)
{
	OWNED_FD fd = -1, same = -1;
	struct stat st, other;
	int result;

	e.text[0] = '\0';
	result = path_make_in(root_fd, row->path, row->file, &fd, &e);
	if (result < 0) {
		if (row->no == 0 || e.no != row->no)
			fail_msg("%.40s: %.900s", row->path, e.text);
		assert_int_equal(fd, -1);
		if (strlen(row->path) < 400) /* the text of a long one is cut off */
			assert_non_null(strstr(e.text, strerror(row->no)));
		return;
	}
	if (row->no != 0)
		fail_msg("%.40s (%s): no error", row->path, row->file ? "file" : "directory");
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	same = openat(root_fd, row->same, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (same < 0)
		fail_msg("%.40s is not %.40s", row->path, row->same);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(fstat(same, &other), 0);
	assert_int_equal(st.st_ino, other.st_ino);
	if (st.st_mode != row->mode)
		fail_msg("%.40s: mode %o", row->path, st.st_mode);
}

enum { DIR_MODE = S_IFDIR | 0755, FILE_MODE = S_IFREG | 0644 };

static void make_in(void **state)
{
	static char long_path[3001];
	const struct made rows[] = {
		{"new", false, 0, "new", DIR_MODE},
		{"new", false, 0, "new", DIR_MODE},
		{"/abs1/b/c", false, 0, "abs1/b/c", DIR_MODE},
		{"//abs2///b/./c//", false, 0, "abs2/b/c", DIR_MODE},
		{"./abs3/.", false, 0, "abs3", DIR_MODE},
		{"dir/../beside", false, 0, "beside", DIR_MODE},
		{"../../top", false, 0, "top", DIR_MODE},
		{"file1", true, 0, "file1", FILE_MODE},
		{"/a/b/file2", true, 0, "a/b/file2", FILE_MODE},
		{"dirlink/one", false, 0, "dir/one", DIR_MODE},
		{"dirlink-abs/two/three", true, 0, "dir/two/three", FILE_MODE},
		{"slash/slash/four", false, 0, "four", DIR_MODE},
		{"dirlink/../five", false, 0, "five", DIR_MODE},
		/* What is there is taken, whatever it is. */
		{"etc/passwd", true, 0, "etc/passwd", FILE_MODE},
		{"etc/passwd", false, 0, "etc/passwd", FILE_MODE},
		{"abs", true, 0, "etc/passwd", FILE_MODE},
		{"chain39", true, 0, "etc/passwd", FILE_MODE},
		{"dir", true, 0, "dir", DIR_MODE},
		{"fifo", true, 0, "fifo", S_IFIFO | 0644},
		{"/", false, 0, ".", DIR_MODE},
		{"slash", false, 0, ".", DIR_MODE},
		{deep_255, true, 0, deep_255, FILE_MODE},
		{long_path, false, 0, long_path, DIR_MODE},
	};

	(void)state;
	for (size_t i = 0; i < 3000; i += 10)
		memcpy(long_path + i, "long-part/", 10);
	fill();
	take_away(name_255); /* becomes a directory */
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(&rows[i]);
	check_text("etc/passwd", "inside");
}

static void make_in_refused(void **state)
{
	static char below_missing[300];
	const struct made rows[] = {
		{"dangling", false, ENOTDIR, NULL, 0},
		{"dangling/x", false, ENOTDIR, NULL, 0},
		{"dangling/x", true, ENOTDIR, NULL, 0},
		{"dangling-abs/x/y", false, ENOTDIR, NULL, 0},
		{"out", false, ENOTDIR, NULL, 0},
		{"out/new", false, ENOTDIR, NULL, 0},
		{"out/new", true, ENOTDIR, NULL, 0},
		{"out-dir/canary/new", true, ENOTDIR, NULL, 0},
		{"out-abs/new", false, ENOTDIR, NULL, 0},
		{"etc/passwd/x", false, ENOTDIR, NULL, 0},
		{"etc/passwd/", true, ENOTDIR, NULL, 0},
		{"fifo/x", true, ENOTDIR, NULL, 0},
		{"loop", true, ELOOP, NULL, 0},
		{"ping/x", false, ELOOP, NULL, 0},
		{"chain40", true, ELOOP, NULL, 0},
		{"missing/../x", false, ENOENT, NULL, 0},
		{name_256, false, ENAMETOOLONG, NULL, 0},
		{below_missing, false, ENAMETOOLONG, NULL, 0},
		{too_long, true, ENAMETOOLONG, NULL, 0},
	};

	(void)state;
	fill();
	snprintf(below_missing, sizeof(below_missing), "absent/%s", name_256);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(&rows[i]);
	assert_false(is_there("nowhere"));
	assert_false(is_there("canary"));
	assert_false(is_there("x"));
}

/* A mount's place must not be the link itself: nobody who follows the link would see the mount. */
static void make_in_dangling_file(void **state)
{
	static const char *const paths[] = {"dangling", "dangling-abs", "out-abs", "slash/dangling"};

	(void)state;
	fill();
	for (size_t i = 0; i < COUNT(paths); i++) {
		OWNED_FD fd = -1;

		if (path_make_in(root_fd, paths[i], true, &fd, &e) == 0) {
			struct stat st;

			assert_int_equal(fstat(fd, &st), 0);
			fd_close(&fd);
			fail_msg("%s: no error, but a descriptor of a file with mode %o", paths[i],
				 st.st_mode);
		}
	}
	assert_false(is_there("nowhere"));
}

/* While somebody exchanges the last part for a link and back, what is opened is never outside, nor a link. */
static void make_in_race(void **state)
{
	pid_t swapper;
	OWNED_FD outside = openat(root_fd, "../canary", O_PATH | O_CLOEXEC);
	struct stat canary;

	(void)state;
	assert_int_equal(fstat(outside, &canary), 0);
	put_dir("swap");
	put_link("other", "../../canary");
	assert_int_equal(renameat2(root_fd, "swap", root_fd, "other", RENAME_EXCHANGE), 0);
	swapper = fork();
	if (swapper == 0) {
		for (int i = 0; i < 20000; i++)
			(void)renameat2(root_fd, "swap", root_fd, "other", RENAME_EXCHANGE);
		_exit(0);
	}
	assert_true(swapper > 0);
	children[children_n++] = swapper;
	while (is_alive(swapper)) {
		OWNED_FD fd = -1;
		struct stat st;

		if (path_make_in(root_fd, "swap/new", false, &fd, &e) < 0)
			continue;
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
		assert_true(st.st_ino != canary.st_ino);
	}
}

static void next_in_path(void **state)
{
	static const struct {
		const char *value,
			*all; /* all places, each with a ';' behind; "-" for one that is too long */
	} rows[] = {
		{"/bin", "/bin/sh;"},
		{"/bin:/usr/bin", "/bin/sh;/usr/bin/sh;"},
		{"", "./sh;"},
		{":", "./sh;./sh;"},
		{":/bin", "./sh;/bin/sh;"},
		{"/bin:", "/bin/sh;./sh;"},
		{"/bin::/usr/bin", "/bin/sh;./sh;/usr/bin/sh;"},
		{"bin:.", "bin/sh;./sh;"},
		{"/bin/", "/bin//sh;"},
		{"/ab/cd/ef/gh/ij", "/ab/cd/ef/gh/ij/sh;"}, /* 18 bytes and a NUL: fits */
		{"/ab/cd/ef/gh/ijk", "-;"},		    /* 19 do not */
		{"/ab/cd/ef/gh/ijk:/bin:", "-;/bin/sh;./sh;"}, /* and the next is looked at all the same */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *at = rows[i].value;
		char all[256] = "";

		while (at) {
			char place[19];
			bool fits = path_next(&at, "sh", place, sizeof(place));

			strcat(all, fits ? place : "-");
			strcat(all, ";");
		}
		assert_string_equal(all, rows[i].all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(open_in),
		TREE_TEST(open_in_magic_links),
		TREE_TEST(open_regular),
		TREE_TEST(open_regular_device),
		TREE_TEST(make_in),
		TREE_TEST(make_in_refused),
		TREE_TEST(make_in_dangling_file),
		TREE_TEST(make_in_race),
		TREE_TEST(next_in_path),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
