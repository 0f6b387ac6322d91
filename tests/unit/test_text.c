/*
 * test_text.c - base/text.c: strings that grow, JSON strings, text for a terminal, and times.
 *
 * What the tables cannot list is asked of a second opinion: json_parse for JSON, a plain decoder of UTF-8 (here)
 * for the terminal, timegm(3) for the calendar.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "config/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned int draw(unsigned int below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned int)(seed >> 33) % below;
}

struct pair {
	const char *in, *out;
};

static void check_pairs(const struct pair *pairs, size_t n,
			void (*add)(struct text *t, const char *string))
{
	for (size_t i = 0; i < n; i++) {
		OWNED_TEXT t = {0};

		add(&t, pairs[i].in);
		assert_true(text_ok(&t));
		assert_string_equal(t.bytes ? t.bytes : "", pairs[i].out);
		assert_int_equal(t.length, strlen(pairs[i].out));
	}
}

static void grows(void **state)
{
	OWNED_TEXT t = {0};
	char *all = malloc(5000L * 5000 / 2 + 5001), *at = all;

	(void)state;
	assert_non_null(all);
	assert_true(text_ok(&t));
	assert_null(t.bytes);
	/* Every length of a part, so that every distance to the end of the room comes up. */
	for (int i = 0; i < 5000; i += 1 + i / 100) {
		text_add(&t, "%0*d", i, 0);
		at += sprintf(at, "%0*d", i, 0);
	}
	assert_true(text_ok(&t));
	assert_int_equal(t.length, at - all);
	assert_true(t.room > t.length);
	assert_string_equal(t.bytes, all);
	free(all);
	text_end(&t);
	assert_null(t.bytes);
	text_add(&t, "%s", "");
	assert_string_equal(t.bytes, "");
	text_add(&t, "%s-%d", "again", 1);
	assert_string_equal(t.bytes, "again-1");
}

static void failure_stays(void **state)
{
	OWNED_TEXT t = {0};

	(void)state;
	text_add(&t, "before");
	t.failed = true; /* as a failed allocation does it */
	text_add(&t, "after");
	text_add_json(&t, "after");
	text_add_escaped(&t, "after");
	text_add_time(&t, 0, 9);
	assert_false(text_ok(&t));
	assert_string_equal(t.bytes, "before");
}

static void json_known(void **state)
{
	static const struct pair pairs[] = {
		{NULL, "null"},
		{"", "\"\""},
		{"plain ~", "\"plain ~\""},
		{"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
		{"\x01\b\t\n\f\r\x1b\x1f",
		 "\"\\u0001\\u0008\\u0009\\u000a\\u000c\\u000d\\u001b\\u001f\""},
		{"\x7f", "\"\\u007f\""},
		/* The first and the last of every length, and beside the surrogates. */
		{"\xc2\xa0\xdf\xbf", "\"\xc2\xa0\xdf\xbf\""},
		{"\xe0\xa0\x80\xef\xbf\xbf", "\"\xe0\xa0\x80\xef\xbf\xbf\""},
		{"\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\""},
		{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
		/* What a terminal obeys, or what changes the order in which one reads. */
		{"\xc2\x80\xc2\x9b\xc2\x9f", "\"\\u0080\\u009b\\u009f\""},
		{"\xd8\x9c\xe2\x80\xae\xe2\x81\xa9", "\"\\u061c\\u202e\\u2069\""},
		{"\xe2\x80\xa7\xe2\x81\xaa", "\"\xe2\x80\xa7\xe2\x81\xaa\""},
		/* Broken. */
		{"\x80", "\"\\u0080\""},
		{"a\xbf"
		 "b",
		 "\"a\\u00bfb\""},
		{"\xc3", "\"\\u00c3\""},
		{"\xc3(", "\"\\u00c3(\""},
		{"\xe2\x82", "\"\\u00e2\\u0082\""},
		{"\xe2\x82x", "\"\\u00e2\\u0082x\""},
		{"\xf0\x9f\x98", "\"\\u00f0\\u009f\\u0098\""},
		{"\xf0\x9f\xc3\xa9", "\"\\u00f0\\u009f\xc3\xa9\""},
		{"\xc0\x80", "\"\\u00c0\\u0080\""}, /* overlong */
		{"\xc1\xbf", "\"\\u00c1\\u00bf\""},
		{"\xe0\x9f\xbf", "\"\\u00e0\\u009f\\u00bf\""},
		{"\xf0\x8f\xbf\xbf", "\"\\u00f0\\u008f\\u00bf\\u00bf\""},
		{"\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\""},		  /* a surrogate */
		{"\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\""}, /* past U+10FFFF */
		{"\xf5\x80\x80\x80", "\"\\u00f5\\u0080\\u0080\\u0080\""},
		{"\xfe\xff", "\"\\u00fe\\u00ff\""},
	};

	(void)state;
	check_pairs(pairs, COUNT(pairs), text_add_json);
}

/* Up to @most random bytes, rich in those that matter. */
static void random_string(char *into, size_t most)
{
	static const char interesting[] =
		"\x01\n\x1b\"\\\x7f\x80\x9b\xbf\xc0\xc2\xd8\x9c\xe0\xe2\x80"
		"\xae\x81\xa6\xed\xa0\xf0\x90\xf4\x8f\xf5\xff";
	size_t n = draw((unsigned int)most + 1);

	for (size_t i = 0; i < n; i++)
		into[i] = draw(3) ? interesting[draw(sizeof(interesting) - 1)]
				  : (char)(1 + draw(255));
	into[n] = '\0';
}

static void json_is_valid(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		OWNED_TEXT t = {0}, once_more = {0};
		struct json document, member;
		const char *back = NULL;
		struct error e;
		char in[41];

		random_string(in, sizeof(in) - 1);
		text_add(&t, "{\"s\":");
		text_add_json(&t, in);
		text_add(&t, "}");
		if (json_parse(t.bytes, t.length, &document, &e) < 0)
			fail_msg("%s: %s", t.bytes, e.text);
		member = json_member(&document, "s");
		assert_int_equal(json_get_string(&member, &back, &e), 0);
		/* What was valid comes back as it was; and once it is valid, it stays. */
		text_add_json(&once_more, back);
		assert_null(strstr(once_more.bytes, "\\u00f"));
		if (!strstr(t.bytes, "\\u00"))
			assert_string_equal(back, in);
		json_end(&document);
	}
}

static void escaped_known(void **state)
{
	static const struct pair pairs[] = {
		{"", ""},
		{"plain ~ \"quoted\" back\\slash", "plain ~ \"quoted\" back\\slash"},
		{"a\nb\tc\r", "a\\x0ab\\x09c\\x0d"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"\x01\x1f\x7f", "\\x01\\x1f\\x7f"},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		/* C1: as single bytes, and as code points. */
		{"\x9b"
		 "31m",
		 "\\x9b31m"},
		{"\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"},
		{"\xc2\xa0", "\xc2\xa0"},
		/* What turns the direction of writing or begins a line; and the neighbours, which do not. */
		{"\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
		 "\xe2\x80\x8d\\xe2\\x80\\x8e\\xe2\\x80\\x8f\xe2\x80\x90"},
		{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9",
		 "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},
		{"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac",
		 "\\xe2\\x80\\xaa\\xe2\\x80\\xab\\xe2\\x80\\xac"},
		{"\xe2\x80\xad\xe2\x80\xae\xe2\x80\xaf",
		 "\\xe2\\x80\\xad\\xe2\\x80\\xae\xe2\x80\xaf"},
		{"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa7",
		 "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa7"},
		{"\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa",
		 "\\xe2\\x81\\xa8\\xe2\\x81\\xa9\xe2\x81\xaa"},
		{"\xd8\x9b\xd8\x9c\xd8\x9d", "\xd8\x9b\\xd8\\x9c\xd8\x9d"}, /* U+061C */
		/* No UTF-8. */
		{"\xff\xc0\x80", "\\xff\\xc0\\x80"},
		{"\xe2\x80", "\\xe2\\x80"},
		{"\xe2\x80\n", "\\xe2\\x80\\x0a"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	};

	(void)state;
	check_pairs(pairs, COUNT(pairs), text_add_escaped);
}

/* The next code point, or -1 where there is no valid one. */
static long decode(const unsigned char **at)
{
	static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = *at;
	int n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	long point = n == 1 ? s[0] : s[0] & (0x7f >> n);

	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		point = point << 6 | (s[i] & 0x3f);
	}
	*at += n;
	return n == 0 || s[0] > 0xf7 || point < least[n] || point > 0x10ffff ||
			       (point >= 0xd800 && point <= 0xdfff)
		       ? -1
		       : point;
}

static bool obeyed(long point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
	       point == 0x200e || point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

static void escaped_is_harmless(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		OWNED_TEXT t = {0};
		char in[41];

		random_string(in, sizeof(in) - 1);
		text_add_escaped(&t, in);
		for (const unsigned char *at = (const unsigned char *)t.bytes; at && *at;) {
			long point = decode(&at);

			if (obeyed(point)) /* -1 as well */
				fail_msg("U+%04lX is left as it is", (unsigned long)point);
		}
	}
}

static void known_times(void **state)
{
	static const struct {
		int64_t seconds, ns;
		int digits;
		const char *text;
	} table[] = {
		{0, 0, 0, "1970-01-01T00:00:00Z"},
		{0, 0, 9, "1970-01-01T00:00:00.000000000Z"},
		{0, 1, 9, "1970-01-01T00:00:00.000000001Z"},
		{0, 999999999, 0, "1970-01-01T00:00:00Z"},
		{68169599, 0, 0, "1972-02-28T23:59:59Z"},
		{68169600, 0, 0, "1972-02-29T00:00:00Z"},
		{946684799, 999999999, 9, "1999-12-31T23:59:59.999999999Z"},
		{946684800, 0, 9, "2000-01-01T00:00:00.000000000Z"},
		{951782400, 0, 0, "2000-02-29T00:00:00Z"},
		{951868799, 0, 0, "2000-02-29T23:59:59Z"},
		{951868800, 0, 0, "2000-03-01T00:00:00Z"},
		{978307199, 0, 0, "2000-12-31T23:59:59Z"},
		{1077926400, 0, 0, "2004-02-28T00:00:00Z"},
		{1709164800, 0, 0, "2024-02-29T00:00:00Z"},
		{1709251199, 120000000, 9, "2024-02-29T23:59:59.120000000Z"},
		{1709251200, 0, 0, "2024-03-01T00:00:00Z"},
		{1735689599, 0, 0, "2024-12-31T23:59:59Z"},
		{1735689600, 0, 0, "2025-01-01T00:00:00Z"},
		{2147483648, 0, 0, "2038-01-19T03:14:08Z"},
		{4107542399, 0, 0, "2100-02-28T23:59:59Z"},
		{4107542400, 0, 0, "2100-03-01T00:00:00Z"}, /* no leap year */
		{4133980799, 0, 0, "2100-12-31T23:59:59Z"},
		{9223372036, 854775807, 9, "2262-04-11T23:47:16.854775807Z"}, /* INT64_MAX */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		OWNED_TEXT t = {0};

		text_add_time(&t, table[i].seconds * 1000000000 + table[i].ns, table[i].digits);
		assert_string_equal(t.bytes, table[i].text);
	}
}

/* Each day until the end of int64_t, at a time of day of its own. */
static void every_day(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 106751; day++) {
		time_t when = (time_t)(day * 86400 + day * 7919 % 86400);
		OWNED_TEXT t = {0};
		char expected[32];
		struct tm parts;

		assert_non_null(gmtime_r(&when, &parts));
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &parts);
		text_add_time(&t, (int64_t)when * 1000000000 + day % 1000000000, 0);
		assert_string_equal(t.bytes, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),	 cmocka_unit_test(failure_stays),
		cmocka_unit_test(json_known),	 cmocka_unit_test(json_is_valid),
		cmocka_unit_test(escaped_known), cmocka_unit_test(escaped_is_harmless),
		cmocka_unit_test(known_times),	 cmocka_unit_test(every_day),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
