/* SPDX-License-Identifier: MIT
 * Radix sort, and the middle of a few numbers. */
#include "base/sort.h"
#include "base/util.h"

#include <assert.h>
#include <stdlib.h>

enum { DIGITS = 8, VALUES = 256 };

static unsigned digit(uint64_t key, int place)
{
	return (unsigned)(key >> (place * 8)) & (VALUES - 1);
}

static void count(const struct sort_key *keys, size_t n, size_t counts[DIGITS][VALUES])
{
	for (size_t i = 0; i < n; i++)
		for (int place = 0; place < DIGITS; place++)
			counts[place][digit(keys[i].key, place)]++;
}

static void pass(const struct sort_key *from, struct sort_key *to, size_t n, const size_t counts[VALUES], int place)
{
	size_t at[VALUES], next = 0;

	for (int v = 0; v < VALUES; v++) {
		at[v] = next;
		next += counts[v];
	}
	for (size_t i = 0; i < n; i++)
		to[at[digit(from[i].key, place)]++] = from[i];
}

void sort_by_key(struct sort_key *keys, size_t n)
{
	size_t counts[DIGITS][VALUES] = { { 0 } };
	struct sort_key *other = xcalloc(n + 1, sizeof *other), *from = keys, *to = other;

	count(keys, n, counts);
	for (int place = 0; place < DIGITS && n; place++) {
		struct sort_key *swap = from;

		if (counts[place][digit(keys[0].key, place)] == n)
			continue;
		pass(from, to, n, counts[place], place);
		from = to;
		to = swap;
	}
	if (from != keys)
		memcpy(keys, from, n * sizeof *keys);
	free(other);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

void sort_numbers(int64_t *numbers, size_t n)
{
	if (n)
		qsort(numbers, n, sizeof *numbers, by_number);
}

double median(double *values, size_t n)
{
	assert(n);
	qsort(values, n, sizeof *values, by_value);
	return values[n / 2];
}
