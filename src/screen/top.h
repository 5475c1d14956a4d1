/* SPDX-License-Identifier: MIT
 * The screen of lastack top: looks, draws, waits for a key or for the next look. With what it looks at the machine is
 * given to it. */
#ifndef SCREEN_TOP_H
#define SCREEN_TOP_H

#include "model/column.h"
#include "model/filter.h"
#include "model/groups.h"
#include "render/order.h"

struct top_job {
	struct buf filter; /* its words */
	struct sorting sorting;
	enum grouping grouping;
	struct span delay;
	bool once, json;
};

/* What could not be seen by a look. */
struct top_unseen {
	size_t processes;  /* whose descriptors may not be looked at */
	size_t namespaces; /* that may not be entered */
	size_t chains;     /* of the kernel's table, that changed each time they were read */
};

/* What is counted of the network namespace in which top runs, since it was made. */
enum top_rate { RATE_ACCEPTED, RATE_FAILED, RATE_RESET, RATE_RSTS, RATE_AGAIN, TOP_RATES };

struct top_eyes {
	void *ctx;
	const char *engine; /* "C" */
	struct column_names names;
	struct filter_names filter_names;
	/* One look at every socket of every state, added to `ev`, with WANT_… gathered; -1 with `e` filled. */
	int (*look)(void *ctx, unsigned want, struct evidence *ev, struct top_unseen *unseen, struct err *e);
	/* Fills in what has been counted so far, UNKNOWN where it is not told. NULL: nothing is. */
	void (*totals)(void *ctx, int64_t totals[TOP_RATES]);
	/* Forgets all names: they are asked for anew. Those in `names` stay good. */
	void (*forget_names)(void *ctx);
	/* Adds what 'lastack explain' says of a word; nothing: it could not be asked. */
	void (*explain)(void *ctx, const char *word, struct buf *out);
	/* Adds where the threads of a process are that began then (struct proc_stat). */
	void (*threads)(void *ctx, pid_t pid, uint64_t began, struct buf *out);
};

/* Before anything is looked at, for that may take a while: is there a terminal where one is needed? 0, or -1 with `e`
 * filled. */
int top_check(const struct top_job *job, struct err *e);

/* Runs until a person or a signal ends it; of `once`, until two looks were taken. 0, or -1 with `e` filled. */
int top_run(const struct top_job *job, const struct top_eyes *eyes, struct err *e);

#endif
