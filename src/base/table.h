/* SPDX-License-Identifier: MIT
 * Finding things of an array by a number: where in the array those of a key are, by open addressing.
 *
 * The table has the places only, eight bytes each, and a part of the key's hash: what it finds are candidates, which
 * the caller compares with what is sought. That keeps a table of a million small, and lets a caller have several things
 * of one key. Not against an enemy who chooses the keys: those are the kernel's. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>

struct table_slot {
	uint32_t hash;
	uint32_t at; /* 1 + the index; 0: free */
};

/* Zeroed it is an empty one. For table_free(). */
struct table {
	struct table_slot *slots;
	uint32_t mask; /* slots less one */
	size_t n;
};

/* Room for so many; what is added to it is never moved then, and is found in the order in which it was added. */
void table_reserve(struct table *t, size_t n);
void table_add(struct table *t, uint64_t key, uint32_t index);
void table_clear(struct table *t); /* empty, memory kept */
void table_free(struct table *t);

/* The candidates of a key, one after the other:
 *	struct table_walk w = table_find(t, key);
 *	for (uint32_t i; table_next(t, &w, &i);)
 *		if (all[i].key == key) … */
struct table_walk {
	uint32_t hash, slot;
};

static inline uint32_t table_hash(uint64_t key)
{
	return (uint32_t)(hash_mix(0, key) >> 32);
}

static inline struct table_walk table_find(const struct table *t, uint64_t key)
{
	uint32_t hash = table_hash(key);

	return (struct table_walk){ hash, hash & t->mask };
}

static inline bool table_next(const struct table *t, struct table_walk *w, uint32_t *index)
{
	while (t->slots && t->slots[w->slot].at) {
		const struct table_slot *s = &t->slots[w->slot];

		w->slot = (w->slot + 1) & t->mask;
		if (s->hash != w->hash)
			continue;
		*index = s->at - 1;
		return true;
	}
	return false;
}

/* Brings near what table_find() of this key will look at first: for who looks for many. */
static inline const struct table_slot *table_ahead(const struct table *t, uint64_t key)
{
	return &t->slots[table_hash(key) & t->mask];
}

#endif
