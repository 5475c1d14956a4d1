/* SPDX-License-Identifier: MIT
 * Running lastack list, when its words have been read. */
#ifndef CMD_LIST_RUN_H
#define CMD_LIST_RUN_H

#include "base/clock.h"
#include "render/list.h"
#include "render/order.h"

struct list_job {
	struct buf filter;  /* its words */
	struct buf letters; /* -l, -4 and -6, as words */
	struct columns columns;
	bool columns_named; /* by -o: else JSON tells all that is cheap */
	struct sorting sorting;
	enum grouping grouping; /* GROUPINGS: single sockets */
	bool numeric, json, csv, no_titles, verbose, list_columns;
	struct span watch; /* 0: one look */
	const char *netns, *engine;
	long timing; /* rounds; 0: one, not timed */
};

/* The exit code. */
int list_run(struct list_job *job);

#endif
