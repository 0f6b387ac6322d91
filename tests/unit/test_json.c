/*
 * test_json.c - config/json.c: what is a document, and what the getters say about values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/json.h"

struct bad {
	const char *text;
	size_t length; /* 0: strlen */
	const char *says;
};

static void good_documents(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"0",
		"-0",
		"true",
		" null ",
		"\"\"",
		"1.5e-3",
		"18446744073709551615",
		"-9223372036854775808",
		"{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
		"\"\\u0041\\ud83d\\ude00\\n\\/\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
		"\t[\r\n1 , 2\n]\n",
		"{\"\":1,\" \":2}",
		"\"\x7f\"",
		"1e308",
		"1e-999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct error e = {0};
		struct json j = {0};

		if (json_parse(texts[i], strlen(texts[i]), &j, &e) < 0)
			fail_msg("%s: %s", texts[i], e.text);
		json_end(&j);
	}
}

static void bad_documents(void **state)
{
	static const struct bad table[] = {
		{"", 0, "ends too early"},
		{"{\"a\":1,\"a\":2}", 0, "two members \"a\""},
		{"{\"a\":1,\"b\":{\"c\":0},\"\\u0061\":2}", 0, "two members \"a\""},
		{"[{\"x\":{\"\\n\":1,\"\\u000A\":1}}]", 0, "two members"},
		{"{\"\xc3\xa9\":1,\"\\u00e9\":2}", 0, "two members"},
		{"{\n\"a\": 1,\n\"a\": 2\n}", 0, "line 4"},
		{"\"a\\u0000b\"", 0, "NUL"},
		{"{\"a\\u0000\":1}", 0, "NUL"},
		{"\"a\0b\"", 5, "NUL"},
		{"{}\0", 3, "behind the end"},
		{"{} x", 0, "behind the end"},
		{"1 2", 0, "behind the end"},
		{"[1,]", 0, "not a value"},
		{"{\"a\":1,}", 0, "member name"},
		{"{a:1}", 0, "member name"},
		{"{'a':1}", 0, "member name"},
		{"{\"a\" 1}", 0, "expected \":\""},
		{"[1 2]", 0, "expected"},
		{"[1", 0, "expected"},
		{"{\"a\":", 0, "ends too early"},
		{"// c\n1", 0, "not a value"},
		{"\xef\xbb\xbf{}", 0, "not a value"},
		{"NaN", 0, "not a value"},
		{"-Infinity", 0, "not a number"},
		{"Infinity", 0, "not a value"},
		{"TRUE", 0, "not a value"},
		{"truex", 0, "behind the end"},
		{"01", 0, "behind the end"},
		{"+1", 0, "not a value"},
		{".5", 0, "not a value"},
		{"1.", 0, "not a number"},
		{"1e", 0, "not a number"},
		{"-", 0, "not a number"},
		{"0x10", 0, "behind the end"},
		{"18446744073709551616", 0, "out of range"},
		{"-9223372036854775809", 0, "out of range"},
		{"1e999", 0, "out of range"},
		{"\"\xff\"", 0, "UTF-8"},
		{"\"\xc0\x80\"", 0, "UTF-8"},
		{"\"\xe0\x80\x80\"", 0, "UTF-8"},
		{"\"\xed\xa0\x80\"", 0, "UTF-8"},
		{"\"\xf4\x90\x80\x80\"", 0, "UTF-8"},
		{"\"\xf8\x88\x80\x80\x80\"", 0, "UTF-8"},
		{"\"\xe2\x82\"", 0, "UTF-8"},
		{"{\"\xff\":1}", 0, "UTF-8"},
		{"\"\\ud800\"", 0, "surrogate"},
		{"\"\\ud800\\u0041\"", 0, "surrogate"},
		{"\"\\udc00\"", 0, "surrogate"},
		{"\"\\x41\"", 0, "escape"},
		{"\"\\u12\"", 0, "hexadecimal"},
		{"\"a\nb\"", 0, "control character"},
		{"\"a", 0, "does not end"},
		{"\"a\\", 0, "does not end"},
		{"{\"a", 0, "does not end"},
		{"{\"a\\\"", 0, "does not end"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t length = table[i].length ? table[i].length : strlen(table[i].text);
		char *copy =
			malloc(length + 1); /* exactly as long, so that reading past the end is seen */
		struct error e = {0};
		struct json j = {0};

		assert_non_null(copy);
		memcpy(copy, table[i].text, length);
		copy = realloc(copy, length ? length : 1);
		assert_non_null(copy);
		if (json_parse(copy, length, &j, &e) == 0)
			fail_msg("taken: %s", table[i].text);
		if (!strstr(e.text, table[i].says))
			fail_msg("%s: said \"%s\"", table[i].text, e.text);
		assert_null(j.node);
		free(copy);
	}
}

static void depth(void **state)
{
	char text[2 * (JSON_DEPTH_MAX + 1) + 1];
	struct error e = {0};
	struct json j = {0};

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_int_equal(json_parse(text, 2 * (size_t)JSON_DEPTH_MAX, &j, &e), 0);
	json_end(&j);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(json_parse(text, 2 * (size_t)JSON_DEPTH_MAX + 2, &j, &e), -1);
	assert_non_null(strstr(e.text, "nested too deeply"));
}

static void size(void **state)
{
	char *text = malloc(JSON_SIZE_MAX + 1);
	struct error e = {0};
	struct json j = {0};

	(void)state;
	assert_non_null(text);
	memset(text, ' ', JSON_SIZE_MAX + 1);
	text[0] = '1';
	assert_int_equal(json_parse(text, JSON_SIZE_MAX, &j, &e), 0);
	json_end(&j);
	assert_int_equal(json_parse(text, JSON_SIZE_MAX + 1, &j, &e), -1);
	assert_non_null(strstr(e.text, "larger than"));
	free(text);
}

/* Many members in one object: the search for doubles must not depend on their number squared. */
static void many_members(void **state)
{
	enum { MANY = 100000 };
	char *text = malloc(MANY * 16 + 32), *at = text;
	struct error e = {0};
	struct json j = {0};

	(void)state;
	assert_non_null(text);
	*at++ = '{';
	for (int i = 0; i < MANY; i++)
		at += sprintf(at, "\"%d\":0,", i);
	strcpy(at, "\"x\":0}");
	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	json_end(&j);
	strcpy(at, "\"777\":0}");
	assert_int_equal(json_parse(text, strlen(text), &j, &e), -1);
	assert_non_null(strstr(e.text, "\"777\""));
	free(text);
}

static struct json parse(const char *text)
{
	struct error e = {0};
	struct json j = {0};

	if (json_parse(text, strlen(text), &j, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return j;
}

#define SAYS(call, words)                           \
	do {                                        \
		assert_int_equal(call, -1);         \
		assert_string_equal(e.text, words); \
	} while (0)

static void integers(void **state)
{
	struct json j = parse(
		"[9223372036854775807,9223372036854775808,18446744073709551615,-1,1.0,\"1\",true,"
		"null,-9223372036854775808,0]");
	struct json v[10];
	struct error e = {0};
	int64_t i = 77;
	uint64_t u = 77;

	(void)state;
	for (size_t k = 0; k < 10; k++)
		v[k] = json_at(&j, k);
	assert_int_equal(json_get_i64(&v[0], INT64_MIN, INT64_MAX, &i, &e), 0);
	assert_true(i == INT64_MAX);
	SAYS(json_get_i64(&v[1], INT64_MIN, INT64_MAX, &i, &e),
	     "[1]: 9223372036854775808 is not between -9223372036854775808 and "
	     "9223372036854775807");
	assert_int_equal(json_get_u64(&v[1], 0, UINT64_MAX, &u, &e), 0);
	assert_true(u == UINT64_C(9223372036854775808));
	assert_int_equal(json_get_u64(&v[2], 0, UINT64_MAX, &u, &e), 0);
	assert_true(u == UINT64_MAX);
	SAYS(json_get_u64(&v[2], 0, 5, &u, &e), "[2]: 18446744073709551615 is not between 0 and 5");
	SAYS(json_get_u64(&v[3], 0, UINT64_MAX, &u, &e),
	     "[3]: -1 is not between 0 and 18446744073709551615");
	SAYS(json_get_i64(&v[4], 0, 9, &i, &e), "[4]: not an integer");
	SAYS(json_get_i64(&v[5], 0, 9, &i, &e), "[5]: not an integer");
	SAYS(json_get_i64(&v[6], 0, 9, &i, &e), "[6]: not an integer");
	i = 77;
	assert_int_equal(json_get_i64(&v[7], 0, 9, &i, &e), 0); /* null: absent */
	assert_true(i == 77);
	assert_int_equal(json_get_i64(&v[8], INT64_MIN, 0, &i, &e), 0);
	assert_true(i == INT64_MIN);
	SAYS(json_get_i64(&v[9], 1, 9, &i, &e), "[9]: 0 is not between 1 and 9");
	json_end(&j);
}

static void paths(void **state)
{
	struct json j = parse("{\"linux\":{\"resources\":{\"pids\":{\"limit\":\"x\"}},\"a\\u001b["
			      "2J\":[[1]]},\"n\":null}");
	struct json linux_node = json_member(&j, "linux"),
		    resources = json_member(&linux_node, "resources");
	struct json pids = json_member(&resources, "pids"), limit = json_member(&pids, "limit");
	struct json absent = json_member(&j, "n"), below = json_member(&absent, "x");
	struct json escape = json_member(&linux_node, "a\033[2J"), row = json_at(&escape, 0),
		    one = json_at(&row, 0);
	struct error e = {0};
	struct json found = {0};
	const char *text = "untouched";
	bool flag = true;
	size_t n = 5;
	int64_t v;

	(void)state;
	SAYS(json_get_i64(&limit, 0, 9, &v, &e), "linux.resources.pids.limit: not an integer");
	SAYS(json_get_bool(&limit, &flag, &e), "linux.resources.pids.limit: not true or false");
	SAYS(json_get_object(&limit, &e), "linux.resources.pids.limit: not an object");
	SAYS(json_get_array(&pids, &n, &e), "linux.resources.pids: not an array");
	SAYS(json_get_string(&one, &text, &e), "linux.a?[2J[0][0]: not a string");
	SAYS(json_get_array(&j, &n, &e), "the document: not an array");
	SAYS(json_need(&pids, "unlimited", &found, &e), "linux.resources.pids.unlimited: missing");
	SAYS(json_need(&limit, "x", &found, &e), "linux.resources.pids.limit: not an object");
	SAYS(json_need(&j, "n", &found, &e), "n: missing");
	assert_false(json_present(&absent));
	assert_false(json_present(&below));
	assert_int_equal(json_get_string(&below, &text, &e), 0);
	assert_string_equal(text, "untouched");
	assert_int_equal(json_get_array(&below, &n, &e), 0);
	assert_int_equal(n, 0);
	assert_int_equal(json_get_string(&limit, &text, &e), 0);
	assert_string_equal(text, "x");
	json_end(&j);
}

static int collect(const struct json *member, void *into, struct error *e)
{
	int64_t v = 0;

	if (json_get_i64(member, 0, 9, &v, e) < 0)
		return -1;
	snprintf((char *)into + strlen(into), 64 - strlen(into), "%s=%d;", member->name, (int)v);
	return 0;
}

static void each_member(void **state)
{
	struct json j = parse("{\"o\":{\"z\":1,\"a\":2,\"n\":null,\"m\":3},\"bad\":{\"x\":1,\"y\":"
			      "10,\"z\":2},\"l\":[]}");
	struct json o = json_member(&j, "o"), wrong = json_member(&j, "bad"),
		    list = json_member(&j, "l");
	struct error e = {0};
	char text[64] = "";

	(void)state;
	assert_int_equal(json_each(&o, collect, text, &e), 0);
	assert_string_equal(text, "z=1;a=2;m=3;");
	text[0] = '\0';
	SAYS(json_each(&wrong, collect, text, &e), "bad.y: 10 is not between 0 and 9");
	assert_string_equal(text, "x=1;");
	SAYS(json_each(&list, collect, text, &e), "l: not an object");
	json_end(&j);
}

struct filled {
	const char *text;
	bool truth;
	int64_t i64;
	uint64_t u64;
	int32_t i32;
	uint32_t u32;
	struct config_number number, flag;
	struct config_strings strings;
	char seen[64];
};

static int read_seen(const struct json *j, struct config *c, void *field, struct error *e)
{
	(void)c;
	return json_each(j, collect, field, e);
}

static const struct json_field fields[] = {
	{"text", JSON_STRING, offsetof(struct filled, text), true, 0, 0, NULL},
	{"truth", JSON_BOOL, offsetof(struct filled, truth), false, 0, 0, NULL},
	{"i64", JSON_I64, offsetof(struct filled, i64), false, -5, 5, NULL},
	{"u64", JSON_U64, offsetof(struct filled, u64), false, 0, 0, NULL},
	{"i32", JSON_I32, offsetof(struct filled, i32), false, 0, 0, NULL},
	{"u32", JSON_U32, offsetof(struct filled, u32), false, 0, 0, NULL},
	{"number", JSON_NUMBER, offsetof(struct filled, number), false, 0, 0, NULL},
	{"flag", JSON_FLAG, offsetof(struct filled, flag), false, 0, 0, NULL},
	{"strings", JSON_STRINGS, offsetof(struct filled, strings), false, 0, 0, NULL},
	{"seen", JSON_READ, offsetof(struct filled, seen), false, 0, 0, read_seen},
	{NULL, JSON_BOOL, 0, false, 0, 0, NULL},
};

static void tables(void **state)
{
	static const struct bad table[] = {
		{"{}", 0, "text: missing"},
		{"{\"text\":null}", 0, "text: missing"},
		{"[]", 0, "the document: not an object"},
		{"{\"text\":1}", 0, "text: not a string"},
		{"{\"text\":\"\",\"truth\":0}", 0, "truth: not true or false"},
		{"{\"text\":\"\",\"i64\":6}", 0, "i64: 6 is not between -5 and 5"},
		{"{\"text\":\"\",\"u64\":-1}", 0, "u64: -1 is not between 0 and 18446744073709551615"},
		{"{\"text\":\"\",\"i32\":2147483648}", 0,
		 "i32: 2147483648 is not between -2147483648 and 2147483647"},
		{"{\"text\":\"\",\"u32\":4294967296}", 0,
		 "u32: 4294967296 is not between 0 and 4294967295"},
		{"{\"text\":\"\",\"flag\":1}", 0, "flag: not true or false"},
		{"{\"text\":\"\",\"strings\":[\"a\",null]}", 0, "strings[1]: not a string"},
		{"{\"text\":\"\",\"strings\":\"a\"}", 0, "strings: not an array"},
		{"{\"text\":\"\",\"seen\":{\"q\":[]}}", 0, "seen.q: not an integer"},
	};
	struct json j = parse(
		"{\"text\":\"t\",\"truth\":true,\"i64\":-5,\"u64\":18446744073709551615,\"i32\":-1,"
		"\"u32\":4294967295,\"number\":-9223372036854775808,\"flag\":false,"
		"\"strings\":[\"a\",\"b\",\"c\"],\"seen\":{\"k\":7},\"unknown\":{}}");
	struct config *c = config_new();
	struct filled f = {0};
	struct error e = {0};

	(void)state;
	assert_non_null(c);
	assert_int_equal(json_fields(&j, fields, c, &f, &e), 0);
	json_end(&j); /* what was filled stays */
	assert_string_equal(f.text, "t");
	assert_true(f.truth);
	assert_true(f.i64 == -5 && f.u64 == UINT64_MAX && f.i32 == -1 && f.u32 == UINT32_MAX);
	assert_true(f.number.set && f.number.value == INT64_MIN && f.flag.set && f.flag.value == 0);
	assert_int_equal(f.strings.n, 3);
	assert_string_equal(f.strings.v[2], "c");
	assert_null(f.strings.v[3]);
	assert_string_equal(f.seen, "k=7;");
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct filled unused = {0};

		j = parse(table[i].text);
		SAYS(json_fields(&j, fields, c, &unused, &e), table[i].says);
		json_end(&j);
	}
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_documents), cmocka_unit_test(bad_documents),
		cmocka_unit_test(depth),	  cmocka_unit_test(size),
		cmocka_unit_test(many_members),	  cmocka_unit_test(integers),
		cmocka_unit_test(paths),	  cmocka_unit_test(each_member),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
