/* SPDX-License-Identifier: MIT
 * What could not be gathered is UNKNOWN, never 0: a rule that needs it says so. And questions that may lack what they
 * take have three answers: no, yes, and that it is not known. */
#ifndef MODEL_UNKNOWN_H
#define MODEL_UNKNOWN_H

#include <stdbool.h>
#include <stdint.h>

#define UNKNOWN INT64_MIN

enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

static inline enum truth truth_of(bool is)
{
	return is ? TRUTH_YES : TRUTH_NO;
}

/* A known no decides, whatever the other one is. */
static inline enum truth truth_and(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

/* And so does a known yes. */
static inline enum truth truth_or(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

static inline enum truth truth_not(enum truth a)
{
	return (enum truth)(TRUTH_YES - a);
}

/* Is a number that may be unknown at least so much? */
static inline enum truth truth_at_least(int64_t n, int64_t limit)
{
	return n == UNKNOWN ? TRUTH_UNKNOWN : truth_of(n >= limit);
}

#endif
