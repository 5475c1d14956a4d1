/* SPDX-License-Identifier: MIT
 * The file that --junit names, as CI systems read it (Jenkins, GitLab, GitHub's actions): one testsuite, a testcase for
 * each run, in it <failure>, <error> or <skipped>, and what it printed as <system-out>. */
#ifndef SESSION_JUNIT_H
#define SESSION_JUNIT_H

#include "base/clock.h"
#include "base/err.h"

enum junit_is { JUNIT_OK, JUNIT_FAILED, JUNIT_BROKEN, JUNIT_SKIPPED, JUNIT_KINDS };

struct junit {
	int fd;
	const char *path;
	struct buf cases;
	size_t n[JUNIT_KINDS];
};

/* Opened before anything runs: what cannot be written is told at once. What is in the file stays until junit_write().
 * 0, or -1 with `e` filled. */
int junit_open(struct junit *j, const char *path, struct err *e);

/* One that has run. `name`: a built-in scenario's or a file's, whose folder becomes the class; `why`: of one that did
 * not hold, in one line; `said`: all that it printed, whatever bytes there are. */
void junit_add(struct junit *j, const char *name, bool built_in, enum junit_is is, struct span took, const char *why,
               const char *said);

/* All of it, in place of what was there. 0, or -1 with `e` filled. */
int junit_write(struct junit *j, struct span took, struct err *e);

void junit_close(struct junit *j);

/* Adds a text as XML has it: its own five characters as entities, what is no character there (controls, bytes that are
 * no UTF-8) as \xHH. */
void junit_text(struct buf *out, const char *text, size_t n);

#endif
