/* SPDX-License-Identifier: MIT
 * The table against a plain search through everything. */
#include "base/table.h"
#include "base/tap.h"

enum { MOST = 5000 };

static uint64_t keys[MOST];

/* The places of a key that the table finds, in its order; what else it proposes is dropped, as callers do. */
static size_t found(const struct table *t, uint64_t key, uint32_t *at)
{
	struct table_walk w = table_find(t, key);
	size_t n = 0;

	for (uint32_t i; table_next(t, &w, &i);)
		if (keys[i] == key)
			at[n++] = i;
	return n;
}

/* Those of a plain search. */
static size_t expected(size_t n, uint64_t key, uint32_t *at)
{
	size_t found_n = 0;

	for (size_t i = 0; i < n; i++)
		if (keys[i] == key)
			at[found_n++] = (uint32_t)i;
	return found_n;
}

static bool is_right(const struct table *t, size_t n, uint64_t key, bool in_order)
{
	static uint32_t is[MOST], should[MOST];
	size_t got = found(t, key, is), want = expected(n, key, should);
	int64_t sum = 0;

	if (got != want)
		return false;
	for (size_t i = 0; i < got; i++) {
		if (in_order && is[i] != should[i])
			return false;
		sum += (int64_t)is[i] - (int64_t)should[i];
	}
	return sum == 0;
}

static uint64_t addresses(size_t i)
{
	return 0xffff888000000000 + i * 2048;
}
static uint64_t inodes(size_t i)
{
	return 81000 + i;
}
static uint64_t doubled(size_t i)
{
	return i / 3;
}
static uint64_t all_alike(size_t i)
{
	(void)i;
	return 7;
}
static uint64_t high_only(size_t i)
{
	return (uint64_t)i << 40;
}

static const struct {
	const char *what;
	uint64_t (*key)(size_t i);
	size_t n;
} rows[] = {
	{ "addresses of the kernel's", addresses, MOST },
	{ "inode numbers", inodes, MOST },
	{ "keys that come three times, 0 among them", doubled, MOST },
	{ "one key for all", all_alike, 100 },
	{ "keys of high bits alone", high_only, MOST },
};

/* Two keys that are there, one between, one beyond. */
static bool finds(const struct table *t, size_t n, bool in_order)
{
	for (size_t i = 0; i < n; i += 17)
		if (!is_right(t, n, keys[i], in_order) || !is_right(t, n, keys[i] + 1, in_order))
			return false;
	return is_right(t, n, UINT64_MAX, in_order);
}

static void holds(size_t row, bool reserved)
{
	struct table t = { 0 };
	bool right = true;

	if (reserved)
		table_reserve(&t, rows[row].n);
	for (size_t i = 0; i < rows[row].n; i++) {
		keys[i] = rows[row].key(i);
		table_add(&t, keys[i], (uint32_t)i);
		right = right && (i % 997 || finds(&t, i + 1, reserved));
	}
	ok(right && finds(&t, rows[row].n, reserved) && t.n == rows[row].n, "%s%s", rows[row].what,
	   reserved ? ", with room reserved: in order" : "");
	ok(t.n * 2 <= (size_t)t.mask + 1, "and no more than half full");
	table_free(&t);
}

static void emptied(void)
{
	struct table t = { 0 };
	uint32_t at[MOST];

	ok(found(&t, 5, at) == 0 && found(&t, 0, at) == 0, "nothing is in an empty one");
	keys[0] = 5;
	table_add(&t, 5, 0);
	ok(found(&t, 5, at) == 1 && at[0] == 0, "the first thing of the array");
	table_clear(&t);
	ok(found(&t, 5, at) == 0 && t.n == 0, "cleared");
	table_add(&t, 5, 0);
	table_add(&t, 5, 0);
	ok(found(&t, 5, at) == 2, "what is added twice is there twice");
	table_free(&t);
	ok(found(&t, 5, at) == 0, "and freed it is empty");
}

/* Many must not lie in one heap, or looking for one that is not there would walk through all. */
static void spreads(size_t row)
{
	struct table t = { 0 };
	size_t steps = 0;

	for (size_t i = 0; i < MOST; i++)
		table_add(&t, rows[row].key(i), (uint32_t)i);
	for (size_t i = 0; i < MOST; i++) {
		uint32_t slot = table_hash(rows[row].key(i) + 1) & t.mask;

		for (; t.slots[slot].at; slot = (slot + 1) & t.mask)
			steps++;
	}
	ok(steps < 4 * MOST, "%s: %.2f steps for what is not there", rows[row].what, (double)steps / MOST);
	table_free(&t);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		holds(i, false);
		holds(i, true);
	}
	emptied();
	spreads(0);
	spreads(1);
	spreads(4);
	return tap_done();
}
