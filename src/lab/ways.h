/* SPDX-License-Identifier: MIT
 * The ways in which a lab can run, and which of them work here. Found by trying, never by version numbers: a way works
 * when a connection has come about in it from end to end, and what it cannot set is known by trying to set it. */
#ifndef LAB_WAYS_H
#define LAB_WAYS_H

#include "lab/baseline.h"
#include "base/err.h"

enum { WAYS = 4 };

struct way {
	const char *name;   /* "root + TUN" */
	const char *remedy; /* how to get it, when it does not work and nothing better is known */
};

extern const struct way ways[WAYS];

/* What came of trying one. */
struct way_tried {
	bool works;
	bool one_host;             /* also with both ends on one host, as in step A :: B */
	bool not_able;             /* why it does not work: who tried has neither the rights nor a user namespace */
	bool no_network;           /* why it does not work: not even a network namespace may be made */
	struct err why;            /* why it does not work, or not with one host */
	struct baseline_left left; /* settings that it cannot make */
};

/* Tries way number `i` in a child process, which makes a lab of each kind, a connection in it, and goes. A way that
 * only root has is told to another user as such. Within 20 s. */
bool way_works(int i, struct way_tried *tried);

/* The first way that works for who runs this; -1 if none, and `tried` says why. */
int way_here(struct way_tried *tried);

/* What to do about a way that was tried: what makes it work, or, where it does, what gives it all that it lacks. */
void way_remedy(int i, const struct way_tried *tried, struct buf *out);

/* May programs be stepped, in whatever way a lab runs, and in the machine's own network? */
bool way_programs(struct err *why);

#endif
