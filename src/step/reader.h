/* SPDX-License-Identifier: MIT
 * What goes between lastack (reader.c) and the child that reads what strangers have made (frames.c): programs,
 * libraries, their debug information, maps of code. The child opens nothing: it asks for what the process has mapped
 * and for debug information of it, and gets descriptors. Internal to step/. */
#ifndef STEP_READER_H
#define STEP_READER_H

#include "step/debug_file.h"
#include "step/mapped.h"
#include "step/memo.h"

/* To the child, followed by the sample: make it into so many frames. */
struct reader_ask {
	uint32_t max;
	uint32_t until; /* enum until */
};

enum reader_says {
	READER_WANTS_FILE,  /* that is mapped at `from` */
	READER_WANTS_DEBUG, /* at one of the places, which follow: `n` and beyond */
	READER_WANTS_JIT,   /* the map of code that the process has made */
	READER_HAS_FRAMES,  /* the answer follows */
};

/* From the child. What is wanted comes back as a number, with the descriptor if there is one: each place is two, below
 * the process's own root and here, and the number is that of the one. So much at once, for each message may cost a turn
 * of a busy processor. */
struct reader_word {
	uint32_t says;
	uint32_t n; /* the first place */
	uint64_t from;
};

/* Less where there is less. */
struct reader_answer {
	uint32_t n, n_rules;
	struct caller_rule rules[STACK_DEPTH]; /* of the places that these frames are of, in their order */
	struct frame frames[STACK_DEPTH];
};

struct reader_places {
	uint32_t n;
	char path[DEBUG_PLACES][DEBUG_PATH];
};

/* Loads libdw, for this process and for children that it forks then. false: it is not installed. */
bool frames_load(void);

/* The child: answers until nobody asks any more. `memory`: of the process, or -1. */
__attribute__((noreturn)) void frames_serve(int parent, int memory, pid_t pid, const struct mapped_files *files);

#endif
