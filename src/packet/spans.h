/* SPDX-License-Identifier: MIT
 * A set of stretches of sequence space: which bytes were delivered. */
#ifndef PACKET_SPANS_H
#define PACKET_SPANS_H

#include "model/seq.h"

#include <stddef.h>

struct stretch {
	uint32_t from, to; /* [from, to) */
};

/* Disjoint, in order. Stretches that touch are one, so a connection without loss needs a single one. */
struct spans {
	struct stretch *at;
	size_t n, cap;
};

void spans_add(struct spans *s, uint32_t from, uint32_t to);
/* Is all of [from, to) in the set? The empty stretch is not. */
bool spans_cover(const struct spans *s, uint32_t from, uint32_t to);
void spans_remove_first(struct spans *s);
/* Forgets what lies before `from`: sequence space is a ring, a set must stay within half of it. */
void spans_trim(struct spans *s, uint32_t from);
/* At most so many stretches: the holes between the first ones are given up, as if they were in the set. */
void spans_limit(struct spans *s, size_t most);
void spans_copy(struct spans *to, const struct spans *from);
void spans_free(struct spans *s);

#endif
