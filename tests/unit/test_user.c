/*
 * test_user.c - host/user.c: users and groups from files that the author of a root filesystem wrote, well or badly.
 *
 * The ids that matter are those next to the edges of 32 bits: runtimes have turned 4294967296 into root, and
 * (uid_t)-1 means "leave it" to the kernel.
 */
#include "tree_fixture.h"

#include "host/user.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "bob:x:1000:1000:Bob,,,:/home/bob:/bin/sh\n"
			     "short:x:1001:1001::/home/short\n" /* without a shell */
			     "relative:x:1002:1002::home:/bin/sh\n"
			     "homeless:x:1003:1003:::/bin/sh\n"
			     "bob:x:2000:2000:a second one::\n"
			     "twin:x:1000:5:the same id:/home/twin:\n"
			     "7777:x:1007:1007:a number as a name:/home/seven:\n"
			     "last:x:4294967294:4294967294::/home/last:/bin/sh:and:more:fields";

static const char group[] = "root:x:0:\n"
			    "daemon:x:1:root,bob\n"
			    "bob:x:1000:bob\n" /* his own one, not listed twice */
			    "wheel:x:10:bob\n"
			    "prefix:x:11:bobby,bo,xbob\n"
			    "commas:x:12:,,bob\n"
			    "empty-last:x:13:x,bob,\n"
			    "nobody:x:65534:\n"
			    "short:x:14\n" /* without members: a group, but nobody is in it */
			    "wheel:x:99:a second one\n"
			    "twins:x:15:twin\n"
			    "last:x:4294967294:last";

struct found {
	const char *spec;
	uint32_t uid, gid;
	const char *home;
	const char *groups; /* "1 10 " */
	const char *words;  /* of the error; NULL: it is found */
};

static void check_found(const struct found *row)
{
	struct user u = {0};
	char groups[256] = "";
	char spec[64];

	/* Of its own, so that ASan sees a read behind it. */
	snprintf(spec, sizeof(spec), "%s", row->spec);
	e.text[0] = '\0';
	if (user_find(root_fd, spec, &u, &e) < 0) {
		if (!row->words || !strstr(e.text, row->words))
			fail_msg("%s: %s", row->spec, e.text);
		assert_null(u.home);
		assert_null(u.groups);
		return;
	}
	for (size_t i = 0; i < u.groups_n; i++)
		snprintf(groups + strlen(groups), sizeof(groups) - strlen(groups), "%u ",
			 u.groups[i]);
	if (row->words || u.uid != row->uid || u.gid != row->gid ||
	    strcmp(u.home, row->home) != 0 || strcmp(groups, row->groups) != 0)
		fail_msg("%s: uid %u, gid %u, home %s, groups %s", row->spec, u.uid, u.gid, u.home,
			 groups);
	user_end(&u);
	assert_null(u.home);
	user_end(&u);
}

static void check_all(const struct found *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_found(&rows[i]);
}

static void names_of_numbers(void **state)
{
	static const struct {
		uint32_t uid;
		const char *name;
	} rows[] = {
		{0, "root"},   {1000, "bob"},	     {1007, "7777"},
		{31337, NULL}, {4294967294, "last"}, {7777, NULL},
	};

	(void)state;
	put("etc/passwd", passwd);
	put("etc/group", group);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *name = user_name(root_fd, rows[i].uid);

		if (rows[i].name ? !name || strcmp(name, rows[i].name) != 0 : name != NULL)
			fail_msg("%u is %s", (unsigned int)rows[i].uid, name ? name : "nobody");
		free(name);
	}
}

static void names_and_numbers(void **state)
{
	static const struct found rows[] = {
		{"root", 0, 0, "/root", "1 ", NULL},
		{"0", 0, 0, "/root", "1 ", NULL},
		{"00", 0, 0, "/root", "1 ", NULL},
		{"bob", 1000, 1000, "/home/bob", "1 10 12 13 ", NULL},
		{"1000", 1000, 1000, "/home/bob", "1 10 12 13 ", NULL}, /* the first with that id */
		{"short", 1001, 1001, "/home/short", "", NULL},
		{"twin", 1000, 5, "/home/twin", "15 ", NULL},
		{"last", 4294967294, 4294967294, "/home/last", "", NULL},
		{"2000", 2000, 2000, "/", "1 1000 10 12 13 ", NULL},
		/* A number is an id, whatever names there are; and need not be listed. */
		{"7777", 7777, 0, "/", "", NULL},
		{"1007", 1007, 1007, "/home/seven", "", NULL},
		{"4294967294", 4294967294, 4294967294, "/home/last", "", NULL},
		{"31337", 31337, 0, "/", "", NULL},
		/* With a group exactly that one. */
		{"bob:wheel", 1000, 10, "/home/bob", "", NULL},
		{"bob:0", 1000, 0, "/home/bob", "", NULL},
		{"bob:short", 1000, 14, "/home/bob", "", NULL},
		{"1000:65534", 1000, 65534, "/home/bob", "", NULL},
		{"31337:31338", 31337, 31338, "/", "", NULL},
		{"31337:last", 31337, 4294967294, "/", "", NULL},
		{"0:4294967294", 0, 4294967294, "/root", "", NULL},
		/* HOME. */
		{"relative", 1002, 1002, "/", "", NULL},
		{"homeless", 1003, 1003, "/", "", NULL},
	};

	(void)state;
	put("etc/passwd", passwd);
	put("etc/group", group);
	check_all(rows, COUNT(rows));
}

static void refused_specs(void **state)
{
	static const char ids[] = "ids go from 0 to 4294967294", user[] = "/etc/passwd",
			  no_group[] = "/etc/group";
	static const struct found rows[] = {
		{.spec = "4294967295", .words = ids},
		{.spec = "4294967296", .words = ids},
		{.spec = "4294968296", .words = ids}, /* 1000 after 32 bits */
		{.spec = "18446744073709551616", .words = ids},
		{.spec = "99999999999999999999999999999999999999999999", .words = ids},
		{.spec = "bob:4294967295", .words = ids},
		{.spec = "bob:4294967296", .words = ids},
		{.spec = "0:18446744073709551616", .words = ids},
		/* No numbers, and no names either. */
		{.spec = "-1", .words = user},
		{.spec = "+1", .words = user},
		{.spec = "-0", .words = user},
		{.spec = " 0", .words = user},
		{.spec = "0 ", .words = user},
		{.spec = "0x0", .words = user},
		{.spec = "1e3", .words = user},
		{.spec = "\xd9\xa0", .words = user}, /* an Arabic zero */
		{.spec = "", .words = user},
		{.spec = ":", .words = user},
		{.spec = ":0", .words = user},
		{.spec = "bo", .words = user},
		{.spec = "bobb", .words = user},
		{.spec = "BOB", .words = user},
		{.spec = "nobody", .words = user},
		{.spec = "bob:", .words = no_group},
		{.spec = "bob:-1", .words = no_group},
		{.spec = "bob:+1", .words = no_group},
		{.spec = "bob:nogroup", .words = no_group},
		{.spec = "bob:wheel:wheel", .words = no_group},
		{.spec = "0::0", .words = no_group},
	};

	(void)state;
	put("etc/passwd", passwd);
	put("etc/group", group);
	check_all(rows, COUNT(rows));
}

static void malformed_lines(void **state)
{
	static const struct found rows[] = {
		{"good", 500, 600, "/home/good", "5 ", NULL},
		{"500", 500, 600, "/home/good", "5 ", NULL},
		{"good:g", 500, 5, "/home/good", "", NULL},
		{"0", 0, 0, "/root", "", NULL}, /* what no line has made root */
		{.spec = "bad", .words = "/etc/passwd"},
		{.spec = "good:b", .words = "/etc/group"},
		{.spec = "+", .words = "/etc/passwd"},
		{.spec = "#bad", .words = "/etc/passwd"},
	};

	(void)state;
	put("etc/passwd",
	    "\n\n:\n::::::\n:::::::::::::\nbad\nbad:x\nbad:x:0\nbad:x:0:0\nbad:x:0:0:\n"
	    "bad:x::0::/:\nbad:x:0:::/:\nbad:x:-1:0::/:\nbad:x:+0:0::/:\nbad:x:0:-1::/:\n"
	    "bad:x: 0:0::/:\nbad:x:0 :0::/:\nbad:x:0x0:0::/:\nbad:x:0:0x0::/:\n"
	    "bad:x:4294967295:0::/:\nbad:x:4294967296:0::/:\nbad:x:0:4294967295::/:\n"
	    "bad:x:18446744073709551616:0::/:\nbad:x:0:4294967296::/:\n"
	    "bad:x:99999999999999999999999999:0::/:\n+::::::\n+bad::::::\n#bad:x:\n"
	    "good:x:500:600::/home/good:/bin/sh\n");
	put("etc/group", "\n:::\n:\nb\nb:x\nb:x:\nb:x:-1:good\nb:x:+1:good\nb:x:4294967295:good\n"
			 "b:x:4294967296:good\nb:x: 1:good\nb:x:0x1:good\n+:::\n"
			 "g:x:5:good\n");
	check_all(rows, COUNT(rows));
}

/* A line without a name is nobody's: without this rule he is in every group that has no members. */
static void nameless(void **state)
{
	static const struct found rows[] = {
		{"1000", 1000, 0, "/", "", NULL},
		{.spec = "", .words = "/etc/passwd"},
		{.spec = "5:", .words = "/etc/group"},
	};

	(void)state;
	put("etc/passwd", ":x:1000:1000::/home/none:/bin/sh\n");
	put("etc/group", "root:x:0:\nshadow:x:42:\n:x:43:\n");
	check_all(rows, COUNT(rows));
}

static void overlong_lines(void **state)
{
	static const struct found rows[] = {
		{"good", 500, 600, "/", "5 ", NULL},
		{.spec = "bad", .words = "/etc/passwd"},
	};
	const size_t size = 1 << 20;
	OWNED_MEMORY char *text = malloc(size + 100);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	strcpy(text + size, "\ngood:x:500:600::/:\n");
	put("etc/passwd", text);
	memset(text, ':', size);
	put("etc/group", text);
	check_found(&(struct found){"good", 500, 600, "/", "", NULL});
	memset(text, ',', size);
	memcpy(text, "h:x:6:", 6);
	strcpy(text + size, "\ng:x:5:good\n");
	put("etc/group", text);
	check_all(rows, COUNT(rows));
}

static void nul_bytes(void **state)
{
	static const char with_nul[] = "good:x:500:600::/home/good:\n\0\nbad:x:0:0::/:\n",
			  first[] = "\0good:x:500:600::/:\n";
	static const struct found rows[] = {
		{"good", 500, 600, "/home/good", "", NULL},
		{.spec = "bad", .words = "/etc/passwd"},
	};

	(void)state;
	put_bytes("etc/passwd", with_nul, sizeof(with_nul) - 1, 0644);
	put_bytes("etc/group", first, sizeof(first) - 1, 0644);
	check_all(rows, COUNT(rows));
	put_bytes("etc/passwd", first, sizeof(first) - 1, 0644);
	check_found(&rows[1]);
}

static void missing_files(void **state)
{
	static const struct found rows[] = {
		{"0", 0, 0, "/root", "", NULL},
		{"5", 5, 0, "/", "", NULL},
		{"5:6", 5, 6, "/", "", NULL},
		{.spec = "root", .words = "/etc/passwd"},
		{.spec = "5:root", .words = "/etc/group"},
	};

	(void)state;
	check_all(rows, COUNT(rows)); /* no /etc */
	put("etc", "a file");
	check_all(rows, COUNT(rows));
	take_away("etc");
	put_dir("etc");
	check_all(rows, COUNT(rows));
	put_link("etc/passwd", "nowhere");
	put_link("etc/group", "/nowhere");
	check_all(rows, COUNT(rows));
	take_away("etc/passwd");
	put("etc/passwd", "");
	check_all(rows, COUNT(rows));
}

static void strange_files(void **state)
{
	static const struct {
		void (*make)(const char *path);
		const char *words;
	} kinds[] = {
		{put_fifo, "open /etc/"},
		{put_dir, "open /etc/"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct found user = {.spec = "0", .words = kinds[i].words},
				   in_group = {.spec = "0:g", .words = kinds[i].words};

		kinds[i].make("etc/passwd");
		check_found(&user);
		take_away("etc/passwd");
		kinds[i].make("etc/group");
		check_found(&in_group);
		take_away("etc/group");
	}
	put_link("etc/passwd", "passwd");
	check_found(&(struct found){.spec = "0", .words = "open /etc/passwd"});
}

static void device_file(void **state)
{
	(void)state;
	need_root("to make a device");
	put_device("etc/passwd");
	check_found(&(struct found){.spec = "0", .words = "open /etc/passwd"});
}

static void huge_files(void **state)
{
	static const struct {
		off_t size;
		struct found user;
	} rows[] = {
		{4 << 20, {"0", 0, 0, "/root", "", NULL}}, /* read, and there is nothing in it */
		{(4 << 20) + 1, {.spec = "0", .words = "/etc/passwd"}},
		{(off_t)1 << 40, {.spec = "0", .words = "/etc/passwd"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_sparse("etc/passwd", rows[i].size);
		check_found(&rows[i].user);
	}
	put("etc/passwd", passwd);
	put_sparse("etc/group", (off_t)1 << 40);
	check_found(&(struct found){.spec = "bob", .words = "/etc/group"});
}

/* What lies outside is not read, wherever a link says it is. */
static void links(void **state)
{
	static const struct found inside = {"bob", 1000, 1000, "/home/bob", "1 10 12 13 ", NULL},
				  outside = {.spec = "spy", .words = "/etc/passwd"};
	char target[PATH_MAX];

	(void)state;
	put("usr/etc/passwd", passwd);
	put("usr/etc/group", group);
	put_link("etc", "/usr/etc");
	check_found(&inside);
	take_away("etc");
	put_link("etc", "../../../usr/etc");
	check_found(&inside);
	take_away("etc");
	put_link("etc/passwd", "../../../../usr/etc/passwd");
	put_link("etc/group", "/usr/etc/group");
	check_found(&inside);

	put("spy", "spy:x:0:0::/:\n");
	snprintf(target, sizeof(target), "%s/root/spy", tree);
	take_away("etc/passwd");
	put_link("etc/passwd", target);
	check_found(&outside);
	take_away("etc/passwd");
	put_link("etc/passwd", "/proc/self/cwd/spy");
	check_found(&outside);
}

static void many_groups(void **state)
{
	static char text[64 * (USER_GROUPS + 2)];
	struct user u;
	char *at = text;

	(void)state;
	put("etc/passwd", "bob:x:1000:1000::/:\n");
	for (int i = 0; i < USER_GROUPS; i++)
		at += sprintf(at, "g%d:x:%d:bob\n", i, 5000 + i);
	put("etc/group", text);
	OK(user_find(root_fd, "bob", &u, &e));
	assert_int_equal(u.groups_n, USER_GROUPS);
	for (int i = 0; i < USER_GROUPS; i++)
		assert_int_equal(u.groups[i], 5000 + i);
	user_end(&u);
	sprintf(at, "own:x:1000:bob\n"); /* does not count */
	put("etc/group", text);
	OK(user_find(root_fd, "1000", &u, &e));
	assert_int_equal(u.groups_n, USER_GROUPS);
	user_end(&u);
	sprintf(at, "more:x:1:bob\n");
	put("etc/group", text);
	check_found(&(struct found){.spec = "bob", .words = "more than 1024 groups"});
	check_found(&(struct found){"bob:7", 1000, 7, "/", "", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(names_and_numbers), TREE_TEST(names_of_numbers),
		TREE_TEST(refused_specs),     TREE_TEST(malformed_lines),
		TREE_TEST(nameless),	      TREE_TEST(overlong_lines),
		TREE_TEST(nul_bytes),	      TREE_TEST(missing_files),
		TREE_TEST(strange_files),     TREE_TEST(device_file),
		TREE_TEST(huge_files),	      TREE_TEST(links),
		TREE_TEST(many_groups),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
