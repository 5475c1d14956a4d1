/* SPDX-License-Identifier: MIT
 * Tables of lines. */
#include "step/python_lines.h"

#include <limits.h>

/* Sums of what a stranger wrote: 64 bits hold those of any table that is read. */
static int line_of(int64_t sum)
{
	return sum > 0 && sum <= INT_MAX ? (int)sum : 0;
}

static int by_steps(const unsigned char *table, size_t n, int64_t line, uint32_t at)
{
	uint64_t reached = 0;

	for (size_t i = 0; i + 2 <= n; i += 2) {
		reached += table[i];
		if (reached > at)
			break;
		line += (int8_t)table[i + 1];
	}
	return line_of(line);
}

/* -128 lines: these bytes are of no line. */
static int by_ranges(const unsigned char *table, size_t n, int64_t line, uint32_t at)
{
	uint64_t end = 0;

	for (size_t i = 0; i + 2 <= n; i += 2) {
		int8_t on = (int8_t)table[i + 1];

		end += table[i];
		line += on == INT8_MIN ? 0 : on;
		if (end > at)
			return on == INT8_MIN ? 0 : line_of(line);
	}
	return 0;
}

/* --- places -------------------------------------------------------------------------------------------- */

/* The bytes of an entry that follow its first one have a clear top bit. */
enum { BEGINS = 0x80, MORE = 0x40, NO_LINE = 15, LONG = 14, NO_COLUMNS = 13, ONE_LINE = 10 };

/* Six bits in a byte, the lowest first; the lowest of all is the sign. */
static int64_t lines_on(const unsigned char *p, const unsigned char *end)
{
	uint64_t value = 0;
	unsigned shift = 0;

	for (; p < end && !(*p & BEGINS) && shift < 36; shift += 6) {
		value |= (uint64_t)(*p & 0x3f) << shift;
		if (!(*p++ & MORE))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static int64_t entry_lines(const unsigned char *entry, const unsigned char *end)
{
	int code = *entry >> 3 & 15;

	if (code == LONG || code == NO_COLUMNS)
		return lines_on(entry + 1, end);
	return code >= ONE_LINE && code < NO_COLUMNS ? code - ONE_LINE : 0;
}

static int by_places(const unsigned char *table, size_t n, int64_t line, uint32_t at)
{
	const unsigned char *end = table + n;
	uint64_t reached = 0;

	for (const unsigned char *p = table; p < end && *p & BEGINS;) {
		line += entry_lines(p, end);
		reached += ((*p & 7U) + 1) * 2;
		if (reached > at)
			return (*p >> 3 & 15) == NO_LINE ? 0 : line_of(line);
		for (p++; p < end && !(*p & BEGINS); p++)
			;
	}
	return 0;
}

int python_line(enum lines_are kind, const unsigned char *table, size_t n, int first, uint32_t at)
{
	static int (*const by[])(const unsigned char *, size_t, int64_t, uint32_t) = {
		[LINES_STEPS] = by_steps, [LINES_RANGES] = by_ranges, [LINES_PLACES] = by_places
	};

	return by[kind](table, n, first, at);
}
