/* SPDX-License-Identifier: MIT
 * The ways in which a lab can run, and which of them work here. Found by trying, never by version numbers. */
#ifndef LAB_WAYS_H
#define LAB_WAYS_H

#include "base/err.h"

enum { WAYS = 4 };

struct way {
	const char *name;   /* "root + TUN" */
	const char *remedy; /* how to get it, when it does not work */
};

extern const struct way ways[WAYS];

/* Tries way number `i` in a child process, which makes both hosts and goes. True if it works; else `why` says
 * what failed. A way that only root has is told to another user as such. */
bool way_works(int i, struct err *why);

/* The first way that works for who runs this; -1 if none. */
int way_here(struct err *why);

#endif
