/* SPDX-License-Identifier: MIT
 * Where in its script a thread of Python is: the frames that CPython 3.9 to 3.13 keeps in its own memory, read out of
 * it without its help. The C functions that it executes them with tell nothing of the script.
 *
 * They change while the thread runs, so they are taken when the stack is (step/stack.h): of a stopped thread as they
 * are, of one that sleeps twice, and what is not the same then is nothing. Which file and line they are of is told
 * later, as of every sample. Internal to step/. */
#ifndef STEP_PYTHON_H
#define STEP_PYTHON_H

#include "step/mapped.h"
#include "step/stack.h"

struct python;
struct python_sample;

/* The interpreter that a process has, by what it has mapped, which is kept by the caller. NULL: it has none, or none
 * whose frames could be looked for. For python_close(), which takes NULL. */
struct python *python_open(pid_t pid, const struct mapped_files *files);
void python_close(struct python *p);

/* Why there are no frames of its script: one sentence, or NULL. */
const char *python_trouble(struct python *p);

/* The innermost frames of a thread that is stopped, or, with `asleep`, that sleeps. NULL: it executes no script, or the
 * frames cannot be read. For python_sample_free(), which takes NULL. */
struct python_sample *python_take(struct python *p, pid_t tid, bool asleep);
void python_sample_free(struct python_sample *x);

/* The frames of a sample, innermost first, as much as is known of each: `standard` are those of Python's own library,
 * `run_ends` is the last one that one call of the interpreter's loop executes. How many. */
enum { PYTHON_FRAMES = 32 };
struct python_frame {
	struct frame frame;
	bool standard, run_ends;
};
size_t python_frames(const struct python_sample *x, struct python_frame frames[PYTHON_FRAMES]);

/* Is this module the interpreter, or of its own library? Not, if there is none (NULL). */
bool python_owns(const struct python *p, const char *module);

#endif
