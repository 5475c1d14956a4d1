/* SPDX-License-Identifier: MIT
 * lastack lab --all: every built-in scenario, several at a time, reported in TAP. */
#ifndef SESSION_TRIALS_H
#define SESSION_TRIALS_H

#include <stdbool.h>

struct trials_wanted {
	bool wanted;
	bool check_explain; /* pass --check-explain on, and add up what it says */
	bool slow;          /* also those that say `needs time` */
	unsigned jobs;      /* how many at a time */
	unsigned repeat;    /* how often each */
};

/* Each run is a process of its own (lastack lab -q NAME), so that one that fails takes no other with it. Prints in a
 * stable order. The worst exit code of all: 3 if one was broken (or killed), 1 if one failed, 0; 77 if every one was
 * skipped. */
int trials_run(const struct trials_wanted *o);

#endif
