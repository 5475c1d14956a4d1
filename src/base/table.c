/* SPDX-License-Identifier: MIT
 * Open addressing. */
#include "base/table.h"
#include "base/util.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_MASK = 15 };

/* Never more than half full: a free slot ends each search. */
static bool has_room(const struct table *t, size_t n)
{
	return t->slots && n * 2 <= t->mask;
}

static void put(struct table *t, struct table_slot s)
{
	uint32_t slot = s.hash & t->mask;

	while (t->slots[slot].at)
		slot = (slot + 1) & t->mask;
	t->slots[slot] = s;
}

void table_reserve(struct table *t, size_t n)
{
	struct table old = *t;

	if (has_room(t, n))
		return;
	assert(n < UINT32_MAX / 4);
	t->mask = old.slots ? old.mask : FIRST_MASK;
	while (n * 2 > t->mask)
		t->mask = t->mask * 2 + 1;
	t->slots = xcalloc((size_t)t->mask + 1, sizeof *t->slots);
	for (uint32_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].at)
			put(t, old.slots[i]);
	free(old.slots);
}

void table_add(struct table *t, uint64_t key, uint32_t index)
{
	table_reserve(t, t->n + 1);
	put(t, (struct table_slot){ table_hash(key), index + 1 });
	t->n++;
}

void table_clear(struct table *t)
{
	if (t->slots)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
	t->n = 0;
}

void table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}
