/* SPDX-License-Identifier: MIT
 * How CPython's structures lie in memory, by version: bytes from the begin of each. Up to 3.12 the figures are those of
 * the version's own headers on 64-bit processors, the same for all its releases; from 3.13 on the interpreter says them
 * itself (struct _Py_DebugOffsets, Include/internal/pycore_runtime.h), and a build with other options says others.
 * Internal to step/. */
#ifndef STEP_PYTHON_LAYOUT_H
#define STEP_PYTHON_LAYOUT_H

#include "step/python_lines.h"

#include <stdbool.h>

/* When the run of frames that one call of the interpreter's loop executes is over. */
enum run_ends {
	RUN_IS_ONE,  /* each has its own */
	RUN_MARKED,  /* the frame says so */
	RUN_BY_SHIM, /* the loop has put a frame of its own behind it */
};

#define PYTHON_LAYOUT(X)                                                                                               \
	X(interpreters) /* of _PyRuntime: the first interpreter */                                                     \
	X(interpreter_next)                                                                                            \
	X(threads) /* of an interpreter: its first thread */                                                           \
	X(thread_next)                                                                                                 \
	X(thread_prev)                                                                                                 \
	X(thread_id)    /* pthread_self() */                                                                           \
	X(native_id)    /* gettid(); 0: it has none */                                                                 \
	X(thread_frame) /* the innermost frame, or where that is said */                                               \
	X(frame_code)                                                                                                  \
	X(frame_back)                                                                                                  \
	X(frame_at) /* the instruction: its number, or its address */                                                  \
	X(frame_owner)                                                                                                 \
	X(frame_marked)                                                                                                \
	X(code_file)                                                                                                   \
	X(code_name)                                                                                                   \
	X(code_lines)                                                                                                  \
	X(code_first)                                                                                                  \
	X(code_bytes) /* the instructions themselves */                                                                \
	X(type)       /* of any object */                                                                              \
	X(length)     /* of a text or of bytes; the hash follows */                                                    \
	X(text_state)                                                                                                  \
	X(text_ascii) /* where characters begin in a text of ASCII, and in others */                                   \
	X(text_other)                                                                                                  \
	X(bytes)

struct python_layout {
#define MEMBER(name) uint32_t name;
	PYTHON_LAYOUT(MEMBER)
#undef MEMBER
	bool indirect;           /* `thread_frame` leads to a place where the frame is said … */
	uint32_t indirect_frame; /* … so many bytes into it */
	uint8_t number_size;     /* `frame_at` is a number of units of so many bytes; 0: an address */
	enum run_ends runs;
	enum lines_are lines;
};

/* `version`: 0x030b for 3.11. NULL: it is not in the table. */
const struct python_layout *python_layout_of(unsigned version);

/* What is looked at of an object, a frame or a thread lies in so many bytes from its begin: in every layout that there
 * is, and in every one that is believed. Heads of texts and bytes end where their characters begin. */
enum { PYTHON_HEAD = 256 };

/* Of 3.13, by the table at the begin of _PyRuntime. false: it is no such table, or says what cannot be. */
enum { PYTHON_SAYS = 584 };
bool python_layout_said(struct python_layout *l, const unsigned char said[PYTHON_SAYS]);

#endif
