/* SPDX-License-Identifier: MIT
 * Running lastack top, when its words have been read. */
#ifndef SCREEN_TOP_H
#define SCREEN_TOP_H

#include "base/clock.h"
#include "render/list.h"
#include "render/order.h"

struct top_job {
	struct buf filter; /* its words */
	struct sorting sorting;
	enum grouping grouping;
	struct span delay;
	const char *netns, *engine;
	bool numeric, once, json;
};

/* The exit code. */
int top_run(struct top_job *job);

#endif
