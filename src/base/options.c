/*
 * options.c - see options.h. Portable.
 *
 * Not getopt_long(3): it takes any unique beginning of a name, so that each new option could change
 * what an old command line means; it prints its errors itself and knows nothing of the nearest
 * name; it keeps its place in global variables. What is left is the loop below.
 */
#include "base/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HELP_COLUMN 34 /* where the texts of --help begin */
#define HELP_WIDTH  96
#define VALUE_SHOWN 120 /* bytes of a value that an error repeats */

/* ---- finding a row ---- */

char options_look;

struct found {
	const struct option_row *row;
	void *into;
};

static bool find_letter(const struct option_table *tables, char letter, struct found *ret)
{
	for (const struct option_table *t = tables; t->rows; t++)
		for (const struct option_row *row = t->rows; row->name; row++)
			if (row->letter != 0 && row->letter == letter) {
				*ret = (struct found){row, t->into};
				return true;
			}
	return false;
}

static bool find_name(const struct option_table *tables, const char *name, size_t length,
		      struct found *ret)
{
	for (const struct option_table *t = tables; t->rows; t++)
		for (const struct option_row *row = t->rows; row->name; row++)
			if (strlen(row->name) == length && memcmp(row->name, name, length) == 0) {
				*ret = (struct found){row, t->into};
				return true;
			}
	return false;
}

static bool is_optional(const struct option_row *row)
{
	return row->value && row->value[0] == '[';
}

/* Whether @letters (behind the dash) are options, up to one that takes the rest as its value. */
static bool is_cluster(const struct option_table *tables, const char *letters)
{
	for (const char *p = letters; *p != '\0'; p++) {
		struct found f;

		if (!find_letter(tables, *p, &f))
			return false;
		if (f.row->value && (!is_optional(f.row) || p[1] == '='))
			return true;
	}
	return true;
}

/* ---- the nearest name ---- */

#define DISTANCE_WORD 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t options_distance(const char *typed, const char *known)
{
	size_t n = strlen(typed), m = strlen(known), far;
	size_t rows[3][DISTANCE_WORD + 1]; /* the last three rows of the table, in turn */

	if (n < 2 || n > DISTANCE_WORD || m > DISTANCE_WORD)
		return SIZE_MAX;
	if (n >= 3 && strncmp(typed, known, n) == 0)
		return 1;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			bool same = typed[i - 1] == known[j - 1];

			now[j] = least(before[j - 1] + !same, least(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && typed[i - 1] == known[j - 2] &&
			    typed[i - 2] == known[j - 1])
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	far = rows[n % 3][m];
	return far <= (least(n, m) < 4 ? 1 : 2) ? far : SIZE_MAX;
}

static int unknown(const struct option_table *tables, const char *word, struct error *e)
{
	const char *name = word + strspn(word, "-"), *nearest = NULL;
	size_t length = strcspn(name, "="), best = SIZE_MAX;
	char typed[DISTANCE_WORD + 1];

	err_set(e, 0, "%.*s: no such option",
		(int)least((size_t)(name - word) + length, VALUE_SHOWN), word);
	if (length <= DISTANCE_WORD) {
		memcpy(typed, name, length);
		typed[length] = '\0';
		for (const struct option_table *t = tables; t->rows; t++)
			for (const struct option_row *row = t->rows; row->name; row++) {
				size_t far = options_distance(typed, row->name);

				if (far < best) {
					best = far;
					nearest = row->name;
				}
			}
	}
	if (nearest)
		return err_hint(e, "did you mean --%s?", nearest);
	return err_hint(e, "--help lists them");
}

/* ---- parsing ---- */

/* Hands @value to the row, and puts the option as it was typed in front of an error. */
static int take(const struct found *f, const char *typed, size_t typed_length, const char *value,
		struct error *e)
{
	if (f->into == OPTIONS_LOOK || f->row->take(f->into, value, e) == 0)
		return 0;
	if (value)
		return err_within(e, "%.*s %.*s%s", (int)typed_length, typed, VALUE_SHOWN,
				  *value ? value : "\"\"", strlen(value) > VALUE_SHOWN ? "..." : "");
	return err_within(e, "%.*s", (int)typed_length, typed);
}

static int missing(const struct found *f, const char *typed, size_t length, struct error *e)
{
	return err_set(e, 0, "%.*s: needs a value (%.*s %s)", (int)length, typed, (int)length,
		       typed, f->row->value);
}

/* --name, --name=VALUE, --name VALUE in the word argv[*at], whose name begins at @name. */
static int parse_long(const struct found *f, const char *name, int argc, char *const argv[],
		      int *at, struct error *e)
{
	const char *word = argv[*at], *equals = strchr(name, '=');
	size_t typed = equals ? (size_t)(equals - word) : strlen(word);
	const char *value = equals ? equals + 1 : NULL;

	(*at)++;
	if (!f->row->value) {
		/* Users of Go's flags write --init=true. "=false" would have to undo what came
		 * before. */
		if (value && strcmp(value, "true") != 0)
			return err_set(e, 0,
				       "%.*s: takes no value (leave the option out to turn it off)",
				       (int)typed, word);
		return take(f, word, typed, NULL, e);
	}
	if (!value && !is_optional(f->row)) {
		if (*at == argc)
			return missing(f, word, typed, e);
		value = argv[(*at)++];
	}
	return take(f, word, typed, value, e);
}

/* -n, -nVALUE, -n VALUE, -n=VALUE and clusters in the word argv[*at]. */
static int parse_letters(const struct option_table *tables, int argc, char *const argv[], int *at,
			 struct error *e)
{
	const char *word = argv[(*at)++];

	for (const char *p = word + 1; *p != '\0'; p++) {
		char typed[3] = {'-', *p, '\0'};
		const char *value = NULL;
		struct found f;

		if (!find_letter(tables, *p, &f))
			return unknown(tables, word, e);
		if (f.row->value && (!is_optional(f.row) || p[1] == '=')) {
			value = p + 1;
			if (*value == '=')
				value++;
			else if (*value == '\0' && *at == argc)
				return missing(&f, typed, 2, e);
			else if (*value == '\0')
				value = argv[(*at)++];
			return take(&f, typed, 2, value, e);
		}
		if (take(&f, typed, 2, NULL, e) < 0)
			return -1;
	}
	return 0;
}

int options_parse(const struct option_table *tables, int argc, char *const argv[], int *ret_first,
		  struct error *e)
{
	int at = 0;

	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		const char *name = argv[at] + 1;
		struct found f;
		int r;

		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		if (*name == '-')
			name++;
		else if (!find_name(tables, name, strcspn(name, "="), &f) &&
			 is_cluster(tables, name)) {
			if (parse_letters(tables, argc, argv, &at, e) < 0)
				return -1;
			continue;
		}
		/* A whole name behind a single dash is what programs say that know Go's flags: -bundle is no -b undle. (There
		 * is no name of one letter.) */
		if (find_name(tables, name, strcspn(name, "="), &f))
			r = parse_long(&f, name, argc, argv, &at, e);
		else
			r = unknown(tables, argv[at], e);
		if (r < 0)
			return -1;
	}
	*ret_first = at;
	return 0;
}

/* ---- --help ---- */

/* Prints @text, wrapped, where the cursor is at @column already; further lines begin at
 * HELP_COLUMN. */
static void print_text(const char *text, size_t column, FILE *out)
{
	const char *p = text;

	while (*p != '\0') {
		size_t word = strcspn(p, " \n");

		if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)word, p);
		column += word;
		p += word;
		if (*p == '\n') {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		if (*p != '\0')
			p++;
	}
	fputc('\n', out);
}

static void print_row(const struct option_row *row, FILE *out)
{
	char left[100], letter[5] = "    ";
	int length;

	if (row->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	if (is_optional(row)) /* "[json]" is shown as --name[=json] */
		length = snprintf(left, sizeof(left), "  %s--%s[=%s", letter, row->name,
				  row->value + 1);
	else
		length = snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name,
				  row->value ? " " : "", row->value ? row->value : "");
	fputs(left, out);
	if (length + 2 > HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", HELP_COLUMN - length, "");
	print_text(row->help, HELP_COLUMN, out);
}

void options_print(const struct option_table *tables, FILE *out)
{
	for (const struct option_table *t = tables; t->rows; t++) {
		fprintf(out, "%s%s:\n", t == tables ? "" : "\n", t->title);
		for (const struct option_row *row = t->rows; row->name; row++)
			print_row(row, out);
	}
}
