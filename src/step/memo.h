/* SPDX-License-Identifier: MIT
 * What the child that reads strangers' files (reader.h) has told of places in the code: which frames are there, and
 * where the caller's are found. A program makes its calls at few places, so a stack whose places are all known is made
 * into frames here, without asking again. Internal to step/.
 *
 * That is done by the rule that most compiled code has: the caller's frame begins so many bytes above the stack pointer
 * or the frame pointer, and has the return address at its end. Places with any other rule, those of a signal's frame,
 * and what an interpreter has made while it runs are not kept; stacks with one of them are always asked for. */
#ifndef STEP_MEMO_H
#define STEP_MEMO_H

#include "base/table.h"
#include "step/stack_internal.h"

enum caller_is {
	CALLER_UNSAID, /* by no such rule: ask each time */
	CALLER_NONE,   /* it is the outermost function */
	CALLER_FOUND,
};

enum pointer_is { POINTER_LOST, POINTER_SAME, POINTER_SAVED };

/* One place: the frames are told beside it. */
struct caller_rule {
	uint64_t pc;
	int64_t top;      /* of this frame, from the stack pointer or the frame pointer */
	int64_t pc_at;    /* where the return address is, from the top */
	int64_t saved_at; /* where the caller's frame pointer is, from the top */
	uint32_t n;       /* frames: the function, and those that were put into it */
	uint8_t caller;   /* enum caller_is */
	uint8_t innermost;
	uint8_t by_frame_pointer;
	uint8_t frame_pointer; /* enum pointer_is: in the caller */
};

struct place {
	struct caller_rule rule;
	struct frame *frames;
};

/* All zero: empty. */
struct memo {
	struct place *all;
	size_t n, cap;
	struct table by_pc;
};

/* Keeps places, whose frames follow one another; what is not to be kept is left out. All is a stranger's word. */
void memo_keep(struct memo *m, const struct caller_rule *rules, size_t n, const struct frame *frames, size_t n_frames);

/* The frames of a stack, as the child would tell them; -1: it must be asked. */
ssize_t memo_frames(const struct memo *m, const struct stack *s, struct frame *frames, size_t max, enum until until);

void memo_clear(struct memo *m);

#endif
