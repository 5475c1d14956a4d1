/* SPDX-License-Identifier: MIT
 * lastack lab --all, FILE..., DIR: many scenarios, several at a time, reported in TAP and JUnit's XML. */
#ifndef SESSION_TRIALS_H
#define SESSION_TRIALS_H

#include "session/batch.h"

struct trials_wanted {
	bool wanted;        /* --all: what is built in */
	bool check_explain; /* pass --check-explain on, and add up what it says */
	bool allow_run;     /* pass --allow-run on */
	bool slow;          /* also those that were only found and say `needs time` */
	unsigned jobs;      /* how many at a time; 0: as many as wait without working */
	unsigned repeat;    /* how often each */
	const char *junit;  /* the file; NULL: none */
};

/* The built-in ones that wait longest begin first. Where nobody says how many run at a time it is 8, and up to 32 as
 * long as a processor is to spare (spare.h): on a busy machine no more than 8, lest they wait for it by their own
 * clocks.
 *
 * Each run is a process of its own (lastack lab -q NAME), so that one that fails takes no other with it. Prints in a
 * stable order. The worst exit code of all: 3 if one was broken (or killed), 1 if one failed, 0; 77 if every one was
 * skipped. -1 with `e` filled: the file cannot be written. */
int trials_run(const struct batch *what, const struct trials_wanted *o, struct err *e);

#endif
