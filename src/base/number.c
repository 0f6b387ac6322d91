/*
 * number.c - see number.h. Portable.
 *
 * strtol and its family are not used: they take leading blanks, signs and prefixes, and wrap or
 * clamp where the text is out of range. Runtimes that used them have turned the user id 4294967296
 * into root.
 */
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Reads the digits at *@at into *ret and moves *@at behind them. -1: no digit, or more than 64
 * bits. */
static int take_digits(const char **at, unsigned int base, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0;

	for (; *p >= '0' && *p < (char)('0' + base); p++) {
		unsigned int digit = (unsigned int)(*p - '0');

		if (value > (UINT64_MAX - digit) / base)
			return -1;
		value = value * base + digit;
	}
	if (p == *at)
		return -1;
	*at = p;
	*ret = value;
	return 0;
}

/*
 * Reads "12" or "12.5" at *@at as a multiple of 1/@unit, rounded down, and moves *@at behind it.
 * @unit is at most 2^40. *ret_exact tells whether nothing was rounded away.
 */
static int take_fraction(const char **at, uint64_t unit, uint64_t *ret, bool *ret_exact)
{
	const char *p = *at, *end;
	uint64_t whole, part = 0;

	*ret_exact = true;
	if (take_digits(&p, 10, &whole) < 0)
		return -1;
	if (*p == '.') {
		end = ++p;
		while (is_digit(*end))
			end++;
		if (end == p)
			return -1;
		/* From the last digit to the first: each step rounds down, and so the whole does. */
		for (const char *d = end; d-- > p;) {
			part += unit * (uint64_t)(*d - '0');
			if (part % 10 != 0)
				*ret_exact = false;
			part /= 10;
		}
		p = end;
	}
	if (whole > (UINT64_MAX - part) / unit)
		return -1;
	*at = p;
	*ret = whole * unit + part;
	return 0;
}

int number_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret, struct error *e)
{
	const char *p = text;
	uint64_t value;

	while (is_digit(*p))
		p++;
	if (p == text || *p != '\0')
		return err_set(e, 0, "not a number (digits only)");
	p = text;
	if (take_digits(&p, 10, &value) < 0 || value < min || value > max)
		return err_set(e, 0, "not from %llu to %llu", (unsigned long long)min,
			       (unsigned long long)max);
	*ret = value;
	return 0;
}

int number_signed(const char *text, int64_t min, int64_t max, int64_t *ret, struct error *e)
{
	bool negative = text[0] == '-';
	const char *digits = text + negative, *p = digits;
	uint64_t value, limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	int64_t result;

	while (is_digit(*p))
		p++;
	if (p == digits || *p != '\0')
		return err_set(e, 0, "not a number (digits, with a \"-\" in front if negative)");
	p = digits;
	if (take_digits(&p, 10, &value) < 0 || value > limit)
		goto out_of_range;
	if (!negative)
		result = (int64_t)value;
	else
		result = value == 0 ? 0 : -(int64_t)(value - 1) - 1;
	if (result < min || result > max)
		goto out_of_range;
	*ret = result;
	return 0;

out_of_range:
	return err_set(e, 0, "not from %lld to %lld", (long long)min, (long long)max);
}

int number_octal(const char *text, uint32_t max, uint32_t *ret, struct error *e)
{
	const char *p = text;
	uint64_t value;

	if (take_digits(&p, 8, &value) < 0 || *p != '\0')
		return err_set(e, 0, "not an octal number (digits from 0 to 7, such as 022)");
	if (value > max)
		return err_set(e, 0, "more than %o (octal)", (unsigned int)max);
	*ret = (uint32_t)value;
	return 0;
}

/* The bytes that a suffix ("", "b", "k", "kb", "kib", ...) stands for, or 0: no such suffix. */
static uint64_t size_unit(const char *suffix)
{
	static const char letters[] = "kmgt";
	const char *letter;

	if (*suffix == '\0' || (lower(*suffix) == 'b' && suffix[1] == '\0'))
		return 1;
	letter = strchr(letters, lower(*suffix));
	if (!letter)
		return 0;
	suffix++;
	if (lower(*suffix) == 'i' && lower(suffix[1]) == 'b')
		suffix++;
	if (lower(*suffix) == 'b')
		suffix++;
	if (*suffix != '\0')
		return 0;
	return UINT64_C(1) << (10 * (letter - letters + 1));
}

int number_size(const char *text, int64_t *ret_bytes, struct error *e)
{
	const char *p = text, *suffix = text;
	uint64_t bytes, unit;
	bool exact;

	while (is_digit(*suffix) || *suffix == '.')
		suffix++;
	unit = size_unit(suffix);
	if (unit == 0 || !is_digit(*text) || !is_digit(suffix[-1]) ||
	    strchr(text, '.') != strrchr(text, '.'))
		return err_set(
			e, 0, "not a size (a number with b, k, m, g or t behind it, such as 512m)");
	if (take_fraction(&p, unit, &bytes, &exact) < 0 || bytes > INT64_MAX)
		return err_set(e, 0, "too large for a size (at most 8388607t)");
	if (unit == 1 && !exact)
		return err_set(e, 0, "not a whole number of bytes (a suffix is missing: 1.5g)");
	*ret_bytes = (int64_t)bytes;
	return 0;
}

/* Moves *@at behind a unit of time and returns its milliseconds, or 0: there is none. */
static uint64_t take_time_unit(const char **at)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(*at, units[i].name, length) == 0) {
			*at += length;
			return units[i].ms;
		}
	}
	return 0;
}

/* One "1.5h" or "90s" of a duration; a number alone, as the whole text, is seconds. */
static int take_time_part(const char *text, const char **at, uint64_t *ret_ms)
{
	const char *number = *at, *suffix = *at;
	uint64_t unit;
	bool exact;

	while (is_digit(*suffix) || *suffix == '.')
		suffix++;
	if (*suffix == '\0' && number == text)
		unit = 1000;
	else
		unit = take_time_unit(&suffix);
	if (unit == 0 || take_fraction(at, unit, ret_ms, &exact) < 0)
		return -1;
	/* The number must reach up to the unit: "1.2.3s" does not. */
	if (**at != '\0' && take_time_unit(at) != unit)
		return -1;
	return *at == suffix ? 0 : -1;
}

int number_duration(const char *text, int64_t *ret_ms, struct error *e)
{
	const uint64_t most = UINT64_C(100) * 366 * 24 * 3600 * 1000; /* a century: no sum overflows */
	const char *at = text;
	uint64_t total = 0, part;

	do {
		if (take_time_part(text, &at, &part) < 0)
			return err_set(
				e,
				0, "not a duration (numbers with h, m, s or ms behind them, such as 1m30s)");
		if (part > most || total + part > most)
			return err_set(e, 0, "more than a hundred years (leave it out for no limit)");
		total += part;
	} while (*at != '\0');
	if (total == 0)
		return err_set(e, 0, "must be at least 1ms");
	*ret_ms = (int64_t)total;
	return 0;
}

int number_cpus(const char *text, int64_t *ret_thousandths, struct error *e)
{
	const char *p = text;
	uint64_t value;
	bool exact;

	if (take_fraction(&p, 1000, &value, &exact) < 0 || *p != '\0')
		return err_set(e, 0, "not a number of CPUs (such as 2 or 0.5)");
	if (value < 10)
		return err_set(e, 0, "must be at least 0.01");
	if (!exact)
		return err_set(e, 0, "finer than a thousandth of a CPU");
	if (value > 1000000)
		return err_set(e, 0, "more than 1000 CPUs (leave it out for no limit)");
	*ret_thousandths = (int64_t)value;
	return 0;
}

int number_list_check(const char *text, struct error *e)
{
	const uint64_t most = 65535;
	const char *p = text;
	uint64_t first, last;

	for (;;) {
		if (take_digits(&p, 10, &first) < 0)
			break;
		last = first;
		if (*p == '-') {
			p++;
			if (take_digits(&p, 10, &last) < 0)
				break;
		}
		if (last < first || last > most)
			return err_set(e, 0, "%llu-%llu is not a range (from 0 to %llu, upwards)",
				       (unsigned long long)first, (unsigned long long)last,
				       (unsigned long long)most);
		if (*p == '\0')
			return 0;
		if (*p != ',')
			break;
		p++;
	}
	return err_set(e, 0, "not a list of numbers and ranges (such as 0-2,4)");
}
