/* SPDX-License-Identifier: MIT
 * Sorting beside qsort(), and medians. */
#include "base/sort.h"
#include "base/tap.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->index > y->index) - (x->index < y->index);
}

enum { MANY = 5000 };

/* `key` makes a key of a random number and its place. */
static void as_qsort(uint64_t key(uint64_t random, uint32_t i), size_t n, const char *what)
{
	static struct sort_key is[MANY], should[MANY];
	uint64_t random = 1;

	for (uint32_t i = 0; i < n; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		is[i] = should[i] = (struct sort_key){ key(random, i), i };
	}
	sort_by_key(is, n);
	qsort(should, n, sizeof *should, by_key);
	ok(memcmp(is, should, n * sizeof *is) == 0, "%s: in order, equal ones as they were", what);
}

static uint64_t anything(uint64_t random, uint32_t i)
{
	return random >> (i % 60);
}
static uint64_t few(uint64_t random, uint32_t i)
{
	(void)i;
	return random >> 62;
}
static uint64_t top_byte(uint64_t random, uint32_t i)
{
	(void)i;
	return (random >> 33) << 56;
}
static uint64_t middle_byte(uint64_t random, uint32_t i)
{
	(void)i;
	return (random >> 40 & 0xff) << 24 | UINT64_C(0x1200000000000034);
}
static uint64_t falling(uint64_t random, uint32_t i)
{
	(void)random;
	return UINT64_MAX - i;
}
static uint64_t equal(uint64_t random, uint32_t i)
{
	(void)random, (void)i;
	return 7;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void numbers(void)
{
	int64_t is[] = { 5, INT64_MIN, -1, 0, INT64_MAX, -1, 3 }, should[7];

	memcpy(should, is, sizeof is);
	qsort(should, 7, sizeof *should, by_number);
	sort_numbers(is, 7);
	ok(memcmp(is, should, sizeof is) == 0 && is[0] == INT64_MIN && is[6] == INT64_MAX, "numbers, ascending");
	sort_numbers(NULL, 0);
}

static void medians(void)
{
	double odd[] = { 3, 1, 2 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 }, far[] = { 1e300, -1e300, 0.5 };

	ok(median(odd, 3) == 2, "the middle of three");
	ok(odd[0] == 1 && odd[2] == 3, "which are in order then");
	ok(median(even, 4) == 3, "of four, the upper one of two");
	ok(median(one, 1) == 7, "of one, that one");
	ok(median(far, 3) == 0.5, "however far they are apart");
}

int main(void)
{
	as_qsort(anything, MANY, "keys of all lengths");
	as_qsort(few, MANY, "four keys");
	as_qsort(top_byte, MANY, "keys that differ in the highest byte");
	as_qsort(middle_byte, MANY, "in one in the middle");
	as_qsort(falling, MANY, "falling keys");
	as_qsort(equal, MANY, "one key");
	as_qsort(falling, 2, "two");
	as_qsort(falling, 1, "one");
	as_qsort(falling, 0, "none");
	numbers();
	medians();
	return tap_done();
}
