/* SPDX-License-Identifier: MIT
 * "Did you mean": the nearest of a list of words. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours; case counts nothing) that make `b` of `a`. */
unsigned near_distance(const char *a, const char *b);

/* Keeps the best candidate so far. Start with { word, NULL, 0 }; near_try() each; `best` stays NULL
 * when none is close enough to be meant. Candidates are not copied. */
struct near {
	const char *word;
	const char *best;
	unsigned distance;
};
void near_try(struct near *n, const char *candidate);

#endif
