/* SPDX-License-Identifier: MIT
 * What helps with an expectation that failed: what was so before, what comes nearest, and what waits meanwhile.
 * Internal to the lab. */
#ifndef LAB_WAS_H
#define LAB_WAS_H

#include "lab/judge.h"

/* Adds lines, each with a newline in front. Nothing is said that the timeline, the last look, the wire or the stepper
 * do not tell. */
void was_add(struct lab *l, const struct expectation *x, struct buf *out);

#endif
