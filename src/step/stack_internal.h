/* SPDX-License-Identifier: MIT
 * A sample of a stack, as stack.c takes it and frames.c reads it. Nobody else includes this. */
#ifndef STEP_STACK_INTERNAL_H
#define STEP_STACK_INTERNAL_H

#include "step/processor.h"
#include "step/python.h"
#include "step/stack.h"

/* The top of the stack that is kept: most programs call their sockets from less deep. What is beyond is read from the
 * thread if it has not moved on, and ends the frames if it has. */
enum { STACK_KEPT = 16384 };

struct stack {
	uint64_t reg[REGISTERS_MAX]; /* by DWARF's numbers */
	uint64_t pc, sp;
	bool partial;                 /* pc and sp are all that is known */
	bool asleep;                  /* it was left as it was */
	struct python_sample *script; /* where in its script it is; NULL: it has none, or it was not asked for */
	size_t n;
	unsigned char bytes[];
};

/* Where frames may end: with the frames of one place, a function and those that were put into it. */
enum until {
	UNTIL_END,
	UNTIL_LINE,   /* the first line of the program's source */
	UNTIL_SCRIPT, /* where the interpreter begins to execute its script, whose frames are known */
};
bool frames_end(const struct frame *place, size_t n, enum until until);

/* As stack_frames(), but no further than the first frame with a line of the program's own. */
size_t frames_until_own(struct modules *m, const struct stack *s, struct frame *frames, size_t max);

/* How long one answer may take (30 s, if nothing is said): for tests. */
void modules_patience(struct modules *m, struct span patience);

/* Is this the C library's, whose lines nobody asks for? */
bool in_c_library(const struct frame *f);

#endif
