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
 * "cannot open x (permission denied); try y". */
int err_set(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
int err_sys(struct err *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
