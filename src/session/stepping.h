/* SPDX-License-Identifier: MIT
 * What lastack step does once its options are read. */
#ifndef SESSION_STEPPING_H
#define SESSION_STEPPING_H

#include "session/session.h"

enum { PROGRAMS_MAX = 16 };

/* What is wanted. */
struct stepping_job {
	struct {
		char **argv;
		int argc;
	} programs[PROGRAMS_MAX];
	size_t n_programs;
	pid_t pid; /* 0: none */
	const char *script, *pcap;
	struct span limit; /* 0: none */
	bool on_machine, automatic, leaks, all_families, no_uring, allow_run, quiet, verbose, json;
};

/* Starts the programs and steps them, as the job says: unattended, by a script (`verbs`, its text), for leaks alone, or
 * at a prompt. The exit code. */
int stepping_run(struct session *s, struct script *script, const struct stepping_job *job, const struct buf *verbs);

/* Starts them, lets them go freely as long as the job says, and notes an EV_LEAK for each group of connections that
 * they have left at one place: how many connections, or -1 with `e` filled. */
int stepping_leaks(struct session *s, struct script *script, const struct stepping_job *job, struct err *e);

#endif
