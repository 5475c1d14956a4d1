/* SPDX-License-Identifier: MIT
 * When a socket was first seen. */
#include "model/history_seen.h"

#include <stdlib.h>

enum { FEWEST = 1024 };

/* Where it would stand if nothing were in the way. The lowest bit of a key says nothing. */
static size_t home_of(const struct seen *t, uint64_t key)
{
	return (key >> 1) & (t->cap - 1);
}

/* The slot of a key, or the empty one where it would stand. */
static size_t slot_of(const struct seen *t, uint64_t key)
{
	size_t at = home_of(t, key);

	while (t->slots[at].key && t->slots[at].key != key)
		at = (at + 1) & (t->cap - 1);
	return at;
}

static void enlarge(struct seen *t)
{
	struct seen old = *t;

	t->cap = old.cap ? old.cap * 2 : FEWEST;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			t->slots[slot_of(t, old.slots[i].key)] = old.slots[i];
	free(old.slots);
}

void seen_set(struct seen *t, uint64_t key, struct instant before, struct instant first)
{
	size_t at;

	if (t->n * 2 >= t->cap)
		enlarge(t);
	at = slot_of(t, key);
	t->n += !t->slots[at].key;
	t->slots[at] = (struct seen_row){ key, before, first };
}

const struct seen_row *seen_find(const struct seen *t, uint64_t key)
{
	const struct seen_row *row = t->cap ? &t->slots[slot_of(t, key)] : NULL;

	return row && row->key ? row : NULL;
}

/* May what stands at `from` fill the hole? Only if its own place is not between the two, else it would not be found any
 * more. */
static bool may_move(const struct seen *t, size_t hole, size_t from)
{
	size_t home = home_of(t, t->slots[from].key), mask = t->cap - 1;

	return ((from - home) & mask) >= ((from - hole) & mask);
}

void seen_remove(struct seen *t, uint64_t key)
{
	size_t hole, mask = t->cap - 1;

	if (!seen_find(t, key))
		return;
	hole = slot_of(t, key);
	t->n--;
	for (size_t at = (hole + 1) & mask; t->slots[at].key; at = (at + 1) & mask) {
		if (!may_move(t, hole, at))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole].key = 0;
}

void seen_free(struct seen *t)
{
	free(t->slots);
	*t = (struct seen){ 0 };
}
