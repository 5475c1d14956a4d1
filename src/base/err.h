/* SPDX-License-Identifier: MIT
 * One failure, one sentence: what could not be done, why, and what to try.
 *
 * A function that can fail takes a `struct err *` as its last argument, fills it once and returns -1;
 * whoever called it passes it on untouched, and the command prints it. Nothing below cmd/ prints. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/util.h"

/* Exit codes of every command; each manual page says which apply. */
enum exit_code { EXIT_OK = 0, EXIT_WARNING = 1, EXIT_CRITICAL = 2, EXIT_COULD_NOT = 3 };

struct err {
	char text[640];
};

/* Fill in the sentence; always -1, so that `return err_set(e, …)` is the whole error path.
 * err_sys() puts the system's reason in brackets behind what was tried, before a ';' and the advice that follows it:
 * "cannot open x (permission denied); try y". Macros, so that every reader, analysers included, sees the -1. */
#define err_set(e, ...)         ((void)err_write((e), __VA_ARGS__), err_failed())
#define err_sys(e, errnum, ...) ((void)err_write_sys((e), (errnum), __VA_ARGS__), err_failed())

void err_write(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_write_sys(struct err *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);
static inline int err_failed(void)
{
	return -1;
}

#endif
