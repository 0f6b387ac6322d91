/*
 * test_mountinfo.c - base/mountinfo.c: lines as the kernel writes them, lines that it never writes, and the
 * reader at the edges of its buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mountinfo.h"

static void good_lines(void **state)
{
	char plain[] =
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
	char bare[] = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755";
	char many[] = "1 2 4095:1048575 / / ro shared:1 master:2 propagate_from:3 - cgroup cgroup "
		      "rw,cpu,cpuacct";
	char no_source[] = "31 23 0:28 / /tmp rw -";
	char empty_source[] = "31 23 0:28 / /tmp rw - tmpfs  rw";
	char escaped[] =
		"31 23 0:28 /a\\040b /\\011\\012\\134\\043\\303\\251 rw - fuse.x\\040y s\\040t rw";
	struct mountinfo_entry m;

	(void)state;
	assert_int_equal(mountinfo_parse(plain, &m), 0);
	assert_int_equal(m.id, 36);
	assert_int_equal(m.parent, 35);
	assert_int_equal(m.major, 98);
	assert_int_equal(m.minor, 0);
	assert_string_equal(m.root, "/mnt1");
	assert_string_equal(m.mount_point, "/mnt2");
	assert_string_equal(m.options, "rw,noatime");
	assert_string_equal(m.type, "ext3");
	assert_string_equal(m.source, "/dev/root");
	assert_string_equal(m.super_options, "rw,errors=continue");
	assert_int_equal(mountinfo_parse(bare, &m), 0);
	assert_string_equal(m.mount_point, "/sys/fs/cgroup");
	assert_int_equal(mountinfo_parse(many, &m), 0);
	assert_int_equal(m.minor, 1048575);
	assert_string_equal(m.super_options, "rw,cpu,cpuacct");
	assert_int_equal(mountinfo_parse(no_source, &m), -1);
	assert_int_equal(mountinfo_parse(empty_source, &m), 0);
	assert_string_equal(m.source, "");
	assert_string_equal(m.super_options, "rw");
	assert_int_equal(mountinfo_parse(escaped, &m), 0);
	assert_string_equal(m.root, "/a b");
	assert_string_equal(m.mount_point, "/\t\n\\#\303\251");
	assert_string_equal(m.type, "fuse.x y");
	assert_string_equal(m.source, "s t");
}

static void bad_lines(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"36",
		"36 35 98:0 /mnt1 /mnt2 rw",
		"36 35 98:0 /mnt1 /mnt2 rw master:1",
		"36 35 98:0 /mnt1 /mnt2 rw master:1 -",
		"36 35 98:0 /mnt1 /mnt2 rw master:1 - ext3",
		"36 35 98:0 /mnt1 /mnt2 rw master:1 - ext3 /dev/root",
		"36 35 98:0 /mnt1 /mnt2 rw master:1 - ext3 /dev/root ",
		"36 35 98:0 /mnt1 /mnt2 rw master:1 - ext3 /dev/root rw more",
		"36 35 98:0 /mnt1  rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2 rw  - ext3 /dev/root rw",
		"36 35 980 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 : /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 9:0x1 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"-1 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"4294967296 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"99999999999999999999999 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1\\04 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2\\ rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2\\000 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2\\777 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2\\089 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2 rw - ext3 /dev\\/root rw",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct mountinfo_entry m;
		char line[256];

		snprintf(line, sizeof(line), "%s", lines[i]);
		if (mountinfo_parse(line, &m) == 0)
			fail_msg("taken: \"%s\"", lines[i]);
	}
}

/* Writes @text to a file that is gone as soon as it is open, and lets @m read it. */
static void open_text(struct mountinfo *m, const char *text, size_t length)
{
	char path[] = "/tmp/test_mountinfo.XXXXXX";
	int fd = mkstemp(path);
	struct error e = {0};

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
	assert_int_equal(close(fd), 0);
	if (mountinfo_open(m, path, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(unlink(path), 0);
}

static void reader(void **state)
{
	static struct mountinfo m;
	struct mountinfo_entry entry;
	struct error e = {0};
	bool end = false;
	size_t size = 300000, at = 0;
	char *text = malloc(size);
	unsigned int lines = 0;

	(void)state;
	assert_non_null(text);
	/* Several buffers full, in lines of every length. */
	for (; at + 2000 < size; lines++)
		at += (size_t)snprintf(text + at, size - at, "%u 1 0:1 / /%0*d rw - tmpfs none rw\n",
				       lines, (int)(1 + lines * 37 % 1900), 7);
	open_text(&m, text, at);
	for (unsigned int i = 0; i < lines; i++) {
		assert_int_equal(mountinfo_next(&m, &entry, &end, &e), 0);
		assert_false(end);
		assert_int_equal(entry.id, i);
		assert_int_equal(strlen(entry.mount_point), 2 + i * 37 % 1900);
	}
	assert_int_equal(mountinfo_next(&m, &entry, &end, &e), 0);
	assert_true(end);
	mountinfo_close(&m);
	assert_int_equal(m.fd, -1);
	free(text);
}

static void reader_refuses(void **state)
{
	static struct mountinfo m;
	static char longest[MOUNTINFO_BUFFER + 10];
	static const char cut[] = "36 35 98:0 / / rw - ext3 none rw\n36 35 98:0 / / rw";
	static const char nul[] = "36 35 98:0 / / rw - ext3 none rw\0x\n";
	struct mountinfo_entry entry;
	struct error e = {0};
	bool end = false;

	(void)state;
	open_text(&m, cut, sizeof(cut) - 1);
	assert_int_equal(mountinfo_next(&m, &entry, &end, &e), 0);
	assert_int_equal(mountinfo_next(&m, &entry, &end, &e), -1);
	assert_non_null(strstr(e.text, "cut off"));
	mountinfo_close(&m);

	open_text(&m, nul, sizeof(nul) - 1);
	assert_int_equal(mountinfo_next(&m, &entry, &end, &e), -1);
	assert_non_null(strstr(e.text, "malformed"));
	mountinfo_close(&m);

	memset(longest, 'x', sizeof(longest));
	open_text(&m, longest, sizeof(longest));
	assert_int_equal(mountinfo_next(&m, &entry, &end, &e), -1);
	assert_non_null(strstr(e.text, "too large"));
	mountinfo_close(&m);

	assert_int_equal(mountinfo_open(&m, "/nonexistent/mountinfo", &e), -1);
	assert_non_null(strstr(e.text, "open /nonexistent/mountinfo"));
}

static void this_host(void **state)
{
	static struct mountinfo m;
	struct mountinfo_entry entry;
	struct error e = {0};
	bool end = false, root = false;

	(void)state;
	if (mountinfo_open(&m, "/proc/self/mountinfo", &e) < 0)
		fail_msg("%s", e.text);
	for (;;) {
		if (mountinfo_next(&m, &entry, &end, &e) < 0)
			fail_msg("%s", e.text);
		if (end)
			break;
		root = root || strcmp(entry.mount_point, "/") == 0;
	}
	mountinfo_close(&m);
	assert_true(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines), cmocka_unit_test(bad_lines),
		cmocka_unit_test(reader),     cmocka_unit_test(reader_refuses),
		cmocka_unit_test(this_host),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
