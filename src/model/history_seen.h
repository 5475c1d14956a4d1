/* SPDX-License-Identifier: MIT
 * When a socket was first seen: of those that came since we look. Who is not in the table was there before. */
#ifndef MODEL_HISTORY_SEEN_H
#define MODEL_HISTORY_SEEN_H

#include "base/clock.h"

struct seen_row {
	uint64_t key;          /* never 0: that is an empty slot */
	struct instant before; /* the look before, in which it was not there yet */
	struct instant first;
};

/* Open addressing, at most half full. {0} is empty. */
struct seen {
	struct seen_row *slots;
	size_t n, cap; /* cap: a power of two, or 0 */
};

/* The same key again is set anew. */
void seen_set(struct seen *t, uint64_t key, struct instant before, struct instant first);
const struct seen_row *seen_find(const struct seen *t, uint64_t key); /* NULL: not there */
void seen_remove(struct seen *t, uint64_t key);
void seen_free(struct seen *t);

#endif
