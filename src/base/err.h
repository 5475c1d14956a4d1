/* SPDX-License-Identifier: MIT
 * One failure, one sentence: what could not be done, why, and what to try.
 *
 * A function that can fail takes a `struct err *` as its last argument, fills it once and returns -1; whoever called it
 * passes it on untouched, and the command prints it. Nothing below cmd/ prints. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/buf.h"

#include <stdarg.h>

/* Exit codes of every command; each manual page says which apply. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_WARNING = 1,
	EXIT_CRITICAL = 2,
	EXIT_COULD_NOT = 3,
	EXIT_SKIPPED = 77 /* as automake has it: not run, and nothing wrong */
};

/* The parts are raw: a name in them may have any byte. What is too long is cut. */
struct err {
	char what[560];
	char why[64];     /* the system's reason; "" where the sentence says its own */
	char advice[320]; /* what to try; "" where there is nothing */
	char at[512]; /* lines to stand below the sentence, each ready to be shown: a place in the user's own text */
	char text[1504];
};

/* Fill in the sentence; always -1, so that `return err_set(e, …)` is the whole error path. What stands behind the last
 * "; " of the *format* is the advice, so that a name with a ';' in it moves nothing. err_sys() adds the system's
 * reason: "cannot open x (permission denied); try y". Macros, so that every reader, analysers included, sees the -1. */
#define err_set(e, ...)         ((void)err_write((e), __VA_ARGS__), err_failed())
#define err_sys(e, errnum, ...) ((void)err_write_sys((e), (errnum), __VA_ARGS__), err_failed())

void err_write(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_vwrite(struct err *e, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* The sentences of errors that come where the machine lacks something (descriptors, memory, room on a disk) advise on
 * that, whatever the format's advice is. */
void err_write_sys(struct err *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts in front of the sentence where it holds: "FILE:LINE: ". */
void err_locate(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds a bracket to its end: the form of what was misused. */
void err_form(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds "WHAT (WHY); TRY", which is one line if no name in it has more. */
void err_add(struct buf *out, const struct err *e);

/* And the lines below it. A text of several lines, so what does not show in the sentence is escaped. */
void err_add_whole(struct buf *out, const struct err *e);

/* The same text. Valid until `e` changes. */
const char *err_text(struct err *e);

static inline bool err_is_set(const struct err *e)
{
	return *e->what;
}

static inline int err_failed(void)
{
	return -1;
}

#endif
