/* SPDX-License-Identifier: MIT
 * A script's frames among those of the thread that executes it. Internal to step/. */
#ifndef STEP_SCRIPT_H
#define STEP_SCRIPT_H

#include "step/python.h"

/* Is this the function that executes scripts? */
bool script_is_executed(const struct frame *f);

/* Puts the script's frames where the interpreter executes them into those of the thread's stack, of which there are
 * `n`, and marks what tells nothing of the program as `inner` (stack.h). How many there are then, `max` at most; what
 * is inner is left out first. */
size_t script_merge(const struct python *p, const struct python_sample *x, struct frame *frames, size_t n, size_t max);

#endif
